/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /events: from a request to a stream. The door is the session's client: it sends connect, then subscribes to one
 * channel after the other, each when the one before has been answered, and takes the replies. Only when all are good the
 * request gets the stream for its answer; until then any failure is a status, and what was subscribed is taken back.
 *
 * Replies come inside calls of the session, so what follows from them is done a moment later (`step`). The odd case:
 * since=all asks what history has before it subscribes there. Worker's thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "events_stream_priv.h"
#include "weir/event/channel.h"
#include "weir/wire/json.h"

static bool on_reply(struct weir_http_stream *st, const struct weir_reply *r);
static void on_ended(struct weir_http_stream *st);

static const struct weir_http_stream_door door = {.name = "events",
	.codec = &weir_codec_events,
	.reply = on_reply,
	.refused = weir__events_on_refused,
	.ended = on_ended};

/* ---- memory ---- */

static void stream_free(struct events_stream *es)
{
	for (size_t i = 0; es->subs && i < es->request.n; i++) {
		weir_event_list_fini(&es->subs[i].missed);
		weir_buf_fini(&es->subs[i].data);
	}
	free(es->subs);
	weir_events_request_fini(&es->request);
	weir_buf_fini(&es->message);
	weir_buf_fini(&es->version);
	free(es->places.at);
	free(es);
}

/* Questions to the hub may outlive all else. */
static void stream_unref(struct events_stream *es)
{
	if (--es->refs == 0)
		stream_free(es);
}

/* The names of its channels, as they are found in frames. One allocation. */
static int make_places(struct events_stream *es)
{
	size_t n = es->request.n, size = n * sizeof(*es->places.at);
	struct weir_buf names;
	size_t at = 0;

	weir_buf_init(&names, SIZE_MAX / 2);
	for (size_t i = 0; i < n; i++)
		weir_json_append_string(&names, es->request.channels[i].name);
	if (!names.failed)
		es->places.at = calloc(1, size + names.len);
	if (es->places.at) {
		char *copy = (char *)es->places.at + size;

		memcpy(copy, names.p, names.len);
		for (size_t i = 0; i < n; i++) {
			es->places.at[i].name =
				weir_str_n(copy + at, weir_json_string_size(es->request.channels[i].name));
			at += es->places.at[i].name.n;
		}
		es->places.n = n;
	}
	weir_buf_fini(&names);
	return es->places.at ? 0 : -ENOMEM;
}

static void on_ended(struct weir_http_stream *st)
{
	struct events_stream *es = weir_http_stream_ctx(st);

	weir__events_stop_waiting(es);
	stream_unref(es);
}

/* Before there is an answer. */
static void on_client_gone(struct weir_http_request *http)
{
	weir__events_refuse_busy(http->user, "unavailable");
}

static void on_deadline(struct weir_pending *p, int result)
{
	struct events_stream *es = WEIR_CONTAINER_OF(p, struct events_stream, deadline);

	if (result == WEIR_ETIMEOUT)
		weir__events_refuse_busy(es, "unavailable");
}

/* ---- what it becomes ---- */

static void stream_start(struct events_stream *es)
{
	struct weir_http_request *http = es->http;
	struct weir_buf lines, first;
	int err;

	weir_buf_init(&lines, 2 * http->head->size + 1024);
	weir_buf_init(&first, SIZE_MAX / 2);
	weir_http_stream_head_lines(&lines, http->head, EVENTS_TYPE);
	weir_cors_lines(&lines, &weir__events_get_cors, http->head, false);
	err = weir__events_first(es, &first);
	if (err || lines.failed) {
		weir__events_refuse_busy(es, "unavailable");
	} else {
		es->http = NULL;
		weir__events_stop_waiting(es);
		if (weir_http_stream_start(es->st, http, weir_buf_view(&lines), weir_buf_view(&first)) < 0)
			es->ev->o.release(es->ev->o.ctx);
		es->admitted = false; /* a stream that has started is let go of by its owner */
		for (size_t i = 0; i < es->request.n; i++) {
			weir_event_list_fini(&es->subs[i].missed);
			weir_buf_fini(&es->subs[i].data);
		}
		free(es->subs);
		es->subs = NULL;
		weir_events_request_fini(&es->request);
		weir_buf_fini(&es->message);
		weir_buf_fini(&es->version);
	}
	weir_buf_fini(&lines);
	weir_buf_fini(&first);
}

/* ---- step by step ---- */

static void stream_say(struct events_stream *es, const struct weir_buf *command)
{
	if (command->failed)
		weir__events_refuse_busy(es, "unavailable");
	else
		weir_session_input(weir_http_stream_session(es->st), weir_buf_view(command));
}

static void subscribe_next(struct events_stream *es)
{
	struct weir_buf command;

	es->phase = EVENTS_SUBSCRIBING;
	weir_buf_init(&command, SIZE_MAX / 2);
	weir_events_request_subscribe(&es->request, es->next, &command);
	stream_say(es, &command);
	weir_buf_fini(&command);
}

static void go_next(struct events_stream *es)
{
	if (es->next == es->request.n)
		stream_start(es);
	else if (!es->request.all || !weir__events_look(es))
		subscribe_next(es);
}

