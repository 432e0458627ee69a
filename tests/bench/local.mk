# SPDX-License-Identifier: Apache-2.0
# Listed like tests and built with everything, but never part of `make check`: tests/bench/run measures.
noinst_PROGRAMS += %D%/floor %D%/fanout %D%/doors %D%/idle %D%/slow %D%/fresh %D%/filters %D%/patterns %D%/redis_log %D%/notations
EXTRA_DIST += %D%/run %D%/redis
BENCH_SHARED = %D%/bench.h %D%/bench_client.c %D%/bench_proc.c %D%/bench_tally.c

%C%_floor_SOURCES = %D%/floor.c %D%/bench.h %D%/bench_proc.c
%C%_floor_CFLAGS = $(AM_CFLAGS)
%C%_fanout_SOURCES = %D%/fanout.c $(BENCH_SHARED)
%C%_fanout_CFLAGS = $(AM_CFLAGS)
%C%_doors_SOURCES = %D%/doors.c $(BENCH_SHARED)
%C%_doors_CFLAGS = $(AM_CFLAGS)
%C%_idle_SOURCES = %D%/idle.c $(BENCH_SHARED)
%C%_idle_CFLAGS = $(AM_CFLAGS)
%C%_slow_SOURCES = %D%/slow.c $(BENCH_SHARED)
%C%_slow_CFLAGS = $(AM_CFLAGS)
%C%_fresh_SOURCES = %D%/fresh.c $(BENCH_SHARED)
%C%_fresh_CFLAGS = $(AM_CFLAGS)
%C%_filters_SOURCES = %D%/filters.c %D%/bench.h %D%/bench_proc.c
%C%_filters_CFLAGS = $(AM_CFLAGS)
%C%_filters_LDADD = $(WEIR_FILTER)
%C%_patterns_SOURCES = %D%/patterns.c %D%/bench.h %D%/bench_proc.c
%C%_patterns_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/bus
%C%_patterns_CFLAGS = $(AM_CFLAGS)
%C%_patterns_LDADD = $(WEIR_BUS)
%C%_notations_SOURCES = %D%/notations.c
%C%_notations_CFLAGS = $(AM_CFLAGS)
%C%_notations_LDADD = $(WEIR_WIRE)
%C%_redis_log_SOURCES = %D%/redis_log.c $(BENCH_SHARED)
%C%_redis_log_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS)
%C%_redis_log_CFLAGS = $(AM_CFLAGS)
%C%_redis_log_LDADD = $(WEIR_ENGINE)
