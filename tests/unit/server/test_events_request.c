/* SPDX-License-Identifier: Apache-2.0 */
/* URLs of GET /events: what is asked for, the commands made of it, and what is refused. */
#include <stdio.h>

#include "test.h"

#include "weir/base/base64.h"
#include "weir/base/mem.h"
#include "weir/server/events_request.h"

const char weir_test_suite[] = "server/events_request";

#define LIMIT 3

struct asked {
	struct weir_head head;
	struct weir_buf text;
	struct weir_events_request r;
	struct weir_events_error e;
	int err;
};

static void ask(struct asked *a, const char *query, const char *fields)
{
	struct weir_head_limits limits = {32768, 65536};
	const char *why;

	weir_buf_init(&a->text, SIZE_MAX);
	weir_buf_init(&a->e.why, SIZE_MAX);
	weir_buf_printf(&a->text, "GET /events?%s HTTP/1.1\r\nHost: a\r\n%s\r\n", query, fields);
	CU_ASSERT_EQUAL_FATAL(weir_head_parse(weir_buf_view(&a->text), &limits, &a->head, &why), 0);
	a->err = weir_events_request_read(&a->head, LIMIT, &a->r, &a->e);
}

static void asked_fini(struct asked *a)
{
	weir_events_request_fini(&a->r);
	weir_buf_fini(&a->text);
	weir_buf_fini(&a->e.why);
}

static void expect_commands(const char *query, const char *fields, const char *connect, const char *subscribe)
{
	struct asked a;
	struct weir_buf b;

	ask(&a, query, fields);
	CU_ASSERT_EQUAL_FATAL(a.err, 0);
	weir_buf_init(&b, SIZE_MAX);
	weir_events_request_connect(&a.r, &b);
	CU_ASSERT(weir_str_is(weir_buf_view(&b), connect));
	weir_buf_reset(&b);
	for (size_t i = 0; i < a.r.n; i++) {
		weir_events_request_subscribe(&a.r, i, &b);
		weir_buf_char(&b, '\n');
	}
	if (!weir_str_is(weir_buf_view(&b), subscribe))
		printf("\n%.*s\n", (int)b.len, b.p);
	CU_ASSERT(weir_str_is(weir_buf_view(&b), subscribe));
	weir_buf_fini(&b);
	asked_fini(&a);
}

static void expect_refused(const char *query, const char *fields, enum weir_error_code code, const char *why)
{
	struct asked a;

	ask(&a, query, fields);
	if (a.err != WEIR_EINVALID || a.e.code != code || !weir_str_starts(weir_buf_view(&a.e.why), weir_str(why)))
		printf("\n%s: %d %d %.*s\n", query, a.err, a.e.code, (int)a.e.why.len, a.e.why.p);
	CU_ASSERT_EQUAL(a.err, WEIR_EINVALID);
	CU_ASSERT_EQUAL(a.e.code, code);
	CU_ASSERT(weir_str_starts(weir_buf_view(&a.e.why), weir_str(why)));
	asked_fini(&a);
}

#define SUB(rest)  "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"positioned\":true,\"channel\":" rest "}}\n"
#define NO_OPTIONS ",\"data\":{\"weir\":{}}"
#define NO_CONNECT "{\"id\":1,\"connect\":{\"data\":{\"weir\":{}}}}"

