/* SPDX-License-Identifier: Apache-2.0 */
/* Commands out of JSON: every member of every command, spans and decoded strings, what is refused. */
#include <stdio.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/wire/codec.h"

const char weir_test_suite[] = "wire/json_decode";

static struct weir_buf scratch;

/* One command out of one line. */
static int one(const char *text, struct weir_command *out)
{
	struct weir_str rest = weir_str(text);
	int err;

	if (!scratch.max)
		weir_buf_init(&scratch, 1 << 20);
	err = weir_codec_json.next(&rest, &scratch, out);
	if (!err)
		CU_ASSERT_PTR_NULL(rest.p);
	return err;
}

#define IS(s, text) CU_ASSERT(weir_str_is((s), (text)))
#define ABSENT(s)   CU_ASSERT_PTR_NULL((s).p)

static void connect(void)
{
	struct weir_command c;

	CU_ASSERT_EQUAL(one("{\"id\":1,\"connect\":{}}", &c), 0);
	CU_ASSERT_EQUAL(c.id, 1);
	CU_ASSERT_EQUAL(c.method, WEIR_METHOD_CONNECT);
	ABSENT(c.connect.token);
	ABSENT(c.connect.subs);
	ABSENT(c.connect.data);
	CU_ASSERT_EQUAL(one("{\"connect\":{\"token\":\"t\",\"name\":\"js\",\"version\":\"\",\"data\":[1, "
			    "2],\"headers\":{\"a\":\"b\"},"
			    "\"subs\":{ \"a\":{} }},\"id\":4294967295}",
				&c),
		0);
	CU_ASSERT_EQUAL(c.id, UINT32_MAX);
	IS(c.connect.token, "t");
	IS(c.connect.name, "js");
	CU_ASSERT_PTR_NOT_NULL(c.connect.version.p);
	CU_ASSERT_EQUAL(c.connect.version.n, 0);
	IS(c.connect.data, "[1, 2]");
	IS(c.connect.subs, "{ \"a\":{} }");
	CU_ASSERT_EQUAL(one("{\"id\":1,\"connect\":{\"token\":null,\"subs\":null,\"data\":null}}", &c), 0);
	ABSENT(c.connect.token);
	ABSENT(c.connect.subs);
	ABSENT(c.connect.data);
}

static void subs(void)
{
	struct weir_command c;
	struct weir_subscribe_command s;
	struct weir_buf names;
	struct weir_str channel, first, rest;

	CU_ASSERT_EQUAL(one("{\"id\":1,\"connect\":{\"subs\":{\"\\u0061\":{\"recover\":true,\"offset\":7,\"epoch\":"
			    "\"e\\u0065\"},"
			    "\"none\":null , \"b\" : { } , \"\":{\"offset\":18446744073709551615}}}}",
				&c),
		0);
	weir_buf_init(&names, 1000);
	CU_ASSERT_PTR_NOT_NULL(weir_buf_reserve(&names, 500));
	rest = c.connect.subs;
	CU_ASSERT_EQUAL(weir_codec_json.next_sub(&rest, &names, &channel, &s), 0);
	first = channel;
	IS(channel, "a");
	IS(s.epoch, "ee");
	CU_ASSERT(s.recover);
	CU_ASSERT_EQUAL(s.offset, 7);
	CU_ASSERT_EQUAL(weir_codec_json.next_sub(&rest, &names, &channel, &s), 0);
	IS(channel, "b");
	CU_ASSERT_FALSE(s.recover);
	ABSENT(s.epoch);
	CU_ASSERT_EQUAL(weir_codec_json.next_sub(&rest, &names, &channel, &s), 0);
	CU_ASSERT_EQUAL(channel.n, 0);
	CU_ASSERT_EQUAL(s.offset, UINT64_MAX);
	CU_ASSERT_EQUAL(weir_codec_json.next_sub(&rest, &names, &channel, &s), WEIR_ENOTFOUND);
	IS(first, "a"); /* what was decoded before stays */
	weir_buf_fini(&names);
	CU_ASSERT_EQUAL(one("{\"id\":1,\"connect\":{\"subs\":{}}}", &c), 0);
	rest = c.connect.subs;
	CU_ASSERT_EQUAL(weir_codec_json.next_sub(&rest, &names, &channel, &s), WEIR_ENOTFOUND);
	CU_ASSERT_EQUAL(one("{\"id\":1,\"connect\":{\"subs\":{\"a\":{},\"b\":7}}}", &c), WEIR_EPARSE);
	CU_ASSERT_EQUAL(one("{\"id\":1,\"connect\":{\"subs\":{\"a\":{\"offset\":\"7\"}}}}", &c), WEIR_EPARSE);
	CU_ASSERT_EQUAL(one("{\"id\":1,\"connect\":{\"subs\":[]}}", &c), WEIR_EPARSE);
}

