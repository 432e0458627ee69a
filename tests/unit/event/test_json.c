/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validating scanner. The tables follow the cases of the JSON test suite: what must be accepted, what must be
 * refused, and what RFC 8259 leaves open, where the verdict is ours. Each refusal is checked for the place it names.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/event/json.h"

#define LIT(s)                   \
	{                        \
		s, sizeof(s) - 1 \
	}

static const struct weir_str accepted[] = {
	LIT("[[]   ]"),
	LIT("[\"\"]"),
	LIT("[]"),
	LIT("[\"a\"]"),
	LIT("[false]"),
	LIT("[null, 1, \"1\", {}]"),
	LIT("[null]"),
	LIT("[1\n]"),
	LIT(" [1]"),
	LIT("[1,null,null,null,2]"),
	LIT("[2] "),
	LIT("[123e65]"),
	LIT("[0e+1]"),
	LIT("[0e1]"),
	LIT("[ 4]"),
	LIT("[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]\n"),
	LIT("[20e1]"),
	LIT("[-0]"),
	LIT("[-123]"),
	LIT("[-1]"),
	LIT("[1E22]"),
	LIT("[1E-2]"),
	LIT("[1E+2]"),
	LIT("[123e45]"),
	LIT("[123.456e78]"),
	LIT("[1e-2]"),
	LIT("[1e+2]"),
	LIT("[123]"),
	LIT("[123.456789]"),
	LIT("{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"),
	LIT("{\"asd\":\"sdf\"}"),
	LIT("{\"a\":\"b\",\"a\":\"c\"}"),
	LIT("{\"a\":\"b\",\"a\":\"b\"}"),
	LIT("{}"),
	LIT("{\"\":0}"),
	LIT("{\"foo\\u0000bar\": 42}"),
	LIT("{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
	LIT("{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": "
	    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"),
	LIT("{\"a\":[]}"),
	LIT("{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430\"}"),
	LIT("{\n\"a\": \"b\"\n}"),
	LIT("[\"\\u0060\\u012a\\u12AB\"]"),
	LIT("[\"\\uD801\\udc37\"]"),
	LIT("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
	LIT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
	LIT("[\"\\\\u0000\"]"),
	LIT("[\"\\\"\"]"),
	LIT("[\"a/*b*/c/*d//e\"]"),
	LIT("[\"\\\\a\"]"),
	LIT("[\"\\\\n\"]"),
	LIT("[\"\\u0012\"]"),
	LIT("[\"\\uFFFF\"]"),
	LIT("[\"asd\"]"),
	LIT("[ \"asd\"]"),
	LIT("[\"\\uDBFF\\uDFFF\"]"),
	LIT("[\"new\\u00A0line\"]"),
	LIT("[\"\xf4\x8f\xbf\xbf\"]"),
	LIT("[\"\xef\xbf\xbf\"]"),
	LIT("[\"\\u0000\"]"),
	LIT("[\"\\u002c\"]"),
	LIT("[\"\xcf\x80\"]"),
	LIT("[\"\xf0\x9b\xbf\xbf\"]"),
	LIT("[\"asd \"]"),
	LIT("\" \""),
	LIT("[\"\\uD834\\uDd1e\"]"),
	LIT("[\"\\u0821\"]"),
	LIT("[\"\\u0123\"]"),
	LIT("[\"\xe2\x80\xa8\"]"),
	LIT("[\"\xe2\x80\xa9\"]"),
	LIT("[\"\\u0061\\u30af\\u30EA\\u30b9\"]"),
	LIT("[\"new\\u000Aline\"]"),
	LIT("[\"\x7f\"]"),
	LIT("[\"\\uA66D\"]"),
	LIT("[\"\\u005C\"]"),
	LIT("[\"\xe2\x8d\x82\xe3\x88\xb4\xe2\x8d\x82\"]"),
	LIT("[\"\\uDBFF\\uDFFE\"]"),
	LIT("[\"\\uD83F\\uDFFE\"]"),
	LIT("[\"\\u200B\"]"),
	LIT("[\"\\u2064\"]"),
	LIT("[\"\\uFDD0\"]"),
	LIT("[\"\\uFFFE\"]"),
	LIT("[\"\\u0022\"]"),
	LIT("[\"\xe2\x82\xac\xf0\x9d\x84\x9e\"]"),
	LIT("[\"a\x7f\x61\"]"),
	LIT("false"),
	LIT("42"),
	LIT("-0.1"),
	LIT("null"),
	LIT("\"asd\""),
	LIT("true"),
	LIT("\"\""),
	LIT("[\"a\"]\n"),
	LIT("[true]"),
	LIT(" [] "),
	LIT("\t\r\n {}\r\n"),
	/* Runs of every length around the eight-byte steps. */
	LIT("\"1234567\""),
	LIT("\"12345678\""),
	LIT("\"123456789\""),
	LIT("\"1234567\\n\""),
	LIT("\"12345678\\n12345678\""),
	LIT("\"1234567\xc3\xa9\""),
	LIT("\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9z\""),
	/* Left open by the RFC; here accepted. */
	LIT("[0.4e00669999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999]"),
	LIT("[-1e+9999]"),
	LIT("[1.5e+9999]"),
	LIT("[-123123e100000]"),
	LIT("[123123e100000]"),
	LIT("[123e-10000000]"),
	LIT("[-123123123123123123123123123123]"),
	LIT("[100000000000000000000]"),
	LIT("[-237462374673276894279832749832423479823246327846]"),
	LIT("{\"\\uDFAA\":0}"),
	LIT("[\"\\uDADA\"]"),
	LIT("[\"\\uD888\\u1234\"]"),
	LIT("[\"\\uD800\\n\"]"),
	LIT("[\"\\uDd1ea\"]"),
	LIT("[\"\\uD800\\uD800\\n\"]"),
	LIT("[\"\\ud800\"]"),
	LIT("[\"\\ud800abc\"]"),
	LIT("[\"\\uDd1e\\uD834\"]"),
	LIT("[\"\\uDFAA\"]"),
};

static void test_accepted(void)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(accepted); i++) {
		struct weir_str trimmed = weir_str_trim(accepted[i]);
		struct weir_json v = {0};
		size_t at = 0;

		if (weir_json_check(accepted[i], 32, &v, &at) != 0 || v.type == WEIR_JSON_NONE ||
			v.text.p != trimmed.p || v.text.n != trimmed.n || at != accepted[i].n) {
			printf("%.*s: at %zu\n", WEIR_STR_FMT(accepted[i]), at);
			CU_FAIL("not accepted");
		}
		CU_ASSERT_EQUAL(weir_json_check(accepted[i], 32, NULL, NULL), 0);
	}
}

struct refusal {
	struct weir_str text;
	size_t at;
	int err;
};

static const struct refusal refused[] = {
	{LIT(""), 0, WEIR_EPARSE},
	{LIT(" "), 1, WEIR_EPARSE},
	{LIT("[1 true]"), 3, WEIR_EPARSE},
	{LIT("[a\xe5]"), 1, WEIR_EPARSE},
	{LIT("[\"\": 1]"), 3, WEIR_EPARSE},
	{LIT("[\"\"],"), 4, WEIR_EPARSE},
	{LIT("[,1]"), 1, WEIR_EPARSE},
	{LIT("[1,,2]"), 3, WEIR_EPARSE},
	{LIT("[\"x\",,]"), 5, WEIR_EPARSE},
	{LIT("[\"x\"]]"), 5, WEIR_EPARSE},
	{LIT("[\"\",]"), 4, WEIR_EPARSE},
	{LIT("[\"x\""), 4, WEIR_EPARSE},
	{LIT("[x"), 1, WEIR_EPARSE},
	{LIT("[3[4]]"), 2, WEIR_EPARSE},
	{LIT("[\xff]"), 1, WEIR_EPARSE},
	{LIT("[1:2]"), 2, WEIR_EPARSE},
	{LIT("[,]"), 1, WEIR_EPARSE},
	{LIT("[-]"), 2, WEIR_EPARSE},
	{LIT("[   , \"\"]"), 4, WEIR_EPARSE},
	{LIT("[\"a\",\n4\n,1,"), 11, WEIR_EPARSE},
	{LIT("[1,]"), 3, WEIR_EPARSE},
	{LIT("[\"\va\"\\f]"), 2, WEIR_EPARSE},
	{LIT("[*]"), 1, WEIR_EPARSE},
	{LIT("[\"\""), 3, WEIR_EPARSE},
	{LIT("[1,"), 3, WEIR_EPARSE},
	{LIT("[1,\n1\n,1"), 8, WEIR_EPARSE},
	{LIT("[{}"), 3, WEIR_EPARSE},
	{LIT("[fals]"), 5, WEIR_EPARSE},
	{LIT("[nul]"), 4, WEIR_EPARSE},
	{LIT("[tru]"), 4, WEIR_EPARSE},
	{LIT("[++1234]"), 1, WEIR_EPARSE},
	{LIT("[+1]"), 1, WEIR_EPARSE},
	{LIT("[+Inf]"), 1, WEIR_EPARSE},
	{LIT("[-01]"), 3, WEIR_EPARSE},
	{LIT("[-1.0.]"), 5, WEIR_EPARSE},
	{LIT("[-2.]"), 4, WEIR_EPARSE},
	{LIT("[-NaN]"), 2, WEIR_EPARSE},
	{LIT("[.-1]"), 1, WEIR_EPARSE},
	{LIT("[.2e-3]"), 1, WEIR_EPARSE},
	{LIT("[0.1.2]"), 4, WEIR_EPARSE},
	{LIT("[0.3e+]"), 6, WEIR_EPARSE},
	{LIT("[0.3e]"), 5, WEIR_EPARSE},
	{LIT("[0.e1]"), 3, WEIR_EPARSE},
	{LIT("[0E+]"), 4, WEIR_EPARSE},
	{LIT("[0E]"), 3, WEIR_EPARSE},
	{LIT("[1.0e-]"), 6, WEIR_EPARSE},
	{LIT("[1 000.0]"), 3, WEIR_EPARSE},
	{LIT("[1eE2]"), 3, WEIR_EPARSE},
	{LIT("[2.e3]"), 3, WEIR_EPARSE},
	{LIT("[9.e+]"), 3, WEIR_EPARSE},
	{LIT("[Inf]"), 1, WEIR_EPARSE},
	{LIT("[NaN]"), 1, WEIR_EPARSE},
	{LIT("[\xef\xbc\x91]"), 1, WEIR_EPARSE},
	{LIT("[1+2]"), 2, WEIR_EPARSE},
	{LIT("[0x1]"), 2, WEIR_EPARSE},
	{LIT("[0x42]"), 2, WEIR_EPARSE},
	{LIT("[Infinity]"), 1, WEIR_EPARSE},
	{LIT("[0e+-1]"), 4, WEIR_EPARSE},
	{LIT("[-123.123foo]"), 9, WEIR_EPARSE},
	{LIT("[123\xe5]"), 4, WEIR_EPARSE},
	{LIT("[1e1\xe5]"), 4, WEIR_EPARSE},
	{LIT("[-Infinity]"), 2, WEIR_EPARSE},
	{LIT("[-foo]"), 2, WEIR_EPARSE},
	{LIT("[- 1]"), 2, WEIR_EPARSE},
	{LIT("[-012]"), 3, WEIR_EPARSE},
	{LIT("[-.123]"), 2, WEIR_EPARSE},
	{LIT("[-1x]"), 3, WEIR_EPARSE},
	{LIT("[1ea]"), 3, WEIR_EPARSE},
	{LIT("[1.]"), 3, WEIR_EPARSE},
	{LIT("[.123]"), 1, WEIR_EPARSE},
	{LIT("[1.2a-3]"), 4, WEIR_EPARSE},
	{LIT("[1.8011670033376514H-308]"), 19, WEIR_EPARSE},
	{LIT("[012]"), 2, WEIR_EPARSE},
	{LIT("[\"x\", truth]"), 9, WEIR_EPARSE},
	{LIT("{[: \"x\"}\n"), 1, WEIR_EPARSE},
	{LIT("{\"x\", null}"), 4, WEIR_EPARSE},
	{LIT("{\"x\"::\"b\"}"), 5, WEIR_EPARSE},
	{LIT("{\xf0\x9f\x87\xa8\xf0\x9f\x87\xad}"), 1, WEIR_EPARSE},
	{LIT("{\"a\":\"a\" 123}"), 9, WEIR_EPARSE},
	{LIT("{key: 'value'}"), 1, WEIR_EPARSE},
	{LIT("{\"\xb9\":\"0\",}"), 2, WEIR_EUTF8},
	{LIT("{\"a\" b}"), 5, WEIR_EPARSE},
	{LIT("{:\"b\"}"), 1, WEIR_EPARSE},
	{LIT("{\"a\" \"b\"}"), 5, WEIR_EPARSE},
	{LIT("{\"a\":"), 5, WEIR_EPARSE},
	{LIT("{\"a\""), 4, WEIR_EPARSE},
	{LIT("{1:1}"), 1, WEIR_EPARSE},
	{LIT("{9999E9999:1}"), 1, WEIR_EPARSE},
	{LIT("{null:null,null:null}"), 1, WEIR_EPARSE},
	{LIT("{\"id\":0,,,,,}"), 8, WEIR_EPARSE},
	{LIT("{'a':0}"), 1, WEIR_EPARSE},
	{LIT("{\"id\":0,}"), 8, WEIR_EPARSE},
	{LIT("{\"a\":\"b\"}/**/"), 9, WEIR_EPARSE},
	{LIT("{\"a\":\"b\"}#"), 9, WEIR_EPARSE},
	{LIT("{\"a\":\"b\",,\"c\":\"d\"}"), 9, WEIR_EPARSE},
	{LIT("{a: \"b\"}"), 1, WEIR_EPARSE},
	{LIT("{\"a\":\"a"), 7, WEIR_EPARSE},
	{LIT("{ \"foo\" : \"bar\", \"a\" }"), 21, WEIR_EPARSE},
	{LIT("{\"a\":\"b\"}["), 9, WEIR_EPARSE},
	{LIT("{]"), 1, WEIR_EPARSE},
	{LIT("[}"), 1, WEIR_EPARSE},
	{LIT("[\"\\uD800\\\"]"), 11, WEIR_EPARSE},
	{LIT("[\"\\uD800\\u\"]"), 10, WEIR_EPARSE},
	{LIT("[\"\\uD800\\u1\"]"), 11, WEIR_EPARSE},
	{LIT("[\"\\uD800\\u1x\"]"), 11, WEIR_EPARSE},
	{LIT("[\xc3\xa9]"), 1, WEIR_EPARSE},
	{LIT("[\"\\\0\"]"), 3, WEIR_EPARSE},
	{LIT("[\"\\x00\"]"), 3, WEIR_EPARSE},
	{LIT("[\"\\\\\\\"]"), 7, WEIR_EPARSE},
	{LIT("[\"\\\t\"]"), 3, WEIR_EPARSE},
	{LIT("[\"\\\xf0\x9f\x8c\x80\"]"), 3, WEIR_EPARSE},
	{LIT("[\"\\\"]"), 5, WEIR_EPARSE},
	{LIT("[\"\\u00A\"]"), 7, WEIR_EPARSE},
	{LIT("[\"\\uD834\\uDd\"]"), 12, WEIR_EPARSE},
	{LIT("[\"\\a\"]"), 3, WEIR_EPARSE},
	{LIT("[\"\\uqqqq\"]"), 4, WEIR_EPARSE},
	{LIT("[\"\\U0041\"]"), 3, WEIR_EPARSE},
	{LIT("[\"\\\xe5\"]"), 3, WEIR_EPARSE},
	{LIT("[\\u0020\"asd\"]"), 1, WEIR_EPARSE},
	{LIT("[\\n]"), 1, WEIR_EPARSE},
	{LIT("\""), 1, WEIR_EPARSE},
	{LIT("['single quote']"), 1, WEIR_EPARSE},
	{LIT("abc"), 0, WEIR_EPARSE},
	{LIT("[\"\\"), 3, WEIR_EPARSE},
	{LIT("[\"a\0a\"]"), 3, WEIR_EPARSE},
	{LIT("[\"new\nline\"]"), 5, WEIR_EPARSE},
	{LIT("[\"\t\"]"), 2, WEIR_EPARSE},
	{LIT("[\"1234567\x1f\"]"), 9, WEIR_EPARSE},
	{LIT("[\"12345678\x1f\"]"), 10, WEIR_EPARSE},
	{LIT("\"\\UA66D\""), 2, WEIR_EPARSE},
	{LIT("<.>"), 0, WEIR_EPARSE},
	{LIT("[<null>]"), 1, WEIR_EPARSE},
	{LIT("[1]x"), 3, WEIR_EPARSE},
	{LIT("[1]]"), 3, WEIR_EPARSE},
	{LIT("[\"asd]"), 6, WEIR_EPARSE},
	{LIT("a\xc3\xa5"), 0, WEIR_EPARSE},
	{LIT("[True]"), 1, WEIR_EPARSE},
	{LIT("1]"), 1, WEIR_EPARSE},
	{LIT("{\"x\": true,"), 11, WEIR_EPARSE},
	{LIT("[][]"), 2, WEIR_EPARSE},
	{LIT("]"), 0, WEIR_EPARSE},
	{LIT("\xef\xbb{}"), 0, WEIR_EPARSE},
	{LIT("\xef\xbb\xbf{}"), 0, WEIR_EPARSE},
	{LIT("\xe5"), 0, WEIR_EPARSE},
	{LIT("["), 1, WEIR_EPARSE},
	{LIT("123\0"), 3, WEIR_EPARSE},
	{LIT("2@"), 1, WEIR_EPARSE},
	{LIT("{}}"), 2, WEIR_EPARSE},
	{LIT("{\"\":"), 4, WEIR_EPARSE},
	{LIT("{\"a\":/*comment*/\"b\"}"), 5, WEIR_EPARSE},
	{LIT("{\"a\": true} \"x\""), 12, WEIR_EPARSE},
	{LIT("['"), 1, WEIR_EPARSE},
	{LIT("[\"a"), 3, WEIR_EPARSE},
	{LIT("[{\"\":[{\"\":["), 11, WEIR_EPARSE},
	{LIT("{"), 1, WEIR_EPARSE},
	{LIT("{,"), 1, WEIR_EPARSE},
	{LIT("{\"a"), 3, WEIR_EPARSE},
	{LIT("*"), 0, WEIR_EPARSE},
	{LIT("{\"a\":\"b\"}#{}"), 9, WEIR_EPARSE},
	{LIT("[\\u000A\"\"]"), 1, WEIR_EPARSE},
	{LIT("[1"), 2, WEIR_EPARSE},
	{LIT("[ false, nul"), 12, WEIR_EPARSE},
	{LIT("{\"asd\":\"asd\""), 12, WEIR_EPARSE},
	{LIT("\xc3\xa5"), 0, WEIR_EPARSE},
	{LIT("[\xe2\x81\xa0]"), 1, WEIR_EPARSE},
	{LIT("[\f]"), 1, WEIR_EPARSE},
	{LIT("[\xc2\xa0]"), 1, WEIR_EPARSE},
	/* Invalid UTF-8 in strings, which the suite leaves open. */
	{LIT("[\"\xff\"]"), 2, WEIR_EUTF8},
	{LIT("[\"\x81\"]"), 2, WEIR_EUTF8},
	{LIT("[\"\xc0\xaf\"]"), 2, WEIR_EUTF8},
	{LIT("[\"\xe0\x80\xaf\"]"), 2, WEIR_EUTF8},
	{LIT("[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"), 2, WEIR_EUTF8},
	{LIT("[\"\xed\xa0\x80\"]"), 2, WEIR_EUTF8},
	{LIT("[\"\xf4\xbf\xbf\xbf\"]"), 2, WEIR_EUTF8},
	{LIT("[\"\xe6\x97\xa5\xd1\x88\xfa\"]"), 7, WEIR_EUTF8},
	{LIT("[\"1234567\xe5\"]"), 9, WEIR_EUTF8},
	{LIT("\"\xc3"), 1, WEIR_EUTF8},
	{LIT("\xff\xfe[\0\"\0\xe9\0\"\0]\0"), 0, WEIR_EPARSE},
	{LIT("\0[\0\"\0\xe9\0\"\0]"), 0, WEIR_EPARSE},
};

static void test_refused(void)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(refused); i++) {
		/* A copy of the exact size, so that a read too far is found. */
		char *copy = weir_xmalloc(refused[i].text.n + (refused[i].text.n == 0));
		struct weir_json v = {0};
		size_t at = 999;
		int err;

		memcpy(copy, refused[i].text.p, refused[i].text.n);
		err = weir_json_check(weir_str_n(copy, refused[i].text.n), 32, &v, &at);
		if (err != refused[i].err || at != refused[i].at || v.type != WEIR_JSON_NONE) {
			printf("%.*s: %d at %zu\n", WEIR_STR_FMT(refused[i].text), err, at);
			CU_FAIL("not refused as it should be");
		}
		free(copy);
	}
	CU_ASSERT_EQUAL(weir_json_check(WEIR_STR_NONE, 32, NULL, NULL), WEIR_EPARSE);
}

