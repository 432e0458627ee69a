/* SPDX-License-Identifier: Apache-2.0 */
/* Random expressions. What each kind of expression may consist of stands in tables; see generate.h. */
#include "generate.h"

#include "generate_priv.h"
#include "weir/base/mem.h"

struct generator {
	struct weir_random *r, *style; /* what it says; spaces and letter case */
	struct weir_buf *out;
	unsigned budget; /* of operators and calls */
	unsigned depth;
	enum { EITHER, SPACE, NO_SPACE } next; /* before the next token */
};

enum wanted { BOOLEAN, INTEGER, NUMBER, STRING, ANYTHING };

static void make(struct generator *g, enum wanted type);

/* ---- tokens ---- */

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void emit_space(struct generator *g, bool needed)
{
	static const char *const spaces[] = {" ", " ", " ", " ", "  ", "\t", "\n", "\r\n"};

	if (needed || g->next == SPACE || (g->next == EITHER && generate_chance(g->style, 60)))
		weir_buf_str(g->out, weir_str(GENERATE_PICK(g->style, spaces)));
	g->next = EITHER;
}

static void emit(struct generator *g, const char *token)
{
	char before = g->out->len ? g->out->p[g->out->len - 1] : 0;

	emit_space(g, is_word_char(before) && is_word_char(*token));
	weir_buf_str(g->out, weir_str(token));
}

static void emit_word(struct generator *g, const char *word) /* in any letter case */
{
	char text[32];
	unsigned style = (unsigned)weir_random_below(g->style, 4);
	size_t i = 0;

	for (; word[i]; i++) {
		bool lower = style == 1 || (style == 2 && generate_chance(g->style, 50));

		text[i] = word[i] >= 'A' && word[i] <= 'Z' && lower ? (char)(word[i] + 32) : word[i];
	}
	text[i] = 0;
	emit(g, text);
}

/* ---- operands ---- */

static void emit_string(struct generator *g, const char *const *pieces, size_t n, unsigned most)
{
	char quote = generate_chance(g->r, 70) ? '\'' : '"';
	unsigned count = (unsigned)weir_random_below(g->r, most + 1);

	emit_space(g, false);
	weir_buf_char(g->out, quote);
	for (unsigned i = 0; i < count; i++)
		for (const char *p = pieces[weir_random_below(g->r, n)]; *p; p++) {
			if (*p == quote)
				weir_buf_char(g->out, generate_chance(g->r, 50) ? quote : '\\');
			weir_buf_char(g->out, *p);
		}
	weir_buf_char(g->out, quote);
}

static void emit_text(struct generator *g)
{
	static const char *const pieces[] = {"a", "b", "ab", "Zoë", "é", "ß", "ÿ", "İ", "ſ", "Σ", "я", "🎈", "'", "\"",
		"\\b", "\\\\", "\\n", "%", "_", " ", "\u00a0", "\n", "0", "x1", "X-1", "ME", "/", "Ⱥ", "ǅ"};
	static const char *const whole[] = {"007", "-0", "+5", "1e5", "1.5", "1.50", "", " 5", "true", "FALSE", "TrUe",
		"7", "150.25", "app/json", "2147483648", "9999999999999999999", "a", "ab", "100%", "X_2", "-1", "0"};

	if (generate_chance(g->r, 50))
		emit_string(g, pieces, WEIR_ARRAY_LEN(pieces), 5);
	else
		emit_string(g, &GENERATE_PICK(g->r, whole), 1, 1);
}

static void emit_pattern(struct generator *g)
{
	static const char *const pieces[] = {"%", "%", "_", "_", "\\%", "\\_", "a", "b", "é", "7", "1", "5", ".", "t",
		"tr", "0", "\\a", "\\\\", "X", "-", " ", "🎈", "o", "ë"};

	emit_word(g, "LIKE");
	emit_string(g, pieces, WEIR_ARRAY_LEN(pieces), 5);
}

static void emit_integer(struct generator *g)
{
	static const char *const pool[] = {"0", "1", "2", "3", "5", "7", "10", "45", "60", "-1", "-7", "+5", "007",
		"2147483647", "-2147483648", "2000000000", "-0", "65536", "46341"};
	char text[24];

	if (generate_chance(g->r, 70)) {
		emit(g, GENERATE_PICK(g->r, pool));
		return;
	}
	snprintf(text, sizeof(text), "%d", (int)weir_random_below(g->r, 200) - 100);
	emit(g, text);
}

