/* SPDX-License-Identifier: Apache-2.0 */
/* Admission: the bucket on a clock of its own, the total, and both under several threads. */
#include <pthread.h>

#include "test.h"

#include "weir/base/mem.h"
#include "weir/server/limits.h"

const char weir_test_suite[] = "server/limits";

static unsigned admit_many(struct weir_limits *l, uint64_t now_ms, unsigned tries)
{
	unsigned n = 0, retry;

	for (unsigned i = 0; i < tries; i++)
		n += weir_limits_admit(l, now_ms, &retry) == 0;
	return n;
}

static void test_rate(void)
{
	struct weir_limits l;
	unsigned retry;

	weir_limits_init(&l, 0, 100, 50);
	CU_ASSERT_EQUAL(admit_many(&l, 1000, 200), 50);
	CU_ASSERT_EQUAL(atomic_load(&l.refused_rate), 150);
	CU_ASSERT_EQUAL(atomic_load(&l.total), 50);
	/* 100 per second come back, no more than 50 at once. */
	CU_ASSERT_EQUAL(admit_many(&l, 1009, 200), 0);
	CU_ASSERT_EQUAL(admit_many(&l, 1010, 200), 1);
	CU_ASSERT_EQUAL(admit_many(&l, 1100, 200), 9);
	CU_ASSERT_EQUAL(admit_many(&l, 100000, 200), 50);
	CU_ASSERT_EQUAL(weir_limits_admit(&l, 100000, &retry), WEIR_ELIMIT);
	CU_ASSERT_EQUAL(retry, 1);
}

static void test_slow_rate(void)
{
	struct weir_limits l;
	unsigned retry;

	weir_limits_init(&l, 0, 1, 0); /* no burst is one at a time */
	CU_ASSERT_EQUAL(weir_limits_admit(&l, 5000, &retry), 0);
	CU_ASSERT_EQUAL(weir_limits_admit(&l, 5000, &retry), WEIR_ELIMIT);
	CU_ASSERT_EQUAL(retry, 1);
	CU_ASSERT_EQUAL(weir_limits_admit(&l, 6000, &retry), 0);
}

static void test_total(void)
{
	struct weir_limits l;
	unsigned retry = 0;

	weir_limits_init(&l, 3, 0, 0);
	CU_ASSERT_EQUAL(admit_many(&l, 1, 10), 3);
	CU_ASSERT_EQUAL(atomic_load(&l.refused_total), 7);
	CU_ASSERT_EQUAL(weir_limits_admit(&l, 1, &retry), WEIR_ELIMIT);
	CU_ASSERT(retry > 0);
	weir_limits_release(&l);
	CU_ASSERT_EQUAL(admit_many(&l, 1, 10), 1);
	weir_limits_set(&l, 5, 0, 0);
	CU_ASSERT_EQUAL(admit_many(&l, 1, 10), 2);
	weir_limits_set(&l, 0, 0, 0);
	CU_ASSERT_EQUAL(admit_many(&l, 1, 10), 10);
}

/* Who is refused by the rate takes no place, who is refused for want of a place takes no token. */
static void test_both(void)
{
	struct weir_limits l;

	weir_limits_init(&l, 2, 10, 5);
	CU_ASSERT_EQUAL(admit_many(&l, 1000, 100), 2);
	weir_limits_release(&l);
	weir_limits_release(&l);
	CU_ASSERT_EQUAL(admit_many(&l, 1000, 100), 2);
	weir_limits_release(&l);
	weir_limits_release(&l);
	CU_ASSERT_EQUAL(admit_many(&l, 1000, 100), 1);
	CU_ASSERT_EQUAL(atomic_load(&l.total), 1);
}

struct racer {
	pthread_t thread;
	struct weir_limits *limits;
	unsigned admitted;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	r->admitted = admit_many(r->limits, 1000, 20000);
	return NULL;
}

static unsigned race_all(struct weir_limits *l)
{
	struct racer racers[4];
	unsigned sum = 0;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(racers); i++) {
		racers[i] = (struct racer){.limits = l};
		CU_ASSERT_EQUAL_FATAL(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(racers); i++) {
		pthread_join(racers[i].thread, NULL);
		sum += racers[i].admitted;
	}
	return sum;
}

static void test_threads(void)
{
	struct weir_limits l;

	weir_limits_init(&l, 0, 100, 3000);
	CU_ASSERT_EQUAL(race_all(&l), 3000);
	CU_ASSERT_EQUAL(atomic_load(&l.total), 3000);
	weir_limits_init(&l, 777, 0, 0);
	CU_ASSERT_EQUAL(race_all(&l), 777);
}

CU_TestInfo weir_tests[] = {{"rate", test_rate}, {"slow rate", test_slow_rate}, {"total", test_total},
	{"both", test_both}, {"threads", test_threads}, CU_TEST_INFO_NULL};
