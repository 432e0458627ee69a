/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern subscriptions: their checks in order, what they reach, and positions in ordered namespaces (protocol.md §14.5). */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/patterns";

#define HISTORY .history_size = 10, .history_ttl_ms = 60000, .history_meta_ttl_ms = 3600000
#define OPEN    .allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true, WEIR_NAMESPACE_QUEUE_DEFAULTS
#define WILD    .allow_wildcards = true, OPEN

/* What a pattern's answer says of its queue. */
#define LIVE  "\"data\":{\"weir\":{\"overflow\":\"disconnect\",\"queue\":128}}"
#define RESYN "\"data\":{\"weir\":{\"overflow\":\"resync\",\"queue\":128}}"
#define GEN   "1700000000000" /* the memory engine begins when the loopback's clock does */

static const struct weir_namespace named[] = {
	{.name = (char *)"m",
		WILD,
		.presence = true,
		.join_leave = true,
		.force_push_join_leave = true,
		.delta_fossil = true,
		HISTORY,
		.force_recovery = true,
		.allow_presence_for_client = true,
		.allow_presence_for_anonymous = true,
		.allow_history_for_client = true,
		.allow_history_for_anonymous = true,
		.allow_publish_for_client = true,
		.allow_publish_for_anonymous = true},
	{.name = (char *)"tame", OPEN},
	{.name = (char *)"closed", .allow_wildcards = true, WEIR_NAMESPACE_QUEUE_DEFAULTS},
	{.name = (char *)"audit", WILD, .ordered = true, .allow_recovery = true, .allow_positioning = true},
	{.name = (char *)"forced", WILD, .ordered = true, .force_recovery = true},
	{.name = (char *)"strict", WILD, .ordered = true},
	{.name = (char *)"users", WILD, .ordered = true, .force_recovery = true, .allow_user_limited_channels = true},
};

static struct loopback *broker_with(bool secure, const struct weir_session_config *config)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.secure = secure,
		.hmac_secret = SCENARIO_SECRET,
		.without = {WILD},
		.named = named,
		.n_named = WEIR_ARRAY_LEN(named),
		.config = config});
}

static struct loopback *broker(bool secure)
{
	return broker_with(secure, NULL);
}

static void subscribe(struct loopback_client *c, unsigned id, const char *channel)
{
	say(c, "{\"id\":%u,\"subscribe\":{\"channel\":\"%s\"}}", id, channel);
}

static void publish(struct loopback *lb, const char *channel, const char *data)
{
	CU_ASSERT(loopback_publish(lb, 0, channel, data, NULL));
	loopback_run(lb);
}

/* ---- checks ---- */

static void checks(void)
{
	static const struct {
		const char *channel;
		unsigned code; /* 0: it is let in */
	} rows[] = {
		{"none:*", 102},
		{"none:>.a", 102},
		{"tame:*", 103},
		{"tame:>.#", 103}, /* no patterns at all, whatever they look like */
		{"tame:a.>.b", 103},
		{"m:>.a", 107},
		{"m:a.>.*", 107},
		{"m:*.a#1", 107},
		{"m:*.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17", 107},
		{"m:*.\xc3\xa4", 107},
		{"m:*.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16", 0},
		{"closed:*", 103},
		{"$m:*", 103},
		{">", 103},
		{"tame:a*", 0}, /* a channel */
		{"m:*", 0},
		{"*.a", 0},
	};
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		subscribe(c, i + 2, rows[i].channel);
		if (rows[i].code)
			expect_error(c, i + 2, rows[i].code);
		else
			expect_start(c, "{\"id\":%u,\"subscribe\":{", i + 2);
	}
	subscribe(c, 90, "m:*");
	expect_error(c, 90, 105);
	say(c, "{\"id\":91,\"subscribe\":{\"channel\":\"m:>\",\"type\":1}}");
	expect_error(c, 91, 103);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* A token must name the pattern itself. */
