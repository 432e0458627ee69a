/* SPDX-License-Identifier: Apache-2.0 */
/* The command subscribe: its checks in their order, what is granted, and unsubscribe (protocol.md §4.2, §4.3, §5.8). */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/subscribe";

#define HISTORY .history_size = 10, .history_ttl_ms = 60000, .history_meta_ttl_ms = 3600000

static const struct weir_namespace named[] = {
	{.name = (char *)"open", .allow_subscribe_for_client = true, .allow_tags_filter = true},
	{.name = (char *)"all", .allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true},
	{.name = (char *)"users", .allow_user_limited_channels = true, .allow_subscribe_for_client = true},
	{.name = (char *)"plain", HISTORY, .allow_subscribe_for_client = true},
	{.name = (char *)"rec", HISTORY, .allow_subscribe_for_client = true, .allow_recovery = true},
	{.name = (char *)"pos", HISTORY, .allow_subscribe_for_client = true, .allow_positioning = true},
	{.name = (char *)"read", HISTORY, .allow_subscribe_for_client = true, .allow_history_for_subscriber = true},
	{.name = (char *)"forced", HISTORY, .allow_subscribe_for_client = true, .force_positioning = true},
	{.name = (char *)"none", .allow_subscribe_for_client = true, .force_recovery = true},
	{.name = (char *)"delta", HISTORY, .allow_subscribe_for_client = true, .delta_fossil = true},
};

static struct loopback *broker(bool secure, const struct weir_session_config *config)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.secure = secure,
		.hmac_secret = SCENARIO_SECRET,
		.named = named,
		.n_named = WEIR_ARRAY_LEN(named),
		.config = config});
}

static void subscribe(struct loopback_client *c, unsigned id, const char *members)
{
	say(c, "{\"id\":%u,\"subscribe\":{%s}}", id, members);
}

/* Rows 1 to 8: the name. Rows that come first win. */
static void names(void)
{
	struct weir_session_config config = *loopback_default_config();
	struct loopback *lb;
	struct loopback_client *c;
	char longest[300], too_long[300];

	snprintf(longest, sizeof(longest), "\"channel\":\"open:%0250d\"", 0);
	snprintf(too_long, sizeof(too_long), "\"channel\":\"nil:%0252d\"", 0);
	config.channel_limit = 2;
	lb = broker(true, &config);
	c = connected_as(lb, 1, "{\"sub\":\"42\"}");
	subscribe(c, 2, longest);
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	subscribe(c, 3, too_long);
	expect_error(c, 3, 107);
	subscribe(c, 4, longest);
	expect_error(c, 4, 105);
	subscribe(c, 5, "\"channel\":\"nil:a\"");
	expect_error(c, 5, 102);
	subscribe(c, 6, "\"channel\":\"nil:\\u00e4\"");
	expect_error(c, 6, 102);
	subscribe(c, 7, "\"channel\":\"open:\\u00e4\",\"type\":1");
	expect_error(c, 7, 107);
	subscribe(c, 8, "\"channel\":\"open:a\\u0007\"");
	expect_error(c, 8, 107);
	subscribe(c, 9, "\"channel\":\"$open:a\",\"type\":1");
	expect_error(c, 9, 103);
	subscribe(c, 10, "\"channel\":\"$open:a\"");
	expect_error(c, 10, 103);
	subscribe(c, 11, "\"channel\":\":a\"");
	expect_error(c, 11, 102);
	subscribe(c, 12, "\"channel\":\"open:a*\"");
	expect(c, "{\"id\":12,\"subscribe\":{}}");
	subscribe(c, 13, "\"channel\":\"open:b\"");
	expect_error(c, 13, 106);
	subscribe(c, 14, "\"channel\":\"nil:b\"");
	expect_error(c, 14, 106);
	say(c, "{\"id\":15,\"unsubscribe\":{\"channel\":\"open:a*\"}}\n{\"id\":16,\"subscribe\":{\"channel\":\"open:"
	       "b\"}}");
	expect(c, "{\"id\":15,\"unsubscribe\":{}}");
	expect(c, "{\"id\":16,\"subscribe\":{}}");
	loopback_client_free(&c);
	loopback_free(&lb);

	lb = broker(false, NULL); /* row 8 holds even here */
	c = connected(lb, 0);
	subscribe(c, 2, "\"channel\":\"$open:a\"");
	expect_error(c, 2, 103);
	subscribe(c, 3, "\"channel\":\"x\"");
	expect(c, "{\"id\":3,\"subscribe\":{}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void no_channel(void)
{
	struct loopback *lb = broker(false, NULL);
	const char *bad[] = {"", "\"channel\":\"\"", "\"channel\":null", "\"channel\":5",
		"\"channel\":\"a\",\"delta\":\"x\"", "\"channel\":\"a\",\"recover\":1",
		"\"channel\":\"a\",\"offset\":-1", "\"channel\":\"a\",\"offset\":\"1\"",
		"\"channel\":\"a\",\"offset\":1.5", "\"channel\":\"a\",\"offset\":18446744073709551616",
		"\"channel\":\"a\",\"flag\":true", "\"channel\":\"a\",\"epoch\":{}",
		"\"channel\":\"a\",\"channel\":\"a\"", "\"channel\":\"a\",\"\\u0063hannel\":\"a\"",
		"\"channel\":\"a\",\"token\":[]"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		struct loopback_client *c = connected(lb, 1);

		subscribe(c, 2, bad[i]);
		expect_closed(&c, 3501);
	}
	loopback_free(&lb);
}

/* Row 9. */
static void tokens(void)
{
	struct loopback *lb = broker(true, NULL);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	char id[40];
	const char *ends[] = {"{\"sub\":\"42\"}", "{\"sub\":\"42\",\"channel\":\"b\"}",
		"{\"sub\":\"43\",\"channel\":\"a\"}", "{\"channel\":\"a\"}",
		"{\"sub\":\"42\",\"channel\":\"a\",\"client\":\"other\"}", "{\"sub\":\"\",\"channel\":\"a\"}"};

	snprintf(id, sizeof(id), "%s", last_client());
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"$a\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"$a\",\"client\":\"%s\",\"info\":{},\"data\":{ \"d\":[]}}", id));
	expect(c, "{\"id\":2,\"subscribe\":{\"data\":{ \"d\":[]}}}");
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"b\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"b\",\"exp\":%lld}", now_s(lb)));
	expect_error(c, 3, 109);
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"b\",\"token\":\"x\"}}");
	expect_error(c, 4, 103);
	say(c, "{\"id\":5,\"subscribe\":{\"channel\":\"b\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"b\",\"exp\":%lld}", now_s(lb) + 5));
	expect(c, "{\"id\":5,\"subscribe\":{\"expires\":true,\"ttl\":5}}");
	/* Row 15: the subscription's own expiry is past. Row 14 comes before it. */
	say(c, "{\"id\":6,\"subscribe\":{\"channel\":\"c\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"c\",\"expire_at\":%lld}", now_s(lb)));
	expect_error(c, 6, 110);
	say(c, "{\"id\":7,\"subscribe\":{\"channel\":\"c\",\"tf\":{},\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"c\",\"expire_at\":1}"));
	expect(c, "{\"id\":7,\"error\":{\"code\":107,\"message\":\"filter: not allowed for this channel\"}}");
	say(c, "{\"id\":8,\"subscribe\":{\"channel\":\"c\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"c\",\"exp\":9999999999,\"expire_at\":0}"));
	expect(c, "{\"id\":8,\"subscribe\":{}}");
	loopback_client_free(&c);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(ends); i++) {
		c = connected_as(lb, 0, "{\"sub\":\"42\"}");
		say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}", token("%s", ends[i]));
		expect_closed(&c, 3500);
	}
	loopback_free(&lb);
}

