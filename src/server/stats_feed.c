/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's numbers, once a second: a survey of the clients behind, then all is put together and announced. The
 * other brokers are asked for more rarely, beside it, and nothing waits for their answers. Worker's thread.
 */
#include "weir/server/stats_feed.h"

#include "api_priv.h"
#include "weir/core/survey.h"
#include "weir/event/channel.h"
#include "weir/wire/json.h"

#define SLOW_CLIENTS 10
#define NODES_MS     3000
#define DATA_MAX     (1u << 20)

static uint64_t now_ms(const struct weir_stats_feed *feed)
{
	return weir_mono_ms(feed->o.worker->o.clock);
}

static bool feed_runs(const struct weir_stats_feed *feed)
{
	return feed->watched && !feed->closing;
}

static void feed_closed_if_done(struct weir_stats_feed *feed)
{
	if (!feed->closing || !feed->timer_closed || feed->surveying || feed->asking || feed->announcing)
		return;
	weir_node_list_fini(&feed->nodes);
	feed->closed(feed);
}

/* Gives it to the hub; false: there is no request, or no room, and it is freed. */
static bool feed_ask(struct weir_stats_feed *feed, struct weir_request *r, void (*done)(struct weir_request *r))
{
	if (!r)
		return false;
	r->done = done;
	r->ctx = feed;
	if (weir_worker_ask(feed->o.worker, r))
		return true;
	weir_request_free(&r);
	return false;
}

/* ---- the brokers ---- */

static bool list_has(const struct weir_node_list *l, struct weir_str uid)
{
	for (size_t i = 0; i < l->count; i++)
		if (weir_str_eq(l->nodes[i].uid, uid))
			return true;
	return false;
}

static bool is_missing(const struct weir_name_list *missing, struct weir_str uid)
{
	for (size_t i = 0; i < missing->count; i++)
		if (weir_str_eq(missing->names[i], uid))
			return true;
	return false;
}

/* Who does not answer, or cannot be asked as the engine is away, is shown as it was. */
static void nodes_take(struct weir_stats_feed *feed, struct weir_info_request *r)
{
	struct weir_engine *engine = feed->o.metrics->engine;
	struct weir_buf why;
	bool away;

	weir_buf_init(&why, 512);
	away = engine && engine->ops->state && engine->ops->state(engine, &why) < 0;
	weir_buf_fini(&why);
	feed->n_present = r->nodes.count;
	for (size_t i = 1; i < feed->nodes.count; i++) {
		const struct weir_node_info *old = &feed->nodes.nodes[i];

		if (list_has(&r->nodes, old->uid) || !(away || is_missing(&r->missing, old->uid)))
			continue;
		if (weir_node_list_add(&r->nodes, old) < 0)
			break;
	}
	weir_node_list_fini(&feed->nodes);
	feed->nodes = r->nodes;
	r->nodes = (struct weir_node_list){0};
}

static void on_nodes(struct weir_request *r)
{
	struct weir_stats_feed *feed = r->ctx;

	feed->asking = false;
	if (!r->status)
		nodes_take(feed, (struct weir_info_request *)r);
	weir_request_free(&r);
	feed_closed_if_done(feed);
}

static void nodes_ask(struct weir_stats_feed *feed)
{
	uint64_t now = now_ms(feed);
	struct weir_info_request *r;

	if (feed->asking || (feed->asked_ms && now < feed->asked_ms + NODES_MS))
		return;
	r = weir_info_request_new();
	feed->asking = feed_ask(feed, r ? &r->base : NULL, on_nodes);
	if (feed->asking)
		feed->asked_ms = now ? now : 1;
}

/* ---- the message ---- */

static void put_text(struct weir_buf *out, const char *name, struct weir_str value)
{
	weir_json_key(out, name);
	weir_json_append_string(out, value);
}

static void put_self(struct weir_stats_feed *feed, struct weir_buf *out)
{
	const struct weir_node *node = &feed->o.node;

	weir_json_key(out, "node");
	weir_buf_char(out, '{');
	put_text(out, "uid", node->uid);
	put_text(out, "name", node->name);
	put_text(out, "version", node->version);
	weir_json_key(out, "uptime_s");
	weir_buf_u64(out, (now_ms(feed) - node->started_ms) / 1000);
	weir_buf_char(out, '}');
}

static void put_engine(struct weir_stats_feed *feed, const struct weir_metrics *m, struct weir_buf *out)
{
	struct weir_engine *engine = feed->o.metrics->engine;
	struct weir_buf why;
	bool ok;

	weir_buf_init(&why, 512);
	ok = !engine || !engine->ops->state || engine->ops->state(engine, &why) == 0;
	weir_json_key(out, "engine");
	weir_buf_char(out, '{');
	put_text(out, "type", weir_str(engine ? engine->ops->name : "none"));
	weir_json_key(out, "ok");
	weir_buf_str(out, ok ? WEIR_STR("true") : WEIR_STR("false"));
	put_text(out, "why", why.len ? weir_buf_view(&why) : WEIR_STR(""));
	weir_json_key(out, "values");
	weir_metrics_values(m, true, NULL, out);
	weir_buf_char(out, '}');
	weir_buf_fini(&why);
}