static void tokens(void)
{
	static const char *const names[] = {"closed:*", "$m:*.a", ">"};
	struct loopback *lb = broker(true);
	struct loopback_client *c;

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(names); i++) {
		c = connected_as(lb, 0, "{\"sub\":\"42\"}");
		say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"%s\",\"token\":\"%s\"}}", names[i],
			token("{\"sub\":\"42\",\"channel\":\"%s\"}", names[i]));
		expect(c, "{\"id\":2,\"subscribe\":{" LIVE "}}");
		say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"tame:*\",\"token\":\"%s\"}}",
			token("{\"sub\":\"42\",\"channel\":\"tame:*\"}"));
		expect_error(c, 3, 103); /* which a token does not change */
		say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"closed:a\",\"token\":\"%s\"}}",
			token("{\"sub\":\"42\",\"channel\":\"closed:*\"}"));
		expect_closed(&c, 3500);
	}
	loopback_free(&lb);
}

static void bus(void)
{
	struct weir_session_config config = *loopback_default_config();
	struct loopback *lb;
	struct loopback_client *c;

	config.allow_bus = true;
	lb = broker_with(true, &config);
	c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	subscribe(c, 2, ">");
	expect(c, "{\"id\":2,\"subscribe\":{" LIVE "}}");
	publish(lb, "m:a", "1");
	expect(c, "{\"push\":{\"channel\":\">\",\"pub\":{\"data\":1,\"channel\":\"m:a\",\"tags\":{\"channel\":\"m:a\"}}"
		  "}}");
	publish(lb, "$m:a", "2"); /* allowed, but not by a token */
	publish(lb, "users:a#42", "3");
	publish(lb, "m:a#42", "4");
	expect_start(c, "{\"push\":{\"channel\":\">\",\"pub\":{\"data\":4,");
	expect_nothing(c);
	loopback_client_free(&c);
	c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\">\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\">\"}"));
	expect_start(c, "{\"id\":2,");
	publish(lb, "$m:a", "2");
	publish(lb, "users:a#42", "3");
	expect_start(c, "{\"push\":{\"channel\":\">\",\"pub\":{\"data\":2,");
	expect_start(c, "{\"push\":{\"channel\":\">\",\"pub\":{\"data\":3,");
	loopback_client_free(&c);
	loopback_free(&lb);

	lb = broker(false);
	c = connected(lb, 1);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\">\",\"recover\":true,\"recoverable\":true,\"positioned\":true}"
	       "}");
	expect(c, "{\"id\":2,\"subscribe\":{" LIVE "}}");
	publish(lb, "$m:a", "2");
	publish(lb, "users:a#42", "3");
	expect_start(c, "{\"push\":{\"channel\":\">\",\"pub\":{\"data\":2,");
	expect_start(c, "{\"push\":{\"channel\":\">\",\"pub\":{\"data\":3,");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void limits(void)
{
	struct weir_session_config config = *loopback_default_config();
	struct loopback *lb;
	struct loopback_client *c;

	config.pattern_limit = 2;
	config.channel_limit = 4;
	lb = broker_with(true, &config);
	c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	subscribe(c, 2, "m:a.*");
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	subscribe(c, 3, "m:b.*");
	expect_start(c, "{\"id\":3,\"subscribe\":{");
	subscribe(c, 4, "none:c.*"); /* before the namespace is looked at */
	expect_error(c, 4, 106);
	subscribe(c, 5, "tame:a");
	expect(c, "{\"id\":5,\"subscribe\":{}}");
	subscribe(c, 6, "tame:b");
	expect(c, "{\"id\":6,\"subscribe\":{}}");
	subscribe(c, 7, "tame:c"); /* they count as channels too */
	expect_error(c, 7, 106);
	say(c, "{\"id\":8,\"unsubscribe\":{\"channel\":\"m:a.*\"}}");
	expect(c, "{\"id\":8,\"unsubscribe\":{}}");
	subscribe(c, 9, "m:c.*");
	expect_start(c, "{\"id\":9,\"subscribe\":{");
	loopback_client_free(&c);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channels\":[\"m:a.*\",\"m:b.*\",\"m:c.*\"]}"));
	expect_closed(&c, 3505);
	loopback_free(&lb);
}

/* ---- what is not for patterns ---- */

