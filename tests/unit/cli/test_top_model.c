/* SPDX-License-Identifier: Apache-2.0 */
/* What `weir top` makes of a broker's answers: numbers, rates between two of them, order. */
#include "test.h"
#include "top_answers.h"
#include "top_priv.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "cli/top_model";

static int take_lag(struct weir__top_model *m, const char *answer, uint64_t now_ms)
{
	struct weir_json v;

	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_str(answer), 64, &v, NULL), 0);
	return weir__top_model_lag(m, v, now_ms);
}

static int take_info(struct weir__top_model *m, const char *answer, uint64_t now_ms)
{
	struct weir_json v;

	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_str(answer), 64, &v, NULL), 0);
	return weir__top_model_info(m, v, now_ms);
}

#define CHECK_NEAR(got, expect) CU_ASSERT((got) > (expect)-0.001 && (got) < (expect) + 0.001)

static void test_lag(void)
{
	struct weir__top_model m = {0};
	const struct weir__top_client *c;
	const struct weir__top_sub *s;

	CU_ASSERT_EQUAL(take_lag(&m, TOP_LAG(TOP_NOBODY "," TOP_BOB "," TOP_ANN(100, 5)), 1000), 0);
	CU_ASSERT_EQUAL(m.sample.queued_bytes, 1573564);
	CU_ASSERT_EQUAL(m.sample.queued_budget, 1073741824);
	CU_ASSERT_EQUAL_FATAL(m.sample.n_clients, 3);
	c = &m.sample.clients[0];
	CU_ASSERT(weir_str_is(c->user, "\"ann\""));
	CU_ASSERT(weir_str_is(c->id, "\"6f2c41d0-1111-4222-8333-444455556666\""));
	CU_ASSERT(weir_str_is(c->transport, "\"websocket\""));
	CU_ASSERT(weir_str_is(c->encoding, "\"json\""));
	CU_ASSERT_EQUAL(c->worker, 1);
	CU_ASSERT_EQUAL(c->connected_ms, 11103000);
	CU_ASSERT_EQUAL(c->lag_ms, 3250);
	CU_ASSERT_EQUAL(c->stalled_ms, 3100);
	CU_ASSERT_EQUAL(c->events, 131);
	CU_ASSERT_EQUAL(c->bytes, 1572864);
	CU_ASSERT_EQUAL(c->limit, 16777216);
	CU_ASSERT_EQUAL(c->dropped, 5);
	CU_ASSERT_EQUAL(c->dropped_bytes, 99000);
	CU_ASSERT_EQUAL(c->drops_per_s, WEIR_TOP_UNKNOWN);
	CU_ASSERT_EQUAL(c->n_subs, 2);
	s = weir__top_worst(&m, c);
	CU_ASSERT(weir_str_is(s->channel, "\"prices:all\""));
	CU_ASSERT(weir_str_is(s->overflow, "\"drop_oldest\""));
	CU_ASSERT(s->has_offset && s->offset == 900 && s->top == 1028);
	CU_ASSERT_EQUAL(s->queue, 128);
	CU_ASSERT_EQUAL(s->waiting, 128);
	CU_ASSERT_EQUAL(s->age_ms, 3250);
	CU_ASSERT_EQUAL(s->delivered, 100);
	CU_ASSERT_EQUAL(s->per_s, WEIR_TOP_UNKNOWN);
	c = &m.sample.clients[1];
	s = weir__top_worst(&m, c);
	CU_ASSERT(weir_str_is(s->key, "\"data.sym\""));
	CHECK_NEAR(s->rate, 2);
	CU_ASSERT(s->filtered && s->withheld == 33 && s->conflated == 12345);
	CU_ASSERT_PTR_NULL(weir__top_worst(&m, &m.sample.clients[2]));
	weir__top_model_fini(&m);
}

static void test_rates(void)
{
	struct weir__top_model m = {0};

	CU_ASSERT_EQUAL(take_lag(&m, TOP_LAG(TOP_ANN(100, 5)), 1000), 0);
	CU_ASSERT_EQUAL(take_lag(&m, TOP_LAG(TOP_BOB "," TOP_ANN(150, 6)), 3000), 0);
	CHECK_NEAR(m.sample.clients[0].drops_per_s, 0.5);
	CHECK_NEAR(weir__top_worst(&m, &m.sample.clients[0])->per_s, 25);
	CU_ASSERT_EQUAL(m.sample.clients[1].drops_per_s, WEIR_TOP_UNKNOWN); /* not there before */
	CU_ASSERT_EQUAL(weir__top_worst(&m, &m.sample.clients[1])->per_s, WEIR_TOP_UNKNOWN);
	CU_ASSERT_EQUAL(take_lag(&m, TOP_LAG(TOP_ANN(10, 6)), 4000), 0); /* subscribed again */
	CHECK_NEAR(m.sample.clients[0].drops_per_s, 0);
	CU_ASSERT_EQUAL(weir__top_worst(&m, &m.sample.clients[0])->per_s, WEIR_TOP_UNKNOWN);
	CU_ASSERT_EQUAL(take_lag(&m, TOP_LAG(TOP_ANN(11, 6)), 4000), 0); /* in no time */
	CU_ASSERT_EQUAL(m.sample.clients[0].drops_per_s, WEIR_TOP_UNKNOWN);
	weir__top_model_fini(&m);
}

