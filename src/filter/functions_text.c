/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of texts. Characters are code points. What only cuts returns a slice; what joins or maps builds, within
 * the budget. The thread of the evaluation.
 */
#include "functions_text_priv.h"

#include "text_priv.h"

/* Joins args[from] … with a delimiter between. */
static bool text_join(
	struct run *run, struct weir_str between, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	size_t length = n > 1 ? (n - 1) * between.n : 0, at = 0;
	char *p;

	for (unsigned i = 0; i < n; i++)
		length += args[i].string.n;
	p = weir__run_build(run, length);
	if (!p)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (i > 0 && between.n) {
			memcpy(p + at, between.p, between.n);
			at += between.n;
		}
		if (args[i].string.n)
			memcpy(p + at, args[i].string.p, args[i].string.n);
		at += args[i].string.n;
	}
	*out = value_string(weir_str_n(p, length));
	return true;
}

static bool text_map(struct run *run, struct weir_str s, bool upper, struct weir_value *out)
{
	size_t n = weir__text_map(s, upper, NULL);
	char *p = weir__run_build(run, n);

	if (!p)
		return false;
	weir__text_map(s, upper, p);
	*out = value_string(weir_str_n(p, n));
	return true;
}

/* LEFT and RIGHT of fewer than no characters. */
static bool text_negative(struct run *run, const struct weir_value *x)
{
	run->failed = *x;
	return weir__run_fail(run, WEIR_FILTER_FUNCTION);
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__function_length(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	(void)run;
	(void)n;
	*out = value_integer((int32_t)weir__text_length(args->string));
	return true;
}

bool weir__function_concat(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	return text_join(run, WEIR_STR_NONE, args, n, out);
}

bool weir__function_concat_ws(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	return text_join(run, args->string, args + 1, n - 1, out);
}

bool weir__function_lower(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	(void)n;
	return text_map(run, args->string, false, out);
}

bool weir__function_upper(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	(void)n;
	return text_map(run, args->string, true, out);
}

bool weir__function_trim(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	(void)run;
	(void)n;
	*out = value_string(weir__text_trim(args->string));
	return true;
}

bool weir__function_left(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	struct weir_str s = args[0].string;

	(void)n;
	if (args[1].integer < 0)
		return text_negative(run, &args[0]);
	*out = value_string(weir__text_first(&s, (size_t)args[1].integer));
	return true;
}

bool weir__function_right(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	struct weir_str s = args[0].string;

	(void)n;
	if (args[1].integer < 0)
		return text_negative(run, &args[0]);
	*out = value_string(weir__text_last(&s, (size_t)args[1].integer));
	return true;
}

bool weir__function_substring(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out)
{
	int64_t length = (int64_t)weir__text_length(args[0].string), at = args[1].integer;
	struct weir_str s = args[0].string;

	if (at > length || at < -length || (n > 2 && args[2].integer < 0)) {
		run->failed = value_string(WEIR_STR_NONE);
		return weir__run_fail(run, WEIR_FILTER_FUNCTION);
	}
	if (at == 0) {
		*out = value_string(WEIR_STR_NONE);
		return true;
	}
	weir__text_first(&s, (size_t)(at > 0 ? at - 1 : length + at));
	*out = value_string(n > 2 ? weir__text_first(&s, (size_t)args[2].integer) : s);
	return true;
}