/* This broker's figures are those of now. */
static void put_nodes(struct weir_stats_feed *feed, const struct weir_metrics *m, struct weir_buf *out)
{
	const struct weir_node *node = &feed->o.node;
	struct weir_node_info self = {.uid = node->uid,
		.name = node->name,
		.version = node->version,
		.uptime_s = (now_ms(feed) - node->started_ms) / 1000,
		.clients = m->hub.clients,
		.users = m->hub.users,
		.channels = m->hub.channels,
		.subscriptions = m->hub.subscriptions};

	weir_json_key(out, "nodes");
	weir_buf_char(out, '[');
	weir__api_put_node(out, &self, "self");
	for (size_t i = 1; i < feed->nodes.count; i++) {
		weir_json_comma(out);
		weir__api_put_node(out, &feed->nodes.nodes[i], i < feed->n_present ? NULL : "missing");
	}
	weir_buf_char(out, ']');
}

static void put_all(struct weir_stats_feed *feed, const struct weir_survey_request *slow, struct weir_buf *out)
{
	struct weir_metrics m;

	weir_metrics_gather(feed->o.metrics, &m);
	weir_buf_lit(out, "{\"time\":");
	weir_buf_i64(out, weir_wall_ms(feed->o.worker->o.clock));
	put_self(feed, out);
	weir_json_key(out, "values");
	weir_metrics_values(&m, false, &feed->latency, out);
	weir_json_key(out, "slow");
	weir__api_put_slow(out, slow);
	put_engine(feed, &m, out);
	put_nodes(feed, &m, out);
	weir_buf_char(out, '}');
}

/* ---- a second ---- */

static void on_announced(struct weir_request *r)
{
	struct weir_stats_feed *feed = r->ctx;

	feed->announcing = false;
	weir_request_free(&r);
	feed_closed_if_done(feed);
}

static void announce(struct weir_stats_feed *feed, struct weir_str data)
{
	const struct weir_worker *worker = feed->o.worker;
	int64_t now_us = weir_wall_us(worker->o.clock);
	struct weir_publish_request *r = NULL;
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR(WEIR_STATS_CHANNEL),
		.data = data,
		.time_ms = now_us / 1000,
		.time_us = (unsigned)(now_us % 1000)});

	if (e)
		r = weir_publish_request_new(
			weir_namespaces_resolve(worker->o.namespaces, WEIR_STR(WEIR_STATS_CHANNEL)), e, WEIR_STR_NONE);
	if (!r)
		return;
	r->base.type = WEIR_REQUEST_ANNOUNCE;
	feed->announcing = feed_ask(feed, &r->base, on_announced);
}

static void on_survey(struct weir_request *r)
{
	struct weir_stats_feed *feed = r->ctx;
	struct weir_buf out;

	feed->surveying = false;
	if (!r->status && feed_runs(feed) && !feed->announcing) {
		weir_buf_init(&out, DATA_MAX);
		put_all(feed, (struct weir_survey_request *)r, &out);
		if (!out.failed)
			announce(feed, weir_buf_view(&out));
		weir_buf_fini(&out);
	}
	weir_request_free(&r);
	feed_closed_if_done(feed);
}

static void feed_tell(struct weir_stats_feed *feed)
{
	struct weir_survey_request *r;

	nodes_ask(feed);
	if (feed->surveying)
		return;
	r = weir_survey_request_new(&(struct weir_survey_question){.order = WEIR_SURVEY_LAG, .limit = SLOW_CLIENTS});
	feed->surveying = feed_ask(feed, r ? &r->base : NULL, on_survey);
}

static void on_tick(struct weir_timer *t, uint64_t ticks)
{
	(void)ticks;
	feed_tell(WEIR_CONTAINER_OF(t, struct weir_stats_feed, timer));
}

static void on_timer_closed(struct weir_timer *t)
{
	struct weir_stats_feed *feed = WEIR_CONTAINER_OF(t, struct weir_stats_feed, timer);

	feed->timer_closed = true;
	feed_closed_if_done(feed);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_stats_feed_init(struct weir_stats_feed *feed, struct weir_loop *loop, const struct weir_stats_feed_options *o)
{
	*feed = (struct weir_stats_feed){.o = *o};
	return weir_timer_init(&feed->timer, loop, on_tick);
}

void weir_stats_feed_watch(struct weir_stats_feed *feed, bool watched)
{
	if (feed->closing || feed->watched == watched)
		return;
	feed->watched = watched;
	if (!watched) {
		weir_timer_stop(&feed->timer);
		return;
	}
	weir_timer_every(&feed->timer, feed->o.period_ms, WEIR_TIMER_SKIP);
	feed_tell(feed);
}

void weir_stats_feed_close(struct weir_stats_feed *feed, void (*closed)(struct weir_stats_feed *feed))
{
	weir_assert(!feed->closing);
	feed->closing = true;
	feed->closed = closed;
	weir_timer_close(&feed->timer, on_timer_closed);
}
