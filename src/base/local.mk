noinst_LIBRARIES += libweir_base.a
libweir_base_a_CFLAGS = $(AM_CFLAGS)
libweir_base_a_SOURCES = \
	%D%/backoff.c \
	%D%/base64.c \
	%D%/buf.c \
	%D%/clock.c \
	%D%/err.c \
	%D%/glob.c \
	%D%/hash.c \
	%D%/log.c \
	%D%/map.c \
	%D%/mem.c \
	%D%/random.c \
	%D%/ring.c \
	%D%/str.c \
	%D%/timers.c \
	%D%/utf8.c \
	include/weir/base/backoff.h \
	include/weir/base/base64.h \
	include/weir/base/buf.h \
	include/weir/base/clock.h \
	include/weir/base/err.h \
	include/weir/base/glob.h \
	include/weir/base/hash.h \
	include/weir/base/list.h \
	include/weir/base/log.h \
	include/weir/base/map.h \
	include/weir/base/mem.h \
	include/weir/base/random.h \
	include/weir/base/ring.h \
	include/weir/base/str.h \
	include/weir/base/timers.h \
	include/weir/base/utf8.h
