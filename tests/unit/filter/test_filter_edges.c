/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine against the reference where chance seldom goes: Numbers with carries and far exponents, every letter that has
 * a case, patterns that nearly match, sets, each limit from both sides, and the budget of an evaluation.
 */
#include <stdio.h>
#include <stdlib.h>

#include "differential.h"
#include "generate_priv.h"
#include "test.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

static void edges_end(struct both *b, unsigned least)
{
	printf("%u compared, %u refused ...", b->compared, b->refused);
	CU_ASSERT_EQUAL(b->differ, 0);
	CU_ASSERT(b->compared >= least);
	both_fini(b);
}

/* ---- Numbers ---- */

static void number_text(struct weir_random *r, int magnitude, char out[64])
{
	unsigned digits = 1 + (unsigned)weir_random_below(r, 19), style = (unsigned)weir_random_below(r, 4), n = 0;

	if (generate_chance(r, 40))
		out[n++] = '-';
	out[n++] = '0';
	out[n++] = '.';
	for (unsigned i = 0; i < digits; i++) {
		unsigned digit = (unsigned)weir_random_below(r, 10);

		if (style == 0)
			digit = 9;
		else if (style == 1)
			digit = i == 0 || i + 1 == digits;
		out[n++] = (char)('0' + (i == 0 && digit == 0 ? 1 : digit));
	}
	snprintf(out + n, 64 - n, "e%d", magnitude);
}

static int number_magnitude(struct weir_random *r)
{
	switch (weir_random_below(r, 4)) {
	case 0:
		return 980 + (int)weir_random_below(r, 21);
	case 1:
		return -999 + (int)weir_random_below(r, 25);
	default:
		return (int)weir_random_below(r, 40) - 15;
	}
}

static void test_numbers(void)
{
	static const char *const list[] = {"a + b", "a - b", "a * b", "a / b", "a < b", "a <= b", "a = b",
		"STRING(a - b)", "INT(a)", "a IN (b, a)", "NUMBER(STRING(a)) = a", "-a", "ABS(a)", "a % b", "BOOL(a)",
		"a * b / b", "STRING(a)", "a + 1", "a IN (1, 5, 0.5, 100)", "a > 2147483647", "INT(a) = a"};
	struct ref_attribute attributes[2];
	struct ref_attributes all = {attributes, 2};
	struct weir_random r;
	char text[64];
	struct both b;

	both_init(&b);
	for (unsigned i = 0; i < 10000; i++) {
		int magnitude;

		b.seed = weir_test_seed() + i;
		weir_random_seeded(&r, b.seed);
		magnitude = number_magnitude(&r);
		number_text(&r, magnitude, text);
		attributes[0] = (struct ref_attribute){WEIR_NAME_TAG, WEIR_STR("a"), ref_number(text)};
		magnitude = generate_chance(&r, 70) ? magnitude + (int)weir_random_below(&r, 44) - 22
						    : number_magnitude(&r);
		number_text(&r, magnitude, text);
		attributes[1] = (struct ref_attribute){WEIR_NAME_TAG, WEIR_STR("b"), ref_number(text)};
		compare_expression(&b, weir_str(GENERATE_PICK(&r, list)), &all);
	}
	edges_end(&b, 10000);
}

/* ---- characters ---- */

static void compare_character(struct both *b, uint32_t c)
{
	static const char *const list[] = {"CONCAT_WS('|', UPPER(c), LOWER(c), TRIM(c), LENGTH(c), LEFT(c, 1))",
		"c LIKE '_a_'", "RIGHT(c, 2)", "SUBSTRING(c, 2)", "SUBSTRING(c, -1, 1)"};
	char text[16];
	size_t n = weir_utf8_encode(c, text);
	struct ref_attribute attribute = {WEIR_NAME_TAG, WEIR_STR("c"), {.type = WEIR_VALUE_STRING}};
	struct ref_attributes all = {&attribute, 1};

	text[n] = 'a';
	memcpy(text + n + 1, text, n);
	attribute.value.string = weir_str_n(text, 2 * n + 1);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(list); i++)
		compare_expression(b, weir_str(list[i]), &all);
}

static void test_characters(void)
{
	static const uint32_t more[] = {0x1680, 0x180e, 0x1c89, 0x1e9e, 0x1f80, 0x200b, 0x2028, 0x2029, 0x202a, 0x202f,
		0x205f, 0x2060, 0x2126, 0x212a, 0x2c65, 0x2c7e, 0x3000, 0x3001, 0xa7dc, 0xd7ff, 0xe000, 0xfeff, 0xfffd,
		0xff21, 0x10400, 0x1f600, 0x10ffff};
	struct both b;

	both_init(&b);
	for (uint32_t c = 0; c < 0x600; c++)
		compare_character(&b, c);
	for (uint32_t c = 0x1ff0; c < 0x2030; c++)
		compare_character(&b, c);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(more); i++)
		compare_character(&b, more[i]);
	edges_end(&b, 8000);
}

