/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be refused: each case is sent raw, followed by a request that must never be answered, and gets exactly one
 * response before an orderly close. After them all the server still serves.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

const char weir_test_suite[] = "server/http_refuse";

#define H       "Host: a\r\n"
#define SMUGGLE "GET /hello HTTP/1.1\r\n" H "\r\n"

static const struct {
	int status;
	const char *text;
} cases[] = {
	/* where the body ends */
	{400, "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" SMUGGLE},
	{411, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: \vchunked\r\n\r\n" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\na" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\nhello" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\nhello" SMUGGLE},
	{400, "POST /echo HTTP/1.1\r\n" H "Content-Length: 9223372036854775808\r\n\r\n" SMUGGLE},
	{411, "POST /echo HTTP/1.1\r\n" H "\r\n" SMUGGLE},
	{413, "POST /small HTTP/1.1\r\n" H "Content-Length: 11\r\n\r\nhello world" SMUGGLE},
	{413, "POST /small HTTP/1.1\r\n" H "Content-Length: 9223372036854775807\r\n\r\n" SMUGGLE},
	{413, "GET /hello HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello" SMUGGLE},
	/* a body that nobody reads */
	{404, "POST /none HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello" SMUGGLE},
	{405, "POST /hello HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello" SMUGGLE},
	/* the head */
	{400, "GET /hello HTTP/1.1\r\n\r\n" SMUGGLE},
	{400, "GET /hello HTTP/1.1\r\n" H H "\r\n" SMUGGLE},
	{505, "GET /hello HTTP/9.9\r\n" H "\r\n" SMUGGLE},
	{400, "GET /hello HTTP/1.1\nHost: a\n\n" SMUGGLE},
	{400, "GET /hello HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n" SMUGGLE},
	{400, "GET /hello HTTP/1.1\r\n" H "X : a\r\n\r\n" SMUGGLE},
	{501, "CONNECT a:443 HTTP/1.1\r\n" H "\r\n" SMUGGLE},
	{400, "GET http://a/hello HTTP/1.1\r\n" H "\r\n" SMUGGLE},
	{400, "\x16\x03\x01\x02\x01\x01\xfc\x03\x03"},
	/* other protocols */
	{505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{400, "GET /hello HTTP/1.1\r\n" H
	      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n" SMUGGLE},
	{400, "GET /hello HTTP/1.1\r\n" H "Upgrade: foo, H2C\r\n\r\n" SMUGGLE},
};

static void test_cases(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++)
		expect_refused(&f, cases[i].text, strlen(cases[i].text), cases[i].status);
	CU_ASSERT_EQUAL(f.handled, 0);
	CU_ASSERT_EQUAL(ask(&f, &c, SMUGGLE), 200);
	client_close(&c);
	fixture_fini(&f);
}

/* The same as the second request of a connection: one good answer, one refusal, the end. */
static void test_cases_after_a_good_one(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		client_open(&f, &c);
		client_say(&f, &c, SMUGGLE);
		client_say(&f, &c, cases[i].text);
		client_await_end(&f, &c);
		CU_ASSERT_EQUAL(client_responses(&c), 2);
		CU_ASSERT_EQUAL(client_status(&c, 0), 200);
		CU_ASSERT_EQUAL(client_status(&c, 1), cases[i].status);
		CU_ASSERT_FALSE(c.reset);
		client_close(&c);
	}
	CU_ASSERT_EQUAL(f.handled, WEIR_ARRAY_LEN(cases));
	fixture_fini(&f);
}

/* An Upgrade that is not for this resource is no concern of it. */
static void test_other_upgrades_ignored(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, "GET /hello HTTP/1.1\r\n" H "Connection: Upgrade\r\nUpgrade: foo\r\n\r\n"), 200);
	/* As the second request of a connection, too. */
	client_say(&f, &c, "GET /hello HTTP/1.1\r\n" H "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
	CU_ASSERT(client_await(&f, &c, 2));
	CU_ASSERT_EQUAL(client_status(&c, 1), 200);
	client_close(&c);
	fixture_fini(&f);
}

static void test_nul(void)
{
	static const char text[] = "GET /hello HTTP/1.1\r\n" H "X: a\0b\r\n\r\n" SMUGGLE;
	struct fixture f;

	fixture_init(&f);
	fixture_start(&f);
	expect_refused(&f, text, sizeof(text) - 1, 400);
	CU_ASSERT_EQUAL(f.handled, 0);
	fixture_fini(&f);
}

static void expect_large(struct fixture *f, const char *begin, size_t n, const char *unit, int status)
{
	size_t at = strlen(begin), size = at + n * strlen(unit);
	char *text = malloc(size + 1);

	memcpy(text, begin, at);
	for (size_t i = 0; i < n; i++, at += strlen(unit))
		memcpy(text + at, unit, strlen(unit));
	text[at] = '\0';
	expect_refused(f, text, at, status);
	free(text);
}

static void test_limits(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_start(&f);
	expect_large(&f, "GET /", 8192, "a", 414);
	expect_large(&f, "GET /", 500000, "a", 414);
	expect_large(&f, "", 500000, "a", 414);
	expect_large(&f, "GET /hello HTTP/1.1\r\n" H, 64, "X: 1\r\n", 431);
	expect_large(&f, "GET /hello HTTP/1.1\r\n" H, 500, "X: 1\r\n", 431);
	expect_large(&f, "GET /hello HTTP/1.1\r\n" H "X: ", 65536, "a", 431);
	expect_large(&f, "GET /hello HTTP/1.1\r\n" H "X: ", 16384, "a", 431);
	CU_ASSERT_EQUAL(f.server.counters.bad_requests, 7);
	fixture_fini(&f);
}

/* The client goes on sending a body that was refused: it can read the answer all the same. */
static void test_answer_before_body_was_read(void)
{
	enum { BODY = 600000 };
	static const char head[] = "POST /small HTTP/1.1\r\n" H "Content-Length: 600000\r\n\r\n";
	struct fixture f;
	struct client c;
	char *body = calloc(1, BODY);

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, head);
	fixture_turn(&f, -1, 100);
	fixture_turn(&f, -1, 0);
	client_send(&f, &c, body, BODY);
	client_await_end(&f, &c);
	CU_ASSERT_EQUAL(client_status(&c, 0), 413);
	CU_ASSERT_FALSE(c.reset);
	client_close(&c);
	fixture_fini(&f);
	free(body);
}

CU_TestInfo weir_tests[] = {{"cases", test_cases}, {"after a good one", test_cases_after_a_good_one},
	{"other upgrades", test_other_upgrades_ignored}, {"NUL", test_nul}, {"limits", test_limits},
	{"answer before the body was read", test_answer_before_body_was_read}, CU_TEST_INFO_NULL};
