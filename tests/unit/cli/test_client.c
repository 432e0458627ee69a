/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol client against a broker that is a script: what it sends, what it hands on, what it takes as final.
 * Events are recorded as "CHANNEL OFFSET DATA;", notices as "(TEXT)" in the same log, so that their order is seen too.
 */
#include "test.h"
#include "weir/base/mem.h"
#include "weir/cli/client.h"

#define CONNECTED "{\"id\":1,\"connect\":{\"client\":\"c\",\"version\":\"weir 0\",\"ping\":25,\"pong\":true}}"

const char weir_test_suite[] = "cli/client";

struct rig {
	struct weir_client *client;
	struct weir_client_options o;
	struct weir_random random;
	struct weir_buf sent, log;
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

static void rig_init(struct rig *r)
{
	*r = (struct rig){.now_ms = 1000};
	weir_random_seeded(&r->random, weir_test_seed());
	weir_buf_init(&r->sent, 65536);
	weir_buf_init(&r->log, 65536);
	r->o.random = &r->random;
	r->o.on_event = on_event;
	r->o.on_notice = on_notice;
	r->o.ctx = r;
}

static void rig_start(struct rig *r, const struct weir_str *channels, size_t n)
{
	r->o.channels = channels;
	r->o.n_channels = n;
	r->client = weir_client_new(&r->o);
}

static void rig_fini(struct rig *r)
{
	weir_client_free(&r->client);
	CU_ASSERT_PTR_NULL(r->client);
	weir_buf_fini(&r->sent);
	weir_buf_fini(&r->log);
}

static bool rig_took(struct weir_buf *b, const char *expect)
{
	bool ok = weir_str_is(weir_buf_view(b), expect);

	if (!ok)
		printf("\n  got      %.*s\n  expected %s\n", WEIR_STR_FMT(weir_buf_view(b)), expect);
	weir_buf_reset(b);
	return ok;
}

#define CHECK_SENT(r, text) CU_ASSERT(rig_took(&(r)->sent, (text)))
#define CHECK_LOG(r, text)  CU_ASSERT(rig_took(&(r)->log, (text)))

static enum weir_client_verdict rig_say(struct rig *r, const char *message)
{
	return weir_client_received(r->client, r->now_ms, weir_str(message), &r->sent);
}

static enum weir_client_verdict rig_tick(struct rig *r)
{
	return weir_client_tick(r->client, r->now_ms, &r->sent);
}

static enum weir_client_verdict rig_close(struct rig *r, int code, const char *reason)
{
	return weir_client_closed(r->client, r->now_ms, code, weir_str(reason));
}

/* Waits as long as the client wants to, and opens the connection it then asks for. */
static void rig_connect(struct rig *r)
{
	uint64_t next = weir_client_next(r->client);

	r->now_ms = next > r->now_ms ? next : r->now_ms;
	CU_ASSERT_EQUAL(rig_tick(r), WEIR_CLIENT_CONNECT);
	CU_ASSERT_EQUAL(weir_client_next(r->client), UINT64_MAX);
	CU_ASSERT_EQUAL(weir_client_opened(r->client, r->now_ms, &r->sent), WEIR_CLIENT_GO);
}

/* One channel `c`, subscribed with a position, nothing left to look at. */
static void rig_subscribe(struct rig *r)
{
	static const struct weir_str channel[] = {{"c", 1}};

	rig_init(r);
	rig_start(r, channel, 1);
	rig_connect(r);
	CU_ASSERT_EQUAL(rig_say(r, CONNECTED), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_say(r, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"positioned\":true,\"epoch\":\"ep\","
				   "\"offset\":4}}"),
		WEIR_CLIENT_GO);
	weir_buf_reset(&r->sent);
	CHECK_LOG(r, "");
}

static void test_first_steps(void)
{
	static const struct weir_str channels[] = {{"a:1", 3}, {"b\"", 2}};
	struct rig r;

	rig_init(&r);
	r.o.token = WEIR_STR("tok");
	r.o.sub_token = WEIR_STR("sub");
	r.o.weir = WEIR_STR("{\"rate\":2}");
	rig_start(&r, channels, 2);
	CU_ASSERT(weir_client_next(r.client) <= r.now_ms);
	rig_connect(&r);
	CHECK_SENT(&r, "{\"id\":1,\"connect\":{\"token\":\"tok\",\"name\":\"weir\"}}");
	CU_ASSERT_EQUAL(rig_say(&r, CONNECTED "\n"), WEIR_CLIENT_GO);
	CHECK_SENT(&r,
		"{\"id\":2,\"subscribe\":{\"channel\":\"a:1\",\"token\":\"sub\",\"data\":{\"weir\":{\"rate\":2}},"
		"\"recoverable\":true}}\n"
		"{\"id\":3,\"subscribe\":{\"channel\":\"b\\\"\",\"token\":\"sub\",\"data\":{\"weir\":{\"rate\":2}},"
		"\"recoverable\":true}}");
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":3,\"subscribe\":{}}\n{\"id\":2,\"subscribe\":{}}"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(
		rig_say(&r,
			"{\"push\":{\"channel\":\"b\\u0022\",\"pub\":{\"data\":{\"x\": 1.0},\"tags\":{\"t\":\"v\"}}}}\n"
			"{\"push\":{\"channel\":\"a:1\",\"pub\":{\"data\":null}}}"),
		WEIR_CLIENT_GO);
	CHECK_LOG(&r, "b\" - {\"x\": 1.0}{\"t\":\"v\"};a:1 - ;");
	CHECK_SENT(&r, "");
	rig_fini(&r);
}

/* What concerns the connection goes with connect, also after an interruption. */
static void test_queue_bytes(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct rig r;

	rig_init(&r);
	r.o.queue_bytes = 65536;
	r.o.token = WEIR_STR("tok");
	rig_start(&r, channel, 1);
	rig_connect(&r);
	CHECK_SENT(&r, "{\"id\":1,\"connect\":{\"token\":\"tok\",\"data\":{\"weir\":{\"queue_bytes\":65536}},"
		       "\"name\":\"weir\"}}");
	CU_ASSERT_EQUAL(rig_say(&r, CONNECTED), WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":2,\"subscribe\":{\"channel\":\"c\",\"recoverable\":true}}");
	CU_ASSERT_EQUAL(rig_close(&r, 0, "gone"), WEIR_CLIENT_GO);
	rig_connect(&r);
	CHECK_SENT(&r, "{\"id\":3,\"connect\":{\"token\":\"tok\",\"data\":{\"weir\":{\"queue_bytes\":65536}},"
		       "\"name\":\"weir\"}}");
	rig_fini(&r);
}

/* A subscription that met a full queue goes on where it stood, with the options that it had. */
static void test_resync_keeps_options(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct rig r;

	rig_init(&r);
	r.o.weir = WEIR_STR("{\"queue\":8}");
	rig_start(&r, channel, 1);
	rig_connect(&r);
	CU_ASSERT_EQUAL(
		rig_say(&r, CONNECTED "\n{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"ep\","
				      "\"offset\":4,\"data\":{\"weir\":{\"overflow\":\"resync\",\"queue\":8}}}}"),
		WEIR_CLIENT_GO);
	weir_buf_reset(&r.sent);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":5,\"offset\":5}}}\n"
				    "{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":2500,"
				    "\"reason\":\"queue full\"}}}"),
		WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":3,\"subscribe\":{\"channel\":\"c\",\"recover\":true,\"epoch\":\"ep\",\"offset\":5,"
		       "\"data\":{\"weir\":{\"queue\":8}},\"recoverable\":true}}");
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":3,\"subscribe\":{\"recoverable\":true,\"epoch\":\"ep\",\"offset\":5,"
				    "\"was_recovering\":true,\"recovered\":true,\"publications\":["
				    "{\"data\":6,\"offset\":6},{\"data\":7,\"offset\":7}]}}\n"
				    "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":8,\"offset\":8}}}"),
		WEIR_CLIENT_GO);
	CHECK_LOG(&r, "c 5 5;c 6 6;c 7 7;c 8 8;");
	rig_fini(&r);
}

