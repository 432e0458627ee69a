/* SPDX-License-Identifier: Apache-2.0 */
/* The casts and functions of the reference: a table of names, parameters and results, each with its own few lines. */
#include "reference_priv.h"
#include "weir/base/mem.h"

#define MANY 1000

static struct weir_value value_string(struct weir_str s)
{
	return (struct weir_value){.type = WEIR_VALUE_STRING, .string = s};
}

static bool cast_string_to_integer(struct weir_str s, int32_t *out)
{
	bool negative = s.n > 0 && *s.p == '-';
	int64_t value = 0;
	size_t i = negative || (s.n > 0 && *s.p == '+') ? 1 : 0;

	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		if (!ref_is_digit(s.p[i]))
			return false;
		value = value < INT64_C(100000000000) ? value * 10 + (s.p[i] - '0') : value;
	}
	value = negative ? -value : value;
	*out = (int32_t)value;
	return value >= INT32_MIN && value <= INT32_MAX;
}

static bool cast_to_integer(struct weir_value x, struct weir_value *out)
{
	*out = ref_integer(0);
	switch (x.type) {
	case WEIR_VALUE_STRING:
		return cast_string_to_integer(x.string, &out->integer);
	case WEIR_VALUE_BOOLEAN:
		out->integer = x.boolean;
		return true;
	case WEIR_VALUE_NUMBER:
		return ref_number_to_integer(x.number, &out->integer);
	default:
		return false;
	}
}

static bool cast_to_string(struct ref_arena *a, struct weir_value x, struct weir_value *out)
{
	struct weir_buf text;

	weir_buf_init(&text, 4096);
	if (x.type == WEIR_VALUE_INTEGER)
		weir_buf_printf(&text, "%ld", (long)x.integer);
	else if (x.type == WEIR_VALUE_BOOLEAN)
		weir_buf_str(&text, x.boolean ? WEIR_STR("true") : WEIR_STR("false"));
	else if (x.type == WEIR_VALUE_NUMBER)
		ref_number_print(&text, x.number);
	else
		return false;
	*out = value_string(ref_copy(a, weir_buf_view(&text)));
	weir_buf_fini(&text);
	return true;
}

static bool cast_to_boolean(struct weir_value x, struct weir_value *out)
{
	switch (x.type) {
	case WEIR_VALUE_STRING:
		*out = ref_boolean(weir_str_caseeq(x.string, WEIR_STR("true")));
		return out->boolean || weir_str_caseeq(x.string, WEIR_STR("false"));
	case WEIR_VALUE_INTEGER:
		*out = ref_boolean(x.integer != 0);
		return true;
	case WEIR_VALUE_NUMBER:
		*out = ref_boolean(x.number.digits != 0);
		return true;
	default:
		return false;
	}
}

static bool cast_to_number(struct weir_value x, struct weir_value *out)
{
	*out = (struct weir_value){.type = WEIR_VALUE_NUMBER};
	switch (x.type) {
	case WEIR_VALUE_STRING:
		return ref_number_read(x.string, false, &out->number) == REF_READ;
	case WEIR_VALUE_INTEGER:
		out->number = ref_number_of(x.integer);
		return true;
	case WEIR_VALUE_BOOLEAN:
		out->number = ref_number_of(x.boolean);
		return true;
	default:
		return false;
	}
}

static enum weir_filter_error apply_cast(
	struct ref_arena *a, struct weir_value x, enum weir_value_type to, struct weir_value *out)
{
	if (ref_cast(a, x, to, out))
		return WEIR_FILTER_OK;
	*out = ref_zero(to);
	return WEIR_FILTER_CAST;
}

#define CASTING(name, type)                                                                           \
	static enum weir_filter_error apply_##name(                                                   \
		struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out) \
	{                                                                                             \
		(void)n;                                                                              \
		return apply_cast(a, args[0], type, out);                                             \
	}                                                                                             \
	static enum weir_filter_error apply_is_##name(                                                \
		struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out) \
	{                                                                                             \
		struct weir_value cast;                                                               \
                                                                                                      \
		(void)n;                                                                              \
		*out = ref_boolean(ref_cast(a, args[0], type, &cast));                                \
		return WEIR_FILTER_OK;                                                                \
	}

CASTING(int, WEIR_VALUE_INTEGER)
CASTING(bool, WEIR_VALUE_BOOLEAN)
CASTING(number, WEIR_VALUE_NUMBER)

static enum weir_filter_error apply_string(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	(void)n;
	return apply_cast(a, args[0], WEIR_VALUE_STRING, out);
}

static enum weir_filter_error apply_length(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	(void)a;
	(void)n;
	*out = ref_integer((int32_t)ref_length(args[0].string));
	return WEIR_FILTER_OK;
}

static struct weir_value join(struct ref_arena *a, struct weir_str between, const struct weir_value *args, size_t n)
{
	size_t bytes = 0;
	char *to;

	for (size_t i = 0; i < n; i++)
		bytes += args[i].string.n + between.n;
	to = ref_alloc(a, bytes + 1);
	bytes = 0;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && between.n > 0)
			memcpy(to + bytes, between.p, between.n);
		bytes += i > 0 ? between.n : 0;
		if (args[i].string.n > 0)
			memcpy(to + bytes, args[i].string.p, args[i].string.n);
		bytes += args[i].string.n;
	}
	return value_string(weir_str_n(to, bytes));
}

static enum weir_filter_error apply_concat(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	*out = join(a, WEIR_STR(""), args, n);
	return WEIR_FILTER_OK;
}

static enum weir_filter_error apply_concat_ws(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	*out = join(a, args[0].string, args + 1, n - 1);
	return WEIR_FILTER_OK;
}

