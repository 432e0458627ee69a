/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /events/<channel>: who asks, what the head and the body say, then one call of the API (api_call.c) that gives the
 * event to the hub. Everything that is wrong with a request is found before. The odd case: a token of which the blocking
 * pool checks the signature; the request waits for it, also when its client has gone. Worker's thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "events_post_priv.h"
#include "weir/base/clock.h"
#include "weir/base/utf8.h"
#include "weir/event/channel.h"
#include "weir/session/caller.h"

/* ---- the call ---- */

static struct weir_event *post_event(const struct events_post *p)
{
	struct weir_client_info info = {.user = p->claims.sub.p ? p->claims.sub : WEIR_STR(""),
		.client = WEIR_STR(""),
		.conn_info = p->claims.info};
	int64_t now_us = weir_wall_us(p->q->api->o.worker->o.clock);

	return weir_event_new(&(struct weir_event_spec){
		.format = p->format,
		.channel = p->channel,
		.data = p->data,
		.id = p->tags.id,
		.info = p->client ? &info : NULL,
		.tags = p->tags.tags,
		.n_tags = p->tags.n,
		.delta = p->ns->delta_publish,
		.time_ms = now_us / 1000,
		.time_us = (unsigned)(now_us % 1000),
	});
}

static struct weir_request *post_make(struct api_call *c, struct api_slot *slot)
{
	const struct events_post *p = c->request->post;
	struct weir_publish_request *r = weir_publish_request_new(p->ns, weir_event_ref(p->event), p->idempotency_key);

	if (!r) {
		weir__api_fail(&slot->error, WEIR_ERROR_INTERNAL, NULL);
		return NULL;
	}
	r->skip_history = p->skip_history;
	return &r->base;
}

static const struct api_method post_method = {.name = "events",
	.number = -1,
	.writes = true,
	.make = post_make,
	.take = weir__api_publish_take,
	.end = weir__api_publish_end};

static struct verdict check_channel(struct events_post *p)
{
	struct api_error e = {0};
	const char *why;
	struct weir_str user = p->claims.sub.p ? p->claims.sub : WEIR_STR("");

	p->ns = weir__api_channel(p->ev->o.api, p->channel, &e);
	if (!p->ns)
		return (struct verdict){0, e.code, e.message};
	if (weir_channel_is_stats(p->channel))
		return (struct verdict){0, WEIR_ERROR_PERMISSION, "only the broker publishes there"};
	if (p->client && !p->claims.admin && !weir_caller_may_publish(p->ev->o.sessions->config, p->ns, user))
		return (struct verdict){0, WEIR_ERROR_PERMISSION, NULL};
	p->event = post_event(p);
	if (!p->event)
		return (struct verdict){503, WEIR_ERROR_INTERNAL, NULL};
	why = weir_namespace_refuses(p->ns, p->event);
	return why ? (struct verdict){0, WEIR_ERROR_BAD_REQUEST, why} : GOOD;
}

static void post_refuse(struct events_post *p, struct verdict v)
{
	struct api_request *q = p->q;
	struct weir_http_request *http = q->http;
	bool named = weir_utf8_valid(p->channel) && p->channel.n;

	q->http = NULL;
	q->api->counters.errors++;
	weir__events_refuse(
		http, v.status, v.code, weir_str(v.why), named ? p->channel : WEIR_STR_NONE, v.status == 503 ? 1 : 0);
	weir__api_request_free(q);
}

/* It is known who asks. The request may be gone afterwards. */
static void post_go_on(struct events_post *p)
{
	struct weir_http_request *http = p->q->http;
	char why[WEIR_POSTED_WHY];
	struct verdict v = weir__post_read_head(p, http->head, why);

	if (!v.code)
		v = weir__post_read_payload(p, http);
	if (!v.code)
		v = check_channel(p);
	if (!v.code && !weir__api_add(p->q, &post_method, WEIR_STR("{}")))
		v = (struct verdict){503, WEIR_ERROR_INTERNAL, NULL};
	if (v.code)
		post_refuse(p, v);
	else
		weir__api_run(p->q);
}

/* ---- who ---- */

static bool is_over(const struct events_post *p)
{
	int64_t now_s = weir_wall_ms(p->ev->o.sessions->worker->o.clock) / 1000;

	return !p->ev->o.sessions->config->insecure && p->claims.expire_at_s && p->claims.expire_at_s <= now_s;
}

