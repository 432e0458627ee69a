/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocking pool: its bound, results on the submitting loop, cancel of one job and of a client's, two clients on two
 * loops. Jobs wait at a gate, so what is running and what is waiting is known.
 */
#include "loop_thread.h"

#include <stdlib.h>

#include "weir/core/blocking.h"

const char weir_test_suite[] = "core/blocking";

#define MANY 2000u

struct job {
	struct weir_job j;
	struct side *side;
	int n, result;
	unsigned dones;
	atomic_uint runs;
	pthread_t ran_on;
};

/* A loop with its client. */
struct side {
	struct loop_thread lt;
	struct weir_blocking_client client;
	struct job jobs[MANY];
	unsigned submitted, done, stop_at, wrong, closed;
};

static struct weir_blocking_pool *pool;
static struct side a, b;
static uv_sem_t gate, arrived;
static atomic_uint running, max_running;

static void side_init(struct side *s)
{
	loop_init(&s->lt.loop);
	s->submitted = s->done = s->stop_at = s->wrong = s->closed = 0;
	CU_ASSERT_EQUAL_FATAL(weir_blocking_client_init(&s->client, pool, &s->lt.loop), 0);
}

static void setup(unsigned threads, size_t max_jobs)
{
	pool = weir_blocking_pool_new(threads, max_jobs);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	side_init(&a);
	uv_sem_init(&gate, 0);
	uv_sem_init(&arrived, 0);
	atomic_store(&running, 0);
	atomic_store(&max_running, 0);
}

static void on_closed(struct weir_blocking_client *c)
{
	struct side *s = WEIR_CONTAINER_OF(c, struct side, client);

	s->closed++;
	s->wrong += c->in_flight != 0;
	weir_loop_stop(&s->lt.loop);
}

static void teardown(void)
{
	CU_ASSERT_EQUAL(a.closed, 1);
	CU_ASSERT_EQUAL(a.wrong, 0);
	weir_loop_fini(&a.lt.loop);
	CU_ASSERT_EQUAL(weir_blocking_pool_jobs(pool), 0);
	weir_blocking_pool_free(&pool);
	CU_ASSERT_PTR_NULL(pool);
	uv_sem_destroy(&gate);
	uv_sem_destroy(&arrived);
}

static void close_a(void)
{
	weir_blocking_client_close(&a.client, on_closed);
	weir_loop_run(&a.lt.loop);
}

static int work(struct weir_job *j)
{
	struct job *job = WEIR_CONTAINER_OF(j, struct job, j);

	atomic_fetch_add(&job->runs, 1);
	job->ran_on = pthread_self();
	return job->n;
}

static int work_at_gate(struct weir_job *j)
{
	unsigned now = atomic_fetch_add(&running, 1) + 1, max = atomic_load(&max_running);

	while (now > max && !atomic_compare_exchange_weak(&max_running, &max, now))
		;
	uv_sem_post(&arrived);
	uv_sem_wait(&gate);
	atomic_fetch_sub(&running, 1);
	return work(j);
}

static void on_done(struct weir_job *j, int result)
{
	struct job *job = WEIR_CONTAINER_OF(j, struct job, j);
	struct side *s = job->side;

	job->dones++;
	job->result = result;
	s->wrong += !pthread_equal(pthread_self(), s->lt.loop.thread);
	if (result == WEIR_ECANCELLED)
		s->wrong += atomic_load(&job->runs) != 0;
	else
		s->wrong += result != job->n || pthread_equal(pthread_self(), job->ran_on);
	if (++s->done == s->stop_at)
		weir_loop_stop(&s->lt.loop);
}

static struct job *job_init(struct side *s, unsigned i, int (*fn)(struct weir_job *))
{
	struct job *job = &s->jobs[i];

	*job = (struct job){.j = {.work = fn, .done = on_done}, .side = s, .n = (int)i + 1};
	return job;
}

static int submit(struct side *s, unsigned i, int (*fn)(struct weir_job *))
{
	return weir_blocking_submit(&s->client, &job_init(s, i, fn)->j);
}

static void await_arrived(unsigned n)
{
	while (n--)
		uv_sem_wait(&arrived);
}

static void open_gate(unsigned n)
{
	while (n--)
		uv_sem_post(&gate);
}

