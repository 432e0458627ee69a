/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands in JSON: one object per line (protocol.md §2.3). Raw
 * members stay spans of the message. Strings with escapes are decoded into the scratch buffer, which is reserved
 * before, so that spans stay valid.
 */
#include "commands_priv.h"
#include "json_priv.h"

#define READ_MEMBERS(object, table, scratch, to) \
	weir_members_read((object), weir__##table.rows, weir__##table.n, (scratch), (to), NULL)

static int read_history(struct weir_str object, struct weir_buf *scratch, struct weir_history_command *out)
{
	struct history_members h = {0};
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
		return err ? err : weir__json_check_subs(out->connect.subs, scratch);
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
		const struct weir_member *m =
			weir_members_find(weir__command_members.rows, weir__command_members.n, name);
		uint32_t bit;

		if (!m)
			continue;
		bit = 1u << (m - weir__command_members.rows);
		if (seen & bit)
			return WEIR_EPARSE;
		seen |= bit;
		if (value.type == WEIR_JSON_NULL)
			continue;
		if (m == weir__command_members.rows) {
			if (weir_member_read(m->type, value, NULL, &out->id) < 0)
				return WEIR_EPARSE;
		} else if (value.type != WEIR_JSON_OBJECT) {
			return WEIR_EPARSE;
		} else {
			bodies[m - weir__command_members.rows] = value; /* the table's order is the enum's */
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

int weir__json_check_subs(struct weir_str subs, struct weir_buf *scratch)
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
		weir_member_read(WEIR_MEMBER_STRING, (struct weir_json){WEIR_JSON_STRING, name}, scratch, channel) < 0)
		return WEIR_EPARSE;
	return READ_MEMBERS(value.text, subscribe_members, scratch, out);
}
