/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens when a queue is full: each subscription by its own policy (protocol.md §14.4). A client counts as behind
 * only when its socket takes nothing more or a rate is used up: what piles up within one turn is written out first. The
 * odd case: the bytes of a connection are one bound for all of its subscriptions, so an event may cost another
 * subscription its place, namely the one with the most waiting. Nothing here calls back into a session; who must be
 * told is marked, and told at the end of the turn. Worker's thread.
 */
#include <errno.h>

#include "weir/core/worker.h"

static struct weir_subscription *sub_of(struct weir_lane *l)
{
	return WEIR_CONTAINER_OF(l, struct weir_subscription, lane);
}

static void client_overflows(struct weir_worker *w, struct weir_client *c)
{
	c->overflowed = true;
	weir_worker_fault(w, c);
}

/* The subscription starts anew: what waits is dropped, and nothing is taken until the client has subscribed again. */
static void sub_resync(struct weir_worker *w, struct weir_subscription *s)
{
	weir_stat_add(&w->stats, dropped_resync, s->lane.count);
	weir_stat_add(&w->stats, dropped_resync_bytes, s->lane.bytes);
	weir_queue_drop_all(&s->client->queue, &s->lane);
	weir_stat_add(&w->stats, resyncs, 1);
	s->flags |= WEIR_SUB_FULL;
	s->client->sub_fault = true;
	weir_worker_fault(w, s->client);
}

/* Makes a subscription's queue smaller by its policy. False: its client is lost. */
static bool sub_shed(struct weir_worker *w, struct weir_subscription *s)
{
	struct weir_queue *q = &s->client->queue;
	size_t before = q->bytes;

	switch (s->overflow) {
	case WEIR_OVERFLOW_RESYNC:
		sub_resync(w, s);
		return true;
	case WEIR_OVERFLOW_DROP_OLDEST:
	case WEIR_OVERFLOW_LATEST:
		if (!weir_queue_drop_oldest(q, &s->lane))
			return false;
		weir_stat_add(&w->stats, dropped_oldest, 1);
		weir_stat_add(&w->stats, dropped_oldest_bytes, before - q->bytes);
		return true;
	case WEIR_OVERFLOW_DROP_NEWEST:
		if (!weir_queue_drop_newest(q, &s->lane))
			return false;
		weir_stat_add(&w->stats, dropped_newest, 1);
		weir_stat_add(&w->stats, dropped_newest_bytes, before - q->bytes);
		return true;
	case WEIR_OVERFLOW_DISCONNECT:
	case WEIR_OVERFLOW_UNSET:
		break;
	}
	client_overflows(w, s->client);
	return false;
}

/* Room for len bytes, at the cost of the heaviest subscriptions. False: there is none. */
static bool client_make_room(struct weir_worker *w, struct weir_client *c, size_t len)
{
	while (!weir_queue_fits(&c->queue, len)) {
		struct weir_lane *heaviest = weir_queue_heaviest(&c->queue);

		if (!heaviest) {
			client_overflows(w, c);
			return false;
		}
		if (!sub_shed(w, sub_of(heaviest)))
			return false;
	}
	return true;
}

static bool sub_is_behind(const struct weir_subscription *s)
{
	return s->lane.count && (s->client->queue.stuck_ms || weir_lane_is_held(&s->lane));
}

/*
 * Into the place of the event with the same key, if one waits. Making room for what the new one is larger by may cost
 * that one its place: then there is none.
 */
static bool sub_conflate(
	struct weir_worker *w, struct weir_subscription *s, struct weir_frame *f, struct weir_event_key key)
{
	struct weir_queue *q = &s->client->queue;
	const struct weir_frame *old;
	bool flushed = q->stuck_ms;

	while ((old = weir_queue_find(q, &s->lane, key))) {
		if (q->count == 1 || q->bytes - old->len + f->len <= q->max_bytes)
			return weir_queue_replace(q, &s->lane, f, key);
		if (!flushed)
			s->client->ops->flush(s->client); /* others may wait for the end of the turn only */
		else if (!sub_shed(w, sub_of(weir_queue_heaviest(q))))
			return false;
		flushed = true;
	}
	return false;
}

