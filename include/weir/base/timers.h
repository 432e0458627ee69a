/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of many objects in one binary heap, without a loop: the owner asks for the next one and fires what is due.
 * A node is embedded in its object and is in at most one heap. O(log n); memory only when the heap grows. One thread.
 */
#ifndef WEIR_BASE_TIMERS_H
#define WEIR_BASE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_deadline;
typedef void (*weir_deadline_fn)(struct weir_deadline *d, uint64_t now_ms);

struct weir_deadline {
	uint64_t at_ms;
	size_t pos; /* place in the heap + 1; 0 = not set */
	weir_deadline_fn fire;
};

struct weir_timers {
	struct weir_deadline **heap;
	size_t count, cap;
};

void weir_timers_init(struct weir_timers *t);
void weir_timers_fini(struct weir_timers *t); /* nodes still set are just forgotten */
void weir_timers_set(struct weir_timers *t, struct weir_deadline *d, uint64_t at_ms); /* sets or moves */
void weir_timers_cancel(struct weir_timers *t, struct weir_deadline *d);              /* harmless when not set */
uint64_t weir_timers_next(const struct weir_timers *t);                               /* UINT64_MAX: none */
/*
 * Fires what is due, earliest first, at most `budget` of them; a callback may set and cancel freely. Returns how
 * many.
 */
size_t weir_timers_run(struct weir_timers *t, uint64_t now_ms, size_t budget);

#endif