/* No presence, no join and leave, no delta, no stream; and no other command takes one. */
static void nothing_else(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}"),
			       *other = connected_as(lb, 1, "{\"sub\":\"43\"}");

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"m:*\",\"join_leave\":true,\"delta\":\"fossil\",\"recoverable\":"
	       "true,"
	       "\"positioned\":true,\"recover\":true,\"epoch\":\"x\",\"offset\":5,\"flag\":3}}");
	expect(c, "{\"id\":2,\"subscribe\":{" LIVE "}}");
	subscribe(other, 2, "m:a");
	expect_start(other, "{\"id\":2,\"subscribe\":{\"recoverable\":true,");
	expect_start(other, "{\"push\":{\"channel\":\"m:a\",\"join\":");
	expect_nothing(c);
	say(other, "{\"id\":3,\"presence\":{\"channel\":\"m:a\"}}");
	expect(other, "{\"id\":3,\"presence\":{\"presence\":{\"@C\":{\"user\":\"43\",\"client\":\"@C\"}}}}");
	publish(lb, "m:a", "{\"x\":1}");
	expect(other, "{\"push\":{\"channel\":\"m:a\",\"pub\":{\"data\":{\"x\":1},\"offset\":1}}}");
	expect(c, "{\"push\":{\"channel\":\"m:*\",\"pub\":{\"data\":{\"x\":1},\"channel\":\"m:a\",\"tags\":{"
		  "\"channel\":\"m:a\"}"
		  "}}}");
	say(c, "{\"id\":3,\"publish\":{\"channel\":\"m:*\",\"data\":1}}");
	expect_error(c, 3, 107);
	say(c, "{\"id\":4,\"presence\":{\"channel\":\"m:*\"}}");
	expect_error(c, 4, 107);
	say(c, "{\"id\":5,\"presence_stats\":{\"channel\":\"m:>\"}}");
	expect_error(c, 5, 107);
	say(c, "{\"id\":6,\"history\":{\"channel\":\"m:*\"}}");
	expect_error(c, 6, 107);
	say(c, "{\"id\":7,\"publish\":{\"channel\":\"m:>.a\",\"data\":1}}");
	expect_error(c, 7, 107);
	say(c, "{\"id\":8,\"subscribe\":{\"channel\":\"m:>\",\"data\":{\"weir\":{\"overflow\":\"resync\"}}}}");
	expect_start(c, "{\"id\":8,\"error\":{\"code\":107,\"message\":\"bad request: data.weir.overflow:");
	loopback_client_free(&other);
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Once per subscription that matches; an exact one as ever. */
static void several(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");

	subscribe(c, 2, "strict:*.b");
	expect(c, "{\"id\":2,\"subscribe\":{" LIVE "}}");
	subscribe(c, 3, "strict:>");
	expect(c, "{\"id\":3,\"subscribe\":{" LIVE "}}");
	subscribe(c, 4, "strict:a.b");
	expect(c, "{\"id\":4,\"subscribe\":{}}");
	publish(lb, "strict:a.b", "1");
	expect(c, "{\"push\":{\"channel\":\"strict:a.b\",\"pub\":{\"data\":1}}}");
	for (unsigned seen = 0, i = 0; i < 2; i++) {
		const char *got = loopback_receive(c);

		CU_ASSERT_PTR_NOT_NULL_FATAL(got);
		seen |= strstr(got, "{\"channel\":\"strict:*.b\",") ? 1
			: strstr(got, "{\"channel\":\"strict:>\",") ? 2
								    : 4;
		CU_ASSERT_EQUAL(seen, i ? 3 : seen);
	}
	expect_nothing(c);
	publish(lb, "strict:a.c", "2");
	expect(c, "{\"push\":{\"channel\":\"strict:>\",\"pub\":{\"data\":2,\"channel\":\"strict:a.c\",\"tags\":{"
		  "\"channel\":"
		  "\"strict:a.c\"}}}}");
	publish(lb, "m:a.b", "3");
	publish(lb, "$strict:a.b", "3");
	publish(lb, "a.b", "3");
	expect_nothing(c);
	say(c, "{\"id\":5,\"unsubscribe\":{\"channel\":\"strict:>\"}}");
	expect(c, "{\"id\":5,\"unsubscribe\":{}}");
	publish(lb, "strict:a.c", "4");
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* ---- ordered ---- */

static void positions(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");

	/* Forced, asked for where it is allowed, asked for where it is not. */
	subscribe(c, 2, "forced:>");
	expect(c,
		"{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN "\",\"positioned\":true," RESYN "}}");
	subscribe(c, 3, "audit:>");
	expect(c, "{\"id\":3,\"subscribe\":{" LIVE "}}");
	publish(lb, "m:a", "1");
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"audit:*\",\"recoverable\":true}}");
	expect(c, "{\"id\":4,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN
		  "\",\"offset\":1,\"positioned\":true," RESYN "}}");
	say(c, "{\"id\":5,\"subscribe\":{\"channel\":\"audit:*.x\",\"positioned\":true}}");
	expect(c, "{\"id\":5,\"subscribe\":{\"epoch\":\"" GEN "\",\"offset\":1,\"positioned\":true," LIVE "}}");
	say(c, "{\"id\":6,\"subscribe\":{\"channel\":\"strict:*\",\"positioned\":true,\"recoverable\":true}}");
	expect(c, "{\"id\":6,\"subscribe\":{" LIVE "}}");
	say(c, "{\"id\":7,\"subscribe\":{\"channel\":\"audit:a\",\"positioned\":true,\"recoverable\":true}}");
	expect(c, "{\"id\":7,\"subscribe\":{}}"); /* a channel needs history for that */
	publish(lb, "strict:a", "2");
	expect_start(c, "{\"push\":{\"channel\":\"strict:*\",\"pub\":{\"data\":2,\"channel\":\"strict:a\",");
	publish(lb, "forced:x", "3");
	expect(c, "{\"push\":{\"channel\":\"forced:>\",\"pub\":{\"data\":3,\"offset\":3,\"channel\":\"forced:x\","
		  "\"tags\":{"
		  "\"channel\":\"forced:x\"}}}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void recovery(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");

	subscribe(c, 2, "forced:*");
	expect_start(c, "{\"id\":2,");
	publish(lb, "forced:a", "1");
	expect_start(c, "{\"push\":{\"channel\":\"forced:*\",\"pub\":{\"data\":1,\"offset\":1,");
	loopback_client_free(&c);
	publish(lb, "forced:b", "2");
	publish(lb, "m:b", "3");
	publish(lb, "forced:b.c", "4");
	publish(lb, "forced:c", "5");
	c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"forced:*\",\"recover\":true,\"epoch\":\"" GEN
	       "\",\"offset\":1}}");
	expect(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN "\",\"publications\":["
		  "{\"data\":2,\"offset\":2,\"channel\":\"forced:b\",\"tags\":{\"channel\":\"forced:b\"}},"
		  "{\"data\":5,\"offset\":5,\"channel\":\"forced:c\",\"tags\":{\"channel\":\"forced:c\"}}],"
		  "\"recovered\":true,\"offset\":1,\"positioned\":true," RESYN ",\"was_recovering\":true}}");
	publish(lb, "forced:d", "6"); /* and on, without a repetition */
	expect_start(c, "{\"push\":{\"channel\":\"forced:*\",\"pub\":{\"data\":6,\"offset\":6,");
	/* Not from another life, and not from ahead. */
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"forced:>\",\"recover\":true,\"epoch\":\"1\",\"offset\":1}}");
	expect(c, "{\"id\":3,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN
		  "\",\"offset\":6,\"positioned\":true," RESYN ",\"was_recovering\":true}}");
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"forced:*.*\",\"recover\":true,\"epoch\":\"" GEN
	       "\",\"offset\":7,\"flag\":2}}");
	expect_error(c, 4, 112);
	/* An SDK that asks for all there is. */
	say(c, "{\"id\":5,\"subscribe\":{\"channel\":\"forced:b.>\",\"recover\":true}}");
	expect_start(c, "{\"id\":5,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN
			"\",\"publications\":[{\"data\":4,\"offset\":4,\"channel\":\"forced:b.c\",");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* The log of the loopback holds 64 entries. */
