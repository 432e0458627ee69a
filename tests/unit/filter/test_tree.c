/* SPDX-License-Identifier: Apache-2.0 */
/* Trees: every comparison, the tree operators, the refusals with their texts, the limits, Numbers. */
#include "test.h"

#include <stdio.h>

#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/filter/filters.h"

static const struct weir_tag tags_a[] = {{WEIR_STR("symbol"), WEIR_STR("ACME")}, {WEIR_STR("level"), WEIR_STR("7")},
	{WEIR_STR("price"), WEIR_STR("150.25")}, {WEIR_STR("hot"), WEIR_STR("TRUE")},
	{WEIR_STR("Env"), WEIR_STR("prod")}, {WEIR_STR("user"), WEIR_STR("mallory")},
	{WEIR_STR("content-type"), WEIR_STR("app/json")}, {WEIR_STR("nothing"), WEIR_STR("")},
	{WEIR_STR("data.price"), WEIR_STR("19.991")}, {WEIR_STR("id"), WEIR_STR("tag-id")}};
static const struct weir_str payload_a =
	WEIR_STR("{\"price\":19.99,\"tiny\":1e-7,\"name\":\"Zo\\u00eb\",\"no\":null,\"yes\":true,"
		 "\"list\":[\"a\",{\"b\":7}],\"text\":\"19.990\"}");

static int compile(struct weir_str json, struct weir_program **out, struct weir_buf *why)
{
	struct weir_json node;

	CU_ASSERT_EQUAL_FATAL(weir_json_check(json, 100, &node, NULL), 0);
	*out = NULL;
	return weir_filter_compile_tree(node, out, why);
}

/* 1 or 0: the verdict; -1: refused. */
static int verdict(const char *json, const struct weir_tag *tags, size_t n_tags)
{
	struct weir_event_spec spec = {
		.channel = WEIR_STR("c"), .id = WEIR_STR("ev"), .data = payload_a, .tags = tags, .n_tags = n_tags};
	struct weir_filters *fs = weir_filters_new(&(struct weir_hash_key){1, 2});
	struct weir_event *e = weir_event_new(&spec);
	struct weir_filter *f = NULL;
	struct weir_program *p;
	struct weir_buf why;
	int result = -1;

	weir_buf_init(&why, 1000);
	if (compile(weir_str(json), &p, &why) == 0) {
		CU_ASSERT_EQUAL_FATAL(weir_filters_add(fs, &p, &f), 0);
		weir_filters_event(fs, e);
		result = weir_filters_pass(fs, f);
		weir_filters_drop(fs, &f);
	}
	weir_filters_event(fs, NULL);
	weir_event_unref(&e);
	weir_filters_free(&fs);
	weir_buf_fini(&why);
	return result;
}

struct row {
	const char *json;
	int verdict;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int result = verdict(rows[i].json, tags_a, WEIR_ARRAY_LEN(tags_a));

		if (result != rows[i].verdict) {
			printf("%s: %d\n", rows[i].json, result);
			CU_FAIL("wrong verdict");
		}
	}
}

