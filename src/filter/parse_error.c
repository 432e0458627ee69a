/* SPDX-License-Identifier: Apache-2.0 */
/* Why an expression is refused, and where: columns count characters from 1. Any thread. */
#include "parse_priv.h"
#include "path_priv.h"
#include "text_priv.h"
#include "weir/base/utf8.h"

#define PARSE_SHOWN_BYTES 16 /* of a token */

static bool parse_refuse(struct parse *p, int err, const char *reason, const char *at)
{
	p->err = err;
	weir_buf_str(p->why, weir_str(reason));
	weir__parse_column(p, at);
	return false;
}

/* The whole token: of a path with all its steps that are well formed. */
static struct weir_str parse_token_text(const struct parse *p)
{
	struct weir_str text = p->token.text, rest = p->rest;
	struct path_step step;

	if (p->token.type != TOKEN_PATH)
		return text;
	while (rest.n && (*rest.p == '.' || *rest.p == '[') && weir__path_step(&rest, &step) == 0)
		text.n = (size_t)(rest.p - text.p);
	return text;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__parse_column(struct parse *p, const char *at)
{
	struct weir_str before = weir_str_n(p->text.p, (size_t)(at - p->text.p));

	weir_buf_printf(p->why, " at column %zu", weir__text_length(before) + 1);
}

bool weir__parse_fail(struct parse *p, const char *reason, const char *at)
{
	return parse_refuse(p, WEIR_EINVALID, reason, at);
}

bool weir__parse_limit(struct parse *p, const char *reason, const char *at)
{
	return parse_refuse(p, WEIR_ELIMIT, reason, at);
}

bool weir__parse_unexpected_text(struct parse *p, struct weir_str text)
{
	p->err = WEIR_EINVALID;
	weir_buf_lit(p->why, "unexpected '");
	weir_buf_str(p->why, weir_utf8_prefix(text, PARSE_SHOWN_BYTES));
	weir_buf_char(p->why, '\'');
	weir__parse_column(p, text.p);
	return false;
}

bool weir__parse_unexpected(struct parse *p)
{
	const char *at = p->token.text.p;

	switch (p->token.type) {
	case TOKEN_END:
		return weir__parse_fail(p, "unexpected end", at);
	case TOKEN_UNTERMINATED:
		return weir__parse_fail(p, "unterminated string", at);
	case TOKEN_NOT_UTF8:
		return weir__parse_fail(p, "not valid UTF-8", at);
	default:
		return weir__parse_unexpected_text(p, parse_token_text(p));
	}
}

bool weir__parse_wrong(struct parse *p, const char *reason)
{
	return p->token.type < TOKEN_BAD ? weir__parse_fail(p, reason, p->token.text.p) : weir__parse_unexpected(p);
}

bool weir__parse_expect(struct parse *p, enum token_type type, const char *reason)
{
	if (p->token.type != type)
		return weir__parse_wrong(p, reason);
	weir__parse_advance(p);
	return true;
}

bool weir__parse_count(struct parse *p, const char *at)
{
	return ++p->n_nodes <= PROGRAM_NODES || weir__parse_limit(p, "more than 64 nodes", at);
}

bool weir__parse_enter(struct parse *p, const char *at)
{
	return ++p->depth <= PROGRAM_DEPTH || weir__parse_limit(p, "deeper than 16 levels", at);
}
