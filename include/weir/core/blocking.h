/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pool of threads for work that would block a loop or take long on it: signature checks, DNS, files. Shared by all
 * loops; the number of jobs waiting or running is bounded, and a full pool says so at once. The result comes back on
 * the submitting loop.
 */
#ifndef WEIR_CORE_BLOCKING_H
#define WEIR_CORE_BLOCKING_H

#include "weir/core/loop.h"

struct weir_blocking_pool;

struct weir_job {
	int (*work)(struct weir_job *job);              /* on a pool thread */
	void (*done)(struct weir_job *job, int result); /* on the submitting loop; WEIR_ECANCELLED if it never ran */
	struct weir_blocking_client *client;            /* set by submit */
	struct weir_list link; /* of the pool's queue (under its mutex), then of weir_blocking_client.finished */
	bool waiting;          /* in the pool's queue; under its mutex */
	int result;
};

/* One per loop that submits: brings results back. */
struct weir_blocking_client {
	struct weir_blocking_pool *pool;
	struct weir_loop *loop;
	uv_async_t async;
	pthread_mutex_t mutex;
	struct weir_list finished; /* weir_job.link; under mutex */
	size_t in_flight;          /* submitted and not `done`; loop's thread, like `closing` */
	bool closing;
	void (*closed)(struct weir_blocking_client *c);
};

struct weir_blocking_pool *weir_blocking_pool_new(unsigned threads, size_t max_jobs); /* NULL: no threads to be had */
void weir_blocking_pool_free(struct weir_blocking_pool **pool); /* joins the threads; all clients are closed */
/* Waiting and running; any thread. */
size_t weir_blocking_pool_jobs(struct weir_blocking_pool *pool);

/* The client's functions: on its loop's thread. `done` is called from the loop, never inside one of them. */
int weir_blocking_client_init(
	struct weir_blocking_client *c, struct weir_blocking_pool *pool, struct weir_loop *loop) WEIR_MUSTCHECK;
/* Jobs that have not begun are cancelled, running ones awaited; `done` is called for each, then `closed`. */
void weir_blocking_client_close(struct weir_blocking_client *c, void (*closed)(struct weir_blocking_client *c));
/*
 * 0; WEIR_ENOROOM: max_jobs are waiting or running; WEIR_ECLOSED: the client is closing. The caller keeps the job's
 * memory where it is until `done`.
 */
int weir_blocking_submit(struct weir_blocking_client *c, struct weir_job *job) WEIR_MUSTCHECK;
/* A job that was submitted and is not `done`. True: it had not begun, `done` comes with WEIR_ECANCELLED. */
bool weir_blocking_cancel(struct weir_blocking_client *c, struct weir_job *job);

#endif
