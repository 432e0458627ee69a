/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir pub`: publishes one event, or the lines of stdin, through the HTTP API. One event is tried once; lines go on
 * through restarts of the broker (pub_lines.c).
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "pub_priv.h"
#include "weir/base/utf8.h"

#define PUB_READ_BYTES 65536

static const char pub_usage[] =
	"usage: weir pub [OPTION…] CHANNEL DATA|-\n"
	"       weir pub [OPTION…] --lines CHANNEL\n"
	"\n"
	"Publishes DATA, stdin (-), or each line of stdin (--lines). Text that is not JSON is sent as a JSON string.\n"
	"\n"
	"  --lines                each line is one event; survives restarts of the broker\n"
	"  --tag NAME=VALUE       may be given several times\n"
	"  --idempotency-key KEY  publish nothing if this key was seen on the channel; with --lines the key is "
	"KEY-<line>\n"
	"  --server URL           default http://localhost:8000; environment WEIR_SERVER\n"
	"  --key API_KEY          environment WEIR_API_KEY\n";

struct pub {
	struct weir__pub_options o;
	const char *server, *key, *data;
	bool lines;
};

enum pub_option {
	PUB_LINES = 256,
	PUB_TAG,
	PUB_IDEMPOTENCY_KEY,
	PUB_SERVER,
	PUB_KEY,
	PUB_HELP,
};

static const struct option pub_long_options[] = {
	{"lines", no_argument, NULL, PUB_LINES},
	{"tag", required_argument, NULL, PUB_TAG},
	{"idempotency-key", required_argument, NULL, PUB_IDEMPOTENCY_KEY},
	{"server", required_argument, NULL, PUB_SERVER},
	{"key", required_argument, NULL, PUB_KEY},
	{"help", no_argument, NULL, PUB_HELP},
	{0},
};

static int pub_complain(const struct pub *p, const char *what)
{
	fprintf(stderr, "weir pub: %s: %s\n", p->o.channel, what);
	return 1;
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

static int pub_set_option(struct pub *p, int option, const char *value)
{
	switch (option) {
	case PUB_LINES:
		p->lines = true;
		return 0;
	case PUB_TAG:
		if (weir__pub_add_tag(&p->o.tags, value) == 0)
			return 0;
		fprintf(stderr, "weir pub: --tag wants NAME=VALUE, not \"%s\"\n", value);
		return WEIR_EINVALID;
	case PUB_IDEMPOTENCY_KEY:
		p->o.idempotency_key = value;
		return 0;
	case PUB_SERVER:
		p->server = value;
		return 0;
	case PUB_KEY:
		p->key = value;
		return 0;
	default:
		return WEIR_EINVALID;
	}
}

static int pub_parse(struct pub *p, int argc, char **argv)
{
	int option, operands;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", pub_long_options, NULL)) != -1) {
		if (option == PUB_HELP || option == 'h') {
			fputs(pub_usage, stdout);
			return 1;
		}
		if (pub_set_option(p, option, optarg))
			return WEIR_EINVALID;
	}
	operands = argc - optind;
	if (operands != (p->lines ? 1 : 2) || !*argv[optind])
		return WEIR_EINVALID;
	p->o.channel = argv[optind];
	p->data = p->lines ? NULL : argv[optind + 1];
	return weir_utf8_valid(weir_str(p->o.channel)) ? 0 : WEIR_EINVALID;
}

static int pub_run(const struct pub *p)
{
	struct weir__http *http;
	int err;

	if (weir__http_new(p->server, p->key, &http)) {
		fprintf(stderr, "weir pub: \"%s\" is not the URL of a server, or the key is none\n", p->server);
		return 2;
	}
	err = p->lines ? weir__pub_lines(http, &p->o, STDIN_FILENO) : pub_one(p, http);
	weir__http_free(&http);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__pub_main(int argc, char **argv)
{
	struct pub p = {.server = getenv("WEIR_SERVER"), .key = getenv("WEIR_API_KEY")};
	int err;

	if (!p.server || !*p.server)
		p.server = "http://localhost:8000";
	weir_buf_init(&p.o.tags, 1 << 16);
	err = pub_parse(&p, argc, argv);
	if (err < 0) {
		fputs(pub_usage, stderr);
		err = 2;
	} else if (err > 0) {
		err = 0;
	} else {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		err = pub_run(&p);
		curl_global_cleanup();
	}
	weir_buf_fini(&p.o.tags);
	return err;
}
