/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server says to a client: replies, pushes, pings. Publications are handed on as spans of the message and move
 * the position of their channel. Unknown channels, ids and members are passed over, as SDKs do. One thread.
 */
#include "backoff_priv.h"
#include "client_priv.h"
#include "json_pick_priv.h"

static uint64_t client_u64(struct weir_json v)
{
	uint64_t u;

	return weir_json_u64(v, &u) ? 0 : u;
}

static enum weir_client_verdict client_stop(struct weir_client *c, struct weir_str channel, const char *why)
{
	weir_buf_str(weir__client_reason_begin(c, channel), weir_str(why));
	return weir__client_reason_end(c, WEIR_CLIENT_STOP);
}

static enum weir_client_verdict client_publication(struct weir_client *c, struct client_sub *s, struct weir_json pub)
{
	static const char *const names[] = {"data", "offset", "tags", "channel", "epoch"};
	struct weir_json v[5];
	struct weir_client_event e = {.channel = weir_str(s->name), .publication = pub};

	weir__json_pick(pub, names, v, 5);
	e.data = v[0];
	e.offset = client_u64(v[1]);
	e.has_offset = e.offset > 0;
	if (v[2].type == WEIR_JSON_OBJECT)
		e.tags = v[2];
	if (v[3].type == WEIR_JSON_STRING) {
		weir_buf_reset(&c->name);
		weir_json_string_decode(&c->name, v[3].text);
		e.channel = weir_buf_view(&c->name);
	}
	if (e.has_offset)
		s->offset = e.offset;
	if (v[4].type == WEIR_JSON_STRING && !s->epoch.len)
		weir_json_string_decode(&s->epoch, v[4].text);
	return c->o.on_event(c->o.ctx, &e) ? WEIR_CLIENT_GO : WEIR_CLIENT_DONE;
}

static enum weir_client_verdict client_subscribed(struct weir_client *c, struct client_sub *s, struct weir_json result)
{
	static const char *const names[] = {
		"epoch", "offset", "recoverable", "positioned", "recovered", "publications"};
	enum weir_client_verdict verdict = WEIR_CLIENT_GO;
	struct weir_json v[6], pub;
	struct weir_json_iter it;

	weir__json_pick(result, names, v, 6);
	if ((s->positioned || s->interrupted) && v[4].type != WEIR_JSON_TRUE)
		weir__client_notice(c, weir_str(s->name), "not recovered, events may be missing");
	s->state = SUB_LIVE;
	s->attempts = 0;
	s->interrupted = true;
	s->positioned = v[2].type == WEIR_JSON_TRUE || v[3].type == WEIR_JSON_TRUE;
	s->offset = client_u64(v[1]);
	weir_buf_reset(&s->epoch);
	if (v[0].type == WEIR_JSON_STRING)
		weir_json_string_decode(&s->epoch, v[0].text);
	if (v[5].type != WEIR_JSON_ARRAY)
		return verdict;
	it = weir_json_elements(v[5]);
	while (verdict == WEIR_CLIENT_GO && weir_json_next_element(&it, &pub))
		verdict = client_publication(c, s, pub);
	return verdict;
}

static enum weir_client_verdict client_subscribe_reply(
	struct weir_client *c, struct client_sub *s, uint64_t now_ms, struct weir_json error, struct weir_json result)
{
	if (!error.type)
		return client_subscribed(c, s, result);
	if (!weir__json_error(error, weir__client_reason_begin(c, weir_str(s->name)), NULL))
		return weir__client_reason_end(c, WEIR_CLIENT_STOP);
	s->state = SUB_RETRY;
	s->at_ms = now_ms + weir__backoff_ms(c->o.random, s->attempts++);
	return WEIR_CLIENT_GO;
}

static enum weir_client_verdict client_connect_reply(
	struct weir_client *c, uint64_t now_ms, struct weir_json error, struct weir_json result, struct weir_buf *out)
{
	static const char *const names[] = {"ping", "pong"};
	struct weir_json v[2];
	uint64_t ping_s;

