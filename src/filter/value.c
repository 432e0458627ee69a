/* SPDX-License-Identifier: Apache-2.0 */
/* Casts, one function per type that is wanted. Nothing is trimmed, nothing is guessed. Pure, any thread. */
#include "value_priv.h"

/* [+-]? digit+ within 32 bits. */
static bool value_integer_text(struct weir_str s, int32_t *out)
{
	bool negative = s.n && *s.p == '-';
	size_t i = s.n && (*s.p == '-' || *s.p == '+');
	int64_t v = 0;

	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
		if (v > (int64_t)INT32_MAX + negative)
			return false;
	}
	*out = (int32_t)(negative ? -v : v);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_value weir__value_zero(enum weir_value_type type)
{
	struct weir_value v = {.type = type};

	return type == WEIR_VALUE_STRING ? value_string(WEIR_STR_NONE) : v;
}

bool weir__value_integer(const struct weir_value *v, int32_t *out)
{
	switch (v->type) {
	case WEIR_VALUE_INTEGER:
		*out = v->integer;
		return true;
	case WEIR_VALUE_STRING:
		return value_integer_text(v->string, out);
	case WEIR_VALUE_BOOLEAN:
		*out = v->boolean;
		return true;
	case WEIR_VALUE_NUMBER:
		return weir__number_to_integer(&v->number, out);
	default:
		return false;
	}
}

bool weir__value_boolean(const struct weir_value *v, bool *out)
{
	switch (v->type) {
	case WEIR_VALUE_INTEGER:
		*out = v->integer != 0;
		return true;
	case WEIR_VALUE_STRING:
		*out = weir_str_caseeq(v->string, WEIR_STR("true"));
		return *out || weir_str_caseeq(v->string, WEIR_STR("false"));
	case WEIR_VALUE_BOOLEAN:
		*out = v->boolean;
		return true;
	case WEIR_VALUE_NUMBER:
		*out = v->number.digits != 0;
		return true;
	default:
		return false;
	}
}

bool weir__value_number(const struct weir_value *v, struct weir_decimal *out)
{
	switch (v->type) {
	case WEIR_VALUE_INTEGER:
		*out = weir__number_integer(v->integer);
		return true;
	case WEIR_VALUE_STRING:
		return weir__number_parse(v->string, out);
	case WEIR_VALUE_BOOLEAN:
		*out = weir__number_integer(v->boolean);
		return true;
	case WEIR_VALUE_NUMBER:
		*out = v->number;
		return true;
	default:
		return false;
	}
}

bool weir__value_string(const struct weir_value *v, char room[VALUE_TEXT], struct weir_str *out)
{
	struct weir_decimal d;

	switch (v->type) {
	case WEIR_VALUE_STRING:
		*out = v->string;
		return true;
	case WEIR_VALUE_BOOLEAN:
		*out = v->boolean ? WEIR_STR("true") : WEIR_STR("false");
		return true;
	case WEIR_VALUE_INTEGER:
	case WEIR_VALUE_NUMBER:
		d = v->type == WEIR_VALUE_NUMBER ? v->number : weir__number_integer(v->integer);
		*out = weir_str_n(room, weir__number_text(&d, room));
		return true;
	default:
		return false;
	}
}