static enum weir_filter_error apply_lower(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	(void)n;
	*out = value_string(ref_recase(a, args[0].string, false));
	return WEIR_FILTER_OK;
}

static enum weir_filter_error apply_upper(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	(void)n;
	*out = value_string(ref_recase(a, args[0].string, true));
	return WEIR_FILTER_OK;
}

static enum weir_filter_error apply_trim(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	(void)a;
	(void)n;
	*out = value_string(ref_trim(args[0].string));
	return WEIR_FILTER_OK;
}

static enum weir_filter_error apply_left(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	(void)a;
	(void)n;
	*out = args[0];
	if (args[1].integer < 0)
		return WEIR_FILTER_FUNCTION;
	*out = value_string(ref_first(args[0].string, (size_t)args[1].integer));
	return WEIR_FILTER_OK;
}

static enum weir_filter_error apply_right(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	size_t length = ref_length(args[0].string);

	(void)a;
	(void)n;
	*out = args[0];
	if (args[1].integer < 0)
		return WEIR_FILTER_FUNCTION;
	if ((size_t)args[1].integer < length)
		*out = value_string(ref_skip(args[0].string, length - (size_t)args[1].integer));
	return WEIR_FILTER_OK;
}

static enum weir_filter_error apply_substring(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	struct weir_str x = args[0].string;
	int64_t length = (int64_t)ref_length(x), pos = args[1].integer;

	(void)a;
	*out = value_string(WEIR_STR(""));
	if (pos > length || pos < -length || (n == 3 && args[2].integer < 0))
		return WEIR_FILTER_FUNCTION;
	if (pos == 0)
		return WEIR_FILTER_OK;
	x = ref_skip(x, (size_t)(pos > 0 ? pos - 1 : length + pos));
	*out = value_string(n == 3 ? ref_first(x, (size_t)args[2].integer) : x);
	return WEIR_FILTER_OK;
}

static enum weir_filter_error apply_abs(
	struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out)
{
	(void)n;
	if (args[0].type == WEIR_VALUE_NUMBER) {
		*out = args[0];
		out->number.negative = false;
		return WEIR_FILTER_OK;
	}
	if (!ref_cast(a, args[0], WEIR_VALUE_INTEGER, out)) {
		*out = ref_integer(0);
		return WEIR_FILTER_CAST;
	}
	if (out->integer == INT32_MIN) {
		out->integer = INT32_MAX;
		return WEIR_FILTER_MATH;
	}
	out->integer = out->integer < 0 ? -out->integer : out->integer;
	return WEIR_FILTER_OK;
}

#define ANY     WEIR_VALUE_MISSING
#define STRING  WEIR_VALUE_STRING
#define INTEGER WEIR_VALUE_INTEGER
#define BOOLEAN WEIR_VALUE_BOOLEAN
#define NUMBER  WEIR_VALUE_NUMBER

static const struct ref_function functions[] = {
	{"INT", 1, 1, {ANY}, INTEGER, apply_int},
	{"BOOL", 1, 1, {ANY}, BOOLEAN, apply_bool},
	{"STRING", 1, 1, {ANY}, STRING, apply_string},
	{"NUMBER", 1, 1, {ANY}, NUMBER, apply_number},
	{"LENGTH", 1, 1, {STRING}, INTEGER, apply_length},
	{"CONCAT", 0, MANY, {STRING, STRING, STRING}, STRING, apply_concat},
	{"CONCAT_WS", 1, MANY, {STRING, STRING, STRING}, STRING, apply_concat_ws},
	{"LOWER", 1, 1, {STRING}, STRING, apply_lower},
	{"UPPER", 1, 1, {STRING}, STRING, apply_upper},
	{"TRIM", 1, 1, {STRING}, STRING, apply_trim},
	{"LEFT", 2, 2, {STRING, INTEGER}, STRING, apply_left},
	{"RIGHT", 2, 2, {STRING, INTEGER}, STRING, apply_right},
	{"SUBSTRING", 2, 3, {STRING, INTEGER, INTEGER}, STRING, apply_substring},
	{"ABS", 1, 1, {ANY}, INTEGER, apply_abs},
	{"IS_INT", 1, 1, {ANY}, BOOLEAN, apply_is_int},
	{"IS_BOOL", 1, 1, {ANY}, BOOLEAN, apply_is_bool},
	{"IS_NUMBER", 1, 1, {ANY}, BOOLEAN, apply_is_number},
};

/* ------------------------------------------------------------------------------------------------------------------ */

const struct ref_function *ref_function(struct weir_str name, size_t args)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(functions); i++)
		if (weir_str_caseeq(name, weir_str(functions[i].name)) && args >= functions[i].min &&
			args <= functions[i].max)
			return &functions[i];
	return NULL;
}

bool ref_cast(struct ref_arena *a, struct weir_value x, enum weir_value_type to, struct weir_value *out)
{
	*out = x;
	if (x.type == WEIR_VALUE_OPAQUE)
		return false;
	if (x.type == to)
		return true;
	switch (to) {
	case WEIR_VALUE_INTEGER:
		return cast_to_integer(x, out);
	case WEIR_VALUE_STRING:
		return cast_to_string(a, x, out);
	case WEIR_VALUE_BOOLEAN:
		return cast_to_boolean(x, out);
	case WEIR_VALUE_NUMBER:
		return cast_to_number(x, out);
	default:
		return false;
	}
}

struct weir_value ref_zero(enum weir_value_type type)
{
	struct weir_value zero = {.type = type};

	if (type == WEIR_VALUE_STRING)
		zero.string = WEIR_STR("");
	return zero;
}
