/* SPDX-License-Identifier: Apache-2.0 */
/* Channel names, as tables. */
#include "test.h"

#include "weir/base/mem.h"
#include "weir/event/channel.h"

static void test_namespaces(void)
{
	static const char *const rows[][2] = {{"news:a", "news"}, {"$news:a", "news"}, {"news:a:b", "news"}, {":a", ""},
		{"$:a", ""}, {"$$a:b", "$a"}, {"news", NULL}, {"$news", NULL}, {"", NULL}, {"a.b:c", "a.b"}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_str name = weir_channel_namespace(weir_str(rows[i][0]));

		CU_ASSERT_EQUAL(name.p == NULL, rows[i][1] == NULL);
		CU_ASSERT(weir_str_eq(name, weir_str(rows[i][1])));
	}
	CU_ASSERT(weir_channel_is_private(WEIR_STR("$a")));
	CU_ASSERT_FALSE(weir_channel_is_private(WEIR_STR("a$")));
	CU_ASSERT_FALSE(weir_channel_is_private(WEIR_STR("")));
}

static void test_ascii(void)
{
	CU_ASSERT(weir_channel_is_ascii(WEIR_STR(" ~a")));
	CU_ASSERT(weir_channel_is_ascii(WEIR_STR("")));
	CU_ASSERT_FALSE(weir_channel_is_ascii(WEIR_STR("a\x1f")));
	CU_ASSERT_FALSE(weir_channel_is_ascii(WEIR_STR("a\x7f")));
	CU_ASSERT_FALSE(weir_channel_is_ascii(WEIR_STR("Zo\xc3\xab")));
	CU_ASSERT_FALSE(weir_channel_is_ascii(WEIR_STR("a\0")));
}

static void test_parts(void)
{
	static const char *const rows[][3] = {{"ns:a.b", "ns:", "a.b"}, {"$ns:a.b", "$ns:", "a.b"}, {"a.b", "", "a.b"},
		{"$a.b", "$", "$a.b"}, {"ns:", "ns:", ""}, {":", ":", ""}, {"", "", ""}, {"ns:a:b", "ns:", "a:b"}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		CU_ASSERT(weir_str_is(weir_channel_root(weir_str(rows[i][0])), rows[i][1]));
		CU_ASSERT(weir_str_is(weir_channel_tokens(weir_str(rows[i][0])), rows[i][2]));
	}
}

static void test_patterns(void)
{
	static const char *const valid[] = {"*", ">", "ns:*", "ns:>", "ns:a.*", "ns:*.cpu", "ns:a.*.b", "a.>", "*.>",
		"$ns:>", "$a.*", "ns:a:b.*", "ns:*..", "*.1.2.3.4.5.6.7.8.9.a.b.c.d.e.f"};
	static const char *const invalid[] = {
		"a.>.*", "a.>.b", "ns:>.a", ">.>", "ns:*.#1", "*.1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.g", "#.>"};
	static const char *const names[] = {"", "a", "ns:", "ns:a", "ns:a*", "ns:*a.b", "ns:a>", "*:a", ">:a", "a.*:b",
		"ns:a.**", "$*", "$>", "ns:a:*", "ns:>>"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(valid); i++) {
		CU_ASSERT(weir_channel_is_pattern(weir_str(valid[i])));
		CU_ASSERT(weir_pattern_is_valid(weir_str(valid[i])));
		CU_ASSERT_EQUAL(weir_pattern_is_bus(weir_str(valid[i])), i == 1);
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(invalid); i++) {
		CU_ASSERT(weir_channel_is_pattern(weir_str(invalid[i])));
		CU_ASSERT_FALSE(weir_pattern_is_valid(weir_str(invalid[i])));
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++)
		CU_ASSERT_FALSE(weir_channel_is_pattern(weir_str(names[i])));
}

