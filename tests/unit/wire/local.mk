check_PROGRAMS += %D%/test_members
%C%_test_members_SOURCES = %D%/test_members.c
%C%_test_members_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_members_CFLAGS = $(AM_CFLAGS)
%C%_test_members_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_json_decode
%C%_test_json_decode_SOURCES = %D%/test_json_decode.c
%C%_test_json_decode_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_json_decode_CFLAGS = $(AM_CFLAGS)
%C%_test_json_decode_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_json_encode
%C%_test_json_encode_SOURCES = %D%/test_json_encode.c
%C%_test_json_encode_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_json_encode_CFLAGS = $(AM_CFLAGS)
%C%_test_json_encode_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_message
%C%_test_message_SOURCES = %D%/test_message.c
%C%_test_message_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_message_CFLAGS = $(AM_CFLAGS)
%C%_test_message_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_json_marks
%C%_test_json_marks_SOURCES = %D%/test_json_marks.c
%C%_test_json_marks_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_json_marks_CFLAGS = $(AM_CFLAGS)
%C%_test_json_marks_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_events
%C%_test_events_SOURCES = %D%/test_events.c
%C%_test_events_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_events_CFLAGS = $(AM_CFLAGS)
%C%_test_events_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_msgpack_decode
%C%_test_msgpack_decode_SOURCES = %D%/test_msgpack_decode.c
%C%_test_msgpack_decode_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_msgpack_decode_CFLAGS = $(AM_CFLAGS)
%C%_test_msgpack_decode_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_msgpack_encode
%C%_test_msgpack_encode_SOURCES = %D%/test_msgpack_encode.c
%C%_test_msgpack_encode_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_msgpack_encode_CFLAGS = $(AM_CFLAGS)
%C%_test_msgpack_encode_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)

check_PROGRAMS += %D%/test_msgpack_marks
%C%_test_msgpack_marks_SOURCES = %D%/test_msgpack_marks.c
%C%_test_msgpack_marks_CPPFLAGS = $(TEST_CPPFLAGS)
%C%_test_msgpack_marks_CFLAGS = $(AM_CFLAGS)
%C%_test_msgpack_marks_LDADD = $(TEST_MAIN) $(WEIR_WIRE) $(TEST_LIBS)
