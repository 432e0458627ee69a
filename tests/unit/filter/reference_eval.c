/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evaluator of the reference: one function per kind of node. False means that an error has ended the evaluation; who
 * raised it is kept, because only an error of the root itself has a value of its own.
 */
#include "reference_priv.h"
#include "weir/base/mem.h"

#define READ_BYTES  262144
#define BUILT_BYTES 65536

struct eval {
	struct ref_arena *a;
	const struct weir_resolver *resolver;
	enum weir_filter_error error;
	const struct ref_node *raised_by;
	struct weir_value raised_with;
	bool has_value; /* raised_with is one */
	size_t read, built;
};

static bool eval(struct eval *e, const struct ref_node *node, struct weir_value *out);

static bool raise_error(struct eval *e, const struct ref_node *node, enum weir_filter_error error)
{
	e->error = error;
	e->raised_by = node;
	return false;
}

static bool charge(struct eval *e, const struct ref_node *node, size_t read, size_t built)
{
	e->read += read;
	e->built += built;
	if (e->read > READ_BYTES || e->built > BUILT_BYTES)
		return raise_error(e, node, WEIR_FILTER_GENERIC);
	return true;
}

/* The node casts a value. */
static bool cast(struct eval *e, const struct ref_node *node, struct weir_value *x, enum weir_value_type to)
{
	struct weir_value from = *x;

	if (from.type == WEIR_VALUE_STRING && to != WEIR_VALUE_STRING && !charge(e, node, from.string.n, 0))
		return false;
	if (!ref_cast(e->a, from, to, x))
		return raise_error(e, node, WEIR_FILTER_CAST);
	if (from.type != WEIR_VALUE_STRING && to == WEIR_VALUE_STRING)
		return charge(e, node, 0, x->string.n);
	return true;
}

static struct weir_value resolve(struct eval *e, const struct ref_name *name)
{
	struct weir_value v = e->resolver->resolve(e->resolver->ctx, name->kind, name->text, 0);

	if (v.type == WEIR_VALUE_NUMBER)
		v.number = ref_number_normal(v.number);
	return v;
}

static bool eval_name(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	*out = resolve(e, &node->name);
	if (out->type == WEIR_VALUE_MISSING)
		return raise_error(e, node, WEIR_FILTER_MISSING_ATTRIBUTE);
	return true;
}

static bool eval_call(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	const struct ref_function *f = node->function;
	struct weir_value *args = ref_alloc(e->a, (node->n + 1) * sizeof(*args));
	enum weir_filter_error error;

	for (size_t i = 0; i < node->n; i++) {
		enum weir_value_type param = f->params[i < REF_MAX_PARAMS ? i : REF_MAX_PARAMS - 1];

		if (!eval(e, node->args[i], &args[i]))
			return false;
		if (param != WEIR_VALUE_MISSING && !cast(e, node, &args[i], param))
			return false;
		if (args[i].type == WEIR_VALUE_STRING && !charge(e, node, args[i].string.n, 0))
			return false;
	}
	error = f->apply(e->a, args, node->n, out);
	if (error) {
		e->raised_with = *out;
		e->has_value = true;
		return raise_error(e, node, error);
	}
	if (weir_str_starts(weir_str(f->name), WEIR_STR("CONCAT")) || weir_str_is(weir_str(f->name), "LOWER") ||
		weir_str_is(weir_str(f->name), "UPPER"))
		return charge(e, node, 0, out->string.n);
	return true;
}

static bool eval_not(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	if (!eval(e, node->args[0], out) || !cast(e, node, out, WEIR_VALUE_BOOLEAN))
		return false;
	out->boolean = !out->boolean;
	return true;
}

static bool eval_negate(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	if (!eval(e, node->args[0], out))
		return false;
	if (out->type == WEIR_VALUE_NUMBER) {
		out->number = ref_number_negate(out->number);
		return true;
	}
	if (!cast(e, node, out, WEIR_VALUE_INTEGER))
		return false;
	if (out->integer == INT32_MIN)
		return raise_error(e, node, WEIR_FILTER_MATH);
	out->integer = -out->integer;
	return true;
}

static bool eval_like(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	struct weir_value x;

	if (!eval(e, node->args[0], &x) || !cast(e, node, &x, WEIR_VALUE_STRING))
		return false;
	*out = ref_boolean(ref_like(x.string, node->literal.string) != node->inverted);
	return charge(e, node, x.string.n, 0);
}

