/* SPDX-License-Identifier: Apache-2.0 */
/* The command connect: tokens, who is let in, server-side subscriptions (protocol.md §2.6, §4.1, §7). */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/connect";

static const struct weir_namespace streams = {
	.history_size = 10, .history_ttl_ms = 60000, .history_meta_ttl_ms = 3600000, .force_recovery = true};
static const struct weir_namespace named[] = {
	{.name = (char *)"news", .presence = true, .join_leave = true},
	{.name = (char *)"live", .join_leave = true, .force_push_join_leave = true},
};

static struct loopback *broker(unsigned workers, bool secure)
{
	return loopback_new(&(struct loopback_options){.workers = workers,
		.seed = weir_test_seed(),
		.secure = secure,
		.hmac_secret = SCENARIO_SECRET,
		.without = streams,
		.named = named,
		.n_named = 2});
}

static void tokens(void)
{
	struct loopback *lb = broker(1, true);
	struct loopback_client *c = loopback_connect(lb, 0);

	say(c, "{\"id\":7,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\",\"info\":{ \"n\": 1.0 }}"));
	expect(c, "{\"id\":7,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"ping\":25,\"pong\":true}}");
	loopback_client_free(&c);

	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\",\"exp\":%lld}", now_s(lb) + 77));
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir "
		  "test\",\"expires\":true,\"ttl\":77,\"ping\":25,\"pong\":true}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Each with a command behind it in the same frame, which must not be looked at. */
static void refused(void)
{
	struct loopback *lb = broker(2, true);
	const struct {
		const char *token;
		unsigned code;
	} ends[] = {
		{"x", 3500},
		{"a.b.c", 3500},
		{token("{\"sub\":\"42\",\"channel\":\"news:a\"}"), 3500}, /* a subscription token */
		{token("{\"sub\":42}"), 3500},
		{"", 3501},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(ends); i++) {
		struct loopback_client *c = loopback_connect(lb, 1);

		say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,\"rpc\":{}}", ends[i].token);
		expect_closed(&c, ends[i].code);
	}
	loopback_free(&lb);
}

/* 109 leaves a connection that is good for nothing; the SDK comes back with a new token. */
static void expired(void)
{
	struct loopback *lb = broker(1, true);

	for (int i = 0; i < 2; i++) {
		struct loopback_client *c = loopback_connect(lb, 0);

		say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,\"rpc\":{}}",
			i == 0 ? token("{\"exp\":%lld}", now_s(lb))
			       : token("{\"exp\":9999999999,\"nbf\":%lld}", now_s(lb) + 1));
		expect_error(c, 1, 109);
		expect_nothing(c);
		say(c, "{\"id\":3,\"connect\":{}}");
		expect_closed(&c, 3501);
	}
	loopback_free(&lb);
}

/* The token holds, but the connection's own expiry is past. */
static void already_expired(void)
{
	struct loopback *lb = broker(1, true);
	struct loopback_client *c = loopback_connect(lb, 0);

	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}",
		token("{\"exp\":9999999999,\"expire_at\":%lld}", now_s(lb)));
	expect_error(c, 1, 110);
	loopback_client_free(&c);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"exp\":9999999999,\"expire_at\":0}"));
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"ping\":25,\"pong\":true}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* client.insecure: a token that is there must hold all the same, but the connection never expires. */
static void insecure(void)
{
	struct loopback *lb = broker(1, false);
	struct loopback_client *c = loopback_connect(lb, 0);

	say(c, "{\"id\":1,\"connect\":{\"token\":\"x\"}}");
	expect_closed(&c, 3500);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"exp\":%lld}", now_s(lb) - 1));
	expect_error(c, 1, 109);
	loopback_client_free(&c);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}",
		token("{\"exp\":%lld,\"expire_at\":%lld}", now_s(lb) + 9, now_s(lb) - 9));
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"ping\":25,\"pong\":true}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void out_of_turn(void)
{
	struct loopback *lb = broker(1, false);
	const char *not_connect[] = {"{}", "{\"id\":1}", "{\"id\":1,\"subscribe\":{\"channel\":\"a\"}}",
		"{\"send\":{}}", "{\"id\":1,\"connect\":null}", "{\"connect\":{}}", "{\"id\":0,\"connect\":{}}",
		"{\"id\":null,\"connect\":{}}", "{\"id\":1,\"refresh\":{\"token\":\"a\"}}"};
	struct loopback_client *c;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(not_connect); i++) {
		c = loopback_connect(lb, 0);
		say(c, "%s", not_connect[i]);
		expect_closed(&c, 3501);
	}
	c = connected(lb, 0);
	say(c, "{\"id\":2,\"connect\":{}}");
	expect_closed(&c, 3501);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"connect\":{}}");
	expect_start(c, "{\"id\":1,\"connect\":{");
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

