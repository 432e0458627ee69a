/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine against the reference: random filters on random attributes must have the same value, the same type and the
 * same error in both; broken ones must be refused by both with the same words. Each case has a seed of its own, which is
 * printed where the two differ.
 */
#include <stdio.h>
#include <stdlib.h>

#include "differential.h"
#include "generate.h"
#include "test.h"
#include "weir/base/mem.h"

typedef void case_fn(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes);

static void run_cases(unsigned n, case_fn *one)
{
	struct generate_attributes *attributes = weir_xcalloc(1, sizeof(*attributes));
	unsigned long long seed = weir_test_seed();
	struct weir_random r;
	struct weir_buf text;
	struct both b;

	both_init(&b);
	weir_buf_init(&text, 1 << 16);
	for (unsigned i = 0; i < n; i++) { /* WEIR_SEED=<seed of a case> begins with it */
		b.seed = seed + i;
		weir_random_seeded(&r, b.seed);
		one(&b, &r, &text, attributes);
	}
	printf("%u compared, %u refused ...", b.compared, b.refused);
	CU_ASSERT_EQUAL(b.differ, 0);
	CU_ASSERT(b.compared > n / 100);
	CU_ASSERT(b.refused < n - n / 100);
	weir_buf_fini(&text);
	both_fini(&b);
	free(attributes);
}

static void case_expression(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes)
{
	generate_expression(r, r, text);
	generate_attributes(r, false, attributes);
	compare_expression(b, weir_buf_view(text), &attributes->attributes);
}

static void case_mutation(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes)
{
	generate_expression(r, r, text);
	generate_mutation(r, text);
	generate_attributes(r, false, attributes);
	compare_expression(b, weir_buf_view(text), &attributes->attributes);
}

static void case_tree(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes)
{
	generate_tree(r, text);
	generate_attributes(r, true, attributes);
	compare_tree(b, weir_buf_view(text), &attributes->attributes);
}

/* Spaces, letter case and parentheses around the whole change nothing: the same bytes. */
static void case_bytes(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes)
{
	struct weir_program *first = NULL, *second = NULL;
	struct weir_random again = *r, style;
	struct weir_buf other;
	int err;

	(void)attributes;
	weir_buf_init(&other, 1 << 16);
	weir_random_seeded(&style, b->seed + 1);
	generate_expression(r, &style, text);
	generate_expression(&again, &style, &other);
	weir_buf_str(&other, WEIR_STR(" )"));
	weir_buf_reset(&b->why);
	err = weir_filter_compile_value(weir_buf_view(text), &first, &b->why);
	weir_buf_reset(text);
	weir_buf_char(text, '(');
	weir_buf_str(text, weir_buf_view(&other));
	weir_buf_reset(&b->why);
	if (!err && !weir_filter_compile_value(weir_buf_view(text), &second, &b->why)) {
		b->compared++;
		if (!weir_str_eq(weir_program_bytes(first), weir_program_bytes(second)) &&
			show_case(b, weir_buf_view(text)))
			printf("    other bytes in another spelling\n");
	} else {
		b->refused++; /* for a limit */
	}
	weir_program_free(&first);
	weir_program_free(&second);
	weir_buf_fini(&other);
}

static void test_bytes(void)
{
	run_cases(5000, case_bytes);
}

static void test_expressions(void)
{
	run_cases(20000, case_expression);
}

static void test_mutations(void)
{
	run_cases(20000, case_mutation);
}

static void test_trees(void)
{
	run_cases(10000, case_tree);
}

const char weir_test_suite[] = "filter_differential";
CU_TestInfo weir_tests[] = {
	{"expressions", test_expressions},
	{"mutations", test_mutations},
	{"trees", test_trees},
	{"equal bytes", test_bytes},
	CU_TEST_INFO_NULL,
};