/* ---- patterns ---- */

static void random_letters(struct weir_random *r, const char *const *pieces, size_t n, struct weir_buf *out)
{
	for (size_t left = weir_random_below(r, 14); left > 0; left--)
		weir_buf_str(out, weir_str(pieces[weir_random_below(r, n)]));
}

static void test_patterns(void)
{
	static const char *const letters[] = {"a", "a", "b", "é", "\\", "%"};
	static const char *const pieces[] = {"a", "a", "b", "é", "%", "%", "_", "_", "\\%", "\\\\", "\\b"};
	struct ref_attribute attribute = {WEIR_NAME_TAG, WEIR_STR("s"), {.type = WEIR_VALUE_STRING}};
	struct ref_attributes all = {&attribute, 1};
	struct weir_buf subject, text;
	struct weir_random r;
	struct both b;

	both_init(&b);
	weir_buf_init(&subject, 1024);
	weir_buf_init(&text, 1024);
	for (unsigned i = 0; i < 10000; i++) {
		b.seed = weir_test_seed() + i;
		weir_random_seeded(&r, b.seed);
		weir_buf_reset(&subject);
		weir_buf_reset(&text);
		random_letters(&r, letters, WEIR_ARRAY_LEN(letters), &subject);
		weir_buf_lit(&text, "s LIKE '");
		random_letters(&r, pieces, WEIR_ARRAY_LEN(pieces), &text);
		weir_buf_char(&text, '\'');
		attribute.value.string = subject.len ? weir_buf_view(&subject) : WEIR_STR("");
		compare_expression(&b, weir_buf_view(&text), &all);
	}
	weir_buf_fini(&subject);
	weir_buf_fini(&text);
	edges_end(&b, 10000);
}

/* ---- sets ---- */

static void test_sets(void)
{
	static const char *const elements[] = {"'1'", "1", "1.0", "TRUE", "'true'", "'TRUE'", "0", "'0'", "FALSE",
		"'false'", "-1", "'-1'", "'01'", "2", "2.5", "'2.5'", "'2.50'", "''", "'a'", "'b'", "2147483648",
		"'2147483648'", "0.0", "'x'", "'1.0'", "100.0", "'100'", "1000000000000000000000", "'1e+21'", "'+1'",
		"-0", "-2147483648"};
	struct ref_attribute attributes[1];
	struct ref_attributes all = {attributes, 1};
	struct weir_value values[] = {ref_string("1"), ref_string("true"), ref_string("TRUE"), ref_string(""),
		ref_string("a"), ref_string("2.5"), ref_integer(1), ref_integer(0), ref_integer(-1), ref_integer(2),
		ref_integer(INT32_MIN), ref_boolean(true), ref_boolean(false), ref_number("1"), ref_number("2.5"),
		ref_number("0"), ref_number("2147483648"), ref_number("100"), ref_number("1e21"), ref_opaque(),
		ref_missing(), ref_integer(100), ref_string("-1"), ref_number("-1")};
	struct weir_random r;
	struct weir_buf text;
	struct both b;

	both_init(&b);
	weir_buf_init(&text, 1024);
	for (unsigned i = 0; i < 10000; i++) {
		b.seed = weir_test_seed() + i;
		weir_random_seeded(&r, b.seed);
		attributes[0] = (struct ref_attribute){WEIR_NAME_TAG, WEIR_STR("x"), GENERATE_PICK(&r, values)};
		weir_buf_reset(&text);
		weir_buf_str(&text, generate_chance(&r, 30) ? WEIR_STR("x NOT IN (") : WEIR_STR("x IN ("));
		for (size_t left = weir_random_below(&r, 8); left > 0; left--)
			weir_buf_printf(&text, "%s,", GENERATE_PICK(&r, elements));
		weir_buf_printf(&text, "%s)", generate_chance(&r, 15) ? "x" : GENERATE_PICK(&r, elements));
		compare_expression(&b, weir_buf_view(&text), &all);
	}
	weir_buf_fini(&text);
	edges_end(&b, 10000);
}

/* ---- limits ---- */

/* '@' in a unit becomes the number of the repetition. */
static void append_unit(struct weir_buf *out, const char *unit, unsigned number)
{
	for (; *unit; unit++)
		if (*unit == '@')
			weir_buf_u64(out, number);
		else
			weir_buf_char(out, *unit);
}

