/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in JSON: publications in both variants, their frames for each transport, and the marks by which a frame is changed for
 * one subscriber. For delta subscribers `data` is always a JSON string (protocol.md §6.1). Any thread.
 */
#include <stdio.h>

#include "json_priv.h"

#include "weir/base/utf8.h"
#include "weir/event/delta.h"
#include "weir/event/payload.h"
#include "weir/wire/json.h"

#define WEBSOCKET_TEXT 1

/* The JSON form, wrapped ones included. */
static struct weir_str text_of(struct weir_buf *out, const struct weir_event *e)
{
	struct weir_payload p = {.bytes = {NULL, 0}};

	if (weir_event_payload(e, WEIR_NOTATION_JSON, &p) < 0)
		out->failed = true;
	return p.bytes;
}

/*
 * Appends `data` as a delta subscriber takes it: a patch if there is one that is shorter and valid text, else all of it.
 */
static void put_delta_data(struct weir_buf *out, const struct weir_event *e, const struct weir_event *previous)
{
	struct weir_str data = text_of(out, e);
	struct weir_buf patch;
	bool use = false;

	weir_buf_init(&patch, data.n + 64);
	if (previous && weir_delta_create(&patch, text_of(out, previous), data) == 0)
		use = patch.len < data.n && weir_utf8_valid(weir_buf_view(&patch));
	weir_json_append_string(out, use ? weir_buf_view(&patch) : data);
	if (use)
		weir_buf_lit(out, ",\"delta\":true");
	weir_buf_fini(&patch);
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
		weir__json_publication(&b, p, &marks);
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

/* ------------------------------------------------------------------------------------------------------------------ */

size_t weir__json_stream_mark(
	const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room)
{
	return event_mark(f, false, dropped, without_offset, out, room);
}

void weir__json_publication(struct weir_buf *out, const struct weir_push_spec *p, struct weir_json_marks *marks)
{
	weir_buf_lit(out, "{\"data\":");
	if (p->variant == WEIR_PUSH_PLAIN)
		weir_json_payload(out, p->event);
	else
		put_delta_data(out, p->event, p->variant == WEIR_PUSH_DELTA ? p->previous : NULL);
	weir_json_publication_tail(out, p->event, p->offset, p->pattern.p, marks);
	weir_buf_char(out, '}');
}

#define JSON_CODEC                                                                                                    \
	.next = weir__json_next, .next_sub = weir__json_next_sub, .reply = weir__json_reply, .push = weir__json_push, \
	.disconnect = weir__json_disconnect, .ping = {"{}", 2}, .separator = {"\n", 1}, .deltas = true

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
	.encoder = {.slot = WEIR_ENCODER_SSE, .push = sse_push, .mark = weir__json_stream_mark},
	.frame = sse_frame,
	JSON_CODEC,
};

const struct weir_codec weir_codec_json_lines = {
	.name = "json",
	.emulated = true,
	.encoder = {.slot = WEIR_ENCODER_LINES, .push = line_push, .mark = weir__json_stream_mark},
	.frame = line_frame,
	JSON_CODEC,
};
