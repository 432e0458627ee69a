/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an evaluation may cost, counted in ops, bytes read and bytes built: bombs within the limits stay within the
 * budget, the budget ends what goes beyond it, and what is skipped costs nothing.
 */
#include "harness.h"
#include "test.h"

#include <stdlib.h>

#include "program_priv.h"
#include "weir/base/mem.h"

/* Every name is this String. */
static struct weir_value resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path)
{
	struct weir_value v = {.type = WEIR_VALUE_STRING, .string = *(struct weir_str *)ctx};

	(void)kind;
	(void)path;
	if (weir_str_is(name, "none"))
		v.type = WEIR_VALUE_MISSING;
	return v;
}

static struct program_cost cost_of(struct weir_str text, struct weir_str subject, enum weir_filter_error *error)
{
	struct weir_resolver r = {resolve, &subject};
	struct weir_buf why, scratch;
	struct program_cost cost;
	struct weir_program *p;

	weir_buf_init(&why, 200);
	weir_buf_init(&scratch, PROGRAM_BUILD_BYTES);
	CU_ASSERT_EQUAL_FATAL(harness_compile(text, true, &p, &why), 0);
	weir__program_run(p, &r, &scratch, error, &cost);
	weir_program_free(&p);
	weir_buf_fini(&why);
	weir_buf_fini(&scratch);
	return cost;
}

static struct weir_str letters(size_t n)
{
	char *p = malloc(n + 1);

	memset(p, 'a', n);
	return weir_str_n(p, n);
}

static void check(const char *text, size_t n, unsigned ops, size_t read, size_t built, enum weir_filter_error wanted)
{
	struct weir_str subject = letters(n);
	enum weir_filter_error error;
	struct program_cost cost = cost_of(weir_str(text), subject, &error);

	CU_ASSERT_EQUAL(cost.ops, ops);
	CU_ASSERT_EQUAL(cost.read_bytes, read);
	CU_ASSERT_EQUAL(cost.built_bytes, built);
	CU_ASSERT_EQUAL(error, wanted);
	free((char *)subject.p);
}

static void test_charges(void)
{
	check("a = 'aaaa'", 4, 3, 4, 0, 0);
	check("a = 'aaa'", 4, 3, 0, 0, 0); /* lengths differ: nothing is read */
	check("a LIKE 'a%'", 1000, 2, 1000, 0, 0);
	check("a IN ('x', 'y')", 1000, 2, 1000, 0, 0);
	check("LENGTH(a) = 5", 1000, 5, 1000, 0, 0);
	check("CONCAT(a, a) = ''", 1000, 7, 2000, 2000, 0);
	check("UPPER(a) = ''", 1000, 5, 1000, 1000, 0);
	check("LEFT(a, 3) = ''", 1000, 6, 1000, 0, 0);
	check("a + 1", 1000, 3, 1000, 0, WEIR_FILTER_CAST);
	check("EXISTS a", 1000, 1, 0, 0, 0);
	check("STRING(12) = 'x'", 0, 4, 0, 2, 0);
	check("{\"key\":\"a\",\"cmp\":\"sw\",\"val\":\"a\"}", 1000, 1, 1000, 0, 0);
	check("{\"key\":\"a\",\"cmp\":\"eq\",\"val\":\"a\"}", 1000, 1, 0, 0, 0);
	check("{\"key\":\"a\",\"cmp\":\"lt\",\"val\":\"1\"}", 1000, 1, 1000, 0, 0);
	check("{\"key\":\"a\",\"cmp\":\"ex\"}", 1000, 1, 0, 0, 0);
}

static void test_short_circuit(void)
{
	check("FALSE AND LENGTH(a) = 1", 1000, 2, 0, 0, 0);
	check("TRUE OR LENGTH(a) = 1", 1000, 2, 0, 0, 0);
	check("a IN (LEFT(a, 1), a, LENGTH(a))", 4, 8, 8, 0, 0);
	/* The first error ends it. */
	check("none = 1 OR LENGTH(a) = 1", 1000, 1, 0, 0, WEIR_FILTER_MISSING_ATTRIBUTE);
	check("{\"op\":\"or\",\"nodes\":[{\"key\":\"a\",\"cmp\":\"ex\"},{\"key\":\"a\",\"cmp\":\"ct\",\"val\":\"a\"}]}",
		1000, 2, 0, 0, 0);
}

static void test_budget_of_reading(void)
{
	/* exactly, and one more */
	check("a LIKE '%b'", 262144, 2, 262144, 0, 0);
	check("a LIKE '%b'", 262145, 2, 262145, 0, WEIR_FILTER_GENERIC);
	check("a LIKE '%b' OR a LIKE 'a%'", 131072, 5, 262144, 0, 0);
	check("a LIKE '%b' OR a LIKE 'a%'", 131073, 5, 262146, 0, WEIR_FILTER_GENERIC);
	/* A tree raises no errors, and yet the budget holds: not sent, whatever stands above. */
	check("{\"op\":\"not\",\"nodes\":[{\"key\":\"a\",\"cmp\":\"ct\",\"val\":\"b\"}]}", 262145, 1, 262145, 0,
		WEIR_FILTER_GENERIC);
}

