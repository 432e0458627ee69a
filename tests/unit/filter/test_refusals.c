/* SPDX-License-Identifier: Apache-2.0 */
/* Why expressions are refused, with columns; the limits; and which expressions are the same program. */
#include "harness.h"
#include "test.h"

#include <stdio.h>

#include "weir/base/mem.h"

static void check_refused(struct weir_str text, bool any_result, int err, const char *wanted)
{
	struct weir_program *p = (void *)&p;
	struct weir_buf why;
	int got;

	weir_buf_init(&why, 5000);
	got = harness_compile(text, any_result, &p, &why);
	if (got != err || !weir_str_is(weir_buf_view(&why), wanted)) {
		printf("%.*s\n    is     %d %.*s\n    wanted %d %s\n", WEIR_STR_FMT(text), got,
			WEIR_STR_FMT(weir_buf_view(&why)), err, wanted);
		CU_FAIL("another reason");
	}
	CU_ASSERT_EQUAL(p == NULL, err != 0);
	weir_program_free(&p);
	weir_buf_fini(&why);
}

static void test_messages(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"(symbol = 'ACME'", "expected ')' at column 17"},
		{"(a b", "expected ')' at column 4"},
		{"UPPER(symbol", "expected ')' at column 13"},
		{"UPPER(a b)", "expected ')' at column 9"},
		{"a IN (1 2)", "expected ')' at column 9"},
		{"a IN 1", "expected '(' at column 6"},
		{"a IN", "expected '(' at column 5"},
		{"", "expected an operand at column 1"},
		{"  ", "expected an operand at column 3"},
		{"a =", "expected an operand at column 4"},
		{"a = )", "expected an operand at column 5"},
		{"a AND AND b", "expected an operand at column 7"},
		{"+ 5", "expected an operand at column 1"},
		{"+a", "expected an operand at column 1"},
		{"()", "expected an operand at column 2"},
		{"F(1,)", "expected an operand at column 5"},
		{"a IN (1,)", "expected an operand at column 9"},
		{"NOT", "expected an operand at column 4"},
		{"LIKE 'a'", "expected an operand at column 1"},
		{"a b", "unexpected 'b' at column 3"},
		{"a)", "unexpected ')' at column 2"},
		{"a, b", "unexpected ',' at column 2"},
		{"a 'b", "unterminated string at column 3"},
		{"a 'b'", "unexpected ''b'' at column 3"},
		{"a NOT", "unexpected end at column 6"},
		{"a NOT b", "unexpected 'b' at column 7"},
		{"a & b", "unexpected '&' at column 3"},
		{"a = #", "unexpected '#' at column 5"},
		{"a ! b", "unexpected '!' at column 3"},
		{"a == b", "expected an operand at column 4"},
		{"a = 'x' \xc3\xab", "unexpected '\xc3\xab' at column 9"},
		{"5.", "unexpected '.' at column 2"},
		{".5", "unexpected '.' at column 1"},
		{"1.5abc", "unexpected 'abc' at column 4"},
		{"symbol.x", "unexpected '.' at column 7"},
		{"a data.b.c", "unexpected 'data.b.c' at column 3"},
		{"a abcdefghijklmnopqrstuvwxyz", "unexpected 'abcdefghijklmnop' at column 3"},
		{"'abc", "unterminated string at column 1"},
		{"a = 'Zo\xc3\xab' AND b = \"x'", "unterminated string at column 19"},
		{"'abc\\'", "unterminated string at column 1"},
		{"data['x", "unterminated string at column 6"},
		{"data.", "bad path at column 5"},
		{"data.a..b", "bad path at column 7"},
		{"data[]", "bad path at column 5"},
		{"data[-1]", "bad path at column 5"},
		{"data[65536]", "bad path at column 5"},
		{"data[99999999999999999999]", "bad path at column 5"},
		{"data[ 1 ]", "bad path at column 5"},
		{"data['x' ]", "bad path at column 5"},
		{"data.a[x]", "bad path at column 7"},
		{"data .a", "unexpected '.' at column 6"},
		{"tags.a.b", "bad path at column 7"},
		{"tags[0]", "bad path at column 5"},
		{"event.foo", "bad path at column 6"},
		{"event.User", "bad path at column 6"},
		{"event['user'].x", "bad path at column 14"},
		{"data.a.b.c.d.e.f.g.h.i", "bad path at column 21"},
		{"a LIKE b", "LIKE needs a string literal at column 8"},
		{"a LIKE", "LIKE needs a string literal at column 7"},
		{"a LIKE ('x')", "LIKE needs a string literal at column 8"},
		{"EXISTS 5", "EXISTS needs a name at column 8"},
		{"EXISTS (a)", "EXISTS needs a name at column 8"},
		{"EXISTS F(a)", "EXISTS needs a name at column 8"},
		{"EXISTS", "EXISTS needs a name at column 7"},
		{"a IN ()", "empty set at column 7"},
		{"a = 'x\xff'", "not valid UTF-8 at column 7"},
		{"a = \xc3(", "not valid UTF-8 at column 5"},
		{"data['\xff']", "not valid UTF-8 at column 7"},
		{") '\xff", "expected an operand at column 1"}, /* left to right */
		{"first(a)", "unknown function FIRST/1 at column 1"},
		{"LEFT('a')", "unknown function LEFT/1 at column 1"},
		{"LEFT('a', 1, 2)", "unknown function LEFT/3 at column 1"},
		{"a = 1 AND Foo(Bar(1), 2) = 1", "unknown function FOO/2 at column 11"},
		{"LOWER(foo()) = x()", "unknown function FOO/0 at column 7"},
		{"data(1)", "unknown function DATA/1 at column 1"},
		{"foo() b", "unexpected 'b' at column 7"}, /* a clean parse first */
		{"CONCAT(a, 'b')", "result is not a Boolean"},
		{"a + 1", "result is not a Boolean"},
		{"a % 1", "result is not a Boolean"},
		{"-a", "result is not a Boolean"},
		{"ABS(a)", "result is not a Boolean"},
		{"'true'", "result is not a Boolean"},
		{"1", "result is not a Boolean"},
		{"1.5", "result is not a Boolean"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		check_refused(weir_str(rows[i].text), false, WEIR_EINVALID, rows[i].why);
	check_refused(weir_str_n("a = '\0'", 7), false, 0, "");
	check_refused(weir_str_n("a \1", 3), false, WEIR_EINVALID, "unexpected '\1' at column 3");
}

