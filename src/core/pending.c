/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pending operations: their deadlines in one heap behind one timer. The timer is moved only for an earlier deadline;
 * when the operation it stands for is finished in time it fires for nothing, which is cheaper than moving it for each
 * result. Loop's thread only.
 */
#include "weir/core/pending.h"

#include "weir/base/err.h"

#define PENDING_IN_A_ROW 1000

static uint64_t pendings_now(const struct weir_pendings *set)
{
	return uv_now(&set->timer.loop->uv);
}

static void pendings_arm(struct weir_pendings *set)
{
	uint64_t next = weir_timers_next(&set->timers), now = pendings_now(set);

	if (set->closing || next >= set->armed_ms)
		return;
	set->armed_ms = next;
	weir_timer_once(&set->timer, next > now ? next - now : 0);
}

static void pendings_on_timer(struct weir_timer *timer, uint64_t ticks)
{
	struct weir_pendings *set = WEIR_CONTAINER_OF(timer, struct weir_pendings, timer);

	(void)ticks;
	set->armed_ms = 0; /* callbacks that start others leave the timer alone: it is set once, below */
	weir_timers_run(&set->timers, pendings_now(set), PENDING_IN_A_ROW);
	set->armed_ms = UINT64_MAX;
	pendings_arm(set);
}

static void pending_on_deadline(struct weir_deadline *deadline, uint64_t now_ms)
{
	(void)now_ms;
	weir_pending_finish(WEIR_CONTAINER_OF(deadline, struct weir_pending, deadline), WEIR_ETIMEOUT);
}

static void pendings_on_closed(struct weir_timer *timer)
{
	struct weir_pendings *set = WEIR_CONTAINER_OF(timer, struct weir_pendings, timer);

	weir_timers_fini(&set->timers);
	if (set->closed)
		set->closed(set);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_pendings_init(struct weir_pendings *set, struct weir_loop *loop)
{
	weir_timers_init(&set->timers);
	set->armed_ms = UINT64_MAX;
	set->closing = false;
	set->closed = NULL;
	return weir_timer_init(&set->timer, loop, pendings_on_timer);
}

void weir_pendings_close(struct weir_pendings *set, void (*closed)(struct weir_pendings *set))
{
	weir_assert(!set->closing);
	set->closing = true;
	set->closed = closed;
	while (set->timers.count > 0)
		weir_pending_finish(
			WEIR_CONTAINER_OF(set->timers.heap[0], struct weir_pending, deadline), WEIR_ECANCELLED);
	weir_timer_close(&set->timer, pendings_on_closed);
}

void weir_pending_start(struct weir_pendings *set, struct weir_pending *p, uint64_t timeout_ms, weir_pending_fn fn)
{
	uint64_t now = pendings_now(set);

	weir_assert(weir_loop_is_current(set->timer.loop) && !set->closing && !p->active);
	*p = (struct weir_pending){.set = set, .fn = fn, .active = true, .deadline.fire = pending_on_deadline};
	weir_timers_set(&set->timers, &p->deadline, timeout_ms < UINT64_MAX - now ? now + timeout_ms : UINT64_MAX);
	pendings_arm(set);
}

bool weir_pending_finish(struct weir_pending *p, int result)
{
	if (!p->active)
		return false;
	weir_assert(weir_loop_is_current(p->set->timer.loop));
	p->active = false;
	weir_timers_cancel(&p->set->timers, &p->deadline);
	p->fn(p, result);
	return true;
}

bool weir_pending_active(const struct weir_pending *p)
{
	return p->active;
}
