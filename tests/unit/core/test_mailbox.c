/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mailbox: exactly once and in order per sender, few wake-ups, a budget that leaves the loop responsive, pause and
 * resume with a held message, and closes that race with senders. Room notices: test_mailbox_waiter.c.
 */
#include "loop_thread.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "weir/core/mailbox.h"

const char weir_test_suite[] = "core/mailbox";

#define SENDERS    4
#define PER_SENDER 20000u

struct msg {
	unsigned sender, n;
};

static struct weir_loop loop;
static struct weir_mailbox mb;
static unsigned got[4096]; /* what came, in order, up to its length */
static size_t n_got, stop_at;
static unsigned closed;

static void setup(size_t capacity, size_t budget, weir_mailbox_fn fn)
{
	loop_init(&loop);
	n_got = stop_at = 0;
	closed = 0;
	CU_ASSERT_EQUAL_FATAL(weir_mailbox_init(&mb, &loop, sizeof(struct msg), capacity, budget, fn, NULL), 0);
}

static void on_closed(struct weir_mailbox *m)
{
	(void)m;
	closed++;
}

static void teardown(void)
{
	weir_mailbox_close(&mb, on_closed);
	CU_ASSERT_EQUAL(closed, 0);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(closed, 1);
}

static void turns(int n)
{
	while (n--)
		uv_run(&loop.uv, UV_RUN_NOWAIT);
}

static bool send_n(unsigned n)
{
	struct msg m = {0, n};

	return weir_mailbox_send(&mb, &m);
}

static void take(void *msg)
{
	if (n_got < WEIR_ARRAY_LEN(got))
		got[n_got] = ((struct msg *)msg)->n;
	if (++n_got == stop_at)
		weir_loop_stop(&loop);
	memset(msg, 0xff, sizeof(struct msg));
}

static bool on_msg(struct weir_mailbox *m, void *msg)
{
	(void)m;
	take(msg);
	return true;
}

/* Are the messages from..from+count-1 what came, from place `at` on? */
static bool got_run(size_t at, unsigned from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at + i >= n_got || got[at + i] != from + i)
			return false;
	return true;
}

/* ---- many senders ---- */

static unsigned next_of[SENDERS];
static bool out_of_order;
static atomic_ullong refused;

static bool on_numbered(struct weir_mailbox *m, void *msg)
{
	struct msg *in = msg;

	(void)m;
	if (in->sender >= SENDERS || in->n != next_of[in->sender]++)
		out_of_order = true;
	if (++n_got == (size_t)SENDERS * PER_SENDER)
		weir_loop_stop(&loop);
	return true;
}

static void *send_numbered(void *arg)
{
	struct msg m = {*(unsigned *)arg, 0};

	while (m.n < PER_SENDER) {
		if (weir_mailbox_send(&mb, &m)) {
			m.n++;
		} else {
			atomic_fetch_add(&refused, 1);
			sched_yield();
		}
	}
	return NULL;
}

static void many_senders(size_t capacity, size_t budget)
{
	pthread_t threads[SENDERS];
	unsigned names[SENDERS];

	setup(capacity, budget, on_numbered);
	memset(next_of, 0, sizeof(next_of));
	out_of_order = false;
	atomic_store(&refused, 0);
	for (unsigned i = 0; i < SENDERS; i++) {
		names[i] = i;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, send_numbered, &names[i]), 0);
	}
	weir_loop_run(&loop);
	for (unsigned i = 0; i < SENDERS; i++) {
		pthread_join(threads[i], NULL);
		CU_ASSERT_EQUAL(next_of[i], PER_SENDER);
	}
	CU_ASSERT_FALSE(out_of_order);
	CU_ASSERT_EQUAL(atomic_load(&mb.sent), (size_t)SENDERS * PER_SENDER);
	CU_ASSERT_EQUAL(atomic_load(&mb.refused), atomic_load(&refused));
	CU_ASSERT_TRUE(atomic_load(&mb.wakeups) <= atomic_load(&mb.sent));
	teardown();
	CU_ASSERT_EQUAL(n_got, (size_t)SENDERS * PER_SENDER);
}

static void test_many_senders(void)
{
	many_senders(64, 16);
}

static void test_many_senders_no_slack(void)
{
	many_senders(1, 1);
}

/* One message at a time, each sent when the one before has been taken: each send finds the receiver about to sleep. */
static atomic_uint taken;

static bool on_taken(struct weir_mailbox *m, void *msg)
{
	(void)m;
	take(msg);
	atomic_fetch_add(&taken, 1);
	return true;
}

