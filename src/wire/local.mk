noinst_LIBRARIES += libweir_wire.a
libweir_wire_a_CFLAGS = $(AM_CFLAGS)
libweir_wire_a_SOURCES =
