/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One subscription's frames: a ring that grows on demand, and gives its slots back when it has run empty after a burst.
 * Worker's thread.
 */
#include "weir/bus/lane.h"

#include <errno.h>
#include <stdlib.h>

#define LANE_CAP_MIN  4u
#define LANE_CAP_KEPT 64u /* slots that an empty lane may keep */

static uint32_t lane_slot(const struct weir_lane *l, uint32_t i)
{
	return (l->head + i) & (l->cap - 1);
}

static int lane_grow(struct weir_lane *l)
{
	uint32_t cap = l->cap ? l->cap * 2 : LANE_CAP_MIN;
	struct weir_lane_entry *slots;

	if (cap < l->cap)
		return -ENOMEM;
	slots = malloc(cap * sizeof(*slots));
	if (!slots || (l->latest && weir_latest_resize(l->latest, cap, l->head, l->count) < 0)) {
		free(slots);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < l->count; i++)
		slots[i] = *weir_lane_at(l, i);
	free(l->slots);
	l->slots = slots;
	l->cap = cap;
	l->head = 0;
	return 0;
}

static void lane_shrink(struct weir_lane *l)
{
	free(l->slots);
	l->slots = NULL;
	l->cap = l->head = 0;
	if (l->latest)
		weir_latest_fini(l->latest);
}

/* What goes out of a slot. */
static struct weir_lane_entry lane_leave(struct weir_lane *l, uint32_t i)
{
	uint32_t slot = lane_slot(l, i);

	if (l->latest && l->latest->settled)
		weir_latest_remove(l->latest, slot);
	l->bytes -= l->slots[slot].frame->len;
	return l->slots[slot];
}

static void lane_left(struct weir_lane *l)
{
	l->count--;
	if (!l->count && l->cap > LANE_CAP_KEPT)
		lane_shrink(l);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_lane_init(struct weir_lane *l, uint32_t limit, bool latest, double rate, uint64_t now_ms)
{
	*l = (struct weir_lane){.limit = limit};
	weir_list_init(&l->ready);
	if (latest)
		l->latest = calloc(1, sizeof(*l->latest));
	if (rate > 0)
		l->pace = calloc(1, sizeof(*l->pace));
	if ((latest && !l->latest) || (rate > 0 && !l->pace)) {
		weir_lane_fini(l);
		return -ENOMEM;
	}
	if (l->pace) {
		weir_rate_init(&l->pace->rate, rate, now_ms);
		l->pace->lane = l;
	}
	return 0;
}

void weir_lane_fini(struct weir_lane *l)
{
	weir_assert(!l->count && !weir_lane_is_held(l));
	free(l->slots);
	if (l->latest)
		weir_latest_fini(l->latest);
	free(l->latest);
	free(l->pace);
	*l = (struct weir_lane){.head = 0};
	weir_list_init(&l->ready);
}

int weir_lane_append(struct weir_lane *l, struct weir_frame *f, uint32_t seq, struct weir_event_key key)
{
	struct weir_latest *latest = l->latest;
	uint32_t slot;

	if (l->count == l->cap && lane_grow(l) < 0)
		return -ENOMEM;
	slot = lane_slot(l, l->count);
	l->slots[slot] = (struct weir_lane_entry){.frame = f, .seq = seq, .dropped = l->lost & INT32_MAX};
	l->lost = 0;
	l->count++;
	l->bytes += f->len;
	if (!latest)
		return 0;
	if (l->count == 1)
		weir_latest_clear(latest);
	else if (latest->settled && weir_latest_find(latest, key) != WEIR_LATEST_NONE)
		latest->settled = false; /* the client is not known to be behind: the same key may wait twice */
	latest->keys[slot] = key;
	if (latest->settled)
		weir_latest_add(latest, slot);
	return 0;
}

struct weir_lane_entry weir_lane_pop(struct weir_lane *l)
{
	struct weir_lane_entry e = lane_leave(l, 0);

	l->head = (l->head + 1) & (l->cap - 1);
	lane_left(l);
	return e;
}

struct weir_lane_entry weir_lane_pop_last(struct weir_lane *l)
{
	struct weir_lane_entry e = lane_leave(l, l->count - 1);

	lane_left(l);
	return e;
}

struct weir_frame *weir_lane_replace(struct weir_lane *l, struct weir_frame *f, struct weir_event_key key)
{
	uint32_t slot = weir_latest_find(l->latest, key);
	struct weir_lane_entry *e;
	struct weir_frame *old;

	if (slot == WEIR_LATEST_NONE)
		return NULL;
	e = &l->slots[slot];
	old = e->frame;
	e->frame = weir_frame_ref(f);
	weir_lane_entry_lost(e, weir_lost_sum(l->lost, 1));
	l->lost = 0;
	e->without_offset = slot != lane_slot(l, l->count - 1);
	l->bytes += f->len;
	l->bytes -= old->len;
	return old;
}

void weir_lane_settle(struct weir_lane *l, void (*gone)(void *ctx, struct weir_frame *f), void *ctx)
{
	struct weir_latest *latest = l->latest;
	uint32_t kept = 0;

	if (latest->settled)
		return;
	weir_latest_clear(latest);
	for (uint32_t i = 0; i < l->count; i++) {
		struct weir_lane_entry *e = weir_lane_at(l, i);
		struct weir_event_key key = latest->keys[lane_slot(l, i)];
		uint32_t slot = weir_latest_find(latest, key);

		if (slot == WEIR_LATEST_NONE) {
			*weir_lane_at(l, kept) = *e;
			latest->keys[lane_slot(l, kept)] = key;
			weir_latest_add(latest, lane_slot(l, kept));
			kept++;
		} else {
			struct weir_lane_entry *place = &l->slots[slot];

			l->bytes -= place->frame->len;
			gone(ctx, place->frame);
			place->frame = e->frame;
			weir_lane_entry_lost(place, weir_lost_sum(e->dropped, 1));
			place->without_offset = slot != lane_slot(l, kept - 1);
		}
	}
	l->count = kept;
}
