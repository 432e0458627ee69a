/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream of /events begins with: where each channel is, then what was recovered, in the order of the URL. The live
 * events that came meanwhile wait in the session's queue. Worker's thread.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "events_stream_priv.h"
#include "weir/base/random.h"
#include "weir/event/channel.h"
#include "weir/wire/json.h"

#define RETRY_MIN_MS 1000 /* so that a restart does not bring everybody back at once */
#define RETRY_MAX_MS 3000

/* ---- answers ---- */

/* In the order in which it is sent, and with what it is called there. */
static uint64_t offset_of(const struct weir_subscribe_result *r, const struct weir_event *e)
{
	return r->pattern ? e->position.n : e->offset;
}

static int keep_missed(struct events_stream *es, struct events_sub *sub, const struct weir_event_list *l)
{
	size_t bytes = 0;

	for (size_t i = 0; i < l->count; i++)
		bytes += weir_event_size(l->events[i]);
	if (es->recovered + bytes > EVENTS_RECOVERED_MAX) {
		/* Told as what it is: not recovered. */
		sub->result.recovered = false;
		for (size_t i = 0; i < l->count; i++)
			if (offset_of(&sub->result, l->events[i]))
				sub->result.offset = offset_of(&sub->result, l->events[i]);
		return 0;
	}
	sub->missed.events = calloc(l->count + 1, sizeof(struct weir_event *));
	if (!sub->missed.events)
		return -ENOMEM;
	for (size_t i = 0; i < l->count; i++)
		sub->missed.events[i] = weir_event_ref(l->events[i]);
	sub->missed.count = l->count;
	es->recovered += bytes;
	return 0;
}

/* ---- since=all ---- */

static void on_history(struct weir_request *base)
{
	struct weir_history_request *r = (struct weir_history_request *)base;
	struct events_stream *es = base->ctx;
	size_t limit = es->ev->o.sessions->config->recovery_limit;

	if (es->http && !base->status && r->events.count) {
		struct weir_events_channel *c = &es->request.channels[es->next];
		struct events_sub *sub = &es->subs[es->next];
		size_t oldest = (r->events.count < limit ? r->events.count : limit) - 1; /* newest first */
		size_t start = es->request.text.len;

		weir_buf_str(&es->request.text, weir_str(r->epoch));
		c->recover = true;
		c->epoch = weir_str_n(es->request.text.p + start, es->request.text.len - start);
		c->offset = r->events.events[oldest]->offset - 1;
		sub->partial = r->events.count > limit;
	}
	if (es->http)
		weir__events_step_soon(es);
	weir_request_free(&base);
	weir__events_unref(es);
}

/* ---- the text ---- */

/* The member `weir` of a result's data is what was granted; anything else is a token's. */
static void put_data(struct weir_buf *out, struct weir_str data)
{
	struct weir_json_iter it;
	struct weir_json value, options = {0};
	struct weir_str name;

	if (!data.n)
		return;
	if (data.p[0] == '{') {
		it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, data});
		while (weir_json_next_member(&it, &name, &value))
			if (weir_json_string_is(name, WEIR_STR("weir")))
				options = value;
	}
	weir_json_key(out, options.type ? "options" : "data");
	weir_buf_str(out, options.type ? options.text : data);
}

static void put_flag(struct weir_buf *out, const char *name, bool value)
{
	if (!value)
		return;
	weir_json_key(out, name);
	weir_buf_lit(out, "true");
}

static void put_sub(struct weir_buf *out, struct weir_str channel, const struct events_sub *sub)
{
	const struct weir_subscribe_result *r = &sub->result;

	weir_buf_lit(out, "{\"channel\":");
	weir_json_append_string(out, channel);
	put_flag(out, "recoverable", r->recoverable);
	put_flag(out, "positioned", r->positioned);
	if (r->positioned) {
		weir_json_key(out, "epoch");
		weir_json_append_string(out, weir_str(sub->epoch));
		weir_json_key(out, "offset");
		weir_buf_u64(out, r->offset);
	}
	put_data(out, weir_buf_view(&sub->data));
	put_flag(out, "was_recovering", r->was_recovering);
	put_flag(out, "recovered", r->recovered && !sub->partial);
	weir_buf_char(out, '}');
}

static void put_control(struct events_stream *es, struct weir_buf *out)
{
	struct weir_buf position;

	weir_buf_lit(out, "event: weir\n");
	weir_buf_init(&position, SIZE_MAX / 2);
	weir_events_position(&position, &es->places);
	if (position.len) {
		weir_buf_lit(out, "id: ");
		weir_buf_str(out, weir_buf_view(&position));
		weir_buf_char(out, '\n');
	}
	weir_buf_fini(&position);
	weir_buf_lit(out, "data: {\"subscribed\":[");
	for (size_t i = 0; i < es->request.n; i++) {
		weir_json_comma(out);
		put_sub(out, es->request.channels[i].name, &es->subs[i]);
	}
	weir_buf_lit(out, "],\"client\":");
	weir_json_append_string(out, weir_str(es->client));
	weir_json_key(out, "version");
	weir_json_append_string(out, weir_buf_view(&es->version));
	weir_buf_lit(out, "}\n\n");
}

