/* SPDX-License-Identifier: Apache-2.0 */
/* The WebSocket handshake: every check, their order, and how the descriptor is handed over. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "fixture.h"

const char weir_test_suite[] = "server/http_upgrade";

#define GET_WS     "GET /ws HTTP/1.1\r\nHost: a\r\n"
#define WS_UPGRADE "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
#define WS_VERSION "Sec-WebSocket-Version: 13\r\n"
#define WS_KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define GOOD       GET_WS WS_UPGRADE WS_VERSION WS_KEY

static const struct {
	int status;
	const char *text;
} refused[] = {
	/* method and version of HTTP */
	{400, "POST /ws HTTP/1.1\r\nHost: a\r\n" WS_UPGRADE WS_VERSION WS_KEY "\r\n"},
	{400, "POST /ws HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n" WS_UPGRADE WS_VERSION WS_KEY "\r\na"},
	{400, "PUT /ws HTTP/1.1\r\nHost: a\r\n" WS_UPGRADE WS_VERSION WS_KEY "\r\n"},
	{400, "FOO /ws HTTP/1.1\r\nHost: a\r\n" WS_UPGRADE WS_VERSION WS_KEY "\r\n"},
	{400, "GET /ws HTTP/1.0\r\nHost: a\r\n" WS_UPGRADE WS_VERSION WS_KEY "\r\n"},
	/* Upgrade */
	{426, GET_WS "\r\n"},
	{426, GET_WS "Connection: Upgrade\r\n" WS_VERSION WS_KEY "\r\n"},
	{400, GET_WS "Upgrade: websocket\r\n" WS_VERSION WS_KEY "\r\n"},
	{400, GET_WS "Connection: Upgrade\r\nUpgrade: h2c\r\n" WS_VERSION WS_KEY "\r\n"},
	{400, GET_WS "Connection: Upgrade\r\nUpgrade: foo\r\n" WS_VERSION WS_KEY "\r\n"},
	{400, GET_WS "Connection: Upgrade\r\nUpgrade: websocket, foo\r\n" WS_VERSION WS_KEY "\r\n"},
	{400, GET_WS "Connection: Upgrade\r\nUpgrade: websocket/13\r\n" WS_VERSION WS_KEY "\r\n"},
	{400, GET_WS WS_UPGRADE "Upgrade: websocket\r\n" WS_VERSION WS_KEY "\r\n"},
	{400, GOOD "Content-Length: 3\r\n\r\nabc"},
	/* Sec-WebSocket-Version */
	{426, GET_WS WS_UPGRADE WS_KEY "\r\n"},
	{426, GET_WS WS_UPGRADE "Sec-WebSocket-Version: 8\r\n" WS_KEY "\r\n"},
	{426, GET_WS WS_UPGRADE "Sec-WebSocket-Version: 013\r\n" WS_KEY "\r\n"},
	{426, GET_WS WS_UPGRADE "Sec-WebSocket-Version: 13, 8\r\n" WS_KEY "\r\n"},
	{426, GET_WS WS_UPGRADE "Sec-WebSocket-Version:\r\n" WS_KEY "\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION WS_VERSION WS_KEY "\r\n"},
	/* Sec-WebSocket-Key */
	{400, GET_WS WS_UPGRADE WS_VERSION "\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION WS_KEY WS_KEY "\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION "Sec-WebSocket-Key: a\r\n\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION "Sec-WebSocket-Key:\r\n\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWE=\r\n\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION "Sec-WebSocket-Key: dGhl!HNhbXBsZSBub25jZQ==\r\n\r\n"},
	/* subprotocols */
	{400, GOOD "Sec-WebSocket-Protocol: centrifuge-protobuf\r\n\r\n"},
	{400, GOOD "Sec-WebSocket-Protocol: a, b\r\n\r\n"},
	{400, GOOD "Sec-WebSocket-Protocol: Centrifuge-JSON\r\n\r\n"},
	{400, GOOD "Sec-WebSocket-Protocol: centrifuge-json\r\nSec-WebSocket-Protocol: a\r\n\r\n"},
	/* Origin */
	{403, GOOD "Origin: https://evil.com\r\n\r\n"},
	{403, GOOD "Origin: null\r\n\r\n"},
	{403, GOOD "Origin: https://ok.com.evil\r\n\r\n"},
	{403, GOOD "Origin: https://evilok.com\r\n\r\n"},
	{403, GOOD "Origin: http://ok.com\r\n\r\n"},
	{403, GOOD "Origin: https://ok.com:8443\r\n\r\n"},
	{403, GOOD "Origin:\r\n\r\n"},
	{403, GOOD "Origin: https://ok.com\r\nOrigin: https://ok.com\r\n\r\n"},
	/* the order of the checks */
	{400, "POST /ws HTTP/1.1\r\nHost: a\r\n" WS_UPGRADE "Origin: https://evil.com\r\n\r\n"},
	{426, GET_WS WS_UPGRADE "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: a\r\nOrigin: https://evil.com\r\n\r\n"},
	{400, GET_WS WS_UPGRADE WS_VERSION "Sec-WebSocket-Key: a\r\nOrigin: https://evil.com\r\n\r\n"},
	{400, GOOD "Sec-WebSocket-Protocol: a\r\nOrigin: https://evil.com\r\n\r\n"},
};