static void test_matches(void)
{
	static const struct {
		const char *pattern, *channel;
		bool matches;
	} rows[] = {
		{"metrics:*.cpu", "metrics:a.cpu", true},
		{"metrics:*.cpu", "metrics:a.b.cpu", false},
		{"metrics:*.cpu", "metrics:cpu", false},
		{"metrics:*.cpu", "metrics:.cpu", true},
		{"metrics:*.cpu", "metric:a.cpu", false},
		{"metrics:*.cpu", "$metrics:a.cpu", false},
		{"metrics:*.cpu", "a.cpu", false},
		{"metrics:>", "metrics:", true},
		{"metrics:>", "metrics:a.b", true},
		{"metrics:>", "metricsa:b", false},
		{"metrics:a.>", "metrics:a", false},
		{"metrics:a.>", "metrics:a.", true},
		{"metrics:a.>", "metrics:a.b.c", true},
		{"*.x", "a.x", true},
		{"*.x", "$a.x", false},
		{"*.x", "ns:a.x", false},
		{"$a.*", "$a.x", true},
		{"$a.*", "a.x", false},
		{"*.>", "a", false},
		{"*.>", "a.b", true},
		{">", "a", true},
		{">", "$ns:a.b#1", true},
		{"a.*", "a.b.c", false},
		{"a.*b.*", "a.*b.c", true},
		{"a.*b.*", "a.xb.c", false},
		{"*", "a:b", false},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(
			weir_pattern_matches(weir_str(rows[i].pattern), weir_str(rows[i].channel)), rows[i].matches);
}

static void test_reach(void)
{
	static const struct {
		const char *pattern, *channel;
		bool authorized, user_limited, reaches;
	} rows[] = {
		{"ns:*", "ns:a", false, false, true},
		{"ns:*", "ns:a#1", false, false, true}, /* where '#' means nothing */
		{"ns:*", "ns:a#1", false, true, false},
		{"ns:*", "ns:a#1", true, true, true},
		{">", "ns:a", false, false, true},
		{">", "$ns:a", false, false, false},
		{">", "$ns:a", true, false, true},
		{">", "ns:a#1", false, true, false},
		{">", "$ns:a#1", true, true, true},
		{"$ns:*", "$ns:a", true, false, true},
		{"$ns:*", "$ns:a#1", false, true, false},
		{"*", "$a", true, false, false}, /* which does not match either */
		{">", WEIR_STATS_CHANNEL, true, false, false},
		{"$weir:*", WEIR_STATS_CHANNEL, true, false, false},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(weir_pattern_may_reach(weir_str(rows[i].pattern), weir_str(rows[i].channel),
					rows[i].authorized, rows[i].user_limited),
			rows[i].reaches);
}

static void test_users(void)
{
	static const struct {
		const char *channel, *user;
		bool allowed;
	} rows[] = {
		{"ns:dialog#42,43", "42", true},
		{"ns:dialog#42,43", "43", true},
		{"ns:dialog#42,43", "4", false},
		{"ns:dialog#42,43", "42,43", false},
		{"ns:dialog#42,43", "", false},
		{"ns:dialog#,42", "", false},
		{"ns:a#42#43", "42", false},
		{"ns:a#42#43", "43", true},
		{"ns:a", "ns:a", false},
		{"#42", "42", true},
		{"a#", "a", false},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(
			weir_channel_allows_user(weir_str(rows[i].channel), weir_str(rows[i].user)), rows[i].allowed);
	CU_ASSERT(weir_channel_is_user_limited(WEIR_STR("a#")));
	CU_ASSERT_FALSE(weir_channel_is_user_limited(WEIR_STR("a")));
	CU_ASSERT_FALSE(weir_channel_is_user_limited(WEIR_STR_NONE));
}

static void test_namespace_names(void)
{
	static const char *const good[] = {"ab", "a-b_c.D9", "--", "00"};
	static const char *const bad[] = {"", "a", "a b", "a:b", "a/b", "Zo\xc3\xab", "a$"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(good); i++)
		CU_ASSERT(weir_namespace_name_valid(weir_str(good[i])));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_FALSE(weir_namespace_name_valid(weir_str(bad[i])));
}

const char weir_test_suite[] = "event/channel";
CU_TestInfo weir_tests[] = {
	{"namespaces", test_namespaces},
	{"ascii", test_ascii},
	{"parts", test_parts},
	{"patterns", test_patterns},
	{"patterns: what they match", test_matches},
	{"patterns: what they may reach", test_reach},
	{"users", test_users},
	{"names of namespaces", test_namespace_names},
	CU_TEST_INFO_NULL,
};
