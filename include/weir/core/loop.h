/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libuv loop with what weir needs around it: a clock, hooks at the end of each turn, and a stop that any thread may
 * ask for. One thread runs a loop and owns everything on it; all functions belong to that thread (before it runs: to
 * the one that initialises it) unless they say otherwise.
 */
#ifndef WEIR_CORE_LOOP_H
#define WEIR_CORE_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "weir/base/clock.h"
#include "weir/base/list.h"
#include "weir/base/log.h"

struct weir_turn_hook {
	void (*fn)(struct weir_turn_hook *hook);
	struct weir_list link; /* weir_loop.turn_hooks */
};

struct weir_loop {
	uv_loop_t uv;
	uv_prepare_t prepare;
	uv_async_t stop_async;
	struct weir_list turn_hooks; /* weir_turn_hook.link, in order of adding */
	struct weir_list *next_hook; /* to be run next, while hooks run */
	struct weir_log *log;        /* not owned, may be NULL */
	const struct weir_clock *clock;
	uint64_t turn_ns, idle_ns;     /* at the end of the last turn: the time, and the time spent waiting so far */
	atomic_ullong longest_turn_ns; /* of all turns, without the wait; relaxed */
	pthread_t thread;              /* the one that runs it, while it is running */
	atomic_bool running;
};

/* `clock` NULL: the real one. Timers go by libuv's own time. */
int weir_loop_init(struct weir_loop *loop, struct weir_log *log, const struct weir_clock *clock) WEIR_MUSTCHECK;
/* All handles on it must be closed or closing: runs the loop until their close callbacks have run. */
void weir_loop_fini(struct weir_loop *loop);
void weir_loop_run(struct weir_loop *loop);  /* returns after weir_loop_stop(), even one from before it began */
void weir_loop_stop(struct weir_loop *loop); /* any thread; takes effect at the end of this turn or of the next */
/*
 * Runs at the end of every turn, before the loop polls, and once more when the run ends: the place to flush what the
 * turn has gathered. Hooks may add and remove hooks.
 */
void weir_loop_add_hook(struct weir_loop *loop, struct weir_turn_hook *hook);
void weir_loop_remove_hook(struct weir_loop *loop, struct weir_turn_hook *hook);
/* The longest that its turns have taken so far, waiting not counted. Any thread. */
uint64_t weir_loop_longest_turn_us(const struct weir_loop *loop);
bool weir_loop_is_current(const struct weir_loop *loop); /* does the calling thread run it (or is it not running)? */

#endif
