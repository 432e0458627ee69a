/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks: run there and joined here, on the right threads, exactly once; limits on both sides; cancelled by a close; two
 * spawners that close with tasks at each other; a close from inside the task, while its spawner is still at it.
 */
#include "loop_thread.h"

#include <stdlib.h>

#include "weir/core/task.h"

const char weir_test_suite[] = "core/task";

#define TASKS     5000u
#define IN_FLIGHT 64u

struct party {
	struct loop_thread lt;
	struct weir_spawner spawner;
	struct party *other;
	unsigned started, finished, wrong, closed, refused;
	unsigned cancelled;
};

struct job {
	struct weir_task t;
	struct party *from, *at;
	int n;
	unsigned runs, dones;
};

static struct party a, b;
static struct job jobs[2][TASKS];

static void party_init(struct party *p, struct party *other, size_t max_in_flight)
{
	*p = (struct party){.other = other};
	loop_init(&p->lt.loop);
	CU_ASSERT_EQUAL_FATAL(weir_spawner_init(&p->spawner, &p->lt.loop, max_in_flight), 0);
}

static void on_closed(struct weir_spawner *s)
{
	struct party *p = WEIR_CONTAINER_OF(s, struct party, spawner);

	p->closed++;
	weir_loop_stop(&p->lt.loop);
}

static int on_run(struct weir_task *t)
{
	struct job *job = WEIR_CONTAINER_OF(t, struct job, t);

	job->runs++;
	job->at->wrong += !pthread_equal(pthread_self(), job->at->lt.loop.thread);
	return job->n;
}

static void on_done(struct weir_task *t, int result)
{
	struct job *job = WEIR_CONTAINER_OF(t, struct job, t);
	struct party *p = job->from;

	job->dones++;
	p->finished++;
	p->wrong += !pthread_equal(pthread_self(), p->lt.loop.thread);
	p->cancelled += result == WEIR_ECANCELLED;
	p->wrong += result == WEIR_ECANCELLED ? job->runs != 0 : (job->runs != 1 || result != job->n);
}

static void on_done_stop(struct weir_task *t, int result)
{
	on_done(t, result);
	weir_loop_stop(t->from->loop);
}

static void turns(struct party *p, int n)
{
	p->lt.loop.thread = pthread_self();
	while (n--)
		uv_run(&p->lt.loop.uv, UV_RUN_NOWAIT);
}

static struct job *job_init(struct job *job, struct party *from, struct party *at, int n)
{
	*job = (struct job){.t = {.run = on_run, .done = on_done}, .from = from, .at = at, .n = n};
	return job;
}

static void on_async_close(uv_async_t *async)
{
	struct party *p = async->data;

	weir_spawner_close(&p->spawner, on_closed);
	uv_close((uv_handle_t *)async, NULL);
}

static void test_spawn_and_join(void)
{
	struct job *job = job_init(&jobs[0][0], &a, &b, 42);
	uv_async_t close_b;

	party_init(&a, &b, 4);
	party_init(&b, &a, 4);
	job->t.done = on_done_stop;
	CU_ASSERT_EQUAL(uv_async_init(&b.lt.loop.uv, &close_b, on_async_close), 0);
	close_b.data = &b;
	loop_thread_start(&b.lt);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &job->t), 0);
	weir_loop_run(&a.lt.loop);
	uv_async_send(&close_b);
	loop_thread_join(&b.lt);
	CU_ASSERT_EQUAL(job->runs, 1);
	CU_ASSERT_EQUAL(job->dones, 1);
	CU_ASSERT_EQUAL(job->t.result, 42);
	CU_ASSERT_EQUAL(a.wrong + b.wrong, 0);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &job->t), WEIR_ECLOSED);
	weir_loop_fini(&b.lt.loop);
	weir_spawner_close(&a.spawner, on_closed);
	weir_loop_fini(&a.lt.loop);
	CU_ASSERT_EQUAL(a.closed, 1);
	CU_ASSERT_EQUAL(b.closed, 1);
}

static void test_limits(void)
{
	party_init(&a, &b, 4);
	party_init(&b, &a, 2);
	for (int i = 0; i < 5; i++)
		job_init(&jobs[0][i], &a, &b, i);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &jobs[0][0].t), 0);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &jobs[0][1].t), 0);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &jobs[0][2].t), WEIR_ENOROOM);
	CU_ASSERT_EQUAL(a.spawner.in_flight, 2);
	turns(&b, 2); /* run, but not joined yet: they still count */
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &jobs[0][2].t), 0);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &jobs[0][3].t), 0);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &jobs[0][4].t), WEIR_ELIMIT);
	turns(&b, 2);
	CU_ASSERT_EQUAL(a.finished, 0);
	turns(&a, 2);
	CU_ASSERT_EQUAL(a.finished, 4);
	CU_ASSERT_EQUAL(a.spawner.in_flight, 0);
	CU_ASSERT_EQUAL(jobs[0][4].runs + jobs[0][4].dones, 0);
	CU_ASSERT_EQUAL(a.wrong + b.wrong, 0);
	weir_spawner_close(&a.spawner, on_closed);
	weir_spawner_close(&b.spawner, on_closed);
	weir_loop_fini(&a.lt.loop);
	weir_loop_fini(&b.lt.loop);
}

