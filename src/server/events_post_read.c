/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a POST /events/<channel> says, before anybody knows whether it may: the channel in the path, tags and keys in the
 * head, the payload and what it is. Worker's thread.
 */
#include <openssl/sha.h>

#include "events_post_priv.h"
#include "weir/event/msgpack_read.h"

#define IDEMPOTENCY_KEY_MAX 256

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
	struct weir_msgpack_reader reader = weir_msgpack_reader(body);

	if (!weir_msgpack_skip(&reader, NULL) || reader.p != reader.end)
		return bad("the body is not exactly one MessagePack value");
	if (body.n == 1 && (unsigned char)body.p[0] == 0xc0)
		return bad("data is missing: nil is none");
	p->format = WEIR_PAYLOAD_MSGPACK;
	p->data = body;
	return GOOD;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct verdict weir__post_read_channel(struct events_post *p, const struct weir_http_request *http)
{
	if (!decode(&p->name, http->rest, false, &p->channel))
		return bad("the channel's percent-encoding is malformed");
	for (size_t i = 0; i < p->channel.n; i++)
		if ((unsigned char)p->channel.p[i] < 0x20 || p->channel.p[i] == 0x7f)
			return bad("the channel has a control character");
	return GOOD;
}

struct verdict weir__post_read_head(struct events_post *p, const struct weir_head *head, char why[WEIR_POSTED_WHY])
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

struct verdict weir__post_read_payload(struct events_post *p, const struct weir_http_request *http)
{
	struct weir_str body = http->body;

	p->format = WEIR_PAYLOAD_BINARY;
	p->data = body;
	if (!body.n)
		return GOOD; /* if the namespace takes nothing for something */
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
	return GOOD;
}
