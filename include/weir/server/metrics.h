/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's metrics: one table (server/metrics.def) of all there are, and what they are read from. /metrics,
 * /api/metrics and the broker's own channel are written from it. Any thread may gather; a gathered set has one owner.
 */
#ifndef WEIR_SERVER_METRICS_H
#define WEIR_SERVER_METRICS_H

#include "weir/base/buf.h"
#include "weir/bus/stats.h"
#include "weir/core/broker.h"
#include "weir/core/engine.h"
#include "weir/server/api.h"
#include "weir/server/http.h"

#define WEIR_METRICS_ENGINE_MAX  160 /* figures of the engine; those of more shards are left out */
#define WEIR_METRICS_ENGINE_NAME 48

enum weir_metric_type {
	WEIR_METRIC_COUNTER,
	WEIR_METRIC_GAUGE,
	WEIR_METRIC_HISTOGRAM,
};

/* What the process and its parts say, as they say it; the table knows the units. */
struct weir_metrics {
	struct weir_stats stats; /* sums of all workers */
	struct weir_hub_figures hub;
	struct weir_broker_queues queues;
	struct weir_http_counters http; /* sums of all workers */
	uint64_t workers, queued_bytes, queue_budget_bytes, longest_turn_us, uptime_ms;
	/* weir_metrics_process() */
	uint64_t rss_bytes, cpu_us, open_fds;
	bool engine_up;
	size_t n_engine;
	struct {
		char name[WEIR_METRICS_ENGINE_NAME];
		double value;
	} engine[WEIR_METRICS_ENGINE_MAX];
};

/* Where they come from: fills in all but the process's and the engine's. Any thread. */
struct weir_metrics_source {
	void (*fill)(void *ctx, struct weir_metrics *m);
	void *ctx;
	struct weir_engine *engine; /* NULL: none */
};

void weir_metrics_gather(const struct weir_metrics_source *source, struct weir_metrics *m);
/* Memory, processor time and descriptors of this process: reads a few files of /proc. */
void weir_metrics_process(struct weir_metrics *m);
void weir_metrics_http_sum(struct weir_http_counters *to, const struct weir_http_counters *from);

/* ---- walking ---- */

struct weir_metric {
	const char *name; /* without `weir_` and `_total` */
	enum weir_metric_type type;
	const char *unit;  /* "", "bytes", "seconds" */
	const char *label; /* of its samples; "": one sample, without a label */
	const char *help;
};

/*
 * Calls metric() for each row of the table that has samples now, in between sample() for each of these (a histogram has
 * none: it is m->stats.latency), and end() after the last.
 */
struct weir_metrics_walk {
	void (*metric)(void *ctx, const struct weir_metric *row);
	void (*sample)(void *ctx, const struct weir_metric *row, const char *label_value, double value);
	void (*end)(void *ctx, const struct weir_metric *row);
	void *ctx;
};

void weir_metrics_each(const struct weir_metrics *m, const struct weir_metrics_walk *walk);
/* Row i of the table, NULL behind the last: also of those that have no samples. */
const struct weir_metric *weir_metrics_row(size_t i);
bool weir_metric_is_of_engine(const struct weir_metric *row);

/* ---- notations ---- */

/* Prometheus' text format 0.0.4, or OpenMetrics 1.0. */
void weir_metrics_text(const struct weir_metrics *m, bool openmetrics, struct weir_buf *out);
/* The array of /api/metrics. */
void weir_metrics_json(const struct weir_metrics *m, struct weir_buf *out);
/*
 * The object of names and values, of the engine's metrics or of all others. `last`: the latencies of before, so that
 * the histogram becomes the quantiles of what came since; then also what they are to be told from next time.
 */
struct weir_metrics_latency {
	uint64_t counts[WEIR_STATS_LATENCY];
};
void weir_metrics_values(
	const struct weir_metrics *m, bool of_engine, struct weir_metrics_latency *last, struct weir_buf *out);

/* ---- /metrics ---- */

struct weir_metrics_page {
	const struct weir_metrics_source *source;
	struct weir_api *api; /* whose key is asked for; NULL: none is */
};

/* The page must outlive the router. */
void weir_metrics_routes(struct weir_metrics_page *page, struct weir_http_router *router);

#endif
