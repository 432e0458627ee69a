noinst_LIBRARIES += libweir_cli.a
libweir_cli_a_CFLAGS = $(AM_CFLAGS)
libweir_cli_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(CURL_CFLAGS)
libweir_cli_a_SOURCES =
