/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of the reference: tokens are read one at a time, as the grammar asks for them, and each rule of the grammar
 * is a function. The first problem is kept; after it there are only ends, so that all rules return.
 */
#include <ctype.h>

#include "reference_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

enum token {
	T_END,
	T_LITERAL, /* value */
	T_NAME,    /* bare or path */
	T_WORD,    /* a keyword; TRUE and FALSE are literals */
	T_SIGN,    /* an operator, parenthesis or comma */
};

struct parser {
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

static const char *const keywords[] = {"AND", "OR", "XOR", "NOT", "LIKE", "EXISTS", "IN", "TRUE", "FALSE"};
static const char *const signs[] = {
	"<=", ">=", "<>", "!=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ","}; /* longest first */

static struct ref_node *parse_expr(struct parser *p);

/* ---- messages ---- */

static size_t column_of(const struct parser *p, size_t at)
{
	return ref_length(weir_str_n(p->text.p, at)) + 1;
}

static void fail_begin(struct parser *p)
{
	p->failed = true;
	p->token = T_END;
	p->operand = false;
	p->at = p->text.n;
	weir_buf_reset(p->why);
}

static void fail(struct parser *p, const char *what, size_t column)
{
	if (p->failed)
		return;
	fail_begin(p);
	weir_buf_printf(p->why, "%s at column %zu", what, column);
}

static void fail_unexpected(struct parser *p, struct weir_str spelt, size_t column)
{
	if (p->failed)
		return;
	fail_begin(p);
	if (spelt.n == 0) {
		weir_buf_printf(p->why, "unexpected end at column %zu", column);
		return;
	}
	spelt = weir_utf8_prefix(spelt, 16);
	weir_buf_printf(p->why, "unexpected '%.*s' at column %zu", WEIR_STR_FMT(spelt), column);
}

/* ---- tokens ---- */

static struct weir_str rest(const struct parser *p, size_t from)
{
	return weir_str_n(p->text.p + from, p->text.n - from);
}

static char char_at(const struct parser *p, size_t at)
{
	return at < p->text.n ? p->text.p[at] : 0;
}

static size_t word_length(const struct parser *p, size_t from)
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

static void take(struct parser *p, enum token token, size_t bytes)
{
	p->token = token;
	p->spelt = weir_str_n(p->text.p + p->at, bytes);
	p->at += bytes;
}

static void take_number(struct parser *p)
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
		fail_unexpected(p, p->spelt, p->column);
}

static void fail_bad(struct parser *p, enum ref_bad bad, size_t at)
{
	fail(p,
		bad == REF_BAD_PATH     ? "bad path"
		: bad == REF_BAD_STRING ? "unterminated string"
					: "not valid UTF-8",
		column_of(p, at));
}

static void take_string(struct parser *p)
{
	enum ref_bad bad;
	size_t used;

	p->value = (struct weir_value){.type = WEIR_VALUE_STRING};
	bad = ref_read_string(p->a, rest(p, p->at), &p->value.string, &used);
	if (bad) {
		fail_bad(p, bad, p->at + used);
		return;
	}
	take(p, T_LITERAL, used);
	p->operand = true;
}

static bool take_keyword(struct parser *p, size_t n)
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

static void take_name(struct parser *p, size_t n)
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

static void take_sign(struct parser *p)
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
		fail(p, "not valid UTF-8", p->column);
	else
		fail_unexpected(p, weir_str_n(p->text.p + p->at, bytes), p->column);
}

static size_t after_space(const struct parser *p, size_t at)
{
	while (char_at(p, at) && strchr(" \t\r\n", char_at(p, at)))
		at++;
	return at;
}

static void advance(struct parser *p)
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

static bool is_sign(const struct parser *p, const char *sign)
{
	return p->token == T_SIGN && weir_str_is(p->spelt, sign);
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->token == T_WORD && weir_str_caseeq(p->spelt, weir_str(word));
}

static bool is_call(const struct parser *p) /* a bare name and '(' */
{
	return p->token == T_NAME && p->name.kind == WEIR_NAME_BARE && char_at(p, after_space(p, p->at)) == '(';
}

static bool accept_sign(struct parser *p, const char *sign)
{
	bool is = is_sign(p, sign);

	if (is)
		advance(p);
	return is;
}

static void expect_close(struct parser *p)
{
	if (!accept_sign(p, ")"))
		fail(p, "expected ')'", p->column);
}

static void enter(struct parser *p)
{
	if (++p->depth > REF_MAX_DEPTH)
		fail(p, "deeper than 16 levels", p->column);
}

static void leave(struct parser *p)
{
	p->depth--;
}

/* ---- the rules, from the last to the first ---- */

static struct ref_node *parse_call(struct parser *p)
{
	struct ref_node *call = ref_node(p->a, REF_CALL, p->column);

	call->called = p->name.text;
	advance(p);
	enter(p);
	advance(p); /* '(' */
	if (!is_sign(p, ")"))
		do
			ref_add_arg(p->a, call, parse_expr(p));
		while (accept_sign(p, ","));
	expect_close(p);
	leave(p);
	return call;
}

static void take_operand(struct parser *p, struct ref_node *node)
{
	if (p->bad)
		fail_bad(p, p->bad, p->bad_at);
	node->name = p->name;
	advance(p);
}

static struct ref_node *parse_primary(struct parser *p)
{
	struct ref_node *node = ref_node(p->a, REF_LITERAL, p->column);

