noinst_LIBRARIES += libweir_filter.a
libweir_filter_a_CFLAGS = $(AM_CFLAGS)
libweir_filter_a_SOURCES = \
	%D%/error.c \
	include/weir/filter/filter.h \
	include/weir/filter/filters.h \
	include/weir/filter/value.h
