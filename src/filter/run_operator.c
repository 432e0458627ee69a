/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic and order: on Numbers if one operand is a Number, else on Integers of 32 bits, which do not wrap. The
 * thread of the evaluation.
 */
#include "run_priv.h"

static void operator_integers(struct run *run, enum program_code code)
{
	struct weir_value *y = run_top(run), *x = y - 1;
	int32_t a, b, result;
	bool wrong;

	run->failed = value_integer(0);
	if (!weir__run_integer(run, x, &a) || !weir__run_integer(run, y, &b))
		return;
	switch (code) {
	case PROGRAM_ADD:
		wrong = __builtin_add_overflow(a, b, &result);
		break;
	case PROGRAM_SUBTRACT:
		wrong = __builtin_sub_overflow(a, b, &result);
		break;
	case PROGRAM_MULTIPLY:
		wrong = __builtin_mul_overflow(a, b, &result);
		break;
	case PROGRAM_DIVIDE:
		wrong = b == 0 || (a == INT32_MIN && b == -1);
		result = wrong ? 0 : a / b;
		break;
	default:
		wrong = b == 0;
		result = wrong || b == -1 ? 0 : a % b;
		break;
	}
	if (wrong) {
		weir__run_fail(run, WEIR_FILTER_MATH);
		return;
	}
	run->n--;
	*x = value_integer(result);
}

static void operator_numbers(struct run *run, enum program_code code)
{
	struct weir_value *y = run_top(run), *x = y - 1;
	struct weir_decimal a, b, result;
	bool right;

	run->failed = weir__value_zero(WEIR_VALUE_NUMBER);
	if (!weir__run_number(run, x, &a) || !weir__run_number(run, y, &b))
		return;
	switch (code) {
	case PROGRAM_ADD:
		right = weir__number_add(&a, &b, &result);
		break;
	case PROGRAM_SUBTRACT:
		right = weir__number_subtract(&a, &b, &result);
		break;
	case PROGRAM_MULTIPLY:
		right = weir__number_multiply(&a, &b, &result);
		break;
	default:
		right = b.digits && weir__number_divide(&a, &b, &result);
		break;
	}
	if (!right) {
		weir__run_fail(run, WEIR_FILTER_MATH);
		return;
	}
	run->n--;
	*x = value_number(result);
}

static bool operator_is_number(const struct run *run)
{
	return run->stack[run->n - 1].type == WEIR_VALUE_NUMBER || run->stack[run->n - 2].type == WEIR_VALUE_NUMBER;
}

/* < 0, 0, > 0. False: failed. */
static bool operator_compare(struct run *run, int *order)
{
	const struct weir_value *y = run_top(run), *x = y - 1;
	struct weir_decimal c, d;
	int32_t a, b;

	if (operator_is_number(run)) {
		if (!weir__run_number(run, x, &c) || !weir__run_number(run, y, &d))
			return false;
		*order = weir__number_compare(&c, &d);
		return true;
	}
	if (!weir__run_integer(run, x, &a) || !weir__run_integer(run, y, &b))
		return false;
	*order = (a > b) - (a < b);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__run_arithmetic(struct run *run, enum program_code code)
{
	if (code != PROGRAM_REMAINDER && operator_is_number(run))
		operator_numbers(run, code);
	else
		operator_integers(run, code);
}

void weir__run_order(struct run *run, enum program_code code)
{
	bool result;
	int order;

	if (!operator_compare(run, &order))
		return;
	switch (code) {
	case PROGRAM_LESS:
		result = order < 0;
		break;
	case PROGRAM_LESS_EQUAL:
		result = order <= 0;
		break;
	case PROGRAM_GREATER:
		result = order > 0;
		break;
	default:
		result = order >= 0;
		break;
	}
	run->n--;
	*run_top(run) = value_boolean(result);
}

void weir__run_negate(struct run *run)
{
	struct weir_value *top = run_top(run);
	int32_t integer;

	if (top->type == WEIR_VALUE_NUMBER) {
		top->number.negative = !top->number.negative && top->number.digits;
		return;
	}
	run->failed = value_integer(0);
	if (!weir__run_integer(run, top, &integer))
		return;
	if (integer == INT32_MIN)
		weir__run_fail(run, WEIR_FILTER_MATH);
	else
		*top = value_integer(-integer);
}
