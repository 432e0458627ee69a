/* SPDX-License-Identifier: Apache-2.0 */
/* The server of the tests and its handlers. See fixture.h. */
#include "config.h"

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <poll.h>

static const char *const fixture_subprotocols[] = {"centrifuge-json", "weir-msgpack", NULL};

static void copy_text(char *to, size_t size, struct weir_str from)
{
	size_t n = from.n < size - 1 ? from.n : size - 1;

	memcpy(to, from.p ? from.p : "", n);
	to[n] = '\0';
}

static void on_hello(void *ctx, struct weir_http_request *req)
{
	struct fixture *f = ctx;

	f->handled++;
	copy_text(f->peer, sizeof(f->peer), weir_str(req->peer));
	weir_http_respond(req, 200, "text/plain", WEIR_STR("X-Test: 1\r\n"), WEIR_STR("hello"));
}

static void on_echo(void *ctx, struct weir_http_request *req)
{
	struct fixture *f = ctx;

	f->handled++;
	weir_http_respond(req, 200, "application/octet-stream", WEIR_STR_NONE, req->body);
}

static void on_later_gone(struct weir_http_request *req)
{
	struct fixture *f = req->user;

	f->gone++;
}

static void on_later(void *ctx, struct weir_http_request *req)
{
	struct fixture *f = ctx;

	CU_ASSERT_PTR_NULL(f->later);
	req->user = f;
	req->on_gone = on_later_gone;
	copy_text(f->body, sizeof(f->body), req->body);
	f->later = req;
	f->n_later++;
}

void fixture_respond(struct weir_http_request *req, int status, const char *text)
{
	weir_http_respond(req, status, "text/plain", WEIR_STR_NONE, weir_str(text));
}

static void on_prefix(void *ctx, struct weir_http_request *req)
{
	struct fixture *f = ctx;

	copy_text(f->rest, sizeof(f->rest), req->rest);
	fixture_respond(req, 200, "prefix");
}

static void on_cors(void *ctx, struct weir_http_request *req)
{
	static const struct weir_cors cors = {.methods = "GET, OPTIONS"};
	struct fixture *f = ctx;

	if (req->method == WEIR_HTTP_OPTIONS)
		weir_http_respond_preflight(req, &f->origins, &cors);
	else
		fixture_respond(req, 200, "cors");
}

static void on_big(void *ctx, struct weir_http_request *req)
{
	struct fixture *f = ctx;

	weir_http_respond(req, 200, "text/plain", WEIR_STR_NONE, weir_str_n(f->big, FIXTURE_BIG_BYTES));
}

static void on_stream(void *ctx, struct weir_http_request *req)
{
	struct fixture *f = ctx;

	f->stream_fd = weir_http_detach(req);
	CU_ASSERT(weir_str_is(req->head->path, "/stream"));
}

static int on_admit(void *ctx, struct weir_http_request *req, unsigned *retry_after_s)
{
	struct fixture *f = ctx;

	CU_ASSERT(weir_str_is(req->head->path, "/ws"));
	*retry_after_s = 7;
	return f->admit_status;
}

static void on_upgrade(void *ctx, int fd, const struct weir_http_upgrade *up)
{
	struct fixture *f = ctx;

	CU_ASSERT_EQUAL(f->upgraded_fd, -1);
	f->upgraded_fd = fd;
	copy_text(f->upgrade_bytes, sizeof(f->upgrade_bytes), up->bytes);
	copy_text(f->subprotocol, sizeof(f->subprotocol), up->subprotocol.p ? up->subprotocol : WEIR_STR("(none)"));
	copy_text(f->peer, sizeof(f->peer), weir_str(up->peer));
	CU_ASSERT(up->head->upgrade);
}

static void on_fixture_accept(struct weir_listener *l, int fd, const struct sockaddr_storage *peer, bool scarce)
{
	struct fixture *f = l->ctx;

	CU_ASSERT_FALSE(scarce);
	weir_http_accept(&f->server, fd, peer, f->scarce);
}

static void on_fixture_listener_closed(struct weir_listener *l)
{
	struct fixture *f = l->ctx;

	f->to_close--;
}

static void on_fixture_server_closed(struct weir_http_server *s)
{
	struct fixture *f = WEIR_CONTAINER_OF(s, struct fixture, server);

	CU_ASSERT_EQUAL(s->n_conns, 0);
	CU_ASSERT_EQUAL(s->n_objects, 0);
	f->to_close--;
}

