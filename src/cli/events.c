/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a subscriber of /events: connecting with backoff, silence, what an end means. The answer names a status
 * once, before anything is subscribed; later an end is told by the last message or by nothing. A broker that sends
 * comments at a period is expected to go on with them. One thread.
 */
#include <stdlib.h>

#include "backoff_priv.h"
#include "client_priv.h"
#include "events_priv.h"
#include "json_pick_priv.h"
#include "weir/base/mem.h"

#define EVENTS_MESSAGE_MAX_BYTES (64 << 20)
#define EVENTS_REASON_MAX_BYTES  65536
#define EVENTS_ANSWER_MS         15000
#define EVENTS_PAUSE_MAX_MS      60000

static bool events_status_is_temporary(long status)
{
	return status == 408 || status == 429 || status >= 500;
}

/* Two comments in one stream tell their period. */
static void events_pinged(struct weir_events *e, uint64_t now_ms)
{
	if (e->ping_ms && now_ms - e->ping_ms + CLIENT_NO_PING_MS > e->no_ping_ms)
		e->no_ping_ms = now_ms - e->ping_ms + CLIENT_NO_PING_MS;
	e->ping_ms = now_ms;
}

/* The first repetition comes when the broker wants it, further ones with backoff. */
static uint64_t events_delay(struct weir_events *e, uint64_t retry_after_s)
{
	uint64_t ms = weir__backoff_ms(e->o.random, e->attempts);

	if (!e->attempts && e->sse.retry_ms && e->sse.retry_ms <= EVENTS_PAUSE_MAX_MS)
		ms = e->sse.retry_ms;
	e->attempts++;
	if (retry_after_s && ms < retry_after_s * 1000)
		ms = retry_after_s < EVENTS_PAUSE_MAX_MS / 1000 ? retry_after_s * 1000 : EVENTS_PAUSE_MAX_MS;
	return ms;
}

/* The error object of an answer that is no stream, or what of its text fits in a line. */
static void events_refusal(struct weir_events *e, long status, struct weir_str body)
{
	static const char *const names[] = {"error"}, *const members[] = {"channel"};
	struct weir_json object, error = {0}, channel;
	struct weir_buf *why;

	if (weir_json_check(body, CLIENT_MAX_DEPTH, &object, NULL) == 0)
		weir__json_pick(object, names, &error, 1);
	weir__json_pick(error, members, &channel, 1);
	weir_buf_reset(&e->name);
	if (channel.type == WEIR_JSON_STRING)
		weir_json_string_decode(&e->name, channel.text);
	why = weir__events_reason_begin(e, weir_buf_view(&e->name));
	if (error.type == WEIR_JSON_OBJECT)
		weir__json_error(error, why, NULL);
	else
		weir_buf_printf(why, "the server refuses an event stream (HTTP status %ld)", status);
}

static enum weir_client_verdict events_lost(struct weir_events *e, uint64_t now_ms, uint64_t delay_ms)
{
	e->at_ms = now_ms + delay_ms;
	weir_buf_lit(&e->reason, "; trying again");
	weir__events_reason_end(e, WEIR_CLIENT_GO);
	if (!e->told)
		e->o.on_notice(e->o.ctx, WEIR_STR_NONE, e->reason.p);
	e->told = true;
	return WEIR_CLIENT_GO;
}

