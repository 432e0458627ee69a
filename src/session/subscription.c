/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subscription's way: made here, on its way to the hub, live in the index, ended. Whoever asks for one (a subscribe
 * command, a connect's server-side subscriptions, an API call) shares this way and differs in what is done with the
 * answer. The odd case: one that is ended while it is on its way stays listed until its answer comes. Worker's thread.
 */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

static void sub_free(struct weir_session *s, struct weir_subscription *sub)
{
	struct weir_worker *w = s->all->worker;

	s->lost_events += sub->lane.dropped + sub->lane.conflated;
	s->lost_bytes += sub->lane.lost_bytes;
	weir_queue_absorb(&s->client.queue, &sub->lane);
	weir_lane_fini(&sub->lane);
	for (unsigned i = 0; i < WEIR_SUB_FILTERS; i++)
		weir__sub_drop_filter(s, sub, (enum weir_sub_filter)i);
	weir_filters_key_drop(w->filters, &sub->key);
	if (sub->entry)
		weir_index_unref(&w->index, &sub->entry);
	free(sub->chan_info);
	free(sub);
}

/* Its queue, as granted. */
static int sub_init_queue(struct weir_session *s, struct weir_subscription *sub, const struct weir_queue_options *o)
{
	struct weir_worker *w = s->all->worker;
	bool latest = o->overflow == WEIR_OVERFLOW_LATEST;
	int err = weir_lane_init(&sub->lane, o->queue, latest, o->rate, weir_mono_ms(w->o.clock));

	sub->overflow = o->overflow;
	return err || !latest || !o->key.n ? err : weir_filters_key_add(w->filters, o->key, &sub->key);
}

static int sub_new(struct weir_session *s, const struct sub_request *r, struct weir_subscription **out)
{
	struct weir_subscription *sub = calloc(1, sizeof(*sub));
	int err;

	*out = NULL;
	if (!sub)
		return -ENOMEM;
	sub->client = &s->client;
	sub->ns = r->ns;
	sub->flags = r->flags;
	sub->expire_at_s = r->expire_at_s;
	if (r->chan_info.p)
		sub->chan_info = weir_xstrndup(r->chan_info.p, r->chan_info.n);
	sub->entry = weir_index_ref(&s->all->worker->index, r->channel);
	err = sub_init_queue(s, sub, &r->queue);
	if (!err && !sub->entry)
		err = -ENOMEM;
	for (unsigned i = 0; i < WEIR_SUB_FILTERS && !err; i++)
		err = weir__sub_set_filter(s, sub, (enum weir_sub_filter)i, r->filters[i]);
	if (err)
		sub_free(s, sub);
	else
		*out = sub;
	return err;
}

static void sub_link(struct weir_session *s, struct weir_subscription *sub)
{
	sub->next = s->subs;
	s->subs = sub;
	s->n_subs++;
}

static void sub_unlink(struct weir_session *s, struct weir_subscription *sub)
{
	struct weir_subscription **at = &s->subs;

	while (*at != sub)
		at = &(*at)->next;
	*at = sub->next;
	s->n_subs--;
}

/* Somebody left: this must reach the hub, or the channel would count a subscriber for ever. */
static void sub_tell_hub(struct weir_session *s, const struct weir_subscription *sub)
{
	struct weir_client_info info = weir__session_info(s, sub);
	struct weir_unsubscribe_request *r = weir_unsubscribe_request_new(sub->entry->channel, &info);

	weir_assert(r); /* some hundred bytes; without them the books cannot be kept */
	r->presence = sub->flags & WEIR_SUB_PRESENCE;
	r->emits = sub->flags & WEIR_SUB_EMITS;
	weir_worker_tell(s->all->worker, &r->base);
}

static void sub_drop(struct weir_session *s, struct weir_subscription *sub)
{
	sub_unlink(s, sub);
	if (sub->flags & WEIR_SUB_LIVE) {
		weir_index_remove(sub->entry, sub);
		weir__bound_unsubscribed(s, sub->ns);
	}
	sub_free(s, sub);
}

/* The hub has the subscriber; from now on events of the channel are for it. */
static int sub_go_live(struct weir_session *s, struct weir_subscription *sub, const struct weir_subscribe_request *r)
{
	int err = weir_index_add(sub->entry, sub);

	if (err)
		return err;
	weir__bound_subscribed(s, sub->ns);
	if (sub->flags & WEIR_SUB_POSITIONED) {
		sub->epoch_no = weir_index_epoch(sub->entry, r->epoch);
		sub->offset = sub->lane.sent_offset = r->top;
	}
	if ((sub->flags & WEIR_SUB_DELTA) && r->missed.count)
		sub->flags |= WEIR_SUB_DELTA_READY;
	if (sub->expire_at_s)
		weir__session_arm(s);
	return 0;
}

static struct weir_subscribe_result sub_result(
	struct weir_session *s, const struct sub_op *op, const struct weir_subscribe_request *r)
{
	const struct weir_subscription *sub = op->sub;
	struct weir_subscribe_result result = {
		.recoverable = sub->flags & WEIR_SUB_RECOVERABLE,
		.positioned = sub->flags & WEIR_SUB_POSITIONED,
		.delta = sub->flags & WEIR_SUB_DELTA,
		.pattern = sub->entry->is_pattern,
		.data = op->data,
	};