static void put_event(struct events_stream *es, size_t i, const struct weir_event *e, struct weir_buf *out)
{
	const struct weir_encoder *enc = &weir_codec_events.encoder;
	const struct weir_subscribe_result *r = &es->subs[i].result;
	struct weir_push_spec spec = {.event = e,
		.pattern = r->pattern ? es->request.channels[i].name : WEIR_STR_NONE,
		.offset = offset_of(r, e)};
	struct weir_frame *f = enc->push(&spec);
	size_t n;
	char *to;

	if (!f) {
		out->failed = true;
		return;
	}
	f->offset = spec.offset;
	n = enc->place(&es->places, f, 0, false, NULL, 0);
	to = weir_buf_reserve(out, n);
	if (to) {
		enc->place(&es->places, f, 0, false, (unsigned char *)to, n);
		out->len += n;
		enc->placed(&es->places, f, false);
	}
	weir_frame_unref(&f);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_str weir__events_words(struct weir_str message)
{
	static const char *const prefixes[] = {"bad request: ", "data.weir.", "data.weir"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(prefixes); i++)
		if (message.n > strlen(prefixes[i]) && weir_str_starts(message, weir_str(prefixes[i]))) {
			message.p += strlen(prefixes[i]);
			message.n -= strlen(prefixes[i]);
		}
	return message;
}

void weir__events_keep_connect(struct events_stream *es, const struct weir_connect_result *r)
{
	snprintf(es->client, sizeof(es->client), "%.*s", WEIR_STR_FMT(r->client));
	weir_buf_str(&es->version, r->version);
}

int weir__events_keep_subscribe(struct events_stream *es, const struct weir_subscribe_result *r)
{
	struct events_sub *sub = &es->subs[es->next];
	struct weir_events_place *place = &es->places.at[es->next];
	const struct weir_events_channel *c = &es->request.channels[es->next];
	int err;

	sub->result = *r;
	snprintf(sub->epoch, sizeof(sub->epoch), "%.*s", (int)r->epoch.n, r->epoch.p ? r->epoch.p : "");
	weir_buf_str(&sub->data, r->data);
	/* Recovered across a new life of the log: its offsets begin anew. */
	if (r->recovered && c->epoch.n && !weir_str_eq(c->epoch, r->epoch))
		sub->result.offset = 0;
	err = r->publications ? keep_missed(es, sub, r->publications) : 0;
	sub->result.publications = NULL;
	sub->result.data = sub->result.epoch = WEIR_STR_NONE;
	place->positioned = r->positioned;
	place->offset = sub->result.offset;
	memcpy(place->epoch, sub->epoch, sizeof(place->epoch));
	return err || sub->data.failed ? -ENOMEM : 0;
}

void weir__events_retry(const struct events_stream *es, struct weir_buf *out)
{
	weir_buf_lit(out, "retry: ");
	weir_buf_u64(
		out, RETRY_MIN_MS + weir_random_below(es->ev->o.sessions->random, RETRY_MAX_MS - RETRY_MIN_MS + 1));
	weir_buf_lit(out, "\n\n");
}

int weir__events_first(struct events_stream *es, struct weir_buf *out)
{
	weir__events_retry(es, out);
	put_control(es, out);
	for (size_t i = 0; i < es->request.n; i++)
		for (size_t k = 0; k < es->subs[i].missed.count; k++)
			put_event(es, i, es->subs[i].missed.events[k], out);
	return out->failed ? -ENOMEM : 0;
}

bool weir__events_look(struct events_stream *es)
{
	struct weir_sessions *all = es->ev->o.sessions;
	struct weir_str channel = es->request.channels[es->next].name;
	const struct weir_namespace *ns = weir_namespaces_resolve(all->config->namespaces, channel);
	struct weir_history_request *r = NULL;
	struct weir_request *base;

	if (weir_channel_is_pattern(channel) || channel.n > all->config->channel_max_length) {
		es->request.channels[es->next].recover = true; /* from the log's first entry, as long as it has that */
		return false;
	}
	if (ns && ns->history_size > 0 && ns->history_ttl_ms > 0)
		r = weir_history_request_new(ns, channel, WEIR_STR_NONE);
	if (!r)
		return false;
	r->range = (struct weir_stream_range){.reverse = true, .limit = all->config->recovery_limit + 1};
	r->base.done = on_history;
	r->base.ctx = es;
	es->phase = EVENTS_LOOKING;
	es->refs++;
	if (weir_worker_ask(all->worker, &r->base))
		return true;
	es->refs--;
	base = &r->base;
	weir_request_free(&base);
	return false;
}
