/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-Sent Events of /events. The frame of an event is the same for all subscribers, but for the `id:` line in front,
 * which is made when it is written for one of them; the subscription's name in the text tells which entry of the
 * position moves. Pure, but for what is said to change.
 */
#include "weir/wire/events.h"

#include <inttypes.h>
#include <stdio.h>

#include "json_priv.h"

#include "weir/event/payload.h"

#define DATA    "data: "
#define CONTROL "event: weir\ndata: "

/* ---- events ---- */

static void put_tags(struct weir_buf *out, const struct weir_event *e, struct weir_str encoding)
{
	if (encoding.p) {
		weir_json_key(out, WEIR_TAG_ENCODING);
		weir_json_append_string(out, encoding);
	}
	for (unsigned i = 0; i < e->n_tags; i++) {
		weir_json_comma(out);
		weir_json_append_string(out, e->tags[i].key);
		weir_buf_char(out, ':');
		weir_json_append_string(out, e->tags[i].value);
	}
}

/* Offsets are in `out`. */
static void put_publication(struct weir_buf *out, const struct weir_push_spec *p, struct weir_json_marks *marks)
{
	const struct weir_event *e = p->event;
	struct weir_payload data = {.bytes = {NULL, 0}};

	if (weir_event_payload(e, WEIR_NOTATION_JSON, &data) < 0)
		out->failed = true;
	weir_json_key(out, "data");
	weir_buf_str(out, data.bytes);
	marks->offset_at = out->len;
	if (p->offset) {
		weir_json_key(out, "offset");
		weir_buf_u64(out, p->offset);
	}
	marks->offset_len = out->len - marks->offset_at;
	marks->has_tags = e->n_tags || data.encoding.p;
	if (marks->has_tags)
		weir_buf_lit(out, ",\"tags\":{");
	marks->tags_at = out->len;
	if (marks->has_tags) {
		put_tags(out, e, data.encoding);
		weir_buf_char(out, '}');
	}
	if (e->has_info) {
		weir_json_key(out, "info");
		weir_json_client_info(out, &e->info);
	}
	if (e->id.n) {
		weir_json_key(out, "id");
		weir_json_append_string(out, e->id);
	}
	weir_json_key(out, "time");
	weir_buf_i64(out, e->time_ms);
}

static struct weir_frame *publication_frame(const struct weir_push_spec *p)
{
	struct weir_json_marks marks = {0};
	struct weir_frame *f = NULL;
	struct weir_buf b;
	size_t name_at, name_len;

	weir_buf_init(&b, SIZE_MAX);
	weir_buf_char(&b, '{');
	weir_json_key(&b, "channel");
	name_at = b.len;
	weir_json_append_string(&b, p->event->channel);
	if (p->pattern.p) {
		weir_json_key(&b, "pattern");
		name_at = b.len;
		weir_json_append_string(&b, p->pattern);
	}
	name_len = b.len - name_at;
	put_publication(&b, p, &marks);
	weir_buf_char(&b, '}');
	if (!b.failed)
		f = weir_frame_between(WEIR_STR(DATA), weir_buf_view(&b), WEIR_STR("\n\n"));
	weir_buf_fini(&b);
	if (!f)
		return NULL;
	f->offset_at = f->header + (uint32_t)marks.offset_at;
	f->offset_len = (uint16_t)marks.offset_len;
	f->tags_at = f->header + (uint32_t)marks.tags_at;
	f->has_tags = marks.has_tags;
	f->name_at = (uint16_t)(f->header + name_at);
	f->name_len = (uint16_t)name_len;
	return f;
}

static struct weir_frame *presence_frame(const struct weir_event *e)
{
	struct weir_frame *f = NULL;
	struct weir_buf b;

	weir_buf_init(&b, SIZE_MAX);
	weir_buf_char(&b, '{');
	weir_json_key(&b, e->type == WEIR_EVENT_JOIN ? "join" : "leave");
	weir_buf_lit(&b, "{\"channel\":");
	weir_json_append_string(&b, e->channel);
	weir_json_key(&b, "info");
	weir_json_client_info(&b, &e->info);
	weir_buf_lit(&b, "}}");
	if (!b.failed)
		f = weir_frame_between(WEIR_STR(CONTROL), weir_buf_view(&b), WEIR_STR("\n\n"));
	weir_buf_fini(&b);
	return f;
}

static struct weir_frame *events_push(const struct weir_push_spec *p)
{
	return p->event->type == WEIR_EVENT_PUBLICATION ? publication_frame(p) : presence_frame(p->event);
}

/* ---- positions ---- */

/* The entry that the event moves; NULL: none. */
static struct weir_events_place *moved(
	const struct weir_events_places *p, const struct weir_frame *f, bool without_offset)
{
	struct weir_str name = weir_str_n((const char *)f->data + f->name_at, f->name_len);

	if (!f->offset || without_offset || !name.n)
		return NULL;
	for (size_t i = 0; i < p->n; i++)
		if (weir_str_eq(p->at[i].name, name))
			return p->at[i].positioned ? &p->at[i] : NULL;
	return NULL;
}

