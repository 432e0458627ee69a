/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subscriber of /events against a broker that is a script: what it asks for, what it hands on, which ends are final.
 * Events are recorded as "CHANNEL OFFSET DATA;", notices as "(TEXT)" in the same log, so that their order is seen too.
 */
#include "test.h"
#include "weir/base/mem.h"
#include "weir/cli/events.h"

const char weir_test_suite[] = "cli/events";

#define SUBSCRIBED(more)                                                                             \
	"event: weir\nid: ep:4\ndata: {\"subscribed\":[{\"channel\":\"c\",\"recoverable\":true" more \
	"}],\"client\":\"x\"}\n\n"
#define EVENT(n) "id: ep:" n "\ndata: {\"channel\":\"c\",\"data\":{\"n\": " n "},\"offset\":" n ",\"time\":1}\n\n"

struct rig {
	struct weir_events *events;
	struct weir_events_options o;
	struct weir_random random;
	struct weir_buf log;
	size_t wanted; /* events until the handler says no; 0: never */
	uint64_t now_ms;
};

static bool on_event(void *ctx, const struct weir_client_event *e)
{
	struct rig *r = ctx;

	weir_buf_printf(&r->log, "%.*s ", WEIR_STR_FMT(e->channel));
	if (e->has_offset)
		weir_buf_u64(&r->log, e->offset);
	else
		weir_buf_char(&r->log, '-');
	weir_buf_printf(&r->log, " %.*s%.*s;", WEIR_STR_FMT(e->data.text), WEIR_STR_FMT(e->tags.text));
	return r->wanted == 0 || --r->wanted > 0;
}

static void on_notice(void *ctx, struct weir_str channel, const char *notice)
{
	struct rig *r = ctx;

	weir_buf_printf(&r->log, "(%.*s%s%s)", WEIR_STR_FMT(channel), channel.n ? ": " : "", notice);
}

static void rig_init(struct rig *r, const char *since)
{
	*r = (struct rig){.now_ms = 1000};
	weir_random_seeded(&r->random, weir_test_seed());
	weir_buf_init(&r->log, 65536);
	r->o = (struct weir_events_options){.query = WEIR_STR("channel=c"),
		.since = weir_str(since),
		.random = &r->random,
		.on_event = on_event,
		.on_notice = on_notice,
		.ctx = r};
	r->events = weir_events_new(&r->o);
}

static void rig_fini(struct rig *r)
{
	weir_events_free(&r->events);
	CU_ASSERT_PTR_NULL(r->events);
	weir_buf_fini(&r->log);
}

static bool rig_logged(struct rig *r, const char *expect)
{
	bool ok = weir_str_is(weir_buf_view(&r->log), expect);

	if (!ok)
		printf("\n  got      %.*s\n  expected %s\n", WEIR_STR_FMT(weir_buf_view(&r->log)), expect);
	weir_buf_reset(&r->log);
	return ok;
}

#define CHECK_LOG(r, text) CU_ASSERT(rig_logged((r), (text)))

static enum weir_client_verdict rig_say(struct rig *r, const char *text)
{
	struct weir_str data = weir_str(text);
	enum weir_client_verdict verdict = weir_events_received(r->events, r->now_ms, &data);

	CU_ASSERT(verdict != WEIR_CLIENT_GO || data.n == 0);
	return verdict;
}

static enum weir_client_verdict rig_close(struct rig *r, long status, const char *body, uint64_t retry_after_s)
{
	return weir_events_closed(r->events, r->now_ms, status, weir_str(body), retry_after_s, WEIR_STR_NONE);
}

static bool rig_asks_for(struct rig *r, const char *path, const char *last_id)
{
	struct weir_buf out;
	bool ok;

	weir_buf_init(&out, 4096);
	weir_events_append_path(r->events, &out);
	ok = weir_str_is(weir_buf_view(&out), path) && weir_str_is(weir_events_last_id(r->events), last_id);
	weir_buf_fini(&out);
	return ok;
}

static void rig_connect(struct rig *r)
{
	uint64_t next = weir_events_next(r->events);

	r->now_ms = next > r->now_ms ? next : r->now_ms;
	CU_ASSERT_EQUAL(weir_events_tick(r->events, r->now_ms), WEIR_CLIENT_CONNECT);
}

