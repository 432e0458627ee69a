/* SPDX-License-Identifier: Apache-2.0 */
/* Walking accepted JSON: members, elements, strings, numbers, one line; and random texts, also broken ones. */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/base/utf8.h"
#include "weir/event/json.h"

static struct weir_json check(struct weir_str text)
{
	struct weir_json v;

	CU_ASSERT_EQUAL_FATAL(weir_json_check(text, 100, &v, NULL), 0);
	return v;
}

static void test_members(void)
{
	struct weir_json v = check(
		WEIR_STR(" { \"a\" : 1 , \"\\u0062\\\"\":[ {\"x\":\"]}\\\\\"} ],\n\"c\":\"}\\\"\",\"\":null,\"e\":{}, "
			 "\"f\":-1.5e3\t,\"g\":true ,\"a\":[] } "));
	static const struct {
		const char *name, *value;
		enum weir_json_type type;
	} expected[] = {
		{"a", "1", WEIR_JSON_NUMBER},
		{"b\"", "[ {\"x\":\"]}\\\\\"} ]", WEIR_JSON_ARRAY},
		{"c", "\"}\\\"\"", WEIR_JSON_STRING},
		{"", "null", WEIR_JSON_NULL},
		{"e", "{}", WEIR_JSON_OBJECT},
		{"f", "-1.5e3", WEIR_JSON_NUMBER},
		{"g", "true", WEIR_JSON_TRUE},
		{"a", "[]", WEIR_JSON_ARRAY},
	};
	struct weir_json_iter it = weir_json_members(v);
	struct weir_json value;
	struct weir_str name;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(expected); i++) {
		CU_ASSERT_FATAL(weir_json_next_member(&it, &name, &value));
		CU_ASSERT(weir_json_string_is(name, weir_str(expected[i].name)));
		CU_ASSERT(weir_str_is(value.text, expected[i].value));
		CU_ASSERT_EQUAL(value.type, expected[i].type);
	}
	CU_ASSERT_FALSE(weir_json_next_member(&it, &name, &value));
	CU_ASSERT_FALSE(weir_json_next_member(&it, &name, &value));
}

static void test_elements(void)
{
	struct weir_json v = check(WEIR_STR("[ [[]] ,{\"a\":[1,2]},\"a,b\" , false,0,\n1e5 ]")), value;
	static const char *const expected[] = {"[[]]", "{\"a\":[1,2]}", "\"a,b\"", "false", "0", "1e5"};
	struct weir_json_iter it = weir_json_elements(v);
	struct weir_str name;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(expected); i++) {
		CU_ASSERT_FATAL(weir_json_next_element(&it, &value));
		CU_ASSERT(weir_str_is(value.text, expected[i]));
	}
	CU_ASSERT_FALSE(weir_json_next_element(&it, &value));
	/* Nothing to walk: empty ones, the other kind, no value at all. */
	it = weir_json_elements(check(WEIR_STR("[ ]")));
	CU_ASSERT_FALSE(weir_json_next_element(&it, &value));
	it = weir_json_elements(check(WEIR_STR("{\"a\":1}")));
	CU_ASSERT_FALSE(weir_json_next_element(&it, &value));
	it = weir_json_members(check(WEIR_STR("{ }")));
	CU_ASSERT_FALSE(weir_json_next_member(&it, &name, &value));
	it = weir_json_members(v);
	CU_ASSERT_FALSE(weir_json_next_member(&it, &name, &value));
	it = weir_json_members((struct weir_json){0});
	CU_ASSERT_FALSE(weir_json_next_member(&it, &name, &value));
}

