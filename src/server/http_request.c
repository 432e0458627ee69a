/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to a handler: the head, its route, the checks that need no body, the body. Everything that is wrong with a
 * request is found before its body is read, and then the connection is closed after the answer. Loop's thread only.
 */
#include <errno.h>

#include "http_priv.h"

static unsigned request_method(struct weir_str name)
{
#define X(text)                       \
	if (weir_str_is(name, #text)) \
		return WEIR_HTTP_##text;
	WEIR_HTTP_METHODS(X)
#undef X
	return 0;
}

static void request_method_not_allowed(struct weir_http_conn *c, unsigned allowed)
{
	struct weir_buf line;

	weir_buf_init(&line, 128);
	weir_buf_lit(&line, "Allow: ");
#define X(text)                                    \
	if (allowed & WEIR_HTTP_##text) {          \
		if (line.len > 7)                  \
			weir_buf_lit(&line, ", "); \
		weir_buf_lit(&line, #text);        \
	}
	WEIR_HTTP_METHODS(X)
#undef X
	weir_buf_lit(&line, "\r\n");
	weir__http_refuse(c, 405, "method not allowed: see Allow", weir_buf_view(&line));
	weir_buf_fini(&line);
}

static void request_begin(struct weir_http_conn *c)
{
	c->req = (struct weir_http_request){.server = c->server,
		.loop = c->server->loop,
		.head = &c->head,
		.method = request_method(c->head.method),
		.body = WEIR_STR(""),
		.peer = c->peer,
		.scarce = c->scarce};
	c->used = c->head.size;
	c->told = false;
	c->close_after = !c->head.keep_alive || c->scarce || c->server->draining;
	weir_stat_add(&c->server->counters, requests, 1);
}

static void request_dispatch(struct weir_http_conn *c)
{
	weir__http_deadline(c, 0);
	weir__http_enter(c, WEIR__HTTP_HANDLING);
	c->owed = true;
	c->req.route->handler(c->req.route->ctx, &c->req);
}

/* What is wrong with the announced body: 0 or a status. */
static int request_check_body(const struct weir_http_conn *c, const char **why)
{
	unsigned with_body = WEIR_HTTP_POST | WEIR_HTTP_PUT | WEIR_HTTP_PATCH;
	const struct weir_http_route *route = c->req.route;

	*why = "a body of known length is required: Content-Length";
	if (!c->head.has_length && (c->req.method & with_body))
		return 411;
	*why = "body too large";
	return c->head.content_length > (route->limit ? route->limit(route->ctx, &c->req) : route->body_limit) ? 413
													       : 0;
}

/* A small answer into a socket that has taken all answers before: if it does not fit, the peer does not read. */
static bool request_continue(struct weir_http_conn *c)
{
	struct weir_str line = WEIR_STR("HTTP/1.1 100 Continue\r\n\r\n");

	return send(c->fd, line.p, line.n, MSG_NOSIGNAL) == (ssize_t)line.n;
}

static void request_await_body(struct weir_http_conn *c)
{
	size_t there = c->in.len - c->head.size, length = (size_t)c->head.content_length;

	if (there >= length) {
		c->req.body = weir_str_n(c->in.p + c->head.size, length);
		c->used = c->head.size + length;
		request_dispatch(c);
		return;
	}
	weir__http_enter(c, WEIR__HTTP_BODY);
	weir__http_deadline(c, c->server->options.body_ms);
	weir_buf_init(&c->body, length);
	weir_buf_append(&c->body, c->in.p + c->head.size, there);
	c->in.len = c->head.size;
	if (c->body.failed || (c->head.expect_continue && there == 0 && !request_continue(c)))
		weir__http_close(c);
}

static void request_route(struct weir_http_conn *c)
{
	const char *why;
	unsigned allowed;
	int status;

	if (weir_head_has_token(&c->head, "Upgrade", "h2c")) {
		c->close_after = true;
		weir__http_refuse(c, 400, "HTTP/2 is not supported", WEIR_STR_NONE);
		return;
	}
	c->req.route = weir_http_router_find(c->server->router, c->head.path, c->req.method, &allowed);
	if (!c->req.route) {
		if (allowed)
			request_method_not_allowed(c, allowed);
		else
			weir__http_refuse(c, 404, "nothing is served at this path", WEIR_STR_NONE);
		return;
	}
	c->req.rest =
		weir_str_n(c->head.path.p + strlen(c->req.route->path), c->head.path.n - strlen(c->req.route->path));
	if (c->req.route->websocket) {
		weir__http_upgrade(c, c->req.route);
		return;
	}
	status = request_check_body(c, &why);
	if (status != 0) {
		c->close_after = true;
		weir__http_refuse(c, status, why, WEIR_STR_NONE);
		return;
	}
	request_await_body(c);
}

/* Parsing again is in vain as long as no line has ended, unless a limit may be passed. */
static bool request_worth_parsing(const struct weir_http_conn *c)
{
	const struct weir_head_limits *l = &c->server->options.limits;

	return c->parsed == 0 || c->in.len > l->line_bytes || c->in.len >= l->head_bytes ||
	       memchr(c->in.p + c->parsed, '\n', c->in.len - c->parsed) != NULL;
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

bool weir__http_take_head(struct weir_http_conn *c)
{
	const char *why;
	int r;

	if (c->in.len == c->parsed || !request_worth_parsing(c))
		r = -EAGAIN;
	else
		r = weir_head_parse(weir_buf_view(&c->in), &c->server->options.limits, &c->head, &why);
	if (r == -EAGAIN) {
		c->parsed = c->in.len;
		if (c->eof)
			weir__http_close(c);
		return false;
	}
	if (r != 0) {
		c->req = (struct weir_http_request){.server = c->server, .loop = c->server->loop, .peer = c->peer};
		weir_stat_add(&c->server->counters, bad_requests, 1);
		c->close_after = true;
		weir__http_refuse(c, r, why, WEIR_STR_NONE);
		return true;
	}
	request_begin(c);
	request_route(c);
	return true;
}

bool weir__http_take_body(struct weir_http_conn *c)
{
	if (c->body.len < c->head.content_length)
		return false;
	c->req.body = weir_buf_view(&c->body);
	request_dispatch(c);
	return true;
}
