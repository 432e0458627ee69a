/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slow, silent and vanishing clients: deadlines are absolute, whatever trickles in, and a handler hears of a lost
 * peer.
 */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include <poll.h>

#include "fixture.h"

const char weir_test_suite[] = "server/http_time";

#define SHORT_MS  50
#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/* Only the deadline under test is short: another one cannot be what ends the connection. */
static void init_patient(struct fixture *f)
{
	fixture_init(f);
	f->options.head_ms = f->options.body_ms = f->options.idle_ms = f->options.write_ms = f->options.linger_ms =
		3600000;
}

/* One byte per turn until the server has had enough. */
static void trickle(struct fixture *f, struct client *c)
{
	uint64_t until = weir_mono_ms(&weir_clock_real) + FIXTURE_PATIENCE_MS;

	while (client_responses(c) == 0 && !c->closed && weir_mono_ms(&weir_clock_real) < until) {
		client_send(f, c, "a", 1);
		fixture_turn(f, -1, 0);
		fixture_turn(f, c->fd, 2);
		client_poll(c);
	}
}

static void expect_timeout(struct fixture *f, struct client *c)
{
	trickle(f, c);
	shutdown(c->fd, SHUT_WR);
	client_await_end(f, c);
	CU_ASSERT_EQUAL(client_status(c, 0), 408);
	CU_ASSERT(client_has_line(c, 0, "Connection: close"));
	CU_ASSERT_EQUAL(client_responses(c), 1);
	CU_ASSERT_EQUAL(f->server.counters.timeouts, 1);
	client_close(c);
	fixture_fini(f);
}

static void test_slow_head(void)
{
	struct fixture f;
	struct client c;

	init_patient(&f);
	f.options.head_ms = SHORT_MS;
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, "GET / HTTP/1.1\r\nX: ");
	expect_timeout(&f, &c);
}

static void test_slow_body(void)
{
	struct fixture f;
	struct client c;

	init_patient(&f);
	f.options.body_ms = SHORT_MS;
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
	expect_timeout(&f, &c);
}

static void test_slow_second_head(void)
{
	struct fixture f;
	struct client c;

	init_patient(&f);
	f.options.head_ms = SHORT_MS;
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, GET("/hello")), 200);
	client_say(&f, &c, "GET /");
	CU_ASSERT(client_await(&f, &c, 2));
	CU_ASSERT_EQUAL(client_status(&c, 1), 408);
	shutdown(c.fd, SHUT_WR);
	client_await_end(&f, &c);
	client_close(&c);
	fixture_fini(&f);
}

/* Nothing was asked, so nothing is answered. */
static void test_silent(void)
{
	struct fixture f;
	struct client c;

	init_patient(&f);
	f.options.head_ms = SHORT_MS;
	fixture_start(&f);
	client_open(&f, &c);
	client_await_end(&f, &c);
	CU_ASSERT_EQUAL(c.len, 0);
	CU_ASSERT_FALSE(c.reset);
	client_close(&c);
	fixture_fini(&f);
}

static void test_idle(void)
{
	struct fixture f;
	struct client c;

	init_patient(&f);
	f.options.idle_ms = SHORT_MS;
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, GET("/hello")), 200);
	client_await_end(&f, &c);
	CU_ASSERT_EQUAL(client_responses(&c), 1);
	CU_ASSERT_FALSE(c.reset);
	client_close(&c);
	fixture_fini(&f);
}

/* The client does not read its answer. */
static void test_slow_reader(void)
{
	struct fixture f;
	struct client c;

	init_patient(&f);
	f.options.write_ms = SHORT_MS;
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, GET("/big"));
	while (f.server.counters.requests == 0 || f.server.n_conns > 0)
		fixture_turn(&f, -1, 100);
	CU_ASSERT_EQUAL(f.server.counters.timeouts, 1);
	client_await_end(&f, &c);
	CU_ASSERT(c.len < FIXTURE_BIG_BYTES);
	client_close(&c);
	fixture_fini(&f);
}

/* The client has its last answer, and neither closes nor stops sending. */
static void test_linger_ends(void)
{
	struct fixture f;
	struct client c;

	init_patient(&f);
	f.options.linger_ms = SHORT_MS;
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
	CU_ASSERT(client_await(&f, &c, 1));
	CU_ASSERT_EQUAL(client_status(&c, 0), 413);
	while (f.server.n_conns > 0) {
		client_send(&f, &c, "a", 1);
		fixture_turn(&f, -1, 2);
	}
	client_close(&c);
	fixture_fini(&f);
}

