/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The semaphore. A granted waiter may release at once from inside its callback: such a release only counts up, and the
 * outermost one goes on granting, so a long queue of short operations does not nest. Loop's thread only.
 */
#include "weir/core/semaphore.h"

static struct weir_semaphore_waiter *semaphore_pop(struct weir_semaphore *s)
{
	struct weir_list *node = s->waiters.next;

	weir_list_remove(node);
	s->waiting--;
	return weir_list_entry(node, struct weir_semaphore_waiter, link);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_semaphore_init(struct weir_semaphore *s, size_t permits, size_t max_waiting)
{
	weir_assert(permits > 0);
	s->permits = s->total = permits;
	s->waiting = 0;
	s->max_waiting = max_waiting;
	s->granting = false;
	weir_list_init(&s->waiters);
}

int weir_semaphore_acquire(struct weir_semaphore *s, struct weir_semaphore_waiter *w)
{
	weir_list_init(&w->link);
	/* Permits may be free while others wait: during a release. They were here first. */
	if (s->permits > 0 && s->waiting == 0) {
		s->permits--;
		return 1;
	}
	if (s->waiting >= s->max_waiting)
		return WEIR_ENOROOM;
	weir_list_append(&s->waiters, &w->link);
	s->waiting++;
	return 0;
}

void weir_semaphore_release(struct weir_semaphore *s)
{
	weir_assert(s->permits < s->total);
	s->permits++;
	if (s->granting)
		return;
	s->granting = true;
	while (s->permits > 0 && s->waiting > 0) {
		struct weir_semaphore_waiter *w = semaphore_pop(s);

		s->permits--;
		w->granted(w);
	}
	s->granting = false;
}

bool weir_semaphore_cancel(struct weir_semaphore *s, struct weir_semaphore_waiter *w)
{
	if (!w->link.next || weir_list_empty(&w->link))
		return false;
	weir_list_remove(&w->link);
	s->waiting--;
	return true;
}