static void test_budget_of_building(void)
{
	check("CONCAT(a, a) LIKE '%b'", 32768, 6, 131072, 65536, 0);
	check("CONCAT(a, a, 'x') LIKE '%b'", 32768, 6, 65537, 0, WEIR_FILTER_GENERIC);
	check("CONCAT(a, 1) LIKE '%b'", 65535, 5, 65536, 1, WEIR_FILTER_GENERIC);
}

/* Doubling: eight times the same call, one in another. */
static void test_bomb_of_functions(void)
{
	struct weir_str subject = letters(60000);
	enum weir_filter_error error;
	struct weir_buf text;
	struct program_cost cost;

	weir_buf_init(&text, 1024);
	for (int i = 0; i < 15; i++)
		weir_buf_lit(&text, "CONCAT(a,");
	weir_buf_lit(&text, "a");
	for (int i = 0; i < 15; i++)
		weir_buf_lit(&text, ",a)");
	cost = cost_of(weir_buf_view(&text), subject, &error);
	CU_ASSERT_EQUAL(error, WEIR_FILTER_GENERIC);
	CU_ASSERT(cost.read_bytes <= PROGRAM_READ_BYTES + 65536);
	CU_ASSERT(cost.built_bytes <= PROGRAM_BUILD_BYTES);
	weir_buf_fini(&text);
	free((char *)subject.p);
}

/* 31 searches of a long text: the budget ends them. */
static void test_bomb_of_like(void)
{
	struct weir_str subject = letters(65536);
	enum weir_filter_error error;
	struct weir_buf text;
	struct program_cost cost;

	weir_buf_init(&text, 1024);
	weir_buf_lit(&text, "a LIKE '%a_a%b'");
	for (int i = 0; i < 15; i++)
		weir_buf_lit(&text, " OR a LIKE '%a_a_a_a%a_b%'");
	cost = cost_of(weir_buf_view(&text), subject, &error);
	CU_ASSERT_EQUAL(error, WEIR_FILTER_GENERIC);
	CU_ASSERT(cost.ops < 20);
	CU_ASSERT_EQUAL(cost.read_bytes, 5 * 65536);
	weir_buf_fini(&text);
	free((char *)subject.p);
}

/* No op runs twice: an evaluation has at most as many as the program. */
static void test_ops(void)
{
	struct weir_str subject = letters(1);
	enum weir_filter_error error;
	struct weir_buf text;

	weir_buf_init(&text, 1024);
	weir_buf_lit(&text, "a IN (b");
	for (int i = 0; i < 60; i++)
		weir_buf_lit(&text, ",none");
	weir_buf_lit(&text, ")");
	CU_ASSERT_EQUAL(cost_of(weir_buf_view(&text), subject, &error).ops, 3);
	CU_ASSERT_EQUAL(error, WEIR_FILTER_OK);
	weir_buf_reset(&text);
	weir_buf_lit(&text, "NOT a LIKE 'b'");
	for (int i = 0; i < 15; i++)
		weir_buf_lit(&text, " OR (b=1)");
	CU_ASSERT_EQUAL(cost_of(weir_buf_view(&text), subject, &error).ops, 2);
	CU_ASSERT_EQUAL(error, WEIR_FILTER_CAST);
	weir_buf_fini(&text);
	free((char *)subject.p);
}

/* A resolver may give Integers and Booleans, as CloudEvents attributes have them. */
static struct weir_value resolve_typed(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path)
{
	struct weir_value v = {.type = WEIR_VALUE_MISSING};

	(void)ctx;
	(void)path;
	if (kind == WEIR_NAME_BARE && weir_str_caseeq(name, WEIR_STR("int")))
		v = (struct weir_value){.type = WEIR_VALUE_INTEGER, .integer = 5};
	if (kind == WEIR_NAME_BARE && weir_str_caseeq(name, WEIR_STR("yes")))
		v = (struct weir_value){.type = WEIR_VALUE_BOOLEAN, .boolean = true};
	return v;
}

static void test_typed_names(void)
{
	static const char *const texts[] = {
		"int + 1 = 6", "yes", "YES AND Int IN (4, 5)", "STRING(yes) = 'true'", "NOT EXISTS no"};
	struct weir_resolver r = {resolve_typed, NULL};
	struct weir_buf why, scratch;

	weir_buf_init(&why, 200);
	weir_buf_init(&scratch, PROGRAM_BUILD_BYTES);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(texts); i++) {
		enum weir_filter_error error;
		struct weir_program *p;
		struct weir_value v;

		CU_ASSERT_EQUAL_FATAL(weir_filter_compile(weir_str(texts[i]), &p, &why), 0);
		v = weir_program_run(p, &r, &scratch, &error);
		CU_ASSERT(!error && v.type == WEIR_VALUE_BOOLEAN && v.boolean);
		weir_program_free(&p);
	}
	weir_buf_fini(&why);
	weir_buf_fini(&scratch);
}

const char weir_test_suite[] = "filter/cost";
CU_TestInfo weir_tests[] = {
	{"charges", test_charges},
	{"short circuit", test_short_circuit},
	{"budget of reading", test_budget_of_reading},
	{"budget of building", test_budget_of_building},
	{"bomb of functions", test_bomb_of_functions},
	{"bomb of LIKE", test_bomb_of_like},
	{"ops", test_ops},
	{"names of any type", test_typed_names},
	CU_TEST_INFO_NULL,
};