/* Equality of two values of the same type. */
static bool same(struct eval *e, const struct ref_node *node, const struct weir_value *x, const struct weir_value *y,
	bool *equal)
{
	*equal = ref_value_equal(x, y);
	if (x->type == WEIR_VALUE_STRING && x->string.n == y->string.n)
		return charge(e, node, x->string.n, 0);
	return true;
}

static bool eval_in(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	struct weir_value x;

	if (!eval(e, node->args[0], &x))
		return false;
	*out = ref_boolean(node->inverted);
	for (size_t i = 1; i < node->n; i++) {
		struct weir_value y, left = x;
		bool equal;

		if (!eval(e, node->args[i], &y))
			return false;
		if (x.type == WEIR_VALUE_OPAQUE)
			return raise_error(e, node, WEIR_FILTER_CAST);
		if (x.type == WEIR_VALUE_INTEGER && y.type == WEIR_VALUE_NUMBER) {
			if (!cast(e, node, &left, WEIR_VALUE_NUMBER))
				return false;
		} else if (!cast(e, node, &y, x.type)) {
			return false;
		}
		if (!same(e, node, &left, &y, &equal))
			return false;
		if (equal) {
			*out = ref_boolean(!node->inverted);
			return true;
		}
	}
	return true;
}

static bool eval_both(struct eval *e, const struct ref_node *node, struct weir_value *x, struct weir_value *y)
{
	return eval(e, node->args[0], x) && eval(e, node->args[1], y);
}

/* Both Number if one is, else both Integer. */
static bool cast_numeric(struct eval *e, const struct ref_node *node, struct weir_value *x, struct weir_value *y)
{
	bool number = x->type == WEIR_VALUE_NUMBER || y->type == WEIR_VALUE_NUMBER;
	enum weir_value_type to = number ? WEIR_VALUE_NUMBER : WEIR_VALUE_INTEGER;

	return cast(e, node, x, to) && cast(e, node, y, to);
}

static bool number_arithmetic(struct eval *e, const struct ref_node *node, struct weir_decimal x, struct weir_decimal y,
	struct weir_value *out)
{
	bool fits = true;

	*out = (struct weir_value){.type = WEIR_VALUE_NUMBER};
	if (node->op == REF_DIVIDE && y.digits == 0)
		return raise_error(e, node, WEIR_FILTER_MATH);
	switch (node->op) {
	case REF_ADD:
		fits = ref_number_add(x, y, &out->number);
		break;
	case REF_SUBTRACT:
		fits = ref_number_add(x, ref_number_negate(y), &out->number);
		break;
	case REF_MULTIPLY:
		fits = ref_number_multiply(x, y, &out->number);
		break;
	default:
		fits = ref_number_divide(x, y, &out->number);
		break;
	}
	return fits || raise_error(e, node, WEIR_FILTER_MATH);
}

static bool integer_arithmetic(
	struct eval *e, const struct ref_node *node, int64_t x, int64_t y, struct weir_value *out)
{
	int64_t result;

	if ((node->op == REF_DIVIDE || node->op == REF_REMAINDER) && y == 0)
		return raise_error(e, node, WEIR_FILTER_MATH);
	switch (node->op) {
	case REF_ADD:
		result = x + y;
		break;
	case REF_SUBTRACT:
		result = x - y;
		break;
	case REF_MULTIPLY:
		result = x * y;
		break;
	case REF_DIVIDE:
		result = x / y;
		break;
	default:
		result = x % y;
		break;
	}
	if (result < INT32_MIN || result > INT32_MAX)
		return raise_error(e, node, WEIR_FILTER_MATH);
	*out = ref_integer((int32_t)result);
	return true;
}

static bool eval_arithmetic(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	struct weir_value x, y;

	if (!eval_both(e, node, &x, &y))
		return false;
	if (node->op == REF_REMAINDER) {
		if (!cast(e, node, &x, WEIR_VALUE_INTEGER) || !cast(e, node, &y, WEIR_VALUE_INTEGER))
			return false;
	} else if (!cast_numeric(e, node, &x, &y)) {
		return false;
	}
	if (x.type == WEIR_VALUE_NUMBER)
		return number_arithmetic(e, node, x.number, y.number, out);
	return integer_arithmetic(e, node, x.integer, y.integer, out);
}

