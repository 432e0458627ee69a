/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a program: each op at most once, since jumps only go forward; the first error ends it. No allocation, but for
 * the first text that a new scratch buffer is asked to hold. The thread of the scratch buffer's owner.
 */
#include "run_priv.h"

static void run_load(struct run *run, unsigned name)
{
	struct weir_value v = weir__run_resolve(run, name);

	if (v.type == WEIR_VALUE_MISSING)
		weir__run_fail(run, WEIR_FILTER_MISSING_ATTRIBUTE);
	else
		*run_push(run) = v;
}

static void run_const(struct run *run, unsigned i)
{
	const struct program_const *all = program_section(run->p, PROGRAM_CONSTS);

	*run_push(run) = program_value(run->p, &all[i]);
}

static bool run_to_boolean(struct run *run)
{
	struct weir_value *top = run_top(run);
	bool boolean;

	if (top->type != WEIR_VALUE_BOOLEAN && weir__run_boolean(run, top, &boolean))
		*top = value_boolean(boolean);
	return !run->error;
}

static void run_to_string(struct run *run)
{
	struct weir_value *top = run_top(run);
	struct weir_str s;

	if (top->type != WEIR_VALUE_STRING && weir__run_string(run, top, &s))
		*top = value_string(s);
}

static void run_to_integer(struct run *run)
{
	struct weir_value *top = run_top(run);
	int32_t integer;

	if (top->type != WEIR_VALUE_INTEGER && weir__run_integer(run, top, &integer))
		*top = value_integer(integer);
}

static void run_like(struct run *run, unsigned pattern)
{
	const struct program_like *likes = program_section(run->p, PROGRAM_LIKES);
	struct weir_value *top = run_top(run);
	struct weir_str s;

	if (weir__run_string(run, top, &s) && weir__run_read(run, s.n))
		*top = value_boolean(weir__like(run->p, &likes[pattern], s));
}

static void run_in_set(struct run *run, unsigned i)
{
	const struct program_set *set = (const struct program_set *)program_section(run->p, PROGRAM_SETS) + i;
	struct weir_value *top = run_top(run);
	enum set_outcome outcome;

	if (top->type == WEIR_VALUE_STRING && !weir__run_read(run, top->string.n))
		return;
	outcome = weir__set_find(run->p, set, top);
	if (outcome == SET_FAILS)
		weir__run_fail(run, WEIR_FILTER_CAST);
	else
		*top = value_boolean(outcome == SET_YES);
}

static void run_xor(struct run *run)
{
	if (run_to_boolean(run)) {
		bool y = run_top(run)->boolean;

		run->n--;
		run_top(run)->boolean ^= y;
	}
}

static void run_equal(struct run *run)
{
	struct weir_value y = *run_top(run), *x = &run->stack[run->n - 2];
	bool equal;

	if (weir__run_equal(run, x, &y, &equal)) {
		run->n--;
		*x = value_boolean(equal);
	}
}

/* Element y of a set for x below it. Returns the next op. */
static unsigned run_in(struct run *run, const struct program_op *op, unsigned next)
{
	struct weir_value *y = run_top(run), *x = y - 1;
	bool equal;

	if (!weir__run_equal(run, y, x, &equal))
		return next;
	run->n--;
	if (equal || op->arity)
		*x = value_boolean(equal);
	return equal ? op->operand : next;
}

static unsigned run_jump(struct run *run, const struct program_op *op, unsigned next)
{
	if (!run_to_boolean(run))
		return next;
	if (run_top(run)->boolean == (op->code == PROGRAM_OR))
		return op->operand;
	run->n--;
	return next;
}

