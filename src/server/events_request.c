/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of GET /events. Names are compared undecoded, values are decoded once. What is not known is ignored, as
 * polyfills of EventSource add parameters of their own; what is known must be right. Any thread.
 */
#include "weir/server/events_request.h"

#include <errno.h>
#include <stdlib.h>

#include "events_priv.h"
#include "events_request_priv.h"
#include "weir/base/base64.h"
#include "weir/base/utf8.h"
#include "weir/wire/events.h"
#include "weir/wire/json.h"

#define NO_EPOCH "-" /* no stream has it */

static const char *const single_names[SINGLES] = {
#define X(upper, lower) [SINGLE_##upper] = #lower,
	SINGLE_PARAMETERS(X)
#undef X
};

/* Behind what `text` has; there is room. */
static int decode(struct events_reading *x, const char *name, struct weir_str raw, struct weir_str *out)
{
	struct weir_buf *text = &x->r->text;
	size_t n;

	if (weir_percent_decode(raw, true, text->p + text->len, &n) < 0)
		return weir__events_refuse_bad(x, name, ": malformed percent-encoding");
	*out = weir_str_n(text->p + text->len, n);
	text->len += n;
	if (!weir_utf8_valid(*out) || memchr(out->p, '\0', out->n))
		return weir__events_refuse_bad(x, name, ": not UTF-8");
	return 0;
}

static int add_channel(struct events_reading *x, struct weir_str name)
{
	struct weir_events_request *r = x->r;

	if (!name.n)
		return weir__events_refuse_bad(x, "channel", ": empty");
	for (size_t i = 0; i < r->n; i++)
		if (weir_str_eq(r->channels[i].name, name))
			return 0;
	if (r->n == x->limit)
		return weir__events_refuse_as(x, WEIR_ERROR_LIMIT, "", "too many channels");
	r->channels[r->n++].name = name;
	return 0;
}

static int add_parameter(struct events_reading *x, struct weir_str name, struct weir_str raw)
{
	struct weir_str value;
	int err;

	if (weir_str_is(name, "channel")) {
		err = decode(x, "channel", raw, &value);
		return err ? err : add_channel(x, value);
	}
	if (weir_str_is(name, "sub_token")) {
		if (x->n_sub_tokens == x->limit)
			return weir__events_refuse_as(x, WEIR_ERROR_LIMIT, "", "too many subscription tokens");
		err = decode(x, "sub_token", raw, &value);
		if (!err && value.n)
			x->sub_tokens[x->n_sub_tokens++] = value;
		return err;
	}
	for (size_t i = 0; i < SINGLES; i++) {
		if (!weir_str_is(name, single_names[i]))
			continue;
		if (x->singles[i].p)
			return weir__events_refuse_bad(x, single_names[i], ": it is there twice");
		return decode(x, single_names[i], raw, &x->singles[i]);
	}
	return 0;
}

static int read_parameters(struct events_reading *x)
{
	struct weir_str rest = x->head->query, name, raw;
	int err = 0;

	while (!err && weir_query_next(&rest, &name, &raw))
		err = add_parameter(x, name, raw);
	if (!err && !x->r->n)
		return weir__events_refuse_bad(x, "", "a channel is needed");
	return err;
}

/* ---- tokens ---- */

static int read_token(struct events_reading *x)
{
	struct weir_buf decoded;
	struct weir_str token;
	int err;

	weir_buf_init(&decoded, SIZE_MAX / 2);
	err = weir__events_token(x->head, &decoded, &token);
	if (err == WEIR_EINVALID || (token.p && !weir_utf8_valid(token)))
		x->r->bad_token = true;
	else if (token.p)
		x->r->token = weir_str_n(x->r->text.p + x->r->text.len, token.n);
	if (x->r->token.p)
		weir_buf_str(&x->r->text, token);
	weir_buf_fini(&decoded);
	return err == -ENOMEM ? err : 0;
}

/* The channel in a token's claims, which nobody has verified yet: only for finding out what it is meant for. */
static struct weir_events_channel *channel_of(struct events_reading *x, struct weir_str token)
{
	struct weir_events_channel *found = NULL;
	struct weir_str rest = token, part, name;
	struct weir_json claims, value;
	struct weir_json_iter it;
	struct weir_buf json;

	(void)weir_str_cut(&rest, '.');
	part = weir_str_cut(&rest, '.');
	weir_buf_init(&json, token.n + 4);
	if (part.n && weir_base64url_decode(&json, part) == 0 &&
		weir_json_check(weir_buf_view(&json), WEIR_JSON_DEPTH, &claims, NULL) == 0 &&
		claims.type == WEIR_JSON_OBJECT) {
		it = weir_json_members(claims);
		while (weir_json_next_member(&it, &name, &value))
			for (size_t i = 0; i < x->r->n && value.type == WEIR_JSON_STRING; i++)
				if (weir_json_string_is(name, WEIR_STR("channel")) &&
					weir_json_string_is(value.text, x->r->channels[i].name))
					found = &x->r->channels[i];
	}
	weir_buf_fini(&json);
	return found;
}