static void anonymous(void)
{
	struct weir_session_config config = *loopback_default_config();
	struct loopback *lb;
	struct loopback_client *c;

	config.allow_anonymous = true;
	lb = loopback_new(&(struct loopback_options){
		.seed = weir_test_seed(), .secure = true, .config = &config, .without = streams});
	c = connected(lb, 0);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	expect_error(c, 2, 103);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* ---- server-side subscriptions ---- */

static void server_side(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		struct loopback *lb = broker(workers, true);
		struct loopback_client *c = loopback_connect(lb, workers - 1);

		say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}",
			token("{\"sub\":\"42\",\"channels\":[\"a\",\"a\",\"$p\",\"news:\\u00412\"],\"subs\":{\"$p\":{"
			      "\"info\":"
			      "{\"r\":1},"
			      "\"data\":[ 1]}}}"));
		expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"subs\":{"
			  "\"$p\":{\"recoverable\":true,\"epoch\":\"@E\",\"positioned\":true,\"data\":[ 1]},"
			  "\"a\":{\"recoverable\":true,\"epoch\":\"@E\",\"positioned\":true},\"news:A2\":{}},"
			  "\"ping\":25,\"pong\":true}}");
		loopback_publish(lb, 0, "a", "1", NULL);
		loopback_publish(lb, 0, "news:A2", "2", NULL);
		loopback_run(lb);
		expect(c, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":1,\"offset\":1}}}");
		expect(c, "{\"push\":{\"channel\":\"news:A2\",\"pub\":{\"data\":2}}}");
		/* A client's own subscribe finds it taken; unsubscribe ends it. */
		say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
		expect_error(c, 2, 105);
		say(c, "{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}");
		expect(c, "{\"id\":3,\"unsubscribe\":{}}");
		loopback_publish(lb, 0, "a", "3", NULL);
		loopback_run(lb);
		expect_nothing(c);
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

static void server_side_recovery(void)
{
	struct loopback *lb = broker(2, true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\",\"channels\":[\"a\",\"b\"]}");
	const char *both = token("{\"sub\":\"42\",\"channels\":[\"a\",\"b\"]}");

	loopback_client_free(&c);
	loopback_publish(lb, 1, "a", "1", NULL);
	loopback_publish(lb, 1, "b", "2", NULL);
	loopback_run(lb);
	c = loopback_connect(lb, 1);
	/* A position per channel; unknown channels and those without recover are ignored. */
	say(c,
		"{\"id\":1,\"connect\":{\"token\":\"%s\",\"subs\":{\"a\":{\"recover\":true},"
		"\"b\":{\"recover\":true,\"epoch\":\"gone\",\"offset\":1},\"c\":{\"recover\":true},\"d\":null}}}",
		both);
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"subs\":{"
		  "\"a\":{\"recoverable\":true,\"epoch\":\"@E\",\"publications\":[{\"data\":1,\"offset\":1}],"
		  "\"recovered\":true,\"positioned\":true,\"was_recovering\":true},"
		  "\"b\":{\"recoverable\":true,\"epoch\":\"@E\",\"offset\":1,\"positioned\":true,\"was_recovering\":"
		  "true}},"
		  "\"ping\":25,\"pong\":true}}");
	loopback_client_free(&c);
	c = loopback_connect(lb, 1);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\",\"subs\":{\"\\u0061\":{\"offset\":7}}}}", both);
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"subs\":{"
		  "\"a\":{\"recoverable\":true,\"epoch\":\"@E\",\"offset\":1,\"positioned\":true},"
		  "\"b\":{\"recoverable\":true,\"epoch\":\"@E\",\"offset\":1,\"positioned\":true}},\"ping\":25,"
		  "\"pong\":true}}");
	loopback_client_free(&c);
	/* Ill-typed entries are a protocol violation. */
	c = loopback_connect(lb, 1);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\",\"subs\":{\"a\":{\"offset\":\"7\"}}}}", both);
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

static void server_side_refused(void)
{
	struct loopback *lb = broker(1, true);
	struct weir_session_config config = *loopback_default_config();
	const char *bad[] = {"{\"channels\":[\"none:a\"]}", "{\"channels\":[\"\"]}", "{\"subs\":{\"none:a\":{}}}",
		"{\"channels\":[\"a\",\"\\u00e4\"]}"};
	struct loopback_client *c;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		c = loopback_connect(lb, 0);
		say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("%s", bad[i]));
		expect_closed(&c, 3501);
	}
	loopback_free(&lb);

	config.channel_limit = 2;
	config.personal_channel = true;
	lb = loopback_new(&(struct loopback_options){
		.seed = weir_test_seed(), .secure = true, .hmac_secret = SCENARIO_SECRET, .config = &config});
	c = connected_as(lb, 0, "{\"channels\":[\"a\",\"b\",\"a\"]}");
	loopback_client_free(&c);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"channels\":[\"a\",\"b\",\"c\"]}"));
	expect_closed(&c, 3505);
	/* The personal channel counts. */
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"u\",\"channels\":[\"a\",\"b\"]}"));
	expect_closed(&c, 3505);
	loopback_free(&lb);
}