	if (error.type) {
		bool again = weir__json_error(error, weir__client_reason_begin(c, WEIR_STR_NONE), NULL);

		return weir__client_reason_end(c, again ? WEIR_CLIENT_RECONNECT : WEIR_CLIENT_STOP);
	}
	weir__json_pick(result, names, v, 2);
	ping_s = client_u64(v[0]);
	c->no_ping_ms = ping_s ? (ping_s < 86400 ? ping_s : 86400) * 1000 + CLIENT_NO_PING_MS : 0;
	c->pong = v[1].type == WEIR_JSON_TRUE;
	c->state = CLIENT_LIVE;
	c->attempts = 0;
	if (c->told)
		weir__client_notice(c, WEIR_STR_NONE, "connected again");
	c->told = false;
	for (size_t i = 0; i < c->n_subs; i++)
		weir__client_subscribe(c, &c->subs[i], now_ms, out);
	return WEIR_CLIENT_GO;
}

static enum weir_client_verdict client_unsubscribed(
	struct weir_client *c, struct client_sub *s, uint64_t now_ms, struct weir_json body, struct weir_buf *out)
{
	static const char *const names[] = {"code", "reason"};
	struct weir_json v[2];
	uint64_t code;

	weir__json_pick(body, names, v, 2);
	code = client_u64(v[0]);
	if (code < CLIENT_RESUBSCRIBE) {
		struct weir_buf *why = weir__client_reason_begin(c, weir_str(s->name));

		weir_buf_reset(&c->name);
		if (v[1].type == WEIR_JSON_STRING)
			weir_json_string_decode(&c->name, v[1].text);
		weir__append_printable(why, c->name.len ? weir_buf_view(&c->name) : WEIR_STR("unsubscribed"));
		weir_buf_printf(why, " (%llu)", (unsigned long long)code);
		return weir__client_reason_end(c, WEIR_CLIENT_STOP);
	}
	if (code == CLIENT_INVALIDATED)
		s->positioned = false;
	weir__client_subscribe(c, s, now_ms, out);
	return WEIR_CLIENT_GO;
}

static enum weir_client_verdict client_push(
	struct weir_client *c, uint64_t now_ms, struct weir_json push, struct weir_buf *out)
{
	static const char *const names[] = {"channel", "pub", "unsubscribe"};
	struct weir_json v[3];

	weir__json_pick(push, names, v, 3);
	if (v[0].type != WEIR_JSON_STRING)
		return WEIR_CLIENT_GO;
	for (size_t i = 0; i < c->n_subs; i++) {
		struct client_sub *s = &c->subs[i];

		if (s->state != SUB_LIVE || !weir_json_string_is(v[0].text, weir_str(s->name)))
			continue;
		if (v[1].type == WEIR_JSON_OBJECT)
			return client_publication(c, s, v[1]);
		if (v[2].type == WEIR_JSON_OBJECT)
			return client_unsubscribed(c, s, now_ms, v[2], out);
	}
	return WEIR_CLIENT_GO;
}

static enum weir_client_verdict client_line(
	struct weir_client *c, uint64_t now_ms, struct weir_str line, struct weir_buf *out)
{
	static const char *const names[] = {"push", "id", "error", "connect", "subscribe"};
	struct weir_json object, v[5];
	uint64_t id;

	if (weir_json_check(line, CLIENT_MAX_DEPTH, &object, NULL) || object.type != WEIR_JSON_OBJECT)
		return client_stop(c, WEIR_STR_NONE, "the server sent something that is not JSON lines");
	weir__json_pick(object, names, v, 5);
	if (v[0].type)
		return client_push(c, now_ms, v[0], out);
	id = client_u64(v[1]);
	if (!id) {
		if (c->pong) {
			weir__client_begin_line(out);
			weir_buf_lit(out, "{}");
		}
		return WEIR_CLIENT_GO;
	}
	if (c->state == CLIENT_HELLO && id == c->connect_id)
		return client_connect_reply(c, now_ms, v[2], v[3], out);
	for (size_t i = 0; i < c->n_subs; i++)
		if (c->subs[i].state == SUB_PENDING && c->subs[i].id == id)
			return client_subscribe_reply(c, &c->subs[i], now_ms, v[2], v[4]);
	return WEIR_CLIENT_GO;
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum weir_client_verdict weir_client_received(
	struct weir_client *c, uint64_t now_ms, struct weir_str message, struct weir_buf *out)
{
	enum weir_client_verdict verdict = WEIR_CLIENT_GO;
	struct weir_str rest = message, line;

	c->heard_ms = now_ms;
	while (rest.p && verdict == WEIR_CLIENT_GO) {
		line = weir_str_trim(weir_str_cut(&rest, '\n'));
		if (line.n)
			verdict = client_line(c, now_ms, line, out);
	}
	return verdict;
}
