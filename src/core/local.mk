noinst_LIBRARIES += libweir_core.a
libweir_core_a_CFLAGS = $(AM_CFLAGS)
libweir_core_a_SOURCES =
libweir_core_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS)
