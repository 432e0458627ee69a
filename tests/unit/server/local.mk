check_LIBRARIES += libtest_server.a
libtest_server_a_CPPFLAGS = $(TEST_CPPFLAGS)
libtest_server_a_CFLAGS = $(AM_CFLAGS)
libtest_server_a_SOURCES = %D%/fixture.c %D%/fixture_client.c %D%/fixture.h

check_PROGRAMS += %D%/test_head
%C%_test_head_SOURCES = %D%/test_head.c
%C%_test_head_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_head_CFLAGS = $(AM_CFLAGS)
%C%_test_head_LDADD = $(TEST_MAIN) $(WEIR_SERVER) $(TEST_LIBS)
check_PROGRAMS += %D%/test_http
%C%_test_http_SOURCES = %D%/test_http.c
%C%_test_http_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_http_CFLAGS = $(AM_CFLAGS)
%C%_test_http_LDADD = $(TEST_MAIN) libtest_server.a $(WEIR_SERVER) $(TEST_LIBS)
