/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that read: presence, presence_stats and history. Worker's thread. */
#include "session_priv.h"

#include <stdlib.h>

#include "weir/event/channel.h"

struct query_op {
	struct weir_session *session;
	uint32_t id;
	enum weir_method method;
	struct weir_filter *enforced; /* what its token lets the asker see of the channel; NULL: all */
};

static void query_reply(struct weir_session *s, const struct query_op *op, struct weir_request *r)
{
	struct weir_reply reply = {.id = op->id, .method = op->method};

	if (op->method == WEIR_METHOD_HISTORY) {
		struct weir_history_request *h = (struct weir_history_request *)r;

		weir__filters_keep(s, &op->enforced, 1, &h->events);
		reply.history.publications = &h->events;
		reply.history.epoch = weir_str(h->epoch);
		reply.history.offset = h->top;
	} else {
		const struct weir_presence_request *p = (const struct weir_presence_request *)r;

		if (op->method == WEIR_METHOD_PRESENCE) {
			reply.presence = &p->list;
		} else {
			reply.stats.num_clients = p->num_clients;
			reply.stats.num_users = p->num_users;
		}
	}
	weir__session_reply(s, &reply);
}

static void op_free(struct weir_session *s, struct query_op *op)
{
	weir_filters_drop(s->all->worker->filters, &op->enforced);
	free(op);
}

static void on_answer(struct weir_request *r)
{
	struct query_op *op = r->ctx;
	struct weir_session *s = op->session;

	if (weir__session_answered(s)) {
		if (r->status)
			weir__session_fail(s, op->id, r->status);
		else
			query_reply(s, op, r);
	}
	op_free(s, op);
	weir_request_free(&r);
	weir__session_settle(s);
}

static struct weir_filter *enforced_filter(const struct weir_session *s, struct weir_str channel)
{
	const struct weir_subscription *sub = weir__sub_find(s, channel);

	return sub && sub->filters[WEIR_SUB_FILTER_ENFORCED] ? weir_filter_ref(sub->filters[WEIR_SUB_FILTER_ENFORCED])
							     : NULL;
}

/* Takes over the request, which may be NULL. */
static enum verdict query_ask(struct weir_session *s, const struct weir_command *c, struct weir_request *r)
{
	struct query_op *op = malloc(sizeof(*op));

	if (op && r) {
		*op = (struct query_op){.session = s, .id = c->id, .method = c->method};
		if (c->method == WEIR_METHOD_HISTORY)
			op->enforced = enforced_filter(s, c->history.channel);
		r->done = on_answer;
		r->ctx = op;
		if (weir__session_ask(s, r))
			return VERDICT_DONE;
		op_free(s, op);
		weir_request_free(&r);
		return VERDICT_WAIT;
	}
	free(op);
	weir_request_free(&r);
	weir__session_error(s, c->id, WEIR_ERROR_INTERNAL);
	return VERDICT_DONE;
}

static enum weir_error_code query_namespace(
	const struct weir_session *s, struct weir_str channel, const struct weir_namespace **ns)
{
	*ns = weir_namespaces_resolve(s->all->config->namespaces, channel);
	if (!*ns)
		return WEIR_ERROR_UNKNOWN_CHANNEL;
	if (weir_channel_is_pattern(channel))
		return WEIR_ERROR_BAD_REQUEST;
	return weir__check_channel(s, channel);
}

static enum weir_error_code presence_check(const struct weir_session *s, struct weir_str channel)
{
	const struct weir_namespace *ns;
	enum weir_error_code code = query_namespace(s, channel, &ns);

	if (code)
		return code;
	if (!ns->presence)
		return WEIR_ERROR_NOT_AVAILABLE;
	return weir__may_presence(s, ns, weir__sub_find(s, channel)) ? 0 : WEIR_ERROR_PERMISSION;
}

static enum weir_error_code history_check(
	const struct weir_session *s, const struct weir_history_command *h, const struct weir_namespace **ns)
{
	enum weir_error_code code = query_namespace(s, h->channel, ns);

	if (code)
		return code;
	if (!weir_namespace_has_history(*ns))
		return WEIR_ERROR_NOT_AVAILABLE;
	if (!weir__may_history(s, *ns, weir__sub_find(s, h->channel)))
		return WEIR_ERROR_PERMISSION;
	return h->has_since && h->reverse && !h->offset ? WEIR_ERROR_BAD_REQUEST : 0;
}

static size_t history_limit(const struct weir_session *s, int64_t asked)
{
	size_t most = s->all->config->history_limit;

	return asked < 0 || (uint64_t)asked > most ? most : (size_t)asked;
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum verdict weir__session_presence(struct weir_session *s, const struct weir_command *c)
{
	enum weir_error_code code = presence_check(s, c->channel);
	struct weir_presence_request *r;

	if (code) {
		weir__session_error(s, c->id, code);
		return VERDICT_DONE;
	}
	r = weir_presence_request_new(c->channel, c->method == WEIR_METHOD_PRESENCE);
	return query_ask(s, c, r ? &r->base : NULL);
}

enum verdict weir__session_history(struct weir_session *s, const struct weir_command *c)
{
	const struct weir_history_command *h = &c->history;
	const struct weir_namespace *ns = NULL;
	enum weir_error_code code = history_check(s, h, &ns);
	struct weir_history_request *r;

	if (code) {
		weir__session_error(s, c->id, code);
		return VERDICT_DONE;
	}
	r = weir_history_request_new(ns, h->channel, h->epoch);
	if (r)
		r->range = (struct weir_stream_range){h->has_since, h->reverse, h->offset, history_limit(s, h->limit)};
	return query_ask(s, c, r ? &r->base : NULL);
}
