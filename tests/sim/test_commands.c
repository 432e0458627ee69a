/* SPDX-License-Identifier: Apache-2.0 */
/* The commands publish, history, rpc and send (protocol.md §4.4, §4.7–4.9). */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/commands";

#define HISTORY   .history_size = 5, .history_ttl_ms = 60000, .history_meta_ttl_ms = 3600000
#define SUBSCRIBE .allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true

static const struct weir_namespace named[] = {
	{.name = (char *)"client", .allow_publish_for_client = true, .allow_history_for_client = true, HISTORY},
	{.name = (char *)"sub",
		SUBSCRIBE,
		.allow_publish_for_subscriber = true,
		.allow_history_for_subscriber = true,
		HISTORY},
	{.name = (char *)"anon", SUBSCRIBE, .allow_publish_for_subscriber = true, .allow_publish_for_anonymous = true},
	{.name = (char *)"object",
		.allow_publish_for_client = true,
		.publication_data_format = WEIR_FORMAT_JSON_OBJECT},
	{.name = (char *)"closed", HISTORY},
};

static struct loopback *broker(bool secure)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.secure = secure,
		.hmac_secret = SCENARIO_SECRET,
		.named = named,
		.n_named = WEIR_ARRAY_LEN(named)});
}

static void publish_checks(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	const struct {
		const char *members;
		unsigned error;
	} rows[] = {
		{"\"channel\":\"nil:a\"", 107},
		{"\"channel\":\"client:a\",\"data\":null", 107},
		{"\"channel\":\"nil:\\u00e4\",\"data\":1", 102},
		{"\"channel\":\"closed:\\u00e4\",\"data\":1", 107},
		{"\"channel\":\"client:*\",\"data\":1", 107},
		{"\"channel\":\"client:a.>\",\"data\":1", 107},
		{"\"channel\":\"closed:a\",\"data\":1", 103},
		{"\"channel\":\"sub:a\",\"data\":1", 103},
		{"\"channel\":\"object:a\",\"data\":[{}]", 107},
		{"\"channel\":\"object:a\",\"data\":{}", 0},
		{"\"channel\":\"client:a\",\"data\":\"\"", 0},
		{"\"channel\":\"client:a\",\"data\":false", 0},
		{"\"channel\":\"client:a\",\"data\":1,\"type\":3,\"key\":{}", 0},
	};

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		say(c, "{\"id\":%u,\"publish\":{%s}}", i + 2, rows[i].members);
		if (rows[i].error)
			expect_error(c, i + 2, rows[i].error);
		else
			expect(c, "{\"id\":%u,\"publish\":{}}", i + 2);
	}
	say(c, "{\"id\":90,\"publish\":{\"data\":1}}");
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

static void publish_as_subscriber(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *user = connected_as(lb, 0, "{\"sub\":\"42\",\"channels\":[\"sub:s\"]}"),
			       *nobody = connected_as(lb, 1, "{}");

	say(user, "{\"id\":2,\"publish\":{\"channel\":\"sub:s\",\"data\":1}}");
	expect(user, "{\"push\":{\"channel\":\"sub:s\",\"pub\":{\"data\":1,\"info\":{\"user\":\"42\",\"client\":\"@C\"}"
		     ",\"offset\":1}}}");
	expect(user, "{\"id\":2,\"publish\":{}}");
	say(nobody, "{\"id\":2,\"subscribe\":{\"channel\":\"sub:s\"}}");
	expect(nobody, "{\"id\":2,\"subscribe\":{}}");
	say(nobody, "{\"id\":3,\"publish\":{\"channel\":\"sub:s\",\"data\":1}}");
	expect_error(nobody, 3, 103);
	say(nobody, "{\"id\":4,\"publish\":{\"channel\":\"anon:s\",\"data\":1}}");
	expect_error(nobody, 4, 103);
	say(nobody, "{\"id\":5,\"subscribe\":{\"channel\":\"anon:s\"}}");
	expect(nobody, "{\"id\":5,\"subscribe\":{}}");
	say(nobody, "{\"id\":6,\"publish\":{\"channel\":\"anon:s\",\"data\":1}}");
	expect(nobody,
		"{\"push\":{\"channel\":\"anon:s\",\"pub\":{\"data\":1,\"info\":{\"user\":\"\",\"client\":\"@C\"}}}}");
	expect(nobody, "{\"id\":6,\"publish\":{}}");
	loopback_client_free(&user);
	loopback_client_free(&nobody);
	loopback_free(&lb);
}

