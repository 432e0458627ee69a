/* SPDX-License-Identifier: Apache-2.0 */
/* Too much waits in the whole broker: the largest client pays, wherever it is, by its own policy; nobody else does. */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/budget";

#define OPEN .allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true, .queue = 4096
#define BIG  4000
#define MAX  200000

static const struct weir_namespace named[] = {
	{.name = (char *)"oldest", OPEN, .overflow = WEIR_OVERFLOW_DROP_OLDEST},
	{.name = (char *)"close", OPEN, .overflow = WEIR_OVERFLOW_DISCONNECT},
	{.name = (char *)"h",
		OPEN,
		.overflow = WEIR_OVERFLOW_RESYNC,
		.history_size = 1000,
		.history_ttl_ms = 60000,
		.history_meta_ttl_ms = 3600000,
		.allow_recovery = true},
};

static struct loopback *broker(unsigned workers)
{
	return loopback_new(&(struct loopback_options){.workers = workers,
		.seed = weir_test_seed(),
		.named = named,
		.n_named = WEIR_ARRAY_LEN(named),
		.queue_total_bytes = MAX});
}

static struct loopback_client *subscriber(struct loopback *lb, unsigned worker, const char *channel, const char *more)
{
	struct loopback_client *c = connected(lb, worker);

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"%s\"%s}}", channel, more);
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	return c;
}

static void publish(struct loopback *lb, const char *channel, unsigned from, unsigned n)
{
	char data[BIG + 10];

	for (unsigned i = 0; i < n; i++) {
		snprintf(data, sizeof(data), "\"%0*u\"", BIG, from + i);
		CU_ASSERT_FATAL(loopback_publish(lb, 0, channel, data, NULL));
		loopback_run(lb);
	}
}

static size_t waiting(struct loopback *lb, unsigned workers)
{
	size_t sum = 0;

	for (unsigned i = 0; i < workers; i++)
		sum += loopback_worker(lb, i)->queues.bytes;
	return sum;
}

static uint64_t sheds(struct loopback *lb, unsigned worker)
{
	return loopback_worker(lb, worker)->stats.budget_sheds;
}

/* Reads all; how many, and whether each follows the one before it. */
static unsigned read_all(struct loopback_client *c, unsigned *last, bool *gap)
{
	unsigned n = 0, number;

	*gap = false;
	for (const char *got; (got = loopback_receive(c)); n++) {
		const char *data = strstr(got, "\"data\":\"");

		CU_ASSERT_PTR_NOT_NULL_FATAL(data);
		CU_ASSERT_EQUAL_FATAL(sscanf(data + 8, "%u", &number), 1);
		*gap = *gap || (n && number != *last + 1);
		*last = number;
	}
	return n;
}

/* The large client is on the other worker, which nothing happens to meanwhile: it is woken. */
static void other_worker(void)
{
	for (unsigned round = 0; round < 20; round++) {
		struct loopback *lb = broker(3);
		struct loopback_client *large = subscriber(lb, 1, "oldest:large", "");
		struct loopback_client *small = subscriber(lb, 0, "close:small", "");
		struct loopback_client *other = subscriber(lb, 2, "close:small", "");
		unsigned last, n;
		bool gap;

		loopback_stall(large, true);
		loopback_stall(small, true);
		loopback_stall(other, true);
		publish(lb, "oldest:large", 1, 40);
		CU_ASSERT(waiting(lb, 3) < MAX);
		publish(lb, "close:small", 1, 10);
		CU_ASSERT(waiting(lb, 3) <= MAX);
		CU_ASSERT(sheds(lb, 1) > 0);
		CU_ASSERT_EQUAL(sheds(lb, 0) + sheds(lb, 2), 0);
		loopback_stall(small, false);
		loopback_stall(other, false);
		loopback_stall(large, false);
		CU_ASSERT_EQUAL(read_all(small, &last, &gap), 10);
		CU_ASSERT(!gap && last == 10);
		CU_ASSERT_EQUAL(read_all(other, &last, &gap), 10);
		CU_ASSERT(!gap && last == 10);
		n = read_all(large, &last, &gap);
		CU_ASSERT(n >= 20 && n < 40);
		CU_ASSERT(!gap && last == 40); /* the oldest went */
		CU_ASSERT_EQUAL(loopback_closed(small) + loopback_closed(other) + loopback_closed(large), 0);
		CU_ASSERT_EQUAL(waiting(lb, 3), 0);
		loopback_client_free(&large);
		loopback_client_free(&small);
		loopback_client_free(&other);
		loopback_free(&lb);
	}
}

/* Closed, when its policy says so; then the next one has its turn. */
static void closed(void)
{
	struct loopback *lb = broker(2);
	struct loopback_client *c[3] = {
		subscriber(lb, 0, "close:a", ""), subscriber(lb, 1, "close:b", ""), subscriber(lb, 1, "close:c", "")};

	for (unsigned i = 0; i < 3; i++)
		loopback_stall(c[i], true);
	publish(lb, "close:a", 1, 20);
	publish(lb, "close:b", 1, 25);
	publish(lb, "close:c", 1, 10);
	CU_ASSERT(waiting(lb, 2) <= MAX);
	CU_ASSERT_EQUAL(loopback_closed(c[0]), 0);
	CU_ASSERT_EQUAL(loopback_closed(c[2]), 0);
	expect_closed(&c[1], 3008);
	publish(lb, "close:c", 11, 20);
	CU_ASSERT_EQUAL(loopback_closed(c[0]), 0);
	expect_closed(&c[2], 3008);
	loopback_client_free(&c[0]);
	loopback_free(&lb);
}

/* Told to subscribe again, and then it has all. */
static void resynced(void)
{
	struct loopback *lb = broker(2);
	struct loopback_client *c = subscriber(lb, 1, "h:a", ",\"recoverable\":true");
	struct loopback_client *small = subscriber(lb, 1, "close:a", "");

	loopback_stall(c, true);
	loopback_stall(small, true);
	publish(lb, "close:a", 1, 5);
	publish(lb, "h:a", 1, 50);
	CU_ASSERT(waiting(lb, 2) <= MAX);
	CU_ASSERT_EQUAL(loopback_closed(c) + loopback_closed(small), 0);
	loopback_stall(c, false);
	expect(c, "{\"push\":{\"channel\":\"h:a\",\"unsubscribe\":{\"code\":2500,\"reason\":\"queue full\"}}}");
	expect_nothing(c);
	CU_ASSERT_EQUAL(loopback_session(small) != NULL, true);
	loopback_client_free(&c);
	loopback_client_free(&small);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"other worker", other_worker},
	{"closed", closed},
	{"resynced", resynced},
	CU_TEST_INFO_NULL,
};