static void test_node_limit(void)
{
	static const char *const units[] = {"+1", " AND a", " AND EXISTS a", " AND a LIKE 'x'", " AND a NOT LIKE 'x'",
		" AND a IN (1,2,3)", " AND a NOT IN (1,b)", "+LENGTH('a')", " AND NOT a", " + -1", " + - 1", " AND (a)",
		" AND data.a@", " AND EXISTS data.a@", " + data.a", " AND tags.a@", " + CONCAT()",
		" AND 1 IN ((1),(2))", " AND 1 IN (1,- 1)", " OR DATA['a@']", " AND data = 1"};
	static const char *const starts[] = {
		"1", "a", "EXISTS a", "1 IN (1,2)", "1 IN (1,a)", "(- 1)", "data.a1", "data"};
	struct ref_attribute attribute = {WEIR_NAME_TAG, WEIR_STR("a"), {.type = WEIR_VALUE_INTEGER, .integer = 1}};
	struct ref_attributes all = {&attribute, 1};
	struct weir_buf text;
	struct both b;

	both_init(&b);
	weir_buf_init(&text, 4096);
	for (size_t s = 0; s < WEIR_ARRAY_LEN(starts); s++)
		for (size_t u = 0; u < WEIR_ARRAY_LEN(units); u++) {
			weir_buf_reset(&text);
			weir_buf_str(&text, weir_str(starts[s]));
			for (unsigned n = 1; n < 68; n++) {
				append_unit(&text, units[u], n);
				compare_expression(&b, weir_buf_view(&text), &all);
			}
		}
	CU_ASSERT(b.refused > 1000);
	weir_buf_fini(&text);
	edges_end(&b, 1000);
}

static void test_depth_limit(void)
{
	static const char *const opens[] = {
		"(", "NOT ", "- ", "ABS(", "1 IN (", "CONCAT('a',", "EXISTS a AND (", "1 IN (1,", "1 IN (a,"};
	static const char *const inner[] = {"1", "a", "EXISTS a", "a LIKE 'x'", "-1", "- 1", "1 IN (1)", "CONCAT()",
		"NOT a", "(a)", "1 IN (a)", "1 +", "LENGTH("};
	struct ref_attribute attribute = {WEIR_NAME_TAG, WEIR_STR("a"), {.type = WEIR_VALUE_INTEGER, .integer = 1}};
	struct ref_attributes all = {&attribute, 1};
	struct weir_buf text;
	struct both b;

	both_init(&b);
	weir_buf_init(&text, 4096);
	for (size_t o = 0; o < WEIR_ARRAY_LEN(opens); o++)
		for (size_t i = 0; i < WEIR_ARRAY_LEN(inner); i++)
			for (unsigned n = 12; n < 19; n++) {
				weir_buf_reset(&text);
				for (unsigned k = 0; k < n; k++)
					weir_buf_str(&text, weir_str(opens[o]));
				weir_buf_str(&text, weir_str(inner[i]));
				for (unsigned k = 0; strchr(opens[o], '(') && k < n; k++)
					weir_buf_char(&text, ')');
				compare_expression(&b, weir_buf_view(&text), &all);
			}
	CU_ASSERT(b.refused > 100);
	weir_buf_fini(&text);
	edges_end(&b, 100);
}

static void test_length_limits(void)
{
	static const char *const forms[] = {"'' LIKE '~'", "'' LIKE '%~_%a'", "'' LIKE '\\%_~'", "data.~ = 1",
		"data['~'] = 1", "tags.~ = 1", "~ = 1", "'~'", "1 + ~(1)", "data[~]", "tags['~']"};
	static const char *const fills[] = {"a", "1", "é", "_", "\\%"};
	static const unsigned counts[] = {1, 5, 6, 31, 32, 62, 63, 64, 65, 85, 86, 127, 128, 129, 254, 255, 256, 257,
		500, 506, 507, 508, 509, 510, 511, 512, 1000, 1001, 1005, 1010, 1015, 1020, 1021, 1022, 1023, 1024,
		1025};
	struct ref_attributes none = {NULL, 0};
	struct weir_buf text;
	struct both b;

	both_init(&b);
	weir_buf_init(&text, 8192);
	for (size_t f = 0; f < WEIR_ARRAY_LEN(forms) * WEIR_ARRAY_LEN(fills); f++)
		for (size_t c = 0; c < WEIR_ARRAY_LEN(counts); c++) {
			weir_buf_reset(&text);
			for (const char *p = forms[f / WEIR_ARRAY_LEN(fills)]; *p; p++)
				for (unsigned k = 0; k < (*p == '~' ? counts[c] : 1); k++)
					weir_buf_str(&text, *p == '~' ? weir_str(fills[f % WEIR_ARRAY_LEN(fills)])
								      : weir_str_n(p, 1));
			compare_expression(&b, weir_buf_view(&text), &none);
		}
	CU_ASSERT(b.refused > 100);
	weir_buf_fini(&text);
	edges_end(&b, 100);
}