/* Rows 10 to 13. */
static void permissions(void)
{
	struct loopback *lb = broker(true, NULL);
	struct loopback_client *user = connected_as(lb, 0, "{\"sub\":\"42\"}"), *nobody = connected_as(lb, 1, "{}");
	const struct {
		const char *channel;
		bool user, nobody;
	} rows[] = {
		{"x", false, false}, {"open:x", true, false}, {"all:x", true, true}, {"users:x", true, false},
		{"users:x#42", true, false}, {"users:x#41,42", true, false}, {"users:x#41", false, false},
		{"users:x#", false, false}, {"open:x#41", true, false}, /* no meaning there */
	};

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		char members[100];

		snprintf(members, sizeof(members), "\"channel\":\"%s\"", rows[i].channel);
		subscribe(user, i + 2, members);
		if (rows[i].user)
			expect(user, "{\"id\":%u,\"subscribe\":{}}", i + 2);
		else
			expect_error(user, i + 2, 103);
		subscribe(nobody, i + 2, members);
		if (rows[i].nobody)
			expect(nobody, "{\"id\":%u,\"subscribe\":{}}", i + 2);
		else
			expect_error(nobody, i + 2, 103);
	}
	loopback_client_free(&user);
	loopback_client_free(&nobody);
	loopback_free(&lb);
}

