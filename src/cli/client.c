/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a client: connecting with backoff, deadlines, what an end of the connection means. What the server says
 * is read in client_message.c. Subscriptions are sent after the connect reply, all in one message. One thread.
 */
#include "weir/cli/client.h"

#include <stdlib.h>

#include "backoff_priv.h"
#include "client_priv.h"
#include "json_pick_priv.h"
#include "weir/base/mem.h"

#define CLIENT_REASON_MAX_BYTES 65536 /* an error's text is shown whole */

static struct weir_str client_copy(struct weir_str s)
{
	return s.n ? weir_str_n(weir_xstrndup(s.p, s.n), s.n) : WEIR_STR_NONE;
}

/* A string that client_copy() made. */
static void client_drop(struct weir_str s)
{
	free((char *)(uintptr_t)s.p);
}

static void client_add_sub(struct weir_client *c, struct client_sub *s, struct weir_str name)
{
	s->name = weir_xstrndup(name.p, name.n);
	weir_buf_init(&s->epoch, CLIENT_EPOCH_MAX_BYTES);
	if (!c->o.has_since)
		return;
	s->positioned = true;
	weir_buf_str(&s->epoch, c->o.since_epoch);
	s->offset = c->o.since_offset;
}

static void client_connect_command(struct weir_client *c, struct weir_buf *out)
{
	c->connect_id = ++c->last_id;
	weir__client_begin_line(out);
	weir_buf_printf(out, "{\"id\":%llu,\"connect\":{", (unsigned long long)c->connect_id);
	if (c->o.token.n) {
		weir_buf_lit(out, "\"token\":");
		weir_json_append_string(out, c->o.token);
		weir_buf_char(out, ',');
	}
	if (c->o.queue_bytes)
		weir_buf_printf(
			out, "\"data\":{\"weir\":{\"queue_bytes\":%llu}},", (unsigned long long)c->o.queue_bytes);
	weir_buf_lit(out, "\"name\":\"weir\"}}");
}

static enum weir_client_verdict client_no_answer(struct weir_client *c, const char *name)
{
	struct weir_buf *why = weir__client_reason_begin(c, WEIR_STR_NONE);

	weir_buf_printf(why, "no answer to %s", name);
	return weir__client_reason_end(c, WEIR_CLIENT_RECONNECT);
}

static enum weir_client_verdict client_tick_live(struct weir_client *c, uint64_t now_ms, struct weir_buf *out)
{
	if (c->no_ping_ms && now_ms >= c->heard_ms + c->no_ping_ms) {
		weir_buf_lit(weir__client_reason_begin(c, WEIR_STR_NONE), "no ping");
		return weir__client_reason_end(c, WEIR_CLIENT_RECONNECT);
	}
	for (size_t i = 0; i < c->n_subs; i++) {
		struct client_sub *s = &c->subs[i];

		if (s->state == SUB_RETRY && now_ms >= s->at_ms)
			weir__client_subscribe(c, s, now_ms, out);
		else if (s->state == SUB_PENDING && now_ms >= s->at_ms)
			return client_no_answer(c, "subscribe");
	}
	return WEIR_CLIENT_GO;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_client *weir_client_new(const struct weir_client_options *o)
{
	struct weir_client *c = weir_xcalloc(1, sizeof(*c));

	weir_assert(o->n_channels > 0);
	c->o = *o;
	c->o.token = client_copy(o->token);
	c->o.sub_token = client_copy(o->sub_token);
	c->o.weir = client_copy(o->weir);
	c->subs = weir_xcalloc(o->n_channels, sizeof(*c->subs));
	c->n_subs = o->n_channels;
	for (size_t i = 0; i < c->n_subs; i++)
		client_add_sub(c, &c->subs[i], o->channels[i]);
	c->o.channels = NULL;
	c->o.since_epoch = WEIR_STR_NONE;
	weir_buf_init(&c->name, 65536);
	weir_buf_init(&c->reason, CLIENT_REASON_MAX_BYTES);
	return c;
}

void weir_client_free(struct weir_client **client)
{
	struct weir_client *c = *client;

	*client = NULL;
	if (!c)
		return;
	for (size_t i = 0; i < c->n_subs; i++) {
		free(c->subs[i].name);
		weir_buf_fini(&c->subs[i].epoch);
	}
	free(c->subs);
	client_drop(c->o.token);
	client_drop(c->o.sub_token);
	client_drop(c->o.weir);
	weir_buf_fini(&c->name);
	weir_buf_fini(&c->reason);
	free(c);
}

uint64_t weir_client_next(const struct weir_client *c)
{
	uint64_t next = UINT64_MAX;

	if (c->state == CLIENT_WAITING || c->state == CLIENT_HELLO)
		return c->at_ms;
	if (c->state == CLIENT_OPENING)
		return next;
	if (c->no_ping_ms)
		next = c->heard_ms + c->no_ping_ms;
	for (size_t i = 0; i < c->n_subs; i++)
		if ((c->subs[i].state == SUB_PENDING || c->subs[i].state == SUB_RETRY) && c->subs[i].at_ms < next)
			next = c->subs[i].at_ms;
	return next;
}

enum weir_client_verdict weir_client_tick(struct weir_client *c, uint64_t now_ms, struct weir_buf *out)
{
	switch (c->state) {
	case CLIENT_WAITING:
		if (now_ms < c->at_ms)
			return WEIR_CLIENT_GO;
		c->state = CLIENT_OPENING;
		return WEIR_CLIENT_CONNECT;
	case CLIENT_OPENING:
		return WEIR_CLIENT_GO;
	case CLIENT_HELLO:
		return now_ms < c->at_ms ? WEIR_CLIENT_GO : client_no_answer(c, "connect");
	case CLIENT_LIVE:
		return client_tick_live(c, now_ms, out);
	}
	return WEIR_CLIENT_GO;
}

enum weir_client_verdict weir_client_opened(struct weir_client *c, uint64_t now_ms, struct weir_buf *out)
{
	c->state = CLIENT_HELLO;
	c->at_ms = now_ms + CLIENT_REPLY_MS;
	c->heard_ms = now_ms;
	client_connect_command(c, out);
	return WEIR_CLIENT_GO;
}

enum weir_client_verdict weir_client_closed(struct weir_client *c, uint64_t now_ms, int code, struct weir_str reason)
{
	struct weir_buf *why;
	bool final = weir__client_code_is_final((uint64_t)code);

