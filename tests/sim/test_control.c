/* SPDX-License-Identifier: Apache-2.0 */
/* What the server API does to connections: subscribe, unsubscribe, disconnect, refresh (protocol.md §7, §13.2). */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/control";

static const struct weir_namespace streams = {.history_size = 5,
	.history_ttl_ms = 10000,
	.history_meta_ttl_ms = 60000,
	.force_recovery = true,
	.allow_subscribe_for_client = true};
static const struct weir_namespace plain = {
	.name = (char *)"plain", .allow_subscribe_for_client = true, .presence = true};

static struct loopback *broker(void)
{
	struct weir_session_config config = *loopback_default_config();

	config.ping_interval_ms = 0;
	config.channel_limit = 3;
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.secure = true,
		.hmac_secret = SCENARIO_SECRET,
		.without = streams,
		.named = &plain,
		.n_named = 1,
		.config = &config});
}

static void control(struct loopback *lb, struct weir_control c)
{
	c.user = c.user.p ? c.user : WEIR_STR("42");
	if (c.channel.p)
		c.ns = loopback_namespace(lb, c.channel);
	loopback_control(lb, &c);
	loopback_run(lb);
}

#define CONTROL(lb, name, ...) control((lb), (struct weir_control){.op = WEIR_CONTROL_##name, __VA_ARGS__})

static void subscribe(void)
{
	struct loopback *lb = broker();
	struct loopback_client *a = connected_as(lb, 0, "{\"sub\":\"42\"}"),
			       *b = connected_as(lb, 1, "{\"sub\":\"42\"}"),
			       *other = connected_as(lb, 1, "{\"sub\":\"43\"}");

	loopback_publish(lb, 0, "s", "1", NULL);
	loopback_publish(lb, 0, "s", "2", NULL);
	CONTROL(lb, SUBSCRIBE, .channel = WEIR_STR("s"), .data = WEIR_STR("{\"d\":1}"));
	expect(a, "{\"push\":{\"channel\":\"s\",\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"offset\":2,"
		  "\"positioned\":true,"
		  "\"data\":{\"d\":1}}}}");
	expect_start(b, "{\"push\":{\"channel\":\"s\",\"subscribe\":{");
	expect_nothing(other);
	loopback_publish(lb, 0, "s", "3", NULL);
	CONTROL(lb, SUBSCRIBE, .channel = WEIR_STR("s")); /* a second time changes nothing */
	expect(a, "{\"push\":{\"channel\":\"s\",\"pub\":{\"data\":3,\"offset\":3}}}");
	expect(b, "{\"push\":{\"channel\":\"s\",\"pub\":{\"data\":3,\"offset\":3}}}");
	expect_nothing(a);
	loopback_client_free(&b);
	/* From a position: what was missed follows the push. */
	b = connected_as(lb, 1, "{\"sub\":\"42\"}");
	CONTROL(lb, SUBSCRIBE, .client = weir_str(last_client()), .channel = WEIR_STR("s"), .recover = true,
		.since_epoch = weir_str(last_epoch()), .since_offset = 1);
	expect(b, "{\"push\":{\"channel\":\"s\",\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"offset\":1,"
		  "\"positioned\":true}}}");
	expect(b, "{\"push\":{\"channel\":\"s\",\"pub\":{\"data\":2,\"offset\":2}}}");
	expect(b, "{\"push\":{\"channel\":\"s\",\"pub\":{\"data\":3,\"offset\":3}}}");
	expect_nothing(b);
	expect_nothing(a);
	loopback_client_free(&a);
	loopback_client_free(&b);
	loopback_client_free(&other);
	loopback_free(&lb);
}

/* The call reaches a connection whose connect is still on its way: its push follows the connect reply. */
static void subscribe_meanwhile(void)
{
	for (unsigned i = 0; i < 50; i++) {
		struct loopback *lb = broker();
		struct loopback_client *c = loopback_connect(lb, 1);

		loopback_control(lb, &(struct weir_control){.op = WEIR_CONTROL_SUBSCRIBE,
					     .user = WEIR_STR("42"),
					     .channel = WEIR_STR("s"),
					     .ns = loopback_namespace(lb, WEIR_STR("s"))});
		say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\",\"channels\":[\"t\"]}"));
		expect_start(c, "{\"id\":1,\"connect\":{");
		expect_start(c, "{\"push\":{\"channel\":\"s\",\"subscribe\":{");
		expect_nothing(c);
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

