noinst_LIBRARIES += libweir_wire.a
libweir_wire_a_CPPFLAGS = $(AM_CPPFLAGS) $(MSGPACK_CFLAGS)
libweir_wire_a_CFLAGS = $(AM_CFLAGS)
libweir_wire_a_SOURCES = \
	%D%/commands.c \
	%D%/commands_priv.h \
	%D%/events_encode.c \
	%D%/json_decode.c \
	%D%/json_encode.c \
	%D%/json_parts.c \
	%D%/json_priv.h \
	%D%/json_push.c \
	%D%/members.c \
	%D%/message.c \
	%D%/msgpack_decode.c \
	%D%/msgpack_encode.c \
	%D%/msgpack_members.c \
	%D%/msgpack_parts.c \
	%D%/msgpack_priv.h \
	%D%/msgpack_push.c \
	include/weir/wire/codec.h \
	include/weir/wire/events.h \
	include/weir/wire/json.h \
	include/weir/wire/members.h \
	include/weir/wire/message.h
