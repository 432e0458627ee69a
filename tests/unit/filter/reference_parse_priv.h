/* SPDX-License-Identifier: Apache-2.0 */
/* A text at work, shared by the reference's tokens and its rules. */
#ifndef WEIR_TEST_REFERENCE_PARSE_PRIV_H
#define WEIR_TEST_REFERENCE_PARSE_PRIV_H

#include "reference_priv.h"

enum token {
	T_END,
	T_LITERAL, /* value */
	T_NAME,    /* bare or path */
	T_WORD,    /* a keyword; TRUE and FALSE are literals */
	T_SIGN,    /* an operator, parenthesis or comma */
};

struct ref_parser {
	struct ref_arena *a;
	struct weir_buf *why;
	bool failed, mixed;
	struct weir_str text;
	size_t at; /* behind the token */
	unsigned depth;

	enum token token;
	struct weir_str spelt;
	size_t column;
	bool operand; /* the token ends an operand */
	struct weir_value value;
	struct ref_name name;
	enum ref_bad bad; /* of a path: it matters only if there may be one */
	size_t bad_at;
};

/* The first problem is kept. After it there are only ends. */
void ref_fail(struct ref_parser *p, const char *what, size_t column);
void ref_fail_begin(struct ref_parser *p); /* a message of one's own follows, in `why` */
void ref_fail_bad(struct ref_parser *p, enum ref_bad bad, size_t at);
void ref_fail_unexpected(struct ref_parser *p, struct weir_str spelt, size_t column);

void ref_advance(struct ref_parser *p); /* to the next token */
bool ref_is_sign(const struct ref_parser *p, const char *sign);
bool ref_is_keyword(const struct ref_parser *p, const char *word);
bool ref_is_call(const struct ref_parser *p); /* a bare name and '(' */

#endif
