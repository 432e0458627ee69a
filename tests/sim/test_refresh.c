/* SPDX-License-Identifier: Apache-2.0 */
/* What time does to a connection: pings, staleness, expiry, and the commands against it (protocol.md §2.5, §4.10–11,
 * §5.9–10). */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/refresh";

static const struct weir_namespace open_ns = {
	.allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true};

static struct loopback *broker(uint64_t ping_interval_ms)
{
	struct weir_session_config config = *loopback_default_config();

	config.ping_interval_ms = ping_interval_ms;
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.secure = true,
		.hmac_secret = SCENARIO_SECRET,
		.without = open_ns,
		.config = &config});
}

/* A connection of user 42 whose token lasts `ttl` seconds. */
static struct loopback_client *lasting(struct loopback *lb, int ttl, char id[40])
{
	struct loopback_client *c = loopback_connect(lb, 1);

	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\",\"exp\":%lld}", now_s(lb) + ttl));
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"expires\":true,\"ttl\":%d}}",
		ttl);
	if (id)
		snprintf(id, 40, "%s", last_client());
	return c;
}

/* ---- pings ---- */

static void pings(void)
{
	struct loopback *lb = loopback_new(&(struct loopback_options){.seed = weir_test_seed()});
	uint64_t earliest = UINT64_MAX, latest = 0;

	for (unsigned i = 0; i < 300; i++) {
		struct loopback_client *c = connected(lb, 0);
		uint64_t before = loopback_now(lb), at;

		loopback_advance(lb, 12499);
		expect_nothing(c);
		while (!loopback_receive(c) && loopback_now(lb) < before + 25001)
			loopback_advance(lb, 50);
		at = loopback_now(lb) - before;
		earliest = at < earliest ? at : earliest;
		latest = at > latest ? at : latest;
		loopback_client_free(&c);
	}
	CU_ASSERT(earliest >= 12500 && earliest < 13500); /* between half a period and one, all over it */
	CU_ASSERT(latest <= 25050 && latest > 24000);
	loopback_free(&lb);
}

static void fixed_timer(void)
{
	struct loopback *lb = loopback_new(&(struct loopback_options){.seed = weir_test_seed()});
	struct loopback_client *c = connected(lb, 0);
	uint64_t first;

	while (!loopback_receive(c))
		loopback_advance(lb, 1);
	first = loopback_now(lb);
	for (unsigned i = 1; i <= 5; i++) {
		say(c, "%s", "{}");
		say(c, "{\"id\":%u,\"rpc\":{}}", i + 1); /* busy or not */
		expect_error(c, i + 1, 108);
		loopback_advance(lb, first + i * 25000 - 1 - loopback_now(lb));
		expect_nothing(c);
		loopback_advance(lb, 1);
		expect(c, "%s", "{}");
	}
	/* A pong may come until the timeout; then the next ping is due as ever. */
	loopback_advance(lb, 7999);
	say(c, "%s", "{}");
	loopback_advance(lb, 25000 - 7999);
	expect(c, "%s", "{}");
	loopback_advance(lb, 7999);
	expect_nothing(c);
	loopback_advance(lb, 1);
	expect_closed(&c, 3012);
	loopback_free(&lb);
}

static void pong_nobody_asked_for(void)
{
	const char *pongs[] = {"{}", "{\"id\":0}", "{\"id\":null}", "{\"ping\":{}}", "{ \"unknown\": [] }"};
	struct loopback *lb = loopback_new(&(struct loopback_options){.seed = weir_test_seed()});
	struct loopback_client *c;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(pongs); i++) {
		c = connected(lb, 0);
		say(c, "%s", pongs[i]);
		expect_closed(&c, 3501);
		c = connected(lb, 0);
		while (!loopback_receive(c))
			loopback_advance(lb, 100);
		say(c, "%s", pongs[i]);
		expect_nothing(c);
		say(c, "%s", pongs[i]);
		expect_closed(&c, 3501);
	}
	/* A client's own ping is no pong, wanted or not. */
	c = connected(lb, 0);
	while (!loopback_receive(c))
		loopback_advance(lb, 100);
	say(c, "{\"id\":5,\"ping\":{}}");
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

static void no_pings(void)
{
	struct loopback *lb = broker(0);
	struct loopback_client *c = loopback_connect(lb, 0);

	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{}"));
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\"}}");
	loopback_advance(lb, 1000000);
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void stale(void)
{
	struct loopback *lb = broker(0);
	struct loopback_client *c = loopback_connect(lb, 0), *refused = loopback_connect(lb, 1);

	say(refused, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"exp\":1}"));
	expect_error(refused, 1, 109);
	loopback_advance(lb, 9999);
	expect_nothing(c);
	loopback_advance(lb, 1);
	expect_closed(&c, 3502);
	expect_closed(&refused, 3502);
	loopback_free(&lb);
}

/* ---- the connection's expiry ---- */

static void connection_expires(void)
{
	struct loopback *lb = broker(0);
	struct loopback_client *c = lasting(lb, 10, NULL);

	loopback_advance(lb, 34999);
	expect_nothing(c);
	loopback_advance(lb, 1);
	expect_closed(&c, 3005);
	loopback_free(&lb);
}

