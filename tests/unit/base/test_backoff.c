/* SPDX-License-Identifier: Apache-2.0 */
/* Retry delays: at once, then within ceilings that double up to the maximum, and spread over all of them. */
#include "test.h"

#include "weir/base/backoff.h"

const char weir_test_suite[] = "base/backoff";

static void test_ceilings(void)
{
	static const uint64_t ceilings[] = {0, 50, 100, 200, 400, 800, 1600, 2000, 2000, 2000};
	uint64_t least[10], most[10];
	struct weir_backoff b;
	struct weir_random r;

	weir_random_seeded(&r, weir_test_seed());
	weir_backoff_init(&b, WEIR_BACKOFF_BASE_MS, WEIR_BACKOFF_MAX_MS);
	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned i = 0; i < 10; i++) {
			uint64_t wait = weir_backoff_next(&b, &r);

			CU_ASSERT_TRUE(wait <= ceilings[i]);
			least[i] = round == 0 || wait < least[i] ? wait : least[i];
			most[i] = round == 0 || wait > most[i] ? wait : most[i];
		}
		weir_backoff_reset(&b);
	}
	/* 2000 draws miss a tenth at either end with a probability below 1e-90. */
	for (unsigned i = 1; i < 10; i++) {
		CU_ASSERT_TRUE(least[i] <= ceilings[i] / 10);
		CU_ASSERT_TRUE(most[i] >= ceilings[i] - ceilings[i] / 10);
	}
}

static void test_for_ever(void)
{
	struct weir_backoff b;
	struct weir_random r;

	weir_random_seeded(&r, 1);
	weir_backoff_init(&b, 3, 7);
	CU_ASSERT_EQUAL(weir_backoff_next(&b, &r), 0);
	CU_ASSERT_TRUE(weir_backoff_next(&b, &r) <= 3);
	CU_ASSERT_TRUE(weir_backoff_next(&b, &r) <= 6);
	for (unsigned i = 0; i < 1000; i++)
		CU_ASSERT_TRUE(weir_backoff_next(&b, &r) <= 7);
	CU_ASSERT_EQUAL(b.ceiling_ms, 7);
	weir_backoff_init(&b, UINT64_MAX / 2, UINT64_MAX - 1);
	for (unsigned i = 0; i < 70; i++)
		CU_ASSERT_TRUE(weir_backoff_next(&b, &r) <= UINT64_MAX - 1);
	CU_ASSERT_EQUAL(b.ceiling_ms, UINT64_MAX - 1);
	weir_backoff_reset(&b);
	CU_ASSERT_EQUAL(weir_backoff_next(&b, &r), 0);
}

CU_TestInfo weir_tests[] = {
	{"ceilings double, waits fill them", test_ceilings},
	{"it stays at the maximum", test_for_ever},
	CU_TEST_INFO_NULL,
};
