/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies, and pushes that concern one client, in MessagePack: the same members as in JSON. Raw values come as JSON and are
 * converted. Any thread.
 */
#include "msgpack_priv.h"

static const char *const method_names[] = {"",
#define X(upper, lower) #lower,
	WEIR_METHODS(X)
#undef X
};

static void put_array(struct weir_buf *out, size_t n)
{
	msgpack_packer pk;

	weir_msgpack_writer(&pk, out);
	msgpack_pack_array(&pk, n);
}

/* A map whose keys are data, so there may be any number. */
static void put_map(struct weir_buf *out, size_t n)
{
	msgpack_packer pk;

	weir_msgpack_writer(&pk, out);
	msgpack_pack_map(&pk, n);
}

static void put_name(struct weir_buf *out, struct weir_str name)
{
	msgpack_packer pk;

	weir_msgpack_writer(&pk, out);
	weir_msgpack_pack_text(&pk, name);
}

/* ---- results ---- */

static void put_recovered(struct weir_buf *out, size_t map, const struct weir_subscribe_result *r)
{
	const struct weir_event_list *l = r->publications;

	if (!l || !l->count)
		return;
	weir__map_key(out, map, "publications");
	put_array(out, l->count);
	for (size_t i = 0; i < l->count; i++) {
		const struct weir_event *e = l->events[i];

		weir__msgpack_publication(out, e, r->pattern ? e->position.n : e->offset, r->pattern, NULL);
	}
}

static void put_expiry(struct weir_buf *out, size_t map, bool expires, uint32_t ttl)
{
	weir__map_flag(out, map, "expires", expires);
	weir__map_number(out, map, "ttl", ttl);
}

static void put_subscribe_result(struct weir_buf *out, const struct weir_subscribe_result *r)
{
	size_t map = weir__map_begin(out);

	put_expiry(out, map, r->expires, r->ttl);
	weir__map_flag(out, map, "recoverable", r->recoverable);
	weir__map_string(out, map, "epoch", r->epoch);
	put_recovered(out, map, r);
	weir__map_flag(out, map, "recovered", r->recovered);
	weir__map_number(out, map, "offset", r->offset);
	weir__map_flag(out, map, "positioned", r->positioned);
	weir__map_json(out, map, "data", r->data);
	weir__map_flag(out, map, "was_recovering", r->was_recovering);
	weir__map_flag(out, map, "delta", r->delta);
}

static void put_connect_result(struct weir_buf *out, const struct weir_connect_result *r)
{
	size_t map = weir__map_begin(out);

	weir__map_string(out, map, "client", r->client);
	weir__map_string(out, map, "version", r->version);
	put_expiry(out, map, r->expires, r->ttl);
	weir__map_json(out, map, "data", r->data);
	if (r->n_subs) {
		weir__map_key(out, map, "subs");
		put_map(out, r->n_subs);
		for (size_t i = 0; i < r->n_subs; i++) {
			put_name(out, r->subs[i].channel);
			put_subscribe_result(out, &r->subs[i].result);
		}
	}
	weir__map_number(out, map, "ping", r->ping);
	weir__map_flag(out, map, "pong", r->pong);
	weir__map_string(out, map, "session", r->session);
	weir__map_string(out, map, "node", r->node);
}

static void put_error(struct weir_buf *out, const struct weir_reply *r)
{
	size_t map = weir__map_begin(out);

	weir__map_u64(out, map, "code", r->error);
	weir__map_text(out, map, "message", r->message.p ? r->message : weir_str(weir_error_text(r->error)));
	weir__map_flag(out, map, "temporary", weir_error_temporary(r->error));
}

static void put_presence(struct weir_buf *out, const struct weir_info_list *list)
{
	size_t map = weir__map_begin(out);

	weir__map_key(out, map, "presence");
	put_map(out, list->count);
	for (size_t i = 0; i < list->count; i++) {
		put_name(out, list->infos[i].client);
		weir__msgpack_info(out, &list->infos[i]);
	}
}

static void put_history(
	struct weir_buf *out, const struct weir_event_list *events, struct weir_str epoch, uint64_t offset)
{
	size_t map = weir__map_begin(out);

	weir__map_key(out, map, "publications");
	put_array(out, events->count);
	for (size_t i = 0; i < events->count; i++)
		weir__msgpack_publication(out, events->events[i], events->events[i]->offset, false, NULL);
	weir__map_text(out, map, "epoch", epoch);
	weir__map_u64(out, map, "offset", offset);
}

static void put_result(struct weir_buf *out, const struct weir_reply *r)
{
	size_t map;

	switch (r->method) {
	case WEIR_METHOD_CONNECT:
		put_connect_result(out, &r->connect);
		break;
	case WEIR_METHOD_SUBSCRIBE:
		put_subscribe_result(out, &r->subscribe);
		break;
	case WEIR_METHOD_PRESENCE:
		put_presence(out, r->presence);
		break;
	case WEIR_METHOD_PRESENCE_STATS:
		map = weir__map_begin(out);
		weir__map_u64(out, map, "num_clients", r->stats.num_clients);
		weir__map_u64(out, map, "num_users", r->stats.num_users);
		break;
	case WEIR_METHOD_HISTORY:
		put_history(out, r->history.publications, r->history.epoch, r->history.offset);
		break;
	case WEIR_METHOD_REFRESH:
	case WEIR_METHOD_SUB_REFRESH:
		map = weir__map_begin(out);
		weir__map_string(out, map, "client", r->refresh.client);
		weir__map_string(out, map, "version", r->refresh.version);
		put_expiry(out, map, r->refresh.expires, r->refresh.ttl);
		break;
	default:
		weir__map_begin(out);
		break;
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__msgpack_reply(struct weir_buf *out, const struct weir_reply *r)
{
	size_t map = weir__map_begin(out);

	weir__map_u64(out, map, "id", r->id);
	weir__map_key(out, map, r->error ? "error" : method_names[r->method]);
	if (r->error)
		put_error(out, r);
	else
		put_result(out, r);
}

void weir__msgpack_push(struct weir_buf *out, const struct weir_push *p)
{
	size_t map = weir__map_begin(out), push, inner;

	weir__map_key(out, map, "push");
	push = weir__map_begin(out);
	weir__map_string(out, push, "channel", p->channel);
	switch (p->kind) {
	case WEIR_PUSH_UNSUBSCRIBE:
		weir__map_key(out, push, "unsubscribe");
		inner = weir__map_begin(out);
		weir__map_u64(out, inner, "code", p->unsubscribe.code);
		weir__map_text(out, inner, "reason", p->unsubscribe.reason);
		break;
	case WEIR_PUSH_SUBSCRIBE:
		weir__map_key(out, push, "subscribe");
		put_subscribe_result(out, &p->subscribe);
		break;
	case WEIR_PUSH_REFRESH:
		weir__map_key(out, push, "refresh");
		inner = weir__map_begin(out);
		put_expiry(out, inner, p->refresh.expires, p->refresh.ttl);
		break;
	}
}
