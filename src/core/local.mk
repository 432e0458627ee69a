noinst_LIBRARIES += libweir_core.a
libweir_core_a_CFLAGS = $(AM_CFLAGS)
libweir_core_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS)
libweir_core_a_SOURCES = \
	%D%/blocking.c \
	%D%/broker.c \
	%D%/budget.c \
	%D%/channels_merge.c \
	%D%/fanout.c \
	%D%/hub.c \
	%D%/interest.c \
	%D%/interest_priv.h \
	%D%/loop.c \
	%D%/mailbox.c \
	%D%/mailbox_priv.h \
	%D%/mailbox_waiter.c \
	%D%/nodes.c \
	%D%/overflow.c \
	%D%/pending.c \
	%D%/request.c \
	%D%/reset.c \
	%D%/secret.c \
	%D%/semaphore.c \
	%D%/shed.c \
	%D%/survey.c \
	%D%/task.c \
	%D%/timer.c \
	%D%/worker.c \
	%D%/worker_priv.h \
	include/weir/core/blocking.h \
	include/weir/core/broker.h \
	include/weir/core/budget.h \
	include/weir/core/channels_merge.h \
	include/weir/core/engine.h \
	include/weir/core/hub.h \
	include/weir/core/loop.h \
	include/weir/core/mailbox.h \
	include/weir/core/nodes.h \
	include/weir/core/pending.h \
	include/weir/core/request.h \
	include/weir/core/secret.h \
	include/weir/core/semaphore.h \
	include/weir/core/survey.h \
	include/weir/core/task.h \
	include/weir/core/timer.h \
	include/weir/core/worker.h