static void tree_of(struct weir_buf *out, unsigned depth, unsigned leaves, unsigned vals, unsigned bytes)
{
	weir_buf_reset(out);
	for (unsigned i = 1; i < depth; i++)
		weir_buf_lit(out, "{\"op\":\"and\",\"nodes\":[");
	for (unsigned i = 0; i < leaves; i++) {
		weir_buf_printf(out, "%s{\"key\":\"data.k%u\",\"cmp\":\"in\",\"vals\":[\"", i ? "," : "", i % 16);
		for (unsigned k = 0; i == 0 && k < bytes; k++)
			weir_buf_char(out, 'x');
		weir_buf_lit(out, "\"");
		for (unsigned k = 1; i == 0 && k < vals; k++)
			weir_buf_lit(out, ",\"\"");
		weir_buf_lit(out, "]}");
	}
	for (unsigned i = 1; i < depth; i++)
		weir_buf_lit(out, "]}");
}

static void test_tree_limits(void)
{
	struct ref_attributes none = {NULL, 0};
	struct weir_buf text;
	struct both b;

	both_init(&b);
	weir_buf_init(&text, 1 << 16);
	for (unsigned depth = 2; depth < 20; depth++)
		for (unsigned leaves = 1; leaves < 66; leaves += leaves < 44 ? 14 : 1) {
			tree_of(&text, depth, leaves, 1, 0);
			compare_tree(&b, weir_buf_view(&text), &none);
		}
	for (unsigned vals = 250; vals < 260; vals++) {
		tree_of(&text, 2, 1 + vals % 3, vals, 0);
		compare_tree(&b, weir_buf_view(&text), &none);
	}
	for (unsigned bytes = 4070; bytes < 4110; bytes++) {
		tree_of(&text, 2, 1 + bytes % 3, 1, bytes);
		compare_tree(&b, weir_buf_view(&text), &none);
	}
	CU_ASSERT(b.refused > 20);
	weir_buf_fini(&text);
	edges_end(&b, 20);
}

/* ---- the budget ---- */

#define LONG_BYTES 131072

/* The budget: 262,144 bytes read, 65,536 built. */
static void test_budget(void)
{
	static const char *const list[] = {
		"LENGTH(whole)",
		"CONCAT(half)",
		"LENGTH(CONCAT(half, 'a'))",
		"CONCAT(half, 'a')",
		"UPPER(half)",
		"LOWER(whole)",
		"LENGTH(CONCAT(quarter, quarter))",
		"CONCAT(quarter, quarter, 1)",
		"whole LIKE 'b' OR whole LIKE 'b'",
		"whole LIKE 'b' OR whole LIKE 'b' OR 'a' LIKE 'a'",
		"whole = whole AND whole = whole",
		"whole = whole AND whole = whole AND 'a' = 'a'",
		"whole = whole AND whole = whole AND 'a' = 'bb'",
		"IS_INT(whole) OR IS_INT(whole)",
		"IS_INT(whole) OR IS_INT(whole) OR IS_INT('a')",
		"LENGTH(whole) = 131072 AND LENGTH(whole) = 131072 AND LENGTH('') = 0",
		"LENGTH(whole) = 131072 AND LENGTH(whole) = 131072 AND LENGTH('a') = 1",
		"whole + 1",
		"RIGHT(LEFT(whole, 5), 2) LIKE 'aa'",
	};
	char *texts = weir_xmalloc(LONG_BYTES);
	struct ref_attribute attributes[3] = {
		{WEIR_NAME_TAG, WEIR_STR("whole"), {WEIR_VALUE_STRING, .string = {texts, LONG_BYTES}}},
		{WEIR_NAME_TAG, WEIR_STR("half"), {WEIR_VALUE_STRING, .string = {texts, LONG_BYTES / 2}}},
		{WEIR_NAME_TAG, WEIR_STR("quarter"), {WEIR_VALUE_STRING, .string = {texts, LONG_BYTES / 4}}},
	};
	struct ref_attributes all = {attributes, 3};
	struct both b;

	memset(texts, 'a', LONG_BYTES);
	both_init(&b);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(list); i++)
		compare_expression(&b, weir_str(list[i]), &all);
	CU_ASSERT_EQUAL(b.differ, 0);
	CU_ASSERT_EQUAL(b.compared, WEIR_ARRAY_LEN(list));
	both_fini(&b);
	free(texts);
}

const char weir_test_suite[] = "filter_edges";
CU_TestInfo weir_tests[] = {
	{"numbers", test_numbers},
	{"characters", test_characters},
	{"patterns", test_patterns},
	{"sets", test_sets},
	{"limit of nodes and paths", test_node_limit},
	{"limit of depth", test_depth_limit},
	{"limits of lengths", test_length_limits},
	{"limits of trees", test_tree_limits},
	{"budget", test_budget},
	CU_TEST_INFO_NULL,
};
