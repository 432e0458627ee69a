/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams on real sockets: what they write and in how many calls, what they make of peers that leave, stop reading or
 * talk, how they end, and that nothing of them stays. The request of /later becomes the stream.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/socket.h>

#include "api_fixture.h"
#include "weir/server/stream.h"

const char weir_test_suite[] = "server/stream";

#define CONNECT       "{\"id\":1,\"connect\":{}}"
#define SUBSCRIBE     "{\"id\":2,\"subscribe\":{\"channel\":\"plain:a\"}}"
#define WRITE_MS      30000
#define END_MS        5000
#define PAYLOAD_BYTES (64u << 10)

struct fx {
	struct api_fixture api;
	struct weir_session_config config;
	struct weir_sessions sessions;
	struct weir_http_streams *streams;
	struct weir_http_stream *st; /* until it has ended */
	struct client client;
	unsigned gone, ended, refused, closed;
	unsigned shown; /* replies that the door was shown */
	bool take;      /* it takes them */
	char body[64 << 20];
};

static void on_gone(void *ctx)
{
	((struct fx *)ctx)->gone++;
}

static void on_closed(void *ctx)
{
	((struct fx *)ctx)->closed++;
}

static void on_ended(struct weir_http_stream *st)
{
	struct fx *f = weir_http_stream_ctx(st);

	f->ended++;
	f->st = NULL;
}

static void on_refused(struct weir_http_stream *st, unsigned code, struct weir_str reason)
{
	struct fx *f = weir_http_stream_ctx(st);

	CU_ASSERT(reason.n > 0);
	f->refused = code;
}

static bool on_reply(struct weir_http_stream *st, const struct weir_reply *r)
{
	struct fx *f = weir_http_stream_ctx(st);

	(void)r;
	f->shown++;
	return f->take;
}

static const struct weir_http_stream_door door = {
	.name = "test", .codec = &weir_codec_json_lines, .reply = on_reply, .refused = on_refused, .ended = on_ended};

static void turn(struct fx *f)
{
	fixture_turn(&f->api.http, f->client.fd, 1);
	weir_timers_run(&f->api.worker.timers, weir_mono_ms(&f->api.clock), 100);
}

static void settle(struct fx *f)
{
	for (int i = 0; i < 10; i++)
		turn(f);
}

#define UNTIL(f, condition)                                                            \
	do {                                                                           \
		uint64_t until = weir_mono_ms(&weir_clock_real) + FIXTURE_PATIENCE_MS; \
		while (!(condition) && weir_mono_ms(&weir_clock_real) < until)         \
			turn(f);                                                       \
		CU_ASSERT_FATAL(!!(condition));                                        \
	} while (0)

static struct fx *fx_new(void)
{
	struct fx *f = weir_xcalloc(1, sizeof(*f));

	api_fixture_init(&f->api);
	f->config = (struct weir_session_config){.version = WEIR_STR("weir test"),
		.namespaces = f->api.namespaces,
		.insecure = true,
		.channel_limit = 10,
		.channel_max_length = 100,
		.queue_max_bytes = 8u << 20,
		.message_max_bytes = 65536,
		.stale_close_delay_ms = 10000,
		.history_limit = 10,
		.recovery_limit = 10};
	weir_sessions_init(&f->sessions, &f->config, &f->api.worker, &f->api.random, NULL);
	CU_ASSERT_EQUAL_FATAL(
		weir_http_streams_new(&f->streams, &(struct weir_http_streams_options){.loop = &f->api.http.loop,
							   .sessions = &f->sessions,
							   .write_timeout_ms = WRITE_MS,
							   .gone = on_gone,
							   .ctx = f}),
		0);
	return f;
}

static void fx_free(struct fx *f)
{
	weir_http_streams_kill(f->streams);
	weir_http_streams_close(f->streams, on_closed, f);
	UNTIL(f, f->closed == 1);
	CU_ASSERT_EQUAL(f->sessions.objects, 0);
	CU_ASSERT_EQUAL(f->api.worker.queues.bytes, 0);
	weir_http_streams_free(&f->streams);
	CU_ASSERT_PTR_NULL(f->streams);
	weir_sessions_fini(&f->sessions);
	client_close(&f->client);
	api_fixture_fini(&f->api);
	free(f);
}

