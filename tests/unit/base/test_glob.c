/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Globs: a table of what matches, malformed patterns, bounded work, and '*' and '?' against a simple recursive
 * matcher.
 */
#include "test.h"

#include <stdio.h>

#include "weir/base/glob.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

static void test_table(void)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
		{"", "", true},
		{"", "a", false},
		{"abc", "abc", true},
		{"abc", "abcd", false},
		{"abc", "ab", false},
		{"*", "", true},
		{"*", "news:a.b/c", true},
		{"a*", "a", true},
		{"*a", "ba", true},
		{"*a", "bab", false},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXcYb", false},
		{"***", "x", true},
		{"?", "x", true},
		{"?", "", false},
		{"??", "x", false},
		{"a?c", "abc", true},
		{"[abc]", "b", true},
		{"[abc]", "d", false},
		{"[abc]", "", false},
		{"[a-c]x", "bx", true},
		{"[a-c]x", "dx", false},
		{"[a-cx-z]", "y", true},
		{"[!a-c]", "d", true},
		{"[!a-c]", "b", false},
		{"[!a-c]", "", false},
		{"[a-]", "-", true},
		{"[\\]]", "]", true},
		{"[a\\-c]", "b", false},
		{"{a,b}", "a", true},
		{"{a,b}", "b", true},
		{"{a,b}", "c", false},
		{"{a,b}", "a,b", false},
		{"{a}", "a", true},
		{"{,x}y", "y", true},
		{"{,x}y", "xy", true},
		{"{a,ab}c", "abc", true},
		{"{a,ab}{c,bc}", "abbc", true},
		{"{a,{b,c}d}e", "cde", true},
		{"{a,{b,c}d}e", "ce", false},
		{"{*.a,b*}.c", "x.y.a.c", true},
		{"{*.a,b*}.c", "bz.c", true},
		{"*{a,b}*c", "xxbyyc", true},
		{"*{a,b}*c", "xxyyc", false},
		{"{a\\,b,c}", "a,b", true},
		{"{[,],x}", ",", true},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"\\{a\\}", "{a}", true},
		{"}", "}", true},
		{"a]", "a]", true},
		{"a,b", "a,b", true},
		{"https://*.example.com", "https://a.b.example.com", true},
		{"https://*.example.com", "https://example.com", false},
		{"\xc3\xa9*", "\xc3\xa9t\xc3\xa9", true},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		if (weir_glob_match(weir_str(rows[i].pattern), weir_str(rows[i].text)) != rows[i].matches) {
			printf("pattern %s, text %s\n", rows[i].pattern, rows[i].text);
			CU_FAIL("wrong verdict");
		}
	CU_ASSERT(weir_glob_match(WEIR_STR_NONE, WEIR_STR_NONE));
}

static void test_malformed(void)
{
	static const char *const patterns[] = {
		"[", "[]", "[!]", "[a", "[a-", "[\\", "\\", "a\\", "{", "{a", "{a,", "{a,[}", "{a\\}"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(patterns); i++) {
		CU_ASSERT_FALSE(weir_glob_match(weir_str(patterns[i]), weir_str(patterns[i])));
		CU_ASSERT_FALSE(weir_glob_match(weir_str(patterns[i]), WEIR_STR("a")));
	}
}

static void test_bounded(void)
{
	char pattern[2000], text[20000];

	/* Braces that each may or may not take an 'a' would need 2^40 ways. */
	for (size_t i = 0; i < 40; i++)
		memcpy(pattern + i * 4, "{,a}", 4);
	memset(text, 'a', sizeof(text));
	text[60] = 'b';
	CU_ASSERT_FALSE(weir_glob_match(weir_str_n(pattern, 160), weir_str_n(text, 61)));
	/* As deep as the pattern is long, were it not limited. */
	for (size_t i = 0; i < 1000; i++)
		pattern[i] = '{';
	for (size_t i = 1000; i < 2000; i++)
		pattern[i] = '}';
	CU_ASSERT_FALSE(weir_glob_match(weir_str_n(pattern, 2000), WEIR_STR("")));
	/* More than 100,000 steps, though it would match. */
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	CU_ASSERT_FALSE(weir_glob_match(WEIR_STR("*aaaaaaaaaaaaab"), weir_str_n(text, sizeof(text))));
	CU_ASSERT(weir_glob_match(WEIR_STR("*aab"), weir_str_n(text, sizeof(text))));
}

static bool slow_match(const char *p, const char *t)
{
	if (!*p)
		return !*t;
	if (*p == '*')
		return slow_match(p + 1, t) || (*t && slow_match(p, t + 1));
	return *t && (*p == '?' || *p == *t) && slow_match(p + 1, t + 1);
}

static void test_against_slow(void)
{
	struct weir_random r;
	unsigned matched = 0;

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 20000; i++) {
		char p[9] = "", t[11] = "";
		size_t np = weir_random_below(&r, sizeof(p)), nt = weir_random_below(&r, sizeof(t));
		bool expected;

		for (size_t k = 0; k < np; k++)
			p[k] = "ab?*"[weir_random_below(&r, 4)];
		for (size_t k = 0; k < nt; k++)
			t[k] = "ab"[weir_random_below(&r, 2)];
		expected = slow_match(p, t);
		matched += expected;
		if (weir_glob_match(weir_str(p), weir_str(t)) != expected) {
			printf("pattern %s, text %s\n", p, t);
			CU_FAIL("differs from the simple matcher");
			break;
		}
	}
	CU_ASSERT(matched > 100);
}

const char weir_test_suite[] = "base/glob";
CU_TestInfo weir_tests[] = {
	{"table", test_table},
	{"malformed patterns", test_malformed},
	{"bounded work", test_bounded},
	{"stars against a simple matcher", test_against_slow},
	CU_TEST_INFO_NULL,
};