static void test_comparisons(void)
{
	static const struct row rows[] = {
		{"{\"key\":\"symbol\",\"cmp\":\"eq\",\"val\":\"ACME\"}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"eq\",\"val\":\"acme\"}", 0},
		{"{\"key\":\"level\",\"cmp\":\"eq\",\"val\":\"7.0\"}", 0}, /* tags are text */
		{"{\"key\":\"missing\",\"cmp\":\"eq\",\"val\":\"x\"}", 0},
		{"{\"key\":\"Symbol\",\"cmp\":\"eq\",\"val\":\"ACME\"}", 0}, /* exact names only */
		{"{\"key\":\"symbol\",\"cmp\":\"neq\",\"val\":\"ACME\"}", 0},
		{"{\"key\":\"symbol\",\"cmp\":\"neq\",\"val\":\"WXYZ\"}", 1},
		{"{\"key\":\"missing\",\"cmp\":\"neq\",\"val\":\"x\"}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"in\",\"vals\":[\"WXYZ\",\"ACME\",\"A\"]}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"in\",\"vals\":[\"ACM\",\"ACMF\",\"ACMD\",\"ACMEE\"]}", 0},
		{"{\"key\":\"missing\",\"cmp\":\"in\",\"vals\":[\"\"]}", 0},
		{"{\"key\":\"nothing\",\"cmp\":\"in\",\"vals\":[\"a\",\"\"]}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"nin\",\"vals\":[\"ACME\"]}", 0},
		{"{\"key\":\"symbol\",\"cmp\":\"nin\",\"vals\":[\"WXYZ\"]}", 1},
		{"{\"key\":\"missing\",\"cmp\":\"nin\",\"vals\":[\"\"]}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"ex\"}", 1},
		{"{\"key\":\"nothing\",\"cmp\":\"ex\"}", 1},
		{"{\"key\":\"missing\",\"cmp\":\"ex\"}", 0},
		{"{\"cmp\":\"ex\"}", 0},
		{"{\"cmp\":\"nex\"}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"nex\"}", 0},
		{"{\"key\":\"missing\",\"cmp\":\"nex\"}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"sw\",\"val\":\"AC\"}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"sw\",\"val\":\"CM\"}", 0},
		{"{\"key\":\"missing\",\"cmp\":\"sw\",\"val\":\"x\"}", 0},
		{"{\"key\":\"symbol\",\"cmp\":\"ew\",\"val\":\"ME\"}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"ew\",\"val\":\"AC\"}", 0},
		{"{\"key\":\"missing\",\"cmp\":\"ew\",\"val\":\"x\"}", 0},
		{"{\"key\":\"symbol\",\"cmp\":\"ct\",\"val\":\"CM\"}", 1},
		{"{\"key\":\"symbol\",\"cmp\":\"ct\",\"val\":\"cm\"}", 0},
		{"{\"key\":\"missing\",\"cmp\":\"ct\",\"val\":\"x\"}", 0},
		{"{\"key\":\"level\",\"cmp\":\"lt\",\"val\":\"7\"}", 0},
		{"{\"key\":\"level\",\"cmp\":\"lt\",\"val\":\"10\"}", 1},
		{"{\"key\":\"level\",\"cmp\":\"lte\",\"val\":\"7.0\"}", 1},
		{"{\"key\":\"level\",\"cmp\":\"lte\",\"val\":\"6.99\"}", 0},
		{"{\"key\":\"level\",\"cmp\":\"gt\",\"val\":\"7\"}", 0},
		{"{\"key\":\"price\",\"cmp\":\"gt\",\"val\":\"100\"}", 1},
		{"{\"key\":\"level\",\"cmp\":\"gte\",\"val\":\"+007\"}", 1},
		{"{\"key\":\"level\",\"cmp\":\"gte\",\"val\":\"7.1\"}", 0},
		{"{\"key\":\"missing\",\"cmp\":\"lt\",\"val\":\"7\"}", 0},
		{"{\"key\":\"missing\",\"cmp\":\"gte\",\"val\":\"7\"}", 0},
		{"{\"key\":\"symbol\",\"cmp\":\"lt\",\"val\":\"7\"}", 0},
		{"{\"key\":\"symbol\",\"cmp\":\"gte\",\"val\":\"7\"}", 0},
		{"{\"key\":\"level\",\"cmp\":\"lt\",\"val\":\"seven\"}", 0},
		{"{\"key\":\"level\",\"cmp\":\"gte\",\"val\":\"seven\"}", 0},
		{"{\"key\":\"nothing\",\"cmp\":\"lte\",\"val\":\"0\"}", 0},
		{"{\"key\":\"content-type\",\"cmp\":\"eq\",\"val\":\"app\\/json\"}", 1},
		{"{\"\\u006bey\":\"symbol\",\"cmp\":\"\\u0065q\",\"val\":\"\\u0041CME\"}", 1},
	};

	check_rows(rows, WEIR_ARRAY_LEN(rows));
}

