/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pass over a payload, which is JSON or is made JSON. It is checked whole; then each byte is passed once more, entering only what has paths
 * below it, at most eight levels deep. Memory for decoded strings is got once, as much as the payload has bytes, so
 * that they never move. Worker's thread.
 */
#include "payload_walk_priv.h"

#include "number_priv.h"
#include "path_priv.h"
#include "weir/event/convert.h"

#define WALK_NAME_BYTES (6 * PATH_MEMBER_BYTES + 2) /* no member's name within the limit is longer in JSON */

static void walk_value(struct payload *p, struct payload_node *node, struct weir_json_iter *it);

/* The decoded name; absent: no path has such a long one. */
static struct weir_str walk_name(struct payload *p, struct weir_str quoted)
{
	struct weir_str plain;

	if (quoted.n > WALK_NAME_BYTES)
		return WEIR_STR_NONE;
	plain = weir_json_string_plain(quoted);
	if (plain.p)
		return plain;
	weir_buf_reset(&p->name);
	weir_json_string_decode(&p->name, quoted);
	return p->name.failed ? WEIR_STR_NONE : p->name.len ? weir_buf_view(&p->name) : weir_str_n("", 0);
}

static void walk_child(struct payload *p, struct payload_node *parent, enum path_kind kind, struct weir_str name,
	struct weir_json_iter *it)
{
	struct payload_node *child = weir__payload_child(p, parent, kind, name);

	if (child)
		child->parent_visit = parent->visit;
	walk_value(p, child, it);
}

/* Past white space and what stands between values. */
static char walk_peek(struct weir_json_iter *it, char between)
{
	while (it->p < it->end &&
		(*it->p == ' ' || *it->p == '\t' || *it->p == '\n' || *it->p == '\r' || *it->p == between))
		it->p++;
	return it->p < it->end ? *it->p : 0;
}

/* From behind the bracket to behind the one that closes; as all here, in text that is known to be well formed. */
static void walk_object(struct payload *p, struct payload_node *node, struct weir_json_iter *it)
{
	struct weir_json quoted;

	while (walk_peek(it, ',') == '"' && weir_json_next_element(it, &quoted)) {
		struct weir_str name = walk_name(p, quoted.text);

		p->steps++;
		walk_peek(it, ':');
		if (name.p)
			walk_child(p, node, PATH_MEMBER, name, it);
		else
			walk_value(p, NULL, it);
	}
	it->p += it->p < it->end;
}

static void walk_array(struct payload *p, struct payload_node *node, struct weir_json_iter *it)
{
	for (uint32_t i = 0; walk_peek(it, ',') != ']' && it->p < it->end; i++) {
		char index[2] = {(char)(i >> 8), (char)(i & 0xff)};

		if (i >= node->end_element) {
			walk_value(p, NULL, it);
			continue;
		}
		p->steps++;
		walk_child(p, node, PATH_ELEMENT, weir_str_n(index, 2), it);
	}
	it->p += it->p < it->end;
}

/* Is it entered? Anything else is passed in one step. */
static bool walk_enters(const struct payload_node *node, char first)
{
	return node && ((first == '{' && node->n_members > 0) || (first == '[' && node->end_element > 0));
}

/* One value, up to behind it; node is NULL if no path goes there. */
static void walk_value(struct payload *p, struct payload_node *node, struct weir_json_iter *it)
{
	struct weir_json value = {WEIR_JSON_NONE, {it->p, 0}};
	char first = it->p < it->end ? *it->p : 0;

	if (node)
		node->visit = ++p->visits;
	if (!walk_enters(node, first)) {
		/* Ends the walk on what is no JSON, so that every loop does. */
		if (!weir_json_next_element(it, &value))
			it->p = it->end;
	} else {
		value.type = first == '{' ? WEIR_JSON_OBJECT : WEIR_JSON_ARRAY;
		it->p++;
		if (first == '{')
			walk_object(p, node, it);
		else
			walk_array(p, node, it);
		value.text.n = (size_t)(it->p - value.text.p);
	}
	if (node)
		node->value = value;
}

static struct weir_value walk_string(struct payload *p, struct weir_str quoted)
{
	struct weir_value v = {.type = WEIR_VALUE_STRING, .string = weir_json_string_plain(quoted)};
	size_t at = p->texts.len;

	if (v.string.p)
		return v;
	weir_json_string_decode(&p->texts, quoted);
	v.string = weir_str_n(p->texts.p + at, p->texts.len - at);
	return v;
}

/*
 * MessagePack is walked as JSON, so that values are the same in both notations. A part without a form in JSON becomes an array, and is
 * opaque as such.
 */
static bool walk_convert(struct payload *p, struct weir_str *data)
{
	weir_buf_reset(&p->json);
	if (weir_json_from_msgpack_leniently(&p->json, *data) < 0)
		return false;
	*data = weir_buf_view(&p->json);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__payload_walk(struct payload *p, const struct weir_event *e)
{
	struct weir_str data = e->data;
	struct weir_json_iter it;
	struct weir_json value;

	p->walks++;
	weir_buf_reset(&p->texts);
	weir_buf_reset(&p->name);
	if (e->format == WEIR_PAYLOAD_BINARY || (e->format == WEIR_PAYLOAD_MSGPACK && !walk_convert(p, &data)))
		return false;
	if (weir_json_check(data, PAYLOAD_DEPTH, &value, NULL))
		return false;
	if (!weir_buf_reserve(&p->texts, data.n) || !weir_buf_reserve(&p->name, WALK_NAME_BYTES))
		return false;
	it = (struct weir_json_iter){value.text.p, value.text.p + value.text.n};
	walk_value(p, p->root, &it);
	return true;
}

struct weir_value weir__payload_decode(struct payload *p, struct weir_json value)
{
	struct weir_value v = {.type = WEIR_VALUE_MISSING};

	switch (value.type) {
	case WEIR_JSON_STRING:
		return walk_string(p, value.text);
	case WEIR_JSON_NUMBER:
		v.type = weir__number_parse_json(value.text, &v.number) ? WEIR_VALUE_NUMBER : WEIR_VALUE_OPAQUE;
		break;
	case WEIR_JSON_TRUE:
	case WEIR_JSON_FALSE:
		v.type = WEIR_VALUE_BOOLEAN;
		v.boolean = value.type == WEIR_JSON_TRUE;
		break;
	case WEIR_JSON_OBJECT:
	case WEIR_JSON_ARRAY:
		v.type = WEIR_VALUE_OPAQUE;
		break;
	default:
		break;
	}
	return v;
}