static void post_verified(struct events_post *p, int result)
{
	struct verdict v = GOOD;

	if (result == WEIR_EINVALID)
		v = (struct verdict){0, WEIR_ERROR_UNAUTHORIZED, "the token is not valid"};
	else if (result == WEIR_EEXPIRED)
		v = (struct verdict){0, WEIR_ERROR_TOKEN_EXPIRED, NULL};
	else if (result)
		v = (struct verdict){503, WEIR_ERROR_INTERNAL, "unavailable"};
	else if (is_over(p))
		v = (struct verdict){0, WEIR_ERROR_EXPIRED, NULL};
	if (v.code)
		post_refuse(p, v);
	else
		post_go_on(p);
}

static void on_verified(void *ctx, int result, struct weir_claims *claims)
{
	struct events_post *p = ctx;

	p->claims = *claims;
	*claims = (struct weir_claims){0};
	post_verified(p, result);
}

static void post_authenticate(struct events_post *p, const struct weir_head *head)
{
	struct weir_str token;
	struct weir_buf text;
	int given = weir__api_key_given(p->q->api, head), result;

	if (given < 0) {
		p->q->api->counters.unauthorized++;
		post_refuse(p, (struct verdict){0, WEIR_ERROR_UNAUTHORIZED, "the key is wrong"});
		return;
	}
	if (given > 0) {
		post_go_on(p);
		return;
	}
	weir_buf_init(&text, head->size);
	result = weir__events_token(head, &text, &token);
	p->client = token.p || !p->q->api->o.insecure;
	if (!result && token.p)
		result = weir_caller_verify(p->ev->o.sessions, token, &p->claims, on_verified, p);
	weir_buf_fini(&text);
	if (!token.p && p->client && !weir_caller_may_be_anonymous(p->ev->o.sessions->config))
		post_refuse(p, (struct verdict){0, WEIR_ERROR_UNAUTHORIZED, "a key or a token is needed"});
	else if (result != -EAGAIN)
		post_verified(p, result);
}

/* ------------------------------------------------------------------------------------------------------------------ */

size_t weir__events_body_limit(void *ctx, const struct weir_http_request *http)
{
	const struct weir_events *ev = ctx;

	if (ev->o.api->o.insecure || weir__api_key_given(ev->o.api, http->head) > 0)
		return ev->o.api->o.body_limit;
	return ev->o.message_max;
}

void weir__events_on_publish(void *ctx, struct weir_http_request *http)
{
	struct weir_events *ev = ctx;
	struct events_post *p;
	struct verdict v;

	if (!weir_origin_allows_head(ev->o.origins, http->head)) {
		weir_http_respond_error(http, 403, "the origin is not in client.allowed_origins", WEIR_STR_NONE);
		return;
	}
	p = weir_xcalloc(1, sizeof(*p));
	p->ev = ev;
	p->q = weir__api_request_new(ev->o.api, http, API_EVENT);
	p->q->post = p;
	ev->o.api->counters.requests++;
	weir_buf_init(&p->name, SIZE_MAX / 2);
	weir_buf_init(&p->text, SIZE_MAX / 2);
	weir_buf_init(&p->key, SIZE_MAX / 2);
	weir_buf_init(&p->one_line, SIZE_MAX / 2);
	v = weir__post_read_channel(p, http);
	if (v.code)
		post_refuse(p, v);
	else
		post_authenticate(p, http->head);
}

void weir__events_on_publish_preflight(void *ctx, struct weir_http_request *http)
{
	weir_http_respond_preflight(http, ((struct weir_events *)ctx)->o.origins, &weir__events_post_cors);
}

void weir__events_post_free(struct events_post **p)
{
	struct events_post *post = *p;

	*p = NULL;
	if (!post)
		return;
	weir_event_unref(&post->event);
	weir_claims_fini(&post->claims);
	weir_buf_fini(&post->name);
	weir_buf_fini(&post->text);
	weir_buf_fini(&post->key);
	weir_buf_fini(&post->one_line);
	free(post);
}

void weir__events_post_answer(struct api_request *q, const struct api_error *dropped)
{
	const struct api_call *c = q->n_calls ? &q->calls[0] : NULL;
	const struct api_error *e = dropped ? dropped : &c->error;
	struct weir_http_request *http = q->http;
	struct weir_buf lines;

	q->http = NULL;
	if (e->code) {
		/* What the engine finds bad is only too large. */
		weir__events_refuse(http, e->code == WEIR_ERROR_BAD_REQUEST ? 413 : 0, e->code, weir_str(e->message),
			q->post->channel, e->busy ? 1 : 0);
		return;
	}
	weir_buf_init(&lines, 2 * http->head->size + 512);
	weir_cors_lines(&lines, &weir__events_post_cors, http->head, false);
	weir_http_respond(http, 200, "application/json", weir_buf_view(&lines), weir_buf_view(&c->out));
	weir_buf_fini(&lines);
}
