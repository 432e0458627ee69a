noinst_LIBRARIES += libweir_app.a
libweir_app_a_CFLAGS = $(AM_CFLAGS)
libweir_app_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(YAML_CFLAGS)
libweir_app_a_SOURCES =
