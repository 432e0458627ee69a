noinst_LIBRARIES += libweir_event.a
libweir_event_a_CPPFLAGS = $(AM_CPPFLAGS) $(MSGPACK_CFLAGS)
libweir_event_a_CFLAGS = $(AM_CFLAGS)
libweir_event_a_SOURCES = \
	%D%/channel.c \
	%D%/convert_to_json.c \
	%D%/convert_to_msgpack.c \
	%D%/delta.c \
	%D%/delta_apply.c \
	%D%/delta_priv.h \
	%D%/envelope.c \
	%D%/event.c \
	%D%/json.c \
	%D%/json_iter.c \
	%D%/json_priv.h \
	%D%/json_text.c \
	%D%/msgpack.c \
	%D%/msgpack_read.c \
	%D%/msgpack_scan.c \
	%D%/payload.c \
	include/weir/event/channel.h \
	include/weir/event/convert.h \
	include/weir/event/delta.h \
	include/weir/event/envelope.h \
	include/weir/event/event.h \
	include/weir/event/json.h \
	include/weir/event/msgpack.h \
	include/weir/event/msgpack_read.h \
	include/weir/event/msgpack_scan.h \
	include/weir/event/payload.h
