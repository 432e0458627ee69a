noinst_LIBRARIES += libweir_engine.a
libweir_engine_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(CRYPTO_CFLAGS) $(HIREDIS_CFLAGS) $(MSGPACK_CFLAGS)
libweir_engine_a_CFLAGS = $(AM_CFLAGS)
libweir_engine_a_SOURCES = \
	%D%/memory.c \
	%D%/redis/address.c \
	%D%/redis/address.h \
	%D%/redis/argv.c \
	%D%/redis/argv.h \
	%D%/redis/discovery.c \
	%D%/redis/discovery.h \
	%D%/redis/endpoint.c \
	%D%/redis/link.c \
	%D%/redis/link.h \
	%D%/redis/reader.c \
	%D%/redis/reader.h \
	%D%/redis/reply.h \
	%D%/redis/transport.c \
	%D%/redis/transport.h \
	include/weir/engine/memory.h
