check_PROGRAMS += %D%/test_token
%C%_test_token_SOURCES = %D%/test_token.c
%C%_test_token_CPPFLAGS = $(TEST_CPPFLAGS) $(CRYPTO_CFLAGS)
%C%_test_token_CFLAGS = $(AM_CFLAGS)
%C%_test_token_LDADD = $(TEST_MAIN) $(WEIR_SESSION) $(TEST_LIBS)