static void admit(struct events_stream *es)
{
	unsigned retry_after_s = 1;
	int status = es->ev->o.admit(es->ev->o.ctx, es->http, &retry_after_s);

	if (status) {
		weir__events_stream_refuse(es, status, status == 429 ? WEIR_ERROR_TOO_MANY : WEIR_ERROR_INTERNAL,
			status == 429 ? WEIR_STR_NONE : WEIR_STR("unavailable"), retry_after_s);
		return;
	}
	es->admitted = true;
	es->next = 0;
	go_next(es);
}

static void on_step(struct weir_pending *p, int result)
{
	struct events_stream *es = WEIR_CONTAINER_OF(p, struct events_stream, step);

	if (result != WEIR_ETIMEOUT || !es->http)
		return;
	if (es->error)
		weir__events_stream_refuse(
			es, 0, es->error, weir_buf_view(&es->message), es->error == WEIR_ERROR_INTERNAL);
	else if (es->phase == EVENTS_CONNECTING)
		admit(es);
	else if (es->phase == EVENTS_LOOKING)
		subscribe_next(es);
	else {
		es->next++;
		go_next(es);
	}
}

static bool on_reply(struct weir_http_stream *st, const struct weir_reply *r)
{
	struct events_stream *es = weir_http_stream_ctx(st);

	if (!es->http)
		return true;
	es->error = r->error;
	weir_buf_reset(&es->message);
	if (r->error)
		weir_buf_str(&es->message, weir__events_words(r->message));
	else if (r->method == WEIR_METHOD_CONNECT)
		weir__events_keep_connect(es, &r->connect);
	else if (weir__events_keep_subscribe(es, &r->subscribe) < 0)
		es->error = WEIR_ERROR_INTERNAL;
	weir__events_step_soon(es);
	return true;
}

static struct events_stream *stream_new(struct weir_events *ev, struct weir_http_request *http)
{
	struct events_stream *es = calloc(1, sizeof(*es));

	if (!es)
		return NULL;
	es->ev = ev;
	es->http = http;
	es->refs = 1;
	weir_buf_init(&es->message, 4096);
	weir_buf_init(&es->version, 256);
	return es;
}

/* Its session, and the first command. False: no memory, nothing is left. */
static bool stream_connect(struct events_stream *es)
{
	struct weir_buf command;

	es->subs = calloc(es->request.n, sizeof(*es->subs));
	if (!es->subs || make_places(es) < 0)
		return false;
	for (size_t i = 0; i < es->request.n; i++)
		weir_buf_init(&es->subs[i].data, SIZE_MAX / 2);
	es->st = weir_http_stream_new(es->ev->o.streams, &door, es);
	if (!es->st)
		return false;
	weir_session_queue(weir_http_stream_session(es->st))->place = &es->places;
	es->http->user = es;
	es->http->on_gone = on_client_gone;
	weir_pending_start(es->ev->o.pendings, &es->deadline, es->ev->o.answer_ms, on_deadline);
	weir_buf_init(&command, SIZE_MAX / 2);
	weir_events_request_connect(&es->request, &command);
	stream_say(es, &command);
	weir_buf_fini(&command);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__events_step_soon(struct events_stream *es)
{
	if (!weir_pending_active(&es->step))
		weir_pending_start(es->ev->o.pendings, &es->step, 0, on_step);
}

void weir__events_unref(struct events_stream *es)
{
	stream_unref(es);
}

void weir__events_on_stream(void *ctx, struct weir_http_request *http)
{
	struct weir_events *ev = ctx;
	struct weir_events_error e = {0};
	struct events_stream *es;
	int err;

	if (!weir_origin_allows_head(ev->o.origins, http->head)) {
		weir_http_respond_error(http, 403, "the origin is not in client.allowed_origins", WEIR_STR_NONE);
		return;
	}
	es = stream_new(ev, http);
	if (!es) {
		weir__events_refuse(http, 503, WEIR_ERROR_INTERNAL, WEIR_STR("unavailable"), WEIR_STR_NONE, 1);
		return;
	}
	weir_buf_init(&e.why, 4096);
	err = weir_events_request_read(http->head, ev->o.channel_limit, &es->request, &e);
	if (!err && es->request.bad_token) {
		e.code = WEIR_ERROR_UNAUTHORIZED;
		weir_buf_lit(&e.why, "the token is not valid");
		err = WEIR_EINVALID;
	}
	if (err == WEIR_EINVALID)
		weir__events_refuse(http, 0, e.code, weir__events_words(weir_buf_view(&e.why)), WEIR_STR_NONE, 0);
	else if (err || !stream_connect(es)) {
		err = -ENOMEM;
		weir__events_refuse(http, 503, WEIR_ERROR_INTERNAL, WEIR_STR("unavailable"), WEIR_STR_NONE, 1);
	}
	if (err)
		stream_unref(es);
	weir_buf_fini(&e.why);
}

void weir__events_on_stream_preflight(void *ctx, struct weir_http_request *http)
{
	weir_http_respond_preflight(http, ((struct weir_events *)ctx)->o.origins, &weir__events_get_cors);
}
