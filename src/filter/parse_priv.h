/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An expression while it is compiled: the parser writes ops as it goes, from left to right, and stops at the first
 * problem. What is known of a value's type is a set of types. One owner.
 */
#ifndef WEIR_FILTER_PARSE_PRIV_H
#define WEIR_FILTER_PARSE_PRIV_H

#include "build_priv.h"
#include "lexer_priv.h"

#define PARSE_TEXT_BYTES 1024

typedef unsigned parse_types; /* bits of enum weir_value_type; 0: failed, the reason is written */

#define PARSE_STRING  (1u << WEIR_VALUE_STRING)
#define PARSE_INTEGER (1u << WEIR_VALUE_INTEGER)
#define PARSE_BOOLEAN (1u << WEIR_VALUE_BOOLEAN)
#define PARSE_NUMBER  (1u << WEIR_VALUE_NUMBER)
#define PARSE_ANY     (PARSE_STRING | PARSE_INTEGER | PARSE_BOOLEAN | PARSE_NUMBER)

struct parse {
	struct build build;
	struct weir_buf *why;
	int err;
	struct weir_str text, rest; /* rest: behind `token` */
	struct token token;         /* the next one */
	unsigned n_nodes, depth;
	bool mixed;
	/* The leftmost call of what is no function; no name: none. */
	struct weir_str unknown;
	unsigned unknown_arguments;
};

/* parse.c: the levels of operators. */
parse_types weir__parse_expression(struct parse *p);
parse_types weir__parse_unary(struct parse *p);
/* parse_operand.c, parse_name.c, parse_set.c */
parse_types weir__parse_primary(struct parse *p);
parse_types weir__parse_name(struct parse *p, enum program_code code); /* LOAD or EXISTS of a name or path */
bool weir__parse_is_call(const struct parse *p);                       /* a name with '(' behind it */
parse_types weir__parse_in(struct parse *p);                           /* from IN on; the left side is done */
parse_types weir__parse_like(struct parse *p);

void weir__parse_advance(struct parse *p); /* the next token */
/* Each writes its reason and returns false; `at` points into the text. */
bool weir__parse_fail(struct parse *p, const char *reason, const char *at);
bool weir__parse_limit(struct parse *p, const char *reason, const char *at);
bool weir__parse_unexpected(struct parse *p);
bool weir__parse_unexpected_text(struct parse *p, struct weir_str text);
bool weir__parse_wrong(struct parse *p, const char *reason); /* "expected …", unless the token is none at all */
void weir__parse_column(struct parse *p, const char *at);

bool weir__parse_expect(struct parse *p, enum token_type type, const char *reason); /* and passes it */
bool weir__parse_count(struct parse *p, const char *at);                            /* one more node */
bool weir__parse_enter(struct parse *p, const char *at);                            /* one level deeper */

#endif
