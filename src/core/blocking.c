/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocking pool: a queue under a mutex, threads that take from it, and per client a list of finished jobs and an
 * async handle, which is sent to once per empty → non-empty. Lock order: pool, then client; no callback under either. A
 * pool thread's last touch of a client is the unlock after it handed the job over, so who holds the job may let the
 * client go.
 */
#include "weir/core/blocking.h"

#include <signal.h>
#include <stdlib.h>

#include "weir/base/err.h"
#include "weir/base/mem.h"

struct weir_blocking_pool {
	pthread_mutex_t mutex;
	pthread_cond_t work;
	struct weir_list queue; /* weir_job.link, oldest first */
	size_t jobs, max_jobs;  /* waiting and running */
	bool stopping;
	unsigned n_threads;
	pthread_t threads[];
};

static void client_hand_over(struct weir_job *job)
{
	struct weir_blocking_client *c = job->client;

	pthread_mutex_lock(&c->mutex);
	if (weir_list_empty(&c->finished))
		uv_async_send(&c->async);
	weir_list_append(&c->finished, &job->link);
	pthread_mutex_unlock(&c->mutex);
}

static struct weir_job *pool_take(struct weir_blocking_pool *pool)
{
	struct weir_job *job = NULL;

	pthread_mutex_lock(&pool->mutex);
	while (weir_list_empty(&pool->queue) && !pool->stopping)
		pthread_cond_wait(&pool->work, &pool->mutex);
	if (!weir_list_empty(&pool->queue)) {
		job = weir_list_entry(pool->queue.next, struct weir_job, link);
		weir_list_remove(&job->link);
		job->waiting = false;
	}
	pthread_mutex_unlock(&pool->mutex);
	return job;
}

static void *pool_thread(void *arg)
{
	struct weir_blocking_pool *pool = arg;
	struct weir_job *job;

	while ((job = pool_take(pool))) {
		job->result = job->work(job);
		/* Its place is free before `done` is called, so that `done` can submit the next one. */
		pthread_mutex_lock(&pool->mutex);
		pool->jobs--;
		pthread_mutex_unlock(&pool->mutex);
		client_hand_over(job);
	}
	return NULL;
}

/* Signals are for the threads that run loops. */
static void pool_start_threads(struct weir_blocking_pool *pool, unsigned wanted)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->n_threads < wanted &&
		pthread_create(&pool->threads[pool->n_threads], NULL, pool_thread, pool) == 0)
		pool->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Under the pool's mutex. */
static void pool_cancel(struct weir_blocking_pool *pool, struct weir_job *job)
{
	weir_list_remove(&job->link);
	job->waiting = false;
	job->result = WEIR_ECANCELLED;
	pool->jobs--;
	client_hand_over(job);
}

static void client_on_closed(uv_handle_t *handle)
{
	struct weir_blocking_client *c = WEIR_CONTAINER_OF((uv_async_t *)handle, struct weir_blocking_client, async);

	pthread_mutex_destroy(&c->mutex);
	if (c->closed)
		c->closed(c);
}

static void client_close_if_idle(struct weir_blocking_client *c)
{
	if (c->closing && c->in_flight == 0 && !uv_is_closing((uv_handle_t *)&c->async))
		uv_close((uv_handle_t *)&c->async, client_on_closed);
}

static void client_on_async(uv_async_t *async)
{
	struct weir_blocking_client *c = WEIR_CONTAINER_OF(async, struct weir_blocking_client, async);
	struct weir_list finished; /* weir_job.link */

	weir_list_init(&finished);
	pthread_mutex_lock(&c->mutex);
	weir_list_splice(&finished, &c->finished);
	pthread_mutex_unlock(&c->mutex);
	while (!weir_list_empty(&finished)) {
		struct weir_job *job = weir_list_entry(finished.next, struct weir_job, link);

		weir_list_remove(&job->link);
		c->in_flight--;
		job->done(job, job->result);
	}
	client_close_if_idle(c);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_blocking_pool *weir_blocking_pool_new(unsigned threads, size_t max_jobs)
{
	struct weir_blocking_pool *pool;

	weir_assert(threads > 0 && max_jobs > 0);
	pool = weir_xcalloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));
	weir_assert(pthread_mutex_init(&pool->mutex, NULL) == 0 && pthread_cond_init(&pool->work, NULL) == 0);
	weir_list_init(&pool->queue);
	pool->max_jobs = max_jobs;
	pool_start_threads(pool, threads);
	if (pool->n_threads == 0)
		weir_blocking_pool_free(&pool);
	return pool;
}

void weir_blocking_pool_free(struct weir_blocking_pool **ppool)
{
	struct weir_blocking_pool *pool = *ppool;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->mutex);
	weir_assert(pool->jobs == 0);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	for (unsigned i = 0; i < pool->n_threads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
	*ppool = NULL;
}

size_t weir_blocking_pool_jobs(struct weir_blocking_pool *pool)
{
	size_t jobs;

	pthread_mutex_lock(&pool->mutex);
	jobs = pool->jobs;
	pthread_mutex_unlock(&pool->mutex);
	return jobs;
}

int weir_blocking_client_init(struct weir_blocking_client *c, struct weir_blocking_pool *pool, struct weir_loop *loop)
{
	int err;

	weir_assert(weir_loop_is_current(loop));
	err = uv_async_init(&loop->uv, &c->async, client_on_async);
	if (err)
		return err;
	weir_assert(pthread_mutex_init(&c->mutex, NULL) == 0);
	weir_list_init(&c->finished);
	c->pool = pool;
	c->loop = loop;
	c->in_flight = 0;
	c->closing = false;
	c->closed = NULL;
	return 0;
}

void weir_blocking_client_close(struct weir_blocking_client *c, void (*closed)(struct weir_blocking_client *c))
{
	struct weir_list *node, *tmp;

	weir_assert(weir_loop_is_current(c->loop) && !c->closing);
	c->closing = true;
	c->closed = closed;
	pthread_mutex_lock(&c->pool->mutex);
	weir_list_foreach_safe (node, tmp, &c->pool->queue) {
		struct weir_job *job = weir_list_entry(node, struct weir_job, link);

		if (job->client == c)
			pool_cancel(c->pool, job);
	}
	pthread_mutex_unlock(&c->pool->mutex);
	client_close_if_idle(c);
}

int weir_blocking_submit(struct weir_blocking_client *c, struct weir_job *job)
{
	struct weir_blocking_pool *pool = c->pool;
	int err = 0;

	weir_assert(weir_loop_is_current(c->loop));
	if (c->closing)
		return WEIR_ECLOSED;
	job->client = c;
	pthread_mutex_lock(&pool->mutex);
	if (pool->jobs < pool->max_jobs) {
		pool->jobs++;
		job->waiting = true;
		weir_list_append(&pool->queue, &job->link);
		pthread_cond_signal(&pool->work);
	} else {
		err = WEIR_ENOROOM;
	}
	pthread_mutex_unlock(&pool->mutex);
	if (!err)
		c->in_flight++;
	return err;
}

bool weir_blocking_cancel(struct weir_blocking_client *c, struct weir_job *job)
{
	bool waiting;

	weir_assert(weir_loop_is_current(c->loop));
	pthread_mutex_lock(&c->pool->mutex);
	waiting = job->waiting;
	if (waiting)
		pool_cancel(c->pool, job);
	pthread_mutex_unlock(&c->pool->mutex);
	return waiting;
}
