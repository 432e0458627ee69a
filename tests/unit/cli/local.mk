check_PROGRAMS += %D%/test_client
%C%_test_client_SOURCES = %D%/test_client.c
%C%_test_client_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_client_CFLAGS = $(AM_CFLAGS)
%C%_test_client_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_events
%C%_test_events_SOURCES = %D%/test_events.c
%C%_test_events_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_events_CFLAGS = $(AM_CFLAGS)
%C%_test_events_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_filter
%C%_test_filter_SOURCES = %D%/test_filter.c
%C%_test_filter_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_filter_CFLAGS = $(AM_CFLAGS)
%C%_test_filter_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_APP) $(TEST_LIBS)

check_PROGRAMS += %D%/test_msgpack_text
%C%_test_msgpack_text_SOURCES = %D%/test_msgpack_text.c
%C%_test_msgpack_text_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_msgpack_text_CFLAGS = $(AM_CFLAGS)
%C%_test_msgpack_text_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_pub_request
%C%_test_pub_request_SOURCES = %D%/test_pub_request.c
%C%_test_pub_request_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_pub_request_CFLAGS = $(AM_CFLAGS)
%C%_test_pub_request_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_sse
%C%_test_sse_SOURCES = %D%/test_sse.c
%C%_test_sse_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_sse_CFLAGS = $(AM_CFLAGS)
%C%_test_sse_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

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

check_PROGRAMS += %D%/test_top
%C%_test_top_SOURCES = %D%/test_top.c %D%/fake_http.c %D%/fake_http.h %D%/top_answers.h
%C%_test_top_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_top_CFLAGS = $(AM_CFLAGS)
%C%_test_top_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_APP) $(CURL_LIBS) $(TEST_LIBS)

check_PROGRAMS += %D%/test_top_keys
%C%_test_top_keys_SOURCES = %D%/test_top_keys.c %D%/top_answers.h
%C%_test_top_keys_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_top_keys_CFLAGS = $(AM_CFLAGS)
%C%_test_top_keys_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_top_model
%C%_test_top_model_SOURCES = %D%/test_top_model.c %D%/top_answers.h
%C%_test_top_model_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_top_model_CFLAGS = $(AM_CFLAGS)
%C%_test_top_model_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_top_screen
%C%_test_top_screen_SOURCES = %D%/test_top_screen.c %D%/top_answers.h %D%/top_pictures.h
%C%_test_top_screen_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_top_screen_CFLAGS = $(AM_CFLAGS)
%C%_test_top_screen_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_top_text
%C%_test_top_text_SOURCES = %D%/test_top_text.c
%C%_test_top_text_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_top_text_CFLAGS = $(AM_CFLAGS)
%C%_test_top_text_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_ws_url
%C%_test_ws_url_SOURCES = %D%/test_ws_url.c
%C%_test_ws_url_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/src/cli
%C%_test_ws_url_CFLAGS = $(AM_CFLAGS)
%C%_test_ws_url_LDADD = $(TEST_MAIN) libweir_cli.a $(WEIR_EVENT) $(CURL_LIBS) $(TEST_LIBS)
