/* SPDX-License-Identifier: Apache-2.0 */
/* Counters: sums and names, and a reader on another thread. */
#include "weir/bus/stats.h"

#include <pthread.h>
#include <string.h>

#include "test.h"

const char weir_test_suite[] = "bus/stats";

struct walk {
	unsigned n;
	uint64_t sum, commands;
};

static void on_counter(void *ctx, const char *name, uint64_t value)
{
	struct walk *w = ctx;

	w->n++;
	w->sum += value;
	if (strcmp(name, "commands") == 0)
		w->commands = value;
}

static void sums(void)
{
	struct weir_stats a = {0}, b = {0}, sum = {0};
	struct walk w = {0};

	weir_stat_add(&a, commands, 3);
	weir_stat_add(&a, commands, 4);
	weir_stat_add(&b, commands, 10);
	weir_stat_add(&b, bytes_out, UINT64_MAX / 2);
	weir_stats_sum(&sum, &a);
	weir_stats_sum(&sum, &b);
	weir_stats_each(&sum, on_counter, &w);
	CU_ASSERT_EQUAL(w.n, offsetof(struct weir_stats, disconnects) / sizeof(uint64_t));
	CU_ASSERT_EQUAL(w.commands, 17);
	CU_ASSERT_EQUAL(w.sum, 17 + UINT64_MAX / 2);
}

#define ROUNDS 100000

static void *count_up(void *stats)
{
	for (int i = 0; i < ROUNDS; i++)
		weir_stat_add((struct weir_stats *)stats, deliveries, 1);
	return NULL;
}

static void read_from_elsewhere(void)
{
	struct weir_stats s = {0};
	uint64_t last = 0;
	pthread_t thread;

	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, count_up, &s), 0);
	for (int i = 0; i < 1000; i++) {
		struct weir_stats sum = {0};

		weir_stats_sum(&sum, &s);
		CU_ASSERT(sum.deliveries >= last && sum.deliveries <= ROUNDS);
		last = sum.deliveries;
	}
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(s.deliveries, ROUNDS);
}

CU_TestInfo weir_tests[] = {
	{"sums", sums},
	{"read from elsewhere", read_from_elsewhere},
	CU_TEST_INFO_NULL,
};
