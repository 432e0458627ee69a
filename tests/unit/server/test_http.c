/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP front with well-behaved and merely unusual clients: keep-alive, pipelining, bodies, late answers, streams.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"

const char weir_test_suite[] = "server/http";

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void test_answer(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, GET("/hello")), 200);
	CU_ASSERT(weir_str_is(weir_str_n(c.in, c.len),
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Test: 1\r\nContent-Length: 5\r\n\r\nhello"));
	CU_ASSERT_STRING_EQUAL(f.peer, "127.0.0.1");
	client_close(&c);
	fixture_fini(&f);
}

static void test_keep_alive(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, GET("/hello")), 200);
	client_say(&f, &c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
	CU_ASSERT(client_await(&f, &c, 2));
	CU_ASSERT(weir_str_is(client_body(&c, 1), "abc"));
	/* An unknown path, a wrong method and a HEAD do not end the connection. */
	client_say(&f, &c, GET("/none"));
	CU_ASSERT(client_await(&f, &c, 3));
	CU_ASSERT_EQUAL(client_status(&c, 2), 404);
	client_say(&f, &c, "DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
	CU_ASSERT(client_await(&f, &c, 4));
	CU_ASSERT_EQUAL(client_status(&c, 3), 405);
	CU_ASSERT(client_has_line(&c, 3, "Allow: GET, HEAD"));
	client_say(&f, &c, GET("/prefix/a%2Fb"));
	CU_ASSERT(client_await(&f, &c, 5));
	CU_ASSERT_STRING_EQUAL(f.rest, "a%2Fb");
	client_say(&f, &c, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	client_await_end(&f, &c);
	CU_ASSERT_EQUAL(client_responses(&c), 6);
	CU_ASSERT(client_has_line(&c, 5, "Connection: close"));
	CU_ASSERT_FALSE(c.reset);
	CU_ASSERT_EQUAL(f.server.counters.accepted, 1);
	CU_ASSERT_EQUAL(f.server.counters.requests, 6);
	client_close(&c);
	fixture_fini(&f);
}

static void test_http_1_0(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, "GET /hello HTTP/1.0\r\n\r\n"), 200);
	client_await_end(&f, &c);
	CU_ASSERT(client_has_line(&c, 0, "Connection: close"));
	client_close(&c);
	CU_ASSERT_EQUAL(ask(&f, &c, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 200);
	CU_ASSERT(client_has_line(&c, 0, "Connection: keep-alive"));
	client_say(&f, &c, "GET /hello HTTP/1.0\r\n\r\n");
	client_await_end(&f, &c);
	CU_ASSERT_EQUAL(client_responses(&c), 2);
	client_close(&c);
	fixture_fini(&f);
}

static void test_head(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, "HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	client_await_end(&f, &c);
	CU_ASSERT(weir_str_is(weir_str_n(c.in, c.len), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Test: "
						       "1\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"));
	client_close(&c);
	fixture_fini(&f);
}

/* Requests that were sent ahead are answered in order, also behind one that takes its time. */
static void test_pipelining(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c,
		GET("/hello") "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst" GET(
			"/later") "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecond" GET("/none"));
	while (!f.later && client_await(&f, &c, 2))
		fixture_turn(&f, c.fd, 100);
	fixture_turn(&f, -1, 0);
	client_poll(&c);
	CU_ASSERT_EQUAL(client_responses(&c), 2);
	CU_ASSERT(weir_str_is(client_body(&c, 1), "first"));
	fixture_respond(f.later, 200, "later");
	f.later = NULL;
	CU_ASSERT(client_await(&f, &c, 5));
	CU_ASSERT(weir_str_is(client_body(&c, 2), "later"));
	CU_ASSERT(weir_str_is(client_body(&c, 3), "second"));
	CU_ASSERT_EQUAL(client_status(&c, 4), 404);
	client_close(&c);
	fixture_fini(&f);
}

/* More is sent ahead than the server wants to hold: it waits, and loses nothing. */
static void test_pipelining_beyond_the_buffer(void)
{
	enum { N = 2000 };
	static const char one[] = GET("/hello");
	struct fixture f;
	struct client c;
	char *text = malloc(N * (sizeof(one) - 1));

	for (size_t i = 0; i < N; i++)
		memcpy(text + i * (sizeof(one) - 1), one, sizeof(one) - 1);
	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, GET("/later"));
	while (!f.later)
		fixture_turn(&f, c.fd, 100);
	client_send(&f, &c, text, N * (sizeof(one) - 1));
	for (int i = 0; i < 20; i++)
		fixture_turn(&f, -1, 0);
	CU_ASSERT_EQUAL(f.handled, 0);
	fixture_respond(f.later, 200, "later");
	f.later = NULL;
	CU_ASSERT(client_await(&f, &c, N + 1));
	CU_ASSERT_EQUAL(f.handled, N);
	client_close(&c);
	fixture_fini(&f);
	free(text);
}