static void fixture_routes(struct fixture *f)
{
	const struct weir_http_route routes[] = {
		{.path = "/hello", .methods = WEIR_HTTP_GET, .handler = on_hello},
		{.path = "/echo", .methods = WEIR_HTTP_POST, .body_limit = 100000, .handler = on_echo},
		{.path = "/small", .methods = WEIR_HTTP_POST, .body_limit = 10, .handler = on_echo},
		{.path = "/later", .methods = WEIR_HTTP_GET, .handler = on_later},
		{.path = "/later", .methods = WEIR_HTTP_POST, .body_limit = 1000, .handler = on_later},
		{.path = "/prefix/", .prefix = true, .methods = WEIR_HTTP_GET, .handler = on_prefix},
		{.path = "/cors", .methods = WEIR_HTTP_GET | WEIR_HTTP_OPTIONS, .handler = on_cors},
		{.path = "/big", .methods = WEIR_HTTP_GET, .handler = on_big},
		{.path = "/stream", .methods = WEIR_HTTP_GET, .handler = on_stream},
		{.path = "/ws", .websocket = &f->websocket},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(routes); i++) {
		struct weir_http_route route = routes[i];

		route.ctx = f;
		weir_http_router_add(&f->router, &route);
	}
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

void fixture_init(struct fixture *f)
{
	const struct weir_str allowed[] = {WEIR_STR("https://ok.com"), WEIR_STR("https://*.ok.com")};

	*f = (struct fixture){.upgraded_fd = -1, .stream_fd = -1};
	weir_http_options_default(&f->options);
	weir_origins_init(&f->origins, allowed, WEIR_ARRAY_LEN(allowed));
	f->websocket = (struct weir_http_websocket){
		.subprotocols = fixture_subprotocols, .origins = &f->origins, .admit = on_admit, .upgrade = on_upgrade};
	f->big = malloc(FIXTURE_BIG_BYTES);
	memset(f->big, 'b', FIXTURE_BIG_BYTES);
	weir_http_router_init(&f->router);
	fixture_routes(f);
}

void fixture_start(struct fixture *f)
{
	const struct weir_listen_options listen = {.address = "127.0.0.1", .backlog = 128, .keepalive_s = 60};
	const struct weir_listener_options options = {
		.max_fd = 1 << 20, .reserve_fds = 64, .pause_ms = 20, .batch = 64};
	struct weir_listen_set set;

	CU_ASSERT_EQUAL_FATAL(weir_loop_init(&f->loop, NULL, &weir_clock_real), 0);
	CU_ASSERT_EQUAL_FATAL(weir_listen_open(&set, &listen, NULL), 0);
	f->port = set.port;
	CU_ASSERT_EQUAL_FATAL(weir_listener_init(&f->listener, &f->loop, &set, &options, on_fixture_accept, f), 0);
	CU_ASSERT_EQUAL_FATAL(weir_http_server_init(&f->server, &f->loop, &f->router, &f->options), 0);
}

void fixture_fini(struct fixture *f)
{
	f->to_close = 2;
	weir_listener_close(&f->listener, on_fixture_listener_closed);
	weir_http_server_close(&f->server, on_fixture_server_closed);
	if (f->later)
		fixture_respond(f->later, 503, "shutting down");
	for (int i = 0; f->to_close > 0 && i < 100; i++)
		fixture_turn(f, -1, 10);
	CU_ASSERT_EQUAL_FATAL(f->to_close, 0);
	weir_loop_fini(&f->loop);
	weir_http_router_fini(&f->router);
	weir_origins_fini(&f->origins);
	if (f->upgraded_fd >= 0)
		close(f->upgraded_fd);
	if (f->stream_fd >= 0)
		close(f->stream_fd);
	free(f->big);
}

void fixture_turn(struct fixture *f, int fd, int wait_ms)
{
	struct pollfd fds[2] = {{uv_backend_fd(&f->loop.uv), POLLIN, 0}, {fd, POLLIN, 0}};
	int timeout = uv_backend_timeout(&f->loop.uv);

	if (timeout < 0 || timeout > wait_ms)
		timeout = wait_ms;
	poll(fds, 2, timeout);
	uv_run(&f->loop.uv, UV_RUN_NOWAIT);
}
