/* SPDX-License-Identifier: Apache-2.0 */
/* Pending operations: result first, deadline first, both in one turn; once only; order; one timer for many; close. */
#include "loop_thread.h"

#include <string.h>

#include "weir/core/pending.h"

const char weir_test_suite[] = "core/pending";

#define MANY   3000u
#define FAR_MS 1000000u

struct op {
	struct weir_pending p;
	unsigned calls;
	int result;
	bool active_inside;
};

static struct weir_loop loop;
static struct weir_pendings set;
static struct op ops[4], many[MANY];
static struct op *order[MANY];
static unsigned n_done, stop_at, closed;

static void setup(void)
{
	loop_init(&loop);
	memset(ops, 0, sizeof(ops));
	memset(many, 0, sizeof(many));
	n_done = stop_at = closed = 0;
	CU_ASSERT_EQUAL_FATAL(weir_pendings_init(&set, &loop), 0);
}

static void on_closed(struct weir_pendings *s)
{
	CU_ASSERT_PTR_EQUAL(s, &set);
	closed++;
}

static void teardown(void)
{
	weir_pendings_close(&set, on_closed);
	CU_ASSERT_EQUAL(closed, 0);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(closed, 1);
}

static void on_done(struct weir_pending *p, int result)
{
	struct op *op = WEIR_CONTAINER_OF(p, struct op, p);

	op->calls++;
	op->result = result;
	op->active_inside = weir_pending_active(p);
	order[n_done % MANY] = op;
	if (++n_done == stop_at)
		weir_loop_stop(&loop);
}

static void block_ms(uint64_t ms)
{
	uint64_t until = uv_hrtime() + ms * 1000000;

	while (uv_hrtime() < until)
		;
}

static void test_result_first(void)
{
	setup();
	CU_ASSERT_FALSE(weir_pending_active(&ops[0].p));
	weir_pending_start(&set, &ops[0].p, 1, on_done);
	weir_pending_start(&set, &ops[1].p, 5, on_done);
	CU_ASSERT_TRUE(weir_pending_active(&ops[0].p));
	CU_ASSERT_TRUE(weir_pending_finish(&ops[0].p, 7));
	CU_ASSERT_FALSE(weir_pending_active(&ops[0].p));
	CU_ASSERT_FALSE(weir_pending_finish(&ops[0].p, 8));
	stop_at = 2;
	weir_loop_run(&loop); /* past the deadline of both */
	CU_ASSERT_EQUAL(ops[0].calls, 1);
	CU_ASSERT_EQUAL(ops[0].result, 7);
	CU_ASSERT_FALSE(ops[0].active_inside);
	CU_ASSERT_EQUAL(ops[1].result, WEIR_ETIMEOUT);
	teardown();
}

static void test_deadline_first(void)
{
	setup();
	weir_pending_start(&set, &ops[0].p, 2, on_done);
	stop_at = 1;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(ops[0].calls, 1);
	CU_ASSERT_EQUAL(ops[0].result, WEIR_ETIMEOUT);
	CU_ASSERT_FALSE(ops[0].active_inside);
	CU_ASSERT_FALSE(weir_pending_finish(&ops[0].p, 0));
	CU_ASSERT_EQUAL(ops[0].calls, 1);
	CU_ASSERT_EQUAL(set.timers.count, 0);
	teardown();
}

static void test_no_deadline_inside_start(void)
{
	setup();
	weir_pending_start(&set, &ops[0].p, 0, on_done);
	CU_ASSERT_EQUAL(ops[0].calls, 0);
	stop_at = 1;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(ops[0].result, WEIR_ETIMEOUT);
	teardown();
}

/* Both are due in one turn: an operation whose result is at hand when another's deadline fires keeps its result. */
static void on_deadline_finish_other(struct weir_pending *p, int result)
{
	on_done(p, result);
	CU_ASSERT_TRUE(weir_pending_finish(&ops[1].p, 5));
}

static void test_both_in_one_turn(void)
{
	setup();
	weir_pending_start(&set, &ops[0].p, 1, on_deadline_finish_other);
	weir_pending_start(&set, &ops[1].p, 2, on_done);
	stop_at = 2;
	block_ms(5);
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(ops[0].calls, 1);
	CU_ASSERT_EQUAL(ops[0].result, WEIR_ETIMEOUT);
	CU_ASSERT_EQUAL(ops[1].calls, 1);
	CU_ASSERT_EQUAL(ops[1].result, 5);
	teardown();
}

static bool late_result_taken;

static void on_async_finish(uv_async_t *async)
{
	late_result_taken = weir_pending_finish(&ops[0].p, 0);
	uv_close((uv_handle_t *)async, NULL);
	weir_loop_stop(&loop);
}

/* Timers run before the poll: the deadline wins over a result that arrives in the same turn. */
static void test_deadline_then_result_in_one_turn(void)
{
	uv_async_t async;

	setup();
	late_result_taken = true;
	uv_async_init(&loop.uv, &async, on_async_finish);
	weir_pending_start(&set, &ops[0].p, 1, on_done);
	block_ms(3);
	uv_async_send(&async);
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(ops[0].calls, 1);
	CU_ASSERT_EQUAL(ops[0].result, WEIR_ETIMEOUT);
	CU_ASSERT_FALSE(late_result_taken);
	teardown();
}