static void echo_in_pieces(size_t size, size_t piece)
{
	struct fixture f;
	struct client c;
	char head[128], *body = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		body[i] = (char)('a' + i * 7 % 26);
	snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", size);
	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	for (size_t i = 0; head[i]; i++) {
		client_send(&f, &c, head + i, 1);
		fixture_turn(&f, -1, 0);
	}
	for (size_t i = 0; i < size; i += piece) {
		client_send(&f, &c, body + i, size - i < piece ? size - i : piece);
		fixture_turn(&f, -1, 0);
	}
	CU_ASSERT(client_await(&f, &c, 1));
	CU_ASSERT(weir_str_eq(client_body(&c, 0), weir_str_n(body, size)));
	client_say(&f, &c, GET("/hello"));
	CU_ASSERT(client_await(&f, &c, 2));
	CU_ASSERT(weir_str_is(client_body(&c, 1), "hello"));
	client_close(&c);
	fixture_fini(&f);
	free(body);
}

static void test_body_in_pieces(void)
{
	echo_in_pieces(0, 1);
	echo_in_pieces(300, 1);
	echo_in_pieces(5000, 13);
	echo_in_pieces(100000, 4096);
}

/* Head and part of the body in one piece, the rest of the body and the next request in another. */
static void test_body_and_next_request(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
	fixture_turn(&f, -1, 100);
	fixture_turn(&f, -1, 0);
	client_say(&f, &c, "56789" GET("/hello"));
	while (!f.later)
		fixture_turn(&f, c.fd, 100);
	CU_ASSERT_STRING_EQUAL(f.body, "0123456789");
	fixture_respond(f.later, 202, "taken");
	f.later = NULL;
	CU_ASSERT(client_await(&f, &c, 2));
	CU_ASSERT_EQUAL(client_status(&c, 0), 202);
	CU_ASSERT(weir_str_is(client_body(&c, 1), "hello"));
	client_close(&c);
	fixture_fini(&f);
}

static void test_expect_continue(void)
{
	static const char head[] =
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, head), 100);
	client_say(&f, &c, "body");
	CU_ASSERT(client_await(&f, &c, 2));
	CU_ASSERT_EQUAL(client_status(&c, 1), 200);
	CU_ASSERT(weir_str_is(client_body(&c, 1), "body"));
	/* Nobody waits for it when the body comes at once. */
	client_close(&c);
	client_open(&f, &c);
	client_say(&f, &c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
	CU_ASSERT(client_await(&f, &c, 1));
	CU_ASSERT_EQUAL(client_status(&c, 0), 200);
	client_close(&c);
	/* Refused heads get their status instead. */
	CU_ASSERT_EQUAL(
		ask(&f, &c, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n"),
		413);
	client_close(&c);
	fixture_fini(&f);
}

/* An answer that fills the socket's buffers many times over arrives whole. */
static void test_big_answer(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, GET("/big") GET("/hello"));
	for (int i = 0; i < 20; i++)
		fixture_turn(&f, -1, 0);
	CU_ASSERT(client_await(&f, &c, 2));
	CU_ASSERT_EQUAL(client_body(&c, 0).n, FIXTURE_BIG_BYTES);
	CU_ASSERT(weir_str_eq(client_body(&c, 0), weir_str_n(f.big, FIXTURE_BIG_BYTES)));
	CU_ASSERT(weir_str_is(client_body(&c, 1), "hello"));
	client_close(&c);
	fixture_fini(&f);
}

/* A client that closes its sending half still gets the answers, the handler that works is told. */
static void test_half_closed(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, GET("/hello") GET("/later") GET("/hello"));
	shutdown(c.fd, SHUT_WR);
	while (f.gone == 0)
		fixture_turn(&f, -1, 100);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f.later);
	for (int i = 0; i < 10; i++)
		fixture_turn(&f, -1, 0);
	CU_ASSERT_EQUAL(f.gone, 1);
	fixture_respond(f.later, 200, "later");
	f.later = NULL;
	client_await_end(&f, &c);
	CU_ASSERT_EQUAL(client_responses(&c), 3);
	CU_ASSERT_FALSE(c.reset);
	client_close(&c);
	fixture_fini(&f);
}

static void test_stream(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, GET("/stream"));
	while (f.stream_fd < 0)
		fixture_turn(&f, c.fd, 100);
	fixture_turn(&f, -1, 0);
	CU_ASSERT_EQUAL(f.server.n_conns, 0);
	CU_ASSERT_EQUAL(f.server.n_objects, 0);
	CU_ASSERT_EQUAL(write(f.stream_fd, "raw", 3), 3);
	while (c.len < 3 && !c.closed)
		client_poll(&c);
	CU_ASSERT(weir_str_is(weir_str_n(c.in, c.len), "raw"));
	client_close(&c);
	fixture_fini(&f);
}