static void test_onto_oneself(void)
{
	party_init(&a, &a, 4);
	job_init(&jobs[0][0], &a, &a, 7);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &a.spawner, &jobs[0][0].t), 0);
	CU_ASSERT_EQUAL(jobs[0][0].runs, 0);
	turns(&a, 3);
	CU_ASSERT_EQUAL(jobs[0][0].runs, 1);
	CU_ASSERT_EQUAL(a.finished, 1);
	CU_ASSERT_EQUAL(a.wrong, 0);
	weir_spawner_close(&a.spawner, on_closed);
	weir_loop_fini(&a.lt.loop);
	CU_ASSERT_EQUAL(a.closed, 1);
}

static void test_close_cancels_what_waits(void)
{
	party_init(&a, &b, 8);
	party_init(&b, &a, 8);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &job_init(&jobs[0][i], &a, &b, i)->t), 0);
	turns(&b, 2);
	for (int i = 3; i < 5; i++)
		CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &job_init(&jobs[0][i], &a, &b, i)->t), 0);
	weir_spawner_close(&b.spawner, on_closed);
	weir_loop_fini(&b.lt.loop);
	CU_ASSERT_EQUAL(b.closed, 1);
	turns(&a, 2);
	CU_ASSERT_EQUAL(a.finished, 5);
	CU_ASSERT_EQUAL(a.cancelled, 2);
	CU_ASSERT_EQUAL(jobs[0][3].t.result, WEIR_ECANCELLED);
	CU_ASSERT_EQUAL(a.wrong, 0);
	weir_spawner_close(&a.spawner, on_closed);
	weir_loop_fini(&a.lt.loop);
}

/* Its own close awaits what it has elsewhere; meanwhile nothing new may leave. */
static void test_close_awaits_its_own(void)
{
	party_init(&a, &b, 8);
	party_init(&b, &a, 8);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &job_init(&jobs[0][0], &a, &b, 1)->t), 0);
	weir_spawner_close(&a.spawner, on_closed);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &job_init(&jobs[0][1], &a, &b, 1)->t), WEIR_ECLOSED);
	turns(&a, 5);
	CU_ASSERT_EQUAL(a.closed, 0);
	turns(&b, 2);
	turns(&a, 5);
	CU_ASSERT_EQUAL(a.finished, 1);
	CU_ASSERT_EQUAL(a.cancelled, 0);
	CU_ASSERT_EQUAL(a.closed, 1);
	weir_spawner_close(&b.spawner, on_closed);
	weir_loop_fini(&a.lt.loop);
	weir_loop_fini(&b.lt.loop);
}

/* ---- across threads ---- */

static atomic_uint parties_done;

static void party_spawn_more(struct party *p);

static void on_done_more(struct weir_task *t, int result)
{
	struct party *p = WEIR_CONTAINER_OF(t, struct job, t)->from;

	on_done(t, result);
	if (p->finished < TASKS) {
		party_spawn_more(p);
	} else if (atomic_fetch_add(&parties_done, 1) == 1) {
		/* Whoever is done first goes on running the other's. */
		weir_loop_stop(&a.lt.loop);
		weir_loop_stop(&b.lt.loop);
	}
}

static void party_spawn_more(struct party *p)
{
	while (p->started < TASKS) {
		struct job *job = job_init(&jobs[p == &b][p->started], p, p->other, (int)p->started);
		int err;

		job->t.done = on_done_more;
		err = weir_spawn(&p->spawner, &p->other->spawner, &job->t);
		if (err) {
			p->wrong += err != WEIR_ELIMIT && err != WEIR_ENOROOM;
			p->refused++;
			return;
		}
		p->started++;
	}
}

static void on_async_begin(uv_async_t *async)
{
	struct party *p = async->data;

	uv_close((uv_handle_t *)async, NULL);
	party_spawn_more(p);
}

static int run_nothing(struct weir_task *t)
{
	(void)t;
	return 0;
}

static void on_last_done(struct weir_task *t, int result)
{
	(void)result;
	weir_spawner_close(t->from, on_closed);
}

