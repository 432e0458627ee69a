/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an expression to a program. Operators are grouped by level, from left to right; AND, OR and XOR share the last
 * one. AND and OR become a jump over the right operand. Recursion is bounded by the limit of nesting. Any thread.
 */
#include "parse_priv.h"

#include <errno.h>

#include "weir/base/mem.h"

enum parse_level { LEVEL_LOGIC, LEVEL_COMPARISON, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_POSTFIX };

static const struct parse_operator {
	enum token_type token;
	enum parse_level level;
	enum program_code code;
} parse_operators[] = {
	{TOKEN_AND, LEVEL_LOGIC, PROGRAM_AND},
	{TOKEN_OR, LEVEL_LOGIC, PROGRAM_OR},
	{TOKEN_XOR, LEVEL_LOGIC, PROGRAM_XOR},
	{TOKEN_EQUAL, LEVEL_COMPARISON, PROGRAM_EQUAL},
	{TOKEN_NOT_EQUAL, LEVEL_COMPARISON, PROGRAM_NOT},
	{TOKEN_LESS, LEVEL_COMPARISON, PROGRAM_LESS},
	{TOKEN_LESS_EQUAL, LEVEL_COMPARISON, PROGRAM_LESS_EQUAL},
	{TOKEN_GREATER, LEVEL_COMPARISON, PROGRAM_GREATER},
	{TOKEN_GREATER_EQUAL, LEVEL_COMPARISON, PROGRAM_GREATER_EQUAL},
	{TOKEN_PLUS, LEVEL_SUM, PROGRAM_ADD},
	{TOKEN_MINUS, LEVEL_SUM, PROGRAM_SUBTRACT},
	{TOKEN_STAR, LEVEL_PRODUCT, PROGRAM_MULTIPLY},
	{TOKEN_SLASH, LEVEL_PRODUCT, PROGRAM_DIVIDE},
	{TOKEN_PERCENT, LEVEL_PRODUCT, PROGRAM_REMAINDER},
};

static parse_types parse_level(struct parse *p, enum parse_level level);

static const struct parse_operator *parse_operator(const struct parse *p, enum parse_level level)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(parse_operators); i++)
		if (parse_operators[i].token == p->token.type && parse_operators[i].level == level)
			return &parse_operators[i];
	return NULL;
}

static void parse_emit(struct parse *p, enum program_code code)
{
	weir__build_op(&p->build, code, 0, 0, 0);
}

/* The types of a sum of these. */
static parse_types parse_arithmetic(parse_types left, parse_types right)
{
	if (left == PARSE_NUMBER || right == PARSE_NUMBER)
		return PARSE_NUMBER;
	return (left | right) & PARSE_NUMBER ? PARSE_INTEGER | PARSE_NUMBER : PARSE_INTEGER;
}

/* The right side of AND, OR and XOR; what stands left is written. */
static parse_types parse_logic(struct parse *p, enum program_code code, parse_types left)
{
	parse_types right;
	unsigned jump = 0;

	if (code != PROGRAM_XOR)
		jump = weir__build_op(&p->build, code, 0, 0, 0);
	else if (left != PARSE_BOOLEAN)
		parse_emit(p, PROGRAM_BOOLEAN);
	right = parse_level(p, LEVEL_COMPARISON);
	if (!right)
		return 0;
	if (code == PROGRAM_XOR)
		parse_emit(p, PROGRAM_XOR);
	else if (right != PARSE_BOOLEAN)
		parse_emit(p, PROGRAM_BOOLEAN);
	if (code != PROGRAM_XOR)
		weir__build_jump_here(&p->build, jump);
	return PARSE_BOOLEAN;
}

static parse_types parse_binary(struct parse *p, const struct parse_operator *op, parse_types left)
{
	parse_types right;

	if (op->level == LEVEL_LOGIC)
		return parse_logic(p, op->code, left);
	right = parse_level(p, (enum parse_level)(op->level + 1));
	if (!right)
		return 0;
	if (op->code == PROGRAM_NOT)
		parse_emit(p, PROGRAM_EQUAL);
	parse_emit(p, op->code);
	if (op->level == LEVEL_COMPARISON)
		return PARSE_BOOLEAN;
	return op->code == PROGRAM_REMAINDER ? PARSE_INTEGER : parse_arithmetic(left, right);
}

/* [NOT] LIKE and [NOT] IN behind an operand. */
static parse_types parse_postfix(struct parse *p)
{
	parse_types types = weir__parse_unary(p);

	while (types && (p->token.type == TOKEN_NOT || p->token.type == TOKEN_LIKE || p->token.type == TOKEN_IN)) {
		bool negated = p->token.type == TOKEN_NOT;
		const char *at = p->token.text.p;

		if (negated)
			weir__parse_advance(p);
		if (p->token.type != TOKEN_LIKE && p->token.type != TOKEN_IN)
			return weir__parse_unexpected(p);
		if (!weir__parse_count(p, at))
			return 0;
		types = p->token.type == TOKEN_LIKE ? weir__parse_like(p) : weir__parse_in(p);
		if (types && negated)
			parse_emit(p, PROGRAM_NOT);
	}
	return types;
}