/* `head`, then `one` n times, then `tail`. */
static void check_repeated(const char *head, const char *one, unsigned n, const char *tail, const char *why)
{
	struct weir_buf text;

	weir_buf_init(&text, 5000);
	weir_buf_printf(&text, "%s", head);
	for (unsigned i = 0; i < n; i++)
		weir_buf_printf(&text, "%s", one);
	weir_buf_printf(&text, "%s", tail);
	check_refused(weir_buf_view(&text), true, why ? WEIR_ELIMIT : 0, why ? why : "");
	weir_buf_fini(&text);
}

static void test_limits(void)
{
	struct weir_buf text;

	check_repeated("'", "x", 1022, "'", NULL);
	check_repeated("'", "x", 1023, "'", "longer than 1024 bytes");
	/* 32 names and 31 operators, and one more of each */
	check_repeated("a", "+a", 31, "", NULL);
	check_repeated("NOT a", "=a", 31, "", NULL);
	check_repeated("a", "+a", 32, "", "more than 64 nodes at column 65");
	check_repeated("NOT NOT a", "=a", 31, "", "more than 64 nodes at column 71");
	/* literals in sets don't count, other elements do */
	check_repeated("a IN (1", ",2", 500, ")", NULL);
	check_repeated("a IN (1", ",b", 61, ")", NULL);
	check_repeated("a IN (1", ",b", 62, ")", "more than 64 nodes at column 131");
	check_repeated("a IN (1", ",2", 62, ",b)", "more than 64 nodes at column 133");
	check_repeated("a IN (1", ",2", 60, ",b)", NULL);
	check_repeated("a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a IN (1", ",2", 300, ")", NULL);
	/* nesting */
	check_repeated("", "(", 16, "a))))))))))))))))", NULL);
	check_repeated("", "(", 17, "a", "deeper than 16 levels at column 17");
	check_repeated("", "NOT ", 16, "a", NULL);
	check_repeated("", "NOT ", 17, "a", "deeper than 16 levels at column 65");
	check_repeated("", "- ", 17, "a", "deeper than 16 levels at column 33");
	check_repeated("", "f(", 17, "a", "deeper than 16 levels at column 33");
	check_repeated("", "1 IN (", 17, "a", "deeper than 16 levels at column 102");
	check_repeated("1", "+(1)", 30, "", NULL);
	check_repeated("", "(", 1020, "", "deeper than 16 levels at column 17");
	/* paths */
	weir_buf_init(&text, 1000);
	weir_buf_lit(&text, "data.p0");
	for (int i = 1; i < 16; i++)
		weir_buf_printf(&text, "+data.p%d+data['p%d']", i, i);
	weir_buf_lit(&text, "+data.p3");
	check_refused(weir_buf_view(&text), true, 0, "");
	weir_buf_lit(&text, "=data");
	check_refused(weir_buf_view(&text), true, WEIR_ELIMIT, "more than 64 nodes at column 314");
	weir_buf_reset(&text);
	weir_buf_lit(&text, "data");
	for (int i = 1; i < 17; i++)
		weir_buf_printf(&text, "+data.p%d", i);
	check_refused(weir_buf_view(&text), true, WEIR_ELIMIT, "more than 16 paths at column 132");
	weir_buf_fini(&text);
	check_repeated("EXISTS data.", "x", 255, "", NULL);
	check_repeated("EXISTS tags['", "x", 255, "']", NULL);
	/* LIKE */
	check_repeated("a LIKE '", "x", 256, "'", NULL);
	check_repeated("a LIKE '", "x", 257, "'", "LIKE pattern too long at column 8");
	check_repeated("a LIKE '%_", "x", 63, "%'", NULL);
	check_repeated("a LIKE '%_", "x", 64, "%'", "LIKE pattern too long at column 8");
	check_repeated("a LIKE '_%", "x", 64, "%'", NULL);
	check_repeated("a LIKE '_", "\xc3\xab", 63, "'", NULL);
}

