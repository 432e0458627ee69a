/* SPDX-License-Identifier: Apache-2.0 */
/* What surveys say of clients: who is behind and by how much, what was lost, in every order, page by page. */
#include "weir/core/survey.h"

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/survey";

#define OPEN .allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true

static const struct weir_namespace named[] = {
	{.name = (char *)"h",
		OPEN,
		.history_size = 10,
		.history_ttl_ms = 60000,
		.history_meta_ttl_ms = 3600000,
		.allow_recovery = true,
		.allow_positioning = true},
	{.name = (char *)"f", OPEN, .allow_tags_filter = true},
};

static struct loopback *broker(unsigned workers)
{
	return loopback_new(&(struct loopback_options){.workers = workers,
		.seed = weir_test_seed(),
		.hmac_secret = SCENARIO_SECRET,
		.named = named,
		.n_named = WEIR_ARRAY_LEN(named)});
}

static void on_answer(struct weir_request *r)
{
	*(struct weir_survey_request **)r->ctx = (struct weir_survey_request *)r;
}

static struct weir_survey_request *survey(struct loopback *lb, const struct weir_survey_question *q)
{
	struct weir_survey_request *r = weir_survey_request_new(q), *answer = NULL;

	r->base.done = on_answer;
	r->base.ctx = &answer;
	CU_ASSERT_FATAL(loopback_ask(lb, 0, &r->base));
	loopback_run(lb);
	CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
	CU_ASSERT_EQUAL(answer->base.status, 0);
	return answer;
}

static void survey_free(struct weir_survey_request *r)
{
	struct weir_request *base = &r->base;

	weir_request_free(&base);
}

static struct loopback_client *subscriber(struct loopback *lb, unsigned worker, const char *user, const char *subscribe)
{
	struct loopback_client *c = loopback_connect(lb, worker);

	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"%s\"}", user));
	expect_start(c, "{\"id\":1,\"connect\":{\"client\":\"@C\"");
	say(c, "{\"id\":2,\"subscribe\":%s}", subscribe);
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	return c;
}

static void publish(struct loopback *lb, const char *channel, unsigned n)
{
	while (n--)
		loopback_publish(lb, 0, channel, "1", NULL);
	loopback_run(lb);
}

