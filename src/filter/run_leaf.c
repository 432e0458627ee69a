/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The leaves of a tree (filters.md §3). A leaf is true or false whatever the value is: missing, or an array or object,
 * is false. Only the budget can end the evaluation. The thread of the evaluation.
 */
#include "run_priv.h"

/* Does v read as a Number? */
static bool leaf_number(struct run *run, const struct weir_value *v, struct weir_decimal *out)
{
	if (v->type == WEIR_VALUE_STRING)
		return weir__run_read(run, v->string.n) && weir__number_parse(v->string, out);
	return v->type != WEIR_VALUE_BOOLEAN && weir__value_number(v, out);
}

static bool leaf_order(
	struct run *run, enum program_code code, const struct weir_value *v, const struct program_const *val)
{
	struct weir_decimal number, to = {val->digits, val->magnitude, val->negative};
	int order;

	if (!val->is_number || !leaf_number(run, v, &number))
		return false;
	order = weir__number_compare(&number, &to);
	switch (code) {
	case PROGRAM_LEAF_LESS:
		return order < 0;
	case PROGRAM_LEAF_LESS_EQUAL:
		return order <= 0;
	case PROGRAM_LEAF_GREATER:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool leaf_equal(
	struct run *run, const struct weir_value *v, struct weir_str text, const struct program_const *val)
{
	struct weir_decimal to = {val->digits, val->magnitude, val->negative};
	struct weir_str wanted = program_str(run->p, val->text.at, val->text.n);

	if (v->type == WEIR_VALUE_NUMBER && val->is_number)
		return weir__number_compare(&v->number, &to) == 0;
	return text.n == wanted.n && weir__run_read(run, text.n) && weir_str_eq(text, wanted);
}

static bool leaf_in(struct run *run, const struct weir_value *v, struct weir_str text, unsigned set)
{
	const struct program_set *sets = program_section(run->p, PROGRAM_SETS);

	return weir__run_read(run, text.n) && weir__set_has(run->p, &sets[set], v, text);
}

static bool leaf_text(struct run *run, enum program_code code, struct weir_str text, const struct program_const *val)
{
	struct weir_str part = program_str(run->p, val->text.at, val->text.n);

	if (!weir__run_read(run, text.n))
		return false;
	switch (code) {
	case PROGRAM_LEAF_STARTS:
		return weir_str_starts(text, part);
	case PROGRAM_LEAF_ENDS:
		return weir_str_ends(text, part);
	default:
		return weir_str_contains(text, part);
	}
}

static bool leaf_truth(struct run *run, const struct program_op *op, const struct weir_value *v)
{
	const struct program_const *vals = program_section(run->p, PROGRAM_CONSTS);
	enum program_code code = (enum program_code)op->code;
	char room[VALUE_TEXT];
	struct weir_str text;

	if (v->type == WEIR_VALUE_MISSING || v->type == WEIR_VALUE_OPAQUE)
		return false;
	if (code >= PROGRAM_LEAF_LESS)
		return leaf_order(run, code, v, &vals[op->operand]);
	if (!weir__value_string(v, room, &text))
		return false;
	if (code == PROGRAM_LEAF_IN)
		return leaf_in(run, v, text, op->operand);
	if (code == PROGRAM_LEAF_EQUAL)
		return leaf_equal(run, v, text, &vals[op->operand]);
	return leaf_text(run, code, text, &vals[op->operand]);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__run_leaf(struct run *run, const struct program_op *op)
{
	struct weir_value v = weir__run_resolve(run, op->slot);

	*run_push(run) = value_boolean(leaf_truth(run, op, &v));
}
