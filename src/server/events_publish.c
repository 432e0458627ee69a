/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /events/<channel>: who asks, what the head and the body say, then one call of the API (api_call.c) that gives the
 * event to the hub. Everything that is wrong with a request is found before. The odd case: a token of which the blocking
 * pool checks the signature; the request waits for it, also when its client has gone. Worker's thread.
 */
#include <errno.h>
#include <stdlib.h>

#include <openssl/sha.h>

#include "events_priv.h"
#include "weir/base/clock.h"
#include "weir/base/utf8.h"
#include "weir/event/channel.h"
#include "weir/event/msgpack_scan.h"
#include "weir/server/cloudevents.h"
#include "weir/session/caller.h"

#define IDEMPOTENCY_KEY_MAX 256

struct events_post {
	struct weir_events *ev;
	struct api_request *q;
	struct weir_buf name, text, key; /* decoded: the channel, the tags, the idempotency key */
	struct weir_str channel, idempotency_key, data;
	struct weir_buf one_line;
	enum weir_payload_format format;
	struct weir_posted_tags tags;
	bool skip_history;
	bool client; /* has a client's rights, and leaves its name */
	struct weir_claims claims;
	const struct weir_namespace *ns;
};

/* What is wrong: the answer. A status of 0 is that of the code. */
struct verdict {
	int status;
	enum weir_error_code code; /* 0: nothing */
	const char *why;           /* NULL: the code's text */
};

#define GOOD ((struct verdict){0})

static struct verdict bad(const char *why)
{
	return (struct verdict){0, WEIR_ERROR_BAD_REQUEST, why};
}

static struct verdict bad_as(int status, const char *why)
{
	return (struct verdict){status, WEIR_ERROR_BAD_REQUEST, why};
}

/* ---- the request ---- */

/* Decoded into `to`, which holds nothing else. False: an escape is malformed. */
static bool decode(struct weir_buf *to, struct weir_str raw, bool plus, struct weir_str *out)
{
	char *at = weir_buf_reserve(to, raw.n + 1);

	if (!at || weir_percent_decode(raw, plus, at, &to->len) < 0)
		return false;
	*out = weir_buf_view(to);
	return true;
}

static struct verdict read_channel(struct events_post *p, const struct weir_http_request *http)
{
	if (!decode(&p->name, http->rest, false, &p->channel))
		return bad("the channel's percent-encoding is malformed");
	for (size_t i = 0; i < p->channel.n; i++)
		if ((unsigned char)p->channel.p[i] < 0x20 || p->channel.p[i] == 0x7f)
			return bad("the channel has a control character");
	return GOOD;
}

static struct verdict read_idempotency_key(struct events_post *p, const struct weir_head *head)
{
	struct weir_str key = weir_head_get(head, "Idempotency-Key"), raw;

	if (!key.p) {
		raw = weir_query_get(head->query, "idempotency_key");
		if (raw.p && !decode(&p->key, raw, true, &key))
			return bad("idempotency_key has a malformed percent-encoding");
	}
	if (!key.p)
		return GOOD;
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] < 0x20 || key.p[i] > 0x7e)
			key.n = 0;
	if (!key.n || key.n > IDEMPOTENCY_KEY_MAX)
		return bad("an idempotency key is of 1 to 256 printable ASCII characters");
	p->idempotency_key = key;
	return GOOD;
}

/* Equal pairs of source and id are duplicates; hashed, since either may be long. */
static void key_of_cloudevent(struct events_post *p)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct weir_buf pair;

	weir_buf_init(&pair, SIZE_MAX / 2);
	weir_buf_u64(&pair, p->tags.source.n);
	weir_buf_char(&pair, ' ');
	weir_buf_str(&pair, p->tags.source);
	weir_buf_str(&pair, p->tags.id);
	SHA256((const unsigned char *)pair.p, pair.len, hash);
	weir_buf_fini(&pair);
	weir_buf_reset(&p->key);
	weir_buf_lit(&p->key, "ce:");
	for (size_t i = 0; i < sizeof(hash); i++)
		weir_buf_printf(&p->key, "%02x", hash[i]);
	p->idempotency_key = weir_buf_view(&p->key);
}

static struct verdict read_head(struct events_post *p, const struct weir_head *head, char why[WEIR_POSTED_WHY])
{
	struct weir_str skip = weir_query_get(head->query, "skip_history");
	struct weir_str encoding = weir_head_get(head, "Content-Encoding");
	struct verdict v;
	int status;

