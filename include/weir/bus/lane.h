/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames of one subscription that wait for its client's socket, oldest first: one lane of the client's queue. Each
 * entry knows its place among all of the client's frames, and how many events the subscriber lost before it. With
 * conflation (policy `latest`) an entry is found by its key. Worker's thread; the queue (bus/queue.h) does the
 * accounting, so only it calls what changes a lane.
 */
#ifndef WEIR_BUS_LANE_H
#define WEIR_BUS_LANE_H

#include "weir/base/list.h"
#include "weir/base/timers.h"
#include "weir/bus/encoder.h"
#include "weir/bus/latest.h"
#include "weir/bus/rate.h"

struct weir_lane_entry {
	struct weir_frame *frame;
	uint32_t seq;                /* place among the client's frames; wraps around */
	uint32_t dropped : 31;       /* events lost before it, or WEIR_LOST_UNKNOWN */
	uint32_t without_offset : 1; /* it overtakes older ones: the position must not move */
};

struct weir_queue;

/* What only a lane with a rate has. */
struct weir_lane_pace {
	struct weir_rate rate;
	struct weir_deadline wake; /* set while held */
	struct weir_lane *lane;
	struct weir_queue *queue; /* of the lane, while held */
	bool held;                /* the rate is used up: what waits is not ready */
};

struct weir_lane {
	struct weir_list ready; /* weir_queue.ready, or .held, while something waits */
	struct weir_lane_entry *slots;
	uint32_t head, count, cap; /* a ring; cap is 0 or a power of two */
	uint32_t limit;            /* entries that may wait; 0: no limit of its own */
	uint32_t lost;             /* events lost behind the last entry: told with the next one; or WEIR_LOST_UNKNOWN */
	size_t bytes;
	struct weir_latest *latest;                         /* NULL: no conflation */
	struct weir_lane_pace *pace;                        /* NULL: no rate */
	uint64_t sent_offset;                               /* of the newest event written */
	uint64_t delivered, dropped, conflated, lost_bytes; /* events, ever */
};

/* -ENOMEM: nothing is left behind. `rate` 0: none. */
int weir_lane_init(struct weir_lane *l, uint32_t limit, bool latest, double rate, uint64_t now_ms) WEIR_MUSTCHECK;
void weir_lane_fini(struct weir_lane *l); /* empty and not held */

static inline struct weir_lane_entry *weir_lane_at(const struct weir_lane *l, uint32_t i)
{
	return &l->slots[(l->head + i) & (l->cap - 1)];
}
static inline uint32_t weir_lost_sum(uint32_t a, uint32_t b)
{
	return a >= WEIR_LOST_UNKNOWN - b ? WEIR_LOST_UNKNOWN : a + b;
}
/* So many events were lost before this entry, too. */
static inline void weir_lane_entry_lost(struct weir_lane_entry *e, uint32_t n)
{
	e->dropped = weir_lost_sum(e->dropped, n) & INT32_MAX;
}
/* So many were lost behind all that wait. */
static inline void weir_lane_lost(struct weir_lane *l, uint32_t n)
{
	l->lost = weir_lost_sum(l->lost, n);
}
static inline void weir_lane_lost_unknown(struct weir_lane *l)
{
	l->lost = WEIR_LOST_UNKNOWN;
}
static inline bool weir_lane_is_held(const struct weir_lane *l)
{
	return l->pace && l->pace->held;
}

/* Takes over the reference. -ENOMEM: nothing happened. `key` only with conflation. */
int weir_lane_append(struct weir_lane *l, struct weir_frame *f, uint32_t seq, struct weir_event_key key) WEIR_MUSTCHECK;
struct weir_lane_entry weir_lane_pop(struct weir_lane *l);      /* the oldest; its reference is the caller's */
struct weir_lane_entry weir_lane_pop_last(struct weir_lane *l); /* the newest */
/*
 * Leaves one entry per key, the newest event in the place of the oldest: for what was queued before it was known that
 * the client is behind. Calls gone(ctx, frame) for each frame that another one replaces; its reference is the callee's.
 */
void weir_lane_settle(struct weir_lane *l, void (*gone)(void *ctx, struct weir_frame *f), void *ctx);
/*
 * Puts the frame (a new reference) in place of the one with this key, which is returned. NULL: none waits, nothing
 * happened. The lane is settled.
 */
struct weir_frame *weir_lane_replace(struct weir_lane *l, struct weir_frame *f, struct weir_event_key key);

#endif