static void on_done_again(struct weir_pending *p, int result)
{
	on_done(p, result);
	if (result == 1)
		weir_pending_start(&set, p, 1, on_done);
}

static void test_started_again_inside(void)
{
	setup();
	weir_pending_start(&set, &ops[0].p, FAR_MS, on_done_again);
	CU_ASSERT_TRUE(weir_pending_finish(&ops[0].p, 1));
	CU_ASSERT_TRUE(weir_pending_active(&ops[0].p));
	stop_at = 2;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(ops[0].calls, 2);
	CU_ASSERT_EQUAL(ops[0].result, WEIR_ETIMEOUT);
	teardown();
}

/* Deadlines that were set in a mixed order, more than fit in one turn, and some finished before. */
static void test_many_in_order_of_deadline(void)
{
	bool ordered = true;
	unsigned wrong = 0;

	setup();
	for (unsigned i = 0; i < MANY; i++)
		weir_pending_start(&set, &many[i].p, 1 + i * 1237 % 8, on_done);
	for (unsigned i = 0; i < MANY; i += 3)
		wrong += !weir_pending_finish(&many[i].p, 3);
	stop_at = MANY;
	block_ms(9);
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(n_done, MANY);
	for (unsigned i = 0; i < MANY; i++)
		wrong += many[i].calls != 1 || many[i].result != (i % 3 == 0 ? 3 : WEIR_ETIMEOUT);
	CU_ASSERT_EQUAL(wrong, 0);
	for (unsigned i = MANY / 3 + 1; i < MANY; i++)
		ordered &= order[i - 1]->p.deadline.at_ms <= order[i]->p.deadline.at_ms;
	CU_ASSERT_TRUE(ordered);
	teardown();
}

/* An earlier deadline moves the timer forward; one that was finished leaves it to fire for nothing. */
static void test_one_timer_for_all(void)
{
	setup();
	weir_pending_start(&set, &ops[0].p, FAR_MS, on_done);
	weir_pending_start(&set, &ops[1].p, 3, on_done);
	weir_pending_start(&set, &ops[2].p, 1, on_done);
	weir_pending_start(&set, &ops[3].p, UINT64_MAX, on_done);
	CU_ASSERT_TRUE(weir_pending_finish(&ops[2].p, 0));
	stop_at = 2;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(ops[1].result, WEIR_ETIMEOUT);
	CU_ASSERT_EQUAL(ops[0].calls + ops[3].calls, 0);
	CU_ASSERT_EQUAL(set.armed_ms, ops[0].p.deadline.at_ms);
	CU_ASSERT_TRUE(weir_pending_finish(&ops[0].p, 0));
	CU_ASSERT_TRUE(weir_pending_finish(&ops[3].p, 0));
	teardown();
}

static void test_close_cancels(void)
{
	setup();
	weir_pending_start(&set, &ops[0].p, 1, on_done);
	weir_pending_start(&set, &ops[1].p, FAR_MS, on_done);
	weir_pendings_close(&set, on_closed);
	CU_ASSERT_EQUAL(ops[0].calls + ops[1].calls, 2);
	CU_ASSERT_EQUAL(ops[0].result, WEIR_ECANCELLED);
	CU_ASSERT_EQUAL(ops[1].result, WEIR_ECANCELLED);
	CU_ASSERT_FALSE(weir_pending_finish(&ops[1].p, 0));
	block_ms(2);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(ops[0].calls + ops[1].calls, 2);
	CU_ASSERT_EQUAL(closed, 1);
}

static void on_deadline_close(struct weir_pending *p, int result)
{
	on_done(p, result);
	weir_pendings_close(&set, on_closed);
}

static void test_close_inside_a_deadline(void)
{
	setup();
	weir_pending_start(&set, &ops[0].p, 1, on_deadline_close);
	weir_pending_start(&set, &ops[1].p, 2, on_done);
	block_ms(5);
	stop_at = 2;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(ops[0].result, WEIR_ETIMEOUT);
	CU_ASSERT_EQUAL(ops[1].result, WEIR_ECANCELLED);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(closed, 1);
}

CU_TestInfo weir_tests[] = {
	{"result first", test_result_first},
	{"deadline first", test_deadline_first},
	{"no deadline inside start", test_no_deadline_inside_start},
	{"both in one turn, result first", test_both_in_one_turn},
	{"both in one turn, deadline first", test_deadline_then_result_in_one_turn},
	{"started again inside", test_started_again_inside},
	{"many, in order of deadline", test_many_in_order_of_deadline},
	{"one timer for all", test_one_timer_for_all},
	{"close cancels", test_close_cancels},
	{"close inside a deadline", test_close_inside_a_deadline},
	CU_TEST_INFO_NULL,
};