static void one_client(void)
{
	struct loopback *lb = broker(2);
	struct loopback_client *c = subscriber(lb, 1, "ann", "{\"channel\":\"h:a\",\"positioned\":true}");
	struct weir_survey_question q = {.order = WEIR_SURVEY_LAG, .limit = 10};
	struct weir_survey_request *r;
	const struct weir_survey_client *got;

	publish(lb, "h:a", 3);
	loopback_advance(lb, 700);
	r = survey(lb, &q);
	CU_ASSERT_EQUAL(r->n_slots, 2);
	CU_ASSERT_EQUAL(r->slots[0].count, 0);
	CU_ASSERT_EQUAL_FATAL(r->slots[1].count, 1);
	CU_ASSERT_FALSE(r->slots[1].more);
	got = r->slots[1].clients[0];
	CU_ASSERT(weir_str_is(got->client, last_client()));
	CU_ASSERT(weir_str_is(got->user, "ann"));
	CU_ASSERT_STRING_EQUAL(got->transport, "websocket");
	CU_ASSERT_STRING_EQUAL(got->encoding, "json");
	CU_ASSERT_EQUAL(got->connected_ms, 700);
	CU_ASSERT_EQUAL(got->lag_ms + got->stalled_ms + got->queued + got->queued_bytes, 0);
	CU_ASSERT_EQUAL(got->queue_max, loopback_default_config()->queue_max_bytes);
	CU_ASSERT_EQUAL_FATAL(got->n_subs, 1);
	CU_ASSERT(weir_str_is(got->subs[0].channel, "h:a"));
	CU_ASSERT_EQUAL(got->subs[0].offset, 3);
	CU_ASSERT_EQUAL(got->subs[0].top, 3);
	CU_ASSERT_EQUAL(got->subs[0].delivered, 3);
	CU_ASSERT(got->subs[0].positioned && !got->subs[0].filtered);
	survey_free(r);

	/* Two wait; the lag is the older one's age. */
	loopback_stall(c, true);
	publish(lb, "h:a", 1);
	loopback_advance(lb, 1000);
	publish(lb, "h:a", 1);
	loopback_advance(lb, 500);
	r = survey(lb, &q);
	got = r->slots[1].clients[0];
	CU_ASSERT_EQUAL(got->lag_ms, 1500);
	CU_ASSERT_EQUAL(got->stalled_ms, 1500);
	CU_ASSERT_EQUAL(got->queued, 2);
	CU_ASSERT(got->queued_bytes > 0);
	CU_ASSERT_EQUAL(r->slots[1].queued_bytes, got->queued_bytes);
	CU_ASSERT_EQUAL(got->subs[0].waiting, 2);
	CU_ASSERT_EQUAL(got->subs[0].bytes, got->queued_bytes);
	CU_ASSERT_EQUAL(got->subs[0].age_ms, 1500);
	CU_ASSERT_EQUAL(got->subs[0].offset, 3);
	CU_ASSERT_EQUAL(got->subs[0].top, 5);
	CU_ASSERT_EQUAL(got->lost_events, 0);
	survey_free(r);

	/* All is taken: it is not behind. */
	loopback_stall(c, false);
	r = survey(lb, &q);
	got = r->slots[1].clients[0];
	CU_ASSERT_EQUAL(got->lag_ms + got->stalled_ms + got->queued_bytes + got->subs[0].age_ms, 0);
	CU_ASSERT_EQUAL(got->subs[0].offset, 5);
	survey_free(r);
	loopback_client_free(&c);
	r = survey(lb, &q);
	CU_ASSERT_EQUAL(r->slots[1].count, 0);
	survey_free(r);
	loopback_free(&lb);
}