/* Ops that take one value, or none. */
static void run_simple(struct run *run, const struct program_op *op)
{
	switch (op->code) {
	case PROGRAM_CONST:
		run_const(run, op->slot);
		break;
	case PROGRAM_LOAD:
		run_load(run, op->slot);
		break;
	case PROGRAM_EXISTS:
		*run_push(run) = value_boolean(weir__run_resolve(run, op->slot).type != WEIR_VALUE_MISSING);
		break;
	case PROGRAM_BOOLEAN:
		run_to_boolean(run);
		break;
	case PROGRAM_STRING:
		run_to_string(run);
		break;
	case PROGRAM_INTEGER:
		run_to_integer(run);
		break;
	case PROGRAM_NOT:
		if (run_to_boolean(run))
			run_top(run)->boolean ^= true;
		break;
	case PROGRAM_NEGATE:
		weir__run_negate(run);
		break;
	case PROGRAM_LIKE:
		run_like(run, op->slot);
		break;
	default:
		weir_assert(op->code == PROGRAM_IN_SET);
		run_in_set(run, op->slot);
		break;
	}
}

/* The value that goes with the error. */
static struct weir_value run_failed(const struct run *run, bool at_root)
{
	if (at_root && run->failed.type != WEIR_VALUE_MISSING)
		return run->failed;
	return weir__value_zero((enum weir_value_type)run->p->zero_type);
}

/* Returns the number of the next op. */
static unsigned run_op(struct run *run, const struct program_op *op, unsigned next)
{
	if (op->code >= PROGRAM_LEAF_EQUAL) {
		weir__run_leaf(run, op);
		return next;
	}
	if (op->code < PROGRAM_AND) {
		run_simple(run, op);
		return next;
	}
	switch (op->code) {
	case PROGRAM_AND:
	case PROGRAM_OR:
		return run_jump(run, op, next);
	case PROGRAM_IN:
		return run_in(run, op, next);
	case PROGRAM_CALL:
		weir__run_call(run, op->slot, op->arity);
		break;
	case PROGRAM_XOR:
		run_xor(run);
		break;
	case PROGRAM_EQUAL:
		run_equal(run);
		break;
	default:
		if (op->code >= PROGRAM_LESS)
			weir__run_order(run, (enum program_code)op->code);
		else
			weir__run_arithmetic(run, (enum program_code)op->code);
		break;
	}
	return next;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_value weir__run_resolve(struct run *run, unsigned name)
{
	const struct program_name *n = (const struct program_name *)program_section(run->p, PROGRAM_NAMES) + name;

	return run->r->resolve(run->r->ctx, (enum weir_name_kind)n->kind, program_str(run->p, n->at, n->n), n->path);
}

struct weir_value weir__program_run(const struct weir_program *p, const struct weir_resolver *r,
	struct weir_buf *scratch, enum weir_filter_error *error, struct program_cost *cost)
{
	const struct program_op *ops = program_section(p, PROGRAM_OPS);
	struct weir_value result;
	struct run run;
	unsigned at = 0, i = 0;

	run.p = p;
	run.r = r;
	run.scratch = scratch;
	run.cost = (struct program_cost){0};
	run.error = WEIR_FILTER_OK;
	run.n = 0;
	weir_buf_reset(scratch);
	while (i < p->n_ops && !run.error) {
		at = i;
		run.cost.ops++;
		run.failed.type = WEIR_VALUE_MISSING; /* an op before may have named one that was not needed */
		i = run_op(&run, &ops[i], i + 1);
	}
	if (!run.error && run_top(&run)->type == WEIR_VALUE_OPAQUE)
		weir__run_fail(&run, WEIR_FILTER_CAST); /* the root is a name or path, and that is a use */
	if (run.error)
		result = run_failed(&run, at + 1 == p->n_ops);
	else
		result = *run_top(&run);
	*error = run.error;
	if (cost)
		*cost = run.cost;
	return result;
}

struct weir_value weir_program_run(const struct weir_program *p, const struct weir_resolver *r,
	struct weir_buf *scratch, enum weir_filter_error *error)
{
	return weir__program_run(p, r, scratch, error, NULL);
}