/* `levels` arrays, or objects, around a number. */
static void build_deep(struct weir_buf *b, int levels, bool objects)
{
	weir_buf_reset(b);
	for (int i = 0; i < levels; i++)
		weir_buf_str(b, objects ? WEIR_STR("{\"a\":") : WEIR_STR("["));
	weir_buf_char(b, '1');
	for (int i = 0; i < levels; i++)
		weir_buf_char(b, objects ? '}' : ']');
}

static void test_depth(void)
{
	struct weir_buf b;
	size_t at;

	weir_buf_init(&b, 1000000);
	CU_ASSERT_EQUAL(weir_json_check(WEIR_STR("1"), 0, NULL, NULL), 0);
	CU_ASSERT_EQUAL(weir_json_check(WEIR_STR(" []"), 0, NULL, &at), WEIR_EDEPTH);
	CU_ASSERT_EQUAL(at, 1);
	for (int objects = 0; objects < 2; objects++) {
		build_deep(&b, 32, objects);
		CU_ASSERT_EQUAL(weir_json_check(weir_buf_view(&b), 32, NULL, NULL), 0);
		CU_ASSERT_EQUAL(weir_json_check(weir_buf_view(&b), 31, NULL, &at), WEIR_EDEPTH);
		CU_ASSERT_EQUAL(at, objects ? 31 * 5 : 31);
		build_deep(&b, 1000, objects);
		CU_ASSERT_EQUAL(weir_json_check(weir_buf_view(&b), 1000, NULL, NULL), 0);
		build_deep(&b, 100000, objects);
		CU_ASSERT_EQUAL(weir_json_check(weir_buf_view(&b), 32, NULL, NULL), WEIR_EDEPTH);
		CU_ASSERT_EQUAL(weir_json_check(weir_buf_view(&b), UINT32_MAX, NULL, NULL), WEIR_EDEPTH);
	}
	/* Siblings do not add up, and closing gives the level back. */
	CU_ASSERT_EQUAL(weir_json_check(WEIR_STR("[[],{},[[]],{\"a\":[]}]"), 3, NULL, NULL), 0);
	CU_ASSERT_EQUAL(weir_json_check(WEIR_STR("[[],{},[[]],{\"a\":[]}]"), 2, NULL, NULL), WEIR_EDEPTH);
	/* Every mix of kinds keeps its own bits. */
	CU_ASSERT_EQUAL(weir_json_check(WEIR_STR("[{\"a\":[{\"b\":{}},[]]}]"), 5, NULL, NULL), 0);
	CU_ASSERT_EQUAL(weir_json_check(WEIR_STR("[{\"a\":[{\"b\":{}},[]}]}]"), 5, NULL, NULL), WEIR_EPARSE);
	weir_buf_fini(&b);
}

