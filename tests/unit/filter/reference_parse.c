/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of the grammar, each a function, and the checks of the whole. A rule goes on after a problem: it then meets
 * only ends, and returns.
 */
#include <ctype.h>

#include "reference_parse_priv.h"
#include "weir/base/mem.h"

static struct ref_node *parse_expr(struct ref_parser *p);

static bool accept_sign(struct ref_parser *p, const char *sign)
{
	bool is = ref_is_sign(p, sign);

	if (is)
		ref_advance(p);
	return is;
}

static void expect_close(struct ref_parser *p)
{
	if (!accept_sign(p, ")"))
		ref_fail(p, "expected ')'", p->column);
}

static void enter(struct ref_parser *p)
{
	if (++p->depth > REF_MAX_DEPTH)
		ref_fail(p, "deeper than 16 levels", p->column);
}

static void leave(struct ref_parser *p)
{
	p->depth--;
}

/* ---- the rules, from the last to the first ---- */

static struct ref_node *parse_call(struct ref_parser *p)
{
	struct ref_node *call = ref_node(p->a, REF_CALL, p->column);

	call->called = p->name.text;
	ref_advance(p);
	enter(p);
	ref_advance(p); /* '(' */
	if (!ref_is_sign(p, ")"))
		do
			ref_add_arg(p->a, call, parse_expr(p));
		while (accept_sign(p, ","));
	expect_close(p);
	leave(p);
	return call;
}

static void take_operand(struct ref_parser *p, struct ref_node *node)
{
	if (p->bad)
		ref_fail_bad(p, p->bad, p->bad_at);
	node->name = p->name;
	ref_advance(p);
}

static struct ref_node *parse_primary(struct ref_parser *p)
{
	struct ref_node *node = ref_node(p->a, REF_LITERAL, p->column);

	if (ref_is_call(p))
		return parse_call(p);
	if (p->token == T_LITERAL) {
		node->literal = p->value;
		ref_advance(p);
	} else if (p->token == T_NAME) {
		node->op = REF_NAME;
		take_operand(p, node);
	} else if (ref_is_sign(p, "(")) {
		enter(p);
		ref_advance(p);
		node = parse_expr(p);
		expect_close(p);
		leave(p);
	} else {
		ref_fail(p, "expected an operand", p->column);
	}
	return node;
}

static struct ref_node *parse_unary(struct ref_parser *p)
{
	struct ref_node *node;
	bool negation = ref_is_keyword(p, "NOT"), exists = ref_is_keyword(p, "EXISTS");

	if (!negation && !exists && !ref_is_sign(p, "-"))
		return parse_primary(p);
	node = ref_node(p->a, negation ? REF_NOT : exists ? REF_EXISTS : REF_NEGATE, p->column);
	enter(p);
	ref_advance(p);
	if (!exists) {
		ref_add_arg(p->a, node, parse_unary(p));
	} else if (p->token == T_NAME && !ref_is_call(p)) {
		take_operand(p, node);
	} else {
		ref_fail(p, "EXISTS needs a name", p->column);
	}
	leave(p);
	return node;
}

static void parse_like(struct ref_parser *p, struct ref_node *like)
{
	ref_advance(p);
	if (p->token != T_LITERAL || p->value.type != WEIR_VALUE_STRING) {
		ref_fail(p, "LIKE needs a string literal", p->column);
		return;
	}
	like->literal = p->value;
	if (ref_pattern_too_long(p->value.string))
		ref_fail(p, "LIKE pattern too long", p->column);
	ref_advance(p);
}

static void parse_set(struct ref_parser *p, struct ref_node *in)
{
	ref_advance(p);
	if (!ref_is_sign(p, "("))
		ref_fail(p, "expected '('", p->column);
	enter(p);
	ref_advance(p);
	if (ref_is_sign(p, ")"))
		ref_fail(p, "empty set", p->column);
	do
		ref_add_arg(p->a, in, parse_expr(p));
	while (accept_sign(p, ","));
	expect_close(p);
	leave(p);
}

static struct ref_node *parse_postfix(struct ref_parser *p)
{
	struct ref_node *x = parse_unary(p), *node;

