/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics for Prometheus: its text format 0.0.4, or OpenMetrics 1.0 for who asks for it. They differ in the name of a
 * counter's family and in the end. Label values are names and numbers of the table, but for the version: escaped all
 * the same. Any thread, but for the route: loop's thread.
 */
#include "config.h"

#include "weir/server/metrics.h"

#define PREFIX     "weir_"
#define BODY_MAX   (1u << 20)
#define LINES      "Cache-Control: no-store\r\n"
#define TEXT_TYPE  "text/plain; version=0.0.4; charset=utf-8"
#define OPEN_MEDIA "application/openmetrics-text"
#define OPEN_TYPE  OPEN_MEDIA "; version=1.0.0; charset=utf-8"

struct text {
	const struct weir_metrics *m;
	struct weir_buf *out;
	bool openmetrics;
};

static const char *type_name(enum weir_metric_type type)
{
	static const char *const names[] = {[WEIR_METRIC_COUNTER] = "counter",
		[WEIR_METRIC_GAUGE] = "gauge",
		[WEIR_METRIC_HISTOGRAM] = "histogram"};

	return names[type];
}

static const char *suffix(const struct weir_metric *row)
{
	return row->type == WEIR_METRIC_COUNTER ? "_total" : "";
}

/* Backslash, newline and, in a label's value, quotes. */
static void put_escaped(struct weir_buf *out, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\n') {
			weir_buf_lit(out, "\\n");
			continue;
		}
		if (*text == '\\' || (quotes && *text == '"'))
			weir_buf_char(out, '\\');
		weir_buf_char(out, *text);
	}
}

static void on_metric(void *ctx, const struct weir_metric *row)
{
	struct text *t = ctx;
	const char *end = t->openmetrics ? "" : suffix(row);

	weir_buf_printf(t->out, "# HELP " PREFIX "%s%s ", row->name, end);
	put_escaped(t->out, row->help, t->openmetrics);
	weir_buf_printf(t->out, "\n# TYPE " PREFIX "%s%s %s\n", row->name, end, type_name(row->type));
}

static void on_sample(void *ctx, const struct weir_metric *row, const char *label_value, double value)
{
	struct text *t = ctx;

	weir_buf_printf(t->out, PREFIX "%s%s", row->name, suffix(row));
	if (*row->label) {
		weir_buf_printf(t->out, "{%s=\"", row->label);
		put_escaped(t->out, label_value, true);
		weir_buf_lit(t->out, "\"}");
	}
	weir_buf_char(t->out, ' ');
	weir_buf_double(t->out, value);
	weir_buf_char(t->out, '\n');
}

static void put_histogram(struct text *t, const struct weir_metric *row)
{
	const struct weir_stats *s = &t->m->stats;
	uint64_t count = 0;

	for (unsigned i = 0; i < WEIR_STATS_LATENCY; i++) {
		uint64_t bound_us = weir_stats_latency_bound_us(i);

		count += weir_stat_get(s, latency[i]);
		weir_buf_printf(t->out, PREFIX "%s_bucket{le=\"", row->name);
		if (bound_us == UINT64_MAX)
			weir_buf_lit(t->out, "+Inf");
		else
			weir_buf_double(t->out, (double)bound_us / 1e6);
		weir_buf_lit(t->out, "\"} ");
		weir_buf_u64(t->out, count);
		weir_buf_char(t->out, '\n');
	}
	weir_buf_printf(t->out, PREFIX "%s_sum ", row->name);
	weir_buf_double(t->out, (double)weir_stat_get(s, latency_sum_us) / 1e6);
	weir_buf_printf(t->out, "\n" PREFIX "%s_count ", row->name);
	weir_buf_u64(t->out, count);
	weir_buf_char(t->out, '\n');
}

static void on_end(void *ctx, const struct weir_metric *row)
{
	if (row->type == WEIR_METRIC_HISTOGRAM)
		put_histogram(ctx, row);
}

static void on_page(void *ctx, struct weir_http_request *req)
{
	const struct weir_metrics_page *page = ctx;
	struct weir_str accept = weir_head_get(req->head, "Accept");
	bool openmetrics = accept.p && memmem(accept.p, accept.n, OPEN_MEDIA, sizeof(OPEN_MEDIA) - 1);
	struct weir_metrics m;
	struct weir_buf body;

	if (page->api && !weir_api_authorizes(page->api, req->head)) {
		weir_http_respond(req, 401, NULL, WEIR_STR(LINES), WEIR_STR(""));
		return;
	}
	weir_metrics_gather(page->source, &m);
	weir_buf_init(&body, BODY_MAX);
	weir_metrics_text(&m, openmetrics, &body);
	if (body.failed)
		weir_http_respond_error(req, 503, "out of memory", WEIR_STR_NONE);
	else
		weir_http_respond(req, 200, openmetrics ? OPEN_TYPE : TEXT_TYPE, WEIR_STR(LINES), weir_buf_view(&body));
	weir_buf_fini(&body);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_metrics_text(const struct weir_metrics *m, bool openmetrics, struct weir_buf *out)
{
	struct text t = {.m = m, .out = out, .openmetrics = openmetrics};

	weir_metrics_each(
		m, &(struct weir_metrics_walk){.metric = on_metric, .sample = on_sample, .end = on_end, .ctx = &t});
	if (openmetrics)
		weir_buf_lit(out, "# EOF\n");
}

void weir_metrics_routes(struct weir_metrics_page *page, struct weir_http_router *router)
{
	weir_http_router_add(
		router, &(struct weir_http_route){
				.path = "/metrics", .methods = WEIR_HTTP_GET, .handler = on_page, .ctx = page});
}
