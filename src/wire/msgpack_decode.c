/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands in MessagePack (protocol.md §14.1). A frame is checked whole before its first command is read. Strings and the payload
 * of a publish stay spans of the message; the raw fields that the session reads are turned into JSON, in the scratch buffer:
 * options are JSON to all behind here. The odd case is a `data` that has no JSON form: of it only the member `weir` matters.
 */
#include "json_priv.h"
#include "msgpack_priv.h"

#include "weir/base/utf8.h"
#include "weir/event/convert.h"
#include "weir/event/json.h"

/* {"connect":{"subs":{"ch":{"data":…}}}}: `data` and `tf` are raw in the second map and in the fourth. */
static bool is_raw(struct weir_str key, unsigned level)
{
	return (level == 2 || level == 4) && (weir_str_is(key, "data") || weir_str_is(key, "tf"));
}

static bool is_map(struct weir_str value, struct weir_msgpack_reader *r, uint32_t *pairs)
{
	struct weir_msgpack_token t;

	*r = weir_msgpack_reader(value);
	if (!weir_msgpack_next(r, &t) || t.kind != WEIR_MSGPACK_MAP)
		return false;
	*pairs = t.count;
	return true;
}

/* Ends what began at `start` of the scratch buffer, which has room and so does not move. */
static struct weir_str written(const struct weir_buf *scratch, size_t start)
{
	return scratch->failed ? WEIR_STR_NONE : weir_str_n(scratch->p + start, scratch->len - start);
}

/* {"weir":…} of a map, with each `weir` there is, so that a second one is found; absent if there is none. */
static int read_options(struct weir_str *data, struct weir_buf *scratch)
{
	struct weir_str value, from = *data;
	struct weir_msgpack_reader r;
	struct weir_msgpack_token key;
	size_t start = scratch->len;
	uint32_t left;

	*data = WEIR_STR_NONE;
	if (!from.p || !is_map(from, &r, &left))
		return 0;
	for (; left; left--) {
		struct weir_msgpack_reader at = r;
		bool here =
			weir_msgpack_next(&at, &key) && key.kind == WEIR_MSGPACK_STR && weir_str_is(key.bytes, "weir");

		if (!weir_msgpack_skip(&r, NULL) || !weir_msgpack_skip(&r, &value))
			return WEIR_EPARSE;
		if (!here)
			continue;
		weir_buf_str(scratch, scratch->len == start ? WEIR_STR("{\"weir\":") : WEIR_STR(",\"weir\":"));
		if (weir_json_from_msgpack_leniently(scratch, value) < 0)
			return WEIR_EPARSE;
	}
	if (scratch->len == start)
		return 0;
	weir_buf_char(scratch, '}');
	*data = written(scratch, start);
	return data->p ? 0 : WEIR_EPARSE;
}

static int read_json(struct weir_str *value, struct weir_buf *scratch)
{
	size_t start = scratch->len;

	if (!value->p)
		return 0;
	if (weir_json_from_msgpack_leniently(scratch, *value) < 0)
		return WEIR_EPARSE;
	*value = written(scratch, start);
	return value->p ? 0 : WEIR_EPARSE;
}

/* "name":{…}, without its raw members: nobody reads those of connect.subs. */
static int read_sub(struct weir_str channel, struct weir_str sub, struct weir_buf *scratch)
{
	struct weir_msgpack_reader r;
	struct weir_str key, value;
	uint32_t left;
	bool first = true;

	if (!weir_utf8_valid(channel) || !is_map(sub, &r, &left))
		return WEIR_EPARSE;
	weir_json_append_string(scratch, channel);
	weir_buf_lit(scratch, ":{");
	while (weir__msgpack_member(&r, &left, &key, &value)) {
		if (!weir_utf8_valid(key) || is_raw(key, 4))
			continue;
		if (!first)
			weir_buf_char(scratch, ',');
		weir_json_append_string(scratch, key);
		weir_buf_char(scratch, ':');
		if (weir_json_from_msgpack_leniently(scratch, value) < 0)
			return WEIR_EPARSE;
		first = false;
	}
	weir_buf_char(scratch, '}');
	return left ? WEIR_EPARSE : 0;
}

static int read_subs(struct weir_str *subs, struct weir_buf *scratch)
{
	struct weir_msgpack_reader r;
	struct weir_str channel, value;
	size_t start = scratch->len;
	uint32_t left;

	if (!subs->p)
		return 0;
	if (!is_map(*subs, &r, &left))
		return WEIR_EPARSE;
	weir_buf_char(scratch, '{');
	while (weir__msgpack_member(&r, &left, &channel, &value)) {
		if (value.n == 1 && *value.p == '\xc0')
			continue;
		if (scratch->len > start + 1)
			weir_buf_char(scratch, ',');
		if (read_sub(channel, value, scratch))
			return WEIR_EPARSE;
	}
	weir_buf_char(scratch, '}');
	*subs = written(scratch, start);
	return left || !subs->p ? WEIR_EPARSE : weir__json_check_subs(*subs, scratch);
}

