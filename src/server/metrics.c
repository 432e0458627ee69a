/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of metrics, read twice: once for its rows, once as the code that walks them. The odd case: a row whose
 * samples are all absent (those of another engine) is left out. Any thread.
 */
#include "weir/server/metrics.h"

#include <stdio.h>

#include "api_priv.h"
#include "config.h"

#define ENGINE_SHARD "redis.shard."

static const struct weir_metric rows[] = {
#define M(metric_name, metric_type, metric_unit, metric_label, metric_help, samples) \
	{.name = #metric_name,                                                       \
		.type = WEIR_METRIC_##metric_type,                                   \
		.unit = metric_unit,                                                 \
		.label = metric_label,                                               \
		.help = metric_help},
#include "metrics.def"
#undef M
};

enum {
#define M(name, type, unit, label, help, samples) ROW_##name,
#include "metrics.def"
#undef M
};

struct walker {
	const struct weir_metrics *m;
	const struct weir_metrics_walk *to;
	const struct weir_metric *row;
	bool begun; /* the row has a sample */
};

static void row_begin(struct walker *w)
{
	if (!w->begun)
		w->to->metric(w->to->ctx, w->row);
	w->begun = true;
}

static void put(struct walker *w, const char *label_value, double value)
{
	row_begin(w);
	w->to->sample(w->to->ctx, w->row, label_value, value);
}

static void row_end(struct walker *w)
{
	if (w->begun)
		w->to->end(w->to->ctx, w->row);
	w->begun = false;
}

/* ---- samples that are not of one counter or member ---- */

static void put_engine(struct walker *w, const char *name)
{
	for (size_t i = 0; i < w->m->n_engine; i++)
		if (strcmp(w->m->engine[i].name, name) == 0)
			put(w, "", w->m->engine[i].value);
}

static void put_VERSION(struct walker *w)
{
	put(w, PACKAGE_VERSION, 1);
}

static void put_place(struct walker *w, unsigned code, uint64_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", code);
	put(w, code ? text : "other", (double)value);
}

static void put_DISCONNECTS(struct walker *w)
{
	for (unsigned i = 0; i <= WEIR_DISCONNECT_PLACES; i++)
		put_place(w, weir_disconnect_code_at(i), weir_stat_get(&w->m->stats, disconnects[i]));
}

static void put_API_ERRORS(struct walker *w)
{
	for (unsigned i = 0; i <= WEIR_ERROR_PLACES; i++)
		put_place(w, weir_error_code_at(i), weir_stat_get(&w->m->stats, api_errors[i]));
}

static void put_API_CALLS(struct walker *w)
{
	const char *name;

	for (unsigned i = 0; (name = weir__api_method_at(i)); i++)
		put(w, name, (double)weir_stat_get(&w->m->stats, api_calls[i]));
}

/* redis.shard.N.up */
static void put_SHARDS(struct walker *w)
{
	for (size_t i = 0; i < w->m->n_engine; i++) {
		struct weir_str rest = weir_str(w->m->engine[i].name), shard;
		char text[WEIR_METRICS_ENGINE_NAME];

		if (!weir_str_starts(rest, WEIR_STR(ENGINE_SHARD)))
			continue;
		rest = weir_str_n(rest.p + sizeof(ENGINE_SHARD) - 1, rest.n - (sizeof(ENGINE_SHARD) - 1));
		shard = weir_str_cut(&rest, '.');
		if (!weir_str_is(rest, "up"))
			continue;
		snprintf(text, sizeof(text), "%.*s", WEIR_STR_FMT(shard));
		put(w, text, w->m->engine[i].value);
	}
}

static void on_engine_item(void *ctx, const char *name, double value)
{
	struct weir_metrics *m = ctx;

	if (m->n_engine == WEIR_METRICS_ENGINE_MAX)
		return;
	snprintf(m->engine[m->n_engine].name, sizeof(m->engine[0].name), "%s", name);
	m->engine[m->n_engine++].value = value;
}

static void engine_gather(struct weir_engine *engine, struct weir_metrics *m)
{
	struct weir_buf why;

	weir_buf_init(&why, 512);
	m->engine_up = !engine->ops->state || engine->ops->state(engine, &why) == 0;
	weir_buf_fini(&why);
	if (engine->ops->metrics)
		engine->ops->metrics(engine, on_engine_item, m);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_metrics_gather(const struct weir_metrics_source *source, struct weir_metrics *m)
{
	*m = (struct weir_metrics){.engine_up = true};
	source->fill(source->ctx, m);
	weir_metrics_process(m);
	if (source->engine)
		engine_gather(source->engine, m);
}

void weir_metrics_http_sum(struct weir_http_counters *to, const struct weir_http_counters *from)
{
	weir_stat_add(to, accepted, weir_stat_get(from, accepted));
	weir_stat_add(to, refused, weir_stat_get(from, refused));
	weir_stat_add(to, requests, weir_stat_get(from, requests));
	weir_stat_add(to, bad_requests, weir_stat_get(from, bad_requests));
	weir_stat_add(to, timeouts, weir_stat_get(from, timeouts));
	weir_stat_add(to, upgrades, weir_stat_get(from, upgrades));
	weir_stat_add(to, upgrades_refused, weir_stat_get(from, upgrades_refused));
	weir_stat_add(to, gone, weir_stat_get(from, gone));
}

void weir_metrics_each(const struct weir_metrics *m, const struct weir_metrics_walk *walk)
{
	struct walker w = {.m = m, .to = walk};

#define W(label_value, counter)       put(&w, label_value, (double)weir_stat_get(&m->stats, counter));
#define V(label_value, member, scale) put(&w, label_value, (scale) * (double)(m->member));
#define E(engine_name)                put_engine(&w, engine_name);
#define FAMILY(name)                  put_##name(&w);
#define LATENCY                       row_begin(&w);
#define M(name, type, unit, label, help, samples) \
	w.row = &rows[ROW_##name];                \
	samples row_end(&w);
#include "metrics.def"
#undef M
}

const struct weir_metric *weir_metrics_row(size_t i)
{
	return i < WEIR_ARRAY_LEN(rows) ? &rows[i] : NULL;
}

bool weir_metric_is_of_engine(const struct weir_metric *row)
{
	return weir_str_starts(weir_str(row->name), WEIR_STR("redis_"));
}
