/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of subscriptions (filters.md §7): where they come from, how they compose, what is filtered alike, and what a
 * token enforces.
 */
#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/filters";

#define OPEN    .allow_subscribe_for_client = true
#define HISTORY .history_size = 10, .history_ttl_ms = 60000, .history_meta_ttl_ms = 3600000

static const struct weir_namespace named[] = {
	{.name = (char *)"open", OPEN, .allow_tags_filter = true},
	{.name = (char *)"shut", OPEN, HISTORY, .allow_history_for_subscriber = true, .delta_fossil = true},
	{.name = (char *)"rec", OPEN, HISTORY, .allow_tags_filter = true, .force_recovery = true, .delta_fossil = true},
	{.name = (char *)"wild", OPEN, .allow_tags_filter = true, .allow_wildcards = true, .filter_max_distinct = 1},
	{.name = (char *)"few", OPEN, .allow_tags_filter = true, .filter_max_distinct = 2},
};

#define IS(k, v) "{\"key\":\"" k "\",\"cmp\":\"eq\",\"val\":\"" v "\"}"

static struct loopback *broker(void)
{
	return broker_with_tokens(named, WEIR_ARRAY_LEN(named));
}

static struct loopback_client *client(struct loopback *lb)
{
	return connected_as(lb, 1, "{\"sub\":\"42\"}");
}

/* With a subscription token that has these claims, too. */
static void subscribe_with(
	struct loopback_client *c, unsigned id, const char *channel, const char *members, const char *claims)
{
	say(c, "{\"id\":%u,\"subscribe\":{\"channel\":\"%s\"%s,\"token\":\"%s\"}}", id, channel, members,
		token("{\"sub\":\"42\",\"channel\":\"%s\"%s}", channel, claims));
}

/* Publishes n as the payload {"n":n} with the tags a and b. */
static void publish(struct loopback *lb, const char *channel, unsigned n, const char *a, const char *b)
{
	const struct weir_tag tags[] = {{WEIR_STR("a"), weir_str(a)}, {WEIR_STR("b"), weir_str(b)}};
	char data[32];

	snprintf(data, sizeof(data), "{\"n\":%u}", n);
	loopback_publish_event(lb, 0,
		weir_event_new(&(struct weir_event_spec){
			.channel = weir_str(channel), .data = weir_str(data), .tags = tags, .n_tags = 2}),
		false, NULL, NULL);
	loopback_run(lb);
}

/* The next push is event n of the channel; offset 0: it has none. */
static void expect_event(struct loopback_client *c, const char *channel, unsigned n, const char *a, const char *b)
{
	expect(c, "{\"push\":{\"channel\":\"%s\",\"pub\":{\"data\":{\"n\":%u},\"tags\":{\"a\":\"%s\",\"b\":\"%s\"}}}}",
		channel, n, a, b);
}

static void filter_error(struct loopback_client *c, unsigned id, const char *text)
{
	expect(c, "{\"id\":%u,\"error\":{\"code\":107,\"message\":\"filter: %s\"}}", id, text);
}