	if (sub->expire_at_s && (sub->flags & WEIR_SUB_REFRESHED)) {
		result.expires = true;
		result.ttl = weir__session_ttl(s, sub->expire_at_s);
	}
	if (!result.positioned)
		return result;
	result.epoch = weir_str(r->epoch);
	result.offset = r->top;
	result.was_recovering = op->recover;
	if (r->recovered) {
		result.recovered = true;
		result.offset = op->since_offset; /* SDKs get ahead by the publications themselves */
		result.publications = &r->missed;
	}
	return result;
}

static void sub_on_answer(struct weir_request *base)
{
	struct weir_subscribe_request *r = (struct weir_subscribe_request *)base;
	struct sub_op *op = base->ctx;
	struct weir_session *s = op->session;
	struct weir_subscription *sub = op->sub;
	int status = base->status;
	bool alive = weir__session_answered(s) && s->state != SESSION_UNUSABLE; /* its connect has been refused */

	if (!status && (!alive || (status = sub_go_live(s, sub, r)) < 0))
		sub_tell_hub(s, sub);
	if (!alive) {
		sub_drop(s, sub);
	} else if (status) {
		sub_drop(s, sub);
		op->done(s, op, status, NULL);
	} else {
		struct weir_subscribe_result result;

		weir__filters_keep(s, sub->filters, WEIR_SUB_FILTERS, &r->missed);
		result = sub_result(s, op, r);
		op->done(s, op, 0, &result);
		if (s->state != SESSION_DEAD && (sub->flags & WEIR_SUB_CANCELLED))
			weir__sub_kick(s, sub, WEIR_UNSUBSCRIBE_SERVER, "server unsubscribe");
	}
	weir_request_free(&base);
	free(op);
	weir__session_settle(s);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_subscription *weir__sub_find(const struct weir_session *s, struct weir_str channel)
{
	struct weir_index_entry *e = s->subs ? weir_index_find(&s->all->worker->index, channel) : NULL;
	struct weir_subscription *sub = e ? s->subs : NULL;

	while (sub && sub->entry != e)
		sub = sub->next;
	return sub;
}

int weir__sub_start(struct weir_session *s, const struct sub_request *r, sub_done_fn done, uint32_t id, size_t number)
{
	struct weir_subscription *sub;
	struct weir_subscribe_request *req = NULL;
	struct sub_op *op = malloc(sizeof(*op) + r->data.n);
	int err = sub_new(s, r, &sub);

	if (sub && op) {
		struct weir_client_info info = weir__session_info(s, sub);

		req = weir_subscribe_request_new(r->ns, r->channel, &info, r->since_epoch);
	}
	if (!req) {
		err = err ? err : -ENOMEM;
		goto fail;
	}
	*op = (struct sub_op){.session = s,
		.sub = sub,
		.done = done,
		.id = id,
		.number = number,
		.recover = r->recover,
		.since_offset = r->since_offset,
		.data = {r->data.p ? op->storage : NULL, r->data.n}};
	if (r->data.n)
		memcpy(op->storage, r->data.p, r->data.n);
	req->base.done = sub_on_answer;
	req->base.ctx = op;
	req->presence = r->flags & WEIR_SUB_PRESENCE;
	req->emits = r->flags & WEIR_SUB_EMITS;
	req->positioned = r->flags & WEIR_SUB_POSITIONED;
	req->recover = r->recover;
	req->reject_unrecovered = r->reject_unrecovered;
	req->since_offset = r->since_offset;
	req->recovery_limit = s->all->config->recovery_limit;
	req->skip_user_limited = r->ns->allow_user_limited_channels && !(r->flags & WEIR_SUB_AUTHORIZED);
	if (!weir__session_ask(s, &req->base)) {
		err = WEIR_ENOROOM;
		goto fail;
	}
	sub_link(s, sub);
	return 0;

fail:
	if (req) {
		struct weir_request *base = &req->base;

		weir_request_free(&base);
	}
	free(op);
	if (sub)
		sub_free(s, sub);
	return err;
}

void weir__sub_end(struct weir_session *s, struct weir_subscription *sub)
{
	if (!(sub->flags & WEIR_SUB_LIVE)) {
		sub->flags |= WEIR_SUB_CANCELLED;
		return;
	}
	sub_tell_hub(s, sub);
	sub_drop(s, sub);
}

void weir__sub_end_all(struct weir_session *s)
{
	struct weir_subscription *sub = s->subs, *next;

	for (; sub; sub = next) {
		next = sub->next;
		weir__sub_end(s, sub);
	}
}

void weir__sub_push_unsubscribe(struct weir_session *s, struct weir_str channel, uint32_t code, const char *reason)
{
	weir__session_push(
		s, &(struct weir_push){
			   .kind = WEIR_PUSH_UNSUBSCRIBE, .channel = channel, .unsubscribe = {code, weir_str(reason)}});
}

void weir__sub_kick(struct weir_session *s, struct weir_subscription *sub, uint32_t code, const char *reason)
{
	if (sub->flags & WEIR_SUB_LIVE)
		weir__sub_push_unsubscribe(s, sub->entry->channel, code, reason);
	weir__sub_end(s, sub);
	if (s->codec->silent && !s->n_subs)
		weir__session_end(
			s, code == WEIR_UNSUBSCRIBE_EXPIRED ? WEIR_DISCONNECT_SUB_EXPIRED : WEIR_DISCONNECT_FORCED);
}