static void personal_channel(void)
{
	struct weir_session_config config = *loopback_default_config();
	struct loopback *lb;
	struct loopback_client *c;

	config.personal_channel = true;
	config.personal_namespace = WEIR_STR("news");
	lb = loopback_new(&(struct loopback_options){.seed = weir_test_seed(),
		.secure = true,
		.hmac_secret = SCENARIO_SECRET,
		.named = named,
		.n_named = 2,
		.config = &config});
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"4\\\"2\",\"channels\":[\"a\"]}"));
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir "
		  "test\",\"subs\":{\"a\":{},\"news:#4\\\"2\":{}},\"ping\":25,\"pong\":true}}");
	loopback_client_free(&c);
	c = loopback_connect(lb, 0); /* nobody's own channel */
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{}"));
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"ping\":25,\"pong\":true}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Its own joins and the publications that come meanwhile stand behind the connect reply. */
static void reply_comes_first(void)
{
	for (unsigned round = 0; round < 20; round++) {
		struct loopback *lb = loopback_new(&(struct loopback_options){.workers = 2,
			.seed = weir_test_seed() + round,
			.secure = true,
			.hmac_secret = SCENARIO_SECRET,
			.without = streams,
			.named = named,
			.n_named = 2});
		struct loopback_client *c = loopback_connect(lb, 0);

		send_text(c,
			"{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\"live:b\"}}",
			token("{\"sub\":\"42\",\"channels\":[\"live:a\",\"a\",\"b\",\"c\"]}"));
		for (int i = 0; i < 4; i++) {
			loopback_step(lb);
			loopback_publish(lb, 1, "live:a", "1", NULL);
		}
		loopback_run(lb);
		expect_start(c, "{\"id\":1,\"connect\":{\"client\":\"");
		for (const char *got; (got = loopback_receive(c));)
			CU_ASSERT_FATAL(fits("{\"push\":{\"channel\":\"live:a\",", got, true) ||
					fits("{\"id\":2,\"error\":{\"code\":103,", got, true));
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

/* A connection that ends before its connect reply gets no push: the reply must be the first. */
static void ended_before_reply(void)
{
	unsigned seen = 0;

	for (unsigned round = 0; round < 40; round++) {
		struct loopback *lb = loopback_new(&(struct loopback_options){.workers = 1,
			.seed = weir_test_seed() + round,
			.secure = true,
			.hub_mailbox = 2,
			.hmac_secret = SCENARIO_SECRET,
			.named = named,
			.n_named = 2});
		struct loopback_client *c = loopback_connect(lb, 0);
		const char *got;

		send_text(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}",
			token("{\"sub\":\"42\",\"channels\":[\"live:a\",\"live:b\",\"live:c\",\"live:d\"]}"));
		for (unsigned i = 0; i < round % 8; i++)
			loopback_step(lb);
		loopback_control(lb, &(struct weir_control){.op = WEIR_CONTROL_DISCONNECT,
					     .user = WEIR_STR("42"),
					     .code = 3503,
					     .reason = WEIR_STR("force disconnect")});
		loopback_run(lb);
		CU_ASSERT_EQUAL_FATAL(loopback_closed(c), 3503);
		got = loopback_receive(c);
		CU_ASSERT_FATAL(!got || fits("{\"id\":1,\"connect\":{", got, true));
		seen += !got;
		loopback_client_free(&c);
		loopback_free(&lb);
	}
	CU_ASSERT(seen > 0);
}

static void hangs_up_meanwhile(void)
{
	for (unsigned round = 0; round < 40; round++) {
		struct loopback *lb = broker(2, true);
		struct loopback_client *c = loopback_connect(lb, 1);

		send_text(c,
			"{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\"news:c\"}}",
			token("{\"sub\":\"42\",\"channels\":[\"a\",\"news:b\",\"live:c\"]}"));
		for (unsigned i = 0; i < round; i++)
			loopback_step(lb);
		loopback_client_free(&c);
		loopback_free(&lb); /* asserts that nothing is left */
	}
}

CU_TestInfo weir_tests[] = {
	{"tokens", tokens},
	{"refused", refused},
	{"expired", expired},
	{"already expired", already_expired},
	{"insecure", insecure},
	{"out of turn", out_of_turn},
	{"anonymous", anonymous},
	{"server-side subscriptions", server_side},
	{"server-side recovery", server_side_recovery},
	{"server-side refused", server_side_refused},
	{"personal channel", personal_channel},
	{"the reply comes first", reply_comes_first},
	{"ended before the reply", ended_before_reply},
	{"hangs up meanwhile", hangs_up_meanwhile},
	CU_TEST_INFO_NULL,
};