static void test_refused(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_start(&f);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(refused); i++)
		expect_refused(&f, refused[i].text, strlen(refused[i].text), refused[i].status);
	CU_ASSERT_EQUAL(f.upgraded_fd, -1);
	CU_ASSERT_EQUAL(f.server.counters.upgrades, 0);
	fixture_fini(&f);
}

static void test_refusal_fields(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, GET_WS "\r\n"), 426);
	CU_ASSERT(client_has_line(&c, 0, "Upgrade: websocket"));
	client_close(&c);
	CU_ASSERT_EQUAL(ask(&f, &c, GET_WS WS_UPGRADE WS_KEY "Sec-WebSocket-Version: 8\r\n\r\n"), 426);
	CU_ASSERT(client_has_line(&c, 0, "Sec-WebSocket-Version: 13"));
	client_close(&c);
	f.admit_status = 503;
	CU_ASSERT_EQUAL(ask(&f, &c, GOOD "\r\n"), 503);
	CU_ASSERT(client_has_line(&c, 0, "Retry-After: 7"));
	client_close(&c);
	f.admit_status = 429;
	CU_ASSERT_EQUAL(ask(&f, &c, GOOD "\r\n"), 429);
	client_close(&c);
	/* The limits are asked last: what is refused anyway costs nothing of them. */
	CU_ASSERT_EQUAL(ask(&f, &c, GOOD "Origin: https://evil.com\r\n\r\n"), 403);
	client_close(&c);
	/* No connection is kept while descriptors run short; plain requests are answered. */
	f.admit_status = 0;
	f.scarce = true;
	CU_ASSERT_EQUAL(ask(&f, &c, GOOD "\r\n"), 503);
	CU_ASSERT(client_has_field(&c, 0, "Retry-After"));
	client_close(&c);
	CU_ASSERT_EQUAL(ask(&f, &c, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
	client_await_end(&f, &c);
	client_close(&c);
	CU_ASSERT_EQUAL(f.upgraded_fd, -1);
	fixture_fini(&f);
}

static void upgrade(struct fixture *f, struct client *c, const char *text, const char *subprotocol)
{
	f->upgraded_fd = -1;
	client_open(f, c);
	client_say(f, c, text);
	for (int i = 0; i < 1000 && f->upgraded_fd < 0 && !c->closed; i++) {
		fixture_turn(f, c->fd, 10);
		client_poll(c);
	}
	CU_ASSERT_NOT_EQUAL(f->upgraded_fd, -1);
	CU_ASSERT_STRING_EQUAL(f->subprotocol, subprotocol);
}

static void test_handed_over(void)
{
	static const char request[] = GOOD "Cookie: a=b\r\n\r\n\x81\x80....";
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	upgrade(&f, &c, request, "(none)");
	CU_ASSERT_STRING_EQUAL(f.upgrade_bytes, request);
	CU_ASSERT_STRING_EQUAL(f.peer, "127.0.0.1");
	CU_ASSERT_EQUAL(c.len, 0);
	for (int i = 0; i < 3; i++)
		fixture_turn(&f, -1, 0);
	CU_ASSERT_EQUAL(f.server.n_conns, 0);
	CU_ASSERT_EQUAL(f.server.n_objects, 0);
	CU_ASSERT_EQUAL(f.server.counters.upgrades, 1);
	/* The descriptor is whole: not blocking, known to no loop any more, and it carries bytes both ways. */
	CU_ASSERT(fcntl(f.upgraded_fd, F_GETFL) & O_NONBLOCK);
	CU_ASSERT_EQUAL(write(f.upgraded_fd, "there", 5), 5);
	while (c.len < 5 && client_poll(&c)) {}
	CU_ASSERT(weir_str_is(weir_str_n(c.in, c.len), "there"));
	client_say(&f, &c, "back");
	for (int i = 0; i < 3; i++)
		fixture_turn(&f, -1, 0);
	CU_ASSERT_EQUAL(read(f.upgraded_fd, f.body, 4), 4);
	client_close(&c);
	fixture_fini(&f);
}

/* It can be polled on the same loop at once, as its new owner will. */
static void test_polled_again(void)
{
	struct fixture f;
	struct client c;
	uv_poll_t poll;

	fixture_init(&f);
	fixture_start(&f);
	upgrade(&f, &c, GOOD "\r\n", "(none)");
	CU_ASSERT_EQUAL_FATAL(uv_poll_init(&f.loop.uv, &poll, f.upgraded_fd), 0);
	uv_close((uv_handle_t *)&poll, NULL);
	fixture_turn(&f, -1, 0);
	client_close(&c);
	fixture_fini(&f);
}

static void test_subprotocols(void)
{
	static const struct {
		const char *line, *chosen;
	} cases[] = {
		{"Sec-WebSocket-Protocol:\r\n", "(none)"},
		{"Sec-WebSocket-Protocol:  ,\r\n", "(none)"},
		{"Sec-WebSocket-Protocol: centrifuge-json\r\n", "centrifuge-json"},
		{"Sec-WebSocket-Protocol: centrifuge-protobuf, weir-msgpack, centrifuge-json\r\n", "weir-msgpack"},
		{"Sec-WebSocket-Protocol: a,centrifuge-json\r\n", "centrifuge-json"},
		{"Origin: https://ok.com\r\n", "(none)"},
		{"Origin: HTTPS://App.OK.com\r\nSec-WebSocket-Extensions: permessage-deflate\r\n", "(none)"},
	};
	struct fixture f;

	fixture_init(&f);
	fixture_start(&f);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		char text[1024];
		struct client c;

		snprintf(text, sizeof(text), GOOD "%s\r\n", cases[i].line);
		upgrade(&f, &c, text, cases[i].chosen);
		close(f.upgraded_fd);
		f.upgraded_fd = -1;
		client_close(&c);
	}
	fixture_fini(&f);
}

/* As the second request of a connection: only its own bytes are handed over. */
static void test_after_a_request(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" GOOD "\r\nframe");
	while (f.upgraded_fd < 0)
		fixture_turn(&f, c.fd, 100);
	CU_ASSERT_STRING_EQUAL(f.upgrade_bytes, GOOD "\r\nframe");
	CU_ASSERT(client_await(&f, &c, 1));
	CU_ASSERT_EQUAL(client_status(&c, 0), 200);
	client_close(&c);
	fixture_fini(&f);
}

CU_TestInfo weir_tests[] = {{"refused", test_refused}, {"what refusals carry", test_refusal_fields},
	{"handed over", test_handed_over}, {"polled again", test_polled_again}, {"subprotocols", test_subprotocols},
	{"after a request", test_after_a_request}, CU_TEST_INFO_NULL};
