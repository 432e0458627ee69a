/* SPDX-License-Identifier: Apache-2.0 */
/* weir token: a signed token for a client, or for its subscription to one channel. */
#include "weir/session/token.h"
#include "weir/base/utf8.h"
#include "weir/cli/command.h"

#define TOKEN_BYTES    (64u << 10)
#define DEFAULT_TTL_MS (3600 * 1000)

enum { OPT_USER, OPT_CHANNEL, OPT_ADMIN, OPT_TTL, OPT_SECRET, OPT_CONFIG, OPT_SET };

static const struct weir_option token_options[] = {
	[OPT_USER] = {"user", 'u', "USER", "whom it is for; \"\" is the anonymous user"},
	[OPT_CHANNEL] = {"channel", 'C', "CHANNEL", "make it a token for this subscription"},
	[OPT_ADMIN] = {"admin", 0, NULL, "of somebody who may do everything: the dashboard takes it"},
	[OPT_TTL] = {"ttl", 't', "DURATION", "it expires after this (1h); 0: never"},
	[OPT_SECRET] = {"secret", 0, "SECRET", "sign with this, not with the configured secret"},
	[OPT_CONFIG] = WEIR_OPTION_CONFIG,
	[OPT_SET] = WEIR_OPTION_SET,
	{0},
};

struct token_request {
	const char *user, *channel, *secret;
	bool admin;
	int64_t ttl_ms;
	struct weir_cli_conf conf;
};

static void token_claims(const struct weir_cli *cli, const struct token_request *r, struct weir_buf *out)
{
	int64_t now_s = weir_wall_ms(cli->clock) / 1000;

	weir_buf_lit(out, "{\"sub\":");
	weir_json_append_string(out, weir_str(r->user));
	if (r->channel) {
		weir_buf_lit(out, ",\"channel\":");
		weir_json_append_string(out, weir_str(r->channel));
	}
	if (r->admin)
		weir_buf_lit(out, ",\"weir\":{\"admin\":true}");
	weir_buf_lit(out, ",\"iat\":");
	weir_buf_i64(out, now_s);
	if (r->ttl_ms) {
		weir_buf_lit(out, ",\"exp\":");
		weir_buf_i64(out, now_s + (r->ttl_ms + 999) / 1000);
	}
	weir_buf_char(out, '}');
}

static int token_print(struct weir_cli *cli, const struct token_request *r, struct weir_str secret)
{
	struct weir_buf claims, token;
	int err;

	if (secret.n == 0) {
		fprintf(cli->err, "weir token: client.token.hmac_secret_key is not set\n");
		return WEIR_EXIT_FAILED;
	}
	weir_buf_init(&claims, TOKEN_BYTES);
	weir_buf_init(&token, 2 * TOKEN_BYTES);
	token_claims(cli, r, &claims);
	err = claims.failed ? WEIR_ELIMIT : weir_token_sign(secret, weir_buf_view(&claims), &token);
	if (err)
		fprintf(cli->err, "weir token: %s\n", weir_strerror(err));
	else
		fprintf(cli->out, "%.*s\n", WEIR_STR_FMT(weir_buf_view(&token)));
	weir_buf_fini(&claims);
	weir_buf_fini(&token);
	return err ? WEIR_EXIT_FAILED : WEIR_EXIT_OK;
}

static int token_with_conf(struct weir_cli *cli, const struct token_request *r)
{
	struct weir_conf *conf = weir_cli_conf_load(cli, &r->conf);
	int code = conf ? token_print(cli, r, weir_str(conf->client.token.hmac_secret_key)) : WEIR_EXIT_FAILED;

	weir_conf_free(&conf);
	return code;
}

static int token_option(struct token_request *r, const struct weir_opts *o, int opt, const char *value)
{
	switch (opt) {
	case OPT_USER:
		r->user = value;
		break;
	case OPT_CHANNEL:
		r->channel = value;
		break;
	case OPT_ADMIN:
		r->admin = true;
		break;
	case OPT_TTL:
		if (weir_str_duration(weir_str(value), &r->ttl_ms) || r->ttl_ms < 0)
			return weir_opts_bad(o, "--ttl: expected a duration such as 1h, got %s", value);
		break;
	case OPT_SECRET:
		r->secret = value;
		break;
	case OPT_CONFIG:
		r->conf.path = value;
		break;
	case OPT_SET:
		weir_cli_conf_set(&r->conf, value);
		break;
	default:
		return weir_opts_bad(o, "takes no argument, got %s", value);
	}
	return WEIR_EXIT_OK;
}

static int token_parse(struct token_request *r, struct weir_opts *o)
{
	const char *value;
	int opt;

	while ((opt = weir_opts_next(o, &value)) >= 0)
		if (token_option(r, o, opt, value))
			return WEIR_OPTS_BAD;
	if (opt != WEIR_OPTS_END)
		return opt;
	if (!r->user)
		weir_opts_bad(o, "--user is needed");
	else if (!weir_utf8_valid(weir_str(r->user)) || !weir_utf8_valid(weir_str(r->channel)))
		weir_opts_bad(o, "user and channel have to be UTF-8");
	else if (r->admin && r->channel)
		weir_opts_bad(o, "--admin is for connections, not with --channel");
	else if (r->secret && !*r->secret)
		weir_opts_bad(o, "--secret is empty");
	else
		return WEIR_OPTS_END;
	return WEIR_OPTS_BAD;
}

static int token_run(struct weir_cli *cli, int argc, char **argv)
{
	struct token_request r = {.ttl_ms = DEFAULT_TTL_MS};
	struct weir_opts o;
	int end, code;

	weir_opts_init(&o, cli, &weir_command_token, argc, argv);
	end = token_parse(&r, &o);
	if (end != WEIR_OPTS_END)
		code = weir_opts_exit(end);
	else if (r.secret)
		code = token_print(cli, &r, weir_str(r.secret));
	else
		code = token_with_conf(cli, &r);
	weir_cli_conf_fini(&r.conf);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_token = {
	.name = "token",
	.usage = "--user USER [--channel CHANNEL | --admin] [--ttl DURATION] [--config FILE]",
	.summary = "Print a signed token for a client",
	.help = "A JWT, signed with HS256 and client.token.hmac_secret_key of the configuration\n"
		"(the environment's WEIR_CLIENT_TOKEN_HMAC_SECRET_KEY will do). What is given\n"
		"with --secret or --set can be seen in the list of processes.\n",
	.options = token_options,
	.run = token_run,
};