/* What the payload's bytes are on the other side: the same, but for raw newlines. */
static void payload_bytes(void)
{
	static const struct {
		const char *sent, *got;
	} rows[] = {
		{"{ \"b\": 1.50e+3 ,\t\"a\" : [ ] }", NULL}, {"12345678901234567890123.4500", NULL},
		{"\"\\ud83d\\ude00 \\/ \\u2028 \\u0000 \xf0\x9f\x98\x80\"", NULL}, {"\"\\ud800\"", NULL},
		{"{\"a\":1,\"a\":2,\"\":null}", NULL}, {"[1,\r\t2]", "[1,\t2]"}, {"\"a\\nb\"", NULL},
		{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", NULL}, /* 30 in two objects */
	};
	struct loopback *lb = broker(false);
	struct loopback_client *a = connected(lb, 0), *b = connected(lb, 1);

	say(b, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}");
	expect(b, "{\"id\":2,\"subscribe\":{}}");
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		say(a, "{\"id\":%u,\"publish\":{\"channel\":\"x\",\"data\":  %s \r}}", i + 2, rows[i].sent);
		expect(a, "{\"id\":%u,\"publish\":{}}", i + 2);
		expect(b,
			"{\"push\":{\"channel\":\"x\",\"pub\":{\"data\":%s,\"info\":{\"user\":\"\",\"client\":\"@C\"}}}"
			"}",
			rows[i].got ? rows[i].got : rows[i].sent);
	}
	say(a, "{\"id\":90,\"publish\":{\"channel\":\"x\",\"data\":[%s]}}", rows[7].sent);
	expect_closed(&a, 3501);
	loopback_client_free(&b);
	loopback_free(&lb);
}

