/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The streams of emulated transports: the request carries the client's first message, its answer is the stream. The
 * stream is begun first, so that whatever is wrong with the message is told there, as the protocol wants it. Worker's
 * thread.
 */
#include "weir/server/emulation.h"

#include "emulation_priv.h"

static const struct weir_cors stream_cors = {.methods = "POST, OPTIONS"};
static const struct weir_cors sse_cors = {.methods = "GET, POST, OPTIONS"};

static const struct weir_http_stream_door http_stream_door = {.name = "http_stream", .codec = &weir_codec_json_lines};
static const struct weir_http_stream_door sse_door = {.name = "sse", .codec = &weir_codec_json_sse};

/* Header lines with what the origin may see; to be ended with weir_buf_fini(). */
static void lines_begin(struct weir_buf *lines, const struct weir_http_request *req)
{
	weir_buf_init(lines, 2 * req->head->size + 1024);
	weir_cors_lines(lines, &stream_cors, req->head, false);
}

static bool type_is_read(struct weir_str type)
{
	struct weir_str name = weir_str_trim(weir_str_cut(&type, ';'));

	return !weir_str_caseeq(name, WEIR_STR("application/octet-stream")) &&
	       !weir_str_caseeq(name, WEIR_STR("application/msgpack")) &&
	       !weir_str_caseeq(name, WEIR_STR("multipart/form-data"));
}

static bool encoding_is_read(struct weir_str encoding)
{
	return !encoding.n || weir_str_caseeq(encoding, WEIR_STR("identity"));
}

/* The request's answer becomes the stream of a new session, whose first message is this. */
static void stream_open(struct weir_emulation *em, struct weir_http_request *req,
	const struct weir_http_stream_door *door, struct weir_str message)
{
	bool sse = door == &sse_door;
	unsigned retry_after_s = 0;
	int status = em->o.admit(em->o.ctx, req, &retry_after_s);
	struct weir_http_stream *st;
	struct weir_buf lines;

	if (status) {
		weir__emulation_refuse(req, status, "too many connections", retry_after_s);
		return;
	}
	st = weir_http_stream_new(em->o.streams, door, em);
	lines_begin(&lines, req);
	weir_http_stream_head_lines(&lines, req->head, sse ? "text/event-stream; charset=utf-8" : NULL);
	if (!st || lines.failed) {
		if (st)
			weir_http_stream_drop(st);
		em->o.release(em->o.ctx);
		weir__emulation_refuse(req, 503, "out of memory", 1);
	} else if (weir_http_stream_start(st, req, weir_buf_view(&lines), sse ? WEIR_STR("\r\n") : WEIR_STR("")) < 0) {
		em->o.release(em->o.ctx);
	} else {
		weir_session_input(weir_http_stream_session(st), message);
	}
	weir_buf_fini(&lines);
}

static void on_http_stream(void *ctx, struct weir_http_request *req)
{
	struct weir_emulation *em = ctx;

	if (weir__emulation_enter(em, req, &stream_cors))
		stream_open(em, req, &http_stream_door, req->body);
}

static void on_sse_post(void *ctx, struct weir_http_request *req)
{
	struct weir_emulation *em = ctx;

	if (!weir__emulation_enter(em, req, &sse_cors))
		return;
	if (req->body.n)
		stream_open(em, req, &sse_door, req->body);
	else
		weir__emulation_refuse(req, 400, "the body is to have the connect command", 0);
}

static void sse_get(struct weir_emulation *em, struct weir_http_request *req)
{
	struct weir_str raw = weir_query_get(req->head->query, "cf_connect");
	struct weir_buf message;
	char *to;
	size_t n = 0;

	weir_buf_init(&message, raw.n + 1);
	to = weir_buf_reserve(&message, raw.n + 1);
	if (!to)
		weir__emulation_refuse(req, 503, "out of memory", 1);
	else if (weir_percent_decode(raw, true, to, &n) < 0 || n == 0)
		weir__emulation_refuse(
			req, 400, "the parameter cf_connect is to have the connect command, percent-encoded", 0);
	else
		stream_open(em, req, &sse_door, weir_str_n(to, n));
	weir_buf_fini(&message);
}

static void on_sse_get(void *ctx, struct weir_http_request *req)
{
	struct weir_emulation *em = ctx;

	if (req->method == WEIR_HTTP_HEAD)
		weir_http_respond_error(
			req, 405, "method not allowed: see Allow", WEIR_STR("Allow: GET, POST, OPTIONS\r\n"));
	else if (weir__emulation_enter(em, req, &sse_cors))
		sse_get(em, req);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__emulation_refuse(struct weir_http_request *req, int status, const char *why, unsigned retry_after_s)
{
	struct weir_buf lines;

	lines_begin(&lines, req);
	if (retry_after_s)
		weir_buf_printf(&lines, "Retry-After: %u\r\n", retry_after_s);
	weir_http_respond_error(req, status, why, lines.failed ? WEIR_STR_NONE : weir_buf_view(&lines));
	weir_buf_fini(&lines);
}

bool weir__emulation_enter(const struct weir_emulation *em, struct weir_http_request *req, const struct weir_cors *cors)
{
	if (req->method == WEIR_HTTP_OPTIONS) {
		weir_http_respond_preflight(req, em->o.origins, cors);
		return false;
	}
	if (!weir_origin_allows_head(em->o.origins, req->head))
		weir_http_respond_error(req, 403, "the origin is not in client.allowed_origins", WEIR_STR_NONE);
	else if (!type_is_read(weir_head_get(req->head, "Content-Type")))
		weir__emulation_refuse(req, 415, "commands are expected as JSON: Content-Type application/json", 0);
	else if (!encoding_is_read(weir_head_get(req->head, "Content-Encoding")))
		weir__emulation_refuse(req, 415, "a body that is not compressed is expected", 0);
	else
		return true;
	return false;
}

void weir_emulation_init(struct weir_emulation *em, const struct weir_emulation_options *o)
{
	*em = (struct weir_emulation){.o = *o};
}

void weir_emulation_routes(struct weir_emulation *em, struct weir_http_router *router)
{
	const struct weir_http_route http_stream = {.path = "/connection/http_stream",
		.methods = WEIR_HTTP_POST | WEIR_HTTP_OPTIONS,
		.body_limit = em->o.http_stream_body,
		.handler = on_http_stream,
		.ctx = em};
	const struct weir_http_route sse_by_get = {
		.path = "/connection/sse", .methods = WEIR_HTTP_GET, .handler = on_sse_get, .ctx = em};
	const struct weir_http_route sse_by_post = {.path = "/connection/sse",
		.methods = WEIR_HTTP_POST | WEIR_HTTP_OPTIONS,
		.body_limit = em->o.sse_body,
		.handler = on_sse_post,
		.ctx = em};
	const struct weir_http_route input = {.path = "/emulation",
		.methods = WEIR_HTTP_POST | WEIR_HTTP_OPTIONS,
		.body_limit = em->o.body,
		.handler = weir__emulation_on_input,
		.ctx = em};

	if (em->o.http_stream)
		weir_http_router_add(router, &http_stream);
	if (em->o.sse) {
		weir_http_router_add(router, &sse_by_get);
		weir_http_router_add(router, &sse_by_post);
	}
	if (em->o.http_stream || em->o.sse)
		weir_http_router_add(router, &input);
}