static void subscribe_options(void)
{
	struct loopback *lb = broker();
	struct loopback_client *a = connected_as(lb, 0, "{\"sub\":\"42\"}");

	CONTROL(lb, SUBSCRIBE, .channel = WEIR_STR("plain:a"), .info = WEIR_STR("[1]"),
		.override = WEIR_STR("{\"join_leave\":{\"value\":true},\"force_push_join_leave\":{\"value\":true}}"));
	expect(a, "{\"push\":{\"channel\":\"plain:a\",\"subscribe\":{}}}");
	expect(a, "{\"push\":{\"channel\":\"plain:a\",\"join\":{\"info\":{\"user\":\"42\",\"client\":\"@C\",\"chan_"
		  "info\":[1]}}}}");
	/* Expiring: a server-side subscription takes the connection with it. */
	CONTROL(lb, SUBSCRIBE, .channel = WEIR_STR("b"), .has_expire_at = true, .expire_at_s = now_s(lb) + 5,
		.override = WEIR_STR("{\"force_recovery\":{\"value\":false}}"));
	expect(a, "{\"push\":{\"channel\":\"b\",\"subscribe\":{}}}");
	loopback_advance(lb, 29999);
	expect_nothing(a);
	loopback_advance(lb, 1);
	expect_closed(&a, 3006);
	/* The channel limit holds for server-side subscriptions too. */
	a = connected_as(lb, 0, "{\"sub\":\"42\",\"channels\":[\"x\",\"y\",\"z\"]}");
	CONTROL(lb, SUBSCRIBE, .channel = WEIR_STR("x"));
	expect_nothing(a);
	CONTROL(lb, SUBSCRIBE, .channel = WEIR_STR("q"));
	expect_closed(&a, 3505);
	loopback_free(&lb);
}

static void unsubscribe(void)
{
	struct loopback *lb = broker();
	struct loopback_client *a = connected_as(lb, 0, "{\"sub\":\"42\",\"channels\":[\"x\"]}"),
			       *b = connected_as(lb, 1, "{\"sub\":\"42\"}");

	say(b, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}\n{\"id\":3,\"subscribe\":{\"channel\":\"plain:y\"}}");
	expect_start(b, "{\"id\":2,\"subscribe\":{");
	expect_start(b, "{\"id\":3,\"subscribe\":{");
	CONTROL(lb, UNSUBSCRIBE, .channel = WEIR_STR("x"), .user = WEIR_STR("43"));
	CONTROL(lb, UNSUBSCRIBE, .channel = WEIR_STR("x"), .client = WEIR_STR("nobody"));
	CONTROL(lb, UNSUBSCRIBE, .channel = WEIR_STR("x"), .session = WEIR_STR("secret"));
	CONTROL(lb, UNSUBSCRIBE, .channel = WEIR_STR("never"));
	expect_nothing(a);
	expect_nothing(b);
	CONTROL(lb, UNSUBSCRIBE, .channel = WEIR_STR("x"));
	expect(a, "{\"push\":{\"channel\":\"x\",\"unsubscribe\":{\"code\":2000,\"reason\":\"server unsubscribe\"}}}");
	expect(b, "{\"push\":{\"channel\":\"x\",\"unsubscribe\":{\"code\":2000,\"reason\":\"server unsubscribe\"}}}");
	loopback_publish(lb, 0, "x", "1", NULL);
	loopback_run(lb);
	expect_nothing(a);
	say(b, "{\"id\":4,\"subscribe\":{\"channel\":\"x\"}}");
	expect_start(b, "{\"id\":4,\"subscribe\":{");
	CONTROL(lb, UNSUBSCRIBE, .user = WEIR_STR("42")); /* from everything */
	expect(b, "{\"push\":{\"channel\":\"x\",\"unsubscribe\":{\"code\":2000,\"reason\":\"server unsubscribe\"}}}");
	expect(b, "{\"push\":{\"channel\":\"plain:y\",\"unsubscribe\":{\"code\":2000,\"reason\":\"server "
		  "unsubscribe\"}}}");
	expect_nothing(a);
	expect_nothing(b);
	loopback_client_free(&a);
	loopback_client_free(&b);
	loopback_free(&lb);
}

