/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers. Lateness is simulated: the loop is blocked on purpose, or the timer's next tick is moved into the past. What
 * is asserted are relations to the loop's own time (ticks so far = periods passed since the start), never durations.
 */
#include "loop_thread.h"

#include "weir/core/timer.h"

const char weir_test_suite[] = "core/timer";

static struct weir_loop loop;
static struct weir_timer timer;
static uint64_t calls, ticks_sum, start_ms, stop_at;
static unsigned turns, closed;
static bool off_phase;

static void on_closed(struct weir_timer *t)
{
	CU_ASSERT_PTR_EQUAL(t, &timer);
	closed++;
}

static void setup(weir_timer_fn fn)
{
	loop_init(&loop);
	calls = ticks_sum = 0;
	turns = closed = 0;
	off_phase = false;
	CU_ASSERT_EQUAL_FATAL(weir_timer_init(&timer, &loop, fn), 0);
	start_ms = uv_now(&loop.uv);
}

static void teardown(void)
{
	weir_timer_close(&timer, on_closed);
	CU_ASSERT_EQUAL(closed, 0);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(closed, 1);
}

static void block_ms(uint64_t ms)
{
	uint64_t until = uv_hrtime() + ms * 1000000;

	while (uv_hrtime() < until)
		;
}

static void on_once(struct weir_timer *t, uint64_t ticks)
{
	(void)t;
	calls++;
	ticks_sum += ticks;
	weir_loop_stop(&loop);
}

static void test_once(void)
{
	setup(on_once);
	weir_timer_once(&timer, 1000000);
	weir_timer_once(&timer, 3);
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_EQUAL(ticks_sum, 1);
	CU_ASSERT_TRUE(uv_now(&loop.uv) >= start_ms + 3);
	CU_ASSERT_FALSE(uv_is_active((uv_handle_t *)&timer.uv));
	teardown();
}

static void on_once_again(struct weir_timer *t, uint64_t ticks)
{
	(void)ticks;
	if (++calls == 20)
		weir_loop_stop(&loop);
	else
		weir_timer_once(t, 0);
}

static void on_turn(struct weir_turn_hook *hook)
{
	(void)hook;
	turns++;
}

static void test_once_zero_does_not_starve_the_loop(void)
{
	struct weir_turn_hook hook = {.fn = on_turn};

	setup(on_once_again);
	weir_loop_add_hook(&loop, &hook);
	weir_timer_once(&timer, 0);
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(calls, 20);
	CU_ASSERT_TRUE(turns >= 20);
	teardown();
}

/* With SKIP each call makes up for everything: ticks so far are exactly the periods that have passed. */
static void on_skip(struct weir_timer *t, uint64_t ticks)
{
	calls++;
	ticks_sum += ticks;
	off_phase |= ticks_sum != (uv_now(&loop.uv) - start_ms) / t->period_ms;
	if (calls % 3 == 1)
		block_ms(7);
	if (calls == 12)
		weir_loop_stop(&loop);
}

static void test_skip_keeps_phase(void)
{
	setup(on_skip);
	weir_timer_every(&timer, 2, WEIR_TIMER_SKIP);
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(calls, 12);
	CU_ASSERT_FALSE(off_phase);
	/* Blocked four times for three periods each: some were skipped. */
	CU_ASSERT_TRUE(ticks_sum >= calls + 4 * 2);
	CU_ASSERT_EQUAL(timer.next_ms, start_ms + (ticks_sum + 1) * 2);
	teardown();
}

static void test_skip_far_behind(void)
{
	setup(on_once);
	weir_timer_every(&timer, 5, WEIR_TIMER_SKIP);
	timer.next_ms -= 5 * 1000000;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_TRUE(ticks_sum >= 1000001);
	CU_ASSERT_EQUAL((timer.next_ms - start_ms) % 5, 0);
	CU_ASSERT_TRUE(timer.next_ms > uv_now(&loop.uv) && timer.next_ms <= uv_now(&loop.uv) + 5);
	teardown();
}

/* With CATCH_UP each call is one tick, and none comes early. */
static void on_catch_up(struct weir_timer *t, uint64_t ticks)
{
	calls++;
	ticks_sum += ticks;
	off_phase |= ticks != 1 || start_ms + calls * t->period_ms > uv_now(&loop.uv);
	if (calls == 1)
		block_ms(9);
	if (calls == stop_at)
		weir_loop_stop(&loop);
}