	for (size_t i = 0; i < c->n_subs; i++)
		c->subs[i].state = SUB_IDLE;
	c->state = CLIENT_WAITING;
	c->at_ms = now_ms + weir__backoff_ms(c->o.random, c->attempts++);
	weir_buf_reset(&c->name); /* `reason` may be weir_client_reason() */
	weir__append_printable(&c->name, reason.n ? reason : WEIR_STR("connection closed"));
	why = weir__client_reason_begin(c, WEIR_STR_NONE);
	weir_buf_str(why, weir_buf_view(&c->name));
	if (code)
		weir_buf_printf(why, " (%d)", code);
	if (!final)
		weir_buf_lit(why, "; trying again");
	weir__client_reason_end(c, final ? WEIR_CLIENT_STOP : WEIR_CLIENT_GO);
	if (!final && !c->told)
		weir__client_notice(c, WEIR_STR_NONE, c->reason.p);
	c->told = true;
	return final ? WEIR_CLIENT_STOP : WEIR_CLIENT_GO;
}

const char *weir_client_reason(const struct weir_client *c)
{
	return c->reason.len ? c->reason.p : "";
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_buf *weir__client_reason_begin(struct weir_client *c, struct weir_str channel)
{
	weir_buf_reset(&c->reason);
	if (channel.n) {
		weir__append_printable(&c->reason, channel);
		weir_buf_lit(&c->reason, ": ");
	}
	return &c->reason;
}

enum weir_client_verdict weir__client_reason_end(struct weir_client *c, enum weir_client_verdict verdict)
{
	weir_buf_char(&c->reason, '\0');
	if (c->reason.failed) { /* too long: cut */
		weir_assert(c->reason.len > 0);
		c->reason.p[c->reason.len - 1] = '\0';
	}
	return verdict;
}

void weir__client_notice(struct weir_client *c, struct weir_str channel, const char *text)
{
	c->o.on_notice(c->o.ctx, channel, text);
}

void weir__client_begin_line(struct weir_buf *out)
{
	if (out->len)
		weir_buf_char(out, '\n');
}

void weir__client_subscribe(struct weir_client *c, struct client_sub *s, uint64_t now_ms, struct weir_buf *out)
{
	s->id = ++c->last_id;
	s->state = SUB_PENDING;
	s->at_ms = now_ms + CLIENT_REPLY_MS;
	weir__client_begin_line(out);
	weir_buf_printf(out, "{\"id\":%llu,\"subscribe\":{\"channel\":", (unsigned long long)s->id);
	weir_json_append_string(out, weir_str(s->name));
	if (c->o.sub_token.n) {
		weir_buf_lit(out, ",\"token\":");
		weir_json_append_string(out, c->o.sub_token);
	}
	if (s->positioned) {
		weir_buf_lit(out, ",\"recover\":true,\"epoch\":");
		weir_json_append_string(out, weir_buf_view(&s->epoch));
		weir_buf_printf(out, ",\"offset\":%llu", (unsigned long long)s->offset);
	}
	if (c->o.weir.n) {
		weir_buf_lit(out, ",\"data\":{\"weir\":");
		weir_buf_str(out, c->o.weir);
		weir_buf_char(out, '}');
	}
	weir_buf_lit(out, ",\"recoverable\":true}}");
}