static void test_payload(void)
{
	static const struct row rows[] = {
		{"{\"key\":\"data.price\",\"cmp\":\"eq\",\"val\":\"19.990\"}", 1},
		{"{\"key\":\"data.price\",\"cmp\":\"eq\",\"val\":\"19.99\"}", 1},
		{"{\"key\":\"data.price\",\"cmp\":\"eq\",\"val\":\"19.9\"}", 0},
		{"{\"key\":\"data.text\",\"cmp\":\"eq\",\"val\":\"19.99\"}", 0}, /* a String: text */
		{"{\"key\":\"data.tiny\",\"cmp\":\"eq\",\"val\":\"1e-7\"}", 1},
		{"{\"key\":\"data.tiny\",\"cmp\":\"eq\",\"val\":\"0.0000001\"}", 1},
		{"{\"key\":\"data.tiny\",\"cmp\":\"in\",\"vals\":[\"0\",\"1e-7\"]}", 1},
		{"{\"key\":\"data.price\",\"cmp\":\"in\",\"vals\":[\"x\",\"019.990\"]}", 1},
		{"{\"key\":\"data.text\",\"cmp\":\"in\",\"vals\":[\"19.99\",\"19.9900\"]}", 0},
		{"{\"key\":\"data.price\",\"cmp\":\"lt\",\"val\":\"20\"}", 1},
		{"{\"key\":\"data.text\",\"cmp\":\"gte\",\"val\":\"19.99\"}", 1},
		{"{\"key\":\"data.price\",\"cmp\":\"sw\",\"val\":\"19\"}", 1},
		{"{\"key\":\"data['name']\",\"cmp\":\"eq\",\"val\":\"Zo\u00eb\"}", 1},
		{"{\"key\":\"data.name\",\"cmp\":\"ew\",\"val\":\"\u00eb\"}", 1},
		{"{\"key\":\"data.yes\",\"cmp\":\"eq\",\"val\":\"true\"}", 1},
		{"{\"key\":\"data.yes\",\"cmp\":\"gte\",\"val\":\"1\"}", 0},
		{"{\"key\":\"data.no\",\"cmp\":\"ex\"}", 0},
		{"{\"key\":\"data.no\",\"cmp\":\"neq\",\"val\":\"a\"}", 1},
		{"{\"key\":\"data.list\",\"cmp\":\"ex\"}", 1},
		{"{\"key\":\"data.list\",\"cmp\":\"nex\"}", 0},
		{"{\"key\":\"data.list\",\"cmp\":\"eq\",\"val\":\"a\"}", 0},
		{"{\"key\":\"data.list\",\"cmp\":\"neq\",\"val\":\"a\"}", 1},
		{"{\"key\":\"data.list\",\"cmp\":\"nin\",\"vals\":[\"a\"]}", 1},
		{"{\"key\":\"data.list\",\"cmp\":\"ct\",\"val\":\"a\"}", 0},
		{"{\"key\":\"data.list\",\"cmp\":\"lt\",\"val\":\"1\"}", 0},
		{"{\"key\":\"data.list[0]\",\"cmp\":\"eq\",\"val\":\"a\"}", 1},
		{"{\"key\":\"data.list[1].b\",\"cmp\":\"eq\",\"val\":\"7.0\"}", 1},
		{"{\"key\":\"data.list[2]\",\"cmp\":\"ex\"}", 0},
		{"{\"key\":\"data.list.0\",\"cmp\":\"ex\"}", 0},
		{"{\"key\":\"data[0]\",\"cmp\":\"ex\"}", 0},
		{"{\"key\":\"data.list[70000]\",\"cmp\":\"ex\"}", -1},
	};

	check_rows(rows, WEIR_ARRAY_LEN(rows));
}