/* What fits of it; the size is right in any case. */
static size_t append(unsigned char *out, size_t used, size_t room, struct weir_str s)
{
	if (s.n && used + s.n <= room)
		memcpy(out + used, s.p, s.n);
	return used + s.n;
}

/* One entry, `<epoch>:<offset>` or `-`, behind a comma if it is not the first. */
static size_t append_entry(
	unsigned char *out, size_t used, size_t room, const struct weir_events_place *e, uint64_t offset, bool first)
{
	char text[WEIR_EPOCH_MAX + 24];
	int n;

	if (!e->positioned)
		return append(out, used, room, first ? WEIR_STR("-") : WEIR_STR(",-"));
	n = snprintf(text, sizeof(text), "%s%s:%" PRIu64, first ? "" : ",", e->epoch, offset);
	return append(out, used, room, weir_str_n(text, (size_t)n));
}

static size_t events_place(const void *place, const struct weir_frame *f, uint32_t dropped, bool without_offset,
	unsigned char *out, size_t room)
{
	const struct weir_events_places *p = place;
	const struct weir_events_place *to = moved(p, f, without_offset);
	size_t used = 0;

	if (to) {
		used = append(out, used, room, WEIR_STR("id: "));
		for (size_t i = 0; i < p->n; i++)
			used = append_entry(
				out, used, room, &p->at[i], &p->at[i] == to ? f->offset : p->at[i].offset, i == 0);
		used = append(out, used, room, WEIR_STR("\n"));
	}
	return used + weir__json_stream_mark(
			      f, dropped, without_offset, out ? out + used : NULL, room > used ? room - used : 0);
}

static void events_placed(void *place, const struct weir_frame *f, bool without_offset)
{
	struct weir_events_place *to = moved(place, f, without_offset);

	if (to)
		to->offset = f->offset;
}

/* ---- control messages ---- */

static struct weir_frame *events_frame(struct weir_str message)
{
	return weir_frame_between(WEIR_STR(""), message, WEIR_STR("\n\n"));
}

/* Replies are the door's: none is written. A comment says nothing. */
static void events_reply(struct weir_buf *out, const struct weir_reply *r)
{
	(void)r;
	weir_buf_char(out, ':');
}

static void put_reason(struct weir_buf *out, unsigned code, struct weir_str reason)
{
	weir_json_key(out, "code");
	weir_buf_u64(out, code);
	weir_json_key(out, "reason");
	weir_json_append_string(out, reason);
}

static void events_control(struct weir_buf *out, const struct weir_push *p)
{
	if (p->kind != WEIR_PUSH_UNSUBSCRIBE) {
		weir_buf_char(out, ':');
		return;
	}
	weir_buf_lit(out, CONTROL "{\"unsubscribed\":{\"channel\":");
	weir_json_append_string(out, p->channel);
	put_reason(out, p->unsubscribe.code, p->unsubscribe.reason);
	weir_buf_lit(out, "}}");
}

static void events_disconnect(struct weir_buf *out, unsigned code, struct weir_str reason)
{
	weir_buf_lit(out, CONTROL "{\"disconnect\":{");
	put_reason(out, code, reason);
	weir_buf_lit(out, "}}");
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_events_position(struct weir_buf *out, const struct weir_events_places *p)
{
	bool any = false;

	for (size_t i = 0; i < p->n; i++)
		any = any || p->at[i].positioned;
	for (size_t i = 0; any && i < p->n; i++) {
		unsigned char entry[WEIR_EPOCH_MAX + 24];

		weir_buf_append(out, entry, append_entry(entry, 0, sizeof(entry), &p->at[i], p->at[i].offset, i == 0));
	}
}

int weir_events_position_next(struct weir_str *rest, struct weir_str *epoch, uint64_t *offset)
{
	struct weir_str entry = weir_str_cut(rest, ',');

	*epoch = WEIR_STR_NONE;
	*offset = 0;
	if (weir_str_is(entry, "-"))
		return 0;
	*epoch = weir_str_cut(&entry, ':');
	if (!epoch->n || epoch->n >= WEIR_EPOCH_MAX || !entry.p)
		return WEIR_EPARSE;
	for (size_t i = 0; i < epoch->n; i++) {
		char c = epoch->p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'))
			return WEIR_EPARSE;
	}
	return weir_str_u64(entry, offset) < 0 ? WEIR_EPARSE : 0;
}

const struct weir_codec weir_codec_events = {
	.name = "events",
	.silent = true,
	.encoder = {.slot = WEIR_ENCODER_EVENTS,
		.push = events_push,
		.mark = weir__json_stream_mark,
		.place = events_place,
		.placed = events_placed},
	.next = weir__json_next,
	.next_sub = weir__json_next_sub,
	.reply = events_reply,
	.push = events_control,
	.disconnect = events_disconnect,
	.frame = events_frame,
	.ping = {":", 1},
	.separator = {"\n", 1},
};
