/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and removals of a channel's history: always asked of Redis, whose answer needs no place among the events. What
 * is removed is forgotten by every broker's copies as well. Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/event/envelope.h"

/* What the sanity of an answer cannot tell apart from a real one is a body that belongs to another channel. */
static int decode(const struct weir_reply *body, struct weir_str channel, struct weir_event **e)
{
	int err = body->type == WEIR_REPLY_STRING ? weir_envelope_decode(body->str, e) : WEIR_EPARSE;

	if (!err && !weir_str_eq((*e)->channel, channel)) {
		weir_event_unref(e);
		err = WEIR_EPARSE;
	}
	return err;
}

static void on_history(struct redis_shard *s, struct weir_request *base, const struct weir_reply *reply)
{
	struct weir_history_request *r = (struct weir_history_request *)base;
	struct redis_engine *e = s->engine;
	struct weir_history_reply h;
	int err = reply ? weir_script_history_reply(reply, r->range.reverse, &h) : WEIR_EUNAVAILABLE;

	if (reply && weir_reply_is_error(reply, "NOSCRIPT"))
		redis__shard_load(s);
	if (!err) {
		redis__note_seen(redis__partition(e, r->ns, r->channel), h.last);
		memcpy(r->epoch, h.epoch, sizeof(r->epoch));
		r->top = h.top;
	}
	if (!err && base->type == WEIR_REQUEST_HISTORY_REMOVE)
		redis__nodes_forget(e, r->ns, r->channel);
	else if (!err && r->since_epoch.n && !weir_str_is(r->since_epoch, r->epoch))
		err = WEIR_EEPOCH;
	else if (!err)
		err = redis__history_events(&h, r->channel, r->range.reverse, false, &r->events);
	redis__answer(e, base, err == WEIR_EPARSE ? WEIR_EUNAVAILABLE : err);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int redis__history_events(const struct weir_history_reply *h, struct weir_str channel, bool down, bool turn_round,
	struct weir_event_list *out)
{
	const struct weir_reply *body = h->body;

	*out = (struct weir_event_list){0};
	if (!h->count)
		return 0;
	out->events = calloc(h->count, sizeof(struct weir_event *));
	if (!out->events)
		return -ENOMEM;
	out->count = h->count;
	for (uint32_t i = 0; i < h->count; i++, body = weir_reply_next(body)) {
		struct weir_event **e = &out->events[turn_round ? h->count - 1 - i : i];
		int err = decode(body, channel, e);

		if (err) {
			weir_event_list_fini(out);
			return err;
		}
		(*e)->offset = down ? h->first - i : h->first + i;
		memcpy((*e)->epoch, h->epoch, sizeof((*e)->epoch));
	}
	return 0;
}

void redis__history(struct redis_engine *e, struct weir_history_request *r)
{
	struct redis_partition *p = redis__partition(e, r->ns, r->channel);
	struct redis_shard *s = p->shard;
	char epoch[8];

	if (!redis__shard_takes_reads(s)) {
		redis__answer(e, &r->base, WEIR_EUNAVAILABLE);
		return;
	}
	weir_random_letters(e->o.random, epoch, sizeof(epoch));
	weir_argv_reset(&s->argv);
	weir_script_history(&s->argv, &(struct weir_script_history){.key = p->key,
					      .channel = r->channel,
					      .new_epoch = weir_str_n(epoch, sizeof(epoch)),
					      .meta_ttl_ms = (uint64_t)r->ns->history_meta_ttl_ms,
					      .remove = r->base.type == WEIR_REQUEST_HISTORY_REMOVE,
					      .has_since = r->range.has_since,
					      .reverse = r->range.reverse,
					      .since = r->range.since,
					      .limit = r->range.limit});
	redis__read(s, on_history, &r->base);
}
