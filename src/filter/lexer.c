/* SPDX-License-Identifier: Apache-2.0 */
/* The lexer. A sign is always a token of its own; the parser knows whether an operand stands before it. Any thread. */
#include "lexer_priv.h"

#include "path_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

static bool lexer_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t lexer_digits(struct weir_str s, size_t at)
{
	while (at < s.n && lexer_is_digit(s.p[at]))
		at++;
	return at;
}

static size_t lexer_word(struct weir_str s)
{
	size_t n = 0;

	while (n < s.n && weir__path_is_member_char(s.p[n]))
		n++;
	return n;
}

static struct token lexer_cut(struct weir_str *rest, enum token_type type, size_t n)
{
	struct token t = {type, weir_str_n(rest->p, n)};

	*rest = weir_str_n(rest->p + n, rest->n - n);
	return t;
}

/* The word of n characters, not all of them digits. */
static enum token_type lexer_word_type(struct weir_str rest, size_t n)
{
	static const struct {
		const char *text;
		enum token_type type;
	} keywords[] = {{"and", TOKEN_AND}, {"or", TOKEN_OR}, {"xor", TOKEN_XOR}, {"not", TOKEN_NOT},
		{"like", TOKEN_LIKE}, {"exists", TOKEN_EXISTS}, {"in", TOKEN_IN}, {"true", TOKEN_TRUE},
		{"false", TOKEN_FALSE}};
	static const char *const roots[] = {"data", "tags", "event"};
	struct weir_str word = weir_str_n(rest.p, n);

	for (size_t i = 0; i < WEIR_ARRAY_LEN(keywords); i++)
		if (weir_str_caseeq(word, weir_str(keywords[i].text)))
			return keywords[i].type;
	if (n < rest.n && (rest.p[n] == '.' || rest.p[n] == '['))
		for (size_t i = 0; i < WEIR_ARRAY_LEN(roots); i++)
			if (weir_str_caseeq(word, weir_str(roots[i])))
				return TOKEN_PATH;
	return TOKEN_NAME;
}

static struct token lexer_number(struct weir_str *rest)
{
	size_t whole = lexer_digits(*rest, 0);
	size_t end = whole < rest->n && rest->p[whole] == '.' ? lexer_digits(*rest, whole + 1) : 0;

	return end > whole + 1 ? lexer_cut(rest, TOKEN_NUMBER, end) : lexer_cut(rest, TOKEN_INTEGER, whole);
}

static struct token lexer_string(struct weir_str *rest)
{
	struct token t = {TOKEN_STRING, *rest};
	int err = weir__literal_cut(rest, &t.text);

	if (err == WEIR_EUTF8)
		t = (struct token){TOKEN_NOT_UTF8, *rest};
	else if (err)
		t.type = TOKEN_UNTERMINATED;
	return t;
}

static struct token lexer_sign(struct weir_str *rest)
{
	static const struct {
		const char *text;
		enum token_type type;
	} signs[] = {{"!=", TOKEN_NOT_EQUAL}, {"<>", TOKEN_NOT_EQUAL}, {"<=", TOKEN_LESS_EQUAL},
		{">=", TOKEN_GREATER_EQUAL}, {"<", TOKEN_LESS}, {">", TOKEN_GREATER}, {"=", TOKEN_EQUAL},
		{"(", TOKEN_OPEN}, {")", TOKEN_CLOSE}, {",", TOKEN_COMMA}, {"+", TOKEN_PLUS}, {"-", TOKEN_MINUS},
		{"*", TOKEN_STAR}, {"/", TOKEN_SLASH}, {"%", TOKEN_PERCENT}};
	size_t n;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(signs); i++)
		if (weir_str_starts(*rest, weir_str(signs[i].text)))
			return lexer_cut(rest, signs[i].type, strlen(signs[i].text));
	n = weir_utf8_char(*rest);
	return lexer_cut(rest, n ? TOKEN_BAD : TOKEN_NOT_UTF8, n ? n : 1);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_str weir__lexer_skip_space(struct weir_str rest)
{
	size_t n = 0;

	while (n < rest.n && (rest.p[n] == ' ' || rest.p[n] == '\t' || rest.p[n] == '\r' || rest.p[n] == '\n'))
		n++;
	return weir_str_n(rest.p + n, rest.n - n);
}

bool weir__lexer_is_literal(struct weir_str rest)
{
	size_t n = lexer_digits(rest, 0);

	/* "12ab" is a name. */
	return n > 0 && n == lexer_word(rest);
}

struct token weir__lexer_next(struct weir_str *rest)
{
	size_t n;

	*rest = weir__lexer_skip_space(*rest);
	if (rest->n == 0)
		return (struct token){TOKEN_END, *rest};
	if (weir__lexer_is_literal(*rest))
		return lexer_number(rest);
	n = lexer_word(*rest);
	if (n)
		return lexer_cut(rest, lexer_word_type(*rest, n), n);
	if (*rest->p == '\'' || *rest->p == '"')
		return lexer_string(rest);
	return lexer_sign(rest);
}