/* All that are given must pass: tf, data.weir.filter and the token's. */
static void composition(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_with(c, 2, "open:x", ",\"tf\":" IS("a", "1") ",\"data\":{\"weir\":{\"filter\":" IS("b", "2") "}}",
		",\"weir\":{\"filter\":{\"key\":\"data.n\",\"cmp\":\"gt\",\"val\":\"10\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{\"data\":{\"weir\":{\"overflow\":\"disconnect\",\"queue\":128}}}}");
	publish(lb, "open:x", 20, "1", "0");
	publish(lb, "open:x", 20, "0", "2");
	publish(lb, "open:x", 5, "1", "2");
	expect_nothing(c);
	publish(lb, "open:x", 11, "1", "2");
	expect_event(c, "open:x", 11, "1", "2");
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void expressions(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_to(c, 2, "open:x", ",\"data\":{\"weir\":{\"filter\":\"a = '1' AND data.n > 3\"}}");
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	publish(lb, "open:x", 3, "1", "");
	publish(lb, "open:x", 4, "2", "");
	expect_nothing(c);
	publish(lb, "open:x", 4, "1", "");
	expect_event(c, "open:x", 4, "1", "");
	subscribe_to(c, 3, "open:y", ",\"data\":{\"weir\":{\"filter\":\"(symbol = 'ACME'\"}}");
	filter_error(c, 3, "expected ')' at column 17");
	subscribe_to(c, 4, "open:y", ",\"data\":{\"weir\":{\"filter\":\"\\u0031\"}}");
	filter_error(c, 4, "result is not a Boolean");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void refused(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_to(c, 2, "shut:x", ",\"data\":{\"weir\":{\"filter\":" IS("a", "1") "}}");
	filter_error(c, 2, "not allowed for this channel");
	subscribe_to(c, 3, "open:x", ",\"tf\":{\"op\":\"or\",\"nodes\":[{\"key\":\"s\",\"cmp\":\"in\"}]}");
	filter_error(c, 3, "tf.nodes[0]: in needs vals");
	subscribe_to(c, 4, "open:x", ",\"data\":{\"weir\":{\"filter\":{\"op\":\"xor\"}}}");
	filter_error(c, 4, "tf: unknown op 'xor'");
	subscribe_to(c, 5, "rec:x", ",\"delta\":\"fossil\",\"data\":{\"weir\":{\"filter\":" IS("a", "1") "}}");
	filter_error(c, 5, "cannot be combined with delta");
	subscribe_to(
		c, 6, "open:x", ",\"delta\":\"fossil\",\"tf\":" IS("a", "1")); /* where delta is not granted, too */
	filter_error(c, 6, "cannot be combined with delta");
	/* An empty string is no filter. */
	subscribe_to(c, 7, "shut:x", ",\"delta\":\"fossil\",\"data\":{\"weir\":{\"filter\":\"\"}}");
	expect(c, "{\"id\":7,\"subscribe\":{\"data\":{\"weir\":{\"overflow\":\"disconnect\",\"queue\":128}},\"delta\":"
		  "true}}");
	/* Who may not subscribe is told nothing about filters. */
	subscribe_to(c, 8, "$open:x", ",\"tf\":7");
	expect_error(c, 8, 103);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* In the token: without allow_tags_filter, and not to be widened. */
static void enforced(void)
{
	static const char *const invalid[] = {
		",\"weir\":{\"filter\":{\"op\":\"xor\"}}",
		",\"weir\":{\"filter\":7}",
		",\"server_tags_filter\":{\"op\":\"xor\"}",
		",\"server_tags_filter\":\"a = '1'\"",
		",\"server_tags_filter\":" IS("a", "1") ",\"weir\":{\"filter\":" IS("a", "1") "}",
		",\"server_tags_filter\":" IS("a", "1") ",\"weir\":{\"filter\":\"\"}",
	};
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_with(c, 2, "shut:x", "", ",\"weir\":{\"filter\":" IS("a", "1") "}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	subscribe_with(c, 3, "open:x", ",\"tf\":{\"op\":\"not\",\"nodes\":[{\"key\":\"zzz\",\"cmp\":\"ex\"}]}",
		",\"server_tags_filter\":" IS("a", "1"));
	expect(c, "{\"id\":3,\"subscribe\":{}}");
	publish(lb, "shut:x", 1, "0", "");
	publish(lb, "open:x", 1, "0", "");
	expect_nothing(c);
	publish(lb, "open:x", 2, "1", "");
	expect_event(c, "open:x", 2, "1", "");
	publish(lb, "shut:x", 2, "1", "");
	expect(c, "{\"push\":{\"channel\":\"shut:x\",\"pub\":{\"data\":{\"n\":2},\"offset\":2,\"tags\":{\"a\":\"1\","
		  "\"b\":\"\"}}}}");
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(invalid); i++) {
		subscribe_with(c, 10 + i, "open:y", "", invalid[i]);
		expect_error(c, 10 + i, 103);
	}
	/* Delta is silently not granted. */
	subscribe_with(c, 30, "shut:y", ",\"delta\":\"fossil\"", ",\"server_tags_filter\":" IS("a", "1"));
	expect(c, "{\"id\":30,\"subscribe\":{}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* A pattern's filter is asked about each event of each channel; subscriptions that match one event decide separately. */
static void patterns(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);

	subscribe_to(c, 2, "wild:*", ",\"data\":{\"weir\":{\"filter\":\"a = '1' AND channel LIKE '%x'\"}}");
	expect_start(c, "{\"id\":2,\"subscribe\":{\"data\":");
	subscribe_to(c, 3, "wild:x", ",\"tf\":" IS("a", "2"));
	expect(c, "{\"id\":3,\"subscribe\":{}}");
	publish(lb, "wild:x", 1, "1", "");
	expect_start(c, "{\"push\":{\"channel\":\"wild:*\",\"pub\":{\"data\":{\"n\":1},");
	publish(lb, "wild:x", 2, "2", "");
	expect_event(c, "wild:x", 2, "2", "");
	publish(lb, "wild:y", 3, "1", "");
	publish(lb, "wild:y", 3, "2", "");
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* The client's own history calls show what the token lets it see; its own filter does not matter there. */
static void history(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb), *other = client(lb);

	for (unsigned n = 1; n <= 4; n++)
		publish(lb, "shut:x", n, n % 2 ? "1" : "0", "");
	subscribe_with(c, 2, "shut:x", "", ",\"weir\":{\"filter\":" IS("a", "1") "}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	say(c, "{\"id\":3,\"history\":{\"channel\":\"shut:x\",\"limit\":-1}}");
	expect(c,
		"{\"id\":3,\"history\":{\"publications\":["
		"{\"data\":{\"n\":1},\"offset\":1,\"tags\":{\"a\":\"1\",\"b\":\"\"}},"
		"{\"data\":{\"n\":3},\"offset\":3,\"tags\":{\"a\":\"1\",\"b\":\"\"}}],\"epoch\":\"@E\",\"offset\":4}}");
	say(c, "{\"id\":4,\"history\":{\"channel\":\"shut:x\"}}");
	expect(c, "{\"id\":4,\"history\":{\"publications\":[],\"epoch\":\"@E\",\"offset\":4}}");
	subscribe_to(other, 2, "shut:x", "");
	expect(other, "{\"id\":2,\"subscribe\":{}}");
	say(other, "{\"id\":3,\"history\":{\"channel\":\"shut:x\",\"limit\":1,\"reverse\":true}}");
	expect(other,
		"{\"id\":3,\"history\":{\"publications\":["
		"{\"data\":{\"n\":4},\"offset\":4,\"tags\":{\"a\":\"0\",\"b\":\"\"}}],\"epoch\":\"@E\",\"offset\":4}}");
	/* Asked for while it was enforced, answered when it is not any more. */
	send_text(c, "{\"id\":5,\"history\":{\"channel\":\"shut:x\",\"limit\":2}}\n"
		     "{\"id\":6,\"unsubscribe\":{\"channel\":\"shut:x\"}}");
	loopback_run(lb);
	expect(c, "{\"id\":6,\"unsubscribe\":{}}");
	expect(c,
		"{\"id\":5,\"history\":{\"publications\":["
		"{\"data\":{\"n\":1},\"offset\":1,\"tags\":{\"a\":\"1\",\"b\":\"\"}}],\"epoch\":\"@E\",\"offset\":4}}");
	loopback_client_free(&c);
	loopback_client_free(&other);
	loopback_free(&lb);
}

/* Recovered publications are filtered like live ones; those that are left out are no gap. */
static void recovery(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);
	char epoch[64];

	subscribe_to(c, 2, "rec:x", ",\"tf\":" IS("a", "1"));
	expect_start(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\"");
	snprintf(epoch, sizeof(epoch), "%s", last_epoch());
	say(c, "{\"id\":3,\"unsubscribe\":{\"channel\":\"rec:x\"}}");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	for (unsigned n = 1; n <= 5; n++)
		publish(lb, "rec:x", n, n % 2 ? "1" : "0", "");
	say(c,
		"{\"id\":4,\"subscribe\":{\"channel\":\"rec:x\",\"recover\":true,\"epoch\":\"%s\",\"offset\":1,\"tf\":%"
		"s,"
		"\"data\":{\"weir\":{\"filter\":{\"key\":\"data.n\",\"cmp\":\"lt\",\"val\":\"5\"}}}}}",
		epoch, IS("a", "1"));
	expect(c,
		"{\"id\":4,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"publications\":["
		"{\"data\":{\"n\":3},\"offset\":3,\"tags\":{\"a\":\"1\",\"b\":\"\"}}],\"recovered\":true,\"offset\":1,"
		"\"positioned\":true,\"data\":{\"weir\":{\"overflow\":\"resync\",\"queue\":128}},\"was_recovering\":"
		"true}}");
	publish(lb, "rec:x", 6, "1", ""); /* not below 5 */
	publish(lb, "rec:x", 1, "1", "");
	expect(c, "{\"push\":{\"channel\":\"rec:x\",\"pub\":{\"data\":{\"n\":1},\"offset\":7,\"tags\":{\"a\":\"1\","
		  "\"b\":\"\"}}}}");
	/* None passes: recovered all the same. */
	say(c, "{\"id\":5,\"unsubscribe\":{\"channel\":\"rec:x\"}}");
	expect(c, "{\"id\":5,\"unsubscribe\":{}}");
	say(c,
		"{\"id\":6,\"subscribe\":{\"channel\":\"rec:x\",\"recover\":true,\"epoch\":\"%s\",\"offset\":6,\"tf\":%"
		"s}}",
		epoch, IS("a", "9"));
	expect(c, "{\"id\":6,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"recovered\":true,\"offset\":6,"
		  "\"positioned\":true,\"was_recovering\":true}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Different filters in one channel are bounded; equal ones are one, however they are written. */
static void distinct(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c[4];

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(c); i++)
		c[i] = client(lb);
	subscribe_to(c[0], 2, "few:x", ",\"tf\":" IS("a", "1"));
	expect(c[0], "{\"id\":2,\"subscribe\":{}}");
	subscribe_to(c[1], 2, "few:x", ",\"tf\":{\"val\":\"1\", \"cmp\":\"eq\", \"key\":\"\\u0061\"}");
	expect(c[1], "{\"id\":2,\"subscribe\":{}}");
	subscribe_with(c[2], 2, "few:x", ",\"tf\":" IS("a", "1"), ",\"weir\":{\"filter\":" IS("a", "2") "}");
	expect(c[2], "{\"id\":2,\"subscribe\":{}}");
	subscribe_to(c[3], 2, "few:x", ",\"tf\":" IS("a", "3"));
	expect_error(c[3], 2, 106);
	subscribe_to(c[3], 3, "few:y", ",\"tf\":" IS("a", "3"));
	expect(c[3], "{\"id\":3,\"subscribe\":{}}");
	loopback_client_free(&c[2]);
	subscribe_to(c[3], 4, "few:x", ",\"tf\":" IS("a", "3"));
	expect(c[3], "{\"id\":4,\"subscribe\":{}}");
	publish(lb, "few:x", 1, "3", "");
	expect_event(c[3], "few:x", 1, "3", "");
	expect_nothing(c[0]);
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(c); i++)
		if (c[i])
			loopback_client_free(&c[i]);
	loopback_free(&lb);
}

static void sub_refresh(
	struct loopback *lb, struct loopback_client *c, unsigned id, const char *channel, const char *claims)
{
	say(c, "{\"id\":%u,\"sub_refresh\":{\"channel\":\"%s\",\"token\":\"%s\"}}", id, channel,
		token("{\"sub\":\"42\",\"channel\":\"%s\",\"exp\":%lld%s}", channel, now_s(lb) + 100, claims));
}

/* A refreshed token switches the enforced filter from the next event on. */
static void refreshed(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb), *other = client(lb);
	char claims[200];

	snprintf(claims, sizeof(claims), ",\"exp\":%lld,\"weir\":{\"filter\":%s}", now_s(lb) + 100, IS("a", "1"));
	subscribe_with(c, 2, "few:x", "", claims);
	expect_start(c, "{\"id\":2,\"subscribe\":{\"expires\":true");
	publish(lb, "few:x", 1, "2", "");
	expect_nothing(c);
	sub_refresh(lb, c, 3, "few:x", ",\"weir\":{\"filter\":" IS("a", "2") "}");
	expect(c, "{\"id\":3,\"sub_refresh\":{\"expires\":true,\"ttl\":100}}");
	publish(lb, "few:x", 2, "1", "");
	publish(lb, "few:x", 3, "2", "");
	expect_event(c, "few:x", 3, "2", "");
	/* Refused: the old one stays. */
	sub_refresh(lb, c, 4, "few:x", ",\"weir\":{\"filter\":{\"op\":\"xor\"}}");
	expect_error(c, 4, 103);
	sub_refresh(lb, c, 5, "few:x", ",\"weir\":{\"filtre\":{}}");
	expect_error(c, 5, 103);
	subscribe_to(other, 2, "few:x", ",\"tf\":" IS("b", "1"));
	expect(other, "{\"id\":2,\"subscribe\":{}}");
	sub_refresh(lb, c, 6, "few:x", ",\"weir\":{\"filter\":" IS("a", "3") "}");
	expect_error(c, 6, 106);
	publish(lb, "few:x", 4, "3", "");
	publish(lb, "few:x", 5, "2", "");
	expect_event(c, "few:x", 5, "2", "");
	/* None at all. */
	sub_refresh(lb, c, 7, "few:x", "");
	expect(c, "{\"id\":7,\"sub_refresh\":{\"expires\":true,\"ttl\":100}}");
	publish(lb, "few:x", 6, "0", "");
	expect_event(c, "few:x", 6, "0", "");
	loopback_client_free(&c);
	loopback_client_free(&other);
	loopback_free(&lb);
}

/* A filter that comes with a refreshed token breaks the chain of patches where it leaves something out. */
static void delta_refreshed(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = client(lb);
	char claims[100];

	snprintf(claims, sizeof(claims), ",\"exp\":%lld", now_s(lb) + 100);
	subscribe_with(c, 2, "rec:x", ",\"delta\":\"fossil\"", claims);
	expect_start(c, "{\"id\":2,\"subscribe\":{\"expires\":true");
	publish(lb, "rec:x", 1, "1", "");
	expect_start(c, "{\"push\":{\"channel\":\"rec:x\",\"pub\":{\"data\":\"{\\\"n\\\":1}\"");
	sub_refresh(lb, c, 3, "rec:x", ",\"weir\":{\"filter\":" IS("a", "1") "}");
	expect_start(c, "{\"id\":3,\"sub_refresh\":{");
	publish(lb, "rec:x", 2, "0", "");
	publish(lb, "rec:x", 3, "1", "");
	expect_start(c, "{\"push\":{\"channel\":\"rec:x\",\"pub\":{\"data\":\"{\\\"n\\\":3}\"");
	loopback_client_free(&c);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"composition", composition},
	{"expressions", expressions},
	{"refused", refused},
	{"enforced", enforced},
	{"patterns", patterns},
	{"history", history},
	{"recovery", recovery},
	{"distinct", distinct},
	{"refreshed", refreshed},
	{"delta and a refreshed token", delta_refreshed},
	CU_TEST_INFO_NULL,
};
