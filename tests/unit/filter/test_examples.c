/* SPDX-License-Identifier: Apache-2.0 */
/* The worked examples of the specification, in its order. */
#include "harness.h"
#include "test.h"
#include "weir/base/mem.h"

static void test_expressions(void)
{
	static const struct harness_row a[] = {
		{"SYMBOL = \"ACME\" and level > 5", "true"},
		{"env = 'prod'", "false !missing_attribute"},
		{"user = 'feeder' AND tags.user = 'mallory'", "true"},
		{"tags['content-type'] LIKE 'app/%'", "true"},
		{"price > 100", "false !cast"},
		{"price > 100.0 AND NUMBER(price) - 0.25 = 150", "true"},
		{"data.price * data.qty = 59.97", "true"},
		{"data.used / data.total >= 0.75", "true"},
		{"45 / 60 >= 0.75", "false"},
		{"data.id = 9007199254740993", "true"},
		{"data.id % 2 = 1", "false !cast"},
		{"EXISTS data.note", "false"},
		{"EXISTS data.who AND data.who.name = 'Zo\xc3\xab'", "true"},
		{"data.who = 'Zo\xc3\xab'", "false !cast"},
		{"data.items[1].sku LIKE 'X\\__'", "true"},
		{"data.items[0].sku LIKE 'X\\__'", "false"},
		{"data['key with space'] IN ('u', 'v')", "true"},
		{"data.items[2].sku = 'X-3' OR symbol = 'ACME'", "false !missing_attribute"},
		{"symbol = 'ACME' OR data.items[2].sku = 'X-3'", "true"},
		{"NOT symbol = 'WXYZ'", "false !cast"},
		{"TRUE OR FALSE AND FALSE", "false"},
		{"hot", "'TRUE'"},
		{"hot = TRUE AND NOT (TRUE = hot)", "true"},
		{"level IN (5, 7)", "true"},
		{"INT(level) IN ('seven', 7)", "false !cast"},
		{"2000000000 + 2000000000 > 0", "false !math"},
		{"2000000000 + 2000000000.0 = 4000000000", "true"},
		{"time >= 1767225600000 AND event.offset > 41", "true"},
		{"SUBSTRING(symbol, -2) = 'ME' AND LEFT(symbol, 9) = 'ACME'", "true"},
		{"RIGHT(symbol, -1) = 'E'", "false !function"},
		{"LOWER(symbol) LIKE symbol", "refused: LIKE needs a string literal at column 20"},
		{"UPPER(symbol", "refused: expected ')' at column 13"},
		{"(symbol = 'ACME'", "refused: expected ')' at column 17"},
	};
	static const struct harness_row b[] = {
		{"EXISTS user OR data[2] = 2.5 AND STRING(data[2]) = '2.5'", "true"},
	};
	static const struct harness_row c[] = {
		{"EXISTS data OR kind = 'blob'", "true"},
		{"EXISTS data", "false"},
	};
	static const struct harness_row d[] = {
		{"user = '' AND data.price = 19.99 AND LENGTH(data.n) = 1", "true"},
		{"data.raw != 'abc'", "false !cast"},
	};

	harness_check(a, WEIR_ARRAY_LEN(a), harness_event_a());
	harness_check(b, WEIR_ARRAY_LEN(b), harness_event_b());
	harness_check(c, WEIR_ARRAY_LEN(c), harness_event_c());
	harness_check(d, WEIR_ARRAY_LEN(d), harness_event_d());
}

static void test_trees(void)
{
	static const struct harness_row a[] = {
		{"{\"op\":\"not\",\"nodes\":[{\"key\":\"symbol\",\"cmp\":\"gt\",\"val\":\"1\"}]}", "true"},
		{"{\"op\":\"and\",\"nodes\":[{\"key\":\"user\",\"cmp\":\"eq\",\"val\":\"mallory\"},"
		 "{\"key\":\"data.price\",\"cmp\":\"eq\",\"val\":\"19.990\"}]}",
			"true"},
		{"{\"op\":\"or\",\"nodes\":[{\"key\":\"symbol\",\"cmp\":\"in\"}]}",
			"refused: tf.nodes[0]: in needs vals"},
	};
	static const struct harness_row b[] = {
		{"{\"key\":\"symbol\",\"cmp\":\"neq\",\"val\":\"ACME\"}", "true"},
	};

	harness_check(a, WEIR_ARRAY_LEN(a), harness_event_a());
	harness_check(b, WEIR_ARRAY_LEN(b), harness_event_b());
}

/* A String that reads "TRUE" is no Boolean: it does not pass, and is counted as such. */
static void test_not_boolean(void)
{
	struct weir_filters *fs = weir_filters_new(&(struct weir_hash_key){1, 2});
	struct weir_event *e = harness_event_a();
	struct weir_program *p;
	struct weir_filter *f;
	struct weir_buf why;

	weir_buf_init(&why, 100);
	CU_ASSERT_EQUAL_FATAL(weir_filter_compile(WEIR_STR("hot"), &p, &why), 0);
	CU_ASSERT_EQUAL_FATAL(weir_filters_add(fs, &p, &f), 0);
	weir_filters_event(fs, e);
	CU_ASSERT_FALSE(weir_filters_pass(fs, f));
	CU_ASSERT_EQUAL(weir_filters_counts(fs)->errors[WEIR_FILTER_NOT_BOOLEAN], 1);
	CU_ASSERT_EQUAL(weir_filters_counts(fs)->drop, 0);
	weir_filters_drop(fs, &f);
	weir_event_unref(&e);
	weir_filters_free(&fs);
	weir_buf_fini(&why);
}

const char weir_test_suite[] = "filter/examples";
CU_TestInfo weir_tests[] = {
	{"expressions", test_expressions},
	{"trees", test_trees},
	{"a result that is no Boolean", test_not_boolean},
	CU_TEST_INFO_NULL,
};
