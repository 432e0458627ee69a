/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GET /events that becomes no stream: the status and the error for what its session was ended for, or was answered.
 * The odd case: a queue that was full before there was a socket for it. Worker's thread.
 */
#include "events_stream_priv.h"

static void stream_let_go(struct events_stream *es)
{
	es->http = NULL;
	weir__events_stop_waiting(es);
	if (es->admitted)
		es->ev->o.release(es->ev->o.ctx);
	es->admitted = false;
}

/*
 * Its queue was full before it had begun: a stream that only says so, for EventSource comes back after that, and after
 * no other status.
 */
static void stream_end_at_once(struct events_stream *es, unsigned code, struct weir_str reason)
{
	struct weir_http_request *http = es->http;
	struct weir_buf lines, text;

	if (!http)
		return;
	stream_let_go(es);
	weir_buf_init(&lines, 2 * http->head->size + 1024);
	weir_buf_init(&text, SIZE_MAX / 2);
	weir_cors_lines(&lines, &weir__events_get_cors, http->head, false);
	weir__events_retry(es, &text);
	weir_codec_events.disconnect(&text, code, reason);
	weir_buf_lit(&text, "\n\n");
	weir_http_respond(http, 200, EVENTS_TYPE, weir_buf_view(&lines), weir_buf_view(&text));
	weir_buf_fini(&lines);
	weir_buf_fini(&text);
	weir_http_stream_drop(es->st);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__events_stop_waiting(struct events_stream *es)
{
	if (weir_pending_active(&es->step))
		weir_pending_finish(&es->step, WEIR_ECANCELLED);
	if (weir_pending_active(&es->deadline))
		weir_pending_finish(&es->deadline, WEIR_ECANCELLED);
}

/* Once; the stream is gone at the end of the turn. */
void weir__events_stream_refuse(struct events_stream *es, int status, enum weir_error_code code,
	struct weir_str message, unsigned retry_after_s)
{
	struct weir_http_request *http = es->http;
	bool of_channel = es->phase != EVENTS_CONNECTING && es->next < es->request.n;

	if (!http)
		return;
	stream_let_go(es);
	weir__events_refuse(http, status, code, message,
		of_channel ? es->request.channels[es->next].name : WEIR_STR_NONE, retry_after_s);
	weir_http_stream_drop(es->st);
}

void weir__events_refuse_busy(struct events_stream *es, const char *word)
{
	weir__events_stream_refuse(es, 503, WEIR_ERROR_INTERNAL, weir_str(word), 1);
}

/* What the session was ended for, before there was a stream. */
void weir__events_on_refused(struct weir_http_stream *st, unsigned code, struct weir_str reason)
{
	struct events_stream *es = weir_http_stream_ctx(st);

	switch (code) {
	case WEIR_DISCONNECT_SLOW:
	case WEIR_DISCONNECT_INSUFFICIENT:
		stream_end_at_once(es, code, reason);
		break;
	case WEIR_DISCONNECT_INVALID_TOKEN:
	case WEIR_DISCONNECT_BAD_REQUEST: /* no token, and none may be missing */
		weir__events_stream_refuse(es, 0, WEIR_ERROR_UNAUTHORIZED,
			weir_str(es->request.token.p ? "the token is not valid" : "a token is needed"), 0);
		break;
	case WEIR_DISCONNECT_EXPIRED:
	case WEIR_DISCONNECT_SUB_EXPIRED:
		weir__events_stream_refuse(es, 0, WEIR_ERROR_EXPIRED, WEIR_STR_NONE, 0);
		break;
	case WEIR_DISCONNECT_FORCED:
		weir__events_stream_refuse(es, 0, WEIR_ERROR_PERMISSION, WEIR_STR_NONE, 0);
		break;
	case WEIR_DISCONNECT_CHANNEL_LIMIT:
		weir__events_stream_refuse(es, 0, WEIR_ERROR_LIMIT, WEIR_STR_NONE, 0);
		break;
	default:
		weir__events_refuse_busy(es, "unavailable");
		break;
	}
}
