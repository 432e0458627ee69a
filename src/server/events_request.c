/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of GET /events. Names are compared undecoded, values are decoded once. What is not known is ignored, as
 * polyfills of EventSource add parameters of their own; what is known must be right. Any thread.
 */
#include "weir/server/events_request.h"

#include <errno.h>
#include <stdlib.h>

#include "events_priv.h"
#include "weir/base/base64.h"
#include "weir/base/utf8.h"
#include "weir/filter/filter.h"
#include "weir/session/options.h"
#include "weir/wire/events.h"
#include "weir/wire/json.h"

#define COMMAND_DEPTH 4   /* of the objects of a subscribe around its filter */
#define NO_EPOCH      "-" /* no stream has it */

/* Those that may be there once. */
enum single { FILTER, OVERFLOW, QUEUE, KEY, RATE, QUEUE_BYTES, SINCE, SINGLES };
static const char *const single_names[SINGLES] = {
	[FILTER] = "filter",
	[OVERFLOW] = "overflow",
	[QUEUE] = "queue",
	[KEY] = "key",
	[RATE] = "rate",
	[QUEUE_BYTES] = "queue_bytes",
	[SINCE] = "since",
};

struct reading {
	const struct weir_head *head;
	struct weir_events_request *r;
	struct weir_events_error *e;
	size_t limit;
	struct weir_str singles[SINGLES];
	struct weir_str *sub_tokens; /* `limit` of them at most */
	size_t n_sub_tokens;
};

static int refuse_as(struct reading *x, enum weir_error_code code, const char *what, const char *why)
{
	x->e->code = code;
	weir_buf_reset(&x->e->why);
	weir_buf_str(&x->e->why, weir_str(what));
	weir_buf_str(&x->e->why, weir_str(why));
	return WEIR_EINVALID;
}

static int refuse(struct reading *x, const char *what, const char *why)
{
	return refuse_as(x, WEIR_ERROR_BAD_REQUEST, what, why);
}

/* Behind what `text` has; there is room. */
static int decode(struct reading *x, const char *name, struct weir_str raw, struct weir_str *out)
{
	struct weir_buf *text = &x->r->text;
	size_t n;

	if (weir_percent_decode(raw, true, text->p + text->len, &n) < 0)
		return refuse(x, name, ": malformed percent-encoding");
	*out = weir_str_n(text->p + text->len, n);
	text->len += n;
	if (!weir_utf8_valid(*out) || memchr(out->p, '\0', out->n))
		return refuse(x, name, ": not UTF-8");
	return 0;
}

static int add_channel(struct reading *x, struct weir_str name)
{
	struct weir_events_request *r = x->r;

	if (!name.n)
		return refuse(x, "channel", ": empty");
	for (size_t i = 0; i < r->n; i++)
		if (weir_str_eq(r->channels[i].name, name))
			return 0;
	if (r->n == x->limit)
		return refuse_as(x, WEIR_ERROR_LIMIT, "", "too many channels");
	r->channels[r->n++].name = name;
	return 0;
}

static int add_parameter(struct reading *x, struct weir_str name, struct weir_str raw)
{
	struct weir_str value;
	int err;

	if (weir_str_is(name, "channel")) {
		err = decode(x, "channel", raw, &value);
		return err ? err : add_channel(x, value);
	}
	if (weir_str_is(name, "sub_token")) {
		if (x->n_sub_tokens == x->limit)
			return refuse_as(x, WEIR_ERROR_LIMIT, "", "too many subscription tokens");
		err = decode(x, "sub_token", raw, &value);
		if (!err && value.n)
			x->sub_tokens[x->n_sub_tokens++] = value;
		return err;
	}
	for (size_t i = 0; i < SINGLES; i++) {
		if (!weir_str_is(name, single_names[i]))
			continue;
		if (x->singles[i].p)
			return refuse(x, single_names[i], ": it is there twice");
		return decode(x, single_names[i], raw, &x->singles[i]);
	}
	return 0;
}

static int read_parameters(struct reading *x)
{
	struct weir_str rest = x->head->query, name, raw;
	int err = 0;

	while (!err && weir_query_next(&rest, &name, &raw))
		err = add_parameter(x, name, raw);
	if (!err && !x->r->n)
		return refuse(x, "", "a channel is needed");
	return err;
}

/* ---- tokens ---- */

static int read_token(struct reading *x)
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
static struct weir_events_channel *channel_of(struct reading *x, struct weir_str token)
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

static int use_sub_tokens(struct reading *x)
{
	for (size_t i = 0; i < x->n_sub_tokens; i++) {
		struct weir_events_channel *c = channel_of(x, x->sub_tokens[i]);

		if (!c)
			return refuse(x, "sub_token", ": it names none of the channels");
		if (c->token.p)
			return refuse(x, "sub_token", ": there are two for one channel");
		c->token = x->sub_tokens[i];
	}
	return 0;
}

