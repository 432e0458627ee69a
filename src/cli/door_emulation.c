/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doors `sse` and `http-stream`: what the broker says comes down one HTTP answer, what it is told goes up in requests
 * to /emulation, one after the other so that they keep their order. The first command travels with the request itself,
 * so a connection counts as open at once. There are no close frames: a push says why the stream ends.
 */
#include <stdlib.h>

#include "client_priv.h"
#include "door_priv.h"
#include "json_pick_priv.h"
#include "sse_priv.h"
#include "stream_client_priv.h"
#include "weir/base/mem.h"

#define EMULATION_MESSAGE_MAX_BYTES (64 << 20)
#define EMULATION_SEND_MAX_BYTES    (4 << 20)
#define EMULATION_ID_MAX_BYTES      1024

struct emulation {
	struct weir__door door;
	struct weir__stream *stream;
	const char *path;
	bool is_sse;
	bool trying; /* on_close is owed */
	bool asked;  /* the first command is on its way */
	bool stale;  /* the request to /emulation in progress is for a connection that has ended */
	struct weir__sse sse;
	struct weir_buf line;
	struct weir_buf session, node; /* JSON strings; empty: not known yet */
	struct weir_buf out;           /* commands that wait */
	struct weir_buf body;
	int code;
	struct weir_buf reason; /* of the end, as far as it is known */
};

static struct emulation *emulation_of(struct weir__door *door)
{
	return WEIR_CONTAINER_OF(door, struct emulation, door);
}

static void emulation_flush(struct emulation *e)
{
	if (!e->session.len || !e->out.len)
		return;
	weir_buf_reset(&e->body);
	weir_buf_lit(&e->body, "{\"session\":");
	weir_buf_str(&e->body, weir_buf_view(&e->session));
	weir_buf_lit(&e->body, ",\"node\":");
	weir_buf_str(&e->body, e->node.len ? weir_buf_view(&e->node) : WEIR_STR("\"\""));
	weir_buf_lit(&e->body, ",\"data\":");
	weir_json_append_string(&e->body, weir_buf_view(&e->out));
	weir_buf_char(&e->body, '}');
	if (weir__stream_post(e->stream, "/emulation", weir_buf_view(&e->body)))
		weir_buf_reset(&e->out);
}

static void emulation_set(struct weir_buf *b, struct weir_json string)
{
	weir_buf_reset(b);
	if (string.type == WEIR_JSON_STRING)
		weir_buf_str(b, string.text);
}

/* What of a message is for the door itself: who it speaks to, and why the end comes. */
static void emulation_look(struct emulation *e, struct weir_json object)
{
	static const char *const names[] = {"connect", "push"}, *const ids[] = {"session", "node"};
	static const char *const kinds[] = {"disconnect"}, *const why[] = {"code", "reason"};
	struct weir_json v[2], of[2], disconnect;
	uint64_t code;

	weir__json_pick(object, names, v, 2);
	if (v[0].type == WEIR_JSON_OBJECT) {
		weir__json_pick(v[0], ids, of, 2);
		emulation_set(&e->session, of[0]);
		emulation_set(&e->node, of[1]);
	}
	weir__json_pick(v[1], kinds, &disconnect, 1);
	if (disconnect.type != WEIR_JSON_OBJECT)
		return;
	weir__json_pick(disconnect, why, of, 2);
	e->code = weir_json_u64(of[0], &code) || code > 65535 ? 0 : (int)code;
	weir_buf_reset(&e->reason);
	if (of[1].type == WEIR_JSON_STRING)
		weir_json_string_decode(&e->reason, of[1].text);
}

static void emulation_message(struct emulation *e, struct weir_str text)
{
	struct weir_str rest = text, line;
	struct weir_json object;

	while (rest.p) {
		line = weir_str_trim(weir_str_cut(&rest, '\n'));
		if (line.n && weir_json_check(line, CLIENT_MAX_DEPTH, &object, NULL) == 0)
			emulation_look(e, object);
	}
	e->door.h.on_message(e->door.h.ctx, text);
}

