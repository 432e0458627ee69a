/* SPDX-License-Identifier: Apache-2.0 */
/* The broker's own channel: when its numbers are made, what is in them, and how it ends with answers outstanding. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_fixture.h"
#include "weir/core/survey.h"
#include "weir/event/channel.h"
#include "weir/server/stats_feed.h"

const char weir_test_suite[] = "server/stats_feed";

#define PERIOD_MS 10

struct feed_fixture {
	struct api_fixture api;
	struct weir_metrics_source source;
	struct weir_stats_feed feed;
	struct weir_engine_ops ops; /* the engine's, with a state of the test's */
	struct weir_engine engine;
	bool closed;
};

/* What the callbacks of the fixtures cannot be told otherwise. */
static struct {
	struct feed_fixture *f;
	unsigned announced;
	char data[65536];
	bool away;
	bool other; /* another broker answers */
} seen;

static void fill(void *ctx, struct weir_metrics *m)
{
	(void)ctx;
	m->workers = 1;
	weir_hub_figures(seen.f->api.hub, &m->hub);
}

static int engine_state(struct weir_engine *e, struct weir_buf *why)
{
	(void)e;
	if (seen.away)
		weir_buf_lit(why, "nobody \"home\"");
	return seen.away ? WEIR_EUNAVAILABLE : 0;
}

static void on_answer(struct weir_request *r)
{
	if (r->type == WEIR_REQUEST_ANNOUNCE) {
		struct weir_str data = ((struct weir_publish_request *)r)->event->data;

		seen.announced++;
		snprintf(seen.data, sizeof(seen.data), "%.*s", WEIR_STR_FMT(data));
	}
	if (r->type == WEIR_REQUEST_INFO && seen.other)
		CU_ASSERT_EQUAL(
			weir_node_list_add(&((struct weir_info_request *)r)->nodes,
				&(struct weir_node_info){.uid = WEIR_STR("u2"), .name = WEIR_STR("n2"), .clients = 7}),
			0);
}

static void on_watched(void *ctx, bool watched)
{
	(void)ctx;
	weir_stats_feed_watch(&seen.f->feed, watched);
}

static void on_closed(struct weir_stats_feed *feed)
{
	WEIR_CONTAINER_OF(feed, struct feed_fixture, feed)->closed = true;
}

static void begin(struct feed_fixture *f)
{
	memset(&seen, 0, sizeof(seen));
	seen.f = f;
	*f = (struct feed_fixture){.closed = false};
	api_fixture_init(&f->api);
	f->ops = *f->api.engine->ops;
	f->ops.state = engine_state;
	f->engine.ops = &f->ops;
	f->source = (struct weir_metrics_source){.fill = fill, .engine = &f->engine};
	f->api.others = on_answer;
	f->api.worker.o.namespaces = f->api.namespaces;
	f->api.worker.o.on_watched = on_watched;
	CU_ASSERT_EQUAL_FATAL(
		weir_stats_feed_init(&f->feed, &f->api.http.loop,
			&(struct weir_stats_feed_options){.worker = &f->api.worker,
				.metrics = &f->source,
				.node = {WEIR_STR("u1"), WEIR_STR("n1"), WEIR_STR("1.2"), f->api.started_ms},
				.period_ms = PERIOD_MS}),
		0);
}

static void end(struct feed_fixture *f)
{
	weir_stats_feed_close(&f->feed, on_closed);
	f->api.hold = false;
	api_settle(&f->api);
	CU_ASSERT(f->closed);
	api_fixture_fini(&f->api);
}

static void watch(struct feed_fixture *f, bool comes)
{
	api_subscriber(&f->api, WEIR_STATS_CHANNEL, "root", "1", comes);
}

/* Runs until there have been so many announcements. */
static void await(struct feed_fixture *f, unsigned announced)
{
	for (int i = 0; i < 10000 && seen.announced < announced; i++)
		api_settle(&f->api);
	CU_ASSERT_FATAL(seen.announced >= announced);
}

static bool says(const char *text)
{
	return strstr(seen.data, text);
}

static void test_message(void)
{
	struct weir_json value;
	struct feed_fixture f;

	begin(&f);
	api_settle(&f.api);
	CU_ASSERT_EQUAL(f.api.asked, 0); /* nobody looks */
	watch(&f, true);
	await(&f, 1);
	CU_ASSERT_EQUAL(weir_json_check(weir_str(seen.data), WEIR_JSON_DEPTH, &value, NULL), 0);
	CU_ASSERT(says(
		"{\"time\":1700000000000,\"node\":{\"uid\":\"u1\",\"name\":\"n1\",\"version\":\"1.2\",\"uptime_s\":0},"
		"\"values\":{\"info\":{"));
	CU_ASSERT(says("\"subscriptions\":1,"));
	CU_ASSERT(
		says("\"slow\":[],\"engine\":{\"type\":\"memory\",\"ok\":true,\"why\":\"\",\"values\":{}},\"nodes\":[{"
		     "\"uid\":\"u1\",\"name\":\"n1\",\"version\":\"1.2\","));
	CU_ASSERT(says("\"uptime\":0,\"self\":true}]}"));
	await(&f, 3);
	watch(&f, false);
	api_settle(&f.api); /* what is under way ends */
	seen.announced = 0;
	f.api.asked = 0;
	api_settle(&f.api);
	api_settle(&f.api);
	CU_ASSERT_EQUAL(seen.announced, 0);
	CU_ASSERT_EQUAL(f.api.asked, 0);
	watch(&f, true);
	await(&f, 1);
	end(&f);
}

/* Who is known stays in sight while the engine is away, and is gone when it is there and does not name them. */
static void test_nodes(void)
{
	struct feed_fixture f;

	begin(&f);
	seen.other = true;
	watch(&f, true);
	await(&f, 2);
	CU_ASSERT(says("\"uid\":\"u2\",\"name\":\"n2\",\"version\":\"\",\"num_clients\":7,"));
	CU_ASSERT_FALSE(says("\"missing\":true"));
	seen.other = false;
	seen.away = true;
	f.api.ahead_ms += 5000;
	await(&f, seen.announced + 3);
	CU_ASSERT(says("\"ok\":false,\"why\":\"nobody \\\"home\\\"\""));
	CU_ASSERT(says("\"uid\":\"u2\",\"name\":\"n2\""));
	CU_ASSERT(says("\"missing\":true}]}"));
	seen.away = false;
	f.api.ahead_ms += 5000;
	await(&f, seen.announced + 3);
	CU_ASSERT_FALSE(says("u2"));
	end(&f);
}

/* No room, or no answer: seconds are left out, and nothing piles up. */
static void test_pressure(void)
{
	struct feed_fixture f;

	begin(&f);
	watch(&f, true);
	f.api.room = 0;
	api_settle(&f.api); /* what is under way ends */
	seen.announced = 0;
	for (int i = 0; i < 5; i++)
		api_settle(&f.api);
	CU_ASSERT_EQUAL(seen.announced, 0);
	f.api.room = SIZE_MAX;
	await(&f, 1);
	f.api.hold = true;
	f.api.asked = 0;
	for (int i = 0; i < 5; i++)
		api_settle(&f.api);
	CU_ASSERT(f.api.asked <= 2);
	f.api.hold = false;
	await(&f, seen.announced + 2);
	f.api.hold = true; /* and it ends with what is outstanding */
	api_settle(&f.api);
	end(&f);
}

CU_TestInfo weir_tests[] = {
	{"the message", test_message},
	{"nodes", test_nodes},
	{"pressure", test_pressure},
	CU_TEST_INFO_NULL,
};
