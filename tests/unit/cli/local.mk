check_PROGRAMS += %D%/test_client
%C%_test_client_SOURCES = %D%/test_client.c
%C%_test_client_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_client_CFLAGS = $(AM_CFLAGS)
%C%_test_client_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_filter
%C%_test_filter_SOURCES = %D%/test_filter.c
%C%_test_filter_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_filter_CFLAGS = $(AM_CFLAGS)
%C%_test_filter_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_APP) $(TEST_LIBS)

check_PROGRAMS += %D%/test_pub_request
%C%_test_pub_request_SOURCES = %D%/test_pub_request.c
%C%_test_pub_request_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_pub_request_CFLAGS = $(AM_CFLAGS)
%C%_test_pub_request_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_sub_print
%C%_test_sub_print_SOURCES = %D%/test_sub_print.c
%C%_test_sub_print_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_sub_print_CFLAGS = $(AM_CFLAGS)
%C%_test_sub_print_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_sub_weir
%C%_test_sub_weir_SOURCES = %D%/test_sub_weir.c
%C%_test_sub_weir_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_sub_weir_CFLAGS = $(AM_CFLAGS)
%C%_test_sub_weir_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_ws_url
%C%_test_ws_url_SOURCES = %D%/test_ws_url.c
%C%_test_ws_url_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_ws_url_CFLAGS = $(AM_CFLAGS)
%C%_test_ws_url_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(CURL_LIBS) $(TEST_LIBS)