/* A subscribe on its way is answered first, then ended. */
static void unsubscribe_meanwhile(void)
{
	for (unsigned round = 0; round < 30; round++) {
		struct loopback *lb = broker();
		struct loopback_client *c = connected_as(lb, 1, "{\"sub\":\"42\"}");

		send_text(c, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}");
		for (unsigned i = 0; i < round % 4; i++)
			loopback_step(lb);
		CONTROL(lb, UNSUBSCRIBE, .channel = WEIR_STR("x"));
		expect_start(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,");
		loopback_publish(lb, 0, "x", "1", NULL);
		loopback_run(lb);
		/* The control message may have overtaken the subscribe; then it found nothing. */
		expect_start(c, "{\"push\":{\"channel\":\"x\",");
		expect_nothing(c);
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

static void disconnect(void)
{
	struct loopback *lb = broker();
	struct loopback_client *a = connected_as(lb, 0, "{\"sub\":\"42\"}"), *b, *other;
	struct weir_str keep;
	char a_id[40], b_id[40];

	snprintf(a_id, sizeof(a_id), "%s", last_client());
	b = connected_as(lb, 1, "{\"sub\":\"42\"}");
	snprintf(b_id, sizeof(b_id), "%s", last_client());
	other = connected_as(lb, 1, "{\"sub\":\"43\"}");
	keep = weir_str(b_id);
	CONTROL(lb, DISCONNECT, .client = weir_str(b_id), .user = WEIR_STR("43"), .code = 3503); /* not that user's */
	CONTROL(lb, DISCONNECT, .client = weir_str(b_id), .whitelist = &keep, .n_whitelist = 1, .code = 3503);
	expect_nothing(b);
	CONTROL(lb, DISCONNECT, .whitelist = &keep, .n_whitelist = 1, .code = 3503,
		.reason = WEIR_STR("force disconnect"));
	expect_closed(&a, 3503);
	expect_nothing(b);
	expect_nothing(other);
	CONTROL(lb, DISCONNECT, .client = weir_str(b_id), .code = 4321, .reason = WEIR_STR("own reason"));
	CU_ASSERT_EQUAL(loopback_closed(b), 4321);
	CU_ASSERT_STRING_EQUAL(loopback_reason(b), "own reason");
	loopback_client_free(&b);
	expect_nothing(other);
	loopback_client_free(&other);
	loopback_free(&lb);
}

static void refresh(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected_as(lb, 1, "{\"sub\":\"42\"}");

	CONTROL(lb, REFRESH, .has_expire_at = true, .expire_at_s = now_s(lb) + 10);
	expect(c, "{\"push\":{\"refresh\":{\"expires\":true,\"ttl\":10}}}");
	CONTROL(lb, REFRESH, .has_expire_at = true, .expire_at_s = 0);
	expect(c, "{\"push\":{\"refresh\":{}}}");
	loopback_advance(lb, 100000);
	expect_nothing(c);
	CONTROL(lb, REFRESH, .has_expire_at = true, .expire_at_s = now_s(lb) + 1);
	expect(c, "{\"push\":{\"refresh\":{\"expires\":true,\"ttl\":1}}}");
	loopback_advance(lb, 25999);
	expect_nothing(c);
	loopback_advance(lb, 1);
	expect_closed(&c, 3005);
	c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	CONTROL(lb, REFRESH, .has_expire_at = true, .expire_at_s = now_s(lb));
	expect_closed(&c, 3005);
	c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	CONTROL(lb, REFRESH, .expired = true);
	expect_closed(&c, 3005);
	loopback_free(&lb);
}

static void answered(struct weir_request *r)
{
	*(int *)r->ctx = r->status ? -1 : 1;
	weir_request_free(&r);
}

/* The answer to the caller comes when every worker has the message in its inbox. */
static void answer(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	struct weir_control spec = {.op = WEIR_CONTROL_DISCONNECT,
		.user = WEIR_STR("42"),
		.code = 3503,
		.reason = WEIR_STR("force disconnect")};
	struct weir_control_request *r = weir_control_request_new(weir_control_new(&spec));
	int got = 0;

	r->base.done = answered;
	r->base.ctx = &got;
	CU_ASSERT_FATAL(loopback_ask(lb, 0, &r->base));
	loopback_run(lb);
	CU_ASSERT_EQUAL(got, 1);
	expect_closed(&c, 3503);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"subscribe", subscribe},
	{"subscribe meanwhile", subscribe_meanwhile},
	{"subscribe: options", subscribe_options},
	{"unsubscribe", unsubscribe},
	{"unsubscribe meanwhile", unsubscribe_meanwhile},
	{"disconnect", disconnect},
	{"refresh", refresh},
	{"answer", answer},
	CU_TEST_INFO_NULL,
};
