/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hub and workers on real threads. With one worker the hub shares its loop and a request is a function call; with more,
 * the hub runs on the main loop and everything travels through mailboxes. What a worker serves (sessions, listeners) is
 * put on its loop by the layers above, before the threads start.
 *
 * Life: init, set up the workers, run (which starts the threads and returns after stop), fini. A worker ends when the
 * layers above have closed what is theirs on it and call weir_broker_worker_close() on its thread; run returns when all
 * have. The engine is opened by init, and closed on the hub's loop when the last worker has ended and all it asked for
 * has come.
 */
#ifndef WEIR_CORE_BROKER_H
#define WEIR_CORE_BROKER_H

#include "weir/core/mailbox.h"
#include "weir/core/task.h"
#include "weir/core/timer.h"
#include "weir/core/worker.h"

struct weir_broker;

struct weir_broker_options {
	unsigned workers;    /* ≥ 1 */
	size_t mailbox_size; /* messages on their way to the hub */
	size_t inbox_size;   /* messages on their way to a worker; ≥ WEIR_HUB_MESSAGES_PER_REQUEST */
	struct weir_log *log;
	const struct weir_clock *clock;
	const struct weir_hash_key *hash_key;
	const struct weir_namespaces *namespaces;
	struct weir_engine *engine; /* not owned; used on the hub's thread */
	struct weir_node node;      /* this broker; not copied */
	size_t queue_total_bytes;   /* that may wait for all clients together */
};

struct weir_broker_worker {
	struct weir_broker *broker;
	struct weir_loop loop;
	struct weir_worker worker;
	struct weir_spawner spawner; /* to run things on this worker and to report back */
	struct weir_turn_hook end_turn;
	struct weir_timer timer;         /* for worker.timers, and the engine where the hub is here */
	uint64_t timer_at_ms;            /* what it is set to; UINT64_MAX: nothing */
	uv_idle_t again;                 /* there is more to do without waiting */
	uv_async_t wake;                 /* others want it to end a turn; closed when all threads have ended */
	struct weir_ring local;          /* one worker: its inbox, of struct weir_message */
	bool wants_room;                 /* one worker: it was refused */
	bool leaving;                    /* several: nothing but what still waits for room at the hub */
	struct weir_mailbox inbox;       /* several: of struct weir_message */
	struct weir_mailbox_waiter room; /* several: waits for room at the hub */
	struct weir_task ending;         /* tells the main loop */
	bool ended;                      /* several: the hub leaves its inbox alone; main thread */
	unsigned open;                   /* handles not yet closed */
	uv_thread_t thread;
};

struct weir_broker {
	struct weir_broker_options o;
	struct weir_hub *hub;
	struct weir_budget budget;
	struct weir_loop main; /* the thread that calls weir_broker_run(): signals, and the hub with several workers */
	struct weir_spawner spawner; /* of the main loop */
	struct weir_turn_hook main_turn;
	struct weir_timer timer; /* several workers: for the engine */
	uint64_t timer_at_ms;
	struct weir_mailbox mailbox;     /* several workers: of struct weir_request * */
	struct weir_mailbox_waiter room; /* several workers: waits for room in an inbox */
	unsigned running;                /* workers that have not said that they end; main thread */
	atomic_bool publish_held;        /* the engine has no room for publishes */
	/* Hub's thread: */
	bool engine_waits;   /* it found an inbox full, and is to be told of room */
	bool engine_resumes; /* several workers: at the end of this turn */
	enum {
		WEIR_BROKER_ENGINE_SHUT,
		WEIR_BROKER_ENGINE_OPEN,
		WEIR_BROKER_ENGINE_CLOSING,
	} engine_state; /* SHUT before init has opened it, and once it is closed */
	struct weir_broker_worker *workers;
};

int weir_broker_init(struct weir_broker *b, const struct weir_broker_options *o) WEIR_MUSTCHECK;
/* Who gets the worker's control messages and its notices of room. Before run. */
void weir_broker_attach(struct weir_broker_worker *w, void (*on_control)(void *ctx, const struct weir_control *c),
	void (*on_room)(void *ctx), void *ctx);
/* Who fills in the worker's part of surveys; with the same ctx. Before run. */
void weir_broker_attach_survey(struct weir_broker_worker *w,
	void (*on_survey)(void *ctx, const struct weir_survey_question *q, struct weir_survey_slot *slot));
/* Who is told, on worker 0, whether anybody is subscribed to the broker's own channel; with the same ctx. Before run. */
void weir_broker_attach_watch(struct weir_broker_worker *w, void (*on_watched)(void *ctx, bool watched));
/* How many messages wait, and for how many there is room: for the hub, and in the fullest inbox. Any thread. */
struct weir_broker_queues {
	size_t hub, hub_max, inbox, inbox_max;
};
void weir_broker_queues(const struct weir_broker *b, struct weir_broker_queues *out);
/* Sums of all workers' counters. Any thread. */
void weir_broker_stats(const struct weir_broker *b, struct weir_stats *sum);
/* The longest turn of any of its loops so far, waiting not counted. Any thread. */
uint64_t weir_broker_longest_turn_us(const struct weir_broker *b);
/* Starts the workers' threads and runs the main loop. Returns when every worker has ended. */
int weir_broker_run(struct weir_broker *b) WEIR_MUSTCHECK;
/*
 * Worker's thread, last of all that happens there: no client and no request of it is left. Surveys of others that end
 * here are still handed on.
 */
void weir_broker_worker_close(struct weir_broker_worker *w);
/* After run, on the thread that ran it, which now owns all loops: handles that close slowly get the time they need. */
void weir_broker_fini(struct weir_broker *b);

#endif
