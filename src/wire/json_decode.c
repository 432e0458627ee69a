/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands in JSON: one object per line (protocol.md §2.3). Each object of the protocol has a table of its members; a
 * known member twice, or of the wrong type, is refused, unknown ones are skipped, null counts as absent. Raw members
 * stay spans of the message. Strings with escapes are decoded into the scratch buffer, which is reserved before, so
 * that spans stay valid.
 */
#include "json_priv.h"

enum member_type {
	MEMBER_STRING,
	MEMBER_BOOL,
	MEMBER_U32,
	MEMBER_U64,
	MEMBER_I64,
	MEMBER_RAW,    /* any value, kept as a span */
	MEMBER_OBJECT, /* kept as a span */
};

struct member {
	const char *name;
	enum member_type type;
	size_t offset; /* of the field in the struct that is filled in */
};

#define MEMBER(s, field, type)                          \
	{                                               \
#field, type, offsetof(struct s, field) \
	}

static const struct member command_members[] = {{"id", MEMBER_U32, 0},
#define X(upper, lower) {#lower, MEMBER_OBJECT, 0},
	WEIR_METHODS(X)
#undef X
};

static const struct member connect_members[] = {
	MEMBER(weir_connect_command, token, MEMBER_STRING),
	MEMBER(weir_connect_command, name, MEMBER_STRING),
	MEMBER(weir_connect_command, version, MEMBER_STRING),
	MEMBER(weir_connect_command, subs, MEMBER_OBJECT),
	MEMBER(weir_connect_command, data, MEMBER_RAW),
};

static const struct member subscribe_members[] = {
	MEMBER(weir_subscribe_command, channel, MEMBER_STRING),
	MEMBER(weir_subscribe_command, token, MEMBER_STRING),
	MEMBER(weir_subscribe_command, epoch, MEMBER_STRING),
	MEMBER(weir_subscribe_command, delta, MEMBER_STRING),
	MEMBER(weir_subscribe_command, data, MEMBER_RAW),
	MEMBER(weir_subscribe_command, tf, MEMBER_RAW),
	MEMBER(weir_subscribe_command, offset, MEMBER_U64),
	MEMBER(weir_subscribe_command, flag, MEMBER_I64),
	MEMBER(weir_subscribe_command, type, MEMBER_I64),
	MEMBER(weir_subscribe_command, recover, MEMBER_BOOL),
	MEMBER(weir_subscribe_command, positioned, MEMBER_BOOL),
	MEMBER(weir_subscribe_command, recoverable, MEMBER_BOOL),
	MEMBER(weir_subscribe_command, join_leave, MEMBER_BOOL),
};

struct history_json {
	struct weir_str channel, since;
	int64_t limit;
	bool reverse;
};

static const struct member history_members[] = {
	MEMBER(history_json, channel, MEMBER_STRING),
	MEMBER(history_json, since, MEMBER_OBJECT),
	MEMBER(history_json, limit, MEMBER_I64),
	MEMBER(history_json, reverse, MEMBER_BOOL),
};

static const struct member since_members[] = {
	MEMBER(weir_history_command, epoch, MEMBER_STRING),
	MEMBER(weir_history_command, offset, MEMBER_U64),
};

static const struct member other_members[] = {
	MEMBER(weir_command, channel, MEMBER_STRING),
	MEMBER(weir_command, data, MEMBER_RAW),
	MEMBER(weir_command, token, MEMBER_STRING),
};

static int read_string(struct weir_json v, struct weir_buf *scratch, struct weir_str *out)
{
	size_t start = scratch->len;

	if (v.type != WEIR_JSON_STRING)
		return WEIR_EPARSE;
	*out = weir_json_string_plain(v.text);
	if (out->p)
		return 0;
	weir_json_string_decode(scratch, v.text);
	if (scratch->failed)
		return WEIR_EPARSE;
	*out = weir_str_n(scratch->p + start, scratch->len - start);
	return 0;
}

static int read_member(const struct member *m, struct weir_json v, struct weir_buf *scratch, void *to)
{
	uint64_t u;
	int err;

	switch (m->type) {
	case MEMBER_STRING:
		return read_string(v, scratch, to);
	case MEMBER_BOOL:
		if (v.type != WEIR_JSON_TRUE && v.type != WEIR_JSON_FALSE)
			return WEIR_EPARSE;
		*(bool *)to = v.type == WEIR_JSON_TRUE;
		return 0;
	case MEMBER_U32:
		err = weir_json_u64(v, &u);
		if (err || u > UINT32_MAX)
			return WEIR_EPARSE;
		*(uint32_t *)to = (uint32_t)u;
		return 0;
	case MEMBER_U64:
		return weir_json_u64(v, to);
	case MEMBER_I64:
		return weir_json_i64(v, to);
	case MEMBER_OBJECT:
		if (v.type != WEIR_JSON_OBJECT)
			return WEIR_EPARSE;
		*(struct weir_str *)to = v.text;
		return 0;
	case MEMBER_RAW:
		*(struct weir_str *)to = v.text;
		return 0;
	}
	return WEIR_EPARSE;
}

static const struct member *find_member(const struct member *table, size_t n, struct weir_str name)
{
	for (size_t i = 0; i < n; i++)
		if (weir_json_string_is(name, weir_str(table[i].name)))
			return &table[i];
	return NULL;
}

