/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines in a binary heap; each node knows its place, so moving and cancelling need no search. One thread. */
#include "weir/base/timers.h"

#include <stdlib.h>

#include "weir/base/err.h"
#include "weir/base/mem.h"

#define TIMERS_FIRST 16

static void timers_put(struct weir_timers *t, size_t i, struct weir_deadline *d)
{
	t->heap[i] = d;
	d->pos = i + 1;
}

static void timers_up(struct weir_timers *t, size_t i, struct weir_deadline *d)
{
	while (i > 0 && t->heap[(i - 1) / 2]->at_ms > d->at_ms) {
		timers_put(t, i, t->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	timers_put(t, i, d);
}

static void timers_down(struct weir_timers *t, size_t i, struct weir_deadline *d)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < t->count && t->heap[child + 1]->at_ms < t->heap[child]->at_ms)
			child++;
		if (child >= t->count || t->heap[child]->at_ms >= d->at_ms)
			break;
		timers_put(t, i, t->heap[child]);
		i = child;
	}
	timers_put(t, i, d);
}

/* Puts d where it belongs, coming from place i. */
static void timers_settle(struct weir_timers *t, size_t i, struct weir_deadline *d)
{
	if (i > 0 && t->heap[(i - 1) / 2]->at_ms > d->at_ms)
		timers_up(t, i, d);
	else
		timers_down(t, i, d);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_timers_init(struct weir_timers *t)
{
	*t = (struct weir_timers){0};
}

void weir_timers_fini(struct weir_timers *t)
{
	for (size_t i = 0; i < t->count; i++)
		t->heap[i]->pos = 0;
	free(t->heap);
	weir_timers_init(t);
}

void weir_timers_set(struct weir_timers *t, struct weir_deadline *d, uint64_t at_ms)
{
	if (d->pos == 0) {
		if (t->count == t->cap) {
			t->cap = t->cap ? t->cap * 2 : TIMERS_FIRST;
			t->heap = weir_xrealloc(t->heap, t->cap * sizeof(*t->heap));
		}
		d->pos = ++t->count;
	}
	d->at_ms = at_ms;
	timers_settle(t, d->pos - 1, d);
}

void weir_timers_cancel(struct weir_timers *t, struct weir_deadline *d)
{
	size_t i = d->pos - 1;
	struct weir_deadline *last;

	if (d->pos == 0)
		return;
	weir_assert(i < t->count && t->heap[i] == d);
	d->pos = 0;
	last = t->heap[--t->count];
	if (last != d)
		timers_settle(t, i, last);
}

uint64_t weir_timers_next(const struct weir_timers *t)
{
	return t->count ? t->heap[0]->at_ms : UINT64_MAX;
}

size_t weir_timers_run(struct weir_timers *t, uint64_t now_ms, size_t budget)
{
	size_t fired = 0;

	while (fired < budget && t->count && t->heap[0]->at_ms <= now_ms) {
		struct weir_deadline *d = t->heap[0];

		weir_timers_cancel(t, d);
		fired++;
		d->fire(d, now_ms);
	}
	return fired;
}
