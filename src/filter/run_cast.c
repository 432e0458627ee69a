/* SPDX-License-Identifier: Apache-2.0 */
/* Casts during an evaluation, equality, and the budget that both use. The thread of the evaluation. */
#include "run_priv.h"

static bool cast_read(struct run *run, const struct weir_value *v)
{
	return v->type != WEIR_VALUE_STRING || weir__run_read(run, v->string.n);
}

static bool equal_strings(struct run *run, const struct weir_value *v, struct weir_str to, bool *out)
{
	struct weir_str s;

	if (!weir__run_string(run, v, &s) || (s.n == to.n && !weir__run_read(run, s.n)))
		return false;
	*out = weir_str_eq(s, to);
	return true;
}

static bool equal_numbers(struct run *run, const struct weir_value *v, const struct weir_decimal *to, bool *out)
{
	struct weir_decimal d;

	if (!weir__run_number(run, v, &d))
		return false;
	*out = weir__number_compare(&d, to) == 0;
	return true;
}

static bool equal_integers(struct run *run, const struct weir_value *v, int32_t to, bool *out)
{
	struct weir_decimal d = weir__number_integer(to);
	int32_t integer;

	if (v->type == WEIR_VALUE_NUMBER)
		return equal_numbers(run, v, &d, out);
	if (!weir__run_integer(run, v, &integer))
		return false;
	*out = integer == to;
	return true;
}

static bool equal_booleans(struct run *run, const struct weir_value *v, bool to, bool *out)
{
	bool boolean;

	if (!weir__run_boolean(run, v, &boolean))
		return false;
	*out = boolean == to;
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__run_fail(struct run *run, enum weir_filter_error error)
{
	run->error = error;
	return false;
}

bool weir__run_read(struct run *run, size_t n)
{
	run->cost.read_bytes += n;
	return run->cost.read_bytes <= PROGRAM_READ_BYTES || weir__run_fail(run, WEIR_FILTER_GENERIC);
}

char *weir__run_build(struct run *run, size_t n)
{
	char *p;

	/* All that an evaluation may build, so that what is there never moves. */
	if (n > PROGRAM_BUILD_BYTES - run->scratch->len ||
		!weir_buf_reserve(run->scratch, PROGRAM_BUILD_BYTES - run->scratch->len)) {
		weir__run_fail(run, WEIR_FILTER_GENERIC);
		return NULL;
	}
	p = run->scratch->p + run->scratch->len;
	run->scratch->len += n;
	run->cost.built_bytes += n;
	return p;
}

bool weir__run_string(struct run *run, const struct weir_value *v, struct weir_str *out)
{
	char room[VALUE_TEXT], *p;

	if (!weir__value_string(v, room, out))
		return weir__run_fail(run, WEIR_FILTER_CAST);
	if (out->p != room)
		return true;
	p = weir__run_build(run, out->n);
	if (!p)
		return false;
	memcpy(p, room, out->n);
	out->p = p;
	return true;
}

bool weir__run_integer(struct run *run, const struct weir_value *v, int32_t *out)
{
	return cast_read(run, v) && (weir__value_integer(v, out) || weir__run_fail(run, WEIR_FILTER_CAST));
}

bool weir__run_boolean(struct run *run, const struct weir_value *v, bool *out)
{
	return cast_read(run, v) && (weir__value_boolean(v, out) || weir__run_fail(run, WEIR_FILTER_CAST));
}

bool weir__run_number(struct run *run, const struct weir_value *v, struct weir_decimal *out)
{
	return cast_read(run, v) && (weir__value_number(v, out) || weir__run_fail(run, WEIR_FILTER_CAST));
}

bool weir__run_equal(struct run *run, const struct weir_value *v, const struct weir_value *to, bool *out)
{
	switch (to->type) {
	case WEIR_VALUE_STRING:
		return equal_strings(run, v, to->string, out);
	case WEIR_VALUE_INTEGER:
		return equal_integers(run, v, to->integer, out);
	case WEIR_VALUE_BOOLEAN:
		return equal_booleans(run, v, to->boolean, out);
	case WEIR_VALUE_NUMBER:
		return equal_numbers(run, v, &to->number, out);
	default:
		return weir__run_fail(run, WEIR_FILTER_CAST);
	}
}
