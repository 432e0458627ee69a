noinst_LIBRARIES += libweir_core.a
libweir_core_a_CFLAGS = $(AM_CFLAGS)
libweir_core_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS)
libweir_core_a_SOURCES =
libweir_core_a_SOURCES += \
	%D%/fanout.c \
	%D%/hub.c \
	%D%/request.c \
	%D%/worker.c \
	include/weir/core/engine.h \
	include/weir/core/hub.h \
	include/weir/core/request.h \
	include/weir/core/worker.h
