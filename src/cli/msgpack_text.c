/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope is walked by hand, down to publications, and all else is converted whole. Recursion is bounded by the
 * kinds of maps below. The messages come from a broker, but nothing is believed of them.
 */
#include "msgpack_text_priv.h"

#include <errno.h>

#include "weir/base/base64.h"
#include "weir/base/mem.h"
#include "weir/event/convert.h"
#include "weir/event/json.h"
#include "weir/event/msgpack_read.h"
#include "weir/event/payload.h"

/* What stands where. */
enum text_kind {
	TEXT_MESSAGE,
	TEXT_PUSH,
	TEXT_SUBSCRIBE,
	TEXT_PUBLICATIONS, /* an array */
	TEXT_PUBLICATION,
	TEXT_OTHER,
};

static const struct {
	enum text_kind in;
	const char *name;
	enum text_kind is;
} text_names[] = {
	{TEXT_MESSAGE, "push", TEXT_PUSH},
	{TEXT_MESSAGE, "subscribe", TEXT_SUBSCRIBE},
	{TEXT_PUSH, "pub", TEXT_PUBLICATION},
	{TEXT_SUBSCRIBE, "publications", TEXT_PUBLICATIONS},
};

static int text_value(struct weir_buf *out, struct weir_str value, enum text_kind kind);

static enum text_kind text_kind_of(enum text_kind in, struct weir_str name)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(text_names); i++)
		if (text_names[i].in == in && weir_str_is(name, text_names[i].name))
			return text_names[i].is;
	return TEXT_OTHER;
}

static void text_base64(struct weir_buf *out, struct weir_str bytes)
{
	weir_buf_char(out, '"');
	weir_base64_encode(out, bytes);
	weir_buf_char(out, '"');
}

/* Any value: bytes that have no JSON form become base64. */
static int text_other(struct weir_buf *out, struct weir_str value)
{
	int err = weir_json_from_msgpack(out, value);

	if (err == WEIR_EINVALID) {
		text_base64(out, value);
		err = 0;
	}
	return err;
}

/* Returns what `weir-encoding` has to say to a JSON reader, or NULL. */
static const char *text_data(struct weir_buf *out, struct weir_str value)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(value);
	struct weir_msgpack_token t;
	struct weir_json json;

	if (weir_msgpack_next(&r, &t) && t.kind == WEIR_MSGPACK_BIN) {
		/* JSON that has no form in MessagePack comes as its text. */
		if (weir_json_check(t.bytes, WEIR_JSON_DEPTH, &json, NULL) == 0) {
			weir_json_append_one_line(out, json.text);
			return NULL;
		}
		text_base64(out, t.bytes);
		return "base64";
	}
	if (weir_json_from_msgpack(out, value) == 0)
		return NULL;
	text_base64(out, value);
	return "msgpack+base64";
}

/* The next member of a map: a text and any value. */
static bool text_member(struct weir_msgpack_reader *r, struct weir_str *name, struct weir_str *value)
{
	struct weir_msgpack_token t;

	if (!weir_msgpack_next(r, &t) || t.kind != WEIR_MSGPACK_STR)
		return false;
	*name = t.bytes;
	return weir_msgpack_skip(r, value);
}

static void text_name(struct weir_buf *out, struct weir_str name, bool first)
{
	if (!first)
		weir_buf_char(out, ',');
	weir_json_append_string(out, name);
	weir_buf_char(out, ':');
}

/* The tags with `weir-encoding` as it has to be. `tags` may be absent. */
static int text_tags(struct weir_buf *out, struct weir_str tags, const char *encoding)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(tags);
	struct weir_msgpack_token t = {0};
	struct weir_str name, value;
	bool first = true;
	int err = 0;

	if (tags.p && (!weir_msgpack_next(&r, &t) || t.kind != WEIR_MSGPACK_MAP))
		return WEIR_EPARSE;
	weir_buf_char(out, '{');
	for (uint32_t i = 0; tags.p && i < t.count && !err; i++) {
		if (!text_member(&r, &name, &value))
			return WEIR_EPARSE;
		if (weir_str_is(name, WEIR_TAG_ENCODING))
			continue;
		text_name(out, name, first);
		first = false;
		err = text_other(out, value);
	}
	if (encoding) {
		text_name(out, WEIR_STR(WEIR_TAG_ENCODING), first);
		weir_json_append_string(out, weir_str(encoding));
	}
	weir_buf_char(out, '}');
	return err;
}

/* Tags come last, when it is known what the data has become. */
static int text_publication(struct weir_buf *out, struct weir_msgpack_reader *r, uint32_t count)
{
	struct weir_str name, value, tags = WEIR_STR_NONE;
	const char *encoding = NULL;
	bool first = true;
	size_t start;
	int err = 0;

	weir_buf_char(out, '{');
	for (uint32_t i = 0; i < count && !err; i++) {
		if (!text_member(r, &name, &value))
			return WEIR_EPARSE;
		if (weir_str_is(name, "tags")) {
			tags = value;
			continue;
		}
		text_name(out, name, first);
		first = false;
		if (weir_str_is(name, "data"))
			encoding = text_data(out, value);
		else
			err = text_other(out, value);
	}
	start = out->len;
	if (!err && (tags.p || encoding)) {
		text_name(out, WEIR_STR("tags"), first);
		err = text_tags(out, tags, encoding);
	}
	if (!err && weir_str_ends(weir_buf_view(out), WEIR_STR("\"tags\":{}")))
		out->len = start; /* only `weir-encoding` was there */
	weir_buf_char(out, '}');
	return err;
}

static int text_map(struct weir_buf *out, struct weir_msgpack_reader *r, uint32_t count, enum text_kind kind)
{
	struct weir_str name, value;
	int err = 0;

	weir_buf_char(out, '{');
	for (uint32_t i = 0; i < count && !err; i++) {
		if (!text_member(r, &name, &value))
			return WEIR_EPARSE;
		text_name(out, name, i == 0);
		err = text_value(out, value, text_kind_of(kind, name));
	}
	weir_buf_char(out, '}');
	return err;
}

static int text_array(struct weir_buf *out, struct weir_msgpack_reader *r, uint32_t count)
{
	struct weir_str value;
	int err = 0;

	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < count && !err; i++) {
		if (!weir_msgpack_skip(r, &value))
			return WEIR_EPARSE;
		if (i)
			weir_buf_char(out, ',');
		err = text_value(out, value, TEXT_PUBLICATION);
	}
	weir_buf_char(out, ']');
	return err;
}

static int text_value(struct weir_buf *out, struct weir_str value, enum text_kind kind)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(value);
	struct weir_msgpack_token t;

	if (!weir_msgpack_next(&r, &t))
		return WEIR_EPARSE;
	if (kind == TEXT_PUBLICATIONS && t.kind == WEIR_MSGPACK_ARRAY)
		return text_array(out, &r, t.count);
	if (kind == TEXT_PUBLICATION && t.kind == WEIR_MSGPACK_MAP)
		return text_publication(out, &r, t.count);
	if (kind != TEXT_OTHER && t.kind == WEIR_MSGPACK_MAP)
		return text_map(out, &r, t.count, kind);
	return text_other(out, value);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__msgpack_append_text(struct weir_buf *out, struct weir_str message)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(message);
	struct weir_str value;
	int err = message.n ? 0 : WEIR_EPARSE;

	while (!err && r.p < r.end) {
		if (!weir_msgpack_skip(&r, &value))
			return WEIR_EPARSE;
		err = text_value(out, value, TEXT_MESSAGE);
		weir_buf_char(out, '\n');
	}
	return err ? err : out->failed ? -ENOMEM : 0;
}
