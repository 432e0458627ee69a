/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of `weir sub`. */
#include <stdlib.h>

#include "server_url_priv.h"
#include "sub_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define SUB_WEIR_MAX_BYTES (1 << 20)

enum {
	OPT_DOOR,
	OPT_EVENTS,
	OPT_JSON,
	OPT_COUNT,
	OPT_SINCE,
	OPT_FILTER,
	OPT_OVERFLOW,
	OPT_KEY,
	OPT_RATE,
	OPT_QUEUE,
	OPT_QUEUE_BYTES,
	OPT_TOKEN,
	OPT_SUB_TOKEN,
	OPT_SERVER,
};

const struct weir_option weir__sub_options[] = {
	[OPT_DOOR] = {"door", 0, "DOOR", "websocket (default), msgpack, sse, http-stream or events"},
	[OPT_EVENTS] = {"events", 0, NULL, "the stream of GET /events as it comes, as curl shows it"},
	[OPT_JSON] = {"json", 0, NULL, "publication objects, one per line"},
	[OPT_COUNT] = {"count", 'n', "N", "end after N events"},
	[OPT_SINCE] = {"since", 0, "EPOCH:OFFSET", "begin with what followed this position, or with all"},
	[OPT_FILTER] = {"filter", 0, "EXPR", "only events for which it holds; a tree if it begins with {"},
	[OPT_OVERFLOW] = {"overflow", 0, "POLICY", "what happens when too many events wait"},
	[OPT_KEY] = {"key", 0, "KEY", "with latest: a tag, or a path as data.sym"},
	[OPT_RATE] = {"rate", 0, "N", "at most so many events a second, as 10 or 0.2"},
	[OPT_QUEUE] = {"queue", 0, "N", "events of a channel that may wait"},
	[OPT_QUEUE_BYTES] = {"queue-bytes", 0, "SIZE", "bytes that may wait, as 64KiB"},
	[OPT_TOKEN] = {"token", 0, "JWT", "connection token"},
	[OPT_SUB_TOKEN] = {"sub-token", 0, "JWT", "subscription token"},
	[OPT_SERVER] = WEIR_OPTION_SERVER,
	{0},
};

/* The last ':' is the one that counts. An empty epoch is any, and all of history is what followed 0 in any. */
static int sub_since(struct sub *s, const struct weir_opts *o, const char *value)
{
	struct weir_client_options *c = &s->client_options;
	const char *colon = strrchr(value, ':');

	s->since = value;
	c->has_since = true;
	if (strcmp(value, "all") == 0)
		return WEIR_EXIT_OK;
	if (!colon || !weir_utf8_valid(weir_str(value)) || weir_str_u64(weir_str(colon + 1), &c->since_offset))
		return weir_opts_bad(o, "--since: expected EPOCH:OFFSET or all, got %s", value);
	c->since_epoch = weir_str_n(value, (size_t)(colon - value));
	return WEIR_EXIT_OK;
}

static int sub_token(struct weir_str *token, const struct weir_opts *o, const char *value)
{
	*token = weir_str(value);
	if (weir_utf8_valid(*token) && !strpbrk(value, "\r\n"))
		return WEIR_EXIT_OK;
	return weir_opts_bad(o, "a token has to be UTF-8 on one line");
}

static int sub_door(struct sub *s, const struct weir_opts *o, const char *value)
{
	s->door_name = value;
	s->door = weir__door_find(value);
	if (s->door || strcmp(value, "events") == 0)
		return WEIR_EXIT_OK;
	return weir_opts_bad(o, "--door: expected websocket, msgpack, sse, http-stream or events, got %s", value);
}

static int sub_count(struct sub *s, const struct weir_opts *o, const char *value)
{
	if (weir_str_u64(weir_str(value), &s->count) || !s->count)
		return weir_opts_bad(o, "--count: expected a number above 0, got %s", value);
	return WEIR_EXIT_OK;
}

static int sub_filter(struct sub *s, const struct weir_opts *o, const char *value)
{
	const char *problem = weir__sub_weir_filter_problem(value);

	s->weir.filter = value;
	return problem ? weir_opts_bad(o, "--filter: %s", problem) : WEIR_EXIT_OK;
}

static int sub_text(const char **text, const struct weir_opts *o, const char *name, const char *value)
{
	*text = value;
	return weir_utf8_valid(weir_str(value)) ? WEIR_EXIT_OK : weir_opts_bad(o, "--%s: it has to be UTF-8", name);
}