static void emulation_fail(struct emulation *e, const char *why)
{
	weir_buf_reset(&e->reason);
	weir_buf_str(&e->reason, weir_str(why));
	weir__stream_drop(e->stream);
}

static void emulation_events(struct emulation *e, struct weir_str data)
{
	enum weir__sse_what what = WEIR_SSE_EVENT;

	while (data.n && what != WEIR_SSE_TOO_LONG && !e->door.stopped) {
		what = weir__sse_take(&e->sse, &data);
		if (what == WEIR_SSE_EVENT)
			emulation_message(e, weir_buf_view(&e->sse.data));
	}
	if (what == WEIR_SSE_TOO_LONG)
		emulation_fail(e, "a message is too long");
}

static void emulation_lines(struct emulation *e, struct weir_str data)
{
	while (data.n && !e->door.stopped) {
		const char *end = memchr(data.p, '\n', data.n);
		size_t n = end ? (size_t)(end - data.p) + 1 : data.n;

		weir_buf_append(&e->line, data.p, n);
		data = weir_str_n(data.p + n, data.n - n);
		if (e->line.failed) {
			emulation_fail(e, "a message is too long");
			return;
		}
		if (!end)
			return;
		if (weir_str_trim(weir_buf_view(&e->line)).n)
			emulation_message(e, weir_buf_view(&e->line));
		weir_buf_reset(&e->line);
	}
}

static void on_emulation_data(void *ctx, struct weir_str data)
{
	struct emulation *e = ctx;

	if (e->is_sse)
		emulation_events(e, data);
	else
		emulation_lines(e, data);
}

static void on_emulation_end(void *ctx, const struct weir__stream_end *end)
{
	struct emulation *e = ctx;
	struct weir__door_end door_end = {.code = e->code};

	e->trying = false;
	e->stale = true;
	weir_buf_reset(&e->out);
	weir_buf_reset(&e->session);
	if (end->status && end->status != 200) {
		door_end.http = (unsigned)end->status;
		door_end.reason = weir_str_trim(end->body);
	} else if (e->reason.len) {
		door_end.reason = weir_buf_view(&e->reason);
	} else {
		door_end.reason = end->reason.n ? end->reason : WEIR_STR("the stream ended");
	}
	e->door.h.on_close(e->door.h.ctx, &door_end);
}

static void on_emulation_posted(void *ctx, long status, struct weir_str why)
{
	struct emulation *e = ctx;

	if (!e->stale && status != 204 && status != 200) {
		weir_buf_reset(&e->body);
		weir_buf_lit(&e->body, "a command was not taken");
		if (status)
			weir_buf_printf(&e->body, " (HTTP status %ld)", status);
		else
			weir_buf_printf(&e->body, ": %.*s", WEIR_STR_FMT(why));
		weir_buf_char(&e->body, '\0');
		emulation_fail(e, e->body.failed ? "a command was not taken" : e->body.p);
		return;
	}
	e->stale = false;
	emulation_flush(e);
}

static void on_emulation_timer(void *ctx)
{
	struct emulation *e = ctx;

	e->door.h.on_timer(e->door.h.ctx);
}

static void on_emulation_signal(void *ctx)
{
	struct emulation *e = ctx;

	e->door.h.on_signal(e->door.h.ctx);
}

static void emulation_free(struct weir__door *door)
{
	struct emulation *e = emulation_of(door);

	weir__stream_free(&e->stream);
	weir__sse_fini(&e->sse);
	weir_buf_fini(&e->line);
	weir_buf_fini(&e->session);
	weir_buf_fini(&e->node);
	weir_buf_fini(&e->out);
	weir_buf_fini(&e->body);
	weir_buf_fini(&e->reason);
	free(e);
}

static void emulation_connect(struct weir__door *door)
{
	struct emulation *e = emulation_of(door);

	weir_assert(!e->trying);
	e->trying = true;
	e->asked = false;
	e->code = 0;
	weir__sse_begin(&e->sse);
	weir_buf_reset(&e->line);
	weir_buf_reset(&e->reason);
	e->door.h.on_open(e->door.h.ctx);
}

