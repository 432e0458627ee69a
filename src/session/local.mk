noinst_LIBRARIES += libweir_session.a
libweir_session_a_CFLAGS = $(AM_CFLAGS)
libweir_session_a_SOURCES =
libweir_session_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(JWT_CFLAGS) $(CRYPTO_CFLAGS)
