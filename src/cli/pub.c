/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir pub`: publishes one event, or the lines of stdin, through the HTTP API. One event is tried once; lines go on
 * through restarts of the broker (pub_lines.c).
 */
#include <errno.h>
#include <unistd.h>

#include <curl/curl.h>

#include "pub_priv.h"
#include "server_url_priv.h"
#include "weir/base/utf8.h"

#define PUB_READ_BYTES     65536
#define PUB_TAGS_MAX_BYTES 65536

enum { OPT_LINES, OPT_TAG, OPT_IDEMPOTENCY_KEY, OPT_SERVER, OPT_KEY };

static const struct weir_option pub_options[] = {
	[OPT_LINES] = {"lines", 0, NULL, "each line of stdin is one event"},
	[OPT_TAG] = {"tag", 0, "NAME=VALUE", "a tag of the event; may be repeated"},
	[OPT_IDEMPOTENCY_KEY] = {"idempotency-key", 0, "KEY", "publish nothing if the channel has seen it"},
	[OPT_SERVER] = WEIR_OPTION_SERVER,
	[OPT_KEY] = {"key", 0, "API_KEY", "default WEIR_API_KEY of the environment"},
	{0},
};

struct pub {
	struct weir_cli *cli;
	struct weir__pub_options o;
	const char *server, *key, *data;
	bool lines;
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

static int pub_post(const struct pub *p, struct weir__http *http, struct weir_str body, struct weir_buf *why)
{
	struct weir__http_reply reply;
	struct weir_json answer;

	weir__http_post(http, "/api/publish", body, &reply);
	if (weir__pub_answer(&reply, &answer, why) == WEIR_PUB_OK && weir__pub_result(answer, why) == WEIR_PUB_OK)
		return 0;
	weir_buf_char(why, '\0');
	return pub_complain(p, why->failed ? "refused" : why->p);
}

static int pub_one(const struct pub *p, struct weir__http *http)
{
	struct weir_buf data, body, why;
	int err = 0;

	weir_buf_init(&data, PUB_DATA_MAX_BYTES + PUB_READ_BYTES);
	weir_buf_init(&body, 8 * PUB_DATA_MAX_BYTES);
	weir_buf_init(&why, 1024);
	if (strcmp(p->data, "-") == 0)
		err = pub_read_stdin(p, &data);
	else
		weir_buf_str(&data, weir_str(p->data));
	if (!err && weir__pub_append_request(&body, &p->o, weir_buf_view(&data), weir_str(p->o.idempotency_key)))
		err = pub_complain(p, weir_strerror(WEIR_EUTF8));
	if (!err && (data.failed || body.failed))
		err = pub_complain(p, "the data is too long");
	if (!err)
		err = pub_post(p, http, weir_buf_view(&body), &why);
	weir_buf_fini(&data);
	weir_buf_fini(&body);
	weir_buf_fini(&why);
	return err;
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
	case OPT_LINES:
		p->lines = true;
		break;
	case OPT_TAG:
		if (weir__pub_add_tag(&p->o.tags, value))
			return weir_opts_bad(o, "--tag: expected NAME=VALUE, got %s", value);
		break;
	case OPT_IDEMPOTENCY_KEY:
		if (!weir_utf8_valid(weir_str(value)))
			return weir_opts_bad(o, "--idempotency-key has to be UTF-8");
		p->o.idempotency_key = value;
		break;
	case OPT_SERVER:
		p->server = value;
		break;
	case OPT_KEY:
		p->key = value;
		break;
	default:
		return pub_argument(p, o, value);
	}
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
	else
		return WEIR_OPTS_END;
	return WEIR_OPTS_BAD;
}

static int pub_connect(const struct pub *p)
{
	struct weir__http *http;
	int code;

	if (weir__http_new(p->server, p->key, &http)) {
		fprintf(p->cli->err, "weir pub: \"%s\" is not the URL of a server, or the key is none\n", p->server);
		return WEIR_EXIT_USAGE;
	}
	code = p->lines ? weir__pub_lines(http, &p->o, STDIN_FILENO, p->cli->err) : pub_one(p, http);
	weir__http_free(&http);
	return code;
}

static int pub_run(struct weir_cli *cli, int argc, char **argv)
{
	struct pub p = {.cli = cli, .server = weir__cli_server_url(cli), .key = weir__cli_env(cli, "WEIR_API_KEY")};
	struct weir_opts o;
	int end, code;

	weir_buf_init(&p.o.tags, PUB_TAGS_MAX_BYTES);
	weir_opts_init(&o, cli, &weir_command_pub, argc, argv);
	end = pub_parse(&p, &o);
	if (end != WEIR_OPTS_END) {
		code = weir_opts_exit(end);
	} else {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		code = pub_connect(&p);
		curl_global_cleanup();
	}
	weir_buf_fini(&p.o.tags);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_pub = {
	.name = "pub",
	.usage = "[--tag NAME=VALUE]... CHANNEL DATA|-|--lines",
	.summary = "Publish events to a running broker",
	.help = "Publishes DATA, stdin (-) or each line of stdin (--lines) by the HTTP API.\n"
		"Valid JSON is sent as it is, other text as a JSON string. --lines goes on when\n"
		"the broker is away and comes back; then nothing more is read, and nothing is\n"
		"published twice: line N has the idempotency key KEY-N, where KEY is random\n"
		"unless it is given.\n",
	.options = pub_options,
	.run = pub_run,
};