/* A request that waits for its stream, and the stream. */
static void ask_with(struct fx *f, const char *request)
{
	client_open(&f->api.http, &f->client);
	client_say(&f->api.http, &f->client, request);
	UNTIL(f, f->api.http.later != NULL);
	f->st = weir_http_stream_new(f->streams, &door, f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->st);
	CU_ASSERT_EQUAL(weir_http_streams_count(f->streams), 0);
}

static void ask_stream(struct fx *f)
{
	ask_with(f, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
}

static int start(struct fx *f, const char *lines, const char *first)
{
	struct weir_http_request *req = f->api.http.later;

	f->api.http.later = NULL;
	return weir_http_stream_start(f->st, req, weir_str(lines), weir_str(first));
}

static void input(struct fx *f, const char *message)
{
	weir_session_input(weir_http_stream_session(f->st), weir_str(message));
}

/* An open stream, subscribed to plain:a; what was said so far has been read. */
static void subscribed(struct fx *f)
{
	ask_stream(f);
	CU_ASSERT_EQUAL_FATAL(start(f, "", ""), 0);
	input(f, CONNECT "\n" SUBSCRIBE);
	UNTIL(f, (client_poll(&f->client), memmem(f->client.in, f->client.len, "\"subscribe\"", 11)));
	f->client.len = 0;
}

static void publish(struct fx *f, size_t bytes)
{
	char *body = weir_xmalloc(bytes + 100);
	size_t n = (size_t)sprintf(body, "{\"channel\":\"plain:a\",\"data\":\"");

	memset(body + n, 'x', bytes);
	strcpy(body + n + bytes, "\"}");
	CU_ASSERT_EQUAL(api_post(&f->api, "/api/publish", true, body), 200);
	free(body);
}

static bool polls_for(const struct fx *f, int events)
{
	/* The handle is the first member of a stream, and libuv shows what it is polled for only there. */
	const uv_poll_t *poll = (const void *)f->st;

	return (poll->io_watcher.pevents & 0x5u) == (unsigned)events; /* EPOLLIN and EPOLLOUT */
}

/*
 * Reads chunks off `from`, and joins their bytes in f->body. The number of chunks, or -1: not well-formed; *last: the
 * one that ends all was there.
 */
static int dechunk(struct fx *f, size_t from, size_t *len, bool *last)
{
	const char *at = f->client.in + from, *end = f->client.in + f->client.len;
	int n = 0;

	*len = 0;
	*last = false;
	while (at < end) {
		char *after;
		size_t size = strtoul(at, &after, 16);

		if (after == at || end - after < 4 || memcmp(after, "\r\n", 2) != 0 || (size_t)(end - after) < size + 4)
			return -1;
		memcpy(f->body + *len, after + 2, size);
		*len += size;
		if (memcmp(after + 2 + size, "\r\n", 2) != 0)
			return -1;
		at = after + size + 4;
		*last = size == 0;
		if (*last)
			return at == end ? n : -1;
		n++;
	}
	return n;
}

/* ---- writing ---- */

static void test_head_and_chunks(void)
{
	struct fx *f = fx_new();
	bool last;
	size_t len;

	ask_stream(f);
	CU_ASSERT_EQUAL_FATAL(start(f, "X-Line: 1\r\n", "\r\n"), 0);
	CU_ASSERT_EQUAL(weir_http_streams_count(f->streams), 1);
	UNTIL(f, (client_poll(&f->client), f->client.len > 0));
	CU_ASSERT(weir_str_eq(weir_str_n(f->client.in, f->client.len),
		WEIR_STR("HTTP/1.1 200 OK\r\nX-Line: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\r\n\r\n")));
	f->client.len = 0;
	input(f, CONNECT "\n" SUBSCRIBE);
	UNTIL(f, (client_poll(&f->client), memmem(f->client.in, f->client.len, "\"subscribe\"", 11)));
	CU_ASSERT(dechunk(f, 0, &len, &last) >= 1);
	CU_ASSERT_FALSE(last);
	CU_ASSERT_PTR_EQUAL(strstr(f->body, "{\"id\":1,\"connect\":{\"client\":"), f->body);
	CU_ASSERT_PTR_NOT_NULL(strstr(f->body, "}}\n{\"id\":2,\"subscribe\":{}}\n"));
	CU_ASSERT_EQUAL(f->shown, 2);
	fx_free(f);
}

static void test_http10(void)
{
	struct fx *f = fx_new();

	ask_with(f, "GET /later HTTP/1.0\r\n\r\n");
	CU_ASSERT_EQUAL_FATAL(start(f, "", "first\n"), 0);
	input(f, CONNECT);
	UNTIL(f, (client_poll(&f->client), memmem(f->client.in, f->client.len, "\"connect\"", 9)));
	CU_ASSERT_PTR_EQUAL(
		strstr(f->client.in, "HTTP/1.1 200 OK\r\n\r\nfirst\n{\"id\":1,\"connect\":{"), f->client.in);
	weir_session_disconnect(weir_http_stream_session(f->st), 3503, WEIR_STR("force disconnect"));
	UNTIL(f, (client_poll(&f->client), f->client.closed));
	CU_ASSERT_PTR_NULL(memmem(f->client.in, f->client.len, "0\r\n\r\n", 5));
	client_close(&f->client);
	UNTIL(f, f->ended);
	fx_free(f);
}

static void test_one_call_a_turn(void)
{
	struct fx *f = fx_new();
	uint64_t flushes;
	size_t len;
	bool last;

	subscribed(f);
	f->api.hold = true;
	for (int i = 0; i < 5; i++)
		api_send(&f->api, "/api/publish", true, "{\"channel\":\"plain:a\",\"data\":1}");
	settle(f);
	f->api.hold = false;
	flushes = f->api.worker.stats.flushes;
	UNTIL(f, (client_poll(&f->client), f->client.len > 0));
	CU_ASSERT_EQUAL(f->api.worker.stats.flushes, flushes + 1);
	CU_ASSERT_EQUAL(dechunk(f, 0, &len, &last), 1);
	CU_ASSERT_EQUAL(len, 5 * strlen("{\"push\":{\"channel\":\"plain:a\",\"pub\":{\"data\":1}}}\n"));
	CU_ASSERT(polls_for(f, 1));
	fx_free(f);
}

/* Much more than the kernel takes: nothing is lost, and it is polled for writing only meanwhile. */
static void test_slow_reader(void)
{
	struct fx *f = fx_new();
	unsigned sent = 0, got = 0;
	size_t len;
	bool last;

	subscribed(f);
	while (weir_session_queue(weir_http_stream_session(f->st))->count < 10 && sent < 1000) {
		publish(f, PAYLOAD_BYTES);
		sent++;
		CU_ASSERT(polls_for(f, weir_session_queue(weir_http_stream_session(f->st))->stuck_ms ? 5 : 1));
	}
	CU_ASSERT(polls_for(f, 5));
	UNTIL(f, (client_poll(&f->client), polls_for(f, 1)));
	settle(f);
	while (client_poll(&f->client)) {}
	CU_ASSERT(dechunk(f, 0, &len, &last) > 0);
	for (const char *p = f->body; (p = memchr(p, '\n', len - (size_t)(p - f->body))); p++)
		got++;
	CU_ASSERT_EQUAL(got, sent);
	CU_ASSERT_EQUAL(weir_session_queue(weir_http_stream_session(f->st))->bytes, 0);
	CU_ASSERT_EQUAL(weir_session_queue(weir_http_stream_session(f->st))->stuck_ms, 0);
	fx_free(f);
}

static void fill(struct fx *f)
{
	for (int i = 0; i < 1000 && weir_session_queue(weir_http_stream_session(f->st))->count < 2; i++)
		publish(f, PAYLOAD_BYTES);
	CU_ASSERT_FATAL(polls_for(f, 5));
}

static void test_write_timeout(void)
{
	struct fx *f = fx_new();

	subscribed(f);
	fill(f);
	f->api.ahead_ms += WRITE_MS - 1000;
	settle(f);
	CU_ASSERT_EQUAL(f->gone, 0);
	publish(f, 10); /* what comes later does not move the deadline */
	f->api.ahead_ms += 1000;
	UNTIL(f, f->ended == 1);
	CU_ASSERT_EQUAL(f->gone, 1);
	CU_ASSERT_EQUAL(f->sessions.objects, 0);
	fx_free(f);
}

/* ---- the peer leaves ---- */

static void expect_gone(struct fx *f)
{
	UNTIL(f, f->ended == 1);
	CU_ASSERT_EQUAL(f->gone, 1);
	CU_ASSERT_EQUAL(f->sessions.objects, 0);
	CU_ASSERT_EQUAL(f->api.worker.timers.count, 0);
	CU_ASSERT_EQUAL(weir_http_streams_count(f->streams), 0);
	fx_free(f);
}

static void test_close(void)
{
	struct fx *f = fx_new();

	subscribed(f);
	client_close(&f->client);
	expect_gone(f);
}

static void test_half_close(void)
{
	struct fx *f = fx_new();

	subscribed(f);
	shutdown(f->client.fd, SHUT_WR);
	expect_gone(f);
}

static void test_reset(void)
{
	struct linger now = {.l_onoff = 1};
	struct fx *f = fx_new();

	subscribed(f);
	setsockopt(f->client.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	client_close(&f->client);
	expect_gone(f);
}

static void test_half_close_while_stuck(void)
{
	struct fx *f = fx_new();

	subscribed(f);
	fill(f);
	shutdown(f->client.fd, SHUT_WR);
	expect_gone(f);
}

static void test_talks(void)
{
	struct fx *f = fx_new();
	char text[4096];

	memset(text, 'x', sizeof(text));
	subscribed(f);
	for (int i = 0; i < 16; i++) {
		CU_ASSERT_EQUAL(send(f->client.fd, text, sizeof(text), MSG_NOSIGNAL), (ssize_t)sizeof(text));
		settle(f);
	}
	CU_ASSERT_EQUAL(f->ended, 0);
	CU_ASSERT_EQUAL(send(f->client.fd, text, 1, MSG_NOSIGNAL), 1);
	expect_gone(f);
}

/* ---- the end ---- */

static void test_disconnect(void)
{
	struct fx *f = fx_new();
	size_t len;
	bool last;

	subscribed(f);
	weir_session_disconnect(weir_http_stream_session(f->st), 4001, WEIR_STR("a \"reason\""));
	UNTIL(f, (client_poll(&f->client), f->client.closed));
	CU_ASSERT_EQUAL(dechunk(f, 0, &len, &last), 1);
	CU_ASSERT(last);
	f->body[len] = '\0';
	CU_ASSERT_STRING_EQUAL(
		f->body, "{\"push\":{\"disconnect\":{\"code\":4001,\"reason\":\"a \\\"reason\\\"\"}}}\n");
	CU_ASSERT_EQUAL(f->ended, 0); /* it waits for the peer */
	CU_ASSERT(polls_for(f, 1));
	client_close(&f->client);
	expect_gone(f);
}

static void test_disconnect_behind_output(void)
{
	struct fx *f = fx_new();
	size_t len;
	bool last;

	subscribed(f);
	fill(f);
	weir_session_disconnect(weir_http_stream_session(f->st), 4001, WEIR_STR("later"));
	UNTIL(f, (client_poll(&f->client), f->client.closed));
	CU_ASSERT(dechunk(f, 0, &len, &last) > 1);
	CU_ASSERT(last);
	CU_ASSERT_PTR_NOT_NULL(memmem(f->body, len, "\"}}}\n{\"push\":{\"disconnect\":{\"code\":4001,", 40));
	client_close(&f->client);
	expect_gone(f);
}

static void test_peer_never_closes(void)
{
	struct fx *f = fx_new();

	subscribed(f);
	weir_session_disconnect(weir_http_stream_session(f->st), 3001, WEIR_STR("shutdown"));
	settle(f);
	f->api.ahead_ms += END_MS - 1000;
	settle(f);
	CU_ASSERT_EQUAL(f->ended, 0);
	f->api.ahead_ms += 1000;
	expect_gone(f);
}

static void test_end_is_never_taken(void)
{
	struct fx *f = fx_new();

	subscribed(f);
	fill(f);
	weir_session_disconnect(weir_http_stream_session(f->st), 3001, WEIR_STR("shutdown"));
	settle(f);
	CU_ASSERT_EQUAL(f->ended, 0);
	f->api.ahead_ms += END_MS;
	expect_gone(f);
}

static void test_kill(void)
{
	struct fx *f = fx_new();

	subscribed(f);
	weir_http_streams_kill(f->streams);
	CU_ASSERT_EQUAL(weir_http_streams_count(f->streams), 0);
	expect_gone(f);
}

/* ---- not started ---- */

static void answer_later(struct fx *f)
{
	weir_http_respond_error(f->api.http.later, 403, "no", WEIR_STR_NONE);
	f->api.http.later = NULL;
}

static void test_never_started(void)
{
	struct fx *f = fx_new();

	f->take = true;
	ask_stream(f);
	input(f, CONNECT);
	CU_ASSERT_EQUAL(f->shown, 1);
	weir_http_stream_drop(f->st);
	CU_ASSERT_EQUAL(f->ended, 0);
	answer_later(f);
	UNTIL(f, f->ended == 1);
	CU_ASSERT_EQUAL(f->gone, 0);
	CU_ASSERT_EQUAL(f->refused, 0);
	CU_ASSERT_EQUAL(f->sessions.objects, 0);
	fx_free(f);
}

static void test_refused(void)
{
	struct fx *f = fx_new();

	ask_stream(f);
	input(f, SUBSCRIBE);
	CU_ASSERT_EQUAL(f->refused, 3501);
	CU_ASSERT_EQUAL(f->ended, 0);
	weir_http_stream_drop(f->st);
	answer_later(f);
	UNTIL(f, f->ended == 1);
	CU_ASSERT_EQUAL(f->gone, 0);
	fx_free(f);
}

static void test_gone_before_start(void)
{
	struct fx *f = fx_new();
	struct linger now = {.l_onoff = 1};

	ask_stream(f);
	input(f, CONNECT);
	setsockopt(f->client.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	client_close(&f->client);
	UNTIL(f, f->api.http.gone == 1);
	CU_ASSERT_EQUAL(start(f, "", ""), -1);
	CU_ASSERT_EQUAL(f->ended, 0);
	UNTIL(f, f->ended == 1);
	CU_ASSERT_EQUAL(f->gone, 0);
	CU_ASSERT_EQUAL(f->sessions.objects, 0);
	fx_free(f);
}

/* What was pushed before the start comes after the head. */
static void test_started_late(void)
{
	struct fx *f = fx_new();
	size_t len;
	bool last;

	f->take = true;
	ask_stream(f);
	input(f, CONNECT "\n" SUBSCRIBE);
	UNTIL(f, f->shown == 2);
	publish(f, 10);
	settle(f);
	CU_ASSERT_FALSE(client_poll(&f->client));
	CU_ASSERT_EQUAL_FATAL(start(f, "", "first\n"), 0);
	UNTIL(f, (client_poll(&f->client), memmem(f->client.in, f->client.len, "xxxxxxxxxx", 10)));
	CU_ASSERT_EQUAL(dechunk(f, (size_t)(strstr(f->client.in, "\r\n\r\n") + 4 - f->client.in), &len, &last), 2);
	CU_ASSERT_PTR_EQUAL(strstr(f->body, "first\n{\"push\":{\"channel\":\"plain:a\",\"pub\":"), f->body);
	fx_free(f);
}

static void test_common_lines(void)
{
	struct weir_head head = {.minor = 1};
	struct weir_buf lines;

	weir_buf_init(&lines, 1000);
	weir_http_stream_head_lines(&lines, &head, "text/event-stream; charset=utf-8");
	CU_ASSERT(weir_str_is(weir_buf_view(&lines),
		"Content-Type: text/event-stream; charset=utf-8\r\n"
		"Cache-Control: private, no-cache, no-store, must-revalidate, max-age=0\r\n"
		"Pragma: no-cache\r\nExpire: 0\r\nX-Accel-Buffering: no\r\nConnection: keep-alive\r\n"));
	weir_buf_reset(&lines);
	head.minor = 0;
	weir_http_stream_head_lines(&lines, &head, NULL);
	CU_ASSERT(weir_str_starts(weir_buf_view(&lines), WEIR_STR("Cache-Control: ")));
	CU_ASSERT(weir_str_ends(weir_buf_view(&lines), WEIR_STR("\r\nConnection: close\r\n")));
	weir_buf_fini(&lines);
}

CU_TestInfo weir_tests[] = {
	{"head, first and replies as chunks", test_head_and_chunks},
	{"HTTP/1.0 gets no chunks", test_http10},
	{"five events of a turn are one call and one chunk", test_one_call_a_turn},
	{"a slow reader gets all, and is polled for writing only while stuck", test_slow_reader},
	{"a write that is stuck ends the stream", test_write_timeout},
	{"the peer closes", test_close},
	{"the peer closes its half", test_half_close},
	{"the peer resets", test_reset},
	{"the peer closes its half while output waits", test_half_close_while_stuck},
	{"a peer that talks is put up with for 64 KiB", test_talks},
	{"a disconnect says why and ends the body", test_disconnect},
	{"a disconnect comes behind what waits", test_disconnect_behind_output},
	{"a peer that never closes", test_peer_never_closes},
	{"a peer that never takes the end", test_end_is_never_taken},
	{"killed", test_kill},
	{"never started", test_never_started},
	{"refused", test_refused},
	{"gone before the start", test_gone_before_start},
	{"started late", test_started_late},
	{"common lines", test_common_lines},
	CU_TEST_INFO_NULL,
};
