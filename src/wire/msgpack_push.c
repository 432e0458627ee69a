/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in MessagePack, and the marks by which a frame is changed for one subscriber: a tag more is one in the count of the tags
 * and, if there were none, one in that of the publication; an offset less is one less there. Where the publication begins is not
 * kept but found: `push` and `channel` stand before it. Any thread.
 */
#include <stdio.h>

#include "json_priv.h"
#include "msgpack_priv.h"

#define WEBSOCKET_BINARY 2
#define KEY_TAGS         "\xa4tags"
#define KEY_DROPPED      "\xacweir-dropped"
#define MAP_HEAD_MAX     5

static struct weir_frame *websocket_frame(struct weir_str message)
{
	return weir_frame_websocket(WEBSOCKET_BINARY, message);
}

static void put_event(struct weir_buf *out, const struct weir_push_spec *p, struct msgpack_marks *marks)
{
	const struct weir_event *e = p->event;
	size_t map = weir__map_begin(out), push, inner;

	weir__map_key(out, map, "push");
	push = weir__map_begin(out);
	weir__map_text(out, push, "channel", p->pattern.p ? p->pattern : e->channel);
	if (e->type == WEIR_EVENT_PUBLICATION) {
		weir__map_key(out, push, "pub");
		weir__msgpack_publication(out, e, p->offset, p->pattern.p, marks);
		return;
	}
	weir__map_key(out, push, e->type == WEIR_EVENT_JOIN ? "join" : "leave");
	inner = weir__map_begin(out);
	weir__map_key(out, inner, "info");
	weir__msgpack_info(out, &e->info);
}

/* The payload is as it is: patches are texts, so there are none in this notation. */
static struct weir_frame *event_push(const struct weir_push_spec *p)
{
	struct msgpack_marks marks = {0};
	struct weir_frame *frame = NULL;
	struct weir_buf b;

	weir_buf_init(&b, SIZE_MAX);
	put_event(&b, p, &marks);
	if (!b.failed)
		frame = websocket_frame(weir_buf_view(&b));
	if (frame && p->event->type == WEIR_EVENT_PUBLICATION) {
		frame->offset_at = frame->header + (uint32_t)marks.offset_at;
		frame->offset_len = (uint16_t)marks.offset_len;
		frame->tags_at = frame->header + (uint32_t)marks.tags_at;
		frame->has_tags = marks.has_tags;
	}
	weir_buf_fini(&b);
	return frame;
}

/* ---- marks ---- */

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

/* Where the head of the publication's map is in the message: behind {"push":{"channel":…,"pub": */
static size_t publication_at(struct weir_str message)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(message);
	struct weir_msgpack_token t;

	for (int i = 0; i < 6; i++)
		if (!weir_msgpack_next(&r, &t))
			break;
	return (size_t)(r.p - message.p);
}

/* What stands at tags_at with one tag more. `skip`: bytes of the frame that this replaces. */
static void put_dropped(struct weir_buf *out, const struct weir_frame *f, uint32_t dropped, size_t *skip)
{
	struct weir_msgpack_reader r = {(const char *)f->data + f->tags_at, (const char *)f->data + f->len};
	struct weir_msgpack_token t = {.count = 0};
	msgpack_packer pk;
	char count[16] = "?";

	weir_msgpack_writer(&pk, out);
	*skip = 0;
	if (!f->has_tags)
		weir_buf_lit(out, KEY_TAGS);
	else if (weir_msgpack_next(&r, &t))
		*skip = (size_t)(r.p - ((const char *)f->data + f->tags_at));
	msgpack_pack_map(&pk, (size_t)t.count + 1);
	if (dropped != WEIR_LOST_UNKNOWN)
		snprintf(count, sizeof(count), "%u", dropped);
	weir_buf_lit(out, KEY_DROPPED);
	weir_msgpack_pack_text(&pk, weir_str(count));
}

static size_t event_mark(
	const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room)
{
	char memory[MAP_HEAD_MAX + sizeof(KEY_TAGS) + sizeof(KEY_DROPPED) + 16];
	struct weir_buf tag = {.p = memory, .cap = sizeof(memory), .max = sizeof(memory)}; /* never grows */
	const unsigned char *message = f->data + f->header, *offset = f->data + f->offset_at,
			    *tags = f->data + f->tags_at;
	size_t at = publication_at(weir_str_n((const char *)message, f->len - f->header));
	size_t cut = without_offset ? f->offset_len : 0, skip = 0;
	unsigned char head = message[at], header[WEIR_WEBSOCKET_HEADER_MAX];
	struct pieces p = {out, 0, room};

	if (dropped)
		put_dropped(&tag, f, dropped, &skip);
	head = (unsigned char)(head + (dropped && !f->has_tags) - (cut > 0));
	piece(&p, header, weir_websocket_header(header, WEBSOCKET_BINARY, f->len - f->header - cut + tag.len - skip));
	piece(&p, message, at);
	piece(&p, &head, 1);
	piece(&p, message + at + 1, (size_t)(offset - message) - at - 1);
	piece(&p, offset + cut, (size_t)(tags - offset) - cut);
	piece(&p, tag.p, tag.len);
	piece(&p, tags + skip, (size_t)(f->data + f->len - tags) - skip);
	return p.used;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_codec weir_codec_msgpack = {
	.name = "msgpack",
	.subprotocol = "weir-msgpack",
	.binary = true,
	.encoder = {.slot = WEIR_ENCODER_MSGPACK, .push = event_push, .mark = event_mark},
	.check = weir__msgpack_check,
	.next = weir__msgpack_next,
	.next_sub = weir__json_next_sub,
	.reply = weir__msgpack_reply,
	.push = weir__msgpack_push,
	.frame = websocket_frame,
	.ping = {"\x80", 1},
	.separator = {"", 0},
};