#define HIT  "{\"key\":\"symbol\",\"cmp\":\"ex\"}"
#define MISS "{\"key\":\"missing\",\"cmp\":\"ex\"}"

static void test_trees(void)
{
	static const struct row rows[] = {
		{"{\"op\":\"and\",\"nodes\":[" HIT "]}", 1},
		{"{\"op\":\"and\",\"nodes\":[" HIT "," HIT "," MISS "]}", 0},
		{"{\"op\":\"and\",\"nodes\":[" MISS "," HIT "]}", 0},
		{"{\"op\":\"or\",\"nodes\":[" MISS "," MISS "," HIT "]}", 1},
		{"{\"op\":\"or\",\"nodes\":[" HIT "," MISS "]}", 1},
		{"{\"op\":\"or\",\"nodes\":[" MISS "," MISS "]}", 0},
		{"{\"op\":\"not\",\"nodes\":[" HIT "]}", 0},
		{"{\"op\":\"not\",\"nodes\":[{\"op\":\"or\",\"nodes\":[" MISS "," MISS "]}]}", 1},
		{"{\"op\":\"or\",\"nodes\":[{\"op\":\"and\",\"nodes\":[" HIT "," MISS
		 "]},{\"op\":\"and\",\"nodes\":[" HIT "," HIT "]}]}",
			1},
		{"{\"op\":\"and\",\"nodes\":[{\"op\":\"or\",\"nodes\":[" MISS "," HIT
		 "]},{\"op\":\"not\",\"nodes\":[" HIT "]}]}",
			0},
		/* The examples of the specification that concern tags. */
		{"{\"op\":\"not\",\"nodes\":[{\"key\":\"symbol\",\"cmp\":\"gt\",\"val\":\"1\"}]}", 1},
		{"{\"op\":\"and\",\"nodes\":[{\"key\":\"user\",\"cmp\":\"eq\",\"val\":\"mallory\"},"
		 "{\"key\":\"data.price\",\"cmp\":\"eq\",\"val\":\"19.990\"}]}",
			1},
		{"{\"key\":\"id\",\"cmp\":\"eq\",\"val\":\"tag-id\"}", 1}, /* no reserved names */
		/* What is ignored. */
		{"{\"op\":\"\",\"key\":\"symbol\",\"cmp\":\"ex\",\"nodes\":[1],\"other\":{}}", 1},
		{"{\"op\":null,\"key\":\"symbol\",\"cmp\":\"ex\",\"val\":\"\",\"vals\":[],\"nodes\":null}", 1},
		{"{\"op\":\"not\",\"key\":\"x\",\"cmp\":\"?\",\"val\":\"y\",\"vals\":[1],\"nodes\":[" MISS "]}", 1},
	};
	static const struct weir_tag tags_b[] = {{WEIR_STR("region"), WEIR_STR("us")}};

	check_rows(rows, WEIR_ARRAY_LEN(rows));
	CU_ASSERT_EQUAL(verdict("{\"key\":\"symbol\",\"cmp\":\"neq\",\"val\":\"ACME\"}", tags_b, 1), 1);
	CU_ASSERT_EQUAL(verdict(MISS, NULL, 0), 0);
}

