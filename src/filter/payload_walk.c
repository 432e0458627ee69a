/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pass over a JSON payload. It is checked whole; then only what has paths below it is entered, at most eight levels
 * deep. Memory for decoded strings is got once, as much as the payload has bytes, so that they never move. Worker's
 * thread.
 */
#include "payload_walk_priv.h"

#include "number_priv.h"
#include "path_priv.h"

#define WALK_NAME_BYTES (6 * PATH_MEMBER_BYTES + 2) /* no member's name within the limit is longer in JSON */

static void walk_value(struct payload *p, struct payload_node *node, struct weir_json value);

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
	struct weir_json value)
{
	struct payload_node *child = weir__payload_child(p, parent, kind, name);

	if (!child)
		return;
	child->parent_visit = parent->visit;
	walk_value(p, child, value);
}

static void walk_object(struct payload *p, struct payload_node *node, struct weir_json object)
{
	struct weir_json_iter it = weir_json_members(object);
	struct weir_json value;
	struct weir_str quoted;

	while (weir_json_next_member(&it, &quoted, &value)) {
		struct weir_str name = walk_name(p, quoted);

		p->steps++;
		if (name.p)
			walk_child(p, node, PATH_MEMBER, name, value);
	}
}

static void walk_array(struct payload *p, struct payload_node *node, struct weir_json array)
{
	struct weir_json_iter it = weir_json_elements(array);
	struct weir_json value;

	for (uint32_t i = 0; i < node->end_element && weir_json_next_element(&it, &value); i++) {
		char index[2] = {(char)(i >> 8), (char)(i & 0xff)};

		p->steps++;
		walk_child(p, node, PATH_ELEMENT, weir_str_n(index, 2), value);
	}
}

static void walk_value(struct payload *p, struct payload_node *node, struct weir_json value)
{
	node->visit = ++p->visits;
	node->value = value;
	if (value.type == WEIR_JSON_OBJECT && node->n_members > 0)
		walk_object(p, node, value);
	else if (value.type == WEIR_JSON_ARRAY && node->end_element > 0)
		walk_array(p, node, value);
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

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__payload_walk(struct payload *p, struct weir_str data)
{
	struct weir_json value;

	p->walks++;
	weir_buf_reset(&p->texts);
	weir_buf_reset(&p->name);
	if (weir_json_check(data, PAYLOAD_DEPTH, &value, NULL))
		return false;
	if (!weir_buf_reserve(&p->texts, data.n) || !weir_buf_reserve(&p->name, WALK_NAME_BYTES))
		return false;
	walk_value(p, p->root, value);
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
