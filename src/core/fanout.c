/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hot path: one event to the channel's subscribers on this worker. Per delivery it allocates nothing, takes no lock
 * and makes no system call: it pushes a pointer to a frame that is encoded once per encoding and variant, and marks the
 * client for the flush at the end of the turn. (A full queue is flushed at once.) Nothing here calls back into a
 * session; what went wrong is noted on the client. Worker's thread.
 */
#include "weir/core/worker.h"

/* Frames of one event, made when the first subscriber needs them. */
struct fanout {
	struct weir_worker *worker;
	const struct weir_event *event, *previous;
	uint32_t epoch_no;
	uint64_t delivered, filtered;
	struct weir_frame *frames[WEIR_ENCODERS][WEIR_PUSH_VARIANTS];
};

static struct weir_frame *fanout_frame(struct fanout *f, const struct weir_encoder *enc, enum weir_push_variant v)
{
	struct weir_frame **slot = &f->frames[enc->slot][v];

	if (!*slot)
		*slot = enc->push(f->event, v == WEIR_PUSH_DELTA ? f->previous : NULL, v);
	return *slot;
}

static void note_fault(struct weir_worker *w, struct weir_client *c)
{
	if (weir_list_empty(&c->fault))
		weir_list_append(&w->faults, &c->fault);
}

static void fanout_push(struct fanout *f, struct weir_client *c, enum weir_push_variant v)
{
	if (weir_worker_send(f->worker, c, fanout_frame(f, c->encoder, v)))
		f->delivered++;
}

/*
 * Moves a positioned subscription past the event. False: the subscriber must not get it, because it has it already or
 * because there is a gap before it.
 */
static bool fanout_advance(struct fanout *f, struct weir_subscription *s)
{
	uint64_t offset = f->event->offset;

	/* It is about to be told; what comes meanwhile must not look as if nothing were missing. */
	if (s->flags & WEIR_SUB_LOST)
		return false;
	if (!offset || !(s->flags & WEIR_SUB_POSITIONED))
		return true; /* published without history: it has no place in the stream */
	if (s->epoch_no == f->epoch_no && offset <= s->offset)
		return false;
	if (s->epoch_no != f->epoch_no || offset != s->offset + 1) {
		s->flags |= WEIR_SUB_LOST;
		s->client->lost_place = true;
		note_fault(f->worker, s->client);
		return false;
	}
	s->offset = offset;
	return true;
}

/*
 * A patch only for a subscriber that has the publication before it; one without a place in the stream breaks the
 * chain.
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
	return ready && f->event->delta && f->previous ? WEIR_PUSH_DELTA : WEIR_PUSH_DELTA_FULL;
}

static void fanout_publication(struct fanout *f, const struct weir_index_entry *entry)
{
	const struct weir_event *e = f->event;

	for (uint32_t i = 0; i < entry->count; i++) {
		struct weir_subscription *s = entry->subs[i];

		if (!fanout_advance(f, s))
			continue;
		if (s->filter && !weir_tagfilter_match(s->filter, e->tags, e->n_tags)) {
			f->filtered++;
			continue;
		}
		fanout_push(f, s->client, fanout_variant(f, s));
	}
}

static void fanout_presence(struct fanout *f, const struct weir_index_entry *entry)
{
	for (uint32_t i = 0; i < entry->count; i++)
		if (entry->subs[i]->flags & WEIR_SUB_JOIN_LEAVE)
			fanout_push(f, entry->subs[i]->client, WEIR_PUSH_PLAIN);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_fanout(struct weir_worker *w, const struct weir_event *e, const struct weir_event *previous)
{
	struct weir_index_entry *entry = weir_index_find(&w->index, e->channel);
	struct fanout f = {.worker = w, .event = e, .previous = previous};

	weir_stat_add(&w->stats, events_received, 1);
	if (!entry || !entry->count)
		return; /* the last subscriber left while the event was on its way */
	if (e->offset)
		f.epoch_no = weir_index_epoch(entry, e->epoch);
	if (e->type == WEIR_EVENT_PUBLICATION)
		fanout_publication(&f, entry);
	else
		fanout_presence(&f, entry);
	for (unsigned i = 0; i < WEIR_ENCODERS; i++)
		for (unsigned v = 0; v < WEIR_PUSH_VARIANTS; v++)
			weir_frame_unref(&f.frames[i][v]);
	weir_stat_add(&w->stats, deliveries, f.delivered);
	weir_stat_add(&w->stats, filtered, f.filtered);
}