/* A long text, as that of a filter with its position, is not cut. */
static void test_error_is_shown_whole(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct weir_buf say, expect;
	struct rig r;

	rig_init(&r);
	rig_start(&r, channel, 1);
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, CONNECTED), WEIR_CLIENT_GO);
	weir_buf_init(&say, 65536);
	weir_buf_init(&expect, 65536);
	weir_buf_lit(&say, "{\"id\":2,\"error\":{\"code\":107,\"message\":\"filter: ");
	weir_buf_lit(&expect, "c: filter: ");
	for (int i = 0; i < 5000; i++) {
		weir_buf_char(&say, 'x');
		weir_buf_char(&expect, 'x');
	}
	weir_buf_lit(&say, "\"}}");
	weir_buf_lit(&expect, " (107)");
	CU_ASSERT_EQUAL(weir_client_received(r.client, r.now_ms, weir_buf_view(&say), &r.sent), WEIR_CLIENT_STOP);
	CU_ASSERT(weir_str_eq(weir_str(weir_client_reason(r.client)), weir_buf_view(&expect)));
	weir_buf_fini(&say);
	weir_buf_fini(&expect);
	rig_fini(&r);
}

static void test_ping(void)
{
	struct rig r;

	rig_subscribe(&r);
	CU_ASSERT_EQUAL(rig_say(&r, "{}"), WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{}");
	CU_ASSERT_EQUAL(
		rig_say(&r, "{}\n{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":1,\"offset\":5}}}\n"), WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{}");
	CHECK_LOG(&r, "c 5 1;");
	CU_ASSERT_EQUAL(weir_client_next(r.client), r.now_ms + 35000);
	r.now_ms += 34999;
	CU_ASSERT_EQUAL(rig_tick(&r), WEIR_CLIENT_GO);
	r.now_ms += 1;
	CU_ASSERT_EQUAL(rig_tick(&r), WEIR_CLIENT_RECONNECT);
	CU_ASSERT_STRING_EQUAL(weir_client_reason(r.client), "no ping");
	rig_fini(&r);
}

static void test_no_pings_announced(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct rig r;

	rig_init(&r);
	rig_start(&r, channel, 1);
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{}}"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(weir_client_next(r.client), UINT64_MAX);
	weir_buf_reset(&r.sent);
	CU_ASSERT_EQUAL(rig_say(&r, "{}"), WEIR_CLIENT_GO);
	CHECK_SENT(&r, "");
	rig_fini(&r);
}

static void test_recovery(void)
{
	struct rig r;

	rig_subscribe(&r);
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":1,\"offset\":5}}}"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_close(&r, 3001, "shutdown"), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "c 5 1;(shutdown (3001); trying again)");
	rig_connect(&r);
	CHECK_SENT(&r, "{\"id\":3,\"connect\":{\"name\":\"weir\"}}");
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":3,\"connect\":{}}"), WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":4,\"subscribe\":{\"channel\":\"c\",\"recover\":true,\"epoch\":\"ep\",\"offset\":5,"
		       "\"recoverable\":true}}");
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"id\":4,\"subscribe\":{\"recoverable\":true,\"epoch\":\"ep\",\"publications\":"
			    "[{\"data\":2,\"offset\":6},{\"data\":3,\"offset\":7}],\"recovered\":true,\"offset\":5,"
			    "\"was_recovering\":true}}\n"
			    "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":4,\"offset\":8}}}"),
		WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(connected again)c 6 2;c 7 3;c 8 4;");
	CU_ASSERT_EQUAL(rig_close(&r, 0, ""), WEIR_CLIENT_GO);
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":5,\"connect\":{}}"), WEIR_CLIENT_GO);
	weir_buf_reset(&r.log);
	CU_ASSERT(weir_str_contains(weir_buf_view(&r.sent), WEIR_STR("\"epoch\":\"ep\",\"offset\":8,")));
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":6,\"subscribe\":{\"recoverable\":true,\"epoch\":\"new\",\"offset\":2,"
				    "\"was_recovering\":true}}"),
		WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(c: not recovered, events may be missing)");
	rig_fini(&r);
}