static void subscribe(void)
{
	struct weir_command c;

	CU_ASSERT_EQUAL(
		one("{\"id\":2,\"subscribe\":{\"channel\":\"a\\n\",\"token\":\"t\",\"recover\":true,\"epoch\":\"e\","
		    "\"offset\":9,"
		    "\"data\":{ },\"positioned\":true,\"recoverable\":true,\"join_leave\":true,\"delta\":\"fossil\","
		    "\"tf\":[],\"flag\":-3,\"type\":1,\"phase\":2,\"cursor\":[],\"limit\":null}}",
			&c),
		0);
	CU_ASSERT_EQUAL(c.method, WEIR_METHOD_SUBSCRIBE);
	IS(c.subscribe.channel, "a\n");
	IS(c.subscribe.token, "t");
	IS(c.subscribe.epoch, "e");
	IS(c.subscribe.delta, "fossil");
	IS(c.subscribe.data, "{ }");
	IS(c.subscribe.tf, "[]");
	CU_ASSERT_EQUAL(c.subscribe.offset, 9);
	CU_ASSERT_EQUAL(c.subscribe.flag, -3);
	CU_ASSERT_EQUAL(c.subscribe.type, 1);
	CU_ASSERT(c.subscribe.recover && c.subscribe.positioned && c.subscribe.recoverable && c.subscribe.join_leave);
	CU_ASSERT_EQUAL(one("{\"id\":2,\"subscribe\":{\"recover\":false}}", &c), 0);
	ABSENT(c.subscribe.channel);
	CU_ASSERT_FALSE(
		c.subscribe.recover || c.subscribe.positioned || c.subscribe.recoverable || c.subscribe.join_leave);
}

static void history(void)
{
	struct weir_command c;

	CU_ASSERT_EQUAL(
		one("{\"id\":2,\"history\":{\"channel\":\"c\",\"limit\":-1,\"reverse\":true,\"since\":{\"offset\":5,"
		    "\"epoch\":\"e\",\"x\":1}}}",
			&c),
		0);
	CU_ASSERT_EQUAL(c.method, WEIR_METHOD_HISTORY);
	IS(c.history.channel, "c");
	IS(c.history.epoch, "e");
	CU_ASSERT_EQUAL(c.history.limit, -1);
	CU_ASSERT_EQUAL(c.history.offset, 5);
	CU_ASSERT(c.history.has_since && c.history.reverse);
	CU_ASSERT_EQUAL(one("{\"id\":2,\"history\":{\"channel\":\"c\",\"since\":{}}}", &c), 0);
	CU_ASSERT(c.history.has_since);
	CU_ASSERT_EQUAL(one("{\"id\":2,\"history\":{\"channel\":\"c\",\"since\":null}}", &c), 0);
	CU_ASSERT_FALSE(c.history.has_since);
	CU_ASSERT_EQUAL(one("{\"id\":2,\"history\":{\"since\":{\"offset\":1,\"offset\":1}}}", &c), WEIR_EPARSE);
}

static void the_rest(void)
{
	static const struct {
		const char *name;
		enum weir_method method;
	} rows[] = {
		{"unsubscribe", WEIR_METHOD_UNSUBSCRIBE},
		{"publish", WEIR_METHOD_PUBLISH},
		{"presence", WEIR_METHOD_PRESENCE},
		{"presence_stats", WEIR_METHOD_PRESENCE_STATS},
		{"rpc", WEIR_METHOD_RPC},
		{"send", WEIR_METHOD_SEND},
		{"refresh", WEIR_METHOD_REFRESH},
		{"sub_refresh", WEIR_METHOD_SUB_REFRESH},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_command c;
		char text[200];

		snprintf(text, sizeof(text), "{\"id\":3,\"%s\":{\"channel\":\"c\",\"data\": \"\\n\" ,\"token\":\"t\"}}",
			rows[i].name);
		CU_ASSERT_EQUAL(one(text, &c), 0);
		CU_ASSERT_EQUAL(c.method, rows[i].method);
		CU_ASSERT_EQUAL(c.id, 3);
		IS(c.channel, "c");
		IS(c.data, "\"\\n\""); /* raw: with its quotes and escapes */
		IS(c.token, "t");
	}
}

