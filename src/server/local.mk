noinst_LIBRARIES += libweir_server.a
libweir_server_a_CFLAGS = $(AM_CFLAGS)
libweir_server_a_SOURCES =
libweir_server_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(CRYPTO_CFLAGS)
