/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asynchronous counting semaphore: bounds how many operations of one loop run at once; the rest wait in order of
 * arrival, in a queue that is bounded too. Loop's thread only; a grant is called from inside release(), never from
 * acquire(), and grants do not nest: a release inside a grant is served by the outer one.
 */
#ifndef WEIR_CORE_SEMAPHORE_H
#define WEIR_CORE_SEMAPHORE_H

#include <stdbool.h>
#include <stddef.h>

#include "weir/base/err.h"
#include "weir/base/list.h"

struct weir_semaphore_waiter {
	void (*granted)(struct weir_semaphore_waiter *w); /* holds a permit now */
	struct weir_list link;                            /* weir_semaphore.waiters */
};

struct weir_semaphore {
	size_t permits, total; /* free now; free and held */
	size_t waiting, max_waiting;
	bool granting;            /* a release is on the stack */
	struct weir_list waiters; /* weir_semaphore_waiter.link, oldest first */
};

void weir_semaphore_init(struct weir_semaphore *s, size_t permits, size_t max_waiting);
/* 1: granted at once. 0: waits, w->granted will be called. WEIR_ENOROOM: the queue is full. */
int weir_semaphore_acquire(struct weir_semaphore *s, struct weir_semaphore_waiter *w) WEIR_MUSTCHECK;
void weir_semaphore_release(struct weir_semaphore *s);
/* False: it does not wait (granted, never asked: the memory is zeroed then). */
bool weir_semaphore_cancel(struct weir_semaphore *s, struct weir_semaphore_waiter *w);

#endif