static void test_take(void)
{
	struct weir_str rest = WEIR_STR(" {\"a\":1}{\"b\":[]}\n[1] true \"x\"2 \n");
	static const char *const expected[] = {"{\"a\":1}", "{\"b\":[]}", "[1]", "true", "\"x\"", "2"};
	struct weir_json v;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(expected); i++) {
		CU_ASSERT_EQUAL(weir_json_take(&rest, 32, &v), 0);
		CU_ASSERT(weir_str_is(v.text, expected[i]));
	}
	CU_ASSERT(weir_str_is(rest, " \n"));
	CU_ASSERT_EQUAL(weir_json_take(&rest, 32, &v), WEIR_ENOTFOUND);
	CU_ASSERT_EQUAL(weir_json_take(&rest, 32, &v), WEIR_ENOTFOUND);
	CU_ASSERT_EQUAL(rest.n, 0);
	rest = WEIR_STR_NONE;
	CU_ASSERT_EQUAL(weir_json_take(&rest, 32, &v), WEIR_ENOTFOUND);
	rest = WEIR_STR("{\"a\":1}{");
	CU_ASSERT_EQUAL(weir_json_take(&rest, 32, &v), 0);
	CU_ASSERT_EQUAL(weir_json_take(&rest, 32, &v), WEIR_EPARSE);
	CU_ASSERT(weir_str_is(rest, "{"));
	rest = WEIR_STR("[[]]");
	CU_ASSERT_EQUAL(weir_json_take(&rest, 1, &v), WEIR_EDEPTH);
	rest = WEIR_STR("01");
	CU_ASSERT_EQUAL(weir_json_take(&rest, 1, &v), WEIR_EPARSE);
	rest = WEIR_STR("\"\xff\"");
	CU_ASSERT_EQUAL(weir_json_take(&rest, 1, &v), WEIR_EUTF8);
}

const char weir_test_suite[] = "event/json";
CU_TestInfo weir_tests[] = {
	{"accepted", test_accepted},
	{"refused, and where", test_refused},
	{"depth", test_depth},
	{"one value after the other", test_take},
	CU_TEST_INFO_NULL,
};