	if (is_call(p))
		return parse_call(p);
	if (p->token == T_LITERAL) {
		node->literal = p->value;
		advance(p);
	} else if (p->token == T_NAME) {
		node->op = REF_NAME;
		take_operand(p, node);
	} else if (is_sign(p, "(")) {
		enter(p);
		advance(p);
		node = parse_expr(p);
		expect_close(p);
		leave(p);
	} else {
		fail(p, "expected an operand", p->column);
	}
	return node;
}

static struct ref_node *parse_unary(struct parser *p)
{
	struct ref_node *node;
	bool negation = is_word(p, "NOT"), exists = is_word(p, "EXISTS");

	if (!negation && !exists && !is_sign(p, "-"))
		return parse_primary(p);
	node = ref_node(p->a, negation ? REF_NOT : exists ? REF_EXISTS : REF_NEGATE, p->column);
	enter(p);
	advance(p);
	if (!exists) {
		ref_add_arg(p->a, node, parse_unary(p));
	} else if (p->token == T_NAME && !is_call(p)) {
		take_operand(p, node);
	} else {
		fail(p, "EXISTS needs a name", p->column);
	}
	leave(p);
	return node;
}

static void parse_like(struct parser *p, struct ref_node *like)
{
	advance(p);
	if (p->token != T_LITERAL || p->value.type != WEIR_VALUE_STRING) {
		fail(p, "LIKE needs a string literal", p->column);
		return;
	}
	like->literal = p->value;
	if (ref_pattern_too_long(p->value.string))
		fail(p, "LIKE pattern too long", p->column);
	advance(p);
}

static void parse_set(struct parser *p, struct ref_node *in)
{
	advance(p);
	if (!is_sign(p, "("))
		fail(p, "expected '('", p->column);
	enter(p);
	advance(p);
	if (is_sign(p, ")"))
		fail(p, "empty set", p->column);
	do
		ref_add_arg(p->a, in, parse_expr(p));
	while (accept_sign(p, ","));
	expect_close(p);
	leave(p);
}

static struct ref_node *parse_postfix(struct parser *p)
{
	struct ref_node *x = parse_unary(p), *node;

	while (is_word(p, "NOT") || is_word(p, "LIKE") || is_word(p, "IN")) {
		node = ref_node(p->a, REF_LIKE, p->column);
		ref_add_arg(p->a, node, x);
		node->inverted = is_word(p, "NOT");
		if (node->inverted)
			advance(p);
		if (is_word(p, "LIKE")) {
			parse_like(p, node);
		} else if (is_word(p, "IN")) {
			node->op = REF_IN;
			parse_set(p, node);
		} else {
			fail_unexpected(p, p->spelt, p->column);
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

static const struct binary *binary_at(const struct parser *p, unsigned level)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(operators); i++)
		if (operators[i].level == level && (is_sign(p, operators[i].spelt) || is_word(p, operators[i].spelt)))
			return &operators[i];
	return NULL;
}

static struct ref_node *parse_level(struct parser *p, unsigned level)
{
	struct ref_node *x = level == 4 ? parse_postfix(p) : parse_level(p, level - 1), *node;
	const struct binary *o, *before = NULL;

	while ((o = binary_at(p, level)) != NULL) {
		p->mixed = p->mixed || (level == 7 && before && before != o);
		before = o;
		node = ref_node(p->a, o->op, p->column);
		advance(p);
		ref_add_arg(p->a, node, x);
		ref_add_arg(p->a, node, level == 4 ? parse_postfix(p) : parse_level(p, level - 1));
		x = node;
	}
	return x;
}

static struct ref_node *parse_expr(struct parser *p)
{
	return parse_level(p, 7);
}

/* After a clean parse: the functions there are, the first one in the text that there is not. */
static void find_functions(struct parser *p, struct ref_node *node, const struct ref_node **unknown)
{
	if (node->op == REF_CALL)
		node->function = ref_function(node->called, node->n);
	if (node->op == REF_CALL && !node->function && (!*unknown || node->column < (*unknown)->column))
		*unknown = node;
	for (size_t i = 0; i < node->n; i++)
		find_functions(p, node->args[i], unknown);
}

static void check_whole(struct parser *p, struct ref_node *root)
{
	const struct ref_node *unknown = NULL;

	if (!p->failed && p->token != T_END)
		fail_unexpected(p, p->spelt, p->column);
	if (p->failed)
		return;
	if (ref_count_nodes(root) > REF_MAX_NODES)
		fail(p, "more than 64 nodes", p->column);
	if (ref_count_paths(root) > REF_MAX_PATHS)
		fail(p, "more than 16 paths", p->column);
	find_functions(p, root, &unknown);
	if (!unknown || p->failed)
		return;
	fail_begin(p);
	weir_buf_lit(p->why, "unknown function ");
	for (size_t i = 0; i < unknown->called.n; i++)
		weir_buf_char(p->why, (char)toupper((unsigned char)unknown->called.p[i]));
	weir_buf_printf(p->why, "/%zu at column %zu", unknown->n, unknown->column);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int ref_compile(struct weir_str text, struct ref_filter **out, struct weir_buf *why)
{
	struct ref_filter *f = weir_xcalloc(1, sizeof(*f));
	struct parser p = {.a = &f->arena, .why = why};

	*out = NULL;
	weir_buf_reset(why);
	if (text.n > REF_MAX_TEXT) {
		weir_buf_lit(why, "longer than 1024 bytes");
		ref_free(&f);
		return WEIR_EINVALID;
	}
	p.text = ref_copy(&f->arena, text);
	advance(&p);
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
