check_PROGRAMS += %D%/test_conf
%C%_test_conf_SOURCES = %D%/test_conf.c
%C%_test_conf_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_conf_CFLAGS = $(AM_CFLAGS)
%C%_test_conf_LDADD = $(TEST_MAIN) $(WEIR_APP) $(TEST_LIBS)
