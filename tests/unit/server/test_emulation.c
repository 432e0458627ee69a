/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doors of emulated transports with a hub behind them: what their requests are answered when there is no room, no
 * such broker, no engine or no memory of the asker, and that what is accepted reaches the session.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "api_fixture.h"
#include "emulation_priv.h"
#include "weir/core/secret.h"

const char weir_test_suite[] = "server/emulation";

#define MESSAGE_MAX 1000
#define BACKLOG_MAX (2 * MESSAGE_MAX + 1024)
#define BODY_MAX    4096
#define NODE        "u1" /* as api_fixture.c has it */

struct fx {
	struct api_fixture api;
	struct weir_session_config config;
	struct weir_sessions sessions;
	struct weir_http_streams *streams;
	struct weir_emulation emulation;
	struct client stream; /* reads a stream; requests go over api.client */
	char session[WEIR_SECRET_LEN + 1];
	int admitted, refuse_with;
	unsigned closed;
};

static int on_admit(void *ctx, struct weir_http_request *req, unsigned *retry_after_s)
{
	struct fx *f = ctx;

	(void)req;
	*retry_after_s = 7;
	if (!f->refuse_with)
		f->admitted++;
	return f->refuse_with;
}

static void on_release(void *ctx)
{
	((struct fx *)ctx)->admitted--;
}

static void on_control(void *ctx, const struct weir_control *c)
{
	weir_sessions_control(&WEIR_CONTAINER_OF(ctx, struct fx, api)->sessions, c);
}

static void on_streams_closed(void *ctx)
{
	((struct fx *)ctx)->closed++;
}

static void on_emulation_closed(struct weir_emulation *em)
{
	WEIR_CONTAINER_OF(em, struct fx, emulation)->closed++;
}

#define UNTIL(f, condition)                                                            \
	do {                                                                           \
		uint64_t until = weir_mono_ms(&weir_clock_real) + FIXTURE_PATIENCE_MS; \
		while (!(condition) && weir_mono_ms(&weir_clock_real) < until)         \
			fixture_turn(&(f)->api.http, -1, 1);                           \
		CU_ASSERT_FATAL(!!(condition));                                        \
	} while (0)

static struct fx *fx_new(void)
{
	struct fx *f = weir_xcalloc(1, sizeof(*f));

	api_fixture_init(&f->api);
	f->api.worker.o.on_control = on_control;
	f->config = (struct weir_session_config){.version = WEIR_STR("weir test"),
		.node = WEIR_STR(NODE),
		.namespaces = f->api.namespaces,
		.insecure = true,
		.channel_limit = 10,
		.channel_max_length = 100,
		.queue_max_bytes = 1u << 20,
		.message_max_bytes = MESSAGE_MAX,
		.stale_close_delay_ms = 10000};
	weir_sessions_init(&f->sessions, &f->config, &f->api.worker, &f->api.random, NULL);
	CU_ASSERT_EQUAL_FATAL(
		weir_http_streams_new(&f->streams, &(struct weir_http_streams_options){.loop = &f->api.http.loop,
							   .sessions = &f->sessions,
							   .write_timeout_ms = 30000,
							   .gone = on_release,
							   .ctx = f}),
		0);
	weir_emulation_init(&f->emulation, &(struct weir_emulation_options){.http_stream = true,
						   .sse = true,
						   .http_stream_body = BODY_MAX,
						   .sse_body = BODY_MAX,
						   .body = BODY_MAX,
						   .origins = &f->api.http.origins,
						   .sessions = &f->sessions,
						   .streams = f->streams,
						   .admit = on_admit,
						   .release = on_release,
						   .ctx = f});
	weir_emulation_routes(&f->emulation, &f->api.http.router);
	f->stream.fd = -1;
	return f;
}

static void fx_free(struct fx *f)
{
	f->api.hold = false;
	weir_http_streams_kill(f->streams);
	weir_http_streams_close(f->streams, on_streams_closed, f);
	UNTIL(f, f->closed == 1);
	weir_emulation_close(&f->emulation, on_emulation_closed);
	UNTIL(f, f->closed == 2);
	CU_ASSERT_EQUAL(f->emulation.bytes, 0);
	CU_ASSERT_EQUAL(f->admitted, 0);
	weir_http_streams_free(&f->streams);
	weir_sessions_fini(&f->sessions);
	client_close(&f->stream);
	api_fixture_fini(&f->api);
	free(f);
}

static bool streamed(struct fx *f, const char *text)
{
	client_poll(&f->stream);
	return memmem(f->stream.in, f->stream.len, text, strlen(text)) != NULL;
}

