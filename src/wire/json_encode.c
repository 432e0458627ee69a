/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies and pushes in JSON, compact and on one line. Payloads are embedded as they are: their raw newlines were
 * removed when they came in. For delta subscribers `data` is always a JSON string (protocol.md §6.1).
 */
#include <stdio.h>

#include "json_priv.h"

#include "weir/base/utf8.h"
#include "weir/event/delta.h"
#include "weir/wire/json.h"

#define WEBSOCKET_TEXT 1

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
	weir_buf_str(out, value);
}

/* ---- publications ---- */

/* Appends `data` as a delta subscriber takes it: a patch if there is one that is shorter and valid text, else all of
 * it. */
static void put_delta_data(struct weir_buf *out, const struct weir_event *e, const struct weir_event *previous)
{
	struct weir_buf patch;
	bool use = false;

	weir_buf_init(&patch, e->data.n + 64);
	if (previous && weir_delta_create(&patch, previous->data, e->data) == 0)
		use = patch.len < e->data.n && weir_utf8_valid(weir_buf_view(&patch));
	weir_json_append_string(out, use ? weir_buf_view(&patch) : e->data);
	if (use)
		weir_buf_lit(out, ",\"delta\":true");
	weir_buf_fini(&patch);
}

static void put_publication(struct weir_buf *out, const struct weir_push_spec *p, struct weir_json_marks *marks)
{
	weir_buf_lit(out, "{\"data\":");
	if (p->variant == WEIR_PUSH_PLAIN)
		weir_buf_str(out, p->event->data);
	else
		put_delta_data(out, p->event, p->variant == WEIR_PUSH_DELTA ? p->previous : NULL);
	weir_json_publication_tail(out, p->event, p->offset, p->pattern.p, marks);
	weir_buf_char(out, '}');
}

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
		put_publication(out,
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

/* ---- framing ---- */

#define SSE_BEFORE WEIR_STR("data: ")
#define SSE_AFTER  WEIR_STR("\n\n")

static struct weir_frame *websocket_frame(struct weir_str message)
{
	return weir_frame_websocket(WEBSOCKET_TEXT, message);
}

static struct weir_frame *sse_frame(struct weir_str message)
{
	return weir_frame_between(SSE_BEFORE, message, SSE_AFTER);
}

static struct weir_frame *line_frame(struct weir_str message)
{
	return weir_frame_between(WEIR_STR(""), message, WEIR_STR("\n"));
}

/* ---- pushes of events ---- */

static struct weir_frame *event_push(
	const struct weir_push_spec *p, struct weir_frame *(*wrap)(struct weir_str message))
{
	const struct weir_event *e = p->event;
	struct weir_json_marks marks = {0};
	struct weir_frame *frame = NULL;
	struct weir_buf b;

	weir_buf_init(&b, SIZE_MAX);
	weir_buf_lit(&b, "{\"push\":{\"channel\":");
	weir_json_append_string(&b, p->pattern.p ? p->pattern : e->channel);
	if (e->type == WEIR_EVENT_PUBLICATION) {
		weir_buf_lit(&b, ",\"pub\":");
		put_publication(&b, p, &marks);
	} else {
		weir_json_key(&b, e->type == WEIR_EVENT_JOIN ? "join" : "leave");
		weir_buf_lit(&b, "{\"info\":");
		weir_json_client_info(&b, &e->info);
		weir_buf_char(&b, '}');
	}
	weir_buf_lit(&b, "}}");
	if (!b.failed)
		frame = wrap(weir_buf_view(&b));
	if (frame && e->type == WEIR_EVENT_PUBLICATION) {
		frame->offset_at = frame->header + (uint32_t)marks.offset_at;
		frame->offset_len = (uint16_t)marks.offset_len;
		frame->tags_at = frame->header + (uint32_t)marks.tags_at;
		frame->has_tags = marks.has_tags;
	}
	weir_buf_fini(&b);
	return frame;
}

/* Pieces of a frame, appended as far as they fit: the size is right in any case. */
struct pieces {
	unsigned char *out;
	size_t used, room;
};

static void piece(struct pieces *p, const void *bytes, size_t n)
{
	if (n && p->used + n <= p->room)
		memcpy(p->out + p->used, bytes, n);
	p->used += n;
}

/* Put into the frame's text; on WebSocket its header changes with the length. */
static size_t event_mark(const struct weir_frame *f, bool websocket, uint32_t dropped, bool without_offset,
	unsigned char *out, size_t room)
{
	const unsigned char *offset = f->data + f->offset_at, *tags = f->data + f->tags_at;
	size_t cut = without_offset ? f->offset_len : 0;
	unsigned char header[WEIR_WEBSOCKET_HEADER_MAX];
	struct pieces p = {out, 0, room};
	char count[16] = "?", tag[64] = "";
	int n = 0;

	if (dropped != WEIR_LOST_UNKNOWN)
		snprintf(count, sizeof(count), "%u", dropped);
	if (dropped)
		n = snprintf(tag, sizeof(tag),
			f->has_tags ? "\"weir-dropped\":\"%s\"," : ",\"tags\":{\"weir-dropped\":\"%s\"}", count);
	if (websocket)
		piece(&p, header, weir_websocket_header(header, WEBSOCKET_TEXT, f->len - f->header - cut + (size_t)n));
	else
		piece(&p, f->data, f->header);
	piece(&p, f->data + f->header, f->offset_at - f->header);
	piece(&p, offset + cut, (size_t)(tags - offset) - cut);
	piece(&p, tag, (size_t)n);
	piece(&p, tags, (size_t)(f->data + f->len - tags));
	return p.used;
}

static struct weir_frame *websocket_push(const struct weir_push_spec *p)
{
	return event_push(p, websocket_frame);
}

static struct weir_frame *sse_push(const struct weir_push_spec *p)
{
	return event_push(p, sse_frame);
}

static struct weir_frame *line_push(const struct weir_push_spec *p)
{
	return event_push(p, line_frame);
}

static size_t websocket_mark(
	const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room)
{
	return event_mark(f, true, dropped, without_offset, out, room);
}

static size_t stream_mark(
	const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room)
{
	return event_mark(f, false, dropped, without_offset, out, room);
}

/* ---- results ---- */

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

static void json_reply(struct weir_buf *out, const struct weir_reply *r)
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

static void json_push(struct weir_buf *out, const struct weir_push *p)
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

static void json_disconnect(struct weir_buf *out, unsigned code, struct weir_str reason)
{
	weir_buf_lit(out, "{\"push\":{\"disconnect\":{\"code\":");
	weir_buf_u64(out, code);
	weir_buf_lit(out, ",\"reason\":");
	weir_json_append_string(out, reason);
	weir_buf_lit(out, "}}}");
}

/* ------------------------------------------------------------------------------------------------------------------ */

#define JSON_CODEC                                                                                        \
	.next = weir__json_next, .next_sub = weir__json_next_sub, .reply = json_reply, .push = json_push, \
	.disconnect = json_disconnect, .ping = {"{}", 2}, .separator = {"\n", 1}, .deltas = true

const struct weir_codec weir_codec_json = {
	.name = "json",
	.subprotocol = "centrifuge-json",
	.encoder = {.slot = WEIR_ENCODER_JSON, .push = websocket_push, .mark = websocket_mark},
	.frame = websocket_frame,
	JSON_CODEC,
};

const struct weir_codec weir_codec_json_sse = {
	.name = "json",
	.emulated = true,
	.encoder = {.slot = WEIR_ENCODER_SSE, .push = sse_push, .mark = stream_mark},
	.frame = sse_frame,
	JSON_CODEC,
};

const struct weir_codec weir_codec_json_lines = {
	.name = "json",
	.emulated = true,
	.encoder = {.slot = WEIR_ENCODER_LINES, .push = line_push, .mark = stream_mark},
	.frame = line_frame,
	JSON_CODEC,
};
