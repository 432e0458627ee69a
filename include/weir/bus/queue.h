/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's queue: what waits for its socket. A lane per subscription, whose policy may drop what waits there, and one
 * for replies and other pushes, which are never dropped. Frames leave in the order in which they came, across lanes; a
 * lane whose rate is used up is left out until it may go on. The queue itself drops nothing and knows no policy
 * (core/overflow.c does): it counts. The odd case: when nothing waits, a frame of any size fits, or a large event could
 * never be sent. Worker's thread.
 */
#ifndef WEIR_BUS_QUEUE_H
#define WEIR_BUS_QUEUE_H

#include "weir/base/clock.h"
#include "weir/bus/lane.h"
#include "weir/bus/stats.h"

/* Size classes of queues with much in them: from 2^WEIR_QUEUE_CLASS_MIN, by powers of two. */
#define WEIR_QUEUE_CLASSES   26
#define WEIR_QUEUE_CLASS_MIN 12
#define WEIR_QUEUES_LOOK     64 /* queues of one class that are compared */

/* What all queues of one worker have in common. */
struct weir_queues {
	size_t bytes;                               /* that wait, in all queues */
	struct weir_list large[WEIR_QUEUE_CLASSES]; /* weir_queue.large */
	const struct weir_clock *clock;
	struct weir_timers *timers;
	struct weir_stats *stats; /* counts what the queues conflate; NULL: nothing does */
	/* A held lane may go on: its queue has something to write again. */
	void (*awake)(struct weir_queues *all, struct weir_queue *q);
};

struct weir_queue {
	struct weir_list ready; /* weir_lane.ready, by the place of their oldest frame */
	struct weir_list held;  /* weir_lane.ready of those whose rate is used up */
	struct weir_lane control;
	struct weir_queues *all;
	const struct weir_encoder *encoder;
	void *place; /* what encoder.place() tells the subscriber; borrowed, NULL: nothing */
	size_t bytes, max_bytes;
	uint32_t count; /* frames that wait, in all lanes */
	uint32_t seq;
	struct weir_frame *writing; /* what the last take() points into */
	/* The socket takes nothing more; since when it has taken nothing (monotonic). 0: it takes what comes. */
	uint64_t stuck_ms;
	struct weir_list large; /* weir_queues.large of its class; by itself when small */
	unsigned size_class;
};

void weir_queues_init(struct weir_queues *all, const struct weir_clock *clock, struct weir_timers *timers,
	void (*awake)(struct weir_queues *all, struct weir_queue *q));
struct weir_queue *weir_queues_largest(
	const struct weir_queues *all); /* of the first in the highest class; NULL: no large one */

void weir_queue_init(
	struct weir_queue *q, struct weir_queues *all, const struct weir_encoder *encoder, size_t max_bytes);
void weir_queue_clear(struct weir_queue *q); /* drops what is in the control lane; also the fini, without other lanes */

static inline bool weir_queue_fits(const struct weir_queue *q, size_t len)
{
	return !q->count || q->bytes + len <= q->max_bytes;
}
static inline bool weir_queue_is_ready(const struct weir_queue *q) /* is there something to write now? */
{
	return !weir_list_empty(&q->ready);
}
/* What waits for the socket, and not for a rate. */
size_t weir_queue_ready_bytes(const struct weir_queue *q);

/* Behind everything. Takes a reference of its own. -ENOMEM: nothing happened. Bounds are the caller's. */
int weir_queue_push(
	struct weir_queue *q, struct weir_lane *l, struct weir_frame *f, struct weir_event_key key) WEIR_MUSTCHECK;
int weir_queue_append(struct weir_queue *q, struct weir_frame *f) WEIR_MUSTCHECK; /* to the control lane */
/* In front of everything: the one connect reply that must come before pushes that wait. */
int weir_queue_push_front(struct weir_queue *q, struct weir_frame *f) WEIR_MUSTCHECK;

/* The event with this key that waits; NULL: none, or the lane does not conflate. */
const struct weir_frame *weir_queue_find(struct weir_queue *q, struct weir_lane *l, struct weir_event_key key);
/* Puts the event in the place of the one with its key, if one waits. The lane conflates. */
bool weir_queue_replace(struct weir_queue *q, struct weir_lane *l, struct weir_frame *f, struct weir_event_key key);
/* Drop the oldest, the newest, or all; false: nothing waits there. The loss is told with the next event. */
bool weir_queue_drop_oldest(struct weir_queue *q, struct weir_lane *l);
bool weir_queue_drop_newest(struct weir_queue *q, struct weir_lane *l);
void weir_queue_drop_all(struct weir_queue *q, struct weir_lane *l);
void weir_queue_lose(struct weir_lane *l, size_t len); /* an event was not taken at all */
/* The subscription ends: what waits goes to the control lane, in its place. Then the lane is empty and not held. */
void weir_queue_absorb(struct weir_queue *q, struct weir_lane *l);
struct weir_lane *weir_queue_heaviest(const struct weir_queue *q); /* of the droppable lanes, held ones too; NULL */

/*
 * The next bytes to write: one frame as it is, or several gathered in `scratch`; absent when nothing is ready. They
 * count as written, and stay until the next call on the queue.
 */
struct weir_str weir_queue_take(struct weir_queue *q, unsigned char *scratch, size_t size);
/* After a flush: the socket did not take everything (what waits twice under one key is conflated now), or it did. */
void weir_queue_set_stuck(struct weir_queue *q, bool stuck, bool wrote);

#endif