static void test_bounds(void)
{
	setup(2, 5);
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(submit(&a, i, work_at_gate), 0);
	CU_ASSERT_EQUAL(submit(&a, 5, work), WEIR_ENOROOM);
	await_arrived(2);
	CU_ASSERT_EQUAL(submit(&a, 5, work), WEIR_ENOROOM); /* running ones count too */
	CU_ASSERT_EQUAL(weir_blocking_pool_jobs(pool), 5);
	CU_ASSERT_EQUAL(a.client.in_flight, 5);
	open_gate(5);
	a.stop_at = 5;
	weir_loop_run(&a.lt.loop);
	CU_ASSERT_EQUAL(a.done, 5);
	CU_ASSERT_EQUAL(atomic_load(&max_running), 2);
	CU_ASSERT_EQUAL(a.jobs[5].dones, 0);
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(a.jobs[i].result, (int)i + 1);
	close_a();
	teardown();
}

/* A finished job has left its place when `done` is called. */
static void on_done_submit_next(struct weir_job *j, int result)
{
	struct side *s = WEIR_CONTAINER_OF(j, struct job, j)->side;

	on_done(j, result);
	if (s->submitted < MANY) {
		struct job *job = job_init(s, s->submitted, work);

		job->j.done = on_done_submit_next;
		s->wrong += weir_blocking_submit(&s->client, &job->j) != 0;
		s->submitted++;
	}
}

static void test_done_submits_the_next(void)
{
	setup(1, 1);
	a.stop_at = MANY;
	a.submitted = 1;
	job_init(&a, 0, work)->j.done = on_done_submit_next;
	CU_ASSERT_EQUAL(weir_blocking_submit(&a.client, &a.jobs[0].j), 0);
	weir_loop_run(&a.lt.loop);
	CU_ASSERT_EQUAL(a.done, MANY);
	close_a();
	teardown();
}

static void test_cancel_one(void)
{
	setup(1, 8);
	CU_ASSERT_EQUAL(submit(&a, 0, work_at_gate), 0);
	await_arrived(1);
	CU_ASSERT_EQUAL(submit(&a, 1, work), 0);
	CU_ASSERT_EQUAL(submit(&a, 2, work), 0);
	CU_ASSERT_TRUE(weir_blocking_cancel(&a.client, &a.jobs[1].j));
	CU_ASSERT_FALSE(weir_blocking_cancel(&a.client, &a.jobs[1].j));
	CU_ASSERT_FALSE(weir_blocking_cancel(&a.client, &a.jobs[0].j)); /* it runs */
	CU_ASSERT_EQUAL(a.jobs[1].dones, 0);                            /* never inside */
	CU_ASSERT_EQUAL(weir_blocking_pool_jobs(pool), 2);
	a.stop_at = 1;
	weir_loop_run(&a.lt.loop);
	CU_ASSERT_EQUAL(a.jobs[1].result, WEIR_ECANCELLED);
	open_gate(1);
	a.stop_at = 3;
	weir_loop_run(&a.lt.loop);
	CU_ASSERT_EQUAL(a.jobs[0].result, 1);
	CU_ASSERT_EQUAL(a.jobs[2].result, 3);
	CU_ASSERT_EQUAL(a.jobs[0].dones + a.jobs[1].dones + a.jobs[2].dones, 3);
	close_a();
	teardown();
}

static void *open_gate_once(void *arg)
{
	(void)arg;
	open_gate(1);
	return NULL;
}

static void test_close_cancels_and_awaits(void)
{
	pthread_t thread;

	setup(1, 8);
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(submit(&a, i, i == 0 ? work_at_gate : work), 0);
	await_arrived(1);
	weir_blocking_client_close(&a.client, on_closed);
	CU_ASSERT_EQUAL(a.done, 0);
	CU_ASSERT_EQUAL(submit(&a, 4, work), WEIR_ECLOSED);
	a.stop_at = 3;
	weir_loop_run(&a.lt.loop);
	CU_ASSERT_EQUAL(a.closed, 0); /* the running one is awaited */
	for (unsigned i = 1; i < 4; i++)
		CU_ASSERT_EQUAL(a.jobs[i].result, WEIR_ECANCELLED);
	CU_ASSERT_EQUAL(a.jobs[0].dones, 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, open_gate_once, NULL), 0);
	weir_loop_run(&a.lt.loop);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(a.jobs[0].result, 1);
	CU_ASSERT_EQUAL(a.done, 4);
	teardown();
}

static void on_done_close(struct weir_job *j, int result)
{
	on_done(j, result);
	weir_blocking_client_close(j->client, on_closed);
}

static void test_close_inside_done(void)
{
	setup(1, 8);
	job_init(&a, 0, work)->j.done = on_done_close;
	CU_ASSERT_EQUAL(weir_blocking_submit(&a.client, &a.jobs[0].j), 0);
	for (unsigned i = 1; i < 4; i++)
		CU_ASSERT_EQUAL(submit(&a, i, work), 0);
	weir_loop_run(&a.lt.loop);
	CU_ASSERT_EQUAL(a.done, 4);
	teardown();
}

