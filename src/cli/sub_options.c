/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of `weir sub`. */
#include <stdlib.h>

#include "server_url_priv.h"
#include "sub_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

enum {
	OPT_JSON,
	OPT_COUNT,
	OPT_SINCE,
	OPT_TOKEN,
	OPT_SUB_TOKEN,
	OPT_SERVER,
};

const struct weir_option weir__sub_options[] = {
	[OPT_JSON] = {"json", 0, NULL, "publication objects, one per line"},
	[OPT_COUNT] = {"count", 'n', "N", "end after N events"},
	[OPT_SINCE] = {"since", 0, "EPOCH:OFFSET", "begin with what followed this position"},
	[OPT_TOKEN] = {"token", 0, "JWT", "connection token"},
	[OPT_SUB_TOKEN] = {"sub-token", 0, "JWT", "subscription token"},
	[OPT_SERVER] = WEIR_OPTION_SERVER,
	{0},
};

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

	while ((opt = weir_opts_next(o, &value)) >= 0)
		if (sub_option(s, o, opt, value))
			return WEIR_OPTS_BAD;
	if (opt != WEIR_OPTS_END)
		return opt;
	if (!s->n_channels) {
		weir_opts_bad(o, "a channel is needed");
		return WEIR_OPTS_BAD;
	}
	s->client_options.channels = s->channels;
	s->client_options.n_channels = s->n_channels;
	return WEIR_OPTS_END;
}

void weir__sub_forget(struct sub *s)
{
	free(s->channels);
}