static void test_refusals(void)
{
	static const struct {
		const char *json, *why;
	} rows[] = {
		{"{\"op\":\"or\",\"nodes\":[{\"key\":\"symbol\",\"cmp\":\"in\"}]}", "tf.nodes[0]: in needs vals"},
		{"{\"op\":\"and\",\"nodes\":[" HIT ",{\"key\":\"a\",\"cmp\":\"eq\"}]}", "tf.nodes[1]: eq needs val"},
		{"{\"op\":\"not\",\"nodes\":[{\"op\":\"or\",\"nodes\":[" HIT "," HIT ",{}]}]}",
			"tf.nodes[0].nodes[2]: cmp missing"},
		{"{\"op\":\"xor\",\"nodes\":[" HIT "]}", "tf: unknown op 'xor'"},
		{"{\"op\":\"AND\",\"nodes\":[" HIT "]}", "tf: unknown op 'AND'"},
		{"{\"op\":\"0123456789abcdefgh\"}", "tf: unknown op '0123456789abcdef'"},
		{"{\"key\":\"a\",\"cmp\":\"like\",\"val\":\"b\"}", "tf: unknown cmp 'like'"},
		{"{\"key\":\"a\"}", "tf: cmp missing"},
		{"{\"key\":\"a\",\"cmp\":\"\"}", "tf: cmp missing"},
		{"{\"cmp\":\"eq\",\"val\":\"b\"}", "tf: key missing"},
		{"{\"key\":\"\",\"cmp\":\"eq\",\"val\":\"b\"}", "tf: key missing"},
		{"{\"key\":\"a\",\"cmp\":\"neq\",\"val\":\"\"}", "tf: neq needs val"},
		{"{\"key\":\"a\",\"cmp\":\"nin\",\"vals\":[]}", "tf: nin needs vals"},
		{"{\"key\":\"a\",\"cmp\":\"in\",\"vals\":[\"b\"],\"val\":\"c\"}", "tf: in takes no val"},
		{"{\"key\":\"a\",\"cmp\":\"gte\",\"val\":\"c\",\"vals\":[\"b\"]}", "tf: gte takes no vals"},
		{"{\"key\":\"a\",\"cmp\":\"ex\",\"val\":\"c\"}", "tf: ex takes no val"},
		{"{\"key\":\"a\",\"cmp\":\"nex\",\"vals\":[\"c\"]}", "tf: nex takes no vals"},
		{"{\"op\":\"and\"}", "tf: and needs a node"},
		{"{\"op\":\"or\",\"nodes\":[]}", "tf: or needs a node"},
		{"{\"op\":\"not\"}", "tf: not needs one node"},
		{"{\"op\":\"not\",\"nodes\":[" HIT "," HIT "]}", "tf: not needs one node"},
		{"{\"op\":1}", "tf: wrong type of op"},
		{"{\"key\":{},\"cmp\":\"ex\"}", "tf: wrong type of key"},
		{"{\"cmp\":true}", "tf: wrong type of cmp"},
		{"{\"key\":\"a\",\"cmp\":\"eq\",\"val\":7}", "tf: wrong type of val"},
		{"{\"key\":\"a\",\"cmp\":\"in\",\"vals\":\"b\"}", "tf: wrong type of vals"},
		{"{\"key\":\"a\",\"cmp\":\"in\",\"vals\":[\"b\",7]}", "tf: wrong type of vals"},
		{"{\"op\":\"and\",\"nodes\":{}}", "tf: wrong type of nodes"},
		{"{\"op\":\"and\",\"nodes\":[" HIT ",null]}", "tf: wrong type of nodes"},
		{"{\"key\":\"a\",\"cmp\":\"ex\",\"key\":\"b\"}", "tf: key given twice"},
		{"{\"key\":\"data.\",\"cmp\":\"ex\"}", "tf: bad path"},
		{"{\"key\":\"data[a]\",\"cmp\":\"ex\"}", "tf: bad path"},
		{"{\"key\":\"data.a b\",\"cmp\":\"ex\"}", "tf: bad path"},
		{"{\"key\":\"data.1.2.3.4.5.6.7.8.9\",\"cmp\":\"ex\"}", "tf: bad path"},
		{"[]", "tf: wrong type of tf"},
		{"\"x\"", "tf: wrong type of tf"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_program *f;
		struct weir_buf why;

		weir_buf_init(&why, 1000);
		CU_ASSERT_EQUAL(compile(weir_str(rows[i].json), &f, &why), WEIR_EINVALID);
		CU_ASSERT_PTR_NULL(f);
		if (!weir_str_is(weir_buf_view(&why), rows[i].why)) {
			printf("%s: %.*s\n", rows[i].json, WEIR_STR_FMT(weir_buf_view(&why)));
			CU_FAIL("another reason");
		}
		weir_buf_fini(&why);
	}
}

/* Compiles what was built and compares with `why`; NULL: accepted. */
static void check_limit(struct weir_buf *json, const char *why)
{
	struct weir_program *f;
	struct weir_buf got;
	int err;

	weir_buf_init(&got, 1000);
	CU_ASSERT_FALSE_FATAL(json->failed);
	err = compile(weir_buf_view(json), &f, &got);
	CU_ASSERT_EQUAL(err, why ? WEIR_ELIMIT : 0);
	CU_ASSERT(weir_str_eq(weir_buf_view(&got), weir_str(why)));
	weir_program_free(&f);
	weir_buf_fini(&got);
	weir_buf_reset(json);
}

static void build_wide(struct weir_buf *json, int leaves)
{
	weir_buf_lit(json, "{\"op\":\"or\",\"nodes\":[" MISS);
	for (int i = 1; i < leaves; i++)
		weir_buf_lit(json, "," MISS);
	weir_buf_lit(json, "]}");
}

static void build_deep(struct weir_buf *json, int levels)
{
	for (int i = 1; i < levels; i++)
		weir_buf_lit(json, "{\"op\":\"not\",\"nodes\":[");
	weir_buf_lit(json, HIT);
	for (int i = 1; i < levels; i++)
		weir_buf_lit(json, "]}");
}

static void build_vals(struct weir_buf *json, int n, int bytes_each, int key_bytes)
{
	weir_buf_printf(json, "{\"key\":\"%0*d\",\"cmp\":\"in\",\"vals\":[", key_bytes, 1);
	for (int i = 0; i < n; i++)
		weir_buf_printf(json, "%s\"%0*d\"", i ? "," : "", bytes_each, i);
	weir_buf_lit(json, "]}");
}

static void build_paths(struct weir_buf *json, int n)
{
	weir_buf_lit(json, "{\"op\":\"or\",\"nodes\":[");
	for (int i = 0; i < n; i++)
		weir_buf_printf(json, "%s{\"key\":\"data.p%d\",\"cmp\":\"ex\"}", i ? "," : "", i / 2);
	weir_buf_lit(json, "]}");
}

static void test_limits(void)
{
	struct weir_buf json;

	weir_buf_init(&json, 200000);
	build_wide(&json, 63);
	check_limit(&json, NULL);
	build_wide(&json, 64);
	check_limit(&json, "tf: more than 64 nodes");
	build_deep(&json, 16);
	check_limit(&json, NULL);
	build_deep(&json, 17);
	check_limit(&json,
		"tf.nodes[0].nodes[0].nodes[0].nodes[0].nodes[0].nodes[0].nodes[0].nodes[0].nodes[0].nodes[0]"
		".nodes[0].nodes[0].nodes[0].nodes[0].nodes[0]: deeper than 16 levels");
	build_vals(&json, 256, 3, 1);
	check_limit(&json, NULL);
	build_vals(&json, 257, 3, 1);
	check_limit(&json, "tf: more than 256 vals");
	build_vals(&json, 40, 100, 96);
	check_limit(&json, NULL);
	build_vals(&json, 40, 100, 97);
	check_limit(&json, "tf: more than 4096 bytes");
	build_paths(&json, 32);
	check_limit(&json, NULL);
	build_paths(&json, 33);
	check_limit(&json, "tf.nodes[32]: more than 16 paths");
	build_vals(&json, 1, 100000, 1);
	check_limit(&json, "tf: more than 4096 bytes");
	weir_buf_fini(&json);
}

static bool equal_programs(const char *a, const char *b)
{
	struct weir_program *f, *g;
	struct weir_buf why;
	bool equal;

	weir_buf_init(&why, 100);
	CU_ASSERT_EQUAL_FATAL(compile(weir_str(a), &f, &why), 0);
	CU_ASSERT_EQUAL_FATAL(compile(weir_str(b), &g, &why), 0);
	equal = weir_str_eq(weir_program_bytes(f), weir_program_bytes(g));
	weir_program_free(&f);
	CU_ASSERT_PTR_NULL(f);
	weir_program_free(&g);
	weir_buf_fini(&why);
	return equal;
}

static void test_identity(void)
{
	CU_ASSERT(equal_programs("{\"key\":\"a\",\"cmp\":\"lt\",\"val\":\"7.5\"}",
		" {\"val\":\"7.5\", \"cmp\":\"lt\",\"\\u006bey\":\"a\" } "));
	CU_ASSERT(equal_programs("{\"key\":\"a\",\"cmp\":\"in\",\"vals\":[\"b\",\"c\"]}",
		"{\"op\":\"\",\"x\":1,\"key\":\"a\",\"cmp\":\"in\",\"vals\":[\"b\",\"c\"]}"));
	CU_ASSERT_FALSE(equal_programs(
		"{\"key\":\"a\",\"cmp\":\"eq\",\"val\":\"bc\"}", "{\"key\":\"ab\",\"cmp\":\"eq\",\"val\":\"c\"}"));
	CU_ASSERT_FALSE(equal_programs(
		"{\"key\":\"a\",\"cmp\":\"eq\",\"val\":\"b\"}", "{\"key\":\"a\",\"cmp\":\"neq\",\"val\":\"b\"}"));
	CU_ASSERT_FALSE(equal_programs(
		"{\"key\":\"a\",\"cmp\":\"lt\",\"val\":\"7\"}", "{\"key\":\"a\",\"cmp\":\"lte\",\"val\":\"7\"}"));
}

/* A random tree, evaluated on the way by plain recursion. */
static bool build_random(struct weir_buf *json, struct weir_random *r, unsigned depth, unsigned *budget)
{
	uint64_t kind = depth > 4 || *budget < 4 ? 0 : weir_random_below(r, 4);
	unsigned n = kind == 3 ? 1 : 1 + (unsigned)weir_random_below(r, 3);
	bool value = kind == 1;

	if (kind == 0) {
		bool hit = weir_random_below(r, 2), negated = weir_random_below(r, 2);

		weir_buf_printf(
			json, "{\"key\":\"%s\",\"cmp\":\"%s\"}", hit ? "symbol" : "missing", negated ? "nex" : "ex");
		return hit != negated;
	}
	*budget -= n;
	weir_buf_printf(json, "{\"op\":\"%s\",\"nodes\":[", kind == 1 ? "and" : kind == 2 ? "or" : "not");
	for (unsigned i = 0; i < n; i++) {
		bool child;

		if (i)
			weir_buf_char(json, ',');
		child = build_random(json, r, depth + 1, budget);
		value = kind == 1 ? value && child : kind == 2 ? value || child : !child;
	}
	weir_buf_lit(json, "]}");
	return value;
}

static void test_random_trees(void)
{
	struct weir_random r;
	struct weir_buf json;
	unsigned wrong = 0, hits = 0;

	weir_random_seeded(&r, weir_test_seed());
	weir_buf_init(&json, 100000);
	for (int i = 0; i < 3000; i++) {
		unsigned budget = 60;
		bool expected;

		weir_buf_reset(&json);
		expected = build_random(&json, &r, 0, &budget);
		weir_buf_char(&json, '\0');
		hits += expected;
		wrong += verdict(json.p, tags_a, WEIR_ARRAY_LEN(tags_a)) != expected;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(hits > 300 && hits < 2700);
	weir_buf_fini(&json);
}

const char weir_test_suite[] = "filter/tree";
CU_TestInfo weir_tests[] = {
	{"comparisons", test_comparisons},
	{"payload", test_payload},
	{"trees", test_trees},
	{"refusals", test_refusals},
	{"limits", test_limits},
	{"equal filters have equal programs", test_identity},
	{"random trees", test_random_trees},
	CU_TEST_INFO_NULL,
};