/* ---- two loops ---- */

static void side_submit_more(struct side *s);

static void on_done_more(struct weir_job *j, int result)
{
	on_done(j, result);
	side_submit_more(WEIR_CONTAINER_OF(j, struct job, j)->side);
}

static void side_submit_more(struct side *s)
{
	while (s->submitted < MANY) {
		struct job *job = job_init(s, s->submitted, work);
		int err;

		job->j.done = on_done_more;
		err = weir_blocking_submit(&s->client, &job->j);
		if (err) {
			s->wrong += err != WEIR_ENOROOM;
			return;
		}
		s->submitted++;
	}
}

/* When all are done. An own job is always in flight until then: the bound leaves each side its share. */
static void side_check(struct side *s)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < MANY; i++)
		wrong += s->jobs[i].dones != 1 || atomic_load(&s->jobs[i].runs) != 1;
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(s->done, MANY);
	CU_ASSERT_EQUAL(s->wrong, 0);
}

static void on_turn_submit(uv_idle_t *idle)
{
	struct side *s = idle->data;

	side_submit_more(s);
	if (s->submitted == MANY)
		uv_idle_stop(idle);
}

static void side_begin(struct side *s, uv_idle_t *idle)
{
	uv_idle_init(&s->lt.loop.uv, idle);
	idle->data = s;
	uv_idle_start(idle, on_turn_submit);
	s->stop_at = MANY;
	loop_thread_start(&s->lt);
}

static void test_two_clients(void)
{
	uv_idle_t idle_a, idle_b;

	setup(3, 16);
	side_init(&b);
	side_begin(&a, &idle_a);
	side_begin(&b, &idle_b);
	loop_thread_join(&a.lt);
	loop_thread_join(&b.lt);
	side_check(&a);
	side_check(&b);
	uv_close((uv_handle_t *)&idle_a, NULL);
	uv_close((uv_handle_t *)&idle_b, NULL);
	weir_blocking_client_close(&b.client, on_closed);
	weir_loop_fini(&b.lt.loop);
	CU_ASSERT_EQUAL(b.closed, 1);
	close_a();
	teardown();
}

/* A close takes only its own client's jobs out of the queue. */
static void test_close_leaves_others_alone(void)
{
	setup(1, 8);
	side_init(&b);
	CU_ASSERT_EQUAL(submit(&b, 0, work_at_gate), 0);
	await_arrived(1);
	CU_ASSERT_EQUAL(submit(&a, 0, work), 0);
	CU_ASSERT_EQUAL(submit(&b, 1, work), 0);
	CU_ASSERT_EQUAL(submit(&a, 1, work), 0);
	close_a();
	CU_ASSERT_EQUAL(a.jobs[0].result, WEIR_ECANCELLED);
	CU_ASSERT_EQUAL(a.jobs[1].result, WEIR_ECANCELLED);
	CU_ASSERT_EQUAL(weir_blocking_pool_jobs(pool), 2);
	open_gate(1);
	b.stop_at = 2;
	weir_loop_run(&b.lt.loop);
	CU_ASSERT_EQUAL(b.jobs[0].result, 1);
	CU_ASSERT_EQUAL(b.jobs[1].result, 2);
	CU_ASSERT_EQUAL(b.wrong, 0);
	weir_blocking_client_close(&b.client, on_closed);
	weir_loop_fini(&b.lt.loop);
	teardown();
}

/* The pool's threads are still on their way back when client and pool go. */
static void test_rounds_of_everything(void)
{
	for (int round = 0; round < 100; round++) {
		setup(2, 8);
		for (unsigned i = 0; i < 6; i++)
			CU_ASSERT_EQUAL(submit(&a, i, work), 0);
		close_a();
		CU_ASSERT_EQUAL(a.done, 6);
		teardown();
	}
}

static void test_free_nothing(void)
{
	struct weir_blocking_pool *none = NULL;

	weir_blocking_pool_free(&none);
	CU_ASSERT_PTR_NULL(none);
}

CU_TestInfo weir_tests[] = {
	{"bounds", test_bounds},
	{"done submits the next", test_done_submits_the_next},
	{"cancel one", test_cancel_one},
	{"close cancels and awaits", test_close_cancels_and_awaits},
	{"close inside done", test_close_inside_done},
	{"two clients", test_two_clients},
	{"close leaves others alone", test_close_leaves_others_alone},
	{"rounds of everything", test_rounds_of_everything},
	{"free nothing", test_free_nothing},
	CU_TEST_INFO_NULL,
};