/* A channel without history: an interruption is told, since nobody can know what was missed. */
static void test_interruption_without_position(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct rig r;

	rig_init(&r);
	rig_start(&r, channel, 1);
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, CONNECTED "\n{\"id\":2,\"subscribe\":{}}"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_close(&r, 0, ""), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(connection closed; trying again)");
	rig_connect(&r);
	weir_buf_reset(&r.sent);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":3,\"connect\":{}}"), WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":4,\"subscribe\":{\"channel\":\"c\",\"recoverable\":true}}");
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":4,\"subscribe\":{}}"), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(connected again)(c: not recovered, events may be missing)");
	rig_fini(&r);
}

static void test_since(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct rig r;

	rig_init(&r);
	r.o.has_since = true;
	r.o.since_epoch = WEIR_STR("e.1");
	r.o.since_offset = UINT64_MAX;
	rig_start(&r, channel, 1);
	rig_connect(&r);
	weir_buf_reset(&r.sent);
	CU_ASSERT_EQUAL(rig_say(&r, CONNECTED), WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":2,\"subscribe\":{\"channel\":\"c\",\"recover\":true,\"epoch\":\"e.1\","
		       "\"offset\":18446744073709551615,\"recoverable\":true}}");
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"id\":2,\"subscribe\":{\"epoch\":\"e.1\",\"positioned\":true}}"), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(c: not recovered, events may be missing)");
	rig_fini(&r);
}

