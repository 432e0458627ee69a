# The tests of event: each links that layer and base.

check_PROGRAMS += %D%/test_channel
%C%_test_channel_SOURCES = %D%/test_channel.c
%C%_test_channel_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_channel_CFLAGS = $(AM_CFLAGS)
%C%_test_channel_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_delta
%C%_test_delta_SOURCES = %D%/test_delta.c
%C%_test_delta_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_delta_CFLAGS = $(AM_CFLAGS)
%C%_test_delta_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_envelope
%C%_test_envelope_SOURCES = %D%/test_envelope.c
%C%_test_envelope_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_envelope_CFLAGS = $(AM_CFLAGS)
%C%_test_envelope_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_event
%C%_test_event_SOURCES = %D%/test_event.c
%C%_test_event_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_event_CFLAGS = $(AM_CFLAGS)
%C%_test_event_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_json
%C%_test_json_SOURCES = %D%/test_json.c
%C%_test_json_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_json_CFLAGS = $(AM_CFLAGS)
%C%_test_json_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_json_walk
%C%_test_json_walk_SOURCES = %D%/test_json_walk.c
%C%_test_json_walk_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_json_walk_CFLAGS = $(AM_CFLAGS)
%C%_test_json_walk_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_msgpack_scan
%C%_test_msgpack_scan_SOURCES = %D%/test_msgpack_scan.c
%C%_test_msgpack_scan_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_msgpack_scan_CFLAGS = $(AM_CFLAGS)
%C%_test_msgpack_scan_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_convert
%C%_test_convert_SOURCES = %D%/test_convert.c
%C%_test_convert_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_convert_CFLAGS = $(AM_CFLAGS)
%C%_test_convert_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)

check_PROGRAMS += %D%/test_payload
%C%_test_payload_SOURCES = %D%/test_payload.c
%C%_test_payload_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_payload_CFLAGS = $(AM_CFLAGS)
%C%_test_payload_LDADD = $(TEST_MAIN) $(WEIR_EVENT) $(TEST_LIBS)
