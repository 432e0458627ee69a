check_PROGRAMS += %D%/test_token
%C%_test_token_SOURCES = %D%/test_token.c
%C%_test_token_CPPFLAGS = $(TEST_CPPFLAGS) $(CRYPTO_CFLAGS)
%C%_test_token_CFLAGS = $(AM_CFLAGS)
%C%_test_token_LDADD = $(TEST_MAIN) $(WEIR_SESSION) $(TEST_LIBS)

check_PROGRAMS += %D%/test_options
%C%_test_options_SOURCES = %D%/test_options.c
%C%_test_options_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_options_CFLAGS = $(AM_CFLAGS)
%C%_test_options_LDADD = $(TEST_MAIN) $(WEIR_SESSION) $(TEST_LIBS)

check_PROGRAMS += %D%/test_token_dashboard
%C%_test_token_dashboard_SOURCES = %D%/test_token_dashboard.c
%C%_test_token_dashboard_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_token_dashboard_CFLAGS = $(AM_CFLAGS)
%C%_test_token_dashboard_LDADD = $(TEST_MAIN) $(WEIR_SESSION) $(TEST_LIBS)
