/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens of the reference, read one at a time as the grammar asks for them, and what is said about the text. */
#include "reference_parse_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

static const char *const keywords[] = {"AND", "OR", "XOR", "NOT", "LIKE", "EXISTS", "IN", "TRUE", "FALSE"};
static const char *const signs[] = {
	"<=", ">=", "<>", "!=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ","}; /* longest first */

static size_t column_of(const struct ref_parser *p, size_t at)
{
	return ref_length(weir_str_n(p->text.p, at)) + 1;
}

static struct weir_str rest(const struct ref_parser *p, size_t from)
{
	return weir_str_n(p->text.p + from, p->text.n - from);
}

static char char_at(const struct ref_parser *p, size_t at)
{
	return at < p->text.n ? p->text.p[at] : 0;
}

static size_t word_length(const struct ref_parser *p, size_t from)
{
	size_t n = 0;

	while (ref_is_word(char_at(p, from + n)))
		n++;
	return n;
}

static bool all_digits(struct weir_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ref_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static void take(struct ref_parser *p, enum token token, size_t bytes)
{
	p->token = token;
	p->spelt = weir_str_n(p->text.p + p->at, bytes);
	p->at += bytes;
}

static void take_number(struct ref_parser *p)
{
	size_t n = char_at(p, p->at) == '+' || char_at(p, p->at) == '-' ? 1 : 0;
	bool fraction;

	n += word_length(p, p->at + n);
	fraction = char_at(p, p->at + n) == '.' && ref_is_digit(char_at(p, p->at + n + 1));
	if (fraction)
		for (n++; ref_is_digit(char_at(p, p->at + n));)
			n++;
	take(p, T_LITERAL, n);
	p->operand = true;
	if (!fraction && ref_cast(p->a, (struct weir_value){.type = WEIR_VALUE_STRING, .string = p->spelt},
				 WEIR_VALUE_INTEGER, &p->value))
		return;
	p->value = (struct weir_value){.type = WEIR_VALUE_NUMBER};
	if (ref_number_read(p->spelt, false, &p->value.number) != REF_READ)
		ref_fail_unexpected(p, p->spelt, p->column);
}

static void take_string(struct ref_parser *p)
{
	enum ref_bad bad;
	size_t used;

	p->value = (struct weir_value){.type = WEIR_VALUE_STRING};
	bad = ref_read_string(p->a, rest(p, p->at), &p->value.string, &used);
	if (bad) {
		ref_fail_bad(p, bad, p->at + used);
		return;
	}
	take(p, T_LITERAL, used);
	p->operand = true;
}

static bool take_keyword(struct ref_parser *p, size_t n)
{
	struct weir_str word = weir_str_n(p->text.p + p->at, n);

	for (size_t i = 0; i < WEIR_ARRAY_LEN(keywords); i++) {
		if (!weir_str_caseeq(word, weir_str(keywords[i])))
			continue;
		p->operand = *keywords[i] == 'T' || *keywords[i] == 'F';
		p->value = ref_boolean(*keywords[i] == 'T');
		take(p, p->operand ? T_LITERAL : T_WORD, n);
		return true;
	}
	return false;
}

static void take_name(struct ref_parser *p, size_t n)
{
	struct weir_str word = weir_str_n(p->text.p + p->at, n);
	char next = char_at(p, p->at + n);
	size_t used;

	p->operand = true;
	p->name = (struct ref_name){WEIR_NAME_BARE, ref_copy(p->a, word)};
	if ((next == '.' || next == '[') &&
		(weir_str_caseeq(word, WEIR_STR("data")) || weir_str_caseeq(word, WEIR_STR("tags")) ||
			weir_str_caseeq(word, WEIR_STR("event")))) {
		p->bad = ref_read_path(p->a, rest(p, p->at), n, &p->name, &used);
		p->bad_at = p->at + used;
		n = used;
	}
	take(p, T_NAME, n);
}

static void take_sign(struct ref_parser *p)
{
	size_t bytes;

	p->operand = char_at(p, p->at) == ')';
	for (size_t i = 0; i < WEIR_ARRAY_LEN(signs); i++)
		if (weir_str_starts(rest(p, p->at), weir_str(signs[i]))) {
			take(p, T_SIGN, strlen(signs[i]));
			return;
		}
	bytes = weir_utf8_char(rest(p, p->at));
	if (bytes == 0)
		ref_fail(p, "not valid UTF-8", p->column);
	else
		ref_fail_unexpected(p, weir_str_n(p->text.p + p->at, bytes), p->column);
}

static size_t after_space(const struct ref_parser *p, size_t at)
{
	while (char_at(p, at) && strchr(" \t\r\n", char_at(p, at)))
		at++;
	return at;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void ref_fail_begin(struct ref_parser *p)
{
	p->failed = true;
	p->token = T_END;
	p->operand = false;
	p->at = p->text.n;
	weir_buf_reset(p->why);
}

void ref_fail(struct ref_parser *p, const char *what, size_t column)
{
	if (p->failed)
		return;
	ref_fail_begin(p);
	weir_buf_printf(p->why, "%s at column %zu", what, column);
}

void ref_fail_unexpected(struct ref_parser *p, struct weir_str spelt, size_t column)
{
	if (p->failed)
		return;
	ref_fail_begin(p);
	if (spelt.n == 0) {
		weir_buf_printf(p->why, "unexpected end at column %zu", column);
		return;
	}
	spelt = weir_utf8_prefix(spelt, 16);
	weir_buf_printf(p->why, "unexpected '%.*s' at column %zu", WEIR_STR_FMT(spelt), column);
}

void ref_fail_bad(struct ref_parser *p, enum ref_bad bad, size_t at)
{
	ref_fail(p,
		bad == REF_BAD_PATH     ? "bad path"
		: bad == REF_BAD_STRING ? "unterminated string"
					: "not valid UTF-8",
		column_of(p, at));
}

void ref_advance(struct ref_parser *p)
{
	bool after_operand = p->operand;
	size_t n;
	char c;

	if (p->failed)
		return;
	p->at = after_space(p, p->at);
	p->column = column_of(p, p->at);
	c = char_at(p, p->at);
	n = word_length(p, p->at + ((c == '+' || c == '-') && !after_operand ? 1 : 0));
	p->operand = false;
	if (p->at == p->text.n)
		take(p, T_END, 0);
	else if (c == '\'' || c == '"')
		take_string(p);
	else if ((c == '+' || c == '-') && !after_operand && all_digits(weir_str_n(p->text.p + p->at + 1, n)))
		take_number(p);
	else if (ref_is_word(c) && all_digits(weir_str_n(p->text.p + p->at, n)))
		take_number(p);
	else if (!ref_is_word(c))
		take_sign(p);
	else if (!take_keyword(p, n))
		take_name(p, n);
}

bool ref_is_sign(const struct ref_parser *p, const char *sign)
{
	return p->token == T_SIGN && weir_str_is(p->spelt, sign);
}

bool ref_is_keyword(const struct ref_parser *p, const char *word)
{
	return p->token == T_WORD && weir_str_caseeq(p->spelt, weir_str(word));
}

bool ref_is_call(const struct ref_parser *p)
{
	return p->token == T_NAME && p->name.kind == WEIR_NAME_BARE && char_at(p, after_space(p, p->at)) == '(';
}
