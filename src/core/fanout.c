/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hot path: one event to the subscribers on this worker, of its channel and of the patterns that match it. Per
 * delivery it allocates nothing, takes no lock and makes no system call: it pushes a pointer to a frame that is encoded
 * once per encoding and variant, and marks the client for the flush at the end of the turn. (A full queue is flushed at
 * once.) Nothing here calls back into a session; what went wrong is noted on the client. Worker's thread.
 */
#include <inttypes.h>
#include <stdio.h>

#include "weir/core/worker.h"
#include "weir/event/channel.h"

/* Of a pattern: with the position in the log. Patterns know no delta, so the place of that is free. */
#define PUSH_POSITIONED WEIR_PUSH_DELTA

struct fanout {
	struct weir_worker *worker;
	const struct weir_event *event, *previous;
	uint64_t now_ms;
	uint64_t delivered, filtered;
	bool asked; /* a filter or a key was asked about the event */
	/* of the event, as patterns need it */
	bool user_limited;
	char generation[WEIR_EPOCH_MAX]; /* of the log, as an epoch */
	/* of the entry at hand, a channel or a pattern */
	struct weir_index_entry *entry;
	uint64_t offset;   /* the event's place in what the entry's subscribers follow; 0: none */
	uint32_t epoch_no; /* what that belongs to */
	bool reaches[2];   /* of a pattern: may the event go to those without, with an authorization? */
	/* the conflation key asked for last: mostly all of an entry's subscribers ask for the same */
	bool has_key;
	const struct weir_key *key_from;
	struct weir_event_key key;
	struct weir_frame *frames[WEIR_ENCODERS][WEIR_PUSH_VARIANTS]; /* made when the first subscriber needs them */
};

static struct weir_frame *fanout_frame(struct fanout *f, const struct weir_encoder *enc, enum weir_push_variant v)
{
	struct weir_frame **slot = &f->frames[enc->slot][v];
	struct weir_push_spec spec = {.event = f->event, .variant = v, .offset = f->offset};

	if (*slot)
		return *slot;
	if (f->entry->is_pattern) {
		spec.pattern = f->entry->channel;
		spec.variant = WEIR_PUSH_PLAIN;
		spec.offset = v == PUSH_POSITIONED ? f->offset : 0;
	} else if (v == WEIR_PUSH_DELTA) {
		spec.previous = f->previous;
	}
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

/* Is this the next one after what the subscriber has? Of a pattern the log has entries that are not for it. */
static bool follows(const struct fanout *f, const struct weir_subscription *s)
{
	return s->epoch_no == f->epoch_no && (f->entry->is_pattern || f->offset == s->offset + 1);
}

/*
 * Moves a positioned subscription past the event. False: the subscriber must not get it, because it has it already or
 * because there is a gap before it.
 */
static bool fanout_advance(struct fanout *f, struct weir_subscription *s)
{
	/* It is about to be told; what comes meanwhile must not look as if nothing were missing. */
	if (s->flags & (WEIR_SUB_LOST | WEIR_SUB_FULL))
		return false;
	if (!f->offset || !(s->flags & WEIR_SUB_POSITIONED))
		return true; /* published without history: it has no place in the stream */
	if (s->epoch_no == f->epoch_no && f->offset <= s->offset)
		return false;
	if (!follows(f, s)) {
		fanout_lost(f, s);
		return false;
	}
	s->offset = f->offset;
	return true;
}

/*
 * A patch only for a subscriber that has the publication before it; one without a place in the stream breaks the
 * chain. (Delta is not granted with a policy that drops events.)
 */
static enum weir_push_variant fanout_variant(const struct fanout *f, struct weir_subscription *s)
{
	bool ready = s->flags & WEIR_SUB_DELTA_READY;

	if (f->entry->is_pattern)
		return s->flags & WEIR_SUB_POSITIONED ? PUSH_POSITIONED : WEIR_PUSH_PLAIN;
	if (!(s->flags & WEIR_SUB_DELTA))
		return WEIR_PUSH_PLAIN;
	if (f->event->offset)
		s->flags |= WEIR_SUB_DELTA_READY;
	else
		s->flags &= ~(uint32_t)WEIR_SUB_DELTA_READY;
	return ready && f->event->delta && f->previous ? WEIR_PUSH_DELTA : WEIR_PUSH_DELTA_FULL;
}

static bool fanout_passes(struct fanout *f, struct weir_subscription *s)
{
	for (unsigned i = 0; i < WEIR_SUB_FILTERS; i++) {
		if (!s->filters[i] || weir_filters_pass(f->worker->filters, s->filters[i]))
			continue;
		f->filtered++;
		s->withheld++;
		s->flags &= ~(uint32_t)WEIR_SUB_DELTA_READY; /* the next patch would be against what it has not got */
		return false;
	}
	return true;
}

/* 128 bits, so that equal keys are equal texts. */
static struct weir_event_key hash_key(const struct fanout *f, struct weir_str text, bool of_channel)
{
	const struct weir_hash_key *k = f->worker->o.hash_key;
	struct weir_hash_key other = {~k->k0, k->k1 ^ of_channel};

	return (struct weir_event_key){weir_hash(k, text), weir_hash(&other, text)};
}

/* Under which key the event waits, if it must. Without a key, or without a value for it, the channel is the key. */
static struct weir_event_key fanout_key(struct fanout *f, const struct weir_subscription *s)
{
	struct weir_str text = WEIR_STR_NONE;

