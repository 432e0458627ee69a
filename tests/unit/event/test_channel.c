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

static void test_patterns(void)
{
	static const char *const patterns[] = {
		"*", ">", "ns:*", "ns:>", "ns:a.*", "ns:*.cpu", "ns:a.*.b", "a.>", "*.>", "$ns:>", "a.>.*"};
	static const char *const names[] = {"", "a", "ns:", "ns:a", "ns:a*", "ns:*a.b", "ns:a>", "a.>.b", "ns:>.a",
		"*:a", ">:a", "a.*:b", "ns:a.**", "$*", "ns:a:*"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(patterns); i++)
		CU_ASSERT(weir_channel_is_pattern(weir_str(patterns[i])));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++)
		CU_ASSERT_FALSE(weir_channel_is_pattern(weir_str(names[i])));
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
	{"patterns", test_patterns},
	{"users", test_users},
	{"names of namespaces", test_namespace_names},
	CU_TEST_INFO_NULL,
};