static void test_cors(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	CU_ASSERT_EQUAL(
		ask(&f, &c,
			"OPTIONS /cors HTTP/1.1\r\nHost: a\r\nOrigin: https://ok.com\r\n"
			"Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: x-a, x-b\r\n\r\n"),
		204);
	CU_ASSERT(client_has_line(&c, 0, "Access-Control-Allow-Origin: https://ok.com"));
	CU_ASSERT(client_has_line(&c, 0, "Access-Control-Allow-Credentials: true"));
	CU_ASSERT(client_has_line(&c, 0, "Access-Control-Allow-Methods: GET, OPTIONS"));
	CU_ASSERT(client_has_line(&c, 0, "Access-Control-Allow-Headers: x-a, x-b"));
	CU_ASSERT(client_has_line(&c, 0, "Access-Control-Max-Age: 300"));
	CU_ASSERT(client_has_line(&c, 0, "Vary: Origin"));
	CU_ASSERT_FALSE(client_has_field(&c, 0, "Content-Length"));
	client_close(&c);
	CU_ASSERT_EQUAL(ask(&f, &c, "OPTIONS /cors HTTP/1.1\r\nHost: a\r\nOrigin: https://evil\r\n\r\n"), 403);
	CU_ASSERT_FALSE(client_has_field(&c, 0, "Access-Control-Allow-Origin"));
	client_close(&c);
	fixture_fini(&f);
}

static void test_max_conns(void)
{
	struct fixture f;
	struct client a, b, c, d;

	fixture_init(&f);
	f.options.max_conns = 2;
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &a, GET("/hello")), 200);
	CU_ASSERT_EQUAL(ask(&f, &b, GET("/hello")), 200);
	/* The one that has been idle longest makes room. */
	CU_ASSERT_EQUAL(ask(&f, &c, GET("/hello")), 200);
	client_await_end(&f, &a);
	client_say(&f, &b, "GET /l");
	client_say(&f, &c, "GET /l");
	fixture_turn(&f, -1, 100);
	fixture_turn(&f, -1, 0);
	/* Nobody is idle: the new one is refused. */
	client_open(&f, &d);
	client_await_end(&f, &d);
	CU_ASSERT_EQUAL(d.len, 0);
	CU_ASSERT_EQUAL(f.server.counters.refused, 1);
	client_say(&f, &b, "ater HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!f.later)
		fixture_turn(&f, b.fd, 100);
	CU_ASSERT_EQUAL(f.server.n_conns, 2);
	client_close(&a);
	client_close(&b);
	client_close(&c);
	client_close(&d);
	fixture_fini(&f);
}

/* Draining: idle connections go, those at work close after their answer, new ones are refused. */
static void test_drain(void)
{
	struct fixture f;
	struct client idle, busy, fresh, late;

	fixture_init(&f);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &idle, GET("/hello")), 200);
	client_open(&f, &fresh);
	client_open(&f, &busy);
	client_say(&f, &busy, GET("/later"));
	while (!f.later)
		fixture_turn(&f, busy.fd, 100);
	weir_http_server_drain(&f.server);
	client_await_end(&f, &idle);
	client_await_end(&f, &fresh);
	client_open(&f, &late);
	client_await_end(&f, &late);
	CU_ASSERT_EQUAL(late.len, 0);
	fixture_respond(f.later, 200, "done");
	f.later = NULL;
	client_await_end(&f, &busy);
	CU_ASSERT_EQUAL(client_status(&busy, 0), 200);
	CU_ASSERT(client_has_line(&busy, 0, "Connection: close"));
	client_close(&idle);
	client_close(&busy);
	client_close(&fresh);
	client_close(&late);
	fixture_fini(&f);
}

/* The server ends while a handler works: it is told, and the end waits for its answer. */
static void test_close_with_pending(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, GET("/later"));
	while (!f.later)
		fixture_turn(&f, c.fd, 100);
	fixture_fini(&f);
	CU_ASSERT_EQUAL(f.gone, 1);
	client_close(&c);
}

CU_TestInfo weir_tests[] = {{"an answer", test_answer}, {"keep-alive", test_keep_alive}, {"HTTP/1.0", test_http_1_0},
	{"HEAD", test_head}, {"pipelining", test_pipelining},
	{"pipelining beyond the buffer", test_pipelining_beyond_the_buffer}, {"bodies in pieces", test_body_in_pieces},
	{"a body and the next request", test_body_and_next_request}, {"Expect: 100-continue", test_expect_continue},
	{"a big answer", test_big_answer}, {"half-closed", test_half_closed}, {"a stream", test_stream},
	{"CORS", test_cors}, {"max_conns", test_max_conns}, {"drain", test_drain},
	{"closed while a handler works", test_close_with_pending}, CU_TEST_INFO_NULL};
