/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Room again": told once per wait, on the waiter's own loop, when half is free, also if room came before, if the
 * mailbox closes, and never after the waiter was closed. Waiters and mailboxes may close at the same time.
 */
#include "loop_thread.h"

#include <stdlib.h>

#include "weir/core/mailbox.h"

const char weir_test_suite[] = "core/mailbox_waiter";

#define SENDERS    3
#define PER_SENDER 10000u

static struct weir_loop loop;
static struct weir_mailbox mb;
static struct weir_mailbox_waiter waiter;
static unsigned n_got, n_room, n_closed, room_at;
static bool out_of_order;

static bool on_msg(struct weir_mailbox *m, void *msg)
{
	(void)m;
	out_of_order |= *(unsigned *)msg != n_got;
	n_got++;
	return true;
}

static void on_room(struct weir_mailbox_waiter *w)
{
	CU_ASSERT_PTR_EQUAL(w, &waiter);
	n_room++;
	room_at = n_got;
}

static void on_waiter_closed(struct weir_mailbox_waiter *w)
{
	(void)w;
	n_closed++;
}

static void setup(size_t capacity, size_t budget, void (*room)(struct weir_mailbox_waiter *))
{
	loop_init(&loop);
	n_got = n_room = n_closed = room_at = 0;
	out_of_order = false;
	CU_ASSERT_EQUAL_FATAL(weir_mailbox_init(&mb, &loop, sizeof(unsigned), capacity, budget, on_msg, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(weir_mailbox_waiter_init(&waiter, &loop, room), 0);
}

static void teardown(void)
{
	weir_mailbox_waiter_close(&waiter, on_waiter_closed);
	weir_mailbox_close(&mb, NULL);
	CU_ASSERT_EQUAL(n_closed, 0);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(n_closed, 1);
	CU_ASSERT_FALSE(out_of_order);
}

static void turns(int n)
{
	while (n--)
		uv_run(&loop.uv, UV_RUN_NOWAIT);
}

static unsigned fill(unsigned from)
{
	while (weir_mailbox_send(&mb, &from))
		from++;
	return from;
}

static void test_told_once_at_half(void)
{
	setup(8, 1, on_room);
	CU_ASSERT_EQUAL(fill(0), 8);
	weir_mailbox_wait(&mb, &waiter);
	while (n_got < 4) {
		CU_ASSERT_EQUAL(n_room, 0);
		turns(1);
	}
	turns(10);
	CU_ASSERT_EQUAL(n_room, 1);
	CU_ASSERT_TRUE(room_at >= 4 && room_at <= 6); /* half a turn or one and a half after the fourth */
	CU_ASSERT_EQUAL(n_got, 8);
	CU_ASSERT_EQUAL(fill(8), 16);
	turns(20);
	CU_ASSERT_EQUAL(n_room, 1); /* it does not wait any more */
	CU_ASSERT_EQUAL(n_got, 16);
	teardown();
}

static void test_one_place(void)
{
	setup(1, 4, on_room);
	CU_ASSERT_EQUAL(fill(0), 1);
	weir_mailbox_wait(&mb, &waiter);
	turns(3);
	CU_ASSERT_EQUAL(n_room, 1);
	CU_ASSERT_EQUAL(n_got, 1);
	teardown();
}

static void test_room_was_there_before(void)
{
	setup(8, 8, on_room);
	weir_mailbox_wait(&mb, &waiter);
	CU_ASSERT_EQUAL(n_room, 0);
	turns(3);
	CU_ASSERT_EQUAL(n_room, 1);
	teardown();
}

static void test_waiting_twice_is_one_wait(void)
{
	setup(4, 8, on_room);
	CU_ASSERT_EQUAL(fill(0), 4);
	weir_mailbox_wait(&mb, &waiter);
	weir_mailbox_wait(&mb, &waiter);
	turns(4);
	CU_ASSERT_EQUAL(n_room, 1);
	weir_mailbox_wait(&mb, &waiter); /* there is room: told, not yet called */
	weir_mailbox_wait(&mb, &waiter);
	turns(4);
	CU_ASSERT_EQUAL(n_room, 2);
	teardown();
}

static unsigned next, last;

static void on_room_fill(struct weir_mailbox_waiter *w)
{
	n_room++;
	while (next < last && weir_mailbox_send(&mb, &next))
		next++;
	if (next < last)
		weir_mailbox_wait(&mb, w);
	else
		weir_loop_stop(&loop);
}

/* Full, refused, told, and so on to the last message. */
static void test_fill_wait_repeat(void)
{
	setup(8, 3, on_room_fill);
	next = 0;
	last = 1000;
	weir_mailbox_wait(&mb, &waiter);
	weir_loop_run(&loop);
	turns(10);
	CU_ASSERT_EQUAL(n_got, 1000);
	CU_ASSERT_TRUE(n_room >= 1 + 992 / 8);
	CU_ASSERT_TRUE(atomic_load(&mb.refused) < n_room);
	teardown();
}

static void test_waiter_closed_while_it_waits(void)
{
	setup(4, 8, on_room);
	CU_ASSERT_EQUAL(fill(0), 4);
	weir_mailbox_wait(&mb, &waiter);
	weir_mailbox_waiter_close(&waiter, on_waiter_closed);
	turns(4);
	CU_ASSERT_EQUAL(n_got, 4);
	CU_ASSERT_EQUAL(n_room, 0);
	CU_ASSERT_EQUAL(n_closed, 1);
	weir_mailbox_close(&mb, NULL);
	weir_loop_fini(&loop);
}

static void test_waiter_closed_when_told(void)
{
	setup(4, 8, on_room);
	weir_mailbox_wait(&mb, &waiter); /* told at once, called from the loop */
	weir_mailbox_waiter_close(&waiter, on_waiter_closed);
	turns(4);
	CU_ASSERT_EQUAL(n_room, 0);
	CU_ASSERT_EQUAL(n_closed, 1);
	weir_mailbox_close(&mb, NULL);
	weir_loop_fini(&loop);
}

static void on_room_see_closing(struct weir_mailbox_waiter *w)
{
	(void)w;
	n_room++;
	CU_ASSERT_TRUE(weir_mailbox_is_closing(&mb));
}

static void test_mailbox_closed_while_one_waits(void)
{
	setup(4, 8, on_room_see_closing);
	weir_mailbox_pause(&mb);
	CU_ASSERT_EQUAL(fill(0), 4);
	weir_mailbox_wait(&mb, &waiter);
	turns(3);
	CU_ASSERT_EQUAL(n_room, 0);
	weir_mailbox_close(&mb, NULL);
	CU_ASSERT_EQUAL(n_room, 0);
	turns(4);
	CU_ASSERT_EQUAL(n_room, 1);
	CU_ASSERT_EQUAL(n_got, 4);
	weir_mailbox_waiter_close(&waiter, NULL);
	weir_loop_fini(&loop);
}

static void test_wait_at_a_closing_mailbox(void)
{
	setup(4, 8, on_room_see_closing);
	weir_mailbox_close(&mb, NULL);
	weir_mailbox_wait(&mb, &waiter);
	turns(4);
	CU_ASSERT_EQUAL(n_room, 1);
	weir_mailbox_waiter_close(&waiter, NULL);
	weir_loop_fini(&loop);
}

/* ---- across threads ---- */

struct sender {
	struct loop_thread lt;
	struct weir_mailbox_waiter waiter;
	unsigned name, next, rooms;
	bool wrong_thread;
};

static struct sender senders[SENDERS];
static unsigned next_of[SENDERS];

static bool on_numbered(struct weir_mailbox *m, void *msg)
{
	unsigned *in = msg;

	(void)m;
	out_of_order |= in[0] >= SENDERS || in[1] != next_of[in[0] % SENDERS]++;
	if (++n_got == SENDERS * PER_SENDER)
		weir_loop_stop(&loop);
	return true;
}

static void on_room_send(struct weir_mailbox_waiter *w)
{
	struct sender *s = WEIR_CONTAINER_OF(w, struct sender, waiter);

	s->rooms++;
	s->wrong_thread |= !pthread_equal(pthread_self(), s->lt.loop.thread);
	while (s->next < PER_SENDER) {
		unsigned msg[2] = {s->name, s->next};

		if (!weir_mailbox_send(&mb, msg)) {
			weir_mailbox_wait(&mb, w);
			return;
		}
		s->next++;
	}
	weir_mailbox_waiter_close(w, NULL);
	weir_loop_stop(&s->lt.loop);
}

/* A lost notice would leave a sender waiting, and the run without an end. */
static void senders_wait_for_room(size_t capacity, size_t budget)
{
	loop_init(&loop);
	n_got = 0;
	out_of_order = false;
	CU_ASSERT_EQUAL_FATAL(
		weir_mailbox_init(&mb, &loop, 2 * sizeof(unsigned), capacity, budget, on_numbered, NULL), 0);
	for (unsigned i = 0; i < SENDERS; i++) {
		struct sender *s = &senders[i];

		*s = (struct sender){.name = i};
		next_of[i] = 0;
		loop_init(&s->lt.loop);
		CU_ASSERT_EQUAL_FATAL(weir_mailbox_waiter_init(&s->waiter, &s->lt.loop, on_room_send), 0);
		weir_mailbox_wait(&mb, &s->waiter);
		loop_thread_start(&s->lt);
	}
	weir_loop_run(&loop);
	for (unsigned i = 0; i < SENDERS; i++) {
		loop_thread_join(&senders[i].lt);
		weir_loop_fini(&senders[i].lt.loop);
		CU_ASSERT_EQUAL(next_of[i], PER_SENDER);
		CU_ASSERT_FALSE(senders[i].wrong_thread);
		CU_ASSERT_TRUE(senders[i].rooms >= 1);
	}
	CU_ASSERT_FALSE(out_of_order);
	CU_ASSERT_EQUAL(atomic_load(&mb.sent), SENDERS * PER_SENDER);
	weir_mailbox_close(&mb, NULL);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL(n_got, SENDERS * PER_SENDER);
}

static void test_senders_wait_for_room(void)
{
	senders_wait_for_room(64, 16);
}

static void test_senders_wait_for_the_one_place(void)
{
	senders_wait_for_room(1, 1);
}

static void on_room_ignore(struct weir_mailbox_waiter *w)
{
	(void)w;
}

static void on_close_waiter(uv_async_t *async)
{
	struct sender *s = async->data;

	weir_mailbox_waiter_close(&s->waiter, NULL);
	uv_close((uv_handle_t *)async, NULL);
	weir_loop_stop(&s->lt.loop);
}

/* One thread closes the waiter while another closes (and forgets) the mailbox it waits for. */
static void test_both_close_at_once(void)
{
	struct sender *s = &senders[0];

	for (int round = 0; round < 200; round++) {
		struct weir_mailbox *m = weir_xmalloc(sizeof(*m));
		unsigned msg = 0;
		uv_async_t async;

		loop_init(&loop);
		CU_ASSERT_EQUAL_FATAL(weir_mailbox_init(m, &loop, sizeof(msg), 1, 1, on_msg, NULL), 0);
		CU_ASSERT_TRUE(weir_mailbox_send(m, &msg));
		loop_init(&s->lt.loop);
		CU_ASSERT_EQUAL_FATAL(weir_mailbox_waiter_init(&s->waiter, &s->lt.loop, on_room_ignore), 0);
		weir_mailbox_wait(m, &s->waiter);
		CU_ASSERT_PTR_NOT_NULL(s->waiter.among);
		uv_async_init(&s->lt.loop.uv, &async, on_close_waiter);
		async.data = s;
		loop_thread_start(&s->lt);
		uv_async_send(&async);
		weir_mailbox_close(m, NULL);
		weir_loop_fini(&loop);
		free(m);
		loop_thread_join(&s->lt);
		CU_ASSERT_PTR_NULL(s->waiter.among);
		weir_loop_fini(&s->lt.loop);
	}
}

CU_TestInfo weir_tests[] = {
	{"told once, at half", test_told_once_at_half},
	{"one place", test_one_place},
	{"room was there before", test_room_was_there_before},
	{"waiting twice is one wait", test_waiting_twice_is_one_wait},
	{"fill, wait, repeat", test_fill_wait_repeat},
	{"waiter closed while it waits", test_waiter_closed_while_it_waits},
	{"waiter closed when told", test_waiter_closed_when_told},
	{"mailbox closed while one waits", test_mailbox_closed_while_one_waits},
	{"wait at a closing mailbox", test_wait_at_a_closing_mailbox},
	{"senders wait for room", test_senders_wait_for_room},
	{"senders wait for the one place", test_senders_wait_for_the_one_place},
	{"both close at once", test_both_close_at_once},
	CU_TEST_INFO_NULL,
};