static void test_catch_up_keeps_phase(void)
{
	setup(on_catch_up);
	stop_at = 10;
	weir_timer_every(&timer, 2, WEIR_TIMER_CATCH_UP);
	weir_loop_run(&loop);
	CU_ASSERT_FALSE(off_phase);
	CU_ASSERT_TRUE(calls >= 10);
	CU_ASSERT_EQUAL(ticks_sum, calls);
	CU_ASSERT_EQUAL(timer.next_ms, start_ms + (calls + 1) * 2);
	teardown();
}

static uint64_t calls_this_turn, calls_max;

static void on_turn_count(struct weir_turn_hook *hook)
{
	(void)hook;
	turns++;
	calls_max = calls_this_turn > calls_max ? calls_this_turn : calls_max;
	calls_this_turn = 0;
}

static void on_tick_count(struct weir_timer *t, uint64_t ticks)
{
	(void)t;
	(void)ticks;
	calls_this_turn++;
	if (++calls == 2500)
		weir_loop_stop(&loop);
}

static void test_catch_up_is_bounded_per_turn(void)
{
	struct weir_turn_hook hook = {.fn = on_turn_count};

	setup(on_tick_count);
	calls_this_turn = calls_max = 0;
	weir_loop_add_hook(&loop, &hook);
	weir_timer_every(&timer, 1, WEIR_TIMER_CATCH_UP);
	timer.next_ms -= 2600;
	weir_loop_run(&loop);
	CU_ASSERT_TRUE(calls >= 2500);
	CU_ASSERT_EQUAL(calls_max, 1000);
	CU_ASSERT_TRUE(turns >= 3);
	teardown();
}

static void on_third_stop(struct weir_timer *t, uint64_t ticks)
{
	(void)ticks;
	if (++calls == 3) {
		weir_timer_stop(t);
		weir_loop_stop(&loop);
	}
}

static void test_stop_while_catching_up(void)
{
	setup(on_third_stop);
	weir_timer_every(&timer, 1, WEIR_TIMER_CATCH_UP);
	timer.next_ms -= 100;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(calls, 3);
	CU_ASSERT_FALSE(uv_is_active((uv_handle_t *)&timer.uv));
	teardown();
}

static void on_third_once(struct weir_timer *t, uint64_t ticks)
{
	(void)ticks;
	if (++calls == 3)
		weir_timer_once(t, 1);
	else if (calls == 4)
		weir_loop_stop(&loop);
}

static void test_once_while_catching_up(void)
{
	setup(on_third_once);
	weir_timer_every(&timer, 1, WEIR_TIMER_CATCH_UP);
	timer.next_ms -= 100;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(calls, 4);
	CU_ASSERT_FALSE(uv_is_active((uv_handle_t *)&timer.uv));
	teardown();
}

static void on_closed_stop(struct weir_timer *t)
{
	on_closed(t);
	weir_loop_stop(&loop);
}

static void on_second_close(struct weir_timer *t, uint64_t ticks)
{
	(void)ticks;
	if (++calls == 2)
		weir_timer_close(t, on_closed_stop);
}

static void test_close_while_catching_up(void)
{
	setup(on_second_close);
	weir_timer_every(&timer, 1, WEIR_TIMER_CATCH_UP);
	timer.next_ms -= 100;
	weir_loop_run(&loop);
	CU_ASSERT_EQUAL(calls, 2);
	CU_ASSERT_EQUAL(closed, 1);
	weir_loop_fini(&loop);
}

static void on_never(struct weir_timer *t, uint64_t ticks)
{
	(void)t;
	(void)ticks;
	calls++;
}

static void test_stopped_when_due_is_not_called(void)
{
	setup(on_never);
	weir_timer_once(&timer, 1);
	block_ms(3);
	uv_update_time(&loop.uv);
	weir_timer_stop(&timer);
	uv_run(&loop.uv, UV_RUN_NOWAIT);
	CU_ASSERT_EQUAL(calls, 0);
	weir_timer_close(&timer, NULL);
	weir_loop_fini(&loop);
}

CU_TestInfo weir_tests[] = {
	{"once, restarted", test_once},
	{"once(0) does not starve the loop", test_once_zero_does_not_starve_the_loop},
	{"skip keeps the phase", test_skip_keeps_phase},
	{"skip, far behind", test_skip_far_behind},
	{"catch up keeps the phase", test_catch_up_keeps_phase},
	{"catch up is bounded per turn", test_catch_up_is_bounded_per_turn},
	{"stop while catching up", test_stop_while_catching_up},
	{"once while catching up", test_once_while_catching_up},
	{"close while catching up", test_close_while_catching_up},
	{"stopped when due is not called", test_stopped_when_due_is_not_called},
	CU_TEST_INFO_NULL,
};