static void test_events(void)
{
	struct rig r;

	rig_init(&r, NULL);
	CU_ASSERT(weir_events_next(r.events) <= r.now_ms);
	rig_connect(&r);
	CU_ASSERT(rig_asks_for(&r, "/events?channel=c", ""));
	CU_ASSERT_EQUAL(rig_say(&r, "retry: 2000\n\n" SUBSCRIBED("") EVENT("5") ":\n\n"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(
		rig_say(&r,
			"data: {\"channel\":\"c:1\",\"pattern\":\"c:*\",\"data\":\"x\",\"tags\":{\"t\":\"v\"}}\n\n"),
		WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_say(&r, "event: weir\ndata: {\"join\":{\"channel\":\"c\",\"info\":{}}}\n\n"
				    "event: later\ndata: not JSON\n\n"),
		WEIR_CLIENT_GO);
	CHECK_LOG(&r, "c 5 {\"n\": 5};c:1 - \"x\"{\"t\":\"v\"};");
	rig_fini(&r);
}

/* It comes back when it was told to, with the id of the last event, and says what it may have missed. */
static void test_resumes(void)
{
	struct rig r;

	rig_init(&r, "ep%3A3");
	rig_connect(&r);
	CU_ASSERT(rig_asks_for(&r, "/events?channel=c&since=ep%3A3", ""));
	CU_ASSERT_EQUAL(rig_say(&r, "retry: 2000\n\n" SUBSCRIBED(",\"recovered\":true") EVENT("5")), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "c 5 {\"n\": 5};");
	CU_ASSERT_EQUAL(
		rig_say(&r, "event: weir\ndata: {\"disconnect\":{\"code\":3001,\"reason\":\"shut\\u0007down\"}}\n\n"),
		WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_close(&r, 200, "", 0), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(shut?down (3001); trying again)");
	CU_ASSERT_EQUAL(weir_events_next(r.events), r.now_ms + 2000);
	rig_connect(&r);
	CU_ASSERT(rig_asks_for(&r, "/events?channel=c", "ep:5"));
	CU_ASSERT_EQUAL(rig_close(&r, 0, "", 0), WEIR_CLIENT_GO);
	CHECK_LOG(&r, ""); /* told once */
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, SUBSCRIBED(",\"recovered\":true") EVENT("6")), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(connected again)c 6 {\"n\": 6};");
	CU_ASSERT_EQUAL(rig_close(&r, 200, "", 0), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(the stream ended; trying again)");
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, SUBSCRIBED(",\"was_recovering\":true")), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(connected again)(c: not recovered, events may be missing)");
	rig_fini(&r);
}

static void test_ends(void)
{
	static const struct {
		long status;
		const char *body;
		enum weir_client_verdict verdict;
		const char *reason;
	} rows[] = {
		{403, "{\"error\":{\"code\":103,\"message\":\"permission denied\",\"channel\":\"c\"}}",
			WEIR_CLIENT_STOP, "c: permission denied (103)"},
		{401, "{\"error\":{\"code\":101,\"message\":\"unauthorized\"}}", WEIR_CLIENT_STOP,
			"unauthorized (101)"},
		{404, "<html>", WEIR_CLIENT_STOP, "the server refuses an event stream (HTTP status 404)"},
		{414, "", WEIR_CLIENT_STOP, "the server refuses an event stream (HTTP status 414)"},
		{503, "{\"error\":{\"code\":100,\"message\":\"unavailable\"}}", WEIR_CLIENT_GO,
			"unavailable (100); trying again"},
		{429, "", WEIR_CLIENT_GO, "the server refuses an event stream (HTTP status 429); trying again"},
		{502, "", WEIR_CLIENT_GO, "the server refuses an event stream (HTTP status 502); trying again"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct rig r;

		rig_init(&r, NULL);
		rig_connect(&r);
		CU_ASSERT_EQUAL(rig_close(&r, rows[i].status, rows[i].body, 7), rows[i].verdict);
		CU_ASSERT_STRING_EQUAL(weir_events_reason(r.events), rows[i].reason);
		if (rows[i].verdict == WEIR_CLIENT_GO)
			CU_ASSERT_EQUAL(weir_events_next(r.events), r.now_ms + 7000);
		rig_fini(&r);
	}
}

static void test_final_disconnect(void)
{
	struct rig r;

	rig_init(&r, NULL);
	rig_connect(&r);
	CU_ASSERT_EQUAL(
		rig_say(&r,
			SUBSCRIBED("") "event: weir\ndata: {\"disconnect\":{\"code\":3503,\"reason\":\"force\"}}\n\n"),
		WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_close(&r, 200, "", 0), WEIR_CLIENT_STOP);
	CU_ASSERT_STRING_EQUAL(weir_events_reason(r.events), "force (3503)");
	rig_fini(&r);
}

static void test_unsubscribed(void)
{
	struct rig r;

	rig_init(&r, NULL);
	rig_connect(&r);
	CU_ASSERT_EQUAL(
		rig_say(&r, SUBSCRIBED("") "event: weir\ndata: "
					   "{\"unsubscribed\":{\"channel\":\"c\",\"code\":2500,\"reason\":\"r\"}}\n\n"),
		WEIR_CLIENT_RECONNECT);
	CU_ASSERT_EQUAL(rig_close(&r, 200, "", 0), WEIR_CLIENT_GO);
	rig_connect(&r);
	CU_ASSERT_EQUAL(
		rig_say(&r,
			SUBSCRIBED(",\"recovered\":true") "event: weir\ndata: "
							  "{\"unsubscribed\":{\"channel\":\"c\",\"code\":2000}}\n\n"),
		WEIR_CLIENT_STOP);
	CU_ASSERT_STRING_EQUAL(weir_events_reason(r.events), "c: unsubscribed (2000)");
	rig_fini(&r);
}

/* Enough is enough: what follows the last event that was wanted stays unread. */
static void test_done(void)
{
	struct weir_str data = WEIR_STR(SUBSCRIBED("") EVENT("5") EVENT("6") EVENT("7"));
	struct rig r;

	rig_init(&r, NULL);
	r.wanted = 2;
	rig_connect(&r);
	CU_ASSERT_EQUAL(weir_events_received(r.events, r.now_ms, &data), WEIR_CLIENT_DONE);
	CU_ASSERT(weir_str_is(data, EVENT("7")));
	CHECK_LOG(&r, "c 5 {\"n\": 5};c 6 {\"n\": 6};");
	rig_fini(&r);
}

static void test_silence(void)
{
	struct rig r;

	rig_init(&r, NULL);
	rig_connect(&r);
	r.now_ms += 20000;
	CU_ASSERT_EQUAL(weir_events_tick(r.events, r.now_ms), WEIR_CLIENT_RECONNECT);
	CU_ASSERT_STRING_EQUAL(weir_events_reason(r.events), "no answer");
	CU_ASSERT_EQUAL(rig_close(&r, 0, "", 0), WEIR_CLIENT_GO);
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, SUBSCRIBED("")), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(weir_events_next(r.events), UINT64_MAX); /* nobody has promised pings */
	CU_ASSERT_EQUAL(rig_say(&r, ":\n\n"), WEIR_CLIENT_GO);
	r.now_ms += 25000;
	CU_ASSERT_EQUAL(rig_say(&r, ":\n\n"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(weir_events_next(r.events), r.now_ms + 35000);
	r.now_ms += 34999;
	CU_ASSERT_EQUAL(weir_events_tick(r.events, r.now_ms), WEIR_CLIENT_GO);
	r.now_ms++;
	CU_ASSERT_EQUAL(weir_events_tick(r.events, r.now_ms), WEIR_CLIENT_RECONNECT);
	CU_ASSERT_STRING_EQUAL(weir_events_reason(r.events), "no ping");
	rig_fini(&r);
}

static void test_no_events(void)
{
	static const char *const bad[] = {"data: hello\n\n", "data: []\n\n", "event: weir\ndata: {\n\n"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		struct rig r;

		rig_init(&r, NULL);
		rig_connect(&r);
		CU_ASSERT_EQUAL(rig_say(&r, bad[i]), WEIR_CLIENT_STOP);
		CU_ASSERT_STRING_EQUAL(weir_events_reason(r.events), "the server sent an event that is not JSON");
		rig_fini(&r);
	}
}

CU_TestInfo weir_tests[] = {
	{"events", test_events},
	{"resumes", test_resumes},
	{"ends", test_ends},
	{"final disconnect", test_final_disconnect},
	{"unsubscribed", test_unsubscribed},
	{"done", test_done},
	{"silence", test_silence},
	{"no events", test_no_events},
	CU_TEST_INFO_NULL,
};
