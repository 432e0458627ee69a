/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics as JSON: the list of /api/metrics, with what each is, and the plain object of names and values that the
 * broker's own channel carries. A metric with a label is an object of its label's values there. The odd case: on the
 * channel the histogram becomes the quantiles of what has come since the last time. Any thread.
 */
#include "weir/server/metrics.h"
#include "weir/wire/json.h"

struct json {
	const struct weir_metrics *m;
	struct weir_buf *out;
	bool of_engine; /* of the object: which metrics it has */
	struct weir_metrics_latency *last;
};

static void put_string(struct weir_buf *out, const char *name, const char *value)
{
	weir_json_key(out, name);
	weir_json_append_string(out, weir_str(value));
}

static void put_double(struct weir_buf *out, const char *name, double value)
{
	weir_json_key(out, name);
	weir_buf_double(out, value);
}

static void put_value(struct weir_buf *out, const struct weir_metric *row, const char *label_value, double value)
{
	if (*row->label)
		weir_json_key(out, label_value);
	weir_buf_double(out, value);
}

static void begin_values(struct weir_buf *out, const struct weir_metric *row)
{
	if (*row->label || row->type == WEIR_METRIC_HISTOGRAM)
		weir_buf_char(out, '{');
}

static void end_values(struct weir_buf *out, const struct weir_metric *row)
{
	if (*row->label || row->type == WEIR_METRIC_HISTOGRAM)
		weir_buf_char(out, '}');
}

/* ---- the list ---- */

static void on_list_metric(void *ctx, const struct weir_metric *row)
{
	static const char *const types[] = {[WEIR_METRIC_COUNTER] = "counter",
		[WEIR_METRIC_GAUGE] = "gauge",
		[WEIR_METRIC_HISTOGRAM] = "histogram"};
	struct json *j = ctx;

	weir_json_comma(j->out);
	weir_buf_char(j->out, '{');
	put_string(j->out, "name", row->name);
	put_string(j->out, "type", types[row->type]);
	put_string(j->out, "unit", row->unit);
	put_string(j->out, "help", row->help);
	if (*row->label)
		put_string(j->out, "label", row->label);
	weir_json_key(j->out, "values");
	begin_values(j->out, row);
}

static void on_list_sample(void *ctx, const struct weir_metric *row, const char *label_value, double value)
{
	put_value(((struct json *)ctx)->out, row, label_value, value);
}

/* Counts up to each bound, as Prometheus has them. */
static void put_buckets(struct json *j)
{
	const struct weir_stats *s = &j->m->stats;
	uint64_t count = 0;

	weir_json_key(j->out, "buckets");
	weir_buf_char(j->out, '{');
	for (unsigned i = 0; i < WEIR_STATS_LATENCY; i++) {
		uint64_t bound_us = weir_stats_latency_bound_us(i);

		count += weir_stat_get(s, latency[i]);
		weir_json_comma(j->out);
		weir_buf_char(j->out, '"');
		if (bound_us == UINT64_MAX)
			weir_buf_lit(j->out, "+Inf");
		else
			weir_buf_double(j->out, (double)bound_us / 1e6);
		weir_buf_lit(j->out, "\":");
		weir_buf_u64(j->out, count);
	}
	weir_buf_char(j->out, '}');
	put_double(j->out, "count", (double)count);
	put_double(j->out, "sum", (double)weir_stat_get(s, latency_sum_us) / 1e6);
}

static void on_list_end(void *ctx, const struct weir_metric *row)
{
	struct json *j = ctx;

	if (row->type == WEIR_METRIC_HISTOGRAM)
		put_buckets(j);
	end_values(j->out, row);
	weir_buf_char(j->out, '}');
}

/* ---- the object ---- */

static bool wants(const struct json *j, const struct weir_metric *row)
{
	return weir_metric_is_of_engine(row) == j->of_engine;
}

static void on_object_metric(void *ctx, const struct weir_metric *row)
{
	struct json *j = ctx;

	if (!wants(j, row))
		return;
	weir_json_key(j->out, row->name);
	begin_values(j->out, row);
}

static void on_object_sample(void *ctx, const struct weir_metric *row, const char *label_value, double value)
{
	struct json *j = ctx;

	if (wants(j, row))
		put_value(j->out, row, label_value, value);
}

/* Within its bucket a quantile is where it would be if all were spread evenly; above the last bound: the largest. */
static double quantile_us(const uint64_t counts[WEIR_STATS_LATENCY], uint64_t total, double q, double max_us)
{
	double wanted = q * (double)total, seen = 0, from = 0;

	for (unsigned i = 0; i + 1 < WEIR_STATS_LATENCY; i++) {
		double n = (double)counts[i], to = (double)weir_stats_latency_bound_us(i);

		if (n > 0 && seen + n >= wanted) {
			double at = from + (to - from) * (wanted - seen) / n;

			return at < max_us ? at : max_us;
		}
		seen += n;
		from = to;
	}
	return max_us;
}

static void put_quantiles(struct json *j)
{
	double max_us = (double)weir_stat_get(&j->m->stats, latency_max_us);
	uint64_t counts[WEIR_STATS_LATENCY], total = 0;

	for (unsigned i = 0; i < WEIR_STATS_LATENCY; i++) {
		uint64_t now = weir_stat_get(&j->m->stats, latency[i]);

		counts[i] = now - j->last->counts[i];
		j->last->counts[i] = now;
		total += counts[i];
	}
	put_double(j->out, "p50", total ? quantile_us(counts, total, 0.5, max_us) / 1e6 : 0);
	put_double(j->out, "p99", total ? quantile_us(counts, total, 0.99, max_us) / 1e6 : 0);
	put_double(j->out, "max", total ? max_us / 1e6 : 0);
}

static void on_object_end(void *ctx, const struct weir_metric *row)
{
	struct json *j = ctx;

	if (!wants(j, row))
		return;
	if (row->type == WEIR_METRIC_HISTOGRAM)
		put_quantiles(j);
	end_values(j->out, row);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_metrics_json(const struct weir_metrics *m, struct weir_buf *out)
{
	struct json j = {.m = m, .out = out};

	weir_buf_char(out, '[');
	weir_metrics_each(
		m, &(struct weir_metrics_walk){
			   .metric = on_list_metric, .sample = on_list_sample, .end = on_list_end, .ctx = &j});
	weir_buf_char(out, ']');
}

void weir_metrics_values(
	const struct weir_metrics *m, bool of_engine, struct weir_metrics_latency *last, struct weir_buf *out)
{
	struct json j = {.m = m, .out = out, .of_engine = of_engine, .last = last};

	weir_buf_char(out, '{');
	weir_metrics_each(
		m, &(struct weir_metrics_walk){
			   .metric = on_object_metric, .sample = on_object_sample, .end = on_object_end, .ctx = &j});
	weir_buf_char(out, '}');
}
