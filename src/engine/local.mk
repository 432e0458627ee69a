noinst_LIBRARIES += libweir_engine.a
libweir_engine_a_CFLAGS = $(AM_CFLAGS)
libweir_engine_a_SOURCES =
libweir_engine_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS)
