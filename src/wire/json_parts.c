/* SPDX-License-Identifier: Apache-2.0 */
/* JSON pieces that the client protocol and the HTTP API share. Pure, any thread. */
#include "weir/event/payload.h"
#include "weir/wire/json.h"

static void string_member(struct weir_buf *out, const char *name, struct weir_str value)
{
	weir_json_key(out, name);
	weir_json_append_string(out, value);
}

static void raw_member(struct weir_buf *out, const char *name, struct weir_str value)
{
	if (!value.p)
		return;
	weir_json_key(out, name);
	weir_json_raw(out, value);
}

static struct weir_payload payload(struct weir_buf *out, const struct weir_event *e)
{
	struct weir_payload p = {.bytes = {NULL, 0}};

	if (weir_event_payload(e, WEIR_NOTATION_JSON, &p) < 0)
		out->failed = true;
	return p;
}

static void put_tags(struct weir_buf *out, const struct weir_event *e, bool of_pattern, struct weir_str encoding)
{
	if (encoding.p)
		string_member(out, WEIR_TAG_ENCODING, encoding);
	for (unsigned i = 0; i < e->n_tags; i++) {
		if (of_pattern && weir_str_is(e->tags[i].key, "channel"))
			continue;
		weir_json_comma(out);
		weir_json_append_string(out, e->tags[i].key);
		weir_buf_char(out, ':');
		weir_json_append_string(out, e->tags[i].value);
	}
	if (of_pattern)
		string_member(out, "channel", e->channel);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_json_comma(struct weir_buf *out)
{
	char last = out->len ? out->p[out->len - 1] : '{';

	if (last != '{' && last != '[' && last != ':' && last != '\n')
		weir_buf_char(out, ',');
}

void weir_json_key(struct weir_buf *out, const char *name)
{
	weir_json_comma(out);
	weir_buf_char(out, '"');
	weir_buf_append(out, name, strlen(name));
	weir_buf_lit(out, "\":");
}

void weir_json_raw(struct weir_buf *out, struct weir_str value)
{
	bool wraps = value.n && *value.p == WEIR_JSON_WRAPS;

	weir_buf_append(out, value.p + wraps, value.n - wraps);
}

void weir_json_client_info(struct weir_buf *out, const struct weir_client_info *info)
{
	weir_buf_char(out, '{');
	string_member(out, "user", info->user);
	string_member(out, "client", info->client);
	raw_member(out, "conn_info", info->conn_info);
	raw_member(out, "chan_info", info->chan_info);
	weir_buf_char(out, '}');
}

void weir_json_publication_tail(struct weir_buf *out, const struct weir_event *e, uint64_t offset, bool of_pattern,
	struct weir_json_marks *marks)
{
	struct weir_str encoding = payload(out, e).encoding;
	struct weir_json_marks at = {0};

	if (e->has_info) {
		weir_buf_lit(out, ",\"info\":");
		weir_json_client_info(out, &e->info);
	}
	at.offset_at = out->len;
	if (offset) {
		weir_buf_lit(out, ",\"offset\":");
		weir_buf_u64(out, offset);
	}
	at.offset_len = out->len - at.offset_at;
	if (of_pattern)
		string_member(out, "channel", e->channel);
	at.has_tags = e->n_tags || of_pattern || encoding.p;
	if (at.has_tags)
		weir_buf_lit(out, ",\"tags\":{");
	at.tags_at = out->len;
	if (at.has_tags) {
		put_tags(out, e, of_pattern, encoding);
		weir_buf_char(out, '}');
	}
	if (marks)
		*marks = at;
}

void weir_json_payload(struct weir_buf *out, const struct weir_event *e)
{
	weir_buf_str(out, payload(out, e).bytes);
}

void weir_json_publication(struct weir_buf *out, const struct weir_event *e)
{
	weir_buf_lit(out, "{\"data\":");
	weir_json_payload(out, e);
	weir_json_publication_tail(out, e, e->offset, false, NULL);
	weir_buf_char(out, '}');
}

void weir_json_presence(struct weir_buf *out, const struct weir_info_list *list)
{
	weir_buf_char(out, '{');
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			weir_buf_char(out, ',');
		weir_json_append_string(out, list->infos[i].client);
		weir_buf_char(out, ':');
		weir_json_client_info(out, &list->infos[i]);
	}
	weir_buf_char(out, '}');
}

void weir_json_history(
	struct weir_buf *out, const struct weir_event_list *events, struct weir_str epoch, uint64_t offset)
{
	weir_buf_lit(out, "{\"publications\":[");
	for (size_t i = 0; i < events->count; i++) {
		if (i)
			weir_buf_char(out, ',');
		weir_json_publication(out, events->events[i]);
	}
	weir_buf_lit(out, "],\"epoch\":");
	weir_json_append_string(out, epoch);
	weir_buf_lit(out, ",\"offset\":");
	weir_buf_u64(out, offset);
	weir_buf_char(out, '}');
}