static void recovery_too_late(void)
{
	struct weir_session_config config = *loopback_default_config();
	struct loopback *lb;
	struct loopback_client *c;

	config.recovery_limit = 3;
	lb = broker_with(true, &config);
	for (unsigned i = 0; i < 100; i++)
		publish(lb, i < 4 || i > 95 ? "forced:a" : "m:a", "1");
	c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"forced:*\",\"recover\":true,\"epoch\":\"" GEN
	       "\",\"offset\":36,\"flag\":"
	       "2}}");
	expect_error(c, 2, 112); /* more than the limit */
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"forced:*\",\"recover\":true,\"epoch\":\"" GEN
	       "\",\"offset\":97,\"flag\":"
	       "2}}");
	expect_start(c,
		"{\"id\":3,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN "\",\"publications\":[{\"data\":1,"
		"\"offset\":98,");
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"forced:x.*\",\"recover\":true,\"epoch\":\"" GEN
	       "\",\"offset\":36,"
	       "\"flag\":2}}");
	expect_start(c, "{\"id\":4,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN
			"\",\"recovered\":true,\"offset\":36,");
	say(c, "{\"id\":5,\"subscribe\":{\"channel\":\"forced:y.*\",\"recover\":true,\"epoch\":\"" GEN
	       "\",\"offset\":35,"
	       "\"flag\":2}}");
	expect_error(c, 5, 112); /* nothing was missed, but the log does not reach back so far */
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* A user's channels come to others neither live nor recovered. */
static void reach(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}"),
			       *trusted = connected_as(lb, 1, "{\"sub\":\"43\"}");
	const char *with_token = token("{\"sub\":\"43\",\"channel\":\"users:*\"}");

	subscribe(c, 2, "users:*");
	expect_start(c, "{\"id\":2,");
	say(trusted, "{\"id\":2,\"subscribe\":{\"channel\":\"users:*\",\"token\":\"%s\"}}", with_token);
	expect_start(trusted, "{\"id\":2,");
	publish(lb, "users:a#42", "1");
	publish(lb, "users:a", "2");
	expect_start(c, "{\"push\":{\"channel\":\"users:*\",\"pub\":{\"data\":2,\"offset\":2,");
	expect_start(trusted, "{\"push\":{\"channel\":\"users:*\",\"pub\":{\"data\":1,\"offset\":1,");
	expect_start(trusted, "{\"push\":{\"channel\":\"users:*\",\"pub\":{\"data\":2,\"offset\":2,");
	say(c, "{\"id\":3,\"unsubscribe\":{\"channel\":\"users:*\"}}\n{\"id\":4,\"subscribe\":{\"channel\":\"users:*\","
	       "\"recover\":true,\"epoch\":\"" GEN "\",\"offset\":0}}");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	expect(c, "{\"id\":4,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN
		  "\",\"publications\":[{\"data\":2,\"offset\":"
		  "2,\"channel\":\"users:a\",\"tags\":{\"channel\":\"users:a\"}}],\"recovered\":true,\"positioned\":"
		  "true," RESYN ",\"was_recovering\":true}}");
	say(trusted,
		"{\"id\":3,\"unsubscribe\":{\"channel\":\"users:*\"}}\n{\"id\":4,\"subscribe\":{\"channel\":\"users:*"
		"\","
		"\"token\":\"%s\",\"recover\":true,\"epoch\":\"" GEN "\",\"offset\":0}}",
		with_token);
	expect(trusted, "{\"id\":3,\"unsubscribe\":{}}");
	expect_start(trusted, "{\"id\":4,\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN
			      "\",\"publications\":[{\"data\":1,\"offset\":1,\"channel\":\"users:a#42\",");
	loopback_client_free(&c);
	loopback_client_free(&trusted);
	loopback_free(&lb);
}

