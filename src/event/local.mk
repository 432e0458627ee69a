noinst_LIBRARIES += libweir_event.a
libweir_event_a_CFLAGS = $(AM_CFLAGS)
libweir_event_a_SOURCES = \
	%D%/channel.c \
	%D%/event.c \
	include/weir/event/channel.h \
	include/weir/event/delta.h \
	include/weir/event/event.h \
	include/weir/event/json.h \
	include/weir/event/tagfilter.h
