/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks: pointers that go to the target's mailbox and come back in the spawner's. The way back cannot be full: it has a
 * place for each task that may be in flight. `from` outlives its tasks, since its close awaits them; a target that
 * closes answers what it has not run. So two spawners with tasks at each other can both close, in any order.
 */
#include "weir/core/task.h"

#include "weir/base/err.h"

#define SPAWNER_BUDGET 64

static bool spawner_on_task(struct weir_mailbox *mb, void *msg)
{
	struct weir_spawner *s = WEIR_CONTAINER_OF(mb, struct weir_spawner, tasks);
	struct weir_task *t = *(struct weir_task **)msg;
	bool sent;

	t->result = s->closing ? WEIR_ECANCELLED : t->run(t);
	sent = weir_mailbox_send(&t->from->results, &t);
	weir_assert(sent);
	return true;
}

static void spawner_on_results_closed(struct weir_mailbox *mb)
{
	struct weir_spawner *s = WEIR_CONTAINER_OF(mb, struct weir_spawner, results);

	if (s->closed)
		s->closed(s);
}

static void spawner_close_results(struct weir_spawner *s)
{
	if (s->tasks_closed && s->in_flight == 0 && !weir_mailbox_is_closing(&s->results))
		weir_mailbox_close(&s->results, spawner_on_results_closed);
}

static void spawner_on_tasks_closed(struct weir_mailbox *mb)
{
	struct weir_spawner *s = WEIR_CONTAINER_OF(mb, struct weir_spawner, tasks);

	s->tasks_closed = true;
	spawner_close_results(s);
}

static bool spawner_on_result(struct weir_mailbox *mb, void *msg)
{
	struct weir_spawner *s = WEIR_CONTAINER_OF(mb, struct weir_spawner, results);
	struct weir_task *t = *(struct weir_task **)msg;

	s->in_flight--;
	t->done(t, t->result);
	spawner_close_results(s);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_spawner_init(struct weir_spawner *s, struct weir_loop *loop, size_t max_in_flight)
{
	int err;

	s->loop = loop;
	s->in_flight = 0;
	s->max_in_flight = max_in_flight;
	s->closing = s->tasks_closed = false;
	s->closed = NULL;
	err = weir_mailbox_init(
		&s->tasks, loop, sizeof(struct weir_task *), max_in_flight, SPAWNER_BUDGET, spawner_on_task, s);
	if (err)
		return err;
	err = weir_mailbox_init(
		&s->results, loop, sizeof(struct weir_task *), max_in_flight, SPAWNER_BUDGET, spawner_on_result, s);
	weir_assert(
		err == 0); /* libuv can fail only for want of the loop's wake-up descriptor, which is there by now */
	return 0;
}

void weir_spawner_close(struct weir_spawner *s, void (*closed)(struct weir_spawner *s))
{
	weir_assert(weir_loop_is_current(s->loop) && !s->closing);
	s->closing = true;
	s->closed = closed;
	weir_mailbox_close(&s->tasks, spawner_on_tasks_closed);
}

int weir_spawn(struct weir_spawner *from, struct weir_spawner *target, struct weir_task *t)
{
	weir_assert(weir_loop_is_current(from->loop));
	if (from->closing || weir_mailbox_is_closing(&target->tasks))
		return WEIR_ECLOSED;
	if (from->in_flight >= from->max_in_flight)
		return WEIR_ELIMIT;
	t->from = from;
	if (!weir_mailbox_send(&target->tasks, &t))
		return WEIR_ENOROOM;
	from->in_flight++;
	return 0;
}
