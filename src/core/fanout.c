/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hot path: one event to the subscribers on this worker, of its channel and of the patterns that match it. Per
 * delivery it allocates nothing, takes no lock and makes no system call: it pushes a pointer to a frame that is encoded
 * once per encoding and variant, and marks the client for the flush at the end of the turn. (A full queue is flushed at
 * once.) Nothing here calls back into a session; what went wrong is noted on the client. Worker's thread.
 */
#include <stdio.h>

#include "weir/core/worker.h"

/* For subscriptions to a pattern, beside WEIR_PUSH_PLAIN: with the position in the log. */
#define PUSH_WITH_POSITION WEIR_PUSH_DELTA_FULL

struct fanout {
	struct weir_worker *worker;
	const struct weir_event *event, *previous;
	uint64_t now_ms;
	uint64_t delivered, filtered;
	/* of the entry at hand */
	struct weir_index_entry *entry;
	uint32_t epoch_no;                                            /* 0: not known yet */
	struct weir_frame *frames[WEIR_ENCODERS][WEIR_PUSH_VARIANTS]; /* made when the first subscriber needs them */
};

static struct weir_frame *fanout_frame(struct fanout *f, const struct weir_encoder *enc, enum weir_push_variant v)
{
	struct weir_frame **slot = &f->frames[enc->slot][v];
	struct weir_push_spec spec = {.event = f->event, .variant = v, .offset = f->event->offset};

	if (*slot)
		return *slot;
	if (v == WEIR_PUSH_DELTA)
		spec.previous = f->previous;
	*slot = enc->push(&spec);
	if (*slot) {
		(*slot)->made_ms = f->now_ms;
		(*slot)->offset = spec.offset;
	}
	return *slot;
}

static void fanout_lost(struct fanout *f, struct weir_subscription *s)
{
	s->flags |= WEIR_SUB_LOST;
	s->client->sub_fault = true;
	weir_stat_add(&f->worker->stats, lost_places, 1);
	weir_worker_fault(f->worker, s->client);
}

/*
 * Moves a positioned subscription past the event. False: the subscriber must not get it, because it has it already or
 * because there is a gap before it.
 */
static bool fanout_advance(struct fanout *f, struct weir_subscription *s)
{
	uint64_t offset = f->event->offset;

	/* It is about to be told; what comes meanwhile must not look as if nothing were missing. */
	if (s->flags & (WEIR_SUB_LOST | WEIR_SUB_FULL))
		return false;
	if (!offset || !(s->flags & WEIR_SUB_POSITIONED))
		return true; /* published without history: it has no place in the stream */
	if (s->epoch_no == f->epoch_no && offset <= s->offset)
		return false;
	if (s->epoch_no != f->epoch_no || offset != s->offset + 1) {
		fanout_lost(f, s);
		return false;
	}
	s->offset = offset;
	return true;
}

/*
 * A patch only for a subscriber that will have got the publication before it, and as the last one: nothing has been lost
 * since, and nothing waits that may yet be. One without a place in the stream breaks the chain.
 */
static enum weir_push_variant fanout_variant(const struct fanout *f, struct weir_subscription *s)
{
	bool ready = s->flags & WEIR_SUB_DELTA_READY;

	if (!(s->flags & WEIR_SUB_DELTA))
		return WEIR_PUSH_PLAIN;
	if (f->event->offset)
		s->flags |= WEIR_SUB_DELTA_READY;
	else
		s->flags &= ~(uint32_t)WEIR_SUB_DELTA_READY;
	if (weir_overflow_drops_events(s->overflow) && (s->lane.count || s->lane.losses != s->losses_seen))
		ready = false;
	s->losses_seen = s->lane.losses;
	return ready && f->event->delta && f->previous ? WEIR_PUSH_DELTA : WEIR_PUSH_DELTA_FULL;
}

static void fanout_publication(struct fanout *f)
{
	const struct weir_index_entry *entry = f->entry;
	const struct weir_event *e = f->event;
	struct weir_event_key key = {0};

	if (e->offset)
		f->epoch_no = weir_index_epoch(f->entry, e->epoch);
	for (uint32_t i = 0; i < entry->count; i++) {
		struct weir_subscription *s = entry->subs[i];

		if (!fanout_advance(f, s))
			continue;
		if (s->filter && !weir_tagfilter_match(s->filter, e->tags, e->n_tags)) {
			f->filtered++;
			continue;
		}
		f->delivered += weir_worker_publish(
			f->worker, s, fanout_frame(f, s->client->queue.encoder, fanout_variant(f, s)), key);
	}
}

static void fanout_presence(struct fanout *f)
{
	const struct weir_index_entry *entry = f->entry;

	for (uint32_t i = 0; i < entry->count; i++) {
		struct weir_client *c = entry->subs[i]->client;

		if (entry->subs[i]->flags & WEIR_SUB_JOIN_LEAVE)
			f->delivered +=
				weir_worker_send(f->worker, c, fanout_frame(f, c->queue.encoder, WEIR_PUSH_PLAIN));
	}
}

static void fanout_entry(struct fanout *f, struct weir_index_entry *entry)
{
	if (!entry || !entry->count)
		return; /* the last subscriber left while the event was on its way */
	f->entry = entry;
	if (f->event->type == WEIR_EVENT_PUBLICATION)
		fanout_publication(f);
	else
		fanout_presence(f);
	for (unsigned i = 0; i < WEIR_ENCODERS; i++)
		for (unsigned v = 0; v < WEIR_PUSH_VARIANTS; v++)
			weir_frame_unref(&f->frames[i][v]);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_fanout(struct weir_worker *w, const struct weir_event *e, const struct weir_event *previous)
{
	struct fanout f = {.worker = w, .event = e, .previous = previous, .now_ms = weir_mono_ms(w->o.clock)};

	weir_stat_add(&w->stats, events_received, 1);
	fanout_entry(&f, weir_index_find(&w->index, e->channel));
	weir_stat_add(&w->stats, deliveries, f.delivered);
	weir_stat_add(&w->stats, filtered, f.filtered);
}
