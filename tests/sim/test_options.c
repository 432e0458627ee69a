/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing a subscription's queue: by the subscriber, by its token, by the namespace, and what is answered (§14.3). */
#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/options";

#define OPEN .allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true

static const struct weir_namespace named[] = {
	{.name = (char *)"open", OPEN},
	{.name = (char *)"rec",
		OPEN,
		.history_size = 10,
		.history_ttl_ms = 60000,
		.history_meta_ttl_ms = 3600000,
		.allow_recovery = true},
	{.name = (char *)"ticks",
		OPEN,
		.queue = 20,
		.queue_max = 30,
		.key = (char *)"sym",
		.rate = 5,
		.rate_max = 8,
		.allowed_overflow = WEIR_OVERFLOW_BIT(WEIR_OVERFLOW_LATEST)},
	{.name = (char *)"wild", OPEN, .allow_wildcards = true, .overflow = WEIR_OVERFLOW_RESYNC},
	{.name = (char *)"log", OPEN, .allow_wildcards = true, .ordered = true, .allow_recovery = true},
	{.name = (char *)"small", OPEN, .queue_bytes = 20000},
	{.name = (char *)"tiny", OPEN, .queue_bytes = 17000},
};

static struct loopback *broker(void)
{
	return broker_with_tokens(named, WEIR_ARRAY_LEN(named));
}

static struct loopback_client *client(struct loopback *lb)
{
	return connected_as(lb, 1, "{\"sub\":\"42\"}");
}

static void bad_request(struct loopback_client *c, unsigned id, const char *text)
{
	expect(c, "{\"id\":%u,\"error\":{\"code\":107,\"message\":\"bad request: %s\"}}", id, text);
}

