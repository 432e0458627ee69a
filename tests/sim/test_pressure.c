/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishers that are faster than the hub: they are not read while it has no room, and the API is refused; nothing grows
 * meanwhile, and what was acknowledged is there, once and in order.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/pressure";

#define PUBLISHERS 6
#define EACH       60
#define MAILBOX    8

static const struct weir_namespace history = {
	.history_size = 1000, .history_ttl_ms = 60000, .history_meta_ttl_ms = 3600000};

struct publisher {
	struct loopback_client *c;
	unsigned sent, acked;
};

static struct loopback *broker(unsigned workers, unsigned round)
{
	return loopback_new(&(struct loopback_options){.workers = workers,
		.seed = weir_test_seed() + round,
		.hub_mailbox = MAILBOX,
		.inbox = 4,
		.without = history});
}

/* As long as its socket is read. */
static void send_some(struct publisher *p, unsigned number, unsigned most)
{
	while (most-- && p->sent < EACH && !loopback_paused(p->c)) {
		p->sent++;
		send_text(p->c, "{\"id\":%u,\"publish\":{\"channel\":\"a\",\"data\":\"%u.%u\"}}", p->sent + 1, number,
			p->sent);
	}
}

static void read_acks(struct publisher *p)
{
	for (const char *got; (got = loopback_receive(p->c));) {
		unsigned id = 0;

		CU_ASSERT_EQUAL_FATAL(sscanf(got, "{\"id\":%u,\"publish\":{}}", &id), 1);
		CU_ASSERT_EQUAL_FATAL(id, ++p->acked + 1);
	}
}

static uint64_t waits(struct loopback *lb, unsigned workers)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < workers; i++) {
		const struct weir_stats *s = &loopback_worker(lb, i)->stats;

		CU_ASSERT(s->paused >= s->held_back);
		CU_ASSERT(s->no_room >= s->held_back);
		sum += s->held_back;
	}
	return sum;
}

/* The hub does not run at all: as much is taken as its mailbox holds, and one command of each that then is not read. */
static void hub_stands_still(void)
{
	struct loopback *lb = broker(2, 0);
	struct loopback_result result;
	struct publisher p[PUBLISHERS] = {0};
	unsigned sent = 0;

	for (unsigned i = 0; i < PUBLISHERS; i++)
		p[i].c = connected(lb, i % 2);
	for (unsigned i = 0; i < PUBLISHERS; i++)
		send_some(&p[i], i, EACH);
	for (unsigned i = 0; i < PUBLISHERS; i++) {
		CU_ASSERT(loopback_paused(p[i].c));
		sent += p[i].sent;
	}
	CU_ASSERT_EQUAL(sent, MAILBOX + PUBLISHERS);
	CU_ASSERT_EQUAL(waits(lb, 2), PUBLISHERS);
	for (unsigned i = 0; i < 10; i++)
		CU_ASSERT_FALSE(loopback_publish(lb, 1, "a", "\"api\"", &result));
	CU_ASSERT_EQUAL(loopback_worker(lb, 1)->stats.no_room, 10 + PUBLISHERS / 2);
	loopback_run(lb);
	for (unsigned i = 0; i < PUBLISHERS; i++) {
		read_acks(&p[i]);
		CU_ASSERT_EQUAL(p[i].acked, p[i].sent);
		CU_ASSERT_FALSE(loopback_paused(p[i].c));
	}
	CU_ASSERT(loopback_publish(lb, 1, "a", "\"api\"", &result));
	loopback_run(lb);
	CU_ASSERT_EQUAL(result.status, 0);
	CU_ASSERT_EQUAL(result.place.offset, sent + 1);
	for (unsigned i = 0; i < PUBLISHERS; i++)
		loopback_client_free(&p[i].c);
	loopback_free(&lb);
}

/* What the subscriber has: every publication of each publisher, in the order of its acknowledgements. */
static void expect_all(struct loopback_client *c, unsigned api)
{
	unsigned last[PUBLISHERS] = {0}, number, n, got_api = 0, offset = 0;

	for (const char *got; (got = loopback_receive(c));) {
		const char *data = strstr(got, "\"data\":\"");

		CU_ASSERT_PTR_NOT_NULL_FATAL(data);
		CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(got, "\"offset\":"));
		CU_ASSERT_EQUAL((unsigned)strtoul(strstr(got, "\"offset\":") + 9, NULL, 10), ++offset);
		if (weir_str_starts(weir_str(data), WEIR_STR("\"data\":\"api"))) {
			got_api++;
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(sscanf(data, "\"data\":\"%u.%u", &number, &n), 2);
		CU_ASSERT_FATAL(number < PUBLISHERS);
		CU_ASSERT_EQUAL(n, ++last[number]);
	}
	for (unsigned i = 0; i < PUBLISHERS; i++)
		CU_ASSERT_EQUAL(last[i], EACH);
	CU_ASSERT_EQUAL(got_api, api);
}

static void nothing_is_lost(void)
{
	for (unsigned round = 0; round < 20; round++) {
		unsigned workers = 1 + round % 3, left = PUBLISHERS, asked = 0, refused = 0;
		struct loopback *lb = broker(workers, round);
		struct loopback_client *reader = connected(lb, 0);
		struct loopback_result results[200];
		struct publisher p[PUBLISHERS] = {0};

		say(reader, "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"positioned\":true}}");
		expect_start(reader, "{\"id\":2,\"subscribe\":{");
		for (unsigned i = 0; i < PUBLISHERS; i++)
			p[i].c = connected(lb, i % workers);
		while (left) {
			left = 0;
			for (unsigned i = 0; i < PUBLISHERS; i++) {
				send_some(&p[i], i, 7);
				read_acks(&p[i]);
				CU_ASSERT_EQUAL(loopback_closed(p[i].c), 0);
				left += p[i].acked < EACH;
			}
			if (asked < WEIR_ARRAY_LEN(results)) {
				if (loopback_publish(lb, asked % workers, "a", "\"api\"", &results[asked]))
					asked++;
				else
					refused++;
			}
			for (unsigned i = 0; i < 5; i++)
				loopback_step(lb);
		}
		loopback_run(lb);
		for (unsigned i = 0; i < asked; i++)
			CU_ASSERT_EQUAL(results[i].status, 0);
		CU_ASSERT(refused > 0);
		CU_ASSERT(waits(lb, workers) > 0);
		expect_all(reader, asked);
		for (unsigned i = 0; i < PUBLISHERS; i++)
			loopback_client_free(&p[i].c);
		loopback_client_free(&reader);
		loopback_free(&lb);
	}
}

CU_TestInfo weir_tests[] = {
	{"hub stands still", hub_stands_still},
	{"nothing is lost", nothing_is_lost},
	CU_TEST_INFO_NULL,
};
