noinst_LIBRARIES += libweir_bus.a
libweir_bus_a_CFLAGS = $(AM_CFLAGS)
libweir_bus_a_SOURCES =