static void infos(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"4\\\"2\",\"info\":{ \"n\":1}}");

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"sub:i\",\"token\":\"%s\"}}",
		token("{\"sub\":\"4\\\"2\",\"channel\":\"sub:i\",\"info\":[ ]}"));
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	say(c, "{\"id\":3,\"publish\":{\"channel\":\"sub:i\",\"data\":1}}");
	expect(c, "{\"push\":{\"channel\":\"sub:i\",\"pub\":{\"data\":1,\"info\":{\"user\":\"4\\\"2\",\"client\":\"@"
		  "C\",\"conn_info\":{ "
		  "\"n\":1},\"chan_info\":[ ]},\"offset\":1}}}");
	expect(c, "{\"id\":3,\"publish\":{}}");
	/* chan_info belongs to the subscription. */
	say(c, "{\"id\":4,\"unsubscribe\":{\"channel\":\"sub:i\"}}\n{\"id\":5,\"publish\":{\"channel\":\"client:i\","
	       "\"data\":1}}");
	expect(c, "{\"id\":4,\"unsubscribe\":{}}");
	expect(c, "{\"id\":5,\"publish\":{}}");
	say(c, "{\"id\":6,\"history\":{\"channel\":\"client:i\",\"limit\":1}}");
	expect(c, "{\"id\":6,\"history\":{\"publications\":[{\"data\":1,\"info\":{\"user\":\"4\\\"2\",\"client\":\"@"
		  "C\",\"conn_info\":{ "
		  "\"n\":1}},\"offset\":1}],\"epoch\":\"@E\",\"offset\":1}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* ---- history ---- */

static void history_checks(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}");
	const struct {
		const char *members;
		unsigned error;
	} rows[] = {
		{"\"channel\":\"nil:a\"", 102},
		{"\"channel\":\"client:\\u00e4\"", 107},
		{"\"channel\":\"client:*\"", 107},
		{"\"channel\":\"anon:a\"", 108},
		{"\"channel\":\"closed:a\"", 103},
		{"\"channel\":\"sub:a\"", 103},
		{"\"channel\":\"client:a\",\"since\":{\"epoch\":\"other\"}", 112},
		{"\"channel\":\"client:a\",\"since\":{\"offset\":0},\"reverse\":true", 107},
		{"\"channel\":\"client:a\",\"since\":{},\"reverse\":true", 107},
	};
	const char *bad[] = {"{\"channel\":\"client:a\",\"limit\":\"1\"}", "{\"channel\":\"client:a\",\"since\":[]}",
		"{\"channel\":\"client:a\",\"since\":{\"offset\":-1}}", "{\"channel\":\"client:a\",\"reverse\":0}",
		"{}"};

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		say(c, "{\"id\":%u,\"history\":{%s}}", i + 2, rows[i].members);
		expect_error(c, i + 2, rows[i].error);
	}
	say(c, "{\"id\":90,\"history\":{\"channel\":\"client:a\"}}");
	expect(c, "{\"id\":90,\"history\":{\"publications\":[],\"epoch\":\"@E\",\"offset\":0}}");
	/* The epoch made by the first read stays. */
	say(c,
		"{\"id\":91,\"history\":{\"channel\":\"client:a\",\"since\":{\"epoch\":\"%s\",\"offset\":9},\"limit\":-"
		"1}}",
		last_epoch());
	expect(c, "{\"id\":91,\"history\":{\"publications\":[],\"epoch\":\"@E\",\"offset\":0}}");
	loopback_client_free(&c);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		c = connected_as(lb, 0, "{\"sub\":\"42\"}");
		say(c, "{\"id\":2,\"history\":%s}", bad[i]);
		expect_closed(&c, 3501);
	}
	loopback_free(&lb);
}