	if (s->overflow != WEIR_OVERFLOW_LATEST)
		return (struct weir_event_key){0};
	if (f->has_key && f->key_from == s->key)
		return f->key;
	f->asked = f->asked || s->key;
	if (s->key)
		text = weir_filters_key(f->worker->filters, s->key);
	f->key = text.p ? hash_key(f, text, false) : hash_key(f, f->event->channel, true);
	f->key_from = s->key;
	f->has_key = true;
	return f->key;
}

static void fanout_publication(struct fanout *f)
{
	const struct weir_index_entry *entry = f->entry;
	bool filtered = entry->filters.n > 0;

	f->asked = f->asked || filtered;
	for (uint32_t i = 0; i < entry->count; i++) {
		struct weir_subscription *s = entry->subs[i];

		if (entry->is_pattern && !f->reaches[(s->flags & WEIR_SUB_AUTHORIZED) != 0])
			continue;
		if (!fanout_advance(f, s) || (filtered && !fanout_passes(f, s)))
			continue;
		f->delivered += weir_worker_publish(f->worker, s,
			fanout_frame(f, s->client->queue.encoder, fanout_variant(f, s)), fanout_key(f, s));
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
	f->entry = entry;
	if (f->event->type == WEIR_EVENT_PUBLICATION)
		fanout_publication(f);
	else
		fanout_presence(f);
	for (unsigned i = 0; i < WEIR_ENCODERS; i++)
		for (unsigned v = 0; v < WEIR_PUSH_VARIANTS; v++)
			weir_frame_unref(&f->frames[i][v]);
}

/* The subscribers of the channel itself: the last may have left while the event was on its way. */
static void fanout_channel(struct fanout *f)
{
	struct weir_index_entry *entry = weir_index_find(&f->worker->index, f->event->channel);

	if (!entry || !entry->count)
		return;
	f->offset = f->event->offset;
	if (f->offset)
		f->epoch_no = weir_index_epoch(entry, f->event->epoch);
	fanout_entry(f, entry);
}

static bool is_user_limited(const struct fanout *f)
{
	const struct weir_namespace *ns;

	if (!weir_channel_is_user_limited(f->event->channel))
		return false;
	ns = weir_namespaces_resolve(f->worker->o.namespaces, f->event->channel);
	return !ns || ns->allow_user_limited_channels;
}

static void fanout_pattern(void *ctx, struct weir_index_entry *entry)
{
	struct fanout *f = ctx;

	if (!entry->count)
		return;
	for (int authorized = 0; authorized < 2; authorized++)
		f->reaches[authorized] =
			weir_pattern_may_reach(entry->channel, f->event->channel, authorized, f->user_limited);
	f->offset = f->event->position.n;
	f->epoch_no = weir_index_epoch(entry, f->generation);
	fanout_entry(f, entry);
}

static void fanout_patterns(struct fanout *f)
{
	const struct weir_event *e = f->event;

	if (e->type != WEIR_EVENT_PUBLICATION || !weir_index_has_patterns(&f->worker->index))
		return;
	f->user_limited = is_user_limited(f);
	snprintf(f->generation, sizeof(f->generation), "%" PRIu64, e->position.generation);
	weir_index_match(&f->worker->index, e->channel, fanout_pattern, f);
}

/* The table counts for itself; others read the worker's counters. */
static void fanout_filter_stats(struct weir_worker *w)
{
	const struct weir_filter_counts *c = weir_filters_counts(w->filters);

	weir_stat_set(&w->stats, filter_pass, c->pass);
	weir_stat_set(&w->stats, filter_drop, c->drop);
	weir_stat_set(&w->stats, filter_missing_attribute, c->errors[WEIR_FILTER_MISSING_ATTRIBUTE]);
	weir_stat_set(&w->stats, filter_cast, c->errors[WEIR_FILTER_CAST]);
	weir_stat_set(&w->stats, filter_math, c->errors[WEIR_FILTER_MATH]);
	weir_stat_set(&w->stats, filter_function, c->errors[WEIR_FILTER_FUNCTION]);
	weir_stat_set(&w->stats, filter_generic, c->errors[WEIR_FILTER_GENERIC]);
	weir_stat_set(&w->stats, filter_not_boolean, c->errors[WEIR_FILTER_NOT_BOOLEAN]);
	weir_stat_set(&w->stats, payload_walks, c->payload_walks);
}

/* Somebody gets it: how long that took is known when the turn's flush is over. */
static void fanout_note(struct weir_worker *w, const struct weir_event *e)
{
	if (w->n_accepted < WEIR_WORKER_TURN_EVENTS)
		w->accepted_us[w->n_accepted++] = 1000 * e->time_ms + e->time_us;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_fanout(struct weir_worker *w, const struct weir_event *e, const struct weir_event *previous)
{
	struct fanout f = {.worker = w, .event = e, .previous = previous, .now_ms = weir_mono_ms(w->o.clock)};

	weir_stat_add(&w->stats, events_received, 1);
	weir_filters_event(w->filters, e);
	fanout_channel(&f);
	fanout_patterns(&f);
	weir_filters_event(w->filters, NULL);
	if (f.asked)
		fanout_filter_stats(w);
	if (f.delivered && e->type == WEIR_EVENT_PUBLICATION)
		fanout_note(w, e);
	weir_stat_add(&w->stats, deliveries, f.delivered);
	weir_stat_add(&w->stats, filtered, f.filtered);
}
