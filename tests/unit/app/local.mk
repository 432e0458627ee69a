check_PROGRAMS += %D%/test_conf
%C%_test_conf_SOURCES = %D%/test_conf.c
%C%_test_conf_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_conf_CFLAGS = $(AM_CFLAGS)
%C%_test_conf_LDADD = $(TEST_MAIN) $(WEIR_APP) $(TEST_LIBS)

check_PROGRAMS += %D%/test_cli
%C%_test_cli_SOURCES = %D%/test_cli.c
%C%_test_cli_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_cli_CFLAGS = $(AM_CFLAGS)
%C%_test_cli_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_APP) $(TEST_LIBS)

dist_check_SCRIPTS += %D%/cli.sh