/* ---- server-side ---- */

static void of_the_token(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = loopback_connect(lb, 0);
	const char *bad[] = {"[\"tame:*\"]", "[\"m:>.a\"]", "[\"m:*.#1\"]", "[\"none:*\"]"};
	const char *good = token("{\"sub\":\"42\",\"channels\":[\"forced:*\",\"$m:>\",\">\"]}");

	publish(lb, "forced:a", "1");
	publish(lb, "forced:b", "2");
	say(c,
		"{\"id\":1,\"connect\":{\"token\":\"%s\",\"subs\":{\"forced:*\":{\"recover\":true,\"epoch\":\"" GEN
		"\",\"offset\":1}}}}",
		good);
	expect(c,
		"{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir "
		"test\",\"subs\":{\"forced:*\":{\"recoverable\":true"
		",\"epoch\":\"" GEN "\",\"publications\":[{\"data\":2,\"offset\":2,\"channel\":\"forced:b\",\"tags\":{"
		"\"channel\":\"forced:b\"}}],\"recovered\":true,\"offset\":1,\"positioned\":true,\"was_recovering\":"
		"true},"
		"\"$m:>\":{},\">\":{}},\"ping\":25,\"pong\":true}}");
	publish(lb, "$m:x", "3");
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(loopback_receive(c), "\"channel\":\"$m:x\""));
	expect_nothing(c);
	loopback_client_free(&c);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		c = loopback_connect(lb, 0);
		say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\",\"channels\":%s}", bad[i]));
		expect_closed(&c, 3501);
	}
	loopback_free(&lb);
}