/* Both spawn onto each other as fast as they can; then each closes when its last task has come back. */
static void test_two_at_each_other(void)
{
	uv_async_t begin_a, begin_b;
	struct weir_task last_a = {.run = run_nothing, .done = on_last_done};
	struct weir_task last_b = {.run = run_nothing, .done = on_last_done};

	atomic_store(&parties_done, 0);
	party_init(&a, &b, IN_FLIGHT);
	party_init(&b, &a, IN_FLIGHT);
	uv_async_init(&a.lt.loop.uv, &begin_a, on_async_begin);
	uv_async_init(&b.lt.loop.uv, &begin_b, on_async_begin);
	begin_a.data = &a;
	begin_b.data = &b;
	loop_thread_start(&a.lt);
	loop_thread_start(&b.lt);
	uv_async_send(&begin_a);
	uv_async_send(&begin_b);
	loop_thread_join(&a.lt);
	loop_thread_join(&b.lt);
	CU_ASSERT_EQUAL(a.finished, TASKS);
	CU_ASSERT_EQUAL(b.finished, TASKS);
	CU_ASSERT_EQUAL(a.cancelled + b.cancelled, 0);
	CU_ASSERT_EQUAL(a.wrong + b.wrong, 0);
	CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &b.spawner, &last_a), 0);
	CU_ASSERT_EQUAL(weir_spawn(&b.spawner, &a.spawner, &last_b), 0);
	loop_thread_start(&a.lt);
	loop_thread_start(&b.lt);
	loop_thread_join(&a.lt);
	loop_thread_join(&b.lt);
	CU_ASSERT_EQUAL(a.closed + b.closed, 2);
	weir_loop_fini(&a.lt.loop);
	weir_loop_fini(&b.lt.loop);
}

/* Both close while both have tasks at the other: every task is answered, both closes end. */
static void test_both_close_with_tasks_at_each_other(void)
{
	for (int round = 0; round < 100; round++) {
		uv_async_t close_a, close_b;
		unsigned bad = 0;

		party_init(&a, &b, IN_FLIGHT);
		party_init(&b, &a, IN_FLIGHT);
		uv_async_init(&a.lt.loop.uv, &close_a, on_async_close);
		uv_async_init(&b.lt.loop.uv, &close_b, on_async_close);
		close_a.data = &a;
		close_b.data = &b;
		for (int i = 0; i < (int)IN_FLIGHT; i++) {
			bad += weir_spawn(&a.spawner, &b.spawner, &job_init(&jobs[0][i], &a, &b, i)->t) != 0;
			bad += weir_spawn(&b.spawner, &a.spawner, &job_init(&jobs[1][i], &b, &a, i)->t) != 0;
		}
		loop_thread_start(&a.lt);
		loop_thread_start(&b.lt);
		uv_async_send(&close_a);
		uv_async_send(&close_b);
		loop_thread_join(&a.lt);
		loop_thread_join(&b.lt);
		CU_ASSERT_EQUAL(bad, 0);
		CU_ASSERT_EQUAL(a.finished, IN_FLIGHT);
		CU_ASSERT_EQUAL(b.finished, IN_FLIGHT);
		CU_ASSERT_EQUAL(a.wrong + b.wrong, 0);
		CU_ASSERT_EQUAL(a.closed + b.closed, 2);
		weir_loop_fini(&a.lt.loop);
		weir_loop_fini(&b.lt.loop);
	}
}

static int run_close_target(struct weir_task *t)
{
	struct job *job = WEIR_CONTAINER_OF(t, struct job, t);

	weir_spawner_close(&job->at->spawner, on_closed);
	return job->n;
}

static void *party_run_and_fini(void *arg)
{
	struct party *p = arg;

	weir_loop_run(&p->lt.loop);
	weir_loop_fini(&p->lt.loop);
	free(p);
	return NULL;
}

/* "Shut yourself down": the target closes and goes while weir_spawn() may not have returned. */
static void test_task_that_closes_its_target(void)
{
	party_init(&a, NULL, 4);
	for (int round = 0; round < 200; round++) {
		struct party *p = weir_xmalloc(sizeof(*p));
		struct job *job = job_init(&jobs[0][0], &a, p, round);
		pthread_t thread;

		party_init(p, NULL, 4);
		job->t.run = run_close_target;
		job->runs = 1;
		job->t.done = on_done_stop;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, party_run_and_fini, p), 0);
		CU_ASSERT_EQUAL(weir_spawn(&a.spawner, &p->spawner, &job->t), 0);
		weir_loop_run(&a.lt.loop);
		pthread_join(thread, NULL);
	}
	CU_ASSERT_EQUAL(a.finished, 200);
	CU_ASSERT_EQUAL(a.wrong, 0);
	weir_spawner_close(&a.spawner, on_closed);
	weir_loop_fini(&a.lt.loop);
}

CU_TestInfo weir_tests[] = {
	{"spawn and join", test_spawn_and_join},
	{"limits", test_limits},
	{"onto oneself", test_onto_oneself},
	{"close cancels what waits", test_close_cancels_what_waits},
	{"close awaits its own", test_close_awaits_its_own},
	{"two at each other", test_two_at_each_other},
	{"both close with tasks at each other", test_both_close_with_tasks_at_each_other},
	{"a task that closes its target", test_task_that_closes_its_target},
	CU_TEST_INFO_NULL,
};
