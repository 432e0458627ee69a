noinst_LIBRARIES += libweir_event.a
libweir_event_a_CFLAGS = $(AM_CFLAGS)
libweir_event_a_SOURCES =