/* The history of a channel with 3 … 7, asked for in every way. */
static void history_ranges(void)
{
	static const struct {
		const char *members, *offsets;
	} rows[] = {
		{"", ""},
		{",\"limit\":0", ""},
		{",\"limit\":-1", "34567"},
		{",\"limit\":1000", "34567"},
		{",\"limit\":2", "34"},
		{",\"limit\":2,\"reverse\":true", "76"},
		{",\"limit\":-1,\"reverse\":true", "76543"},
		{",\"limit\":-1,\"since\":null", "34567"},
		{",\"limit\":-1,\"since\":{\"offset\":4}", "567"},
		{",\"limit\":2,\"since\":{\"offset\":4}", "56"},
		{",\"limit\":-1,\"since\":{\"offset\":2}", "34567"},
		{",\"limit\":-1,\"since\":{\"offset\":0}", "34567"},
		{",\"limit\":-1,\"since\":{\"offset\":7}", ""},
		{",\"limit\":-1,\"since\":{\"offset\":18446744073709551615}", ""},
		{",\"limit\":-1,\"since\":{\"offset\":6},\"reverse\":true", "543"},
		{",\"limit\":1,\"since\":{\"offset\":6},\"reverse\":true", "5"},
		{",\"limit\":-1,\"since\":{\"offset\":8},\"reverse\":true", "76543"},
		{",\"limit\":-1,\"since\":{\"offset\":9},\"reverse\":true", ""},
		{",\"limit\":-1,\"since\":{\"offset\":4},\"reverse\":true", "3"},
		{",\"limit\":-1,\"since\":{\"offset\":3},\"reverse\":true", ""},
		{",\"limit\":-1,\"since\":{\"offset\":1},\"reverse\":true", ""},
		{",\"limit\":-1,\"since\":{\"offset\":18446744073709551615},\"reverse\":true", ""},
	};
	struct loopback *lb = broker(false);
	struct loopback_client *c = connected(lb, 1);

	for (int i = 1; i <= 7; i++) {
		char data[2] = {(char)('0' + i), 0};

		loopback_publish(lb, 0, "client:h", data, NULL);
	}
	loopback_run(lb);
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		char wanted[400];
		int n = 0;

		for (const char *o = rows[i].offsets; *o; o++)
			n += snprintf(wanted + n, sizeof(wanted) - (size_t)n, "%s{\"data\":%c,\"offset\":%c}",
				n ? "," : "", *o, *o);
		wanted[n] = 0;
		say(c, "{\"id\":%u,\"history\":{\"channel\":\"client:h\"%s}}", i + 2, rows[i].members);
		expect(c, "{\"id\":%u,\"history\":{\"publications\":[%s],\"epoch\":\"@E\",\"offset\":7}}", i + 2,
			wanted);
	}
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* After history_ttl the publications go, top and epoch stay; after history_meta_ttl these go as well. */
static void history_lifetime(void)
{
	struct loopback *lb = broker(false);
	struct loopback_client *c = connected(lb, 1);
	char epoch[WEIR_EPOCH_MAX];

	loopback_publish(lb, 0, "client:t", "1", NULL);
	loopback_client_free(&c);
	loopback_advance(lb, 59999);
	c = connected(lb, 1);
	say(c, "{\"id\":2,\"history\":{\"channel\":\"client:t\",\"limit\":9}}");
	expect(c,
		"{\"id\":2,\"history\":{\"publications\":[{\"data\":1,\"offset\":1}],\"epoch\":\"@E\",\"offset\":1}}");
	snprintf(epoch, sizeof(epoch), "%s", last_epoch());
	loopback_advance(lb, 1);
	say(c, "{\"id\":3,\"history\":{\"channel\":\"client:t\",\"limit\":9}}");
	expect(c, "{\"id\":3,\"history\":{\"publications\":[],\"epoch\":\"%s\",\"offset\":1}}", epoch);
	loopback_client_free(&c);
	loopback_advance(lb, 3599999);
	c = connected(lb, 1);
	say(c, "{\"id\":2,\"history\":{\"channel\":\"client:t\",\"limit\":9}}");
	expect(c, "{\"id\":2,\"history\":{\"publications\":[],\"epoch\":\"%s\",\"offset\":1}}", epoch);
	loopback_client_free(&c);
	loopback_advance(lb, 3600000);
	c = connected(lb, 1);
	say(c, "{\"id\":2,\"history\":{\"channel\":\"client:t\",\"limit\":9}}");
	expect(c, "{\"id\":2,\"history\":{\"publications\":[],\"epoch\":\"@E\",\"offset\":0}}");
	CU_ASSERT_STRING_NOT_EQUAL(last_epoch(), epoch);
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void rpc_and_send(void)
{
	struct loopback *lb = broker(false);
	struct loopback_client *c = connected(lb, 0);

	say(c, "{\"id\":2,\"rpc\":{\"data\":{},\"method\":\"x\"}}");
	expect_error(c, 2, 108);
	say(c, "{\"id\":3,\"rpc\":{}}");
	expect_error(c, 3, 108);
	say(c, "{\"send\":{\"data\":{}}}\n{\"id\":4,\"rpc\":{}}");
	expect_closed(&c, 3508);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"publish: checks", publish_checks},
	{"publish: as a subscriber", publish_as_subscriber},
	{"publish: the payload's bytes", payload_bytes},
	{"publish: who it was", infos},
	{"history: checks", history_checks},
	{"history: ranges", history_ranges},
	{"history: lifetime", history_lifetime},
	{"rpc and send", rpc_and_send},
	CU_TEST_INFO_NULL,
};