/* As many wait as may. One that has not begun is spared: it cannot read yet, and would come back to the same. */
static bool sub_is_full(const struct weir_subscription *s)
{
	return s->lane.limit && s->lane.count >= s->lane.limit && !s->client->starting;
}

static bool sub_has_room(const struct weir_subscription *s, size_t len)
{
	return !sub_is_full(s) && weir_queue_fits(&s->client->queue, len);
}

static bool sub_lose(struct weir_worker *w, struct weir_subscription *s, size_t len)
{
	weir_queue_lose(&s->lane, len);
	weir_stat_add(&w->stats, dropped_newest, 1);
	weir_stat_add(&w->stats, dropped_newest_bytes, len);
	return false;
}

/*
 * Makes room for one more event of the subscription. False: the event is not to be taken (it is the newest, the queue
 * starts anew, or the client is lost).
 */
static bool sub_make_room(struct weir_worker *w, struct weir_subscription *s, size_t len)
{
	struct weir_client *c = s->client;

	while (sub_is_full(s)) {
		if (s->overflow == WEIR_OVERFLOW_DROP_NEWEST)
			return sub_lose(w, s, len);
		if (!sub_shed(w, s))
			return false;
	}
	while (!(s->flags & WEIR_SUB_FULL) && !weir_queue_fits(&c->queue, len)) {
		struct weir_lane *heaviest = weir_queue_heaviest(&c->queue);

		if (s->overflow == WEIR_OVERFLOW_DROP_NEWEST && heaviest == &s->lane)
			return sub_lose(w, s, len);
		if (!heaviest)
			client_overflows(w, c);
		if (!heaviest || !sub_shed(w, sub_of(heaviest)))
			return false;
	}
	if (!(s->flags & WEIR_SUB_FULL))
		return true;
	weir_queue_lose(&s->lane, len);
	weir_stat_add(&w->stats, dropped_resync, 1);
	weir_stat_add(&w->stats, dropped_resync_bytes, len);
	return false;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir_worker_publish(
	struct weir_worker *w, struct weir_subscription *s, struct weir_frame *f, struct weir_event_key key)
{
	struct weir_client *c = s->client;

	if (!c->open || c->overflowed)
		return false; /* not behind a frame that found no room: its absence would be a silent gap */
	if (!f) {
		client_overflows(w, c);
		return false;
	}
	if (sub_is_behind(s) && sub_conflate(w, s, f, key))
		return true;
	if (!c->overflowed && !sub_has_room(s, f->len) && !c->queue.stuck_ms) {
		/* A burst within one turn is no fault of the reader: only what its socket does not take counts. */
		c->ops->flush(c);
		if (sub_conflate(w, s, f, key))
			return true;
	}
	if (c->overflowed)
		return false;
	if (!sub_has_room(s, f->len) && !sub_make_room(w, s, f->len))
		return false;
	if (weir_queue_push(&c->queue, &s->lane, f, key) < 0) {
		client_overflows(w, c);
		return false;
	}
	weir_worker_touch(w, c);
	return true;
}

void weir_worker_shed(struct weir_worker *w, struct weir_client *c, size_t bytes, unsigned *steps)
{
	size_t left = c->queue.bytes > bytes ? c->queue.bytes - bytes : 0;

	while (c->queue.bytes > left && *steps) {
		struct weir_lane *heaviest = weir_queue_heaviest(&c->queue);

		--*steps;
		if (!heaviest)
			client_overflows(w, c);
		if (!heaviest || !sub_shed(w, sub_of(heaviest)))
			return;
	}
}

bool weir_worker_send(struct weir_worker *w, struct weir_client *c, struct weir_frame *f)
{
	if (!c->open || c->overflowed)
		return false;
	if (f && !weir_queue_fits(&c->queue, f->len)) {
		c->ops->flush(c);
		if (!client_make_room(w, c, f->len))
			return false;
	}
	return weir_worker_answer(w, c, f);
}