static void test_commands(void)
{
	expect_commands("channel=a", "", NO_CONNECT, SUB("\"a\"" NO_OPTIONS));
	/* Decoded once; a name twice counts once; what is not known is ignored. */
	expect_commands("&&x=%zz&channel=a%2b+%2562&channel=%3E&channel=a%2B%20%2562&lastEventId=7", "", NO_CONNECT,
		SUB("\"a+ %62\"" NO_OPTIONS) SUB("\">\"" NO_OPTIONS));
	expect_commands("channel=%22%0A", "Authorization: bearer T\r\n",
		"{\"id\":1,\"connect\":{\"token\":\"T\",\"data\":{\"weir\":{}}}}", SUB("\"\\\"\\n\"" NO_OPTIONS));
	/* The header wins; another scheme is none. */
	expect_commands("channel=a&token=U", "Authorization: Bearer T\r\n",
		"{\"id\":1,\"connect\":{\"token\":\"T\",\"data\":{\"weir\":{}}}}", SUB("\"a\"" NO_OPTIONS));
	expect_commands("channel=a&token=U%2E&queue_bytes=16384", "Authorization: Basic T\r\n",
		"{\"id\":1,\"connect\":{\"token\":\"U.\",\"data\":{\"weir\":{\"queue_bytes\":16384}}}}",
		SUB("\"a\"" NO_OPTIONS));
	expect_commands("channel=a&token=&filter=&sub_token=", "", NO_CONNECT, SUB("\"a\"" NO_OPTIONS));
	expect_commands("channel=a&overflow=latest&queue=7&key=data.k&rate=0.5&filter=a%3D'b'", "", NO_CONNECT,
		SUB("\"a\",\"data\":{\"weir\":{\"overflow\":\"latest\",\"queue\":7,\"key\":\"data.k\",\"rate\":0.5,"
		    "\"filter\":\"a='b'\"}}"));
	expect_commands("channel=a&filter={%22key%22:%22k%22,%0A%22cmp%22:%22ex%22}", "", NO_CONNECT,
		SUB("\"a\",\"data\":{\"weir\":{\"filter\":{\"key\":\"k\",\"cmp\":\"ex\"}}}"));
}

static void test_sub_tokens(void)
{
	struct weir_buf token, query, expected;

	weir_buf_init(&token, SIZE_MAX);
	weir_buf_init(&query, SIZE_MAX);
	weir_buf_init(&expected, SIZE_MAX);
	weir_buf_lit(&token, "h.");
	weir_base64url_encode(&token, WEIR_STR("{\"channel\":\"\\u0062\"}"));
	weir_buf_lit(&token, ".s");
	weir_buf_printf(&query, "channel=a&channel=b&sub_token=%.*s", (int)token.len, token.p);
	weir_buf_printf(
		&expected, SUB("\"a\"" NO_OPTIONS) SUB("\"b\",\"token\":\"%.*s\"" NO_OPTIONS), (int)token.len, token.p);
	weir_buf_char(&query, '\0');
	weir_buf_char(&expected, '\0');
	expect_commands(query.p, "", NO_CONNECT, expected.p);
	weir_buf_reset(&query);
	weir_buf_printf(
		&query, "channel=b&sub_token=%.*s&sub_token=%.*s", (int)token.len, token.p, (int)token.len, token.p);
	weir_buf_char(&query, '\0');
	expect_refused(query.p, "", WEIR_ERROR_BAD_REQUEST, "sub_token: there are two");
	weir_buf_reset(&query);
	weir_buf_printf(&query, "channel=a&sub_token=%.*s", (int)token.len, token.p);
	weir_buf_char(&query, '\0');
	expect_refused(query.p, "", WEIR_ERROR_BAD_REQUEST, "sub_token: it names none");
	weir_buf_fini(&token);
	weir_buf_fini(&query);
	weir_buf_fini(&expected);
}

