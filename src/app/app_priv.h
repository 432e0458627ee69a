/* SPDX-License-Identifier: Apache-2.0 */
/* The process: what serve.c builds and shutdown.c brings to an end. Main thread. */
#ifndef WEIR_APP_APP_PRIV_H
#define WEIR_APP_APP_PRIV_H

#include "front_priv.h"

struct app {
	struct weir_conf *conf;
	struct weir_log log;
	struct weir_random random; /* the engine's: the hub's thread */
	struct weir_hash_key hash_key;
	struct weir_namespaces *namespaces;
	struct weir_token_keys *keys;
	struct weir_engine *engine;
	struct weir_broker broker;
	struct weir_front_shared shared;
	struct weir_front *fronts;
	unsigned workers;
	uint16_t port;
	atomic_bool draining;
	uv_signal_t sigterm, sigint;
	struct weir_timer deadline; /* of the drain */
	uint64_t started_ms;
	char uid[37], name[300]; /* of this node, for the API: name is host_port */
};

/* This broker, as others see it; once it listens. */
struct weir_node weir__app_node(const struct app *a);
/* NULL: no memory, or an option cannot be used, which has been logged. */
struct weir_engine *weir__app_engine_new(struct app *a);

/* Signals and the drain's deadline on the main loop; before it runs. */
int weir__shutdown_init(struct app *a) WEIR_MUSTCHECK;
void weir__shutdown_close(struct app *a); /* after it has run */
/* Should no client be sent here? `why` gets the reason, for /ready. Any thread. */
bool weir__shutdown_not_ready(void *app, struct weir_buf *why);

#endif
