/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `weir sub`. What becomes `data.weir` is only brought into form here; the broker says what it may be.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "sub_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define SUB_WEIR_MAX_BYTES (1 << 16)

static const char sub_usage[] =
	"usage: weir sub [OPTION…] CHANNEL…\n"
	"\n"
	"Shows events as they come: channel, offset, data, tags. Reconnects, and recovers what was missed where the\n"
	"channel keeps history. A channel may be a pattern.\n"
	"\n"
	"  --json                publication objects, one per line\n"
	"  --count N             end after N events\n"
	"  --since EPOCH:OFFSET  begin with what followed this position\n"
	"  --token JWT           connection token\n"
	"  --sub-token JWT       subscription token\n"
	"  --overflow POLICY     resync, disconnect, drop_oldest, drop_newest or latest\n"
	"  --queue N             events that may wait\n"
	"  --rate N              events per second\n"
	"  --key FIELD           with latest: what tells events apart\n"
	"  --filter EXPRESSION   only the events that match\n"
	"  --server URL          default http://localhost:8000; environment WEIR_SERVER\n";

enum sub_option {
	SUB_JSON = 256,
	SUB_COUNT,
	SUB_SINCE,
	SUB_TOKEN,
	SUB_SUB_TOKEN,
	SUB_OVERFLOW,
	SUB_QUEUE,
	SUB_RATE,
	SUB_KEY,
	SUB_FILTER,
	SUB_SERVER,
	SUB_HELP,
};

static const struct option sub_long_options[] = {
	{"json", no_argument, NULL, SUB_JSON},
	{"count", required_argument, NULL, SUB_COUNT},
	{"since", required_argument, NULL, SUB_SINCE},
	{"token", required_argument, NULL, SUB_TOKEN},
	{"sub-token", required_argument, NULL, SUB_SUB_TOKEN},
	{"overflow", required_argument, NULL, SUB_OVERFLOW},
	{"queue", required_argument, NULL, SUB_QUEUE},
	{"rate", required_argument, NULL, SUB_RATE},
	{"key", required_argument, NULL, SUB_KEY},
	{"filter", required_argument, NULL, SUB_FILTER},
	{"server", required_argument, NULL, SUB_SERVER},
	{"help", no_argument, NULL, SUB_HELP},
	{0},
};

/* A member of data.weir; the broker checks what it means. */
static int sub_add_weir(struct sub *s, const char *name, const char *value, bool number)
{
	struct weir_json v;

	weir_buf_char(&s->weir, s->weir.len ? ',' : '{');
	weir_buf_printf(&s->weir, "\"%s\":", name);
	if (number) {
		if (weir_json_check(weir_str(value), 0, &v, NULL) || v.type != WEIR_JSON_NUMBER)
			return WEIR_EINVALID;
		weir_buf_str(&s->weir, v.text);
		return 0;
	}
	if (!weir_utf8_valid(weir_str(value)))
		return WEIR_EINVALID;
	weir_json_append_string(&s->weir, weir_str(value));
	return 0;
}

/* The last ':' is the one that counts. */
static int sub_set_since(struct sub *s, const char *value)
{
	const char *colon = strrchr(value, ':');

	if (!colon || !weir_utf8_valid(weir_str(value)))
		return WEIR_EINVALID;
	s->client_options.has_since = true;
	s->client_options.since_epoch = weir_str_n(value, (size_t)(colon - value));
	return weir_str_u64(weir_str(colon + 1), &s->client_options.since_offset);
}

static int sub_set_token(struct weir_str *token, const char *value)
{
	*token = weir_str(value);
	return weir_utf8_valid(*token) ? 0 : WEIR_EINVALID;
}

static int sub_set_option(struct sub *s, int option, const char *value)
{
	switch (option) {
	case SUB_JSON:
		s->json = true;
		return 0;
	case SUB_COUNT:
		return weir_str_u64(weir_str(value), &s->count) || !s->count ? WEIR_EINVALID : 0;
	case SUB_SINCE:
		return sub_set_since(s, value);
	case SUB_TOKEN:
		return sub_set_token(&s->client_options.token, value);
	case SUB_SUB_TOKEN:
		return sub_set_token(&s->client_options.sub_token, value);
	case SUB_OVERFLOW:
		return sub_add_weir(s, "overflow", value, false);
	case SUB_QUEUE:
		return sub_add_weir(s, "queue", value, true);
	case SUB_RATE:
		return sub_add_weir(s, "rate", value, true);
	case SUB_KEY:
		return sub_add_weir(s, "key", value, false);
	case SUB_FILTER:
		return sub_add_weir(s, "filter", value, false);
	case SUB_SERVER:
		s->server = value;
		return 0;
	default:
		return WEIR_EINVALID;
	}
}

static int sub_set_channels(struct sub *s, char **names, size_t n)
{
	struct weir_str *channels = weir_xcalloc(n ? n : 1, sizeof(*channels));

	s->client_options.channels = channels;
	s->client_options.n_channels = n;
	for (size_t i = 0; i < n; i++) {
		channels[i] = weir_str(names[i]);
		if (!channels[i].n || !weir_utf8_valid(channels[i]))
			return WEIR_EINVALID;
		for (size_t j = 0; j < i; j++)
			if (weir_str_eq(channels[i], channels[j]))
				return WEIR_EINVALID;
	}
	return n ? 0 : WEIR_EINVALID;
}

static int sub_get_options(struct sub *s, int argc, char **argv)
{
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", sub_long_options, NULL)) != -1) {
		if (option == SUB_HELP || option == 'h') {
			fputs(sub_usage, stdout);
			return 1;
		}
		if (sub_set_option(s, option, optarg))
			return WEIR_EINVALID;
	}
	return sub_set_channels(s, argv + optind, (size_t)(argc - optind));
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__sub_parse(struct sub *s, int argc, char **argv)
{
	int err;

	weir_buf_init(&s->weir, SUB_WEIR_MAX_BYTES);
	err = sub_get_options(s, argc, argv);
	if (s->weir.len) {
		weir_buf_char(&s->weir, '}');
		s->client_options.weir = weir_buf_view(&s->weir);
	}
	if (!err && s->weir.failed)
		err = WEIR_EINVALID;
	if (err < 0)
		fputs(sub_usage, stderr);
	return err;
}

void weir__sub_forget(struct sub *s)
{
	free((struct weir_str *)(uintptr_t)s->client_options.channels);
	weir_buf_fini(&s->weir);
}
