/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker without sockets, threads or real time: hub, workers and sessions as they are, messages in queues that a
 * seeded scheduler drains in any order that threads could, and a clock that moves when the test says so.
 * Single-threaded.
 */
#ifndef WEIR_TEST_LOOPBACK_H
#define WEIR_TEST_LOOPBACK_H

#include "weir/session/session.h"

struct loopback;
struct loopback_client;

/* For a reference model that follows along, and for planting faults. */
struct loopback_hooks {
	/* The hub takes this request now: the order of these calls is the order of everything. */
	void (*submit)(void *ctx, struct weir_request *r);
	/* A message for a worker's inbox. False: it is lost on the way (what it holds is released). */
	bool (*deliver)(void *ctx, unsigned worker, const struct weir_message *m);
	void *ctx;
};

struct loopback_options {
	unsigned workers; /* 0: 1 */
	uint64_t seed;
	size_t hub_mailbox, inbox;          /* 0: 1024 */
	size_t queue_total_bytes;           /* 0: no bound */
	bool secure;                        /* not client.insecure */
	const char *hmac_secret;            /* NULL: no tokens */
	const char *rsa_public_key;         /* PEM; NULL: no RS tokens */
	struct weir_namespace without;      /* options of channels without a namespace; name is ignored */
	const struct weir_namespace *named; /* copied */
	size_t n_named;
	struct loopback_hooks hooks;
	struct weir_engine *(*engine)(
		void *ctx, struct weir_engine *memory); /* puts another in front of it. NULL: none */
	void *engine_ctx;
	const struct weir_session_config
		*config; /* values to start from; pointers in it are replaced. NULL: defaults */
};

const struct weir_session_config *loopback_default_config(void);
struct loopback *loopback_new(const struct loopback_options *o);
/*
 * Disconnects everybody, runs until quiet, and asserts that nothing is left behind: clients, subscriptions, requests.
 */
void loopback_free(struct loopback **lb);

void loopback_run(struct loopback *lb);                  /* until nothing is under way */
bool loopback_step(struct loopback *lb);                 /* one random step; false: nothing is under way */
bool loopback_step_without_flush(struct loopback *lb);   /* the same, but no worker's turn ends */
void loopback_advance(struct loopback *lb, uint64_t ms); /* time passes, timers fire in order, everything runs */
uint64_t loopback_now(const struct loopback *lb);        /* monotonic ms */
int64_t loopback_wall(const struct loopback *lb);        /* wall ms; starts at 1,700,000,000,000 */
struct weir_worker *loopback_worker(struct loopback *lb, unsigned worker);
struct weir_sessions *loopback_sessions(struct loopback *lb, unsigned worker);

const struct weir_namespace *loopback_namespace(const struct loopback *lb, struct weir_str channel);

extern bool loopback_msgpack; /* makes loopback_connect() loopback_connect_msgpack() */

/* A connection to one worker. Freed with loopback_client_free(). */
struct loopback_client *loopback_connect(struct loopback *lb, unsigned worker);
/*
 * A client of MessagePack that speaks JSON to the test: what it sends, line by line, and what it receives is converted, leniently
 * (a `bin` shows as an empty array); bytes go both ways as they are.
 */
struct loopback_client *loopback_connect_msgpack(struct loopback *lb, unsigned worker);
struct loopback *loopback_of(const struct loopback_client *c);
struct weir_session *loopback_session(const struct loopback_client *c); /* NULL after it hung up */
void loopback_send(struct loopback_client *c, const char *message);     /* one WebSocket message from the client */
void loopback_send_bytes(struct loopback_client *c, struct weir_str message); /* the same with any bytes */
/* The same message with its exact bytes, until the next call of either. */
struct weir_str loopback_receive_bytes(struct loopback_client *c);
/* The next message the client has received, as a string that stays until the next call; NULL: none. */
const char *loopback_receive(struct loopback_client *c);
void loopback_stall(struct loopback_client *c, bool stalled); /* the socket takes nothing */
void loopback_trickle(struct loopback_client *c, unsigned n); /* it takes n messages, now or later, then nothing */
unsigned loopback_closed(const struct loopback_client *c);    /* the disconnect code; 0: open */
const char *loopback_reason(const struct loopback_client *c);
bool loopback_paused(const struct loopback_client *c);
void loopback_hang_up(struct loopback_client *c);      /* the peer goes away */
void loopback_client_free(struct loopback_client **c); /* hangs up if it is open */

/* Publishes as the HTTP API does, from a worker; the answer is in *result after a run (status 1: not yet). */
struct loopback_result {
	int status;
	struct weir_publish_result place;
};
bool loopback_publish(
	struct loopback *lb, unsigned worker, const char *channel, const char *data, struct loopback_result *result);
bool loopback_publish_event(struct loopback *lb, unsigned worker, struct weir_event *e, bool skip_history,
	const char *idempotency_key, struct loopback_result *result);
/* history_remove as the API does it; the answer is dropped. */
void loopback_history_remove(struct loopback *lb, unsigned worker, const char *channel);
/* Gives a request of any kind to the hub; its done() must be set. False: no room, the caller keeps it. */
bool loopback_ask(struct loopback *lb, unsigned worker, struct weir_request *r);
/* A control message as the API sends it. */
void loopback_control(struct loopback *lb, const struct weir_control *spec);

#endif