static void test_refused(void)
{
	static const struct {
		const char *query, *why;
	} cases[] = {
		{"", "a channel is needed"},
		{"Channel=a", "a channel is needed"},
		{"channel=", "channel: empty"},
		{"channel", "channel: empty"},
		{"channel=%", "channel: malformed"},
		{"channel=%4g", "channel: malformed"},
		{"channel=%ff", "channel: not UTF-8"},
		{"channel=a%00", "channel: not UTF-8"},
		{"channel=a&queue=", "queue: expected"},
		{"channel=a&queue=0", "queue: expected"},
		{"channel=a&queue=1.5", "queue: expected"},
		{"channel=a&queue=+1", "queue: expected"},
		{"channel=a&queue={}", "queue: expected"},
		{"channel=a&queue=1&queue=1", "queue: it is there twice"},
		{"channel=a&rate=0", "rate: expected"},
		{"channel=a&rate=1e9", "rate: expected"},
		{"channel=a&rate=x", "rate: expected"},
		{"channel=a&overflow=sometimes", "overflow: expected"},
		{"channel=a&key=data.[", "key: expected"},
		{"channel=a&queue_bytes=16383", "queue_bytes: expected"},
		{"channel=a&queue_bytes=x", "queue_bytes: expected"},
		{"channel=a&filter=1+", "filter: "},
		{"channel=a&filter={", "filter: not JSON"},
		{"channel=a&filter={%22cmp%22:%22eq%22}", "filter: "},
		{"channel=a&sub_token=a.b.c", "sub_token: it names none"},
		{"channel=a&since=", "since: expected"},
		{"channel=a&since=a:1,b:2", "since: expected"},
		{"channel=a&channel=b&since=a:1", "since: expected"},
		{"channel=a&since=ALL", "since: expected"},
		{"channel=a&since=a:18446744073709551616", "since: expected"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++)
		expect_refused(cases[i].query, "", WEIR_ERROR_BAD_REQUEST, cases[i].why);
	expect_refused("channel=a&channel=b&channel=c&channel=d", "", WEIR_ERROR_LIMIT, "too many channels");
	expect_refused("channel=a&sub_token=a&sub_token=b&sub_token=c&sub_token=d", "", WEIR_ERROR_LIMIT, "too many");
}

static void test_bad_tokens(void)
{
	static const char *const fields[] = {"Authorization: Bearer\r\n", "Authorization: Bearer \r\n",
		"Authorization: Bearer \xff\r\n", "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n"};
	struct asked a;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(fields); i++) {
		ask(&a, "channel=a", fields[i]);
		CU_ASSERT_EQUAL(a.err, 0);
		CU_ASSERT_TRUE(a.r.bad_token);
		CU_ASSERT_PTR_NULL(a.r.token.p);
		asked_fini(&a);
	}
	ask(&a, "channel=a&token=%zz", "");
	CU_ASSERT_TRUE(a.r.bad_token);
	asked_fini(&a);
}

static void test_positions(void)
{
	struct asked a;

	ask(&a, "channel=a&channel=b&channel=c&since=e.1:7,-,F:0", "");
	CU_ASSERT_EQUAL_FATAL(a.err, 0);
	CU_ASSERT(a.r.channels[0].recover && !a.r.channels[1].recover && a.r.channels[2].recover);
	CU_ASSERT(weir_str_is(a.r.channels[0].epoch, "e.1"));
	CU_ASSERT_EQUAL(a.r.channels[0].offset, 7);
	asked_fini(&a);
	ask(&a, "channel=a&since=all", "");
	CU_ASSERT_TRUE(a.r.all);
	asked_fini(&a);
	/* The header wins over since, which must be right all the same. */
	ask(&a, "channel=a&since=all", "Last-Event-ID: x:3\r\n");
	CU_ASSERT_EQUAL_FATAL(a.err, 0);
	CU_ASSERT_FALSE(a.r.all);
	CU_ASSERT_EQUAL(a.r.channels[0].offset, 3);
	asked_fini(&a);
	ask(&a, "channel=a&since=all", "Last-Event-ID:\r\n");
	CU_ASSERT_TRUE(a.r.all);
	asked_fini(&a);
	/* One that is no good is a position that nothing follows, for every channel. */
	ask(&a, "channel=a&channel=b", "Last-Event-ID: x:3\r\n");
	CU_ASSERT_EQUAL_FATAL(a.err, 0);
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT(a.r.channels[i].recover && weir_str_is(a.r.channels[i].epoch, "-"));
		CU_ASSERT_EQUAL(a.r.channels[i].offset, 0);
	}
	asked_fini(&a);
}

CU_TestInfo weir_tests[] = {
	{"commands", test_commands},
	{"subscription tokens", test_sub_tokens},
	{"refused", test_refused},
	{"bad tokens", test_bad_tokens},
	{"positions", test_positions},
	CU_TEST_INFO_NULL,
};
