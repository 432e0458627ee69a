/* SPDX-License-Identifier: Apache-2.0 */
/* Operands: literals, parentheses, calls, and the pattern of LIKE. Any thread. */
#include "functions_priv.h"
#include "parse_priv.h"
#include "path_priv.h"
#include "value_priv.h"

static parse_types parse_const(struct parse *p, struct weir_value v, struct program_text text)
{
	struct program_const c = weir__build_const_of(&v, text);

	weir__build_op(&p->build, PROGRAM_CONST, 0, weir__build_const(&p->build, &c), 0);
	return 1u << v.type;
}

/* The literal's text, its sign included. */
static bool parse_number(struct weir_str text, enum token_type type, struct weir_value *v)
{
	struct weir_value s = value_string(text);
	int32_t integer;

	if (type == TOKEN_INTEGER && weir__value_integer(&s, &integer)) {
		*v = value_integer(integer);
		return true;
	}
	v->type = WEIR_VALUE_NUMBER;
	return weir__number_parse(text, &v->number);
}

static parse_types parse_literal(struct parse *p)
{
	struct weir_str text = p->token.text;
	struct weir_value v;

	if (p->token.type == TOKEN_PLUS || p->token.type == TOKEN_MINUS) {
		weir__parse_advance(p);
		text.n += p->token.text.n;
	}
	if (!weir__parse_count(p, text.p))
		return 0;
	if (!parse_number(text, p->token.type, &v))
		return weir__parse_unexpected_text(p, text);
	weir__parse_advance(p);
	return parse_const(p, v, (struct program_text){0});
}

static parse_types parse_truth(struct parse *p)
{
	bool truth = p->token.type == TOKEN_TRUE;

	if (!weir__parse_count(p, p->token.text.p))
		return 0;
	weir__parse_advance(p);
	return parse_const(p, value_boolean(truth), (struct program_text){0});
}

static parse_types parse_string(struct parse *p)
{
	struct weir_buf *bytes = &p->build.section[PROGRAM_BYTES];
	struct program_text text = {.at = (uint32_t)bytes->len};

	if (!weir__parse_count(p, p->token.text.p))
		return 0;
	weir__literal_decode(bytes, p->token.text);
	text.n = (uint32_t)bytes->len - text.at;
	weir__parse_advance(p);
	return parse_const(p, value_string(WEIR_STR_NONE), text);
}

static parse_types parse_parentheses(struct parse *p)
{
	parse_types types;

	if (!weir__parse_enter(p, p->token.text.p))
		return 0;
	weir__parse_advance(p);
	types = weir__parse_expression(p);
	if (!types || !weir__parse_expect(p, TOKEN_CLOSE, "expected ')'"))
		return 0;
	p->depth--;
	return types;
}

/* What an argument is cast to, before the next one is evaluated. */
static void parse_cast(struct parse *p, const struct function *f, unsigned i, parse_types types)
{
	unsigned param = f ? f->params[i < 2 ? i : 2] : PARAM_ANY;

	if (param == PARAM_STRING && types != PARSE_STRING)
		weir__build_op(&p->build, PROGRAM_STRING, 0, 0, 0);
	if (param == PARAM_INTEGER && types != PARSE_INTEGER)
		weir__build_op(&p->build, PROGRAM_INTEGER, 0, 0, 0);
}

/* The arguments and the ')'. The types of the last one, for ABS; *n: how many. */
static bool parse_arguments(struct parse *p, const struct function *f, unsigned *n, parse_types *types)
{
	*n = 0;
	*types = PARSE_INTEGER;
	if (p->token.type != TOKEN_CLOSE) {
		do {
			if (*n > 0)
				weir__parse_advance(p);
			*types = weir__parse_expression(p);
			if (!*types)
				return false;
			parse_cast(p, f, (*n)++, *types);
		} while (p->token.type == TOKEN_COMMA);
	}
	return weir__parse_expect(p, TOKEN_CLOSE, "expected ')'");
}

static parse_types parse_call_result(const struct function *f, parse_types argument)
{
	if (f->result != WEIR_VALUE_MISSING)
		return 1u << f->result;
	if (argument == PARSE_NUMBER)
		return PARSE_NUMBER;
	return argument & PARSE_NUMBER ? PARSE_INTEGER | PARSE_NUMBER : PARSE_INTEGER;
}

static parse_types parse_call(struct parse *p)
{
	struct weir_str name = p->token.text;
	int i = weir__function_find(name);
	const struct function *f = i < 0 ? NULL : weir__function((unsigned)i);
	parse_types types;
	unsigned n;

	if (!weir__parse_count(p, name.p) || !weir__parse_enter(p, name.p))
		return 0;
	weir__parse_advance(p);
	weir__parse_advance(p);
	if (!parse_arguments(p, f, &n, &types))
		return 0;
	p->depth--;
	if (!f || n < f->least || n > f->most) {
		if (!p->unknown.p || name.p < p->unknown.p) {
			p->unknown = name;
			p->unknown_arguments = n;
		}
		return PARSE_ANY;
	}
	weir__build_op(&p->build, PROGRAM_CALL, n, (unsigned)i, 0);
	return parse_call_result(f, types);
}

/* ------------------------------------------------------------------------------------------------------------------ */

parse_types weir__parse_primary(struct parse *p)
{
	switch (p->token.type) {
	case TOKEN_INTEGER:
	case TOKEN_NUMBER:
		return parse_literal(p);
	case TOKEN_STRING:
		return parse_string(p);
	case TOKEN_TRUE:
	case TOKEN_FALSE:
		return parse_truth(p);
	case TOKEN_OPEN:
		return parse_parentheses(p);
	case TOKEN_NAME:
		if (weir__parse_is_call(p))
			return parse_call(p);
		return weir__parse_name(p, PROGRAM_LOAD);
	case TOKEN_PATH:
		return weir__parse_name(p, PROGRAM_LOAD);
	case TOKEN_PLUS:
	case TOKEN_MINUS:
		if (weir__lexer_is_literal(p->rest))
			return parse_literal(p);
		return weir__parse_wrong(p, "expected an operand");
	default:
		return weir__parse_wrong(p, "expected an operand");
	}
}

bool weir__parse_is_call(const struct parse *p)
{
	struct weir_str rest = weir__lexer_skip_space(p->rest);

	return p->token.type == TOKEN_NAME && rest.n && *rest.p == '(';
}

parse_types weir__parse_like(struct parse *p)
{
	struct weir_buf pattern;
	const char *at;
	unsigned like;
	int err;

	weir__parse_advance(p);
	at = p->token.text.p;
	if (p->token.type != TOKEN_STRING)
		return weir__parse_wrong(p, "LIKE needs a string literal");
	if (!weir__parse_count(p, at))
		return 0;
	weir_buf_init(&pattern, PARSE_TEXT_BYTES);
	weir__literal_decode(&pattern, p->token.text);
	err = weir__build_like(&p->build, weir_buf_view(&pattern), &like);
	weir_buf_fini(&pattern);
	if (err)
		return weir__parse_limit(p, "LIKE pattern too long", at);
	weir__parse_advance(p);
	weir__build_op(&p->build, PROGRAM_LIKE, 0, like, 0);
	return PARSE_BOOLEAN;
}
