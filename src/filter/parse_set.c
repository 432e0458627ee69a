/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IN. The elements are written one by one as if each were to be evaluated; when all turn out to be literals, what was
 * written is taken back and becomes a table. Only elements of other sets count as nodes. Any thread.
 */
#include <errno.h>

#include "parse_priv.h"

struct parse_set {
	unsigned ops, consts; /* where the set begins */
	unsigned n;           /* elements */
	unsigned last;        /* op of the last element's comparison; each keeps that of the one before in `operand` */
	bool literals;        /* all so far */
};

static bool set_may_be_literal(const struct parse *p)
{
	switch (p->token.type) {
	case TOKEN_INTEGER:
	case TOKEN_NUMBER:
	case TOKEN_STRING:
	case TOKEN_TRUE:
	case TOKEN_FALSE:
	case TOKEN_OPEN:
		return true;
	case TOKEN_PLUS:
	case TOKEN_MINUS:
		return weir__lexer_is_literal(p->rest);
	default:
		return false;
	}
}

static struct program_op *set_op(const struct parse *p, unsigned i)
{
	return (struct program_op *)(void *)p->build.section[PROGRAM_OPS].p + i;
}

/* The literals before this element count after all. */
static bool set_is_general(struct parse *p, struct parse_set *s, const char *at)
{
	if (!s->literals)
		return true;
	s->literals = false;
	p->n_nodes += s->n;
	return p->n_nodes <= PROGRAM_NODES || weir__parse_limit(p, "more than 64 nodes", at);
}

static bool set_element(struct parse *p, struct parse_set *s)
{
	unsigned first = weir__build_n(&p->build, PROGRAM_OPS), n_nodes = p->n_nodes;
	const char *at = p->token.text.p;

	if (!set_may_be_literal(p) && !set_is_general(p, s, at))
		return false;
	/* A literal in a set of literals must not be the node too many. */
	p->n_nodes -= s->literals;
	if (!weir__parse_expression(p))
		return false;
	p->n_nodes += s->literals;
	if (p->build.section[PROGRAM_OPS].failed) {
		p->err = -ENOMEM;
		return false;
	}
	if (s->literals && weir__build_n(&p->build, PROGRAM_OPS) == first + 1 &&
		set_op(p, first)->code == PROGRAM_CONST)
		p->n_nodes = n_nodes;
	else if (!set_is_general(p, s, at))
		return false;
	s->last = weir__build_op(&p->build, PROGRAM_IN, 0, 0, s->last);
	s->n++;
	return true;
}

/* All literals: constants and comparisons make place for one table. */
static void set_finish_literals(struct parse *p, const struct parse_set *s)
{
	struct weir_buf elements;
	const struct program_const *consts = (const void *)p->build.section[PROGRAM_CONSTS].p;
	unsigned set;

	weir_buf_init(&elements, s->n * sizeof(*consts));
	for (unsigned i = 0; i < s->n; i++)
		weir_buf_append(&elements, &consts[set_op(p, s->ops + 2 * i)->slot], sizeof(*consts));
	if (elements.failed)
		p->build.section[PROGRAM_SETS].failed = true;
	set = weir__build_set(&p->build, (const void *)elements.p, elements.failed ? 0 : s->n);
	weir_buf_fini(&elements);
	weir__build_truncate(&p->build, PROGRAM_OPS, s->ops);
	weir__build_truncate(&p->build, PROGRAM_CONSTS, s->consts);
	weir__build_op(&p->build, PROGRAM_IN_SET, 0, set, 0);
}

static void set_finish_general(struct parse *p, const struct parse_set *s)
{
	unsigned n = s->n, at = s->last;

	set_op(p, at)->arity = 1;
	for (; n > 0; n--) {
		unsigned before = set_op(p, at)->operand;

		weir__build_jump_here(&p->build, at);
		at = before;
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

parse_types weir__parse_in(struct parse *p)
{
	struct parse_set s = {.literals = true};
	const char *at;

	weir__parse_advance(p);
	at = p->token.text.p;
	if (!weir__parse_expect(p, TOKEN_OPEN, "expected '('") || !weir__parse_enter(p, at))
		return 0;
	if (p->token.type == TOKEN_CLOSE)
		return weir__parse_fail(p, "empty set", p->token.text.p);
	s.ops = weir__build_n(&p->build, PROGRAM_OPS);
	s.consts = weir__build_n(&p->build, PROGRAM_CONSTS);
	if (!set_element(p, &s))
		return 0;
	while (p->token.type == TOKEN_COMMA) {
		weir__parse_advance(p);
		if (!set_element(p, &s))
			return 0;
	}
	if (!weir__parse_expect(p, TOKEN_CLOSE, "expected ')'"))
		return 0;
	p->depth--;
	if (p->build.section[PROGRAM_OPS].failed || p->build.section[PROGRAM_CONSTS].failed) {
		p->err = -ENOMEM;
		return 0;
	}
	if (s.literals)
		set_finish_literals(p, &s);
	else
		set_finish_general(p, &s);
	return PARSE_BOOLEAN;
}