static void emit_number(struct generator *g)
{
	static const char *const pool[] = {"0.1", "0.2", "0.3", "19.99", "59.97", "100.0", "2147483648", "-2147483649",
		"9007199254740993", "9999999999999999999", "-9999999999999999999.9", "12345678901234567891234", "0.0",
		"-0.0", "0.0000001", "0.000001", "-0.0000012345678901234567899", "1000000000000000000000", "1.50",
		"999999999999999999999", "+2.50", "7.0", "5.0", "150.25", "0.00000000000000000000000000000012345",
		"99999999999999999999999999999999999999999999999999999999999999999999999999", "0.5", "3.0", "-1.0",
		"1767225600000", "2147483647.0", "-2147483648.0", "0.3333333333333333333"};
	char text[80];

	if (generate_chance(g->r, 60)) {
		emit(g, GENERATE_PICK(g->r, pool));
		return;
	}
	generate_number_text(g->r, text, false);
	emit(g, text);
}

static void emit_name(struct generator *g)
{
	static const char *const spelt[] = {"a", "b", "level", "LEVEL", "price", "Price", "env", "Env", "ENV", "x1",
		"12ab", "user", "USER", "id", "channel", "Time", "data", "DATA", "tags", "event", "nothing", "left",
		"_", "a_b", "hot", "Hot", "flag", "1e5", "tags.in", "tags.user", "Tags['content-type']",
		"tags[\"level\"]", "tags.Env", "tags.LEVEL", "event.user", "event.client", "Event.offset", "event.time",
		"event['channel']", "tags['é']", "event.id", "data.a", "DATA['a']", "data.items[0].sku",
		"data.items[1]['sku']", "data['a b']", "data[0]", "data[00]", "data.in", "data.0", "data.a.b",
		"data['it''s']", "data[\"it's\"]", "data.price", "data.Price", "data.flag", "data.items", "data[65535]",
		"data.qty", "data['a.b']", "data['']", "tags['']"};

	emit(g, GENERATE_PICK(g->r, spelt));
}

/* ---- operators and calls ---- */

static void make_group(struct generator *g, enum wanted type) /* in parentheses, as a rule */
{
	bool grouped = generate_chance(g->r, 65);

	if (grouped)
		emit(g, "(");
	make(g, type);
	if (grouped)
		emit(g, ")");
}

static void make_list(struct generator *g, enum wanted type, unsigned least, unsigned most)
{
	unsigned n = least + (unsigned)weir_random_below(g->r, most - least + 1);

	emit(g, "(");
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			emit(g, ",");
		make(g, type);
	}
	emit(g, ")");
}

static void make_binary(struct generator *g, enum wanted type, const char *word)
{
	make_group(g, type);
	emit_word(g, word);
	make_group(g, type);
}

static void make_not_infix(struct generator *g)
{
	if (generate_chance(g->r, 40))
		emit_word(g, "NOT");
}

static void make_set(struct generator *g)
{
	enum wanted type = (enum wanted)weir_random_below(g->r, 4);

	make_group(g, type);
	make_not_infix(g);
	emit_word(g, "IN");
	if (generate_chance(g->r, 50)) {
		unsigned budget = g->budget;

		g->budget = 0; /* literals and names only */
		make_list(g, generate_chance(g->r, 70) ? type : ANYTHING, 1, 5);
		g->budget = budget;
	} else {
		make_list(g, type, 1, 3);
	}
}

static void make_boolean(struct generator *g)
{
	static const char *const logic[] = {"AND", "OR", "XOR"};
	static const char *const equal[] = {"=", "!=", "<>", "="};
	static const char *const order[] = {"<", "<=", ">", ">="};
	static const char *const tests[] = {"IS_INT", "IS_BOOL", "IS_NUMBER", "BOOL"};

	switch (weir_random_below(g->r, 10)) {
	case 0:
	case 1:
		make_binary(g, BOOLEAN, GENERATE_PICK(g->r, logic));
		break;
	case 2:
		make_binary(g, (enum wanted)weir_random_below(g->r, 4), GENERATE_PICK(g->r, equal));
		break;
	case 3:
		make_binary(g, generate_chance(g->r, 50) ? INTEGER : NUMBER, GENERATE_PICK(g->r, order));
		break;
	case 4:
		emit_word(g, "NOT");
		make_group(g, BOOLEAN);
		break;
	case 5:
		emit_word(g, "EXISTS");
		emit_name(g);
		break;
	case 6:
		make_group(g, STRING);
		make_not_infix(g);
		emit_pattern(g);
		break;
	case 7:
		make_set(g);
		break;
	case 8:
		emit_word(g, GENERATE_PICK(g->r, tests));
		make_list(g, ANYTHING, 1, 1);
		break;
	default: /* the idiom */
		emit_word(g, "EXISTS");
		emit_name(g);
		emit_word(g, "AND");
		make_group(g, BOOLEAN);
		break;
	}
}

