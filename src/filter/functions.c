/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of functions and the calls. Those of texts are in functions_text.c; here are the casts and what belongs to
 * numbers. The thread of the evaluation.
 */
#include "functions_priv.h"

#include "functions_text_priv.h"
#include "weir/base/mem.h"

static bool function_int(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	(void)n;
	out->type = WEIR_VALUE_INTEGER;
	return weir__value_integer(args, &out->integer) || weir__run_fail(run, WEIR_FILTER_CAST);
}

static bool function_bool(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	(void)n;
	out->type = WEIR_VALUE_BOOLEAN;
	return weir__value_boolean(args, &out->boolean) || weir__run_fail(run, WEIR_FILTER_CAST);
}

static bool function_number(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	(void)n;
	out->type = WEIR_VALUE_NUMBER;
	return weir__value_number(args, &out->number) || weir__run_fail(run, WEIR_FILTER_CAST);
}

static bool function_string(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	(void)n;
	out->type = WEIR_VALUE_STRING;
	return weir__run_string(run, args, &out->string);
}

static bool function_is_int(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	int32_t integer;

	(void)run;
	(void)n;
	*out = value_boolean(weir__value_integer(args, &integer));
	return true;
}

static bool function_is_bool(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	bool boolean;

	(void)run;
	(void)n;
	*out = value_boolean(weir__value_boolean(args, &boolean));
	return true;
}

static bool function_is_number(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	struct weir_decimal number;

	(void)run;
	(void)n;
	*out = value_boolean(weir__value_number(args, &number));
	return true;
}

static bool function_abs(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	int32_t integer;

	(void)n;
	if (args->type == WEIR_VALUE_NUMBER) {
		*out = *args;
		out->number.negative = false;
		return true;
	}
	if (!weir__value_integer(args, &integer))
		return weir__run_fail(run, WEIR_FILTER_CAST);
	if (integer == INT32_MIN) {
		run->failed = value_integer(INT32_MAX);
		return weir__run_fail(run, WEIR_FILTER_MATH);
	}
	*out = value_integer(integer < 0 ? -integer : integer);
	return true;
}

static const struct function functions[] = {
	{"INT", 1, 1, WEIR_VALUE_INTEGER, {PARAM_ANY}, function_int},
	{"BOOL", 1, 1, WEIR_VALUE_BOOLEAN, {PARAM_ANY}, function_bool},
	{"STRING", 1, 1, WEIR_VALUE_STRING, {PARAM_ANY}, function_string},
	{"NUMBER", 1, 1, WEIR_VALUE_NUMBER, {PARAM_ANY}, function_number},
	{"LENGTH", 1, 1, WEIR_VALUE_INTEGER, {PARAM_STRING}, weir__function_length},
	{"CONCAT", 0, FUNCTION_MANY, WEIR_VALUE_STRING, {PARAM_STRING, PARAM_STRING, PARAM_STRING},
		weir__function_concat},
	{"CONCAT_WS", 1, FUNCTION_MANY, WEIR_VALUE_STRING, {PARAM_STRING, PARAM_STRING, PARAM_STRING},
		weir__function_concat_ws},
	{"LOWER", 1, 1, WEIR_VALUE_STRING, {PARAM_STRING}, weir__function_lower},
	{"UPPER", 1, 1, WEIR_VALUE_STRING, {PARAM_STRING}, weir__function_upper},
	{"TRIM", 1, 1, WEIR_VALUE_STRING, {PARAM_STRING}, weir__function_trim},
	{"LEFT", 2, 2, WEIR_VALUE_STRING, {PARAM_STRING, PARAM_INTEGER}, weir__function_left},
	{"RIGHT", 2, 2, WEIR_VALUE_STRING, {PARAM_STRING, PARAM_INTEGER}, weir__function_right},
	{"SUBSTRING", 2, 3, WEIR_VALUE_STRING, {PARAM_STRING, PARAM_INTEGER, PARAM_INTEGER}, weir__function_substring},
	{"ABS", 1, 1, WEIR_VALUE_MISSING, {PARAM_ANY}, function_abs},
	{"IS_INT", 1, 1, WEIR_VALUE_BOOLEAN, {PARAM_ANY}, function_is_int},
	{"IS_BOOL", 1, 1, WEIR_VALUE_BOOLEAN, {PARAM_ANY}, function_is_bool},
	{"IS_NUMBER", 1, 1, WEIR_VALUE_BOOLEAN, {PARAM_ANY}, function_is_number},
};

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__function_find(struct weir_str name)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(functions); i++)
		if (weir_str_caseeq(name, weir_str(functions[i].name)))
			return (int)i;
	return -1;
}

const struct function *weir__function(unsigned i)
{
	return &functions[i];
}

void weir__run_call(struct run *run, unsigned function, unsigned arity)
{
	const struct weir_value *args = &run->stack[run->n - arity];
	struct weir_value result;

	for (unsigned i = 0; i < arity; i++)
		if (args[i].type == WEIR_VALUE_STRING && !weir__run_read(run, args[i].string.n))
			return;
	if (!functions[function].call(run, args, arity, &result))
		return;
	run->n -= arity;
	*run_push(run) = result;
}
