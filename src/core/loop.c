/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: a libuv loop, hooks at the end of its turns, and a stop from outside. The hooks run in libuv's prepare
 * phase, so what a poll has gathered is flushed before the next poll; the last turn, after which there is none, is
 * flushed when the run ends. The stop handle keeps the run from ending by itself.
 */
#include "weir/core/loop.h"

#include "weir/base/err.h"

static void loop_run_hooks(struct weir_loop *loop)
{
	struct weir_list *node = loop->turn_hooks.next;

	while (node != &loop->turn_hooks) {
		struct weir_turn_hook *hook = weir_list_entry(node, struct weir_turn_hook, link);

		loop->next_hook = node->next; /* remove_hook() moves it on if that one goes */
		hook->fn(hook);
		node = loop->next_hook;
	}
}

/* A turn ends here: what it took is the time since the last end without what the poll waited in between. */
static void loop_note_turn(struct weir_loop *loop)
{
	uint64_t now_ns = uv_hrtime(), idle_ns = uv_metrics_idle_time(&loop->uv);
	uint64_t took_ns = now_ns - loop->turn_ns - (idle_ns - loop->idle_ns);

	if (loop->turn_ns && took_ns > atomic_load_explicit(&loop->longest_turn_ns, memory_order_relaxed))
		atomic_store_explicit(&loop->longest_turn_ns, took_ns, memory_order_relaxed);
	loop->turn_ns = now_ns;
	loop->idle_ns = idle_ns;
}

static void loop_on_prepare(uv_prepare_t *prepare)
{
	struct weir_loop *loop = WEIR_CONTAINER_OF(prepare, struct weir_loop, prepare);

	loop_run_hooks(loop);
	loop_note_turn(loop);
}

static void loop_on_stop(uv_async_t *async)
{
	uv_stop(async->loop);
}

static void loop_turn(struct weir_loop *loop)
{
	weir_assert(!atomic_load(&loop->running));
	loop->thread = pthread_self();
	atomic_store(&loop->running, true);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_loop_init(struct weir_loop *loop, struct weir_log *log, const struct weir_clock *clock)
{
	int err;

	weir_list_init(&loop->turn_hooks);
	loop->next_hook = &loop->turn_hooks;
	loop->log = log;
	loop->clock = clock ? clock : &weir_clock_real;
	atomic_init(&loop->running, false);
	atomic_init(&loop->longest_turn_ns, 0);
	loop->turn_ns = loop->idle_ns = 0;
	err = uv_loop_init(&loop->uv);
	if (err)
		return err;
	uv_loop_configure(&loop->uv, UV_METRICS_IDLE_TIME);
	err = uv_async_init(&loop->uv, &loop->stop_async, loop_on_stop);
	if (err) {
		uv_loop_close(&loop->uv);
		return err;
	}
	uv_prepare_init(&loop->uv, &loop->prepare);
	uv_prepare_start(&loop->prepare, loop_on_prepare);
	uv_unref((uv_handle_t *)&loop->prepare);
	return 0;
}

void weir_loop_fini(struct weir_loop *loop)
{
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	uv_close((uv_handle_t *)&loop->stop_async, NULL);
	loop_turn(loop);
	atomic_store(&loop->running, false);
	weir_assert(uv_loop_close(&loop->uv) == 0);
}

void weir_loop_run(struct weir_loop *loop)
{
	loop_turn(loop);
	loop_run_hooks(loop);
	atomic_store(&loop->running, false);
}

void weir_loop_stop(struct weir_loop *loop)
{
	uv_async_send(&loop->stop_async);
}

void weir_loop_add_hook(struct weir_loop *loop, struct weir_turn_hook *hook)
{
	weir_assert(weir_loop_is_current(loop));
	weir_list_append(&loop->turn_hooks, &hook->link);
}

void weir_loop_remove_hook(struct weir_loop *loop, struct weir_turn_hook *hook)
{
	weir_assert(weir_loop_is_current(loop));
	if (loop->next_hook == &hook->link)
		loop->next_hook = hook->link.next;
	weir_list_remove(&hook->link);
}

uint64_t weir_loop_longest_turn_us(const struct weir_loop *loop)
{
	return atomic_load_explicit(&loop->longest_turn_ns, memory_order_relaxed) / 1000;
}

bool weir_loop_is_current(const struct weir_loop *loop)
{
	return !atomic_load(&loop->running) || pthread_equal(loop->thread, pthread_self());
}