static int read_members(
	struct weir_str object, const struct member *table, size_t n, struct weir_buf *scratch, void *to)
{
	struct weir_json_iter it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, object});
	struct weir_json value;
	struct weir_str name;
	uint32_t seen = 0;

	while (weir_json_next_member(&it, &name, &value)) {
		const struct member *m = find_member(table, n, name);
		uint32_t bit;

		if (!m)
			continue;
		bit = 1u << (m - table);
		if (seen & bit)
			return WEIR_EPARSE;
		seen |= bit;
		if (value.type != WEIR_JSON_NULL && read_member(m, value, scratch, (char *)to + m->offset) < 0)
			return WEIR_EPARSE;
	}
	return 0;
}

#define READ_MEMBERS(object, table, scratch, to) read_members((object), (table), WEIR_ARRAY_LEN(table), (scratch), (to))

static int check_subs(struct weir_str subs, struct weir_buf *scratch)
{
	struct weir_subscribe_command ignored;
	struct weir_str channel;
	int err;

	if (!subs.p)
		return 0;
	do {
		err = weir__json_next_sub(&subs, scratch, &channel, &ignored);
	} while (!err);
	return err == WEIR_ENOTFOUND ? 0 : err;
}

static int read_history(struct weir_str object, struct weir_buf *scratch, struct weir_history_command *out)
{
	struct history_json h = {0};
	int err = READ_MEMBERS(object, history_members, scratch, &h);

	if (err)
		return err;
	*out = (struct weir_history_command){.channel = h.channel, .limit = h.limit, .reverse = h.reverse};
	if (!h.since.p)
		return 0;
	out->has_since = true;
	return READ_MEMBERS(h.since, since_members, scratch, out);
}

static int read_body(struct weir_str object, struct weir_buf *scratch, struct weir_command *out)
{
	int err;

	switch (out->method) {
	case WEIR_METHOD_CONNECT:
		err = READ_MEMBERS(object, connect_members, scratch, &out->connect);
		return err ? err : check_subs(out->connect.subs, scratch);
	case WEIR_METHOD_SUBSCRIBE:
		return READ_MEMBERS(object, subscribe_members, scratch, &out->subscribe);
	case WEIR_METHOD_HISTORY:
		return read_history(object, scratch, &out->history);
	default:
		return READ_MEMBERS(object, other_members, scratch, out);
	}
}

/* The envelope: id and the methods that are there. */
static int read_envelope(struct weir_str object, struct weir_command *out, struct weir_str *body)
{
	struct weir_json_iter it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, object});
	struct weir_json bodies[WEIR_METHOD_COUNT] = {0}, value;
	struct weir_str name;
	uint32_t seen = 0;

	while (weir_json_next_member(&it, &name, &value)) {
		const struct member *m = find_member(command_members, WEIR_ARRAY_LEN(command_members), name);
		uint32_t bit;

		if (!m)
			continue;
		bit = 1u << (m - command_members);
		if (seen & bit)
			return WEIR_EPARSE;
		seen |= bit;
		if (value.type == WEIR_JSON_NULL)
			continue;
		if (m == command_members) {
			if (read_member(m, value, NULL, &out->id) < 0)
				return WEIR_EPARSE;
		} else if (value.type != WEIR_JSON_OBJECT) {
			return WEIR_EPARSE;
		} else {
			bodies[m - command_members] = value; /* the table's order is the enum's */
		}
	}
	for (unsigned i = 1; i < WEIR_METHOD_COUNT && !body->p; i++)
		if (bodies[i].type) {
			out->method = (enum weir_method)i;
			*body = bodies[i].text;
		}
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__json_next(struct weir_str *rest, struct weir_buf *scratch, struct weir_command *out)
{
	struct weir_str line, body = WEIR_STR_NONE;
	struct weir_json object;
	int err;

	if (!rest->p)
		return WEIR_ENOTFOUND;
	line = weir_str_cut(rest, '\n');
	if (rest->p && !rest->n)
		*rest = WEIR_STR_NONE; /* one newline at the end is allowed */
	*out = (struct weir_command){0};
	if (weir_json_check(line, WEIR_JSON_DEPTH, &object, NULL) < 0 || object.type != WEIR_JSON_OBJECT)
		return WEIR_EPARSE;
	weir_buf_reset(scratch);
	/* Decoded text is never longer than the line; connect.subs is walked twice. */
	if (!weir_buf_reserve(scratch, 2 * line.n))
		return WEIR_EPARSE;
	err = read_envelope(object.text, out, &body);
	if (!err && body.p)
		err = read_body(body, scratch, out);
	return err ? WEIR_EPARSE : 0;
}

int weir__json_next_sub(
	struct weir_str *subs, struct weir_buf *scratch, struct weir_str *channel, struct weir_subscribe_command *out)
{
	/* *subs is the object at first, then what is left of it: the iterator's own state. */
	struct weir_json_iter it = subs->n && *subs->p == '{'
					   ? weir_json_members((struct weir_json){WEIR_JSON_OBJECT, *subs})
					   : (struct weir_json_iter){subs->p, subs->p + subs->n};
	struct weir_json value;
	struct weir_str name;

	do {
		if (!weir_json_next_member(&it, &name, &value))
			return WEIR_ENOTFOUND;
	} while (value.type == WEIR_JSON_NULL);
	*subs = weir_str_n(it.p, (size_t)(it.end - it.p));
	*out = (struct weir_subscribe_command){0};
	if (value.type != WEIR_JSON_OBJECT ||
		read_string((struct weir_json){WEIR_JSON_STRING, name}, scratch, channel) < 0)
		return WEIR_EPARSE;
	return READ_MEMBERS(value.text, subscribe_members, scratch, out);
}
