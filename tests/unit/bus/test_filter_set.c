/* SPDX-License-Identifier: Apache-2.0 */
/* Distinct filters of an entry: counting, the limit, and a random run against plain counters. */
#include "test.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/bus/filter_set.h"

const char weir_test_suite[] = "bus/filter_set";

#define FILTERS 20

static const char places[FILTERS];

static const struct weir_filter *filter(size_t i)
{
	return (const struct weir_filter *)(const void *)&places[i];
}

static void limit(void)
{
	struct weir_filter_set s = {0};

	CU_ASSERT_EQUAL(weir_filter_set_add(&s, filter(1), 2), 0);
	CU_ASSERT_EQUAL(weir_filter_set_add(&s, filter(0), 2), 0);
	CU_ASSERT_EQUAL(weir_filter_set_add(&s, filter(2), 2), WEIR_ELIMIT);
	CU_ASSERT_EQUAL(weir_filter_set_add(&s, filter(1), 2), 0); /* one that is there is no new one */
	CU_ASSERT_EQUAL(weir_filter_set_add(&s, filter(1), 1), 0);
	CU_ASSERT_EQUAL(s.n, 2);
	weir_filter_set_remove(&s, filter(0));
	CU_ASSERT_EQUAL(weir_filter_set_add(&s, filter(2), 2), 0);
	for (int i = 0; i < 3; i++)
		weir_filter_set_remove(&s, filter(1));
	CU_ASSERT_EQUAL(s.n, 1);
	weir_filter_set_remove(&s, filter(2));
	CU_ASSERT_EQUAL(s.n, 0);
	CU_ASSERT_PTR_NULL(s.counts);
	weir_filter_set_fini(&s);
}

static void random_run(void)
{
	struct weir_filter_set s = {0};
	uint32_t counts[FILTERS] = {0};
	struct weir_random random;
	size_t distinct = 0;

	weir_random_seeded(&random, weir_test_seed());
	for (unsigned step = 0; step < 5000; step++) {
		size_t i = (size_t)weir_random_below(&random, FILTERS);

		if (weir_random_below(&random, 2)) {
			int err = weir_filter_set_add(&s, filter(i), 12);

			CU_ASSERT_EQUAL_FATAL(err, counts[i] || distinct < 12 ? 0 : WEIR_ELIMIT);
			if (!err)
				distinct += !counts[i]++;
		} else if (counts[i]) {
			weir_filter_set_remove(&s, filter(i));
			distinct -= !--counts[i];
		}
		CU_ASSERT_EQUAL_FATAL(s.n, distinct);
	}
	for (size_t k = 0; k < s.n; k++) {
		CU_ASSERT_EQUAL(s.counts[k].subscriptions, counts[(const char *)s.counts[k].filter - places]);
		CU_ASSERT(k == 0 || s.counts[k - 1].filter < s.counts[k].filter);
	}
	weir_filter_set_fini(&s);
}

CU_TestInfo weir_tests[] = {
	{"limit", limit},
	{"random run", random_run},
	CU_TEST_INFO_NULL,
};
