/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies, and pushes that concern one client, in JSON: compact and on one line. Raw values are embedded as they are. Any thread.
 */
#include "json_priv.h"

static const char *const method_names[] = {"",
#define X(upper, lower) #lower,
	WEIR_METHODS(X)
#undef X
};

static void put_flag(struct weir_buf *out, const char *name, bool value)
{
	if (!value)
		return;
	weir_json_key(out, name);
	weir_buf_lit(out, "true");
}

static void put_number(struct weir_buf *out, const char *name, uint64_t value)
{
	if (!value)
		return;
	weir_json_key(out, name);
	weir_buf_u64(out, value);
}

static void put_string(struct weir_buf *out, const char *name, struct weir_str value)
{
	if (!value.n)
		return;
	weir_json_key(out, name);
	weir_json_append_string(out, value);
}

static void put_raw(struct weir_buf *out, const char *name, struct weir_str value)
{
	if (!value.p)
		return;
	weir_json_key(out, name);
	weir_json_raw(out, value);
}

/* ---- results ---- */

/* Recovered publications: the first one whole, for delta subscribers the next ones against their predecessors. */
static void put_recovered(struct weir_buf *out, const struct weir_subscribe_result *r)
{
	const struct weir_event_list *l = r->publications;
	bool first = true;

	for (size_t i = 0; i < l->count; i++) {
		const struct weir_event *e = l->events[i];

		if (first)
			weir_json_key(out, "publications");
		weir_buf_char(out, first ? '[' : ',');
		weir__json_publication(out,
			&(struct weir_push_spec){.event = e,
				.previous = first ? NULL : l->events[i - 1],
				.variant = r->delta ? WEIR_PUSH_DELTA : WEIR_PUSH_PLAIN,
				.pattern = r->pattern ? e->channel : WEIR_STR_NONE, /* any name: it is not shown here */
				.offset = r->pattern ? e->position.n : e->offset},
			NULL);
		first = false;
	}
	if (!first)
		weir_buf_char(out, ']');
}

static void put_expiry(struct weir_buf *out, bool expires, uint32_t ttl)
{
	put_flag(out, "expires", expires);
	put_number(out, "ttl", ttl);
}

static void put_subscribe_result(struct weir_buf *out, const struct weir_subscribe_result *r)
{
	weir_buf_char(out, '{');
	put_expiry(out, r->expires, r->ttl);
	put_flag(out, "recoverable", r->recoverable);
	put_string(out, "epoch", r->epoch);
	if (r->publications)
		put_recovered(out, r);
	put_flag(out, "recovered", r->recovered);
	put_number(out, "offset", r->offset);
	put_flag(out, "positioned", r->positioned);
	put_raw(out, "data", r->data);
	put_flag(out, "was_recovering", r->was_recovering);
	put_flag(out, "delta", r->delta);
	weir_buf_char(out, '}');
}

static void put_connect_result(struct weir_buf *out, const struct weir_connect_result *r)
{
	weir_buf_char(out, '{');
	put_string(out, "client", r->client);
	put_string(out, "version", r->version);
	put_expiry(out, r->expires, r->ttl);
	put_raw(out, "data", r->data);
	if (r->n_subs) {
		weir_json_key(out, "subs");
		weir_buf_char(out, '{');
		for (size_t i = 0; i < r->n_subs; i++) {
			if (i)
				weir_buf_char(out, ',');
			weir_json_append_string(out, r->subs[i].channel);
			weir_buf_char(out, ':');
			put_subscribe_result(out, &r->subs[i].result);
		}
		weir_buf_char(out, '}');
	}
	put_number(out, "ping", r->ping);
	put_flag(out, "pong", r->pong);
	put_string(out, "session", r->session);
	put_string(out, "node", r->node);
	weir_buf_char(out, '}');
}

static void put_error(struct weir_buf *out, const struct weir_reply *r)
{
	weir_buf_lit(out, "{\"code\":");
	weir_buf_u64(out, r->error);
	weir_buf_lit(out, ",\"message\":");
	weir_json_append_string(out, r->message.p ? r->message : weir_str(weir_error_text(r->error)));
	put_flag(out, "temporary", weir_error_temporary(r->error));
	weir_buf_char(out, '}');
}

static void put_result(struct weir_buf *out, const struct weir_reply *r)
{
	switch (r->method) {
	case WEIR_METHOD_CONNECT:
		put_connect_result(out, &r->connect);
		break;
	case WEIR_METHOD_SUBSCRIBE:
		put_subscribe_result(out, &r->subscribe);
		break;
	case WEIR_METHOD_PRESENCE:
		weir_buf_lit(out, "{\"presence\":");
		weir_json_presence(out, r->presence);
		weir_buf_char(out, '}');
		break;
	case WEIR_METHOD_PRESENCE_STATS:
		weir_buf_lit(out, "{\"num_clients\":");
		weir_buf_u64(out, r->stats.num_clients);
		weir_buf_lit(out, ",\"num_users\":");
		weir_buf_u64(out, r->stats.num_users);
		weir_buf_char(out, '}');
		break;
	case WEIR_METHOD_HISTORY:
		weir_json_history(out, r->history.publications, r->history.epoch, r->history.offset);
		break;
	case WEIR_METHOD_REFRESH:
	case WEIR_METHOD_SUB_REFRESH:
		weir_buf_char(out, '{');
		put_string(out, "client", r->refresh.client);
		put_string(out, "version", r->refresh.version);
		put_expiry(out, r->refresh.expires, r->refresh.ttl);
		weir_buf_char(out, '}');
		break;
	default:
		weir_buf_lit(out, "{}");
		break;
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__json_reply(struct weir_buf *out, const struct weir_reply *r)
{
	weir_buf_lit(out, "{\"id\":");
	weir_buf_u64(out, r->id);
	weir_json_key(out, r->error ? "error" : method_names[r->method]);
	if (r->error)
		put_error(out, r);
	else
		put_result(out, r);
	weir_buf_char(out, '}');
}

void weir__json_push(struct weir_buf *out, const struct weir_push *p)
{
	weir_buf_lit(out, "{\"push\":{");
	put_string(out, "channel", p->channel);
	switch (p->kind) {
	case WEIR_PUSH_UNSUBSCRIBE:
		weir_json_key(out, "unsubscribe");
		weir_buf_lit(out, "{\"code\":");
		weir_buf_u64(out, p->unsubscribe.code);
		weir_buf_lit(out, ",\"reason\":");
		weir_json_append_string(out, p->unsubscribe.reason);
		weir_buf_char(out, '}');
		break;
	case WEIR_PUSH_SUBSCRIBE:
		weir_json_key(out, "subscribe");
		put_subscribe_result(out, &p->subscribe);
		break;
	case WEIR_PUSH_REFRESH:
		weir_json_key(out, "refresh");
		weir_buf_char(out, '{');
		put_expiry(out, p->refresh.expires, p->refresh.ttl);
		weir_buf_char(out, '}');
		break;
	}
	weir_buf_lit(out, "}}");
}

void weir__json_disconnect(struct weir_buf *out, unsigned code, struct weir_str reason)
{
	weir_buf_lit(out, "{\"push\":{\"disconnect\":{\"code\":");
	weir_buf_u64(out, code);
	weir_buf_lit(out, ",\"reason\":");
	weir_json_append_string(out, reason);
	weir_buf_lit(out, "}}}");
}
