/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir pub`: publishes one event, or the lines of stdin, by one of several ways (pub_priv.h). One event is tried once;
 * lines go on through restarts of the broker (pub_lines.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "pub_priv.h"
#include "server_url_priv.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/base/utf8.h"

#define PUB_READ_BYTES     65536
#define PUB_TAGS_MAX_BYTES 65536

enum { OPT_DOOR, OPT_LINES, OPT_TAG, OPT_IDEMPOTENCY_KEY, OPT_SERVER, OPT_KEY, OPT_TOKEN };

static const struct weir_option pub_options[] = {
	[OPT_DOOR] = {"door", 0, "DOOR", "api (default), events, websocket, msgpack, sse or http-stream"},
	[OPT_LINES] = {"lines", 0, NULL, "each line of stdin is one event"},
	[OPT_TAG] = {"tag", 0, "NAME=VALUE", "a tag of the event; may be repeated"},
	[OPT_IDEMPOTENCY_KEY] = {"idempotency-key", 0, "KEY", "publish nothing if the channel has seen it"},
	[OPT_SERVER] = WEIR_OPTION_SERVER,
	[OPT_KEY] = {"key", 0, "API_KEY", "default WEIR_API_KEY of the environment"},
	[OPT_TOKEN] = {"token", 0, "JWT", "connection token, for all doors but api"},
	{0},
};

struct pub {
	struct weir_cli *cli;
	struct weir__pub_options o;
	const struct weir__pub_way *way;
	const char *door, *data;
	bool lines;
	char random_key[37];
};

static int pub_complain(const struct pub *p, const char *what)
{
	fprintf(p->cli->err, "weir pub: %s: %s\n", p->o.channel, what);
	return WEIR_EXIT_FAILED;
}

static int pub_read_stdin(const struct pub *p, struct weir_buf *data)
{
	ssize_t n = 1;
	char *to;

	while (n > 0) {
		to = weir_buf_reserve(data, PUB_READ_BYTES);
		if (!to)
			return pub_complain(p, "stdin is too long");
		n = read(STDIN_FILENO, to, PUB_READ_BYTES);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return pub_complain(p, weir_strerror(-errno));
		else
			data->len += (size_t)n;
	}
	return 0;
}

static int pub_one(const struct pub *p, void *state)
{
	struct weir__pub_line line = {.text = weir_str(p->data)};
	struct weir_buf data, why;
	uint64_t retry_after_s;
	int err = 0;

	weir_buf_init(&data, PUB_DATA_MAX_BYTES + PUB_READ_BYTES);
	weir_buf_init(&why, PUB_READ_BYTES);
	if (strcmp(p->data, "-") == 0) {
		err = pub_read_stdin(p, &data);
		line.text = data.len ? weir_buf_view(&data) : WEIR_STR("");
	}
	if (!err && (data.failed || line.text.n > PUB_DATA_MAX_BYTES))
		err = pub_complain(p, "the data is too long");
	if (!err && p->way->publish(state, &line, 1, &why, &retry_after_s) != WEIR_PUB_OK) {
		weir_buf_char(&why, '\0');
		err = pub_complain(p, why.failed ? "refused" : why.p);
	}
	weir_buf_fini(&data);
	weir_buf_fini(&why);
	return err;
}

static int pub_door(struct pub *p, const struct weir_opts *o, const char *value)
{
	p->door = value;
	p->o.door = weir__door_find(value);
	if (p->o.door)
		p->way = &weir__pub_by_door;
	else if (strcmp(value, "events") == 0)
		p->way = &weir__pub_by_events;
	else if (strcmp(value, "api") == 0)
		p->way = &weir__pub_by_api;
	else
		return weir_opts_bad(
			o, "--door: expected api, events, websocket, msgpack, sse or http-stream, got %s", value);
	return WEIR_EXIT_OK;
}

static int pub_tag(struct pub *p, const struct weir_opts *o, const char *value)
{
	if (weir__pub_add_tag(&p->o.tags, value))
		return weir_opts_bad(o, "--tag: expected NAME=VALUE, got %s", value);
	p->o.tag = weir_xrealloc(p->o.tag, (p->o.n_tags + 1) * sizeof(*p->o.tag));
	p->o.tag[p->o.n_tags++] = value;
	return WEIR_EXIT_OK;
}

static int pub_argument(struct pub *p, const struct weir_opts *o, const char *value)
{
	if (!p->o.channel)
		p->o.channel = value;
	else if (!p->data)
		p->data = value;
	else
		return weir_opts_bad(o, "one argument too many: %s", value);
	return WEIR_EXIT_OK;
}

static int pub_option(struct pub *p, const struct weir_opts *o, int opt, const char *value)
{
	switch (opt) {
	case OPT_DOOR:
		return pub_door(p, o, value);
	case OPT_LINES:
		p->lines = true;
		break;
	case OPT_TAG:
		return pub_tag(p, o, value);
	case OPT_IDEMPOTENCY_KEY:
		if (!weir_utf8_valid(weir_str(value)))
			return weir_opts_bad(o, "--idempotency-key has to be UTF-8");
		p->o.idempotency_key = value;
		break;
	case OPT_SERVER:
		p->o.server = value;
		break;
	case OPT_KEY:
		p->o.key = value;
		break;
	case OPT_TOKEN:
		if (!weir_utf8_valid(weir_str(value)) || strpbrk(value, "\r\n"))
			return weir_opts_bad(o, "a token has to be UTF-8 on one line");
		p->o.token = value;
		break;
	default:
		return pub_argument(p, o, value);
	}
	return WEIR_EXIT_OK;
}

/* What only some of the doors take. */
static int pub_check_door(const struct pub *p, const struct weir_opts *o)
{
	if (p->o.door && p->o.n_tags)
		return weir_opts_bad(o, "--tag is for the doors api and events only");
	if (p->o.door && p->o.idempotency_key)
		return weir_opts_bad(o, "--idempotency-key is for the doors api and events only");
	if (p->way == &weir__pub_by_api && p->o.token)
		return weir_opts_bad(o, "--token is for the other doors; the HTTP API takes --key");
	return WEIR_EXIT_OK;
}

static int pub_parse(struct pub *p, struct weir_opts *o)
{
	const char *value;
	int opt;

	while ((opt = weir_opts_next(o, &value)) >= 0)
		if (pub_option(p, o, opt, value))
			return WEIR_OPTS_BAD;
	if (opt != WEIR_OPTS_END)
		return opt;
	if (!p->o.channel || !*p->o.channel)
		weir_opts_bad(o, "a channel is needed");
	else if (!weir_utf8_valid(weir_str(p->o.channel)))
		weir_opts_bad(o, "the channel has to be UTF-8");
	else if (!p->lines && !p->data)
		weir_opts_bad(o, "DATA is needed, or - for stdin, or --lines");
	else if (p->lines && p->data)
		weir_opts_bad(o, "with --lines the data comes from stdin, got %s", p->data);
	else if (!pub_check_door(p, o))
		return WEIR_OPTS_END;
	return WEIR_OPTS_BAD;
}

static int pub_publish(struct pub *p)
{
	struct weir_random random;
	void *state;
	int code;

	if (p->lines && !p->o.idempotency_key) {
		weir_random_system(&random);
		weir_random_uuid(&random, p->random_key);
		p->o.idempotency_key = p->random_key;
	}
	if (p->way->open(&p->o, &state)) {
		fprintf(p->cli->err, "weir pub: \"%s\" is not the URL of a server, or %s\n", p->o.server,
			p->way == &weir__pub_by_events
				? "a key, a token or a tag cannot be the header of a request (tags: a-z 0-9 . _ -)"
				: "the key is none");
		return WEIR_EXIT_USAGE;
	}
	code = p->lines ? weir__pub_lines(p->way, state, &p->o, STDIN_FILENO, p->cli->err) : pub_one(p, state);
	p->way->close(state);
	return code;
}

static int pub_run(struct weir_cli *cli, int argc, char **argv)
{
	struct pub p = {.cli = cli, .way = &weir__pub_by_api};
	struct weir_opts o;
	int end, code;

	p.o.server = weir__cli_server_url(cli);
	p.o.key = weir__cli_env(cli, "WEIR_API_KEY");
	weir_buf_init(&p.o.tags, PUB_TAGS_MAX_BYTES);
	weir_opts_init(&o, cli, &weir_command_pub, argc, argv);
	end = pub_parse(&p, &o);
	if (end != WEIR_OPTS_END) {
		code = weir_opts_exit(end);
	} else {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		code = pub_publish(&p);
		curl_global_cleanup();
	}
	weir_buf_fini(&p.o.tags);
	free(p.o.tag);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_pub = {
	.name = "pub",
	.usage = "[--door DOOR] [--tag NAME=VALUE]... CHANNEL DATA|-|--lines",
	.summary = "Publish events to a running broker",
	.help = "Publishes DATA, stdin (-) or each line of stdin (--lines). Valid JSON is sent as\n"
		"it is, other text as a JSON string. --lines goes on when the broker is away and\n"
		"comes back; meanwhile nothing more is read. By the HTTP API and by events nothing\n"
		"is published twice then: line N has the idempotency key KEY-N, where KEY is\n"
		"random unless it is given.\n"
		"\n"
		"--door is how they get there: api, the HTTP API with its key; events, a POST to\n"
		"/events/CHANNEL with the key or a token, which takes bytes that are no text too,\n"
		"and tags with lower-case names; or as a client with a token, by websocket,\n"
		"msgpack (the data becomes MessagePack), sse or http-stream. A client's events\n"
		"have neither tags nor idempotency keys: what was on its way when a connection\n"
		"broke may be published twice.\n",
	.options = pub_options,
	.run = pub_run,
};
