/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers on a loop: one-shot, and intervals that either skip ticks they are too late for or catch up with all of them.
 * Intervals keep their phase (start + k·period) whatever a callback costs. Loop's thread only.
 */
#ifndef WEIR_CORE_TIMER_H
#define WEIR_CORE_TIMER_H

#include "weir/core/loop.h"

struct weir_timer;
/* `ticks`: 1, or with WEIR_TIMER_SKIP how many periods have passed since the last call (1 + those skipped). */
typedef void (*weir_timer_fn)(struct weir_timer *t, uint64_t ticks);
typedef void (*weir_timer_closed_fn)(struct weir_timer *t);

enum weir_timer_late {
	WEIR_TIMER_SKIP,     /* late ticks become one call */
	WEIR_TIMER_CATCH_UP, /* one call per tick, at most 1000 in a row before the loop gets its turn */
};

struct weir_timer {
	uv_timer_t uv;
	struct weir_loop *loop;
	weir_timer_fn fn;
	weir_timer_closed_fn closed;
	uint64_t period_ms, next_ms; /* 0: one-shot */
	enum weir_timer_late late;
};

int weir_timer_init(struct weir_timer *t, struct weir_loop *loop, weir_timer_fn fn) WEIR_MUSTCHECK;
void weir_timer_once(struct weir_timer *t, uint64_t after_ms); /* restarts; 0 counts as 1: never in this turn */
void weir_timer_every(struct weir_timer *t, uint64_t period_ms, enum weir_timer_late late); /* period > 0 */
void weir_timer_stop(struct weir_timer *t); /* may be called in its own callback */
/* Stops for ever; `closed` (may be NULL) is called from the loop when the memory may go. */
void weir_timer_close(struct weir_timer *t, weir_timer_closed_fn closed);

#endif