/* The epoch of a stream that began after the subscription comes with its first publication. */
static void test_epoch_of_first_publication(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct rig r;

	rig_init(&r);
	rig_start(&r, channel, 1);
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, CONNECTED "\n{\"id\":2,\"subscribe\":{\"recoverable\":true}}"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":1,\"offset\":1,\"epoch\":\"first\"}}}"),
		WEIR_CLIENT_GO);
	weir_buf_reset(&r.sent);
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":2500,\"reason\":\"queue full\"}}}"),
		WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":3,\"subscribe\":{\"channel\":\"c\",\"recover\":true,\"epoch\":\"first\",\"offset\":1,"
		       "\"recoverable\":true}}");
	rig_fini(&r);
}

static void test_unsubscribe_pushes(void)
{
	struct rig r;

	rig_subscribe(&r);
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"push\":{\"channel\":\"other\",\"unsubscribe\":{\"code\":2000,\"reason\":\"x\"}}}"),
		WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":2500,\"reason\":\"queue full\"}}}"),
		WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":3,\"subscribe\":{\"channel\":\"c\",\"recover\":true,\"epoch\":\"ep\",\"offset\":4,"
		       "\"recoverable\":true}}");
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":9,\"offset\":9}}}"), WEIR_CLIENT_GO);
	CHECK_LOG(&r, ""); /* not subscribed at the moment */
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":3,\"subscribe\":{\"recoverable\":true,\"recovered\":true,\"offset\":4}}"),
		WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":2502,\"reason\":\"gone\"}}}"),
		WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":4,\"subscribe\":{\"channel\":\"c\",\"recoverable\":true}}");
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":4,\"subscribe\":{}}"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":2000,"
				    "\"reason\":\"server\\u001b unsubscribe\"}}}"),
		WEIR_CLIENT_STOP);
	CU_ASSERT_STRING_EQUAL(weir_client_reason(r.client), "c: server? unsubscribe (2000)");
	rig_fini(&r);
}