/* Payloads are spans of the message itself. */
static void spans(void)
{
	static const char text[] = "{\"id\":3,\"publish\":{\"channel\":\"plain\",\"data\":{\"a\" : 1.50}}}";
	struct weir_command c;

	CU_ASSERT_EQUAL(one(text, &c), 0);
	CU_ASSERT(c.data.p > text && c.data.p < text + sizeof(text));
	CU_ASSERT(c.channel.p > text && c.channel.p < text + sizeof(text));
}

static void pongs(void)
{
	struct weir_command c;

	CU_ASSERT_EQUAL(one("{}", &c), 0);
	CU_ASSERT_EQUAL(c.method, WEIR_METHOD_NONE);
	CU_ASSERT_EQUAL(c.id, 0);
	CU_ASSERT_EQUAL(one("{\"id\":5,\"ping\":{}}", &c), 0);
	CU_ASSERT_EQUAL(c.method, WEIR_METHOD_NONE);
	CU_ASSERT_EQUAL(c.id, 5);
}

/* With several methods the first in the protocol's order counts, wherever it stands. */
static void several_methods(void)
{
#define X(upper, lower) #lower,
	static const char *const names[] = {WEIR_METHODS(X)};
#undef X
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++)
		for (size_t k = 0; k < WEIR_ARRAY_LEN(names); k++) {
			struct weir_command c;
			char text[200];

			if (i == k)
				continue;
			snprintf(text, sizeof(text), "{\"%s\":{},\"id\":1,\"%s\":{}}", names[i], names[k]);
			CU_ASSERT_EQUAL(one(text, &c), 0);
			CU_ASSERT_EQUAL(c.method, (enum weir_method)(1 + (i < k ? i : k)));
		}
}

static void lines(void)
{
	struct weir_str rest = WEIR_STR("{\"id\":1}\n {\"id\":2} \r\n{\"id\":3}\n");
	struct weir_command c;

	for (unsigned i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(weir_codec_json.next(&rest, &scratch, &c), 0);
		CU_ASSERT_EQUAL(c.id, i);
	}
	CU_ASSERT_EQUAL(weir_codec_json.next(&rest, &scratch, &c), WEIR_ENOTFOUND);
	CU_ASSERT_EQUAL(weir_codec_json.next(&rest, &scratch, &c), WEIR_ENOTFOUND);
	rest = WEIR_STR("{\"id\":1}\n\n{\"id\":2}");
	CU_ASSERT_EQUAL(weir_codec_json.next(&rest, &scratch, &c), 0);
	CU_ASSERT_EQUAL(weir_codec_json.next(&rest, &scratch, &c), WEIR_EPARSE);
	rest = WEIR_STR("");
	CU_ASSERT_EQUAL(weir_codec_json.next(&rest, &scratch, &c), WEIR_EPARSE);
	rest = WEIR_STR("\n");
	CU_ASSERT_EQUAL(weir_codec_json.next(&rest, &scratch, &c), WEIR_EPARSE);
}

