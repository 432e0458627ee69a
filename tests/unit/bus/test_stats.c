/* SPDX-License-Identifier: Apache-2.0 */
/* Counters: sums and names, and a reader on another thread. */
#include "weir/bus/stats.h"

#include <pthread.h>
#include <stddef.h>
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

static void latencies(void)
{
	struct weir_stats a = {0}, b = {0}, sum = {0};

	weir_stats_latency(&a, 100, 0);
	weir_stats_latency(&a, 100, 100);
	weir_stats_latency(&a, 100, 101);
	weir_stats_latency(&b, 100, 10000001);
	weir_stats_sum(&sum, &a);
	weir_stats_sum(&sum, &b);
	CU_ASSERT_EQUAL(sum.latency[0], 2);
	CU_ASSERT_EQUAL(sum.latency[1], 1);
	CU_ASSERT_EQUAL(sum.latency[WEIR_STATS_LATENCY - 1], 1);
	CU_ASSERT_EQUAL(sum.latency_sum_us, 201 + 10000001);
	CU_ASSERT_EQUAL(sum.latency_max_us, 10000001);
	CU_ASSERT_EQUAL(weir_stats_latency_bound_us(0), 100);
	CU_ASSERT_EQUAL(weir_stats_latency_bound_us(WEIR_STATS_LATENCY - 2), 10000000);
	CU_ASSERT_EQUAL(weir_stats_latency_bound_us(WEIR_STATS_LATENCY - 1), UINT64_MAX);
}

/* The longest is that of this second and the one before. */
static void longest(void)
{
	static const struct {
		uint64_t second, us, longest;
	} rows[] = {{5, 900, 900}, {5, 10, 900}, {6, 20, 900}, {7, 30, 30}, {9, 5, 5}, {8, 40, 40}};
	struct weir_stats s = {0};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weir_stats sum = {0};

		weir_stats_latency(&s, rows[i].second, rows[i].us);
		weir_stats_sum(&sum, &s);
		CU_ASSERT_EQUAL(sum.latency_max_us, rows[i].longest);
	}
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
	{"latencies", latencies},
	{"the longest", longest},
	{"read from elsewhere", read_from_elsewhere},
	CU_TEST_INFO_NULL,
};