static void emulation_send(struct weir__door *door, struct weir_str text)
{
	static const char *const sse_header[] = {"Accept: text/event-stream", "Content-Type: application/json", NULL};
	static const char *const stream_header[] = {"Content-Type: application/json", NULL};
	struct emulation *e = emulation_of(door);

	if (!e->trying)
		return;
	if (!e->asked) {
		e->asked = true;
		weir__stream_open(e->stream,
			&(struct weir__stream_request){
				.path = e->path, .body = text, .header = e->is_sse ? sse_header : stream_header});
		return;
	}
	if (e->out.len)
		weir_buf_char(&e->out, '\n');
	weir_buf_str(&e->out, text);
	emulation_flush(e);
}

static void emulation_drop(struct weir__door *door)
{
	struct emulation *e = emulation_of(door);

	if (e->trying)
		weir__stream_drop(e->stream);
}

static void emulation_set_timer(struct weir__door *door, uint64_t delay_ms)
{
	weir__stream_set_timer(emulation_of(door)->stream, delay_ms);
}

static int emulation_turn(struct weir__door *door, bool wait)
{
	struct emulation *e = emulation_of(door);
	int err = weir__stream_turn(e->stream, wait);

	if (e->door.stopped)
		weir__stream_stop(e->stream);
	return err;
}

static int emulation_fd(const struct weir__door *door)
{
	return weir__stream_fd(WEIR_CONTAINER_OF(door, struct emulation, door)->stream);
}

static int emulation_open(const struct weir__door_ops *ops, const char *server, const struct weir__door_handlers *h,
	struct weir__door **out)
{
	struct emulation *e = weir_xcalloc(1, sizeof(*e));
	const struct weir__stream_handlers handlers = {
		.on_data = on_emulation_data,
		.on_end = on_emulation_end,
		.on_posted = on_emulation_posted,
		.on_timer = on_emulation_timer,
		.on_signal = h->on_signal ? on_emulation_signal : NULL,
		.ctx = e,
	};
	int err;

	e->door = (struct weir__door){.ops = ops, .h = *h};
	e->is_sse = ops == &weir__door_sse;
	e->path = e->is_sse ? "/connection/sse" : "/connection/http_stream";
	weir__sse_init(&e->sse, EMULATION_MESSAGE_MAX_BYTES);
	weir_buf_init(&e->line, EMULATION_MESSAGE_MAX_BYTES);
	weir_buf_init(&e->session, EMULATION_ID_MAX_BYTES);
	weir_buf_init(&e->node, EMULATION_ID_MAX_BYTES);
	weir_buf_init(&e->out, EMULATION_SEND_MAX_BYTES);
	weir_buf_init(&e->body, 2 * EMULATION_SEND_MAX_BYTES);
	weir_buf_init(&e->reason, 1024);
	err = weir__stream_new(server, &handlers, &e->stream);
	*out = &e->door;
	if (err)
		weir__door_free(out);
	return err;
}

static int sse_open(const char *server, const struct weir__door_handlers *h, struct weir__door **out)
{
	return emulation_open(&weir__door_sse, server, h, out);
}

static int http_stream_open(const char *server, const struct weir__door_handlers *h, struct weir__door **out)
{
	return emulation_open(&weir__door_http_stream, server, h, out);
}

/* ------------------------------------------------------------------------------------------------------------------ */

#define EMULATION_OPS                                                                                         \
	.free = emulation_free, .connect = emulation_connect, .send = emulation_send, .drop = emulation_drop, \
	.set_timer = emulation_set_timer, .turn = emulation_turn, .fd = emulation_fd

const struct weir__door_ops weir__door_sse = {
	.name = "sse",
	.what = "an event stream",
	.open = sse_open,
	EMULATION_OPS,
};

const struct weir__door_ops weir__door_http_stream = {
	.name = "http-stream",
	.what = "an HTTP stream",
	.open = http_stream_open,
	EMULATION_OPS,
};