static void open_stream(struct fx *f)
{
	const char *at;

	client_open(&f->api.http, &f->stream);
	client_say(&f->api.http, &f->stream,
		"POST /connection/http_stream HTTP/1.1\r\nHost: a\r\nContent-Length: "
		"21\r\n\r\n{\"id\":1,\"connect\":{}}");
	UNTIL(f, streamed(f, "\"node\":\"" NODE "\""));
	f->stream.in[f->stream.len] = '\0';
	at = strstr(f->stream.in, "\"session\":\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	memcpy(f->session, at + 11, WEIR_SECRET_LEN);
}

/* A request to /emulation with these commands, given as inside of a JSON string. */
static void send_input(struct fx *f, const char *node, const char *data)
{
	char body[BODY_MAX + 200];

	snprintf(body, sizeof(body), "{\"session\":\"%s\",\"node\":\"%s\",\"data\":\"%s\"}", f->session, node, data);
	api_send(&f->api, "/emulation", false, body);
}

static int say(struct fx *f, const char *node, const char *data)
{
	send_input(f, node, data);
	return api_await(&f->api);
}

static void test_accepted(void)
{
	struct fx *f = fx_new();

	open_stream(f);
	CU_ASSERT_EQUAL(say(f, NODE, "{\\\"id\\\":2,\\\"rpc\\\":{}}\\n{\\\"id\\\":3,\\\"rpc\\\":{}}"), 204);
	UNTIL(f, streamed(f, "{\"id\":2,\"error\":{\"code\":108"));
	UNTIL(f, streamed(f, "{\"id\":3,\"error\":{\"code\":108"));
	CU_ASSERT_EQUAL(f->admitted, 1);
	/* Nobody's, but well-formed; and no secret at all. */
	f->session[10] = f->session[10] == '0' ? '1' : '0';
	CU_ASSERT_EQUAL(say(f, NODE, "nonsense"), 204);
	strcpy(f->session, "x");
	CU_ASSERT_EQUAL(say(f, NODE, "nonsense"), 204);
	CU_ASSERT_EQUAL(f->sessions.count, 1);
	fx_free(f);
}

static void test_statuses(void)
{
	static const struct {
		int status, answer;
	} cases[] = {{WEIR_EUNAVAILABLE, 503}, {WEIR_EUNKNOWN, 503}, {WEIR_ENOTFOUND, 404}, {-ENOMEM, 500}};
	struct fx *f = fx_new();

	open_stream(f);
	CU_ASSERT_EQUAL(say(f, "another", "{}"), 404);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		f->api.status = cases[i].status;
		CU_ASSERT_EQUAL(say(f, NODE, "{}"), cases[i].answer);
		CU_ASSERT_EQUAL(
			client_has_field(&f->api.client, f->api.n_answers - 1, "Retry-After"), cases[i].answer == 503);
		CU_ASSERT_PTR_EQUAL(strstr(f->api.answer, "{\"error\":{\"code\":1"), f->api.answer);
	}
	f->api.status = 0;
	fx_free(f);
}

static void test_no_room(void)
{
	struct fx *f = fx_new();

	open_stream(f);
	f->api.room = 0;
	CU_ASSERT_EQUAL(say(f, NODE, "{}"), 503);
	CU_ASSERT(client_has_line(&f->api.client, f->api.n_answers - 1, "Retry-After: 1"));
	CU_ASSERT_EQUAL(f->emulation.calls, 0);
	CU_ASSERT_EQUAL(f->emulation.bytes, 0);
	api_room(&f->api, SIZE_MAX);
	CU_ASSERT_EQUAL(say(f, NODE, "{\\\"id\\\":2,\\\"rpc\\\":{}}"), 204);
	fx_free(f);
}

/* The session's commands wait for room at the hub: it takes as much as its backlog holds. */
static void test_session_is_full(void)
{
	static const char subscribe[] =
		"{\\\"id\\\":2,\\\"subscribe\\\":{\\\"channel\\\":\\\"plain:a\\\",\\\"x\\\":\\\"%0*d\\\"}}";
	struct fx *f = fx_new();
	struct weir_control more = {.op = WEIR_CONTROL_INPUT};
	char data[MESSAGE_MAX + 100], bytes[BACKLOG_MAX] = {'{'};

	open_stream(f);
	snprintf(data, sizeof(data), subscribe, MESSAGE_MAX - 100, 0);
	for (int i = 0; i < 3; i++) {
		f->api.room = 1; /* for the request itself */
		CU_ASSERT_EQUAL(say(f, NODE, data), 204);
	}
	f->api.room = 1;
	CU_ASSERT_EQUAL(say(f, NODE, data), 503);
	CU_ASSERT_EQUAL(f->api.room, 1); /* it was not even asked */
	CU_ASSERT_EQUAL(f->sessions.count, 1);
	/* What came from elsewhere can only be refused by an end, from which the client comes back. */
	more.session = weir_str_n(f->session, WEIR_SECRET_LEN);
	more.data = weir_str_n(bytes, sizeof(bytes));
	weir_sessions_control(&f->sessions, &more);
	CU_ASSERT_EQUAL(f->sessions.count, 0);
	UNTIL(f, streamed(f, "{\"push\":{\"disconnect\":{\"code\":3013,\"reason\":\"too many requests\"}}}"));
	api_room(&f->api, SIZE_MAX);
	fx_free(f);
}