static void test_long_members(void)
{
	char text[400];

	snprintf(text, sizeof(text), "EXISTS data.a.%0256d", 1);
	check_refused(weir_str(text), true, WEIR_EINVALID, "bad path at column 14");
	snprintf(text, sizeof(text), "EXISTS tags['%0256d']", 1);
	check_refused(weir_str(text), true, WEIR_EINVALID, "bad path at column 12");
}

/* A Number literal of 10^1000 and more. */
static void test_huge_literal(void)
{
	char text[1020];

	snprintf(text, sizeof(text), "a<%0999d.0", 1);
	memset(text + 2, '9', 999);
	check_refused(weir_str(text), true, 0, "");
	snprintf(text, sizeof(text), "a<%01001d", 1);
	memset(text + 2, '9', 1001);
	check_refused(weir_str(text), true, WEIR_EINVALID, "unexpected '9999999999999999' at column 3");
}

static bool same(const char *a, const char *b, bool *mixed_a, bool *mixed_b)
{
	struct weir_program *p, *q;
	struct weir_buf why;
	bool equal;

	weir_buf_init(&why, 100);
	CU_ASSERT_EQUAL_FATAL(harness_compile(weir_str(a), true, &p, &why), 0);
	CU_ASSERT_EQUAL_FATAL(harness_compile(weir_str(b), true, &q, &why), 0);
	equal = weir_str_eq(weir_program_bytes(p), weir_program_bytes(q));
	if (mixed_a) {
		*mixed_a = weir_program_is_mixed(p);
		*mixed_b = weir_program_is_mixed(q);
	}
	weir_program_free(&p);
	weir_program_free(&q);
	weir_buf_fini(&why);
	return equal;
}