/* Answers, and that there is none where none was asked for. */
static void answers(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_to(c, 2, "open:a",
		",\"data\":{\"weir\":{\"overflow\":\"latest\",\"key\":\"data.sym\",\"rate\":2,\"queue\":64}}");
	expect(c,
		"{\"id\":2,\"subscribe\":{\"data\":{\"weir\":{\"overflow\":\"latest\",\"key\":\"data.sym\",\"rate\":2,"
		"\"queue\":64}}}}");
	subscribe_to(c, 3, "open:b", ",\"data\":{\"weir\":{}}");
	expect(c, "{\"id\":3,\"subscribe\":{\"data\":{\"weir\":{\"overflow\":\"disconnect\",\"queue\":128}}}}");
	subscribe_to(c, 4, "open:c", ",\"data\":{\"other\":[1]}");
	expect(c, "{\"id\":4,\"subscribe\":{}}");
	subscribe_to(c, 5, "open:d", ",\"data\":\"weir\"");
	expect(c, "{\"id\":5,\"subscribe\":{}}");
	subscribe_to(c, 6, "rec:a", ",\"recoverable\":true,\"data\":{\"weir\":{\"queue\":5}}");
	expect(c, "{\"id\":6,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"positioned\":true,\"data\":{"
		  "\"weir\":{"
		  "\"overflow\":\"resync\",\"queue\":5}}}}");
	subscribe_to(c, 7, "ticks:a", ",\"data\":{\"weir\":{\"queue\":31,\"rate\":9}}");
	expect(c, "{\"id\":7,\"subscribe\":{\"data\":{\"weir\":{\"overflow\":\"latest\",\"key\":\"sym\",\"rate\":5,"
		  "\"queue\":30}}}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void refused(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_to(c, 2, "open:a", ",\"data\":{\"weir\":{\"overflw\":\"latest\"}}");
	bad_request(c, 2, "data.weir.overflw: expected overflow, queue, key, rate or filter");
	subscribe_to(c, 3, "open:a", ",\"data\":{\"weir\":{\"queue\":0}}");
	bad_request(c, 3, "data.weir.queue: expected an integer of at least 1");
	subscribe_to(c, 4, "open:a", ",\"data\":{\"weir\":7}");
	bad_request(c, 4, "data.weir: expected an object");
	subscribe_to(c, 5, "rec:a", ",\"data\":{\"weir\":{\"overflow\":\"resync\"}}");
	bad_request(c, 5, "data.weir.overflow: resync needs a recoverable subscription");
	subscribe_to(c, 6, "ticks:a", ",\"data\":{\"weir\":{\"overflow\":\"drop_oldest\"}}");
	expect_error(c, 6, 103);
	/* Who may not subscribe is told nothing about options. */
	subscribe_to(c, 7, "$open:a", ",\"data\":{\"weir\":7}");
	expect_error(c, 7, 103);
	subscribe_to(c, 8, "nil:a", ",\"data\":{\"weir\":7}");
	expect_error(c, 8, 102);
	/* Nothing has been subscribed. */
	subscribe_to(c, 9, "open:a", "");
	expect(c, "{\"id\":9,\"subscribe\":{}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void claims(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);
	static const char *const invalid[] = {"{\"queue\":0}", "{\"overflw\":1}", "{\"overflow\":\"newest\"}", "[]",
		"5", "{\"queue_bytes\":20000}", "{\"rate\":0}"};

	/* A token is not bound by what the namespace allows. */
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"ticks:a\",\"data\":{\"weir\":{\"queue\":3}},\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"ticks:a\",\"weir\":{\"overflow\":\"drop_newest\",\"queue\":999,"
		      "\"rate\":2.5}}"));
	expect(c, "{\"id\":2,\"subscribe\":{\"data\":{\"weir\":{\"overflow\":\"drop_newest\",\"rate\":2.5,\"queue\":"
		  "999}}}}");
	/* The claim data goes before the answer. */
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"open:a\",\"data\":{\"weir\":{}},\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"open:a\",\"data\":{\"mine\":1}}"));
	expect(c, "{\"id\":3,\"subscribe\":{\"data\":{\"mine\":1}}}");
	/* Without data.weir it is not told. */
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"open:b\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"open:b\",\"weir\":{\"queue\":1}}"));
	expect(c, "{\"id\":4,\"subscribe\":{}}");
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(invalid); i++) {
		say(c, "{\"id\":%u,\"subscribe\":{\"channel\":\"open:c\",\"token\":\"%s\"}}", i + 5,
			token("{\"sub\":\"42\",\"channel\":\"open:c\",\"weir\":%s}", invalid[i]));
		expect_error(c, i + 5, 103);
	}
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* What a pattern was granted is told in any case; where it has no position it cannot be resynchronized. */
static void patterns(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_to(c, 2, "wild:*.cpu", "");
	expect(c, "{\"id\":2,\"subscribe\":{\"data\":{\"weir\":{\"overflow\":\"disconnect\",\"queue\":128}}}}");
	subscribe_to(c, 3, "wild:>", ",\"data\":{\"weir\":{\"overflow\":\"resync\"}}");
	bad_request(c, 3, "data.weir.overflow: resync needs a recoverable subscription");
	subscribe_to(c, 4, "wild:>", ",\"data\":{\"weir\":{\"overflow\":\"latest\",\"key\":\"host\"}}");
	expect(c, "{\"id\":4,\"subscribe\":{\"data\":{\"weir\":{\"overflow\":\"latest\",\"key\":\"host\",\"queue\":128}"
		  "}}}");
	subscribe_to(c, 5, "log:>", ",\"recoverable\":true");
	expect(c, "{\"id\":5,\"subscribe\":{\"recoverable\":true,\"epoch\":\"1700000000000\",\"positioned\":true,"
		  "\"data\":{\"weir\":{\"overflow\":\"resync\",\"queue\":128}}}}");
	say(c, "{\"id\":6,\"subscribe\":{\"channel\":\"log:*\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"log:*\",\"data\":{\"mine\":1}}"));
	expect(c, "{\"id\":6,\"subscribe\":{\"data\":{\"mine\":1}}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* ---- the bound of the connection ---- */

static size_t bound(const struct loopback_client *c)
{
	return weir_session_queue(loopback_session(c))->max_bytes;
}

static void connects(void)
{
	static const struct {
		const char *claim, *data;
		const char *answer; /* of the connect, or the error's text */
		size_t bound;
	} rows[] = {
		{"{}", "{\"weir\":{\"queue_bytes\":16384}}", "{\"weir\":{\"queue_bytes\":16384}}", 16384},
		{"{}", "{\"weir\":{\"queue_bytes\":99999999999999}}", "{\"weir\":{\"queue_bytes\":1048576}}", 1 << 20},
		{"{}", "{\"weir\":{}}", "{\"weir\":{\"queue_bytes\":1048576}}", 1 << 20},
		{"{\"queue_bytes\":30000}", "{\"weir\":{\"queue_bytes\":20000}}", "{\"weir\":{\"queue_bytes\":30000}}",
			30000},
		{"{\"queue_bytes\":30000}", "{\"x\":1}", NULL, 30000},
		{"{}", "[\"weir\"]", NULL, 1 << 20},
		{"{}", "{\"weir\":{\"queue_bytes\":16383}}",
			"data.weir.queue_bytes: expected an integer of at least 16384", 0},
		{"{}", "{\"weir\":{\"queue\":5}}", "data.weir.queue: expected queue_bytes", 0},
		{"{}", "{\"weir\":null}", "data.weir: expected an object", 0},
	};
	struct loopback *lb = broker();
	struct loopback_client *c;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		c = loopback_connect(lb, 0);
		say(c, "{\"id\":1,\"connect\":{\"data\":%s,\"token\":\"%s\"}}", rows[i].data,
			token("{\"sub\":\"42\",\"weir\":%s}", rows[i].claim));
		if (!rows[i].bound) {
			bad_request(c, 1, rows[i].answer);
		} else {
			expect(c,
				"{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir "
				"test\"%s%s,\"ping\":25,\"pong\":true}}",
				rows[i].answer ? ",\"data\":" : "", rows[i].answer ? rows[i].answer : "");
			CU_ASSERT_EQUAL(bound(c), rows[i].bound);
		}
		loopback_client_free(&c);
	}
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\",\"weir\":{\"queue\":5}}"));
	expect_closed(&c, 3500);
	loopback_free(&lb);
}