/* Room for the JSON of all these; names of channels may be decoded out of it once more. */
static bool reserve(struct weir_buf *scratch, size_t n)
{
	return n == 0 || weir_buf_reserve(scratch, 2 * WEIR_JSON_FORM_BYTES(n));
}

static int read_connect(struct weir_str map, struct weir_buf *scratch, struct weir_connect_command *out)
{
	int err = weir__msgpack_members(map, &weir__connect_members, out);

	if (!err && !reserve(scratch, out->data.n + out->subs.n))
		err = WEIR_EPARSE;
	if (!err)
		err = read_options(&out->data, scratch);
	return err ? err : read_subs(&out->subs, scratch);
}

static int read_subscribe(struct weir_str map, struct weir_buf *scratch, struct weir_subscribe_command *out)
{
	int err = weir__msgpack_members(map, &weir__subscribe_members, out);

	if (!err && !reserve(scratch, out->data.n + out->tf.n))
		err = WEIR_EPARSE;
	if (!err)
		err = read_options(&out->data, scratch);
	return err ? err : read_json(&out->tf, scratch);
}

static int read_history(struct weir_str map, struct weir_history_command *out)
{
	struct history_members h = {0};
	int err = weir__msgpack_members(map, &weir__history_members, &h);

	if (err)
		return err;
	*out = (struct weir_history_command){.channel = h.channel, .limit = h.limit, .reverse = h.reverse};
	if (!h.since.p)
		return 0;
	out->has_since = true;
	return weir__msgpack_members(h.since, &weir__since_members, out);
}

/* A payload is one value, or the bytes that a `bin` holds. */
static int read_other(struct weir_str map, struct weir_command *out)
{
	int err = weir__msgpack_members(map, &weir__other_members, out);
	struct weir_msgpack_reader r;
	struct weir_msgpack_token t;

	out->format = WEIR_PAYLOAD_MSGPACK;
	if (err || !out->data.p)
		return err;
	r = weir_msgpack_reader(out->data);
	if (weir_msgpack_next(&r, &t) && t.kind == WEIR_MSGPACK_BIN) {
		out->data = t.bytes;
		out->format = WEIR_PAYLOAD_BINARY;
	}
	return 0;
}

static int read_body(struct weir_str map, struct weir_buf *scratch, struct weir_command *out)
{
	switch (out->method) {
	case WEIR_METHOD_CONNECT:
		return read_connect(map, scratch, &out->connect);
	case WEIR_METHOD_SUBSCRIBE:
		return read_subscribe(map, scratch, &out->subscribe);
	case WEIR_METHOD_HISTORY:
		return read_history(map, &out->history);
	default:
		return read_other(map, out);
	}
}

/* Of several methods the first in the order of the enum counts, as in JSON. */
static int read_command(struct weir_msgpack_reader *r, struct weir_buf *scratch, struct weir_command *out)
{
	struct {
		uint32_t id;
		struct weir_str bodies[WEIR_METHOD_COUNT];
	} envelope = {.id = 0};
	struct weir_member rows[WEIR_METHOD_COUNT];
	const struct member_table table = {rows, weir__command_members.n};

	weir_assert(table.n == WEIR_METHOD_COUNT);
	for (unsigned i = 0; i < WEIR_METHOD_COUNT; i++) {
		rows[i] = weir__command_members.rows[i];
		rows[i].offset = i ? (size_t)((char *)&envelope.bodies[i] - (char *)&envelope) : 0;
	}
	if (weir__msgpack_read_map(r, &table, &envelope) < 0)
		return WEIR_EPARSE;
	out->id = envelope.id;
	for (unsigned i = 1; i < WEIR_METHOD_COUNT; i++)
		if (envelope.bodies[i].p) {
			out->method = (enum weir_method)i;
			return read_body(envelope.bodies[i], scratch, out);
		}
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__msgpack_check(struct weir_str message)
{
	static const struct weir_msgpack_limits limits = {
		.depth = WEIR_MSGPACK_DEPTH, .elements = WEIR_MSGPACK_ELEMENTS, .ext = true, .raw = is_raw};

	return weir_msgpack_scan_all(message, &limits) < 0 ? WEIR_EPARSE : 0;
}

int weir__msgpack_next(struct weir_str *rest, struct weir_buf *scratch, struct weir_command *out)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(*rest);
	int err;

	if (!rest->n)
		return WEIR_ENOTFOUND;
	*out = (struct weir_command){0};
	weir_buf_reset(scratch);
	err = read_command(&r, scratch, out);
	*rest = weir_str_n(r.p, (size_t)(r.end - r.p));
	return err ? WEIR_EPARSE : 0;
}
