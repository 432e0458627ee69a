noinst_LIBRARIES += libweir_server.a
libweir_server_a_CFLAGS = $(AM_CFLAGS)
libweir_server_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(CRYPTO_CFLAGS)
libweir_server_a_SOURCES = \
	%D%/head.c \
	%D%/head_fields.c \
	%D%/head_priv.h \
	%D%/limits.c \
	%D%/origin.c \
	%D%/query.c \
	include/weir/server/head.h \
	include/weir/server/limits.h \
	include/weir/server/origin.h