	if (encoding.p && !weir_str_caseeq(encoding, WEIR_STR("identity")))
		return bad_as(415, "no Content-Encoding is understood");
	if (weir_head_count(head, "Content-Type") > 1)
		return bad("Content-Type is there twice");
	if (skip.p && !weir_str_is(skip, "true") && !weir_str_is(skip, "false"))
		return bad("skip_history must be true or false");
	p->skip_history = skip.p && weir_str_is(skip, "true");
	status = weir_posted_tags_read(head, &p->text, &p->tags, why);
	if (status)
		return status < 0 ? (struct verdict){503, WEIR_ERROR_INTERNAL, NULL} : bad_as(status, why);
	v = read_idempotency_key(p, head);
	if (!v.code && !p->idempotency_key.p && p->tags.id.p)
		key_of_cloudevent(p);
	return v;
}

/* ---- the payload ---- */

static struct verdict take_json(struct events_post *p, struct weir_str body, struct verdict otherwise)
{
	struct weir_json value;

	if (weir_json_check(body, WEIR_JSON_DEPTH, &value, NULL) < 0)
		return otherwise;
	if (value.type == WEIR_JSON_NULL)
		return bad("data is missing: null is none");
	p->format = WEIR_PAYLOAD_JSON;
	p->data = value.text;
	if (memchr(value.text.p, '\n', value.text.n) || memchr(value.text.p, '\r', value.text.n)) {
		weir_json_append_one_line(&p->one_line, value.text);
		p->data = weir_buf_view(&p->one_line);
	}
	return p->one_line.failed ? (struct verdict){503, WEIR_ERROR_INTERNAL, NULL} : GOOD;
}

static struct verdict take_msgpack(struct events_post *p, struct weir_str body)
{
	struct weir_msgpack_limits limits = {.depth = WEIR_MSGPACK_DEPTH, .elements = UINT32_MAX};
	size_t used = 0;

	if (weir_msgpack_scan(body, &limits, &used) < 0 || used != body.n)
		return bad("the body is not exactly one MessagePack value");
	if (used == 1 && (unsigned char)body.p[0] == 0xc0)
		return bad("data is missing: nil is none");
	p->format = WEIR_PAYLOAD_MSGPACK;
	p->data = body;
	return GOOD;
}

static struct verdict read_payload(struct events_post *p, const struct weir_http_request *http)
{
	struct weir_str body = http->body;

	if (!body.n)
		return bad("data is missing: the body is empty");
	switch (weir_posted_format(weir_head_get(http->head, "Content-Type"))) {
	case WEIR_POSTED_JSON:
		return take_json(p, body, bad("the body is not JSON"));
	case WEIR_POSTED_UNSAID:
		return take_json(p, body, bad_as(415, "the body is not JSON: it needs a Content-Type"));
	case WEIR_POSTED_MSGPACK:
		return take_msgpack(p, body);
	case WEIR_POSTED_REFUSED:
		return bad_as(415, "one event for each request: batches are not taken");
	case WEIR_POSTED_BINARY:
		break;
	}
	p->format = WEIR_PAYLOAD_BINARY;
	p->data = body;
	return GOOD;
}

/* ---- the call ---- */

static struct weir_request *post_make(struct api_call *c, struct api_slot *slot)
{
	const struct events_post *p = c->request->post;
	struct weir_publish_request *r = NULL;
	struct weir_client_info info = {.user = p->claims.sub.p ? p->claims.sub : WEIR_STR(""),
		.client = WEIR_STR(""),
		.conn_info = p->claims.info};
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){
		.format = p->format,
		.channel = p->channel,
		.data = p->data,
		.id = p->tags.id,
		.info = p->client ? &info : NULL,
		.tags = p->tags.tags,
		.n_tags = p->tags.n,
		.delta = p->ns->delta_publish,
		.time_ms = weir_wall_ms(c->request->api->o.worker->o.clock),
	});

	if (e)
		r = weir_publish_request_new(p->ns, e, p->idempotency_key);
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
	struct weir_str user = p->claims.sub.p ? p->claims.sub : WEIR_STR("");

	p->ns = weir__api_channel(p->ev->o.api, p->channel, &e);
	if (!p->ns)
		return (struct verdict){0, e.code, e.message};
	if (p->client && !weir_caller_may_publish(p->ev->o.sessions->config, p->ns, user))
		return (struct verdict){0, WEIR_ERROR_PERMISSION, NULL};
	if (p->ns->publication_data_format == WEIR_FORMAT_JSON_OBJECT && p->data.p[0] != '{')
		return bad("data must be an object");
	return GOOD;
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
	struct verdict v = read_head(p, http->head, why);

	if (!v.code)
		v = read_payload(p, http);
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
	v = read_channel(p, http);
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
		weir__events_refuse(http, 0, e->code, weir_str(e->message), q->post->channel, e->busy ? 1 : 0);
		return;
	}
	weir_buf_init(&lines, 2 * http->head->size + 512);
	weir_cors_lines(&lines, &weir__events_post_cors, http->head, false);
	weir_http_respond(http, 200, "application/json", weir_buf_view(&lines), weir_buf_view(&c->out));
	weir_buf_fini(&lines);
}
