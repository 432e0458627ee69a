/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A front: everything one worker serves, on its loop: listener, HTTP, WebSocket, sessions. Built by the main thread
 * before the workers run; from then on it belongs to its worker.
 */
#ifndef WEIR_APP_FRONT_PRIV_H
#define WEIR_APP_FRONT_PRIV_H

#include "weir/app/conf.h"
#include "weir/core/blocking.h"
#include "weir/core/broker.h"
#include "weir/core/semaphore.h"
#include "weir/server/api.h"
#include "weir/server/dashboard.h"
#include "weir/server/emulation.h"
#include "weir/server/events.h"
#include "weir/server/health.h"
#include "weir/server/http.h"
#include "weir/server/limits.h"
#include "weir/server/listener.h"
#include "weir/server/metrics.h"
#include "weir/server/origin.h"
#include "weir/server/static.h"
#include "weir/server/stats_feed.h"
#include "weir/server/ws.h"
#include "weir/session/session.h"

/* What all fronts share; read-only while they run, or made for sharing. */
struct weir_front_shared {
	const struct weir_conf *conf;
	struct weir_log *log;
	const struct weir_clock *clock;
	struct weir_session_config sessions;
	struct weir_origins origins;
	struct weir_limits limits;
	struct weir_health health;
	struct weir_blocking_pool *pool;
	struct weir_guesses guesses; /* at the dashboard's password */
	struct weir_dashboard_options dashboard;
	struct weir_metrics_source metrics;
	struct weir_node node;
	struct weir_api_options api; /* worker and pendings are each front's own */
	unsigned workers;
	int max_fd;
};

struct weir_front {
	struct weir_front_shared *shared;
	struct weir_broker_worker *worker;
	struct weir_random random;
	struct weir_sessions sessions;
	struct weir_ws *ws;
	struct weir_http_streams *streams;
	struct weir_emulation emulation;
	struct weir_http_router router;
	struct weir_http_websocket websocket;
	struct weir_http_server http;
	struct weir_pendings pendings; /* deadlines of API calls */
	struct weir_api api;
	struct weir_events events;
	struct weir_static page;
	struct weir_dashboard dashboard;
	struct weir_metrics_page metrics;
	struct weir_stats_feed feed; /* at work on worker 0 */
	struct weir_listener listener;
	struct weir_blocking_client blocking;
	struct weir_semaphore verifications; /* how many tokens of this worker the pool has */
	struct weir_timer drain_timer;
	bool draining, hurried, ending;
	unsigned open;         /* handles not yet closed */
	struct weir_task task; /* the main thread's: drain or hurry */
};

/* The listening sockets are taken over. 0, or an error that has been logged. */
int weir__front_init(struct weir_front *f, struct weir_front_shared *shared, struct weir_broker_worker *worker,
	struct weir_listen_set *sockets) WEIR_MUSTCHECK;
/* Second step, for all fronts after all have been initialised. */
int weir__front_open(struct weir_front *f) WEIR_MUSTCHECK;
/* Worker's thread: tell clients, let them go, then end the worker. */
void weir__front_drain(struct weir_front *f);
/* Worker's thread, after drain: close what is left without waiting. */
void weir__front_hurry(struct weir_front *f);
/*
 * Main thread, all workers have ended: stop, then the loops are finished, then fini. libwebsockets closes one
 * descriptor twice when its context ends, so no other thread may open any at that time.
 */
void weir__front_stop(struct weir_front *f);
void weir__front_fini(struct weir_front *f);

#endif
