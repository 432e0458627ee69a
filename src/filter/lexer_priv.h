/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of an expression (filters.md §2.1). A token is read when the parser has use for it, so that what is wrong
 * further right is not found before what is wrong here. Pure, any thread.
 */
#ifndef WEIR_FILTER_LEXER_PRIV_H
#define WEIR_FILTER_LEXER_PRIV_H

#include "weir/base/str.h"

enum token_type {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_PATH,    /* its first step is not read yet */
	TOKEN_INTEGER, /* digits */
	TOKEN_NUMBER,  /* digits "." digits */
	TOKEN_STRING,  /* with its quotes */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_STAR,
	TOKEN_SLASH,
	TOKEN_PERCENT,
	TOKEN_EQUAL,
	TOKEN_NOT_EQUAL,
	TOKEN_LESS,
	TOKEN_LESS_EQUAL,
	TOKEN_GREATER,
	TOKEN_GREATER_EQUAL,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_XOR,
	TOKEN_NOT,
	TOKEN_LIKE,
	TOKEN_EXISTS,
	TOKEN_IN,
	TOKEN_TRUE,
	TOKEN_FALSE,
	/* what is no token */
	TOKEN_BAD,          /* a character that stands nowhere */
	TOKEN_UNTERMINATED, /* a string */
	TOKEN_NOT_UTF8,
};

struct token {
	enum token_type type;
	struct weir_str text; /* of TOKEN_PATH the root only */
};

/* Cuts the next token, and the white space before it, off *rest. */
struct token weir__lexer_next(struct weir_str *rest);
/* Is the text a digit run (with or without a fraction) from its first byte on? */
bool weir__lexer_is_literal(struct weir_str rest);
struct weir_str weir__lexer_skip_space(struct weir_str rest);

#endif