static void make_arithmetic(struct generator *g, enum wanted type)
{
	static const char *const signs[] = {"+", "-", "*", "/", "%"};

	switch (weir_random_below(g->r, 6)) {
	case 0:
		emit(g, "-");
		g->next = generate_chance(g->r, 50) ? SPACE : NO_SPACE; /* it makes a difference before digits */
		make_group(g, type);
		break;
	case 1:
		emit_word(g, "ABS");
		make_list(g, type, 1, 1);
		break;
	case 2:
		emit_word(g, type == INTEGER ? "INT" : "NUMBER");
		make_list(g, ANYTHING, 1, 1);
		break;
	case 3:
		if (type == INTEGER) {
			emit_word(g, "LENGTH");
			make_list(g, STRING, 1, 1);
			break;
		}
		/* fall through */
	default:
		make_group(g, type);
		emit(g, signs[weir_random_below(g->r, type == INTEGER ? 5 : 4)]);
		make_group(g, generate_chance(g->r, 85) ? type : NUMBER);
		break;
	}
}

static void make_part(struct generator *g) /* LEFT, RIGHT, SUBSTRING */
{
	static const char *const parts[] = {"LEFT", "RIGHT", "SUBSTRING", "SUBSTRING"};
	unsigned which = (unsigned)weir_random_below(g->r, 4);

	emit_word(g, parts[which]);
	emit(g, "(");
	make(g, STRING);
	for (unsigned i = 0; i < (which == 3 ? 2u : 1u); i++) {
		char small[16];

		emit(g, ",");
		snprintf(small, sizeof(small), "%d", (int)weir_random_below(g->r, 8) - 3);
		if (generate_chance(g->r, 80))
			emit(g, small);
		else
			make(g, INTEGER);
	}
	emit(g, ")");
}

static void make_string(struct generator *g)
{
	static const char *const simple[] = {"LOWER", "UPPER", "TRIM"};

	switch (weir_random_below(g->r, 6)) {
	case 0:
		emit_word(g, "STRING");
		make_list(g, ANYTHING, 1, 1);
		break;
	case 1:
		emit_word(g, "CONCAT");
		make_list(g, generate_chance(g->r, 80) ? STRING : ANYTHING, 0, 3);
		break;
	case 2:
		emit_word(g, "CONCAT_WS");
		make_list(g, STRING, generate_chance(g->r, 98) ? 1 : 0, 4);
		break;
	case 3:
		make_part(g);
		break;
	default:
		emit_word(g, GENERATE_PICK(g->r, simple));
		make_list(g, STRING, 1, 1);
		break;
	}
}

static void make_operand(struct generator *g, enum wanted type)
{
	if (generate_chance(g->r, 40)) {
		emit_name(g);
		return;
	}
	switch (type) {
	case BOOLEAN:
		emit_word(g, generate_chance(g->r, 50) ? "TRUE" : "FALSE");
		break;
	case INTEGER:
		emit_integer(g);
		break;
	case NUMBER:
		emit_number(g);
		break;
	default:
		emit_text(g);
		break;
	}
}

static void make(struct generator *g, enum wanted type)
{
	if (type == ANYTHING || generate_chance(g->r, 6))
		type = (enum wanted)weir_random_below(g->r, 4);
	if (g->budget == 0 || g->depth > 12 || generate_chance(g->r, 15)) {
		make_operand(g, type);
		return;
	}
	g->budget--;
	g->depth++;
	switch (type) {
	case BOOLEAN:
		make_boolean(g);
		break;
	case STRING:
		make_string(g);
		break;
	default:
		make_arithmetic(g, type);
		break;
	}
	g->depth--;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void generate_expression(struct weir_random *r, struct weir_random *style, struct weir_buf *out)
{
	unsigned budget = (unsigned)weir_random_below(r, generate_chance(r, 97) ? 12 : 60);
	struct generator g = {.r = r, .style = style, .out = out, .budget = budget};

	weir_buf_reset(out);
	make(&g, generate_chance(r, 60) ? BOOLEAN : ANYTHING);
	emit_space(&g, false);
}

void generate_mutation(struct weir_random *r, struct weir_buf *text)
{
	static const char bytes[] = "()()'\"\\,.[]%_=<>!+-*/# \t\n0a9NEtd\x80\xc3\xa9\xff";
	unsigned changes = 1 + (unsigned)weir_random_below(r, 3);

	for (unsigned i = 0; i < changes; i++) {
		size_t at = weir_random_below(r, text->len + 1);
		char c = bytes[weir_random_below(r, sizeof(bytes) - 1)];

		switch (weir_random_below(r, 4)) {
		case 0: /* replace */
			if (at < text->len)
				text->p[at] = c;
			break;
		case 1: /* remove */
			if (at < text->len) {
				memmove(text->p + at, text->p + at + 1, text->len - at - 1);
				text->len--;
			}
			break;
		case 2: /* insert */
			weir_buf_char(text, c);
			memmove(text->p + at + 1, text->p + at, text->len - 1 - at);
			text->p[at] = c;
			break;
		default: /* cut */
			if (generate_chance(r, 30))
				text->len = at;
			break;
		}
	}
}