static struct weir_str events_copy(struct weir_str s)
{
	return s.n ? weir_str_n(weir_xstrndup(s.p, s.n), s.n) : WEIR_STR_NONE;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_events *weir_events_new(const struct weir_events_options *o)
{
	struct weir_events *e = weir_xcalloc(1, sizeof(*e));

	e->o = *o;
	e->o.query = events_copy(o->query);
	e->o.since = events_copy(o->since);
	weir__sse_init(&e->sse, EVENTS_MESSAGE_MAX_BYTES);
	weir_buf_init(&e->name, EVENTS_REASON_MAX_BYTES);
	weir_buf_init(&e->end, EVENTS_REASON_MAX_BYTES);
	weir_buf_init(&e->reason, EVENTS_REASON_MAX_BYTES);
	return e;
}

void weir_events_free(struct weir_events **events)
{
	struct weir_events *e = *events;

	*events = NULL;
	if (!e)
		return;
	free((char *)(uintptr_t)e->o.query.p);
	free((char *)(uintptr_t)e->o.since.p);
	weir__sse_fini(&e->sse);
	weir_buf_fini(&e->name);
	weir_buf_fini(&e->end);
	weir_buf_fini(&e->reason);
	free(e);
}

void weir_events_append_path(const struct weir_events *e, struct weir_buf *out)
{
	weir_buf_lit(out, "/events?");
	weir_buf_str(out, e->o.query);
	if (!e->o.since.n || e->was_live)
		return;
	weir_buf_lit(out, "&since=");
	weir_buf_str(out, e->o.since);
}

struct weir_str weir_events_last_id(const struct weir_events *e)
{
	return weir_buf_view(&e->sse.id);
}

uint64_t weir_events_next(const struct weir_events *e)
{
	if (e->state != EVENTS_LIVE)
		return e->at_ms;
	return e->no_ping_ms ? e->heard_ms + e->no_ping_ms : UINT64_MAX;
}

enum weir_client_verdict weir_events_tick(struct weir_events *e, uint64_t now_ms)
{
	if (now_ms < weir_events_next(e))
		return WEIR_CLIENT_GO;
	if (e->state != EVENTS_WAITING) {
		weir_buf_str(weir__events_reason_begin(e, WEIR_STR_NONE),
			e->state == EVENTS_OPEN ? WEIR_STR("no answer") : WEIR_STR("no ping"));
		return weir__events_reason_end(e, WEIR_CLIENT_RECONNECT);
	}
	e->state = EVENTS_OPEN;
	e->at_ms = now_ms + EVENTS_ANSWER_MS;
	e->ping_ms = e->no_ping_ms = e->end_code = 0;
	e->resumed = e->sse.id.len || (e->o.since.n && !e->was_live);
	weir__sse_begin(&e->sse);
	weir_buf_reset(&e->end);
	return WEIR_CLIENT_CONNECT;
}

enum weir_client_verdict weir_events_received(struct weir_events *e, uint64_t now_ms, struct weir_str *data)
{
	enum weir_client_verdict verdict = WEIR_CLIENT_GO;

	e->heard_ms = now_ms;
	while (verdict == WEIR_CLIENT_GO && data->n) {
		switch (weir__sse_take(&e->sse, data)) {
		case WEIR_SSE_MORE:
			break;
		case WEIR_SSE_COMMENT:
			events_pinged(e, now_ms);
			break;
		case WEIR_SSE_EVENT:
			verdict = weir__events_message(e);
			break;
		case WEIR_SSE_TOO_LONG:
			weir_buf_lit(
				weir__events_reason_begin(e, WEIR_STR_NONE), "the server sent a line that is too long");
			return weir__events_reason_end(e, WEIR_CLIENT_STOP);
		}
	}
	return verdict;
}

enum weir_client_verdict weir_events_closed(struct weir_events *e, uint64_t now_ms, long status, struct weir_str body,
	uint64_t retry_after_s, struct weir_str why)
{
	struct weir_buf *reason;

	e->state = EVENTS_WAITING;
	if (status && status != 200) {
		events_refusal(e, status, body);
		if (!events_status_is_temporary(status))
			return weir__events_reason_end(e, WEIR_CLIENT_STOP);
		return events_lost(e, now_ms, events_delay(e, retry_after_s));
	}
	weir_buf_reset(&e->name); /* `why` may be weir_events_reason() */
	if (e->end_code)
		weir__append_printable(&e->name, e->end.len ? weir_buf_view(&e->end) : WEIR_STR("disconnected"));
	else
		weir__append_printable(&e->name, why.n ? why : WEIR_STR("the stream ended"));
	reason = weir__events_reason_begin(e, WEIR_STR_NONE);
	weir_buf_str(reason, weir_buf_view(&e->name));
	if (e->end_code)
		weir_buf_printf(reason, " (%llu)", (unsigned long long)e->end_code);
	if (weir__client_code_is_final(e->end_code))
		return weir__events_reason_end(e, WEIR_CLIENT_STOP);
	return events_lost(e, now_ms, events_delay(e, retry_after_s));
}

const char *weir_events_reason(const struct weir_events *e)
{
	return e->reason.len ? e->reason.p : "";
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_buf *weir__events_reason_begin(struct weir_events *e, struct weir_str channel)
{
	weir_buf_reset(&e->reason);
	if (channel.n) {
		weir__append_printable(&e->reason, channel);
		weir_buf_lit(&e->reason, ": ");
	}
	return &e->reason;
}

enum weir_client_verdict weir__events_reason_end(struct weir_events *e, enum weir_client_verdict verdict)
{
	weir_buf_char(&e->reason, '\0');
	if (e->reason.failed) /* too long: cut */
		e->reason.p[e->reason.len - 1] = '\0';
	return verdict;
}
