/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One evaluation at work. A step that fails sets `error` once and, where the language names a value for that case,
 * `failed`, which is MISSING otherwise; the loop in run.c then ends. Casts charge the Strings that they read and build.
 * One thread.
 */
#ifndef WEIR_FILTER_RUN_PRIV_H
#define WEIR_FILTER_RUN_PRIV_H

#include "build_priv.h"
#include "value_priv.h"

struct run {
	const struct weir_program *p;
	const struct weir_resolver *r;
	struct weir_buf *scratch; /* holds what this evaluation has built, and does not move */
	struct program_cost cost;
	enum weir_filter_error error;
	struct weir_value failed;
	unsigned n; /* values on the stack */
	struct weir_value stack[PROGRAM_STACK];
};

bool weir__run_fail(struct run *run, enum weir_filter_error error); /* false, for the caller to return */
/* The budget of Strings; false: it is used up. */
bool weir__run_read(struct run *run, size_t n);
char *weir__run_build(struct run *run, size_t n); /* n bytes to write to, now; NULL: used up */

/* Casts. False: failed. */
bool weir__run_string(struct run *run, const struct weir_value *v, struct weir_str *out);
bool weir__run_integer(struct run *run, const struct weir_value *v, int32_t *out);
bool weir__run_boolean(struct run *run, const struct weir_value *v, bool *out);
bool weir__run_number(struct run *run, const struct weir_value *v, struct weir_decimal *out);

/* Is v, cast to the type of `to`, equal to it? False: failed. */
bool weir__run_equal(struct run *run, const struct weir_value *v, const struct weir_value *to, bool *out);
/* Two values become one, in place of the lower. */
void weir__run_arithmetic(struct run *run, enum program_code code);
void weir__run_order(struct run *run, enum program_code code);
void weir__run_negate(struct run *run);
/* The arguments, cast already, become the result. */
void weir__run_call(struct run *run, unsigned function, unsigned arity);
/* A leaf of a tree: pushes a Boolean. */
void weir__run_leaf(struct run *run, const struct program_op *op);

struct weir_value weir__run_resolve(struct run *run, unsigned name);

static inline struct weir_value *run_push(struct run *run)
{
	weir_assert(run->n < PROGRAM_STACK);
	return &run->stack[run->n++];
}

static inline struct weir_value *run_top(struct run *run)
{
	weir_assert(run->n > 0);
	return &run->stack[run->n - 1];
}

#endif