static bool eval_equal(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	struct weir_value x, y;
	bool equal;

	if (!eval_both(e, node, &x, &y))
		return false;
	if (y.type == WEIR_VALUE_OPAQUE)
		return raise_error(e, node, WEIR_FILTER_CAST);
	if (x.type == WEIR_VALUE_NUMBER && y.type == WEIR_VALUE_INTEGER) {
		if (!cast(e, node, &y, WEIR_VALUE_NUMBER))
			return false;
	} else if (!cast(e, node, &x, y.type)) {
		return false;
	}
	if (!same(e, node, &x, &y, &equal))
		return false;
	*out = ref_boolean(equal == (node->op == REF_EQUAL));
	return true;
}

static bool eval_order(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	struct weir_value x, y;
	int order;

	if (!eval_both(e, node, &x, &y) || !cast_numeric(e, node, &x, &y))
		return false;
	if (x.type == WEIR_VALUE_NUMBER)
		order = ref_number_compare(x.number, y.number);
	else
		order = x.integer < y.integer ? -1 : x.integer > y.integer;
	*out = ref_boolean((node->op == REF_LESS && order < 0) || (node->op == REF_LESS_EQUAL && order <= 0) ||
			   (node->op == REF_GREATER && order > 0) || (node->op == REF_GREATER_EQUAL && order >= 0));
	return true;
}

/* AND and OR over all operands (a tree's node may have any number), XOR of two. */
static bool eval_logic(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	struct weir_value x;

	*out = ref_boolean(node->op == REF_AND);
	for (size_t i = 0; i < node->n; i++) {
		if (!eval(e, node->args[i], &x) || !cast(e, node, &x, WEIR_VALUE_BOOLEAN))
			return false;
		if (node->op == REF_XOR) {
			out->boolean = out->boolean != x.boolean;
			continue;
		}
		out->boolean = x.boolean;
		if (x.boolean == (node->op == REF_OR))
			return true;
	}
	return true;
}

static bool eval(struct eval *e, const struct ref_node *node, struct weir_value *out)
{
	switch (node->op) {
	case REF_LITERAL:
		*out = node->literal;
		return true;
	case REF_NAME:
		return eval_name(e, node, out);
	case REF_CALL:
		return eval_call(e, node, out);
	case REF_NOT:
		return eval_not(e, node, out);
	case REF_NEGATE:
		return eval_negate(e, node, out);
	case REF_EXISTS:
		*out = ref_boolean(resolve(e, &node->name).type != WEIR_VALUE_MISSING);
		return true;
	case REF_LIKE:
		return eval_like(e, node, out);
	case REF_IN:
		return eval_in(e, node, out);
	case REF_MULTIPLY:
	case REF_DIVIDE:
	case REF_REMAINDER:
	case REF_ADD:
	case REF_SUBTRACT:
		return eval_arithmetic(e, node, out);
	case REF_EQUAL:
	case REF_UNEQUAL:
		return eval_equal(e, node, out);
	case REF_LESS:
	case REF_LESS_EQUAL:
	case REF_GREATER:
	case REF_GREATER_EQUAL:
		return eval_order(e, node, out);
	case REF_AND:
	case REF_OR:
	case REF_XOR:
		return eval_logic(e, node, out);
	case REF_LEAF:
		*out = ref_boolean(ref_leaf_true(e->a, node->leaf, resolve(e, &node->leaf->key)));
		return true;
	}
	weir_assert(false);
	return false;
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum weir_value_type ref_result_type(const struct ref_filter *f)
{
	switch (f->root->op) {
	case REF_LITERAL:
		return f->root->literal.type;
	case REF_NAME:
		return WEIR_VALUE_MISSING;
	case REF_CALL:
		return f->root->function->result;
	case REF_NEGATE:
	case REF_MULTIPLY:
	case REF_DIVIDE:
	case REF_REMAINDER:
	case REF_ADD:
	case REF_SUBTRACT:
		return WEIR_VALUE_INTEGER;
	default:
		return WEIR_VALUE_BOOLEAN;
	}
}

struct weir_value ref_run(struct ref_filter *f, const struct weir_resolver *r, enum weir_filter_error *error)
{
	struct eval e = {.a = &f->run, .resolver = r};
	enum weir_value_type type = ref_result_type(f);
	struct weir_value out;

	ref_arena_free(&f->run);
	*error = WEIR_FILTER_OK;
	if (eval(&e, f->root, &out)) {
		if (out.type != WEIR_VALUE_OPAQUE)
			return out;
		raise_error(&e, f->root, WEIR_FILTER_CAST); /* any use of it but EXISTS is one */
	}
	*error = e.error;
	if (e.raised_by == f->root && e.has_value)
		return e.raised_with;
	return ref_zero(type == WEIR_VALUE_MISSING ? WEIR_VALUE_BOOLEAN : type);
}
