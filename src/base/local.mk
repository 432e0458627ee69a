noinst_LIBRARIES += libweir_base.a
libweir_base_a_CFLAGS = $(AM_CFLAGS)
libweir_base_a_SOURCES = %D%/err.c
