/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers: libuv's, always one-shot, set anew for each tick from the phase rather than from the moment of the last call.
 * They are set before the callback runs, so the callback may stop, restart or close. A timer is never due at once:
 * libuv would run one that a callback sets to 0 in the same round, again and again, and nothing else. Loop's thread
 * only.
 */
#include "weir/core/timer.h"

#include "weir/base/err.h"

#define TIMER_IN_A_ROW 1000

static void timer_arm(struct weir_timer *t, uint64_t after_ms, uv_timer_cb cb)
{
	uv_timer_start(&t->uv, cb, after_ms ? after_ms : 1, 0);
}

static void timer_on_once(uv_timer_t *uv)
{
	struct weir_timer *t = WEIR_CONTAINER_OF(uv, struct weir_timer, uv);

	t->fn(t, 1);
}

static void timer_on_tick(uv_timer_t *uv);

/* Moves on by some ticks and calls; the phase is kept, since next_ms only grows by whole periods. */
static void timer_tick(struct weir_timer *t, uint64_t now, uint64_t ticks)
{
	t->next_ms += ticks * t->period_ms;
	timer_arm(t, t->next_ms > now ? t->next_ms - now : 0, timer_on_tick);
	t->fn(t, ticks);
}

static bool timer_is_late(const struct weir_timer *t, uint64_t now)
{
	return uv_is_active((const uv_handle_t *)&t->uv) && t->period_ms > 0 && t->next_ms <= now;
}

static void timer_on_tick(uv_timer_t *uv)
{
	struct weir_timer *t = WEIR_CONTAINER_OF(uv, struct weir_timer, uv);
	uint64_t now = uv_now(uv->loop);
	unsigned calls = 0;

	if (t->late == WEIR_TIMER_SKIP) {
		timer_tick(t, now, 1 + (now - t->next_ms) / t->period_ms);
		return;
	}
	do
		timer_tick(t, now, 1);
	while (++calls < TIMER_IN_A_ROW && timer_is_late(t, now));
}

static void timer_on_closed(uv_handle_t *handle)
{
	struct weir_timer *t = WEIR_CONTAINER_OF((uv_timer_t *)handle, struct weir_timer, uv);

	if (t->closed)
		t->closed(t);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_timer_init(struct weir_timer *t, struct weir_loop *loop, weir_timer_fn fn)
{
	weir_assert(weir_loop_is_current(loop));
	t->loop = loop;
	t->fn = fn;
	t->closed = NULL;
	t->period_ms = t->next_ms = 0;
	t->late = WEIR_TIMER_SKIP;
	return uv_timer_init(&loop->uv, &t->uv);
}

void weir_timer_once(struct weir_timer *t, uint64_t after_ms)
{
	weir_assert(weir_loop_is_current(t->loop) && !uv_is_closing((uv_handle_t *)&t->uv));
	t->period_ms = 0;
	timer_arm(t, after_ms, timer_on_once);
}

void weir_timer_every(struct weir_timer *t, uint64_t period_ms, enum weir_timer_late late)
{
	weir_assert(weir_loop_is_current(t->loop) && !uv_is_closing((uv_handle_t *)&t->uv));
	weir_assert(period_ms > 0);
	t->period_ms = period_ms;
	t->next_ms = uv_now(&t->loop->uv) + period_ms;
	t->late = late;
	timer_arm(t, period_ms, timer_on_tick);
}

void weir_timer_stop(struct weir_timer *t)
{
	weir_assert(weir_loop_is_current(t->loop));
	uv_timer_stop(&t->uv);
}

void weir_timer_close(struct weir_timer *t, weir_timer_closed_fn closed)
{
	weir_assert(weir_loop_is_current(t->loop));
	t->closed = closed;
	uv_close((uv_handle_t *)&t->uv, timer_on_closed);
}