/* The smallest of the namespaces' counts, as long as the client is subscribed there. */
static void bounds_of_namespaces(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_to(c, 2, "open:a", "");
	CU_ASSERT_EQUAL(bound(c), 1 << 20);
	subscribe_to(c, 3, "small:a", "");
	CU_ASSERT_EQUAL(bound(c), 20000);
	subscribe_to(c, 4, "tiny:a", "");
	subscribe_to(c, 5, "tiny:b", "");
	CU_ASSERT_EQUAL(bound(c), 17000);
	say(c, "{\"id\":6,\"unsubscribe\":{\"channel\":\"tiny:a\"}}");
	CU_ASSERT_EQUAL(bound(c), 17000);
	say(c, "{\"id\":7,\"unsubscribe\":{\"channel\":\"tiny:b\"}}");
	CU_ASSERT_EQUAL(bound(c), 20000);
	say(c, "{\"id\":8,\"unsubscribe\":{\"channel\":\"small:a\"}}");
	CU_ASSERT_EQUAL(bound(c), 1 << 20);
	loopback_client_free(&c);
	/* A server-side subscription counts, and the client's own choice may be less. */
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"data\":{\"weir\":{\"queue_bytes\":18000}},\"token\":\"%s\"}}",
		token("{\"channels\":[\"small:a\"]}"));
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir "
		  "test\",\"data\":{\"weir\":{\"queue_bytes\":18000}},\"subs\":{\"small:a\":{}},\"ping\":25,\"pong\":"
		  "true}}");
	CU_ASSERT_EQUAL(bound(c), 18000);
	loopback_client_free(&c);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"answers", answers},
	{"refused", refused},
	{"claims", claims},
	{"patterns", patterns},
	{"connects", connects},
	{"bounds of namespaces", bounds_of_namespaces},
	CU_TEST_INFO_NULL,
};