static void test_info(void)
{
	struct weir__top_model m = {0};

	CU_ASSERT_EQUAL(take_info(&m, TOP_INFO(1000, 2000, 3000, 4), 1000), 0);
	CU_ASSERT(m.info.known);
	CU_ASSERT_STRING_EQUAL(m.info.version, "0.1.0");
	CU_ASSERT_EQUAL(m.info.clients, 3);
	CU_ASSERT_EQUAL(m.info.users, 2);
	CU_ASSERT_EQUAL(m.info.channels, 2);
	CU_ASSERT_EQUAL(m.info.subs, 3);
	CU_ASSERT_EQUAL(m.info.uptime_s, 11103);
	CU_ASSERT_EQUAL(m.info.rates[WEIR_TOP_EVENTS_IN], WEIR_TOP_UNKNOWN);
	CU_ASSERT_EQUAL(take_info(&m, TOP_INFO(1100, 2000, 13000, 5), 1500), 0);
	CHECK_NEAR(m.info.rates[WEIR_TOP_EVENTS_IN], 200);
	CHECK_NEAR(m.info.rates[WEIR_TOP_DELIVERIES], 0);
	CHECK_NEAR(m.info.rates[WEIR_TOP_BYTES_OUT], 20000);
	CHECK_NEAR(m.info.rates[WEIR_TOP_DROPPED_OLDEST], 2);
	/* It has started again. */
	CU_ASSERT_EQUAL(take_info(&m, TOP_INFO(10, 2001, 0, 0), 2500), 0);
	CU_ASSERT_EQUAL(m.info.rates[WEIR_TOP_EVENTS_IN], WEIR_TOP_UNKNOWN);
	CU_ASSERT_EQUAL(take_info(&m, TOP_INFO(20, 2001, 0, 0), 3500), 0);
	CHECK_NEAR(m.info.rates[WEIR_TOP_EVENTS_IN], 10);
	/* One that tells no numbers. */
	CU_ASSERT_EQUAL(take_info(&m, "{\"nodes\":[{\"num_clients\":1}]}", 4500), 0);
	CU_ASSERT_EQUAL(m.info.clients, 1);
	CU_ASSERT_STRING_EQUAL(m.info.version, "");
	CU_ASSERT_EQUAL(m.info.rates[WEIR_TOP_EVENTS_IN], WEIR_TOP_UNKNOWN);
	weir__top_model_fini(&m);
}

static void test_order(void)
{
	static const struct {
		enum weir__top_sort sort;
		const char *users;
	} rows[] = {{WEIR_TOP_BY_LAG, "ann bob - "}, {WEIR_TOP_BY_DROPPED, "bob ann - "},
		{WEIR_TOP_BY_BYTES, "ann bob - "}};
	struct weir__top_model m = {0};
	struct weir_buf users;

	CU_ASSERT_EQUAL(take_lag(&m, TOP_LAG(TOP_NOBODY "," TOP_BOB "," TOP_ANN(100, 5)), 1000), 0);
	weir_buf_init(&users, 256);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		enum weir__top_sort found;

		weir_buf_reset(&users);
		weir__top_model_sort(&m, rows[i].sort);
		for (size_t k = 0; k < m.sample.n_clients; k++) {
			if (m.sample.clients[k].user.n > 2)
				weir__top_put_json(&users, m.sample.clients[k].user);
			else
				weir_buf_char(&users, '-');
			weir_buf_char(&users, ' ');
		}
		CU_ASSERT(weir_str_is(weir_buf_view(&users), rows[i].users));
		CU_ASSERT_EQUAL(weir__top_sort_find(weir__top_sort_name(rows[i].sort), &found), 0);
		CU_ASSERT_EQUAL(found, rows[i].sort);
	}
	/* The order is kept for the answers that follow. */
	weir__top_model_sort(&m, WEIR_TOP_BY_DROPPED);
	CU_ASSERT_EQUAL(take_lag(&m, TOP_LAG(TOP_ANN(100, 20000) "," TOP_BOB), 1000), 0);
	CU_ASSERT_EQUAL(m.sample.clients[0].dropped, 20000);
	CU_ASSERT_EQUAL(weir__top_sort_find("speed", &m.sort), WEIR_ENOTFOUND);
	weir_buf_fini(&users);
	weir__top_model_fini(&m);
}

/* What no broker says: the last good answer stays. */
static void test_bad_answers(void)
{
	static const char *const bad[] = {
		"{}", "[]", "null", "{\"connections\":{}}", "{\"nodes\":[]}", "{\"nodes\":[7]}"};
	static const char odd[] = "{\"connections\":[7,null,{},{\"client\":5,\"lag_ms\":\"x\",\"queue\":[],\"dropped\":"
				  "3,\"subscriptions\":{}},"
				  "{\"lag_ms\":-5,\"stalled_ms\":1e30,\"queue\":{\"events\":1.5},\"subscriptions\":[{},"
				  "null,{\"rate\":-1}]}]}";
	struct weir__top_model m = {0};

	CU_ASSERT_EQUAL(take_lag(&m, TOP_LAG(TOP_BOB), 1000), 0);
	CU_ASSERT_EQUAL(take_info(&m, TOP_INFO(1, 2, 3, 4), 1000), 0);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		CU_ASSERT_EQUAL(take_lag(&m, bad[i], 2000), WEIR_EPARSE);
		CU_ASSERT_EQUAL(take_info(&m, bad[i], 2000), WEIR_EPARSE);
	}
	CU_ASSERT_EQUAL(m.sample.n_clients, 1);
	CU_ASSERT_EQUAL(m.info.clients, 3);
	CU_ASSERT_EQUAL(take_lag(&m, odd, 2000), 0);
	CU_ASSERT_EQUAL_FATAL(m.sample.n_clients, 5);
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(m.sample.clients[i].lag_ms, 0);
	weir__top_model_fini(&m);
}

CU_TestInfo weir_tests[] = {
	{"lag", test_lag},
	{"rates", test_rates},
	{"info", test_info},
	{"order", test_order},
	{"bad answers", test_bad_answers},
	CU_TEST_INFO_NULL,
};