static void test_connect_errors(void)
{
	static const struct {
		const char *reply;
		enum weir_client_verdict verdict;
		const char *reason;
	} rows[] = {
		{"{\"id\":1,\"error\":{\"code\":109,\"message\":\"token expired\"}}", WEIR_CLIENT_STOP,
			"token expired (109)"},
		{"{\"id\":1,\"error\":{\"code\":100,\"message\":\"unavailable\",\"temporary\":true}}",
			WEIR_CLIENT_RECONNECT, "unavailable (100)"},
		{"{\"id\":1,\"error\":{\"code\":42,\"message\":\"x\"}}", WEIR_CLIENT_RECONNECT, "x (42)"},
		{"{\"id\":1,\"error\":{\"code\":103}}", WEIR_CLIENT_STOP, "error (103)"},
		{"[]", WEIR_CLIENT_STOP, "the server sent something that is not JSON lines"},
		{"{\"id\":1,", WEIR_CLIENT_STOP, "the server sent something that is not JSON lines"},
	};
	static const struct weir_str channel[] = {{"c", 1}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct rig r;

		rig_init(&r);
		rig_start(&r, channel, 1);
		rig_connect(&r);
		CU_ASSERT_EQUAL(rig_say(&r, rows[i].reply), rows[i].verdict);
		CU_ASSERT_STRING_EQUAL(weir_client_reason(r.client), rows[i].reason);
		rig_fini(&r);
	}
}

static void test_subscribe_errors(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct rig r;

	rig_init(&r);
	rig_start(&r, channel, 1);
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, CONNECTED), WEIR_CLIENT_GO);
	weir_buf_reset(&r.sent);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":2,\"error\":{\"code\":111,\"message\":\"slow\",\"temporary\":true}}"),
		WEIR_CLIENT_GO);
	CHECK_SENT(&r, "");
	CU_ASSERT(weir_client_next(r.client) > r.now_ms);
	CU_ASSERT(weir_client_next(r.client) <= r.now_ms + 500);
	r.now_ms = weir_client_next(r.client);
	CU_ASSERT_EQUAL(rig_tick(&r), WEIR_CLIENT_GO);
	CHECK_SENT(&r, "{\"id\":3,\"subscribe\":{\"channel\":\"c\",\"recoverable\":true}}");
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"id\":3,\"error\":{\"code\":103,\"message\":\"permission denied\"}}"), WEIR_CLIENT_STOP);
	CU_ASSERT_STRING_EQUAL(weir_client_reason(r.client), "c: permission denied (103)");
	rig_fini(&r);
}

static void test_no_answer(void)
{
	static const struct weir_str channel[] = {{"c", 1}};
	struct rig r;

	rig_init(&r);
	rig_start(&r, channel, 1);
	rig_connect(&r);
	CU_ASSERT_EQUAL(weir_client_next(r.client), r.now_ms + 5000);
	r.now_ms += 4999;
	CU_ASSERT_EQUAL(rig_tick(&r), WEIR_CLIENT_GO);
	r.now_ms += 1;
	CU_ASSERT_EQUAL(rig_tick(&r), WEIR_CLIENT_RECONNECT);
	CU_ASSERT_EQUAL(rig_close(&r, 0, weir_client_reason(r.client)), WEIR_CLIENT_GO);
	CHECK_LOG(&r, "(no answer to connect; trying again)");
	rig_connect(&r);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":2,\"connect\":{}}"), WEIR_CLIENT_GO);
	r.now_ms += 5000;
	CU_ASSERT_EQUAL(rig_tick(&r), WEIR_CLIENT_RECONNECT);
	CU_ASSERT_STRING_EQUAL(weir_client_reason(r.client), "no answer to subscribe");
	rig_fini(&r);
}

static void test_close_codes(void)
{
	static const int final[] = {1009, 3500, 3501, 3999, 4500, 4999},
			 other[] = {0, 1000, 1006, 2999, 3000, 3499, 4000, 4499, 5000};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(final); i++) {
		struct rig r;

		rig_subscribe(&r);
		CU_ASSERT_EQUAL(rig_close(&r, final[i], "why"), WEIR_CLIENT_STOP);
		CU_ASSERT(weir_str_starts(weir_str(weir_client_reason(r.client)), WEIR_STR("why (")));
		CHECK_LOG(&r, "");
		rig_fini(&r);
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(other); i++) {
		struct rig r;

		rig_subscribe(&r);
		CU_ASSERT_EQUAL(rig_close(&r, other[i], "why"), WEIR_CLIENT_GO);
		CU_ASSERT(weir_client_next(r.client) < UINT64_MAX);
		rig_fini(&r);
	}
}