static void *send_when_taken(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < PER_SENDER; i++) {
		while (atomic_load(&taken) != i)
			sched_yield();
		if (!send_n(i))
			break;
	}
	return NULL;
}

static void test_no_wakeup_is_lost(void)
{
	pthread_t thread;

	setup(4, 8, on_taken);
	atomic_store(&taken, 0);
	stop_at = PER_SENDER;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, send_when_taken, NULL), 0);
	weir_loop_run(&loop);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(n_got, PER_SENDER);
	CU_ASSERT_TRUE(got_run(0, 0, WEIR_ARRAY_LEN(got)));
	teardown();
}

/* ---- wake-ups ---- */

static void test_burst_before_run_wakes_once(void)
{
	setup(512, 100, on_msg);
	for (unsigned i = 0; i < 500; i++)
		CU_ASSERT_TRUE(send_n(i));
	stop_at = 500;
	weir_loop_run(&loop);
	CU_ASSERT_TRUE(got_run(0, 0, 500));
	CU_ASSERT_EQUAL(atomic_load(&mb.wakeups), 1);
	teardown();
}

static uv_sem_t burst_begins, burst_is_over;

static void *send_burst(void *arg)
{
	(void)arg;
	uv_sem_wait(&burst_begins);
	for (unsigned i = 1; i <= 1000; i++)
		if (!send_n(i))
			break;
	uv_sem_post(&burst_is_over);
	return NULL;
}

static bool on_first_await_burst(struct weir_mailbox *m, void *msg)
{
	(void)m;
	take(msg);
	if (n_got == 1) {
		uv_sem_post(&burst_begins);
		uv_sem_wait(&burst_is_over);
	}
	return true;
}

/* 1000 messages from another thread while the receiver is at work: not one system call. */
static void test_burst_while_draining_does_not_wake(void)
{
	pthread_t thread;

	setup(1024, 64, on_first_await_burst);
	uv_sem_init(&burst_begins, 0);
	uv_sem_init(&burst_is_over, 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, send_burst, NULL), 0);
	CU_ASSERT_TRUE(send_n(0));
	stop_at = 1001;
	weir_loop_run(&loop);
	pthread_join(thread, NULL);
	CU_ASSERT_TRUE(got_run(0, 0, 1001));
	CU_ASSERT_EQUAL(atomic_load(&mb.wakeups), 1);
	uv_sem_destroy(&burst_begins);
	uv_sem_destroy(&burst_is_over);
	teardown();
}

static void test_wakes_again_once_empty(void)
{
	setup(8, 4, on_msg);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_TRUE(send_n(i));
		turns(2);
		CU_ASSERT_EQUAL(n_got, i + 1);
		CU_ASSERT_EQUAL(atomic_load(&mb.wakeups), i + 1);
	}
	teardown();
}

/* ---- budget ---- */

static size_t got_before, got_max;
static unsigned turns_with_messages;

static void on_turn(struct weir_turn_hook *hook)
{
	size_t now = n_got - got_before;

	(void)hook;
	turns_with_messages += now > 0;
	got_max = now > got_max ? now : got_max;
	got_before = n_got;
}

static void test_budget_per_turn(void)
{
	struct weir_turn_hook hook = {.fn = on_turn};

	setup(128, 10, on_msg);
	got_before = got_max = 0;
	turns_with_messages = 0;
	weir_loop_add_hook(&loop, &hook);
	for (unsigned i = 0; i < 95; i++)
		CU_ASSERT_TRUE(send_n(i));
	turns(20);
	CU_ASSERT_TRUE(got_run(0, 0, 95));
	/* The first ten come in a poll, and the next ten before the following hook runs. */
	CU_ASSERT_TRUE(got_max <= 20);
	CU_ASSERT_TRUE(turns_with_messages >= 9);
	CU_ASSERT_FALSE(uv_is_active((uv_handle_t *)&mb.again));
	CU_ASSERT_FALSE(atomic_load(&mb.awake));
	teardown();
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer;
	weir_loop_stop(&loop);
}

static bool on_msg_send_another(struct weir_mailbox *m, void *msg)
{
	(void)m;
	take(msg);
	if (!send_n((unsigned)n_got))
		n_got = 0;
	return true;
}

