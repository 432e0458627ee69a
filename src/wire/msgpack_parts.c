/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of the MessagePack notation: maps that count their keys, publishers, publications. Pure, any thread. */
#include "msgpack_priv.h"

#include "weir/base/base64.h"
#include "weir/event/convert.h"
#include "weir/event/json.h"
#include "weir/event/payload.h"

static void put_str(struct weir_buf *out, struct weir_str s)
{
	msgpack_packer pk;

	weir_msgpack_writer(&pk, out);
	weir_msgpack_pack_text(&pk, s);
}

static void put_u64(struct weir_buf *out, uint64_t v)
{
	msgpack_packer pk;

	weir_msgpack_writer(&pk, out);
	msgpack_pack_uint64(&pk, v);
}

/* A string that wraps bytes: those. False: it is none. */
static bool put_wrapped(struct weir_buf *out, struct weir_str json)
{
	struct weir_str base64;
	struct weir_buf bytes;
	msgpack_packer pk;
	bool ok;

	if (!json.n || *json.p != WEIR_JSON_WRAPS)
		return false;
	base64 = weir_json_string_plain(weir_str_n(json.p + 1, json.n - 1));
	weir_buf_init(&bytes, json.n);
	ok = weir_base64_decode(&bytes, base64) == 0;
	if (ok) {
		weir_msgpack_writer(&pk, out);
		weir_msgpack_pack_bin(&pk, weir_str_n(bytes.p ? bytes.p : "", bytes.len));
	}
	weir_buf_fini(&bytes);
	return ok;
}

static void put_json(struct weir_buf *out, struct weir_str json)
{
	msgpack_packer pk;

	if (put_wrapped(out, json) || weir_msgpack_from_json(out, json) != WEIR_EINVALID)
		return;
	weir_msgpack_writer(&pk, out);
	weir_msgpack_pack_bin(&pk, json);
}

static void put_tag(struct weir_buf *out, struct weir_str key, struct weir_str value)
{
	put_str(out, key);
	put_str(out, value);
}

static bool is_hidden(const struct weir_tag *tag, bool of_pattern)
{
	return of_pattern && weir_str_is(tag->key, "channel");
}

static uint32_t count_tags(const struct weir_event *e, bool of_pattern, struct weir_str encoding)
{
	uint32_t n = (encoding.p ? 1u : 0u) + (of_pattern ? 1u : 0u);

	for (unsigned i = 0; i < e->n_tags; i++)
		n += !is_hidden(&e->tags[i], of_pattern);
	return n;
}

static void put_tags(
	struct weir_buf *out, const struct weir_event *e, uint32_t n, bool of_pattern, struct weir_str encoding)
{
	msgpack_packer pk;

	weir_msgpack_writer(&pk, out);
	msgpack_pack_map(&pk, n);
	if (encoding.p)
		put_tag(out, WEIR_STR(WEIR_TAG_ENCODING), encoding);
	for (unsigned i = 0; i < e->n_tags; i++)
		if (!is_hidden(&e->tags[i], of_pattern))
			put_tag(out, e->tags[i].key, e->tags[i].value);
	if (of_pattern)
		put_tag(out, WEIR_STR("channel"), e->channel);
}

/* ------------------------------------------------------------------------------------------------------------------ */

size_t weir__map_begin(struct weir_buf *out)
{
	weir_buf_char(out, '\x80');
	return out->len - 1;
}

void weir__map_key(struct weir_buf *out, size_t map, const char *name)
{
	put_str(out, weir_str(name));
	if (!out->failed)
		out->p[map]++;
}

void weir__map_text(struct weir_buf *out, size_t map, const char *name, struct weir_str value)
{
	weir__map_key(out, map, name);
	put_str(out, value);
}

void weir__map_u64(struct weir_buf *out, size_t map, const char *name, uint64_t value)
{
	weir__map_key(out, map, name);
	put_u64(out, value);
}

void weir__map_flag(struct weir_buf *out, size_t map, const char *name, bool value)
{
	if (!value)
		return;
	weir__map_key(out, map, name);
	weir_buf_char(out, '\xc3');
}

void weir__map_number(struct weir_buf *out, size_t map, const char *name, uint64_t value)
{
	if (value)
		weir__map_u64(out, map, name, value);
}

void weir__map_string(struct weir_buf *out, size_t map, const char *name, struct weir_str value)
{
	if (value.n)
		weir__map_text(out, map, name, value);
}

void weir__map_json(struct weir_buf *out, size_t map, const char *name, struct weir_str json)
{
	if (!json.p)
		return;
	weir__map_key(out, map, name);
	put_json(out, json);
}

void weir__msgpack_info(struct weir_buf *out, const struct weir_client_info *info)
{
	size_t map = weir__map_begin(out);

	weir__map_text(out, map, "user", info->user);
	weir__map_text(out, map, "client", info->client);
	weir__map_json(out, map, "conn_info", info->conn_info);
	weir__map_json(out, map, "chan_info", info->chan_info);
}

void weir__msgpack_publication(
	struct weir_buf *out, const struct weir_event *e, uint64_t offset, bool of_pattern, struct msgpack_marks *marks)
{
	size_t map = weir__map_begin(out);
	struct msgpack_marks at = {0};
	struct weir_payload payload;
	uint32_t n_tags;

	if (weir_event_payload(e, WEIR_NOTATION_MSGPACK, &payload) < 0) {
		out->failed = true;
		return;
	}
	weir__map_key(out, map, "data");
	weir_buf_str(out, payload.bytes);
	if (e->has_info) {
		weir__map_key(out, map, "info");
		weir__msgpack_info(out, &e->info);
	}
	at.offset_at = out->len;
	weir__map_number(out, map, "offset", offset);
	at.offset_len = out->len - at.offset_at;
	if (of_pattern)
		weir__map_text(out, map, "channel", e->channel);
	n_tags = count_tags(e, of_pattern, payload.encoding);
	at.has_tags = n_tags > 0;
	if (at.has_tags)
		weir__map_key(out, map, "tags");
	at.tags_at = out->len;
	if (at.has_tags)
		put_tags(out, e, n_tags, of_pattern, payload.encoding);
	if (marks)
		*marks = at;
}
