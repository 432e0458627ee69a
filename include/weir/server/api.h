/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's HTTP API (protocol.md §13): POST /api/<method>, and the older POST /api with commands one after the
 * other. One object per worker. It turns each call into requests to the hub and answers when all of them have been
 * answered. A request of which nothing could be given to the hub answers 503 at once; later, calls wait for room. When
 * nothing moves for answer_ms, or the client goes away, what has not been given to the hub is dropped. Worker's thread.
 */
#ifndef WEIR_SERVER_API_H
#define WEIR_SERVER_API_H

#include "weir/bus/namespace.h"
#include "weir/core/budget.h"
#include "weir/core/engine.h"
#include "weir/core/worker.h"
#include "weir/server/admin.h"
#include "weir/server/http.h"

#define WEIR_API_KEY_HASH 32

struct weir_metrics_source;

struct weir_api_options {
	struct weir_str key;                /* not kept, only its hash; empty: every call is refused, unless insecure */
	bool insecure;                      /* no authentication at all */
	const struct weir_token_keys *keys; /* of tokens of admins, who need no key; NULL: none is taken */
	const struct weir_namespaces *namespaces;
	size_t channel_max_length;
	size_t body_limit;
	size_t history_max;         /* publications in one result */
	size_t answer_max_bytes;    /* all results of one HTTP request; what does not fit is error 100 */
	size_t idempotency_key_max; /* bytes */
	uint64_t answer_ms;         /* without an answer from the hub: 503 */
	struct weir_worker *worker;
	struct weir_pendings *pendings; /* of the worker's loop */
	/* Sums of all workers' counters; NULL: those of `worker`. Any thread. */
	void (*stats)(void *ctx, struct weir_stats *sum);
	uint64_t (*longest_turn_us)(void *ctx); /* of any loop; NULL: not shown. Any thread. */
	void *stats_ctx;
	const struct weir_budget *budget;          /* NULL: none */
	struct weir_engine *engine;                /* for its metrics; NULL: none */
	const struct weir_metrics_source *metrics; /* of the whole broker; NULL: the method metrics is not available */
};

struct weir_api_counters {
	uint64_t requests, calls, errors, unauthorized, bad_requests, unavailable;
};

struct weir_api {
	struct weir_api_options o;
	unsigned char key_hash[WEIR_API_KEY_HASH];
	bool has_key, closing;
	struct weir_admin admin;
	struct weir_list waiting; /* api_request.link: for room at the hub, oldest first */
	size_t n_requests;        /* not yet freed: they wait for answers from the hub */
	void (*closed)(struct weir_api *api);
	struct weir_api_counters counters;
};

/* Limits and times by protocol.md §8.3; the pointers and names are the caller's to fill in. */
void weir_api_options_default(struct weir_api_options *o);
void weir_api_init(struct weir_api *api, const struct weir_api_options *o);
/* Once closed. */
void weir_api_fini(struct weir_api *api);
/* The API must outlive the router. */
void weir_api_routes(struct weir_api *api, struct weir_http_router *router);
/* Has the request a key, or the token of an admin, or is none needed? For other routes that ask for the same. */
bool weir_api_authorizes(struct weir_api *api, const struct weir_head *head);
/* The worker has room for requests again: to be called from its on_room(). */
void weir_api_room(struct weir_api *api);
/*
 * After the HTTP server is closed: `closed` is called when the hub has answered everything, perhaps inside. The
 * pendings must stay until then.
 */
void weir_api_close(struct weir_api *api, void (*closed)(struct weir_api *api));

#endif