static int use_sub_tokens(struct events_reading *x)
{
	for (size_t i = 0; i < x->n_sub_tokens; i++) {
		struct weir_events_channel *c = channel_of(x, x->sub_tokens[i]);

		if (!c)
			return weir__events_refuse_bad(x, "sub_token", ": it names none of the channels");
		if (c->token.p)
			return weir__events_refuse_bad(x, "sub_token", ": there are two for one channel");
		c->token = x->sub_tokens[i];
	}
	return 0;
}

/* ---- where to begin ---- */

static int use_position(struct events_reading *x, struct weir_str position)
{
	struct weir_str rest = position;
	size_t i = 0;

	for (; rest.p && i < x->r->n; i++) {
		struct weir_events_channel *c = &x->r->channels[i];

		if (weir_events_position_next(&rest, &c->epoch, &c->offset) < 0)
			return WEIR_EPARSE;
		c->recover = c->epoch.p != NULL;
	}
	return i < x->r->n || rest.p ? WEIR_EPARSE : 0;
}

static int read_position(struct events_reading *x)
{
	struct weir_str since = x->singles[SINGLE_SINCE], id = weir_head_get(x->head, "Last-Event-ID");

	if (since.n > WEIR_EVENTS_ID_BYTES || id.n > WEIR_EVENTS_ID_BYTES)
		return weir__events_refuse_bad(
			x, id.n > WEIR_EVENTS_ID_BYTES ? "Last-Event-ID" : "since", ": too long");
	x->r->all = since.p && weir_str_is(since, "all");
	if (since.p && !x->r->all && use_position(x, since) < 0)
		return weir__events_refuse_bad(
			x, "since", ": expected all, or a position: EPOCH:OFFSET or - for each channel");
	if (!id.n)
		return 0;
	x->r->all = false;
	if (use_position(x, id) < 0)
		for (size_t i = 0; i < x->r->n; i++)
			x->r->channels[i] = (struct weir_events_channel){.name = x->r->channels[i].name,
				.token = x->r->channels[i].token,
				.recover = true,
				.epoch = WEIR_STR(NO_EPOCH)};
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_events_request_read(const struct weir_head *head, size_t channel_limit, struct weir_events_request *out,
	struct weir_events_error *e)
{
	static int (*const steps[])(struct events_reading *) = {
		read_parameters, read_token, use_sub_tokens, weir__events_read_options, read_position};
	struct events_reading x = {.head = head, .r = out, .e = e, .limit = channel_limit};
	int err = 0;

	*out = (struct weir_events_request){0};
	weir_buf_init(&out->text, SIZE_MAX / 2);
	weir_buf_init(&out->options, SIZE_MAX / 2);
	weir_buf_init(&out->connect, SIZE_MAX / 2);
	e->code = WEIR_ERROR_BAD_REQUEST;
	out->channels = calloc(channel_limit, sizeof(*out->channels));
	x.sub_tokens = calloc(channel_limit, sizeof(*x.sub_tokens));
	/* Nothing decoded is longer than it was; the token is copied once more; histories add an epoch for each channel. */
	if (!out->channels || !x.sub_tokens ||
		!weir_buf_reserve(&out->text, 2 * head->size + channel_limit * WEIR_EPOCH_MAX + 1))
		err = -ENOMEM;
	for (size_t i = 0; i < WEIR_ARRAY_LEN(steps) && !err; i++)
		err = steps[i](&x);
	free(x.sub_tokens);
	return err;
}

void weir_events_request_fini(struct weir_events_request *r)
{
	free(r->channels);
	weir_buf_fini(&r->text);
	weir_buf_fini(&r->options);
	weir_buf_fini(&r->connect);
	*r = (struct weir_events_request){0};
}

void weir_events_request_connect(const struct weir_events_request *r, struct weir_buf *out)
{
	weir_buf_lit(out, "{\"id\":1,\"connect\":{");
	if (r->token.p) {
		weir_json_key(out, "token");
		weir_json_append_string(out, r->token);
	}
	weir_json_key(out, "data");
	weir_buf_lit(out, "{\"weir\":");
	weir_buf_str(out, weir_buf_view(&r->connect));
	weir_buf_lit(out, "}}}");
}

void weir_events_request_subscribe(const struct weir_events_request *r, size_t channel, struct weir_buf *out)
{
	const struct weir_events_channel *c = &r->channels[channel];

	weir_buf_lit(out, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"positioned\":true");
	weir_json_key(out, "channel");
	weir_json_append_string(out, c->name);
	if (c->token.p) {
		weir_json_key(out, "token");
		weir_json_append_string(out, c->token);
	}
	if (c->recover) {
		weir_buf_lit(out, ",\"recover\":true");
		weir_json_key(out, "epoch");
		weir_json_append_string(out, c->epoch.p ? c->epoch : WEIR_STR(""));
		weir_json_key(out, "offset");
		weir_buf_u64(out, c->offset);
	}
	weir_json_key(out, "data");
	weir_buf_lit(out, "{\"weir\":");
	weir_buf_str(out, weir_buf_view(&r->options));
	weir_buf_lit(out, "}}}");
}