static void refresh(void)
{
	struct loopback *lb = broker(0);
	char id[40];
	struct loopback_client *c = lasting(lb, 10, id);

	loopback_advance(lb, 34999); /* in the delay: still in time */
	say(c, "{\"id\":2,\"refresh\":{\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"exp\":%lld,\"info\":{}}", now_s(lb) + 20));
	expect(c, "{\"id\":2,\"refresh\":{\"client\":\"%s\",\"version\":\"weir test\",\"expires\":true,\"ttl\":20}}",
		id);
	loopback_advance(lb, 44000);
	expect_nothing(c);
	say(c, "{\"id\":3,\"refresh\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\"}"));
	expect(c, "{\"id\":3,\"refresh\":{\"client\":\"%s\",\"version\":\"weir test\"}}", id);
	loopback_advance(lb, 1000000);
	expect_nothing(c);
	say(c, "{\"id\":4,\"refresh\":{\"token\":\"%s\"}}",
		token("{\"sub\":\"42\"}")); /* nothing to refresh any more */
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

static void refresh_refused(void)
{
	struct loopback *lb = broker(0);
	struct loopback_client *c;
	const struct {
		const char *member;
		unsigned code;
	} rows[] = {
		{"", 3501},
		{"\"token\":\"\"", 3501},
		{"\"token\":null", 3501},
		{"\"token\":5", 3501},
		{"\"token\":\"x\"", 3500},
		{"EXPIRED", 3005},
		{"OTHER", 3500},
		{"CHANNEL", 3500},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		const char *t = NULL;

		c = lasting(lb, 10, NULL);
		if (rows[i].member[0] == 'E')
			t = token("{\"sub\":\"42\",\"exp\":%lld}", now_s(lb));
		else if (rows[i].member[0] == 'O')
			t = token("{\"sub\":\"43\",\"exp\":%lld}", now_s(lb) + 9);
		else if (rows[i].member[0] == 'C')
			t = token("{\"sub\":\"42\",\"channel\":\"a\"}");
		if (t)
			say(c, "{\"id\":2,\"refresh\":{\"token\":\"%s\"}}", t);
		else
			say(c, "{\"id\":2,\"refresh\":{%s}}", rows[i].member);
		expect_closed(&c, rows[i].code);
	}
	c = connected_as(lb, 0, "{\"sub\":\"42\"}"); /* does not expire */
	say(c, "{\"id\":2,\"refresh\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\"}"));
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