/*
 * Delays double up to 20 s, half of each is chance; only the first of a row of failures is told; success starts over.
 */
static void test_backoff(void)
{
	struct rig r;
	uint64_t full = 500;

	rig_subscribe(&r);
	for (int i = 0; i < 40; i++) {
		uint64_t delay;

		CU_ASSERT_EQUAL(rig_close(&r, 0, "refused"), WEIR_CLIENT_GO);
		delay = weir_client_next(r.client) - r.now_ms;
		CU_ASSERT(delay >= full / 2 && delay <= full);
		r.now_ms += delay - 1;
		CU_ASSERT_EQUAL(rig_tick(&r), WEIR_CLIENT_GO);
		r.now_ms += 1;
		CU_ASSERT_EQUAL(rig_tick(&r), WEIR_CLIENT_CONNECT);
		full = full * 2 < 20000 ? full * 2 : 20000;
	}
	CHECK_LOG(&r, "(refused; trying again)");
	CU_ASSERT_EQUAL(weir_client_opened(r.client, r.now_ms, &r.sent), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"id\":3,\"connect\":{}}"), WEIR_CLIENT_GO);
	CU_ASSERT_EQUAL(rig_close(&r, 0, "refused"), WEIR_CLIENT_GO);
	CU_ASSERT(weir_client_next(r.client) <= r.now_ms + 500);
	CHECK_LOG(&r, "(connected again)(refused; trying again)");
	rig_fini(&r);
}

static void test_enough(void)
{
	struct rig r;

	rig_subscribe(&r);
	r.wanted = 2;
	CU_ASSERT_EQUAL(rig_say(&r, "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":1}}}\n"
				    "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":2}}}\n"
				    "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":3}}}"),
		WEIR_CLIENT_DONE);
	CHECK_LOG(&r, "c - 1;c - 2;");
	rig_fini(&r);
}

static void test_pattern_and_strangers(void)
{
	struct rig r;

	rig_subscribe(&r);
	CU_ASSERT_EQUAL(rig_say(&r, "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":1,\"channel\":\"c.\\u0061\"}}}"),
		WEIR_CLIENT_GO);
	CHECK_LOG(&r, "c.a - 1;");
	CU_ASSERT_EQUAL(
		rig_say(&r, "{\"push\":{\"channel\":\"d\",\"pub\":{\"data\":1}}}\n"
			    "{\"push\":{\"channel\":\"c\",\"join\":{\"info\":{\"user\":\"u\",\"client\":\"x\"}}}}\n"
			    "{\"push\":{\"refresh\":{}}}\n{\"push\":null,\"id\":99,\"rpc\":{}}\n"
			    "{\"push\":[]}\n{\"push\":{\"channel\":\"c\",\"pub\":7}}\n{\"id\":2,\"subscribe\":{}}"),
		WEIR_CLIENT_GO);
	CHECK_LOG(&r, "");
	CHECK_SENT(&r, "");
	rig_fini(&r);
}

CU_TestInfo weir_tests[] = {
	{"first steps", test_first_steps},
	{"queue bytes", test_queue_bytes},
	{"resync keeps options", test_resync_keeps_options},
	{"error is shown whole", test_error_is_shown_whole},
	{"ping", test_ping},
	{"no pings announced", test_no_pings_announced},
	{"recovery", test_recovery},
	{"interruption without position", test_interruption_without_position},
	{"since", test_since},
	{"epoch of first publication", test_epoch_of_first_publication},
	{"unsubscribe pushes", test_unsubscribe_pushes},
	{"connect errors", test_connect_errors},
	{"subscribe errors", test_subscribe_errors},
	{"no answer", test_no_answer},
	{"close codes", test_close_codes},
	{"backoff", test_backoff},
	{"enough", test_enough},
	{"pattern and strangers", test_pattern_and_strangers},
	CU_TEST_INFO_NULL,
};
