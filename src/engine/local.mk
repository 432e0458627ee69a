noinst_LIBRARIES += libweir_engine.a
libweir_engine_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(CRYPTO_CFLAGS) $(HIREDIS_CFLAGS) $(MSGPACK_CFLAGS)
libweir_engine_a_CFLAGS = $(AM_CFLAGS)
libweir_engine_a_SOURCES = \
	%D%/memory.c \
	include/weir/engine/memory.h \
	include/weir/engine/redis.h