/* The new info is what publications carry from then on. */
static void refresh_info(void)
{
	struct loopback *lb = loopback_new(&(struct loopback_options){.seed = weir_test_seed(),
		.secure = true,
		.hmac_secret = SCENARIO_SECRET,
		.without = {.allow_publish_for_client = true, .allow_subscribe_for_client = true}});
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\",\"exp\":1700000010,\"info\":{\"old\":1}}");

	say(c,
		"{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"refresh\":{\"token\":\"%s\"}}\n"
		"{\"id\":4,\"publish\":{\"channel\":\"a\",\"data\":1}}",
		token("{\"sub\":\"42\",\"exp\":1700000020,\"info\":{\"new\":1}}"));
	expect(c, "{\"id\":3,\"refresh\":{\"client\":\"@C\",\"version\":\"weir test\",\"expires\":true,\"ttl\":20}}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	expect(c, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":1,\"info\":{\"user\":\"42\",\"client\":\"@C\",\"conn_"
		  "info\":{\"new\":1}}}}}");
	expect(c, "{\"id\":4,\"publish\":{}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* ---- a subscription's expiry ---- */

static const char *sub_token(struct loopback *lb, int ttl)
{
	return token("{\"sub\":\"42\",\"channel\":\"a\",\"exp\":%lld}", now_s(lb) + ttl);
}

static void subscription_expires(void)
{
	struct loopback *lb = broker(0);
	struct loopback_client *c = connected_as(lb, 1, "{\"sub\":\"42\"}");

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}", sub_token(lb, 10));
	expect(c, "{\"id\":2,\"subscribe\":{\"expires\":true,\"ttl\":10}}");
	loopback_advance(lb, 34999);
	expect_nothing(c);
	loopback_advance(lb, 1);
	expect(c, "{\"push\":{\"channel\":\"a\",\"unsubscribe\":{\"code\":2501,\"reason\":\"subscription expired\"}}}");
	loopback_publish(lb, 0, "a", "1", NULL);
	loopback_run(lb);
	expect_nothing(c);
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"a\"}}");
	expect(c, "{\"id\":3,\"subscribe\":{}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void sub_refresh(void)
{
	struct loopback *lb = broker(0);
	struct loopback_client *c = connected_as(lb, 1, "{\"sub\":\"42\"}");

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}", sub_token(lb, 10));
	expect(c, "{\"id\":2,\"subscribe\":{\"expires\":true,\"ttl\":10}}");
	loopback_advance(lb, 34000);
	say(c, "{\"id\":3,\"sub_refresh\":{\"channel\":\"a\",\"token\":\"%s\"}}", sub_token(lb, 30));
	expect(c, "{\"id\":3,\"sub_refresh\":{\"expires\":true,\"ttl\":30}}");
	loopback_advance(lb, 54000);
	expect_nothing(c);
	say(c, "{\"id\":4,\"sub_refresh\":{\"token\":\"%s\"}}", sub_token(lb, 40)); /* as the Python SDK does it */
	expect(c, "{\"id\":4,\"sub_refresh\":{\"expires\":true,\"ttl\":40}}");
	say(c, "{\"id\":5,\"sub_refresh\":{\"channel\":\"a\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"a\"}"));
	expect(c, "{\"id\":5,\"sub_refresh\":{}}");
	loopback_advance(lb, 1000000);
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void sub_refresh_refused(void)
{
	struct loopback *lb = broker(0);
	struct loopback_client *c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	const char *ends[] = {"{\"sub\":\"42\"}", "{\"sub\":\"42\",\"channel\":\"b\"}",
		"{\"sub\":\"41\",\"channel\":\"a\"}", "{\"sub\":\"42\",\"channel\":\"a\",\"client\":\"x\"}"};

	say(c, "{\"id\":2,\"sub_refresh\":{\"channel\":\"a\",\"token\":\"%s\"}}", sub_token(lb, 10));
	expect_error(c, 2, 103); /* not subscribed */
	say(c, "{\"id\":3,\"sub_refresh\":{\"channel\":\"a\",\"token\":\"%s\"}}", sub_token(lb, 0));
	expect_error(c, 3, 103); /* not even then */
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}", sub_token(lb, 10));
	expect(c, "{\"id\":4,\"subscribe\":{\"expires\":true,\"ttl\":10}}");
	say(c, "{\"id\":5,\"sub_refresh\":{\"channel\":\"a\"}}");
	expect_error(c, 5, 107);
	say(c, "{\"id\":6,\"sub_refresh\":{\"channel\":\"a\",\"token\":\"%s\"}}", sub_token(lb, 0));
	expect_error(c, 6, 109);
	say(c, "{\"id\":7,\"sub_refresh\":{\"channel\":\"a\",\"token\":\"x\"}}");
	expect_error(c, 7, 103);
	say(c, "{\"id\":8,\"sub_refresh\":{}}");
	expect_error(c, 8, 107);
	loopback_client_free(&c);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(ends); i++) {
		c = connected_as(lb, 1, "{\"sub\":\"42\"}");
		say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}", sub_token(lb, 10));
		expect(c, "{\"id\":2,\"subscribe\":{\"expires\":true,\"ttl\":10}}");
		say(c, "{\"id\":3,\"sub_refresh\":{\"channel\":\"a\",\"token\":\"%s\"}}", token("%s", ends[i]));
		expect_closed(&c, 3500);
	}
	/* A subscription that does not expire is not refreshed, with whatever token. */
	c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	say(c, "{\"id\":3,\"sub_refresh\":{\"channel\":\"a\",\"token\":\"x\"}}");
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

/* In one frame with its subscribe it takes effect, and is answered, behind it. */
static void sub_refresh_at_once(void)
{
	struct loopback *lb = broker(0);
	struct loopback_client *c = connected_as(lb, 1, "{\"sub\":\"42\"}");

	say(c,
		"{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}\n{\"id\":3,\"sub_refresh\":{\"channel\":"
		"\"a\","
		"\"token\":\"%s\"}}\n{\"id\":4,\"sub_refresh\":{\"token\":\"%s\"}}",
		sub_token(lb, 10), sub_token(lb, 20), sub_token(lb, 30));
	expect(c, "{\"id\":2,\"subscribe\":{\"expires\":true,\"ttl\":10}}");
	expect(c, "{\"id\":3,\"sub_refresh\":{\"expires\":true,\"ttl\":20}}");
	expect(c, "{\"id\":4,\"sub_refresh\":{\"expires\":true,\"ttl\":30}}");
	loopback_client_free(&c);
	c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	say(c,
		"{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}\n{\"id\":4,\"sub_refresh\":{\"token\":"
		"\"%s\"}}",
		sub_token(lb, 10), sub_token(lb, 30));
	expect(c, "{\"id\":2,\"subscribe\":{\"expires\":true,\"ttl\":10}}");
	expect(c, "{\"id\":4,\"sub_refresh\":{\"expires\":true,\"ttl\":30}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"pings", pings},
	{"pings go on a fixed timer", fixed_timer},
	{"a pong nobody asked for", pong_nobody_asked_for},
	{"no pings", no_pings},
	{"stale", stale},
	{"the connection expires", connection_expires},
	{"refresh", refresh},
	{"refresh refused", refresh_refused},
	{"refresh brings new info", refresh_info},
	{"a subscription expires", subscription_expires},
	{"sub_refresh", sub_refresh},
	{"sub_refresh refused", sub_refresh_refused},
	{"sub_refresh at once", sub_refresh_at_once},
	CU_TEST_INFO_NULL,
};