	while (ref_is_keyword(p, "NOT") || ref_is_keyword(p, "LIKE") || ref_is_keyword(p, "IN")) {
		node = ref_node(p->a, REF_LIKE, p->column);
		ref_add_arg(p->a, node, x);
		node->inverted = ref_is_keyword(p, "NOT");
		if (node->inverted)
			ref_advance(p);
		if (ref_is_keyword(p, "LIKE")) {
			parse_like(p, node);
		} else if (ref_is_keyword(p, "IN")) {
			node->op = REF_IN;
			parse_set(p, node);
		} else {
			ref_fail_unexpected(p, p->spelt, p->column);
		}
		x = node;
	}
	return x;
}

struct binary {
	const char *spelt;
	enum ref_op op;
	unsigned level;
};

static const struct binary operators[] = {
	{"*", REF_MULTIPLY, 4},
	{"/", REF_DIVIDE, 4},
	{"%", REF_REMAINDER, 4},
	{"+", REF_ADD, 5},
	{"-", REF_SUBTRACT, 5},
	{"=", REF_EQUAL, 6},
	{"!=", REF_UNEQUAL, 6},
	{"<>", REF_UNEQUAL, 6},
	{"<", REF_LESS, 6},
	{"<=", REF_LESS_EQUAL, 6},
	{">", REF_GREATER, 6},
	{">=", REF_GREATER_EQUAL, 6},
	{"AND", REF_AND, 7},
	{"OR", REF_OR, 7},
	{"XOR", REF_XOR, 7},
};

static const struct binary *binary_at(const struct ref_parser *p, unsigned level)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(operators); i++)
		if (operators[i].level == level &&
			(ref_is_sign(p, operators[i].spelt) || ref_is_keyword(p, operators[i].spelt)))
			return &operators[i];
	return NULL;
}

static struct ref_node *parse_level(struct ref_parser *p, unsigned level)
{
	struct ref_node *x = level == 4 ? parse_postfix(p) : parse_level(p, level - 1), *node;
	const struct binary *o, *before = NULL;

	while ((o = binary_at(p, level)) != NULL) {
		p->mixed = p->mixed || (level == 7 && before && before != o);
		before = o;
		node = ref_node(p->a, o->op, p->column);
		ref_advance(p);
		ref_add_arg(p->a, node, x);
		ref_add_arg(p->a, node, level == 4 ? parse_postfix(p) : parse_level(p, level - 1));
		x = node;
	}
	return x;
}

static struct ref_node *parse_expr(struct ref_parser *p)
{
	return parse_level(p, 7);
}

/* After a clean parse: the functions there are, the first one in the text that there is not. */
static void find_functions(struct ref_parser *p, struct ref_node *node, const struct ref_node **unknown)
{
	if (node->op == REF_CALL)
		node->function = ref_function(node->called, node->n);
	if (node->op == REF_CALL && !node->function && (!*unknown || node->column < (*unknown)->column))
		*unknown = node;
	for (size_t i = 0; i < node->n; i++)
		find_functions(p, node->args[i], unknown);
}

static void check_whole(struct ref_parser *p, struct ref_node *root)
{
	const struct ref_node *unknown = NULL;

	if (!p->failed && p->token != T_END)
		ref_fail_unexpected(p, p->spelt, p->column);
	if (p->failed)
		return;
	if (ref_count_nodes(root) > REF_MAX_NODES)
		ref_fail(p, "more than 64 nodes", p->column);
	if (ref_count_paths(root) > REF_MAX_PATHS)
		ref_fail(p, "more than 16 paths", p->column);
	find_functions(p, root, &unknown);
	if (!unknown || p->failed)
		return;
	ref_fail_begin(p);
	weir_buf_lit(p->why, "unknown function ");
	for (size_t i = 0; i < unknown->called.n; i++)
		weir_buf_char(p->why, (char)toupper((unsigned char)unknown->called.p[i]));
	weir_buf_printf(p->why, "/%zu at column %zu", unknown->n, unknown->column);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int ref_compile(struct weir_str text, struct ref_filter **out, struct weir_buf *why)
{
	struct ref_filter *f = weir_xcalloc(1, sizeof(*f));
	struct ref_parser p = {.a = &f->arena, .why = why};

	*out = NULL;
	weir_buf_reset(why);
	if (text.n > REF_MAX_TEXT) {
		weir_buf_lit(why, "longer than 1024 bytes");
		ref_free(&f);
		return WEIR_EINVALID;
	}
	p.text = ref_copy(&f->arena, text);
	ref_advance(&p);
	f->root = parse_expr(&p);
	f->mixed = p.mixed;
	check_whole(&p, f->root);
	if (p.failed) {
		ref_free(&f);
		return WEIR_EINVALID;
	}
	*out = f;
	return 0;
}