/* A flood without an end: only the budget lets the timer and the stop have their turn. */
static void test_flood_leaves_the_loop_responsive(void)
{
	uv_timer_t timer;

	setup(16, 8, on_msg_send_another);
	uv_timer_init(&loop.uv, &timer);
	uv_timer_start(&timer, on_timer, 1, 0);
	CU_ASSERT_TRUE(send_n(0));
	weir_loop_run(&loop);
	CU_ASSERT_TRUE(n_got > 0);
	CU_ASSERT_EQUAL(n_got, atomic_load(&mb.sent) - 1);
	uv_close((uv_handle_t *)&timer, NULL);
	teardown();
}

/* ---- pause, resume, held ---- */

static bool refuse_3;

static bool on_msg_refuse_3(struct weir_mailbox *m, void *msg)
{
	(void)m;
	if (refuse_3 && ((struct msg *)msg)->n == 3)
		return false;
	take(msg);
	return true;
}

static void test_held_message_comes_again_first(void)
{
	setup(16, 4, on_msg_refuse_3);
	refuse_3 = true;
	for (unsigned i = 0; i < 10; i++)
		CU_ASSERT_TRUE(send_n(i));
	turns(5);
	CU_ASSERT_TRUE(got_run(0, 0, 3) && n_got == 3);
	CU_ASSERT_FALSE(uv_is_active((uv_handle_t *)&mb.again));
	CU_ASSERT_TRUE(send_n(10));
	weir_mailbox_resume(&mb);
	CU_ASSERT_EQUAL(n_got, 3);
	turns(5);
	CU_ASSERT_EQUAL(n_got, 3);
	refuse_3 = false;
	weir_mailbox_resume(&mb);
	turns(5);
	CU_ASSERT_TRUE(got_run(0, 0, 11) && n_got == 11);
	CU_ASSERT_EQUAL(atomic_load(&mb.wakeups), 1);
	CU_ASSERT_FALSE(atomic_load(&mb.awake));
	teardown();
}

static bool on_msg_pause(struct weir_mailbox *m, void *msg)
{
	take(msg);
	if (n_got == 2)
		weir_mailbox_pause(m);
	return true;
}

static void test_pause_inside(void)
{
	setup(16, 8, on_msg_pause);
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_TRUE(send_n(i));
	turns(3);
	CU_ASSERT_EQUAL(n_got, 2);
	weir_mailbox_resume(&mb);
	weir_mailbox_resume(&mb);
	turns(3);
	CU_ASSERT_TRUE(got_run(0, 0, 5) && n_got == 5);
	teardown();
}

/* Paused while nothing is inside: what is sent then wakes once for nothing and comes with the resume. */
static void test_sent_while_paused(void)
{
	setup(4, 8, on_msg);
	weir_mailbox_pause(&mb);
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(send_n(i));
		turns(1);
	}
	CU_ASSERT_FALSE(send_n(4));
	CU_ASSERT_EQUAL(n_got, 0);
	CU_ASSERT_EQUAL(atomic_load(&mb.wakeups), 1);
	CU_ASSERT_EQUAL(atomic_load(&mb.refused), 1);
	weir_mailbox_resume(&mb);
	turns(1);
	CU_ASSERT_TRUE(got_run(0, 0, 4) && n_got == 4);
	CU_ASSERT_TRUE(send_n(4));
	turns(1);
	CU_ASSERT_TRUE(got_run(0, 0, 5) && n_got == 5);
	teardown();
}

/* ---- close ---- */

static void test_close_drains_held_and_paused(void)
{
	setup(16, 2, on_msg_refuse_3);
	refuse_3 = true;
	for (unsigned i = 0; i < 10; i++)
		CU_ASSERT_TRUE(send_n(i));
	turns(6);
	CU_ASSERT_EQUAL(n_got, 3);
	refuse_3 = false;
	CU_ASSERT_FALSE(weir_mailbox_is_closing(&mb));
	weir_mailbox_close(&mb, on_closed);
	CU_ASSERT_TRUE(got_run(0, 0, 10) && n_got == 10);
	CU_ASSERT_TRUE(weir_mailbox_is_closing(&mb));
	CU_ASSERT_FALSE(send_n(10));
	CU_ASSERT_EQUAL(closed, 0);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(closed, 1);
	CU_ASSERT_EQUAL(n_got, 10);
}

static bool on_msg_close(struct weir_mailbox *m, void *msg)
{
	take(msg);
	if (n_got == 2)
		weir_mailbox_close(m, on_closed);
	return n_got != 3; /* in the final drain the answer does not matter */
}