static parse_types parse_level(struct parse *p, enum parse_level level)
{
	const struct parse_operator *op, *first = NULL;
	parse_types types;

	if (level == LEVEL_POSTFIX)
		return parse_postfix(p);
	types = parse_level(p, (enum parse_level)(level + 1));
	while (types && (op = parse_operator(p, level))) {
		if (!weir__parse_count(p, p->token.text.p))
			return 0;
		if (level == LEVEL_LOGIC && first && first != op)
			p->mixed = true;
		first = op;
		weir__parse_advance(p);
		types = parse_binary(p, op, types);
	}
	return types;
}

static parse_types parse_prefix(struct parse *p, enum program_code code)
{
	parse_types types;

	if (!weir__parse_count(p, p->token.text.p) || !weir__parse_enter(p, p->token.text.p))
		return 0;
	weir__parse_advance(p);
	types = weir__parse_unary(p);
	p->depth--;
	if (!types)
		return 0;
	parse_emit(p, code);
	return code == PROGRAM_NOT ? PARSE_BOOLEAN : parse_arithmetic(types, types);
}

static parse_types parse_exists(struct parse *p)
{
	if (!weir__parse_count(p, p->token.text.p) || !weir__parse_enter(p, p->token.text.p))
		return 0;
	weir__parse_advance(p);
	if ((p->token.type != TOKEN_NAME && p->token.type != TOKEN_PATH) || weir__parse_is_call(p))
		return weir__parse_wrong(p, "EXISTS needs a name");
	p->depth--;
	return weir__parse_name(p, PROGRAM_EXISTS) ? PARSE_BOOLEAN : 0;
}

static int parse_unknown(struct parse *p)
{
	weir_buf_lit(p->why, "unknown function ");
	for (size_t i = 0; i < p->unknown.n; i++) {
		char c = p->unknown.p[i];

		weir_buf_char(p->why, (char)(c >= 'a' && c <= 'z' ? c - 32 : c));
	}
	weir_buf_printf(p->why, "/%u", p->unknown_arguments);
	weir__parse_column(p, p->unknown.p);
	return WEIR_EINVALID;
}

static int parse_all(struct parse *p, parse_types *types)
{
	weir__parse_advance(p);
	*types = weir__parse_expression(p);
	if (*types && p->token.type != TOKEN_END)
		*types = weir__parse_unexpected(p);
	if (!*types)
		return p->err;
	return p->unknown.p ? parse_unknown(p) : 0;
}

static enum weir_value_type parse_zero_type(parse_types types)
{
	if (types & PARSE_BOOLEAN)
		return WEIR_VALUE_BOOLEAN;
	if (types & PARSE_STRING)
		return WEIR_VALUE_STRING;
	return types == PARSE_NUMBER ? WEIR_VALUE_NUMBER : WEIR_VALUE_INTEGER;
}

static int parse_compile(struct weir_str text, bool any_result, struct weir_program **out, struct weir_buf *why)
{
	struct parse p = {.why = why, .text = text, .rest = text};
	parse_types types;
	int err;

	*out = NULL;
	if (!text.p)
		p.text = p.rest = weir_str_n("", 0);
	if (text.n > PARSE_TEXT_BYTES) {
		weir_buf_lit(why, "longer than 1024 bytes");
		return WEIR_ELIMIT;
	}
	weir__build_init(&p.build);
	err = parse_all(&p, &types);
	if (!err && !any_result && !(types & PARSE_BOOLEAN)) {
		weir_buf_lit(why, "result is not a Boolean");
		err = WEIR_EINVALID;
	}
	if (!err) {
		*out = weir__build_finish(&p.build, parse_zero_type(types), p.mixed);
		err = *out ? 0 : -ENOMEM;
	}
	weir__build_fini(&p.build);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

parse_types weir__parse_expression(struct parse *p)
{
	return parse_level(p, LEVEL_LOGIC);
}

parse_types weir__parse_unary(struct parse *p)
{
	switch (p->token.type) {
	case TOKEN_NOT:
		return parse_prefix(p, PROGRAM_NOT);
	case TOKEN_EXISTS:
		return parse_exists(p);
	case TOKEN_MINUS:
		/* Directly before digits it belongs to them. */
		return weir__lexer_is_literal(p->rest) ? weir__parse_primary(p) : parse_prefix(p, PROGRAM_NEGATE);
	default:
		return weir__parse_primary(p);
	}
}

void weir__parse_advance(struct parse *p)
{
	p->token = weir__lexer_next(&p->rest);
}

int weir_filter_compile(struct weir_str text, struct weir_program **out, struct weir_buf *why)
{
	return parse_compile(text, false, out, why);
}

int weir_filter_compile_value(struct weir_str text, struct weir_program **out, struct weir_buf *why)
{
	return parse_compile(text, true, out, why);
}