static void test_linger_is_bounded(void)
{
	struct fixture f;
	struct client c;
	char *bytes = calloc(1, 1 << 16);

	init_patient(&f);
	fixture_start(&f);
	client_open(&f, &c);
	client_say(&f, &c, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
	for (int i = 0; i < 1000 && (i == 0 || f.server.n_conns > 0); i++) {
		client_send(&f, &c, bytes, 1 << 16);
		fixture_turn(&f, -1, 0);
	}
	CU_ASSERT_EQUAL(f.server.n_conns, 0);
	client_close(&c);
	fixture_fini(&f);
	free(bytes);
}

static void start_later(struct fixture *f, struct client *c, const char *text)
{
	init_patient(f);
	fixture_start(f);
	client_open(f, c);
	client_say(f, c, text);
	while (!f->later)
		fixture_turn(f, c->fd, 100);
}

static void test_gone_while_handled(void)
{
	struct fixture f;
	struct client c;

	start_later(&f, &c, GET("/later"));
	CU_ASSERT_EQUAL(f.gone, 0);
	client_close(&c);
	while (f.gone == 0)
		fixture_turn(&f, -1, 100);
	fixture_respond(f.later, 200, "too late");
	f.later = NULL;
	while (f.server.n_objects > 0)
		fixture_turn(&f, -1, 100);
	CU_ASSERT_EQUAL(f.gone, 1);
	CU_ASSERT_EQUAL(f.server.counters.gone, 1);
	fixture_fini(&f);
}

static void test_reset_while_handled(void)
{
	const struct linger abort_it = {1, 0};
	struct fixture f;
	struct client c;

	start_later(&f, &c, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
	setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
	client_close(&c);
	while (f.gone == 0)
		fixture_turn(&f, -1, 100);
	/* The socket is gone, the request is not: its memory is the handler's until it has answered. */
	for (int i = 0; i < 5; i++)
		fixture_turn(&f, -1, 0);
	CU_ASSERT_EQUAL(f.server.n_conns, 0);
	CU_ASSERT_EQUAL(f.server.n_objects, 1);
	CU_ASSERT(weir_str_is(f.later->body, "abc"));
	fixture_respond(f.later, 200, "too late");
	f.later = NULL;
	CU_ASSERT_EQUAL(f.server.n_objects, 0);
	fixture_fini(&f);
}

static void test_detach_after_reset(void)
{
	const struct linger abort_it = {1, 0};
	struct fixture f;
	struct client c;

	start_later(&f, &c, GET("/later"));
	setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
	client_close(&c);
	while (f.gone == 0)
		fixture_turn(&f, -1, 100);
	CU_ASSERT_EQUAL(weir_http_detach(f.later), -1);
	f.later = NULL;
	while (f.server.n_objects > 0)
		fixture_turn(&f, -1, 100);
	fixture_fini(&f);
}

/* It sent more than is held for later, then went: that is noticed too. */
static void test_gone_with_full_buffer(void)
{
	struct fixture f;
	struct client c;
	char *ahead = malloc(100000);

	memset(ahead, 'a', 100000);
	start_later(&f, &c, GET("/later"));
	client_send(&f, &c, ahead, 100000);
	for (int i = 0; i < 20; i++)
		fixture_turn(&f, -1, 0);
	CU_ASSERT_EQUAL(f.gone, 0);
	client_close(&c);
	while (f.gone == 0)
		fixture_turn(&f, -1, 100);
	fixture_respond(f.later, 200, "too late");
	f.later = NULL;
	while (f.server.n_objects > 0)
		fixture_turn(&f, -1, 100);
	CU_ASSERT_EQUAL(f.gone, 1);
	fixture_fini(&f);
	free(ahead);
}

/* While a peer that is half gone is waited for, the loop rests. */
static void test_no_spin(void)
{
	struct pollfd backend = {.events = POLLIN};
	struct fixture f;
	struct client c;

	start_later(&f, &c, GET("/later") "GET /");
	shutdown(c.fd, SHUT_WR);
	while (f.gone == 0)
		fixture_turn(&f, -1, 100);
	for (int i = 0; i < 3; i++)
		fixture_turn(&f, -1, 0);
	backend.fd = uv_backend_fd(&f.loop.uv);
	CU_ASSERT_EQUAL(poll(&backend, 1, 0), 0);
	CU_ASSERT_EQUAL(f.gone, 1);
	client_close(&c);
	fixture_fini(&f);
}

static void test_vanishing_everywhere(void)
{
	static const char *const texts[] = {"", "GET", "GET / HTTP/1.1\r\nHost", GET("/hello") "GE",
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc", GET("/big"), "\r\n",
		"POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nabc"};
	const struct linger abort_it = {1, 0};
	struct fixture f;

	init_patient(&f);
	fixture_start(&f);
	for (size_t i = 0; i < 2 * WEIR_ARRAY_LEN(texts); i++) {
		struct client c;

		client_open(&f, &c);
		client_say(&f, &c, texts[i / 2]);
		fixture_turn(&f, -1, 10);
		fixture_turn(&f, -1, 0);
		if (i % 2)
			setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
		client_close(&c);
		for (int turns = 0; turns < 100 && (f.server.n_objects > 0 || f.server.counters.accepted <= i); turns++)
			fixture_turn(&f, -1, 10);
		CU_ASSERT_EQUAL(f.server.n_objects, 0);
	}
	fixture_fini(&f);
}

CU_TestInfo weir_tests[] = {{"slow head", test_slow_head}, {"slow body", test_slow_body},
	{"slow second head", test_slow_second_head}, {"silent", test_silent}, {"idle", test_idle},
	{"slow reader", test_slow_reader}, {"lingering ends", test_linger_ends},
	{"lingering is bounded", test_linger_is_bounded}, {"gone while handled", test_gone_while_handled},
	{"reset while handled", test_reset_while_handled}, {"detach after a reset", test_detach_after_reset},
	{"gone with a full buffer", test_gone_with_full_buffer}, {"no spin", test_no_spin},
	{"vanishing everywhere", test_vanishing_everywhere}, CU_TEST_INFO_NULL};