static void test_identity(void)
{
	static const char *const equal[][2] = {
		{"a = 1 AND b LIKE 'x%'", " (a=1)and((b)   like 'x%') "},
		{"upper(a) = 'X'", "UPPER( a )='X'"},
		{"a = 'x'", "a = \"x\""},
		{"data.x.y = 1", "DATA['x'][\"y\"] = 1"},
		{"a IN (1, 'b')", "a in((1),'b')"},
		{"USER = 'x'", "user = 'x'"},
		{"a != 1", "a <> 1"},
		{"a = 1", "a = +01"},
		{"a = 1.50", "a = 1.5"},
		{"a OR b AND c", "(a OR b) AND c"},
		{"1 - 2", "1-2"},
	};
	static const char *const different[][2] = {
		{"a = 1", "a = 1.0"},
		{"a = 1", "a = '1'"},
		{"a = 'x'", "a = 'X'"},
		{"a = 1", "b = 1"},
		{"a = 1", "tags.a = 1"},
		{"data.a = 1", "tags.a = 1"},
		{"data[0] = 1", "data['0'] = 1"},
		{"a AND b", "a OR b"},
		{"a AND (b AND c)", "a AND b AND c"},
		{"a LIKE 'x_'", "a LIKE 'x\\_'"},
		{"a IN (1, 2)", "a IN (1, 3)"},
		{"a < 1", "a <= 1"},
		{"LEFT(a, 1)", "RIGHT(a, 1)"},
		{"CONCAT('ab', 'c')", "CONCAT('a', 'bc')"},
	};
	bool a, b;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(equal); i++)
		if (!same(equal[i][0], equal[i][1], NULL, NULL)) {
			printf("%s | %s\n", equal[i][0], equal[i][1]);
			CU_FAIL("should be the same");
		}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(different); i++)
		if (same(different[i][0], different[i][1], NULL, NULL)) {
			printf("%s | %s\n", different[i][0], different[i][1]);
			CU_FAIL("should differ");
		}
	/* The warning goes when parentheses come, the program stays. */
	CU_ASSERT(same("a OR b AND c", "(a OR b) AND c", &a, &b));
	CU_ASSERT(a && !b);
	same("a AND b AND c", "a XOR (b OR c)", &a, &b);
	CU_ASSERT(!a && !b);
	same("LOWER(a AND b OR c)", "a IN (b, c OR d XOR e)", &a, &b);
	CU_ASSERT(a && b);
}

static bool needs_data(const char *text)
{
	struct weir_program *p;
	struct weir_buf why;
	bool needs;

	weir_buf_init(&why, 100);
	CU_ASSERT_EQUAL_FATAL(harness_compile(weir_str(text), true, &p, &why), 0);
	needs = weir_program_needs_data(p);
	weir_program_free(&p);
	weir_buf_fini(&why);
	return needs;
}

static void test_needs_data(void)
{
	CU_ASSERT(needs_data("EXISTS data"));
	CU_ASSERT(needs_data("a OR data.x = 1"));
	CU_ASSERT(needs_data("{\"key\":\"data.x\",\"cmp\":\"ex\"}"));
	CU_ASSERT_FALSE(needs_data("tags.data = 1 AND user = 'data.x'"));
	CU_ASSERT_FALSE(needs_data("{\"key\":\"data\",\"cmp\":\"ex\"}"));
}

const char weir_test_suite[] = "filter/refusals";
CU_TestInfo weir_tests[] = {
	{"messages", test_messages},
	{"limits", test_limits},
	{"long member names", test_long_members},
	{"a literal that is no Number", test_huge_literal},
	{"the same program", test_identity},
	{"who needs the payload", test_needs_data},
	CU_TEST_INFO_NULL,
};