static void refused(void)
{
	static const char *const types[] = {"1", "\"x\"", "true", "[]", "{}", "1.5"};
	/* For each member, which of the above it may be. */
	static const struct {
		const char *method, *member, *ok;
	} rows[] = {
		{"connect", "token", "010000"},
		{"connect", "name", "010000"},
		{"connect", "version", "010000"},
		{"connect", "subs", "000010"},
		{"connect", "data", "111111"},
		{"connect", "headers", "111111"},
		{"subscribe", "channel", "010000"},
		{"subscribe", "token", "010000"},
		{"subscribe", "recover", "001000"},
		{"subscribe", "epoch", "010000"},
		{"subscribe", "offset", "100000"},
		{"subscribe", "data", "111111"},
		{"subscribe", "positioned", "001000"},
		{"subscribe", "recoverable", "001000"},
		{"subscribe", "join_leave", "001000"},
		{"subscribe", "delta", "010000"},
		{"subscribe", "tf", "111111"},
		{"subscribe", "flag", "100000"},
		{"subscribe", "type", "100000"},
		{"history", "channel", "010000"},
		{"history", "limit", "100000"},
		{"history", "since", "000010"},
		{"history", "reverse", "001000"},
		{"publish", "channel", "010000"},
		{"publish", "data", "111111"},
		{"refresh", "token", "010000"},
		{"sub_refresh", "channel", "010000"},
		{"sub_refresh", "token", "010000"},
		{"rpc", "data", "111111"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		for (size_t t = 0; t < WEIR_ARRAY_LEN(types); t++) {
			struct weir_command c;
			char text[200];

			snprintf(text, sizeof(text), "{\"id\":1,\"%s\":{\"%s\":%s}}", rows[i].method, rows[i].member,
				types[t]);
			CU_ASSERT_EQUAL(one(text, &c), rows[i].ok[t] == '1' ? 0 : WEIR_EPARSE);
			snprintf(text, sizeof(text), "{\"id\":1,\"%s\":{\"%s\":null}}", rows[i].method, rows[i].member);
			CU_ASSERT_EQUAL(one(text, &c), 0);
			snprintf(text, sizeof(text), "{\"id\":1,\"%s\":{\"%s\":null,\"%s\":null}}", rows[i].method,
				rows[i].member, rows[i].member);
			CU_ASSERT_EQUAL(one(text, &c), strcmp(rows[i].member, "headers") ? WEIR_EPARSE : 0);
		}
}

static void numbers(void)
{
	static const struct {
		const char *text;
		int err;
		uint64_t value;
	} rows[] = {{"0", 0, 0}, {"18446744073709551615", 0, UINT64_MAX}, {"18446744073709551616", WEIR_EPARSE, 0},
		{"-1", WEIR_EPARSE, 0}, {"-0", WEIR_EPARSE, 0}, {"1e2", WEIR_EPARSE, 0}, {"1.0", WEIR_EPARSE, 0}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_command c;
		char text[100];
		int err;

		snprintf(text, sizeof(text), "{\"id\":1,\"subscribe\":{\"offset\":%s}}", rows[i].text);
		err = one(text, &c);
		if (strcmp(rows[i].text, "-0") == 0)
			continue; /* either is right: what matters is that it is not taken for another number */
		CU_ASSERT_EQUAL(err, rows[i].err);
		CU_ASSERT(err || c.subscribe.offset == rows[i].value);
	}
}

/* Decoded text never outgrows the room that is reserved, so spans into it stay. */
static void many_escapes(void)
{
	struct weir_command c;
	struct weir_buf text;

	weir_buf_init(&text, 1 << 20);
	weir_buf_lit(&text, "{\"id\":1,\"subscribe\":{\"channel\":\"");
	for (int i = 0; i < 2000; i++)
		weir_buf_lit(&text, "\\u00e4\\ud83d\\ude00\\ud800");
	weir_buf_lit(&text, "\",\"epoch\":\"\\u0065\",\"token\":\"\\\\\"}}");
	weir_buf_char(&text, 0);
	CU_ASSERT_EQUAL(one(text.p, &c), 0);
	CU_ASSERT_EQUAL(c.subscribe.channel.n, 2000 * (2 + 4 + 3));
	CU_ASSERT_EQUAL(memcmp(c.subscribe.channel.p, "\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbd\xc3\xa4", 11), 0);
	IS(c.subscribe.epoch, "e");
	IS(c.subscribe.token, "\\");
	weir_buf_fini(&text);
	weir_buf_fini(&scratch);
	scratch.max = 0;
}

CU_TestInfo weir_tests[] = {
	{"connect", connect},
	{"connect: subs", subs},
	{"subscribe", subscribe},
	{"history", history},
	{"the rest", the_rest},
	{"spans", spans},
	{"pongs", pongs},
	{"several methods", several_methods},
	{"lines", lines},
	{"ill-typed, null, twice", refused},
	{"numbers", numbers},
	{"many escapes", many_escapes},
	CU_TEST_INFO_NULL,
};
