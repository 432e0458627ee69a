/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who publishes the broker's numbers to its own channel (WEIR_STATS_CHANNEL) once a second, for as long as somebody is
 * subscribed there: the metrics, the clients furthest behind, the engine's state, the brokers of the cluster. It asks
 * the hub as sessions do and announces through it, so the engine has no part in it: in an outage it goes on, with the
 * other brokers as they were last known. When the hub has no room, or the workers have not answered yet, a second is
 * left out. One for the whole broker, on worker 0. Worker's thread.
 */
#ifndef WEIR_SERVER_STATS_FEED_H
#define WEIR_SERVER_STATS_FEED_H

#include "weir/core/timer.h"
#include "weir/core/worker.h"
#include "weir/server/metrics.h"

struct weir_stats_feed_options {
	struct weir_worker *worker;
	const struct weir_metrics_source *metrics;
	struct weir_node node; /* this broker; not copied */
	uint64_t period_ms;
};

struct weir_stats_feed {
	struct weir_stats_feed_options o;
	struct weir_timer timer;
	bool watched, closing, timer_closed;
	bool surveying, asking, announcing; /* requests under way */
	uint64_t asked_ms;                  /* for the nodes; 0: never */
	struct weir_node_list nodes;        /* as last told, this broker first */
	size_t n_present;                   /* of those; the others have not been heard of since */
	struct weir_metrics_latency latency;
	void (*closed)(struct weir_stats_feed *feed);
};

int weir_stats_feed_init(
	struct weir_stats_feed *feed, struct weir_loop *loop, const struct weir_stats_feed_options *o) WEIR_MUSTCHECK;
/* Somebody is subscribed, or nobody any more: the worker's on_watched(). */
void weir_stats_feed_watch(struct weir_stats_feed *feed, bool watched);
/* `closed` is called when the hub has answered and the timer is gone. */
void weir_stats_feed_close(struct weir_stats_feed *feed, void (*closed)(struct weir_stats_feed *feed));

#endif