static void control(struct loopback *lb, struct weir_control spec)
{
	spec.user = WEIR_STR("42");
	spec.ns = loopback_namespace(lb, spec.channel);
	loopback_control(lb, &spec);
	loopback_run(lb);
}

static void of_the_api(void)
{
	struct weir_session_config config = *loopback_default_config();
	struct loopback *lb;
	struct loopback_client *c;

	config.pattern_limit = 2;
	lb = broker_with(true, &config);
	c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	publish(lb, "forced:a", "1");
	publish(lb, "forced:b", "2");
	control(lb, (struct weir_control){.op = WEIR_CONTROL_SUBSCRIBE,
			    .channel = WEIR_STR("forced:*"),
			    .recover = true,
			    .since_epoch = WEIR_STR(GEN),
			    .since_offset = 1});
	expect(c, "{\"push\":{\"channel\":\"forced:*\",\"subscribe\":{\"recoverable\":true,\"epoch\":\"" GEN
		  "\",\"offset\":1,"
		  "\"positioned\":true}}}");
	expect(c, "{\"push\":{\"channel\":\"forced:*\",\"pub\":{\"data\":2,\"offset\":2,\"channel\":\"forced:b\","
		  "\"tags\":{"
		  "\"channel\":\"forced:b\"}}}}");
	control(lb, (struct weir_control){.op = WEIR_CONTROL_UNSUBSCRIBE, .channel = WEIR_STR("forced:*")});
	expect(c, "{\"push\":{\"channel\":\"forced:*\",\"unsubscribe\":{\"code\":2000,\"reason\":\"server "
		  "unsubscribe\"}}}");
	publish(lb, "forced:b", "3");
	expect_nothing(c);
	control(lb, (struct weir_control){.op = WEIR_CONTROL_SUBSCRIBE, .channel = WEIR_STR("m:>")});
	expect(c, "{\"push\":{\"channel\":\"m:>\",\"subscribe\":{}}}");
	control(lb, (struct weir_control){.op = WEIR_CONTROL_SUBSCRIBE, .channel = WEIR_STR(">")});
	expect(c, "{\"push\":{\"channel\":\">\",\"subscribe\":{}}}");
	control(lb, (struct weir_control){.op = WEIR_CONTROL_SUBSCRIBE, .channel = WEIR_STR("m:*")});
	expect_closed(&c, 3505);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"checks", checks},
	{"tokens", tokens},
	{"the whole bus", bus},
	{"limits", limits},
	{"nothing else", nothing_else},
	{"several subscriptions", several},
	{"positions", positions},
	{"recovery", recovery},
	{"recovery: too late", recovery_too_late},
	{"reach", reach},
	{"of the token", of_the_token},
	{"of the API", of_the_api},
	CU_TEST_INFO_NULL,
};
