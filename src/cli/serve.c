/* SPDX-License-Identifier: Apache-2.0 */
/* weir serve: arguments into a configuration, which the broker then takes over. */
#include "weir/app/serve.h"

#include "weir/base/mem.h"
#include "weir/cli/command.h"

enum { OPT_CONFIG, OPT_STRICT, OPT_SET, OPT_DEV, OPT_PORT, OPT_WORKERS };

static const struct weir_option serve_options[] = {
	[OPT_CONFIG] = WEIR_OPTION_CONFIG,
	[OPT_STRICT] = WEIR_OPTION_STRICT,
	[OPT_SET] = WEIR_OPTION_SET,
	[OPT_DEV] = {"dev", 0, NULL, "for development: no token, no key, this machine only"},
	[OPT_PORT] = {"port", 'p', "N", "http_server.port"},
	[OPT_WORKERS] = {"workers", 'w', "N", "workers"},
	{0},
};

/* clang-format off */
#define DEV_CHANNELS(of) \
	"channel." of ".presence=true", \
	"channel." of ".join_leave=true", \
	"channel." of ".history_size=100", \
	"channel." of ".history_ttl=300s", \
	"channel." of ".force_recovery=true", \
	"channel." of ".allowed_delta_types=fossil", \
	"channel." of ".allow_tags_filter=true", \
	"channel." of ".allow_subscribe_for_client=true", \
	"channel." of ".allow_subscribe_for_anonymous=true", \
	"channel." of ".allow_publish_for_client=true", \
	"channel." of ".allow_publish_for_anonymous=true", \
	"channel." of ".allow_presence_for_client=true", \
	"channel." of ".allow_presence_for_anonymous=true", \
	"channel." of ".allow_history_for_client=true", \
	"channel." of ".allow_history_for_anonymous=true"
/* clang-format on */

/* --dev, before what else the command line sets: nothing is protected, so nobody else may reach it. */
static const char *const dev_sets[] = {
	"http_server.address=localhost",
	"client.insecure=true",
	"client.allowed_origins=http://localhost:* http://127.0.0.1:* http://\\[::1\\]:*",
	"http_api.insecure=true",
	"http_stream.enabled=true",
	"sse.enabled=true",
	"dashboard.enabled=true",
	"dashboard.insecure=true",
	"prometheus.enabled=true",
	DEV_CHANNELS("without_namespace"),
};

/* Names to play with, unless a file says what there is. */
static const char *const dev_namespaces[] = {
	DEV_CHANNELS("namespaces.chat"),
	DEV_CHANNELS("namespaces.room"),
	DEV_CHANNELS("namespaces.metrics"),
	"channel.namespaces.metrics.allow_wildcards=true",
	"channel.namespaces.metrics.ordered=true",
};

struct serve_request {
	struct weir_cli_conf given; /* by the command line, in its order */
	bool dev;
	char port[64], workers[64]; /* "option=value" */
};

static int serve_option(struct serve_request *r, const struct weir_opts *o, int opt, const char *value)
{
	switch (opt) {
	case OPT_CONFIG:
		r->given.path = value;
		break;
	case OPT_STRICT:
		r->given.strict = true;
		break;
	case OPT_SET:
		weir_cli_conf_set(&r->given, value);
		break;
	case OPT_DEV:
		r->dev = true;
		break;
	case OPT_PORT:
		snprintf(r->port, sizeof(r->port), "http_server.port=%s", value);
		weir_cli_conf_set(&r->given, r->port);
		break;
	case OPT_WORKERS:
		snprintf(r->workers, sizeof(r->workers), "workers=%s", value);
		weir_cli_conf_set(&r->given, r->workers);
		break;
	default:
		return weir_opts_bad(o, "takes no argument, got %s; a file is given with --config", value);
	}
	return WEIR_EXIT_OK;
}

static struct weir_conf *serve_load(struct weir_cli *cli, const struct serve_request *r)
{
	struct weir_cli_conf all = {.path = r->given.path, .strict = r->given.strict};
	struct weir_conf *conf;

	for (size_t i = 0; r->dev && i < WEIR_ARRAY_LEN(dev_sets); i++)
		weir_cli_conf_set(&all, dev_sets[i]);
	for (size_t i = 0; r->dev && !r->given.path && i < WEIR_ARRAY_LEN(dev_namespaces); i++)
		weir_cli_conf_set(&all, dev_namespaces[i]);
	for (size_t i = 0; i < r->given.n_sets; i++)
		weir_cli_conf_set(&all, r->given.sets[i]);
	conf = weir_cli_conf_load(cli, &all);
	weir_cli_conf_fini(&all);
	return conf;
}

static int serve_run(struct weir_cli *cli, int argc, char **argv)
{
	struct serve_request r = {.dev = false};
	struct weir_conf *conf = NULL;
	struct weir_opts o;
	const char *value;
	int opt, code = WEIR_EXIT_OK;

	weir_opts_init(&o, cli, &weir_command_serve, argc, argv);
	while (!code && (opt = weir_opts_next(&o, &value)) >= 0)
		code = serve_option(&r, &o, opt, value);
	if (!code && opt != WEIR_OPTS_END) {
		code = weir_opts_exit(opt);
	} else if (!code) {
		conf = serve_load(cli, &r);
		code = conf ? weir_app_serve(conf) : WEIR_EXIT_FAILED;
	}
	weir_cli_conf_fini(&r.given);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_serve = {
	.name = "serve",
	.usage = "[--config FILE] [--dev] [--port N] [--workers N] [--set OPTION=VALUE]...",
	.summary = "Run the broker",
	.help = "Without a file: defaults, WEIR_... of the environment and --set. With the\n"
		"defaults no client and no caller of the HTTP API is let in; see --dev, or set\n"
		"client.token.hmac_secret_key and http_api.key.\n",
	.options = serve_options,
	.run = serve_run,
};