static void test_strings(void)
{
	static const struct {
		const char *quoted, *text;
	} rows[] = {
		{"\"\"", ""},
		{"\"abc\"", "abc"},
		{"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\b\f\n\r\t"},
		{"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
		{"\"\\ud83d\\ude00x\"", "\xf0\x9f\x98\x80x"},
		{"\"\\ud800\"", "\xef\xbf\xbd"},
		{"\"\\udc00\\ud800\"", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\"\\ud800\\u0041\"", "\xef\xbf\xbd\x41"},
		{"\"\\ud800\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
		{"\"\\ud800\\n\"", "\xef\xbf\xbd\n"},
		{"\"\xc3\xa9\\u00e9\"", "\xc3\xa9\xc3\xa9"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_str quoted = check(weir_str(rows[i].quoted)).text, text = weir_str(rows[i].text);
		struct weir_buf b;

		weir_buf_init(&b, 100);
		weir_json_string_decode(&b, quoted);
		CU_ASSERT(weir_str_eq(weir_buf_view(&b), text));
		CU_ASSERT(weir_json_string_is(quoted, text));
		weir_buf_char(&b, 'x');
		CU_ASSERT_FALSE(weir_json_string_is(quoted, weir_buf_view(&b)));
		if (text.n)
			CU_ASSERT_FALSE(weir_json_string_is(quoted, weir_str_n(text.p, text.n - 1)));
		weir_buf_fini(&b);
	}
	CU_ASSERT(weir_json_string_is(WEIR_STR("\"\\u0000\""), weir_str_n("", 1)));
	CU_ASSERT_FALSE(weir_json_string_is(WEIR_STR("\"abc\""), WEIR_STR("abd")));
	CU_ASSERT(weir_json_string_is(WEIR_STR("\"\""), WEIR_STR_NONE));
	CU_ASSERT(weir_str_is(weir_json_string_plain(WEIR_STR("\"a b\"")), "a b"));
	CU_ASSERT_PTR_NOT_NULL(weir_json_string_plain(WEIR_STR("\"\"")).p);
	CU_ASSERT_PTR_NULL(weir_json_string_plain(WEIR_STR("\"a\\n\"")).p);
}

static void test_integers(void)
{
	static const struct {
		const char *text;
		int u_err, i_err;
		uint64_t u;
		int64_t i;
	} rows[] = {
		{"0", 0, 0, 0, 0},
		{"18446744073709551615", 0, WEIR_ELIMIT, UINT64_MAX, 0},
		{"18446744073709551616", WEIR_ELIMIT, WEIR_ELIMIT, 0, 0},
		{"9223372036854775807", 0, 0, INT64_MAX, INT64_MAX},
		{"-9223372036854775808", WEIR_EPARSE, 0, 0, INT64_MIN},
		{"-9223372036854775809", WEIR_EPARSE, WEIR_ELIMIT, 0, 0},
		{"-0", WEIR_EPARSE, 0, 0, 0},
		{"1.0", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"1e3", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"\"1\"", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"null", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_json v = check(weir_str(rows[i].text));
		uint64_t u = 0;
		int64_t s = 0;

		CU_ASSERT_EQUAL(weir_json_u64(v, &u), rows[i].u_err);
		CU_ASSERT_EQUAL(weir_json_i64(v, &s), rows[i].i_err);
		CU_ASSERT_EQUAL(u, rows[i].u);
		CU_ASSERT_EQUAL(s, rows[i].i);
	}
}

static void check_double(struct weir_str text, double expected)
{
	double x = 77;

	CU_ASSERT_EQUAL(weir_json_double(check(text), &x), 0);
	if (x != expected || signbit(x) != signbit(expected)) {
		printf("%.*s: %.17g\n", WEIR_STR_FMT(text), x);
		CU_FAIL("another double");
	}
}

static void test_doubles(void)
{
	struct weir_buf b;
	double x;

	check_double(WEIR_STR("0"), 0.0);
	check_double(WEIR_STR("-0.0"), -0.0);
	check_double(WEIR_STR("0.1"), 0.1);
	check_double(WEIR_STR("-12.5e-1"), -1.25);
	check_double(WEIR_STR("1E+2"), 100);
	check_double(WEIR_STR("0.00001"), 1e-5);
	check_double(WEIR_STR("123456789012345678901234567890"), 123456789012345678901234567890.0);
	check_double(WEIR_STR("1.7976931348623157e308"), 1.7976931348623157e308);
	check_double(WEIR_STR("5e-324"), 5e-324);
	check_double(WEIR_STR("1e-400"), 0.0);
	check_double(WEIR_STR("0e999999999999999999"), 0.0);
	check_double(WEIR_STR("1e-99999999999999999999"), 0.0);
	CU_ASSERT_EQUAL(weir_json_double(check(WEIR_STR("1e309")), &x), WEIR_ELIMIT);
	CU_ASSERT_EQUAL(weir_json_double(check(WEIR_STR("-1e99999999999999999999")), &x), WEIR_ELIMIT);
	CU_ASSERT_EQUAL(weir_json_double(check(WEIR_STR("true")), &x), WEIR_EPARSE);
	CU_ASSERT_EQUAL(weir_json_double((struct weir_json){0}, &x), WEIR_EPARSE);
	/*
	 * Longer than any buffer: many places before and behind the point, and a last digit that decides the
	 * rounding.
	 */
	weir_buf_init(&b, 10000);
	weir_buf_printf(&b, "1%02000de-2000", 0);
	check_double(weir_buf_view(&b), 1.0);
	weir_buf_reset(&b);
	weir_buf_printf(&b, "0.%02000de2000", 1);
	check_double(weir_buf_view(&b), 1.0);
	weir_buf_reset(&b);
	weir_buf_printf(&b, "9007199254740993.%02000d", 0); /* half way: to even */
	check_double(weir_buf_view(&b), 9007199254740992.0);
	b.p[b.len - 1] = '1';
	check_double(weir_buf_view(&b), 9007199254740994.0);
	weir_buf_fini(&b);
}

static void test_one_line(void)
{
	static const char *const rows[][2] = {{"{\"a\":1}", "{\"a\":1}"},
		{"{\n \"a\" :\r\n 1.50\n}", "{ \"a\" : 1.50}"}, {"[\"\\n\",\n\"\\r\"]", "[\"\\n\",\"\\r\"]"},
		{"\n1", "1"}, {"", ""}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_buf b;

		weir_buf_init(&b, 100);
		weir_buf_char(&b, '>');
		weir_json_append_one_line(&b, weir_str(rows[i][0]));
		CU_ASSERT(weir_str_is(weir_str_n(b.p + 1, b.len - 1), rows[i][1]));
		weir_buf_fini(&b);
	}
}

static void test_writing(void)
{
	struct weir_buf b, back;

	weir_buf_init(&b, 4000);
	weir_buf_init(&back, 4000);
	weir_json_append_string(&b, WEIR_STR("a\"\\/\b\f\n\r\t\v\x01\x1f\x7f\xc3\xa9\0z"));
	CU_ASSERT(weir_str_is(
		weir_buf_view(&b), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u000b\\u0001\\u001f\x7f\xc3\xa9\\u0000z\""));
	for (int c = 0; c < 0x80; c++) {
		/* Each character at each place of an eight-byte step. */
		char text[20] = "aaaaaaaaaaaaaaaaaaa";
		struct weir_str s = weir_str_n(text, 3 + (size_t)c % 16);

		text[c % 9] = (char)c;
		weir_buf_reset(&b);
		weir_buf_reset(&back);
		weir_json_append_string(&b, s);
		CU_ASSERT_EQUAL(b.len, weir_json_string_size(s));
		CU_ASSERT_EQUAL(weir_json_check(weir_buf_view(&b), 0, NULL, NULL), 0);
		weir_json_string_decode(&back, weir_buf_view(&b));
		CU_ASSERT(weir_str_eq(weir_buf_view(&back), s));
	}
	weir_buf_reset(&b);
	weir_json_append_string(&b, WEIR_STR_NONE);
	CU_ASSERT(weir_str_is(weir_buf_view(&b), "\"\""));
	CU_ASSERT_EQUAL(weir_json_string_size(WEIR_STR_NONE), 2);
	weir_buf_fini(&b);
	weir_buf_fini(&back);
}

/* ---- random texts ------------------------------------------------------------------------------------------------ */

static void put_space(struct weir_buf *b, struct weir_random *r)
{
	if (weir_random_below(r, 4) == 0)
		weir_buf_char(b, " \n\r\t"[weir_random_below(r, 4)]);
}

static void put_string(struct weir_buf *b, struct weir_random *r)
{
	static const char *const pieces[] = {"a", "weir", "\xc3\xa9", "\xf0\x9f\x98\x80", "\\n", "\\\"", "\\\\",
		"\\u0000", "\\ud83d\\ude00", "\\ud800", "{", "]", ",", ":", "        ", "longer than eight"};

	weir_buf_char(b, '"');
	for (uint64_t n = weir_random_below(r, 5); n > 0; n--)
		weir_buf_str(b, weir_str(pieces[weir_random_below(r, WEIR_ARRAY_LEN(pieces))]));
	weir_buf_char(b, '"');
}

/* Writes a value; returns how many values it consists of. */
static unsigned put_value(struct weir_buf *b, struct weir_random *r, unsigned depth)
{
	static const char *const scalars[] = {
		"0", "-1", "1.50", "1e-9", "-0.0E+5", "true", "false", "null", "12345678901234567890"};
	uint64_t kind = depth ? weir_random_below(r, 5) : 4 * weir_random_below(r, 2);
	bool object = kind == 2;
	unsigned values = 1;

	put_space(b, r);
	if (kind == 0) {
		weir_buf_str(b, weir_str(scalars[weir_random_below(r, WEIR_ARRAY_LEN(scalars))]));
	} else if (kind > 2) {
		put_string(b, r);
	} else {
		weir_buf_char(b, object ? '{' : '[');
		put_space(b, r);
		for (uint64_t i = 0, n = weir_random_below(r, 5); i < n; i++) {
			if (i)
				weir_buf_char(b, ',');
			if (object) {
				put_space(b, r);
				put_string(b, r);
				put_space(b, r);
				weir_buf_char(b, ':');
			}
			values += put_value(b, r, depth - 1);
		}
		weir_buf_char(b, object ? '}' : ']');
	}
	put_space(b, r);
	return values;
}

/*
 * Walks everything with the iterators; each value must by itself be accepted and be exactly its span. 0: it is not
 * so.
 */
static unsigned count_values(struct weir_json v)
{
	struct weir_json_iter it = v.type == WEIR_JSON_OBJECT ? weir_json_members(v) : weir_json_elements(v);
	struct weir_json alone, child;
	struct weir_str name;
	unsigned values = 1;

	if (weir_json_check(v.text, 100, &alone, NULL) != 0 || !weir_str_eq(alone.text, v.text) || alone.type != v.type)
		return 0;
	while (v.type == WEIR_JSON_OBJECT ? weir_json_next_member(&it, &name, &child)
					  : weir_json_next_element(&it, &child)) {
		unsigned below = count_values(child);

		if (below == 0 || child.text.p < v.text.p || child.text.p + child.text.n > v.text.p + v.text.n)
			return 0;
		values += below;
	}
	return values;
}

static void test_random_valid(void)
{
	struct weir_buf b, line;
	struct weir_random r;
	unsigned wrong = 0;

	weir_random_seeded(&r, weir_test_seed());
	weir_buf_init(&b, 1000000);
	weir_buf_init(&line, 1000000);
	for (int i = 0; i < 2000; i++) {
		struct weir_json v;
		unsigned values;

		weir_buf_reset(&b);
		weir_buf_reset(&line);
		values = put_value(&b, &r, 6);
		if (weir_json_check(weir_buf_view(&b), 6, &v, NULL) != 0 || count_values(v) != values) {
			wrong++;
			continue;
		}
		weir_json_append_one_line(&line, weir_buf_view(&b));
		wrong += memchr(line.p, '\n', line.len) || memchr(line.p, '\r', line.len) ||
			 weir_json_check(weir_buf_view(&line), 6, &v, NULL) != 0 || count_values(v) != values;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	weir_buf_fini(&b);
	weir_buf_fini(&line);
}

static void test_random_mutations(void)
{
	static const char bytes[] = "\"\\{}[]:,0-.eEtn \n\x00\xff\xc3\xa9";
	unsigned wrong = 0, still_valid = 0;
	struct weir_random r;
	struct weir_buf b;

	weir_random_seeded(&r, weir_test_seed());
	weir_buf_init(&b, 1000000);
	for (int i = 0; i < 10000; i++) {
		struct weir_json v = {0};
		size_t n, at = 0;
		char *exact;

		weir_buf_reset(&b);
		put_value(&b, &r, 3);
		n = b.len - (weir_random_below(&r, 5) == 0 ? weir_random_below(&r, b.len) : 0);
		exact = weir_xmalloc(n);
		memcpy(exact, b.p, n);
		for (uint64_t k = weir_random_below(&r, 3); k > 0; k--)
			exact[weir_random_below(&r, n)] = bytes[weir_random_below(&r, sizeof(bytes) - 1)];
		if (weir_json_check(weir_str_n(exact, n), 6, &v, &at) == 0) {
			wrong += count_values(v) == 0;
			still_valid++;
		} else {
			struct weir_json any = {.type = exact[0] == '{' ? WEIR_JSON_OBJECT : WEIR_JSON_ARRAY,
						 .text = {exact, n}},
					 child;
			struct weir_json_iter it = weir_json_elements(any);

			wrong += at > n || v.type != WEIR_JSON_NONE;
			/* Text that was not accepted makes no sense, but is not left either. */
			while (weir_json_next_element(&it, &child))
				wrong += child.text.p < exact || child.text.p + child.text.n > exact + n;
		}
		free(exact);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(still_valid > 1000 && still_valid < 9500);
	weir_buf_fini(&b);
}

const char weir_test_suite[] = "event/json, walking";
CU_TestInfo weir_tests[] = {
	{"members", test_members},
	{"elements", test_elements},
	{"strings", test_strings},
	{"integers", test_integers},
	{"doubles", test_doubles},
	{"one line", test_one_line},
	{"writing strings", test_writing},
	{"random texts", test_random_valid},
	{"random broken texts", test_random_mutations},
	CU_TEST_INFO_NULL,
};