/* Requests wait for the hub with at most so many bytes; who has left meanwhile is no trouble, nor is the end. */
static void test_slow_hub(void)
{
	struct fx *f = fx_new();

	open_stream(f);
	f->api.hold = true;
	send_input(f, NODE, "{}");
	UNTIL(f, f->emulation.calls == 1);
	CU_ASSERT_EQUAL(f->emulation.bytes, 2);
	weir_emulation_close(&f->emulation, on_emulation_closed);
	CU_ASSERT_EQUAL(f->closed, 0);
	client_close(&f->api.client);
	UNTIL(f, f->api.http.server.counters.gone == 1);
	f->api.hold = false;
	UNTIL(f, f->closed == 1);
	CU_ASSERT_EQUAL(f->emulation.calls, 0);
	f->closed = 0;
	client_open(&f->api.http, &f->api.client);
	f->api.n_answers = 0;
	f->emulation.bytes = 8u << 20;
	CU_ASSERT_EQUAL(say(f, NODE, "{}"), 503);
	f->emulation.bytes = 0;
	fx_free(f);
}

static void test_not_admitted(void)
{
	struct fx *f = fx_new();

	f->refuse_with = 503;
	client_open(&f->api.http, &f->stream);
	client_say(&f->api.http, &f->stream,
		"GET /connection/sse?cf_connect=%7B%7D HTTP/1.1\r\nHost: a\r\nOrigin: https://ok.com\r\n\r\n");
	CU_ASSERT(client_await(&f->api.http, &f->stream, 1));
	CU_ASSERT_EQUAL(client_status(&f->stream, 0), 503);
	CU_ASSERT(client_has_line(&f->stream, 0, "Retry-After: 7"));
	CU_ASSERT(client_has_line(&f->stream, 0, "Access-Control-Allow-Origin: https://ok.com"));
	CU_ASSERT_EQUAL(f->sessions.objects, 0);
	fx_free(f);
}

static void test_parse(void)
{
	static const char *const bad[] = {"", "1", "[]", "{}", "{\"session\":\"a\",\"node\":\"b\"}",
		"{\"session\":\"a\",\"node\":\"\",\"data\":\"\"}", "{\"session\":\"\",\"node\":\"b\",\"data\":\"\"}",
		"{\"session\":\"a\",\"node\":\"b\",\"data\":{}}", "{\"session\":\"a\",\"node\":\"b\",\"data\":null}",
		"{\"session\":\"a\",\"node\":\"b\",\"node\":\"b\",\"data\":\"\"}",
		"{\"session\":\"a\",\"node\":\"b\",\"data\":\"\"} 1"};
	struct weir__emulation_input in;
	struct weir_buf text;

	weir_buf_init(&text, 1000);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(weir_buf_reserve(&text, 500));
		CU_ASSERT_PTR_NOT_NULL(weir__emulation_parse(weir_str(bad[i]), &text, &in));
		weir_buf_reset(&text);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(weir_buf_reserve(&text, 500));
	CU_ASSERT_PTR_NULL(weir__emulation_parse(
		WEIR_STR(" {\"x\":[1],\"session\":\"\\u0061\",\"node\":\"b\",\"data\":\"{}\\n{\\\"id\\\":1}\"}"), &text,
		&in));
	CU_ASSERT(weir_str_is(in.session, "a"));
	CU_ASSERT(weir_str_is(in.node, "b"));
	CU_ASSERT(weir_str_is(in.data, "{}\n{\"id\":1}"));
	weir_buf_fini(&text);
}

CU_TestInfo weir_tests[] = {
	{"what is accepted reaches the session, or nobody", test_accepted},
	{"what the hub answers is the request's answer", test_statuses},
	{"no room at the hub", test_no_room},
	{"a session that has fallen behind", test_session_is_full},
	{"a hub that answers late", test_slow_hub},
	{"not admitted", test_not_admitted},
	{"bodies", test_parse},
	CU_TEST_INFO_NULL,
};
