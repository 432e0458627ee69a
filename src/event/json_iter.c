/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking over a value that weir_json_check() has accepted. Since the grammar is known to hold, a value is skipped by
 * looking for quotes and brackets only; and yet nothing here reads outside the span, whatever is in it. Any thread.
 */
#include "weir/event/json.h"

#include "json_priv.h"

/* Behind the string that begins at p. */
static const char *iter_skip_string(const char *p, const char *end)
{
	p = json_plain_end(p + 1, end, JSON_STOP_QUOTE);
	while (p < end && *p == '\\') {
		p = end - p > 2 ? p + 2 : end;
		p = json_plain_end(p, end, JSON_STOP_QUOTE);
	}
	return p < end ? p + 1 : end;
}

static const char *iter_skip_container(const char *p, const char *end)
{
	unsigned depth = 0;

	while (p < end) {
		switch (*p) {
		case '"':
			p = iter_skip_string(p, end);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return p + 1;
			break;
		default:
			break;
		}
		p++;
	}
	return end;
}

static const char *iter_skip_scalar(const char *p, const char *end)
{
	while (p < end && *p != ',' && *p != ']' && *p != '}' && !json_is_space(*p))
		p++;
	return p;
}

/* The value that begins at it->p, which moves behind it. */
static bool iter_value(struct weir_json_iter *it, struct weir_json *value)
{
	const char *p = it->p;

	value->type = p < it->end ? json_type(*p) : WEIR_JSON_NONE;
	switch (value->type) {
	case WEIR_JSON_NONE:
		it->p = it->end;
		return false;
	case WEIR_JSON_STRING:
		it->p = iter_skip_string(p, it->end);
		break;
	case WEIR_JSON_OBJECT:
	case WEIR_JSON_ARRAY:
		it->p = iter_skip_container(p, it->end);
		break;
	default:
		it->p = iter_skip_scalar(p, it->end);
		break;
	}
	value->text = weir_str_n(p, (size_t)(it->p - p));
	return true;
}

/* To the next name or element; false when there is none. */
static bool iter_advance(struct weir_json_iter *it)
{
	it->p = json_skip_space(it->p, it->end);
	if (it->p < it->end && *it->p == ',')
		it->p = json_skip_space(it->p + 1, it->end);
	return it->p < it->end;
}

static struct weir_json_iter iter_inside(struct weir_json v, enum weir_json_type type)
{
	/* Without its brackets. */
	if (v.type != type || v.text.n < 2)
		return (struct weir_json_iter){NULL, NULL};
	return (struct weir_json_iter){v.text.p + 1, v.text.p + v.text.n - 1};
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_json_iter weir_json_members(struct weir_json object)
{
	return iter_inside(object, WEIR_JSON_OBJECT);
}

bool weir_json_next_member(struct weir_json_iter *it, struct weir_str *name, struct weir_json *value)
{
	const char *p;

	if (!iter_advance(it) || *it->p != '"')
		return false;
	p = it->p;
	it->p = iter_skip_string(p, it->end);
	*name = weir_str_n(p, (size_t)(it->p - p));
	it->p = json_skip_space(it->p, it->end);
	if (it->p < it->end && *it->p == ':')
		it->p = json_skip_space(it->p + 1, it->end);
	return iter_value(it, value);
}

struct weir_json_iter weir_json_elements(struct weir_json array)
{
	return iter_inside(array, WEIR_JSON_ARRAY);
}

bool weir_json_next_element(struct weir_json_iter *it, struct weir_json *value)
{
	return iter_advance(it) && iter_value(it, value);
}
