noinst_LIBRARIES += libweir_bus.a
libweir_bus_a_CPPFLAGS = $(AM_CPPFLAGS) $(XXHASH_CFLAGS)
libweir_bus_a_CFLAGS = $(AM_CFLAGS)
libweir_bus_a_SOURCES = \
	%D%/data_format.c \
	%D%/filter_set.c \
	%D%/frame.c \
	%D%/idempotency.c \
	%D%/index.c \
	%D%/lane.c \
	%D%/latest.c \
	%D%/log.c \
	%D%/log_recovery.c \
	%D%/namespace.c \
	%D%/overflow.c \
	%D%/partition.c \
	%D%/patterns.c \
	%D%/patterns_priv.h \
	%D%/presence.c \
	%D%/queue.c \
	%D%/queue_priv.h \
	%D%/queue_take.c \
	%D%/rate.c \
	%D%/stats.c \
	%D%/stream.c \
	include/weir/bus/encoder.h \
	include/weir/bus/filter_set.h \
	include/weir/bus/frame.h \
	include/weir/bus/idempotency.h \
	include/weir/bus/index.h \
	include/weir/bus/lane.h \
	include/weir/bus/latest.h \
	include/weir/bus/log.h \
	include/weir/bus/log_recovery.h \
	include/weir/bus/namespace.h \
	include/weir/bus/overflow.h \
	include/weir/bus/patterns.h \
	include/weir/bus/partition.h \
	include/weir/bus/presence.h \
	include/weir/bus/queue.h \
	include/weir/bus/rate.h \
	include/weir/bus/stats.def \
	include/weir/bus/stats.h \
	include/weir/bus/stream.h \
	include/weir/bus/subscription.h