/* What is granted: nothing by itself, what is asked for only where it is allowed. */
static void grants(void)
{
	static const char position[] = "\"epoch\":\"@E\",\"positioned\":true", recoverable[] = "\"recoverable\":true,";
	struct loopback *lb = broker(true, NULL);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	const struct {
		const char *members;
		int got; /* 0 nothing, 1 positioned, 2 recoverable */
	} rows[] = {
		{"\"channel\":\"plain:a\"", 0},
		{"\"channel\":\"plain:b\",\"positioned\":true,\"recoverable\":true", 0},
		{"\"channel\":\"rec:a\"", 0},
		{"\"channel\":\"rec:b\",\"recoverable\":true", 2},
		{"\"channel\":\"rec:c\",\"positioned\":true", 0},
		{"\"channel\":\"pos:a\",\"positioned\":true", 1},
		{"\"channel\":\"pos:b\",\"recoverable\":true", 0},
		{"\"channel\":\"read:a\",\"positioned\":true", 1},
		{"\"channel\":\"read:b\",\"recoverable\":true", 2},
		{"\"channel\":\"forced:a\"", 1},
		{"\"channel\":\"none:a\",\"recoverable\":true", 0},
		{"\"channel\":\"plain:c\",\"recover\":true,\"offset\":5", 0}, /* recover alone grants nothing */
		{"\"channel\":\"plain:d\",\"delta\":\"fossil\"", 0},
		{"\"channel\":\"plain:e\",\"delta\":\"\",\"data\":{\"x\":1},\"flag\":1", 0},
	};

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		subscribe(c, i + 2, rows[i].members);
		expect(c, "{\"id\":%u,\"subscribe\":{%s%s}}", i + 2, rows[i].got == 2 ? recoverable : "",
			rows[i].got ? position : "");
	}
	subscribe(c, 90, "\"channel\":\"delta:a\",\"delta\":\"fossil\"");
	expect(c, "{\"id\":90,\"subscribe\":{\"delta\":true}}");
	/* The token's override goes before the namespace. */
	say(c, "{\"id\":91,\"subscribe\":{\"channel\":\"plain:o\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"plain:o\",\"override\":{\"force_recovery\":{\"value\":true},\"x\":"
		      "1}}"));
	expect(c, "{\"id\":91,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"positioned\":true}}");
	say(c, "{\"id\":92,\"subscribe\":{\"channel\":\"forced:o\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"forced:o\",\"override\":{\"force_positioning\":{\"value\":false}}"
		      "}"));
	expect(c, "{\"id\":92,\"subscribe\":{}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Row 14. */
static void filters(void)
{
	struct loopback *lb = broker(true, NULL);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	const char *bad[] = {
		"{\"op\":\"xor\"}", "5", "[]", "\"\"", "{\"key\":\"a\",\"cmp\":\"eq\"}", "{\"op\":\"and\"}"};

	subscribe(c, 2, "\"channel\":\"open:a\",\"tf\":{\"key\":\"a\",\"cmp\":\"eq\",\"val\":\"1\"}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	subscribe(c, 3, "\"channel\":\"all:a\",\"tf\":{\"key\":\"a\",\"cmp\":\"eq\",\"val\":\"1\"}");
	expect(c, "{\"id\":3,\"error\":{\"code\":107,\"message\":\"filter: not allowed for this channel\"}}");
	subscribe(c, 4, "\"channel\":\"open:b\",\"tf\":{\"key\":\"a\",\"cmp\":\"ex\"},\"delta\":\"fossil\"");
	expect(c, "{\"id\":4,\"error\":{\"code\":107,\"message\":\"filter: cannot be combined with delta\"}}");
	subscribe(c, 5, "\"channel\":\"open:b\",\"tf\":null,\"delta\":\"fossil\"");
	expect(c, "{\"id\":5,\"subscribe\":{}}");
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		say(c, "{\"id\":%u,\"subscribe\":{\"channel\":\"open:c\",\"tf\":%s}}", 10 + i, bad[i]);
		expect_start(c, "{\"id\":%u,\"error\":{\"code\":107,\"message\":\"filter: ", 10 + i);
	}
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void unsubscribe(void)
{
	struct loopback *lb = broker(false, NULL);
	struct loopback_client *c = connected(lb, 1);
	const char *bad[] = {"{}", "{\"channel\":null}", "{\"channel\":\"\"}", "{\"channel\":7}"};

	say(c, "{\"id\":2,\"unsubscribe\":{\"channel\":\"never\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":\"nil:x\"}"
	       "}");
	expect(c, "{\"id\":2,\"unsubscribe\":{}}");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	loopback_client_free(&c);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		c = connected(lb, 1);
		say(c, "{\"id\":2,\"unsubscribe\":%s}", bad[i]);
		expect_closed(&c, 3501);
	}
	loopback_free(&lb);
}

/* No push of the channel after the reply, whatever is on its way. */
static void nothing_after_unsubscribe(void)
{
	for (unsigned round = 0; round < 30; round++) {
		struct loopback *lb = broker(false, NULL);
		struct loopback_client *c = connected(lb, 1);
		bool over = false;

		subscribe(c, 2, "\"channel\":\"a\"");
		expect(c, "{\"id\":2,\"subscribe\":{}}");
		for (unsigned i = 0; i < 5; i++)
			loopback_publish(lb, 0, "a", "1", NULL);
		for (unsigned i = 0; i < round; i++)
			loopback_step(lb);
		send_text(c, "{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}");
		loopback_run(lb);
		for (const char *got; (got = loopback_receive(c));) {
			CU_ASSERT_FALSE_FATAL(over);
			over = fits("{\"id\":3,\"unsubscribe\":{}}", got, false);
		}
		CU_ASSERT(over);
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

CU_TestInfo weir_tests[] = {
	{"names", names},
	{"no channel, ill-typed members", no_channel},
	{"tokens", tokens},
	{"permissions", permissions},
	{"grants", grants},
	{"filters", filters},
	{"unsubscribe", unsubscribe},
	{"nothing after unsubscribe", nothing_after_unsubscribe},
	CU_TEST_INFO_NULL,
};