static int sub_rate(struct sub *s, const struct weir_opts *o, const char *value)
{
	const char *problem = weir__sub_weir_rate_problem(value);

	s->weir.rate = value;
	return problem ? weir_opts_bad(o, "--rate: %s, got %s", problem, value) : WEIR_EXIT_OK;
}

static int sub_queue(struct sub *s, const struct weir_opts *o, const char *value)
{
	if (weir_str_u64(weir_str(value), &s->weir.queue) || !s->weir.queue)
		return weir_opts_bad(o, "--queue: expected a number above 0, got %s", value);
	return WEIR_EXIT_OK;
}

static int sub_queue_bytes(struct sub *s, const struct weir_opts *o, const char *value)
{
	int64_t bytes;

	if (weir_str_bytes(weir_str(value), &bytes) || bytes <= 0)
		return weir_opts_bad(o, "--queue-bytes: expected a size as 65536 or 64KiB, got %s", value);
	s->client_options.queue_bytes = (uint64_t)bytes;
	return WEIR_EXIT_OK;
}

static int sub_channel(struct sub *s, const struct weir_opts *o, const char *value)
{
	struct weir_str name = weir_str(value);

	if (!name.n || !weir_utf8_valid(name))
		return weir_opts_bad(o, "a channel has to be UTF-8 and not empty");
	for (size_t i = 0; i < s->n_channels; i++)
		if (weir_str_eq(s->channels[i], name))
			return weir_opts_bad(o, "%s is there twice", value);
	s->channels = weir_xrealloc(s->channels, (s->n_channels + 1) * sizeof(*s->channels));
	s->channels[s->n_channels++] = name;
	return WEIR_EXIT_OK;
}

static int sub_option(struct sub *s, const struct weir_opts *o, int opt, const char *value)
{
	switch (opt) {
	case OPT_DOOR:
		return sub_door(s, o, value);
	case OPT_EVENTS:
		s->raw = true;
		return WEIR_EXIT_OK;
	case OPT_JSON:
		s->json = true;
		return WEIR_EXIT_OK;
	case OPT_COUNT:
		return sub_count(s, o, value);
	case OPT_SINCE:
		return sub_since(s, o, value);
	case OPT_FILTER:
		return sub_filter(s, o, value);
	case OPT_OVERFLOW:
		return sub_text(&s->weir.overflow, o, "overflow", value);
	case OPT_KEY:
		return sub_text(&s->weir.key, o, "key", value);
	case OPT_RATE:
		return sub_rate(s, o, value);
	case OPT_QUEUE:
		return sub_queue(s, o, value);
	case OPT_QUEUE_BYTES:
		return sub_queue_bytes(s, o, value);
	case OPT_TOKEN:
		return sub_token(&s->client_options.token, o, value);
	case OPT_SUB_TOKEN:
		return sub_token(&s->client_options.sub_token, o, value);
	case OPT_SERVER:
		s->server = value;
		return WEIR_EXIT_OK;
	default:
		return sub_channel(s, o, value);
	}
}

/* --events is at the door `events` only, and has a form of its own. */
static int sub_check_raw(struct sub *s, const struct weir_opts *o)
{
	if (!s->raw) {
		if (!s->door_name)
			s->door = &weir__door_websocket;
		return WEIR_EXIT_OK;
	}
	if (s->door)
		return weir_opts_bad(o, "--events is not for --door %s", s->door_name);
	if (s->json)
		return weir_opts_bad(o, "--events shows the stream as it comes, not with --json");
	return WEIR_EXIT_OK;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__sub_parse(struct sub *s, struct weir_opts *o)
{
	const char *value;
	int opt;

	weir_buf_init(&s->weir_text, SUB_WEIR_MAX_BYTES);
	while ((opt = weir_opts_next(o, &value)) >= 0)
		if (sub_option(s, o, opt, value))
			return WEIR_OPTS_BAD;
	if (opt != WEIR_OPTS_END)
		return opt;
	if (!s->n_channels) {
		weir_opts_bad(o, "a channel is needed");
		return WEIR_OPTS_BAD;
	}
	if (sub_check_raw(s, o))
		return WEIR_OPTS_BAD;
	s->client_options.channels = s->channels;
	s->client_options.n_channels = s->n_channels;
	weir__sub_weir_append(&s->weir_text, &s->weir);
	s->client_options.weir = weir_buf_view(&s->weir_text);
	if (s->weir_text.failed) {
		weir_opts_bad(o, "--filter is too long");
		return WEIR_OPTS_BAD;
	}
	return WEIR_OPTS_END;
}

void weir__sub_forget(struct sub *s)
{
	free(s->channels);
	weir_buf_fini(&s->weir_text);
}
