/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker: the clients of one thread, its index of subscriptions and the fan-out to them. Like the hub it does no I/O:
 * the broker runs it on a libuv loop, tests on a virtual clock. Worker's thread.
 */
#ifndef WEIR_CORE_WORKER_H
#define WEIR_CORE_WORKER_H

#include "weir/base/clock.h"
#include "weir/base/log.h"
#include "weir/base/timers.h"
#include "weir/bus/index.h"
#include "weir/bus/stats.h"
#include "weir/core/budget.h"
#include "weir/core/hub.h"
#include "weir/filter/filters.h"

struct weir_worker;

/* Events of a turn whose latency is measured; what a turn takes beyond that is left out of the measure. */
#define WEIR_WORKER_TURN_EVENTS 2048

struct weir_worker_options {
	unsigned id;
	const struct weir_clock *clock;
	const struct weir_hash_key *hash_key;
	const struct weir_namespaces *namespaces;
	struct weir_log *log;
	struct weir_budget *budget; /* the whole broker's; NULL: none */
	/* Gives a request to the hub's mailbox. False: no room, nothing happened; weir_worker_room() will be called. */
	bool (*to_hub)(void *hub_ctx, struct weir_request *r);
	void *hub_ctx;
	void (*on_control)(void *ctx, const struct weir_control *c); /* a control message for this worker's clients */
	/* Fills in this worker's slot. NULL: it stays empty. */
	void (*on_survey)(void *ctx, const struct weir_survey_question *q, struct weir_survey_slot *slot);
	/* The broker's own channel has got its first subscriber, or lost its last. Of worker 0. NULL: nobody cares. */
	void (*on_watched)(void *ctx, bool watched);
	void (*on_room)(void *ctx); /* there is room for requests again */
	/* While it is set publishes find no room; the worker's turn ends once more after that. NULL: never. */
	const atomic_bool *publish_held;
	void *ctx;
};

struct weir_worker {
	struct weir_worker_options o;
	struct weir_index index;
	struct weir_filters *filters;                 /* of its subscriptions, and their conflation keys */
	struct weir_list dirty;                       /* weir_client.dirty: to be flushed at the end of the turn */
	struct weir_list faults;                      /* weir_client.fault: overflowed or lost a place */
	struct weir_timers timers;                    /* deadlines of its clients */
	struct weir_queues queues;                    /* what waits for its clients' sockets */
	struct weir_request *waiting, **waiting_tail; /* requests that must not fail and found no room, oldest first */
	struct weir_survey_request *surveys, **surveys_tail; /* to be filled in, one a turn; slots[].next */
	struct weir_stats stats;
	bool shedding; /* the budget needs another turn */
	uint32_t n_accepted;
	int64_t accepted_us[WEIR_WORKER_TURN_EVENTS]; /* when the events were that have been fanned out in this turn */
	bool publish_refused;                         /* on_room() is to be called when publishes find room */
};

void weir_worker_init(struct weir_worker *w, const struct weir_worker_options *o);
void weir_worker_fini(struct weir_worker *w); /* no clients are left */

/* False: the hub has no room; the caller keeps the request and stops taking input until on_room(). */
bool weir_worker_ask(struct weir_worker *w, struct weir_request *r) WEIR_MUSTCHECK;
/* For what must not be lost (somebody left): waits for room in a list, which the worker's clients bound. */
void weir_worker_tell(struct weir_worker *w, struct weir_request *r);
void weir_worker_room(struct weir_worker *w); /* the hub's mailbox has room again */

void weir_worker_survey(struct weir_worker *w); /* fills in the oldest survey that waits for it */
void weir_worker_receive(struct weir_worker *w, struct weir_message *m); /* takes what the message holds */
/*
 * Queues an event to a subscriber by the policy of its queue (overflow.c). False: it was not taken; why is in the
 * lane's accounts, or will be dealt with at the end of the turn. Borrows the frame; NULL counts as no room.
 */
bool weir_worker_publish(
	struct weir_worker *w, struct weir_subscription *s, struct weir_frame *f, struct weir_event_key key);
/*
 * Queues another push, which no policy may drop. False: the client is not open, or there is no room even without what
 * its policies may drop, which ends it at the end of the turn. Borrows the frame; NULL counts as no room.
 */
bool weir_worker_send(struct weir_worker *w, struct weir_client *c, struct weir_frame *f);
/* The same for an answer to the client: taken whatever the bound says; only want of memory refuses it. */
bool weir_worker_answer(struct weir_worker *w, struct weir_client *c, struct weir_frame *f);
/*
 * Takes so many bytes of what waits for an open client, by its policies, its heaviest subscriptions first; if nothing
 * may be dropped the client is lost. Every event dropped is one step: stops when none are left.
 */
void weir_worker_shed(struct weir_worker *w, struct weir_client *c, size_t bytes, unsigned *steps);
/* Something about this client has to be dealt with at the end of the turn. */
void weir_worker_fault(struct weir_worker *w, struct weir_client *c);
/* Marks a client for the flush at the end of the turn. */
void weir_worker_touch(struct weir_worker *w, struct weir_client *c);
/* End of a turn: deals with faults, flushes every touched client once, keeps the budget, fills in one survey. */
void weir_worker_end_turn(struct weir_worker *w);

/* Fans one event out to the channel's live subscribers. `previous` may be NULL. */
void weir_fanout(struct weir_worker *w, const struct weir_event *e, const struct weir_event *previous);

#endif