static void test_close_inside(void)
{
	setup(16, 2, on_msg_close);
	for (unsigned i = 0; i < 7; i++)
		CU_ASSERT_TRUE(send_n(i));
	turns(1);
	CU_ASSERT_TRUE(got_run(0, 0, 7) && n_got == 7);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(closed, 1);
}

/* Closed between two turns while the idle handle has more to drain. */
static void test_close_amid_budget(void)
{
	setup(16, 2, on_msg);
	for (unsigned i = 0; i < 10; i++)
		CU_ASSERT_TRUE(send_n(i));
	turns(1);
	CU_ASSERT_TRUE(n_got > 0 && n_got < 10);
	CU_ASSERT_TRUE(uv_is_active((uv_handle_t *)&mb.again));
	weir_mailbox_close(&mb, on_closed);
	CU_ASSERT_TRUE(got_run(0, 0, 10) && n_got == 10);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(closed, 1);
}

static unsigned accepted;

static void *send_until_closed(void *arg)
{
	(void)arg;
	while (!weir_mailbox_is_closing(&mb))
		accepted += send_n(accepted);
	return NULL;
}

static bool on_msg_close_at_50(struct weir_mailbox *m, void *msg)
{
	take(msg);
	if (n_got == 50)
		weir_mailbox_close(m, on_closed);
	return true;
}

/* What a sender was told is taken arrives, however close to the end it was sent. */
static void test_close_races_with_sender(void)
{
	for (int round = 0; round < 50; round++) {
		pthread_t thread;

		setup(32, 7, on_msg_close_at_50);
		accepted = 0;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, send_until_closed, NULL), 0);
		while (closed == 0)
			uv_run(&loop.uv, UV_RUN_ONCE);
		pthread_join(thread, NULL);
		CU_ASSERT_EQUAL(n_got, accepted);
		CU_ASSERT_TRUE(got_run(0, 0, n_got < WEIR_ARRAY_LEN(got) ? n_got : WEIR_ARRAY_LEN(got)));
		weir_loop_fini(&loop);
	}
}

static void on_closed_free(struct weir_mailbox *m)
{
	free(m);
	closed++;
}

static bool on_msg_close_and_free(struct weir_mailbox *m, void *msg)
{
	(void)msg;
	weir_mailbox_close(m, on_closed_free);
	return true;
}

static void *send_one(void *arg)
{
	struct msg m = {0, 1};

	return weir_mailbox_send(arg, &m) ? NULL : arg;
}

/* The receiver has the message, closes, and frees, while the sender is still on its way out of send(). */
static void test_receipt_allows_free(void)
{
	for (int round = 0; round < 300; round++) {
		struct weir_mailbox *m = weir_xmalloc(sizeof(*m));
		pthread_t thread;
		void *not_sent;

		loop_init(&loop);
		closed = 0;
		CU_ASSERT_EQUAL_FATAL(
			weir_mailbox_init(m, &loop, sizeof(struct msg), 4, 4, on_msg_close_and_free, NULL), 0);
		/* Kept awake by the idle handle, so that the message may be found without a wake-up. */
		weir_mailbox_pause(m);
		weir_mailbox_resume(m);
		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, send_one, m), 0);
		while (closed == 0)
			uv_run(&loop.uv, UV_RUN_ONCE);
		pthread_join(thread, &not_sent);
		CU_ASSERT_PTR_NULL(not_sent);
		weir_loop_fini(&loop);
	}
	CU_ASSERT_EQUAL(closed, 1);
}

CU_TestInfo weir_tests[] = {
	{"many senders: exactly once, in order", test_many_senders},
	{"many senders into one place", test_many_senders_no_slack},
	{"no wake-up is lost", test_no_wakeup_is_lost},
	{"a burst before the run wakes once", test_burst_before_run_wakes_once},
	{"a burst while draining does not wake", test_burst_while_draining_does_not_wake},
	{"wakes again once empty", test_wakes_again_once_empty},
	{"budget per turn", test_budget_per_turn},
	{"a flood leaves the loop responsive", test_flood_leaves_the_loop_responsive},
	{"a held message comes again, first", test_held_message_comes_again_first},
	{"pause inside", test_pause_inside},
	{"sent while paused", test_sent_while_paused},
	{"close drains what is held and paused", test_close_drains_held_and_paused},
	{"close inside", test_close_inside},
	{"close amid a budget", test_close_amid_budget},
	{"close races with a sender", test_close_races_with_sender},
	{"receipt allows free", test_receipt_allows_free},
	CU_TEST_INFO_NULL,
};