/* ---- options ---- */

static void put_string(struct weir_buf *out, enum single name, struct weir_str value)
{
	if (!value.p)
		return;
	weir_json_key(out, single_names[name]);
	weir_json_append_string(out, value);
}

/* What is no number is refused as a string. */
static void put_number(struct weir_buf *out, enum single name, struct weir_str value)
{
	struct weir_json v;

	if (weir_json_check(value, 0, &v, NULL) == 0 && v.type == WEIR_JSON_NUMBER && v.text.n == value.n) {
		weir_json_key(out, single_names[name]);
		weir_buf_str(out, value);
	} else {
		put_string(out, name, value);
	}
}

static int put_filter(struct reading *x, struct weir_buf *out)
{
	struct weir_str value = x->singles[FILTER];
	struct weir_json tree;

	if (!value.n || value.p[0] != '{') {
		put_string(out, FILTER, value.n ? value : WEIR_STR_NONE);
		return 0;
	}
	if (weir_json_check(value, WEIR_JSON_DEPTH - COMMAND_DEPTH, &tree, NULL) < 0)
		return refuse(x, "filter", ": not JSON, or nested too deeply");
	weir_json_key(out, single_names[FILTER]);
	weir_json_append_one_line(out, tree.text);
	return 0;
}

static int check_filter(struct reading *x, struct weir_json filter)
{
	struct weir_program *program = NULL;
	int err;

	if (!filter.type)
		return 0;
	refuse(x, "filter: ", "");
	err = filter.type == WEIR_JSON_OBJECT ? weir_filter_compile_tree(filter, &program, &x->e->why)
					      : weir_filter_compile(x->singles[FILTER], &program, &x->e->why);
	weir_program_free(&program);
	return err && err != -ENOMEM ? WEIR_EINVALID : err;
}

/* A text about ".queue: …" begins with what the parameter is called. */
static void without_dot(struct weir_buf *why)
{
	if (why->len && why->p[0] == '.')
		weir_buf_consume(why, 1);
}

static int check_options(struct reading *x)
{
	struct weir_json object = {WEIR_JSON_OBJECT, weir_buf_view(&x->r->options)};
	struct weir_sub_options options;
	struct weir_buf text;
	int err;

	refuse(x, "", "");
	weir_buf_init(&text, SIZE_MAX / 2);
	err = weir_sub_options_read(object, &text, &options, &x->e->why);
	without_dot(&x->e->why);
	if (!err)
		err = check_filter(x, options.filter);
	weir_buf_fini(&text);
	return err;
}

static int read_options(struct reading *x)
{
	struct weir_buf *o = &x->r->options, *c = &x->r->connect;
	uint64_t ignored;
	int err;

	weir_buf_char(o, '{');
	put_string(o, OVERFLOW, x->singles[OVERFLOW]);
	put_number(o, QUEUE, x->singles[QUEUE]);
	put_string(o, KEY, x->singles[KEY]);
	put_number(o, RATE, x->singles[RATE]);
	err = put_filter(x, o);
	weir_buf_char(o, '}');
	weir_buf_char(c, '{');
	put_number(c, QUEUE_BYTES, x->singles[QUEUE_BYTES]);
	weir_buf_char(c, '}');
	if (!err && (o->failed || c->failed))
		return -ENOMEM;
	if (!err)
		err = check_options(x);
	if (err)
		return err;
	refuse(x, "", "");
	err = weir_queue_bytes_read((struct weir_json){WEIR_JSON_OBJECT, weir_buf_view(c)}, &ignored, &x->e->why);
	without_dot(&x->e->why);
	return err;
}

/* ---- where to begin ---- */

static int use_position(struct reading *x, struct weir_str position)
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

static int read_position(struct reading *x)
{
	struct weir_str since = x->singles[SINCE], id = weir_head_get(x->head, "Last-Event-ID");

	if (since.n > WEIR_EVENTS_ID_BYTES || id.n > WEIR_EVENTS_ID_BYTES)
		return refuse(x, id.n > WEIR_EVENTS_ID_BYTES ? "Last-Event-ID" : "since", ": too long");
	x->r->all = since.p && weir_str_is(since, "all");
	if (since.p && !x->r->all && use_position(x, since) < 0)
		return refuse(x, "since", ": expected all, or a position: EPOCH:OFFSET or - for each channel");
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
	static int (*const steps[])(struct reading *) = {
		read_parameters, read_token, use_sub_tokens, read_options, read_position};
	struct reading x = {.head = head, .r = out, .e = e, .limit = channel_limit};
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
