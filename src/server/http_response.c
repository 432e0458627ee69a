/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: head and body leave in one sendmsg(), without a copy of the body; only what the socket does not take is
 * copied and sent when it is writable. Loop's thread only.
 */
#include "config.h"

#include <errno.h>

#include <sys/uio.h>

#include "http_priv.h"

#include "weir/event/json.h"

#define ERROR_TYPE  "application/json"
#define ERROR_BYTES 512

#define STATUSES(X)                               \
	X(200, "OK")                              \
	X(202, "Accepted")                        \
	X(204, "No Content")                      \
	X(304, "Not Modified")                    \
	X(400, "Bad Request")                     \
	X(401, "Unauthorized")                    \
	X(403, "Forbidden")                       \
	X(404, "Not Found")                       \
	X(405, "Method Not Allowed")              \
	X(408, "Request Timeout")                 \
	X(409, "Conflict")                        \
	X(411, "Length Required")                 \
	X(413, "Content Too Large")               \
	X(414, "URI Too Long")                    \
	X(415, "Unsupported Media Type")          \
	X(416, "Range Not Satisfiable")           \
	X(426, "Upgrade Required")                \
	X(429, "Too Many Requests")               \
	X(431, "Request Header Fields Too Large") \
	X(500, "Internal Server Error")           \
	X(501, "Not Implemented")                 \
	X(503, "Service Unavailable")             \
	X(505, "HTTP Version Not Supported")

const char *weir_http_status_text(int status)
{
	switch (status) {
#define X(code, text) \
	case code:    \
		return text;
		STATUSES(X)
#undef X
	default:
		return "Unknown";
	}
}

static void response_head(struct weir_http_conn *c, struct weir_buf *out, int status, const char *content_type,
	struct weir_str lines, size_t length)
{
	weir_buf_printf(out, "HTTP/1.1 %d %s\r\n", status, weir_http_status_text(status));
	if (content_type)
		weir_buf_printf(out, "Content-Type: %s\r\n", content_type);
	weir_buf_str(out, lines);
	if (status != 204 && status != 304)
		weir_buf_printf(out, "Content-Length: %zu\r\n", length);
	if (c->close_after)
		weir_buf_lit(out, "Connection: close\r\n");
	else if (c->head.minor == 0)
		weir_buf_lit(out, "Connection: keep-alive\r\n");
	weir_buf_lit(out, "\r\n");
}

/* Sends head and body; what is left of both is in `out` afterwards. 0 or -errno. */
static int response_send(struct weir_http_conn *c, struct weir_str body)
{
	struct iovec iov[2] = {{c->out.p, c->out.len}, {(void *)(uintptr_t)body.p, body.n}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	size_t sent, head = c->out.len;
	ssize_t n;

	do {
		n = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN)
		return -errno;
	sent = n < 0 ? 0 : (size_t)n;
	weir_buf_consume(&c->out, sent < head ? sent : head);
	sent -= sent < head ? sent : head;
	weir_buf_append(&c->out, body.p + sent, body.n - sent);
	return c->out.failed ? -ENOMEM : 0;
}

static void response_log(struct weir_http_conn *c, int status)
{
	/* Never the query: tokens travel there. */
	weir_slog(c->server->loop->log, HTTP, DEBUG, "answered", WEIR_F_INT("status", status),
		WEIR_F_CSTR("peer", c->peer), WEIR_F_STR("method", c->req.head ? c->head.method : WEIR_STR("-")),
		WEIR_F_STR("path", c->req.head ? c->head.path : WEIR_STR("-")));
}

static void response_write(
	struct weir_http_conn *c, int status, const char *content_type, struct weir_str lines, struct weir_str body)
{
	size_t length = body.n;
	int r;

	if (c->req.method == WEIR_HTTP_HEAD || status == 204 || status == 304)
		body = WEIR_STR("");
	weir__http_deadline(c, 0);
	weir__http_enter(c, WEIR__HTTP_WRITING);
	response_log(c, status);
	response_head(c, &c->out, status, content_type, lines, length);
	r = c->out.failed ? -ENOMEM : response_send(c, body);
	if (r != 0) {
		weir__http_close(c);
	} else if (c->out.len == 0) {
		weir__http_answered(c);
	} else {
		weir__http_deadline(c, c->server->options.write_ms);
		/* Inside an advance() this changes nothing: it looks at the state when it is done. */
		weir__http_advance(c);
	}
}

bool weir__http_flush(struct weir_http_conn *c)
{
	ssize_t n;

	do {
		n = send(c->fd, c->out.p, c->out.len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN) {
		weir__http_close(c);
		return false;
	}
	if (n > 0)
		weir_buf_consume(&c->out, (size_t)n);
	return c->out.len == 0;
}

/* The protocol's code for a status. Nobody can do more with it than with the status, but clients look for one. */
static unsigned error_code(int status)
{
	switch (status) {
	case 401:
		return 101;
	case 403:
		return 103;
	case 404:
		return 108;
	case 429:
		return 111;
	default:
		return status < 500 ? 107 : 100;
	}
}

/* {"error":{"code":…,"message":…}} and a newline. */
static struct weir_str error_body(char text[ERROR_BYTES], int status, const char *why)
{
	struct weir_buf b;
	size_t n;

	weir_buf_init(&b, ERROR_BYTES);
	weir_buf_printf(&b, "{\"error\":{\"code\":%u,\"message\":", error_code(status));
	weir_json_append_string(&b, weir_str(why));
	weir_buf_lit(&b, "}}\n");
	weir_assert(!b.failed); /* messages are short, and made here */
	n = b.len;
	memcpy(text, b.p, n);
	weir_buf_fini(&b);
	return weir_str_n(text, n);
}

void weir__http_refuse(struct weir_http_conn *c, int status, const char *why, struct weir_str lines)
{
	char text[ERROR_BYTES];
	struct weir_str body = error_body(text, status, why);

	if (c->req.head && c->head.content_length > 0)
		c->close_after = true;
	response_write(c, status, ERROR_TYPE, lines, body);
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

void weir_http_respond(struct weir_http_request *req, int status, const char *content_type, struct weir_str lines,
	struct weir_str body)
{
	struct weir_http_conn *c = weir__http_conn_of(req);

	weir_assert(weir_loop_is_current(c->server->loop));
	weir_assert(c->owed);
	c->owed = false;
	if (c->server->draining)
		c->close_after = true;
	if (c->state == WEIR__HTTP_CLOSED)
		weir__http_free_if_done(c);
	else
		response_write(c, status, content_type, lines, body);
}

void weir_http_respond_error(struct weir_http_request *req, int status, const char *why, struct weir_str lines)
{
	char text[ERROR_BYTES];

	weir_http_respond(req, status, ERROR_TYPE, lines, error_body(text, status, why));
}

void weir_http_respond_preflight(
	struct weir_http_request *req, const struct weir_origins *origins, const struct weir_cors *cors)
{
	struct weir_buf lines;

	if (!weir_origin_allows_head(origins, req->head)) {
		weir_http_respond_error(req, 403, "the origin is not in client.allowed_origins", WEIR_STR_NONE);
		return;
	}
	weir_buf_init(&lines, 2 * req->head->size + 512);
	weir_cors_lines(&lines, cors, req->head, true);
	if (lines.failed)
		weir_http_respond_error(req, 503, "out of memory", WEIR_STR_NONE);
	else
		weir_http_respond(req, 204, NULL, weir_buf_view(&lines), WEIR_STR(""));
	weir_buf_fini(&lines);
}
