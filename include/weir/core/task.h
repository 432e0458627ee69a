/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spawn a function onto another loop's thread and join with its result on one's own. The task's memory belongs to the
 * spawner until `done` has been called there (exactly once, also when the target loop is closing: WEIR_ECANCELLED).
 */
#ifndef WEIR_CORE_TASK_H
#define WEIR_CORE_TASK_H

#include "weir/core/mailbox.h"

struct weir_task;
struct weir_spawner;

struct weir_task {
	int (*run)(struct weir_task *t);               /* on the target's thread; its result is the join's */
	void (*done)(struct weir_task *t, int result); /* on the spawner's thread */
	struct weir_spawner *from;                     /* set by weir_spawn */
	int result;
};

/* One per loop that takes part: where tasks arrive and where their results come back. */
struct weir_spawner {
	struct weir_loop *loop;
	struct weir_mailbox tasks;       /* struct weir_task *, to run here */
	struct weir_mailbox results;     /* struct weir_task *, finished elsewhere */
	size_t in_flight, max_in_flight; /* tasks of this loop that are elsewhere: bounds the results mailbox */
	bool closing, tasks_closed;
	void (*closed)(struct weir_spawner *s);
};

/* max_in_flight also bounds the tasks that wait to run here. */
int weir_spawner_init(struct weir_spawner *s, struct weir_loop *loop, size_t max_in_flight) WEIR_MUSTCHECK;
/*
 * Tasks that still wait here to run are answered WEIR_ECANCELLED; then those of its own that are in flight are awaited.
 * Others may still try to spawn onto it, until `closed` (may be NULL).
 */
void weir_spawner_close(struct weir_spawner *s, void (*closed)(struct weir_spawner *s));
/*
 * On from's thread; the target may be from itself, run and done then come from its loop. 0, WEIR_ENOROOM (target full),
 * WEIR_ELIMIT (too many of from's in flight), WEIR_ECLOSED (one of both is closing).
 */
int weir_spawn(struct weir_spawner *from, struct weir_spawner *target, struct weir_task *t) WEIR_MUSTCHECK;

#endif
