/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: hooks and their order, stop from before, inside and outside, whose thread it is, what fini awaits. */
#include "loop_thread.h"

#include <string.h>

const char weir_test_suite[] = "core/loop";

struct note {
	struct weir_turn_hook hook;
	char name;
};

/* What happened, in order: a letter each. */
static struct weir_loop loop;
static char happened[64];
static struct note notes[3];

static void note(char what)
{
	size_t n = strlen(happened);

	if (n + 1 < sizeof(happened))
		happened[n] = what;
}

static void setup(void)
{
	loop_init(&loop);
	memset(happened, 0, sizeof(happened));
	memset(notes, 0, sizeof(notes));
}

static void on_note(struct weir_turn_hook *hook)
{
	note(WEIR_CONTAINER_OF(hook, struct note, hook)->name);
}

static void add_note(struct note *n, char name, void (*fn)(struct weir_turn_hook *))
{
	n->name = name;
	n->hook.fn = fn;
	weir_loop_add_hook(&loop, &n->hook);
}

static void turns(int n)
{
	while (n--)
		uv_run(&loop.uv, UV_RUN_NOWAIT);
}

static void test_stop_before_run(void)
{
	setup();
	weir_loop_stop(&loop);
	weir_loop_run(&loop);
	add_note(&notes[0], 'a', on_note);
	weir_loop_stop(&loop);
	weir_loop_run(&loop);
	CU_ASSERT_TRUE(strlen(happened) >= 1);
	weir_loop_fini(&loop);
}

static void test_stop_from_other_thread(void)
{
	static struct loop_thread lt;

	loop_init(&lt.loop);
	loop_thread_start(&lt);
	weir_loop_stop(&lt.loop);
	loop_thread_join(&lt);
	CU_ASSERT_FALSE(atomic_load(&lt.loop.running));
	weir_loop_fini(&lt.loop);
}

static void test_hooks_in_order(void)
{
	setup();
	add_note(&notes[0], 'a', on_note);
	add_note(&notes[1], 'b', on_note);
	add_note(&notes[2], 'c', on_note);
	turns(2);
	weir_loop_remove_hook(&loop, &notes[1].hook);
	weir_loop_remove_hook(&loop, &notes[1].hook);
	turns(1);
	CU_ASSERT_STRING_EQUAL(happened, "abcabcac");
	weir_loop_fini(&loop);
}

static void on_note_and_swap(struct weir_turn_hook *hook)
{
	on_note(hook);
	weir_loop_remove_hook(&loop, hook);
	weir_loop_remove_hook(&loop, &notes[1].hook);
	weir_loop_add_hook(&loop, &notes[1].hook);
}

static void test_hooks_change_while_they_run(void)
{
	setup();
	add_note(&notes[0], 'a', on_note_and_swap);
	add_note(&notes[1], 'b', on_note);
	add_note(&notes[2], 'c', on_note);
	turns(2);
	CU_ASSERT_STRING_EQUAL(happened, "acbcb");
	weir_loop_fini(&loop);
}

static void on_async(uv_async_t *async)
{
	note('x');
	uv_close((uv_handle_t *)async, NULL);
	uv_stop(&loop.uv);
}

/* What the last poll has gathered is flushed too. */
static void test_last_turn_is_flushed(void)
{
	uv_async_t async;

	setup();
	add_note(&notes[0], 'a', on_note);
	CU_ASSERT_EQUAL(uv_async_init(&loop.uv, &async, on_async), 0);
	uv_async_send(&async);
	weir_loop_run(&loop);
	CU_ASSERT_STRING_EQUAL(happened, "axa");
	weir_loop_fini(&loop);
}

static void on_async_ask(uv_async_t *async)
{
	note(weir_loop_is_current(async->data) ? 'y' : 'n');
	weir_loop_stop(async->data);
	uv_close((uv_handle_t *)async, NULL);
}

static void test_is_current(void)
{
	static struct loop_thread lt;
	uv_async_t async;

	setup();
	loop_init(&lt.loop);
	CU_ASSERT_TRUE(weir_loop_is_current(&lt.loop));
	uv_async_init(&lt.loop.uv, &async, on_async_ask);
	async.data = &lt.loop;
	loop_thread_start(&lt);
	while (!atomic_load(&lt.loop.running))
		sched_yield();
	CU_ASSERT_FALSE(weir_loop_is_current(&lt.loop));
	uv_async_send(&async);
	loop_thread_join(&lt);
	CU_ASSERT_STRING_EQUAL(happened, "y");
	CU_ASSERT_TRUE(weir_loop_is_current(&lt.loop));
	weir_loop_fini(&lt.loop);
	weir_loop_fini(&loop);
}

static void on_second_closed(uv_handle_t *handle)
{
	(void)handle;
	note('2');
}

static void on_first_closed(uv_handle_t *handle)
{
	note('1');
	uv_close(handle->data, on_second_closed);
}

static void test_fini_awaits_closing_handles(void)
{
	uv_idle_t first, second;

	setup();
	uv_idle_init(&loop.uv, &first);
	uv_idle_init(&loop.uv, &second);
	first.data = &second;
	uv_close((uv_handle_t *)&first, on_first_closed);
	weir_loop_fini(&loop);
	CU_ASSERT_STRING_EQUAL(happened, "12");
}

static int64_t wall_42(void *ctx)
{
	(void)ctx;
	return 42;
}

static void test_clock(void)
{
	const struct weir_clock clock = {weir_clock_real.mono_ms, wall_42, NULL};

	setup();
	CU_ASSERT_PTR_EQUAL(loop.clock, &weir_clock_real);
	weir_loop_fini(&loop);
	CU_ASSERT_EQUAL_FATAL(weir_loop_init(&loop, NULL, &clock), 0);
	CU_ASSERT_EQUAL(weir_wall_ms(loop.clock), 42);
	weir_loop_fini(&loop);
}

#define BUSY_NS 20000000u

static void on_busy(struct weir_turn_hook *hook)
{
	uint64_t began = uv_hrtime();

	(void)hook;
	while (uv_hrtime() - began < BUSY_NS)
		;
}

static void test_longest_turn(void)
{
	setup();
	turns(3);
	add_note(&notes[0], 'a', on_busy);
	turns(1);
	weir_loop_remove_hook(&loop, &notes[0].hook);
	turns(2);
	CU_ASSERT_TRUE(weir_loop_longest_turn_us(&loop) >= BUSY_NS / 1000);
	weir_loop_fini(&loop);
}

CU_TestInfo weir_tests[] = {
	{"stop before run", test_stop_before_run},
	{"stop from another thread", test_stop_from_other_thread},
	{"hooks run in order", test_hooks_in_order},
	{"hooks change while they run", test_hooks_change_while_they_run},
	{"the last turn is flushed", test_last_turn_is_flushed},
	{"is_current", test_is_current},
	{"fini awaits closing handles", test_fini_awaits_closing_handles},
	{"clock", test_clock},
	{"the longest turn", test_longest_turn},
	CU_TEST_INFO_NULL,
};
