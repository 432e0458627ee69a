/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir sub` by GET /events: ties the subscriber of /events (events.c) to an HTTP answer. Raw, it shows what comes down
 * as curl would, to the end of the last event that was asked for.
 */
#include "percent_priv.h"
#include "stream_client_priv.h"
#include "sub_priv.h"
#include "weir/cli/events.h"

#define EVENTS_URL_MAX_BYTES (1 << 20)

struct sub_events {
	struct sub *s;
	struct weir_events *events;
	struct weir__stream *stream;
	bool dropping;
	struct weir_buf path, authorization, last_id;
};

static uint64_t events_now(const struct sub_events *e)
{
	return weir_mono_ms(e->s->cli->clock);
}

static void events_stop(struct sub_events *e, int exit_code)
{
	e->s->exit_code = exit_code;
	weir__stream_stop(e->stream);
}

static void events_connect(struct sub_events *e)
{
	const char *header[4], **to = header;
	struct weir_str id = weir_events_last_id(e->events);

	weir_buf_reset(&e->path);
	weir_events_append_path(e->events, &e->path);
	weir_buf_char(&e->path, '\0');
	*to++ = "Accept: text/event-stream";
	if (e->authorization.len)
		*to++ = e->authorization.p;
	if (id.n) {
		weir_buf_reset(&e->last_id);
		weir_buf_printf(&e->last_id, "Last-Event-ID: %.*s", WEIR_STR_FMT(id));
		weir_buf_char(&e->last_id, '\0');
		*to++ = e->last_id.p;
	}
	*to = NULL;
	weir__stream_open(e->stream, &(struct weir__stream_request){.path = e->path.p, .header = header});
}

static void events_act(struct sub_events *e, enum weir_client_verdict verdict)
{
	uint64_t next, now;

	switch (verdict) {
	case WEIR_CLIENT_STOP:
		fprintf(e->s->cli->err, "weir sub: %s\n", weir_events_reason(e->events));
		events_stop(e, WEIR_EXIT_FAILED);
		return;
	case WEIR_CLIENT_DONE:
		events_stop(e, e->s->exit_code);
		return;
	case WEIR_CLIENT_RECONNECT:
		e->dropping = true;
		weir__stream_drop(e->stream);
		break;
	case WEIR_CLIENT_CONNECT:
		events_connect(e);
		break;
	case WEIR_CLIENT_GO:
		break;
	}
	next = e->dropping ? UINT64_MAX : weir_events_next(e->events);
	now = events_now(e);
	weir__stream_set_timer(e->stream, next == UINT64_MAX ? next : next > now ? next - now : 0);
}

static void on_events_data(void *ctx, struct weir_str data)
{
	struct sub_events *e = ctx;
	struct weir_str rest = data;
	enum weir_client_verdict verdict = weir_events_received(e->events, events_now(e), &rest);

	if (e->s->raw && !weir__sub_write(e->s, weir_str_n(data.p, data.n - rest.n)))
		verdict = WEIR_CLIENT_DONE;
	events_act(e, verdict);
}

static void on_events_end(void *ctx, const struct weir__stream_end *end)
{
	struct sub_events *e = ctx;
	struct weir_str reason = e->dropping ? weir_str(weir_events_reason(e->events)) : end->reason;

	e->dropping = false;
	events_act(e, weir_events_closed(e->events, events_now(e), end->status, end->body, end->retry_after_s, reason));
}

static void on_events_posted(void *ctx, long status, struct weir_str why)
{
	(void)ctx, (void)status, (void)why; /* nothing is posted here */
}

static void on_events_timer(void *ctx)
{
	struct sub_events *e = ctx;

	events_act(e, weir_events_tick(e->events, events_now(e)));
}

static void on_events_signal(void *ctx)
{
	events_stop(ctx, WEIR_EXIT_OK);
}

static void events_parameter(struct weir_buf *query, const char *name, struct weir_str value)
{
	if (!value.n)
		return;
	if (query->len)
		weir_buf_char(query, '&');
	weir_buf_printf(query, "%s=", name);
	weir__append_percent(query, value);
}

static void events_number(struct weir_buf *query, const char *name, uint64_t value)
{
	char text[24];

	if (value)
		events_parameter(query, name,
			weir_str_n(text, (size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)value)));
}

static void events_query(const struct sub *s, struct weir_buf *query)
{
	for (size_t i = 0; i < s->n_channels; i++)
		events_parameter(query, "channel", s->channels[i]);
	events_parameter(query, "sub_token", s->client_options.sub_token);
	events_parameter(query, "filter", weir_str(s->weir.filter));
	events_parameter(query, "overflow", weir_str(s->weir.overflow));
	events_parameter(query, "key", weir_str(s->weir.key));
	events_parameter(query, "rate", weir_str(s->weir.rate));
	events_number(query, "queue", s->weir.queue);
	events_number(query, "queue_bytes", s->client_options.queue_bytes);
}

/* The position that was given is that of each channel. */
static void events_since(const struct sub *s, struct weir_buf *since)
{
	const struct weir_client_options *o = &s->client_options;

	if (!o->has_since)
		return;
	if (!o->since_epoch.n && !o->since_offset) {
		weir_buf_lit(since, "all");
		return;
	}
	for (size_t i = 0; i < s->n_channels; i++) {
		if (i)
			weir_buf_lit(since, "%2C");
		weir__append_percent(since, weir_str(s->since));
	}
}

static void events_new(struct sub_events *e, struct weir_buf *query, struct weir_buf *since)
{
	const struct weir_client_options *o = &e->s->client_options;

	events_query(e->s, query);
	events_since(e->s, since);
	if (o->token.n) {
		weir_buf_printf(&e->authorization, "Authorization: Bearer %.*s", WEIR_STR_FMT(o->token));
		weir_buf_char(&e->authorization, '\0');
	}
	e->events = weir_events_new(&(struct weir_events_options){.query = weir_buf_view(query),
		.since = weir_buf_view(since),
		.random = &e->s->random,
		.on_event = o->on_event,
		.on_notice = o->on_notice,
		.ctx = o->ctx});
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__sub_events(struct sub *s)
{
	struct sub_events e = {.s = s};
	const struct weir__stream_handlers handlers = {
		.on_data = on_events_data,
		.on_end = on_events_end,
		.on_posted = on_events_posted,
		.on_timer = on_events_timer,
		.on_signal = on_events_signal,
		.ctx = &e,
	};
	struct weir_buf query, since;

	if (weir__stream_new(s->server, &handlers, &e.stream))
		return weir__sub_no_url(s);
	weir_buf_init(&query, EVENTS_URL_MAX_BYTES);
	weir_buf_init(&since, EVENTS_URL_MAX_BYTES);
	weir_buf_init(&e.path, 3 * EVENTS_URL_MAX_BYTES);
	weir_buf_init(&e.authorization, EVENTS_URL_MAX_BYTES);
	weir_buf_init(&e.last_id, EVENTS_URL_MAX_BYTES);
	events_new(&e, &query, &since);
	weir_buf_fini(&query);
	weir_buf_fini(&since);
	on_events_timer(&e);
	if (weir__stream_run(e.stream))
		s->exit_code = WEIR_EXIT_FAILED;
	weir_events_free(&e.events);
	weir__stream_free(&e.stream);
	weir_buf_fini(&e.path);
	weir_buf_fini(&e.authorization);
	weir_buf_fini(&e.last_id);
	return s->exit_code;
}