/* What a filter keeps back is counted apart; and who has not connected yet is no client. */
static void withheld(void)
{
	struct loopback *lb = broker(1);
	struct loopback_client *c =
		subscriber(lb, 0, "u", "{\"channel\":\"f:a\",\"tf\":{\"key\":\"k\",\"cmp\":\"eq\",\"val\":\"v\"}}");
	struct loopback_client *hello = loopback_connect(lb, 0);
	struct weir_survey_request *r;

	publish(lb, "f:a", 4);
	r = survey(lb, &(struct weir_survey_question){.limit = 10});
	CU_ASSERT_EQUAL_FATAL(r->slots[0].count, 1);
	CU_ASSERT(r->slots[0].clients[0]->subs[0].filtered);
	CU_ASSERT_EQUAL(r->slots[0].clients[0]->subs[0].withheld, 4);
	CU_ASSERT_EQUAL(r->slots[0].clients[0]->subs[0].delivered, 0);
	CU_ASSERT_EQUAL(r->slots[0].clients[0]->lost_events, 0);
	survey_free(r);
	loopback_client_free(&hello);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* What a subscription lost before it ended stays in the client's account. */
static void lost(void)
{
	struct loopback *lb = broker(1);
	struct loopback_client *c =
		subscriber(lb, 0, "u", "{\"channel\":\"h:a\",\"positioned\":true,\"recoverable\":true}");
	struct weir_survey_question q = {.order = WEIR_SURVEY_DROPPED, .limit = 10};
	struct weir_survey_request *r;

	loopback_stall(c, true);
	publish(lb, "h:a", 200); /* more than its queue of 128, whose policy is resync */
	r = survey(lb, &q);
	CU_ASSERT_EQUAL_FATAL(r->slots[0].count, 1);
	CU_ASSERT_EQUAL(r->slots[0].clients[0]->n_subs, 0);
	CU_ASSERT(r->slots[0].clients[0]->lost_events > 128);
	CU_ASSERT(r->slots[0].clients[0]->lost_bytes > 128);
	CU_ASSERT_EQUAL(r->slots[0].clients[0]->key, UINT64_MAX - r->slots[0].clients[0]->lost_events);
	survey_free(r);
	loopback_client_free(&c);
	loopback_free(&lb);
}

#define CLIENTS 7

static bool comes_before(const struct weir_survey_client *a, const struct weir_survey_client *b)
{
	return a->key < b->key || (a->key == b->key && memcmp(a->client.p, b->client.p, 36) < 0);
}

/* Pages of each size show everybody once, in order. */
static void pages(void)
{
	static const enum weir_survey_order orders[] = {
		WEIR_SURVEY_CLIENT, WEIR_SURVEY_LAG, WEIR_SURVEY_BYTES, WEIR_SURVEY_DROPPED};
	struct loopback *lb = broker(1);
	struct loopback_client *c[CLIENTS];

	for (unsigned i = 0; i < CLIENTS; i++)
		c[i] = subscriber(lb, 0, i % 2 ? "odd" : "even", i < 4 ? "{\"channel\":\"x\"}" : "{\"channel\":\"y\"}");
	for (unsigned i = 0; i < 3; i++) {
		loopback_stall(c[2 * i], true);
		publish(lb, "x", i + 1);
		publish(lb, "y", 2);
		loopback_advance(lb, 50);
	}
	for (unsigned o = 0; o < WEIR_ARRAY_LEN(orders); o++)
		for (size_t limit = 1; limit <= CLIENTS + 1; limit++) {
			struct weir_survey_question q = {.order = orders[o], .limit = limit};
			struct weir_survey_client last = {.client = WEIR_STR_NONE};
			char id[37];
			size_t seen = 0;

			for (bool more = true; more;) {
				struct weir_survey_request *r = survey(lb, &q);
				struct weir_survey_slot *slot = &r->slots[0];

				more = slot->more;
				CU_ASSERT_FATAL(slot->count > 0 && slot->count <= limit);
				CU_ASSERT(!more || slot->count == limit);
				for (size_t i = 0; i < slot->count; i++) {
					CU_ASSERT(!seen || comes_before(&last, slot->clients[i]));
					CU_ASSERT_EQUAL(slot->clients[i]->n_subs, 1);
					last.key = slot->clients[i]->key;
					memcpy(id, slot->clients[i]->client.p, 36);
					last.client = weir_str_n(id, 36);
					seen++;
				}
				q.after_key = last.key;
				q.after_client = last.client;
				survey_free(r);
			}
			CU_ASSERT_EQUAL(seen, CLIENTS);
		}
	for (unsigned i = 0; i < CLIENTS; i++)
		loopback_client_free(&c[i]);
	loopback_free(&lb);
}

static void expect_count(struct loopback *lb, const char *user, const char *channel, size_t n)
{
	struct weir_survey_request *r = survey(
		lb, &(struct weir_survey_question){.limit = 10, .user = weir_str(user), .channel = weir_str(channel)});
	size_t count = 0;

	for (unsigned i = 0; i < r->n_slots; i++)
		count += r->slots[i].count;
	CU_ASSERT_EQUAL(count, n);
	survey_free(r);
}

static void by_user_and_channel(void)
{
	struct loopback *lb = broker(2);
	struct loopback_client *c[4];

	for (unsigned i = 0; i < 4; i++)
		c[i] = subscriber(lb, i % 2, i < 3 ? "ann" : "bob", i ? "{\"channel\":\"x\"}" : "{\"channel\":\"y\"}");
	expect_count(lb, NULL, NULL, 4);
	expect_count(lb, "ann", NULL, 3);
	expect_count(lb, "bob", NULL, 1);
	expect_count(lb, "", NULL, 0);
	expect_count(lb, NULL, "x", 3);
	expect_count(lb, NULL, "z", 0);
	expect_count(lb, "ann", "x", 2);
	expect_count(lb, "bob", "y", 0);
	for (unsigned i = 0; i < 4; i++)
		loopback_client_free(&c[i]);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"one client", one_client},
	{"withheld", withheld},
	{"lost", lost},
	{"pages", pages},
	{"by user and channel", by_user_and_channel},
	CU_TEST_INFO_NULL,
};
