/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of `weir sub`. What becomes `data.weir` is only brought into form here; the broker says what it may be.
 */
#include <stdlib.h>

#include "server_url_priv.h"
#include "sub_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define SUB_WEIR_MAX_BYTES (1 << 16)

enum {
	OPT_JSON,
	OPT_COUNT,
	OPT_SINCE,
	OPT_TOKEN,
	OPT_SUB_TOKEN,
	OPT_OVERFLOW,
	OPT_QUEUE,
	OPT_RATE,
	OPT_KEY,
	OPT_FILTER,
	OPT_SERVER,
};

const struct weir_option weir__sub_options[] = {
	[OPT_JSON] = {"json", 0, NULL, "publication objects, one per line"},
	[OPT_COUNT] = {"count", 'n', "N", "end after N events"},
	[OPT_SINCE] = {"since", 0, "EPOCH:OFFSET", "begin with what followed this position"},
	[OPT_TOKEN] = {"token", 0, "JWT", "connection token"},
	[OPT_SUB_TOKEN] = {"sub-token", 0, "JWT", "subscription token"},
	[OPT_OVERFLOW] = {"overflow", 0, "POLICY", "what happens when the queue is full"},
	[OPT_QUEUE] = {"queue", 0, "N", "events that may wait"},
	[OPT_RATE] = {"rate", 0, "N", "events per second at most"},
	[OPT_KEY] = {"key", 0, "FIELD", "with overflow latest: what tells events apart"},
	[OPT_FILTER] = {"filter", 0, "EXPRESSION", "only events that match"},
	[OPT_SERVER] = WEIR_OPTION_SERVER,
	{0},
};

static void sub_weir_name(struct sub *s, int opt)
{
	weir_buf_char(&s->weir, s->weir.len ? ',' : '{');
	weir_buf_printf(&s->weir, "\"%s\":", weir__sub_options[opt].name);
}

static int sub_weir_number(struct sub *s, const struct weir_opts *o, int opt, const char *value)
{
	struct weir_json v;

	if (weir_json_check(weir_str(value), 0, &v, NULL) || v.type != WEIR_JSON_NUMBER)
		return weir_opts_bad(o, "--%s: expected a number, got %s", weir__sub_options[opt].name, value);
	sub_weir_name(s, opt);
	weir_buf_str(&s->weir, v.text);
	return WEIR_EXIT_OK;
}

static int sub_weir_string(struct sub *s, const struct weir_opts *o, int opt, const char *value)
{
	if (!weir_utf8_valid(weir_str(value)))
		return weir_opts_bad(o, "--%s has to be UTF-8", weir__sub_options[opt].name);
	sub_weir_name(s, opt);
	weir_json_append_string(&s->weir, weir_str(value));
	return WEIR_EXIT_OK;
}

/* The last ':' is the one that counts. An empty epoch is any. */
static int sub_since(struct sub *s, const struct weir_opts *o, const char *value)
{
	struct weir_client_options *c = &s->client_options;
	const char *colon = strrchr(value, ':');

	if (!colon || !weir_utf8_valid(weir_str(value)) || weir_str_u64(weir_str(colon + 1), &c->since_offset))
		return weir_opts_bad(o, "--since: expected EPOCH:OFFSET, got %s", value);
	c->has_since = true;
	c->since_epoch = weir_str_n(value, (size_t)(colon - value));
	return WEIR_EXIT_OK;
}

static int sub_token(struct weir_str *token, const struct weir_opts *o, const char *value)
{
	*token = weir_str(value);
	return weir_utf8_valid(*token) ? WEIR_EXIT_OK : weir_opts_bad(o, "a token has to be UTF-8");
}

static int sub_count(struct sub *s, const struct weir_opts *o, const char *value)
{
	if (weir_str_u64(weir_str(value), &s->count) || !s->count)
		return weir_opts_bad(o, "--count: expected a number above 0, got %s", value);
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
	case OPT_JSON:
		s->json = true;
		return WEIR_EXIT_OK;
	case OPT_COUNT:
		return sub_count(s, o, value);
	case OPT_SINCE:
		return sub_since(s, o, value);
	case OPT_TOKEN:
		return sub_token(&s->client_options.token, o, value);
	case OPT_SUB_TOKEN:
		return sub_token(&s->client_options.sub_token, o, value);
	case OPT_QUEUE:
	case OPT_RATE:
		return sub_weir_number(s, o, opt, value);
	case OPT_OVERFLOW:
	case OPT_KEY:
	case OPT_FILTER:
		return sub_weir_string(s, o, opt, value);
	case OPT_SERVER:
		s->server = value;
		return WEIR_EXIT_OK;
	default:
		return sub_channel(s, o, value);
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__sub_parse(struct sub *s, struct weir_opts *o)
{
	const char *value;
	int opt;

	weir_buf_init(&s->weir, SUB_WEIR_MAX_BYTES);
	while ((opt = weir_opts_next(o, &value)) >= 0)
		if (sub_option(s, o, opt, value))
			return WEIR_OPTS_BAD;
	if (opt != WEIR_OPTS_END)
		return opt;
	if (!s->n_channels) {
		weir_opts_bad(o, "a channel is needed");
		return WEIR_OPTS_BAD;
	}
	if (s->weir.len) {
		weir_buf_char(&s->weir, '}');
		s->client_options.weir = weir_buf_view(&s->weir);
	}
	s->client_options.channels = s->channels;
	s->client_options.n_channels = s->n_channels;
	return WEIR_OPTS_END;
}

void weir__sub_forget(struct sub *s)
{
	free(s->channels);
	weir_buf_fini(&s->weir);
}
