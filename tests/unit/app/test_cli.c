/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line without a process: commands run on streams in memory, with an environment and a clock of their own.
 * The broker that `serve` would start is replaced by one that keeps the configuration it was given.
 */
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "weir/app/serve.h"
#include "weir/base/mem.h"
#include "weir/cli/command.h"

#define SECRET "0123456789abcdef0123456789abcdef"

const char weir_test_suite[] = "cli";

static struct weir_conf *served;

int weir_app_serve(struct weir_conf *conf)
{
	weir_conf_free(&served);
	served = conf;
	return 7;
}

static uint64_t clock_mono(void *ctx)
{
	(void)ctx;
	return 0;
}

static int64_t clock_wall(void *ctx)
{
	(void)ctx;
	return INT64_C(1700000000123);
}

struct run {
	int code;
	char *out, *err;
};

static void run_with(struct run *r, const char *const *environ, const char *const *args)
{
	static const struct weir_command *const commands[] = {&weir_command_serve, &weir_command_check,
		&weir_command_config, &weir_command_token, &weir_command_version, &weir_command_help, NULL};
	static const struct weir_clock clock = {clock_mono, clock_wall, NULL};
	struct weir_cli cli = {.environ = environ, .clock = &clock, .commands = commands};
	char name[] = "weir", *argv[16] = {name};
	size_t out_n, err_n;
	int argc = 1;

	while (*args)
		argv[argc++] = (char *)*args++;
	cli.out = open_memstream(&r->out, &out_n);
	cli.err = open_memstream(&r->err, &err_n);
	CU_ASSERT_FATAL(cli.out && cli.err);
	r->code = weir_cli_run(&cli, argc, argv);
	fclose(cli.out);
	fclose(cli.err);
}

#define RUN(r, ...) run_with((r), NULL, (const char *const[]){__VA_ARGS__, NULL})

static void run_free(struct run *r)
{
	free(r->out);
	free(r->err);
}

/* Exits with 2, says so on standard error and nothing on standard output. */
static void wrong(const char *const *args, const char *message)
{
	struct run r;

	run_with(&r, NULL, args);
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_USAGE);
	CU_ASSERT_STRING_EQUAL(r.out, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, message));
	if (!strstr(r.err, message))
		fprintf(stderr, "\nnot said: %s\nbut: %s", message, r.err);
	run_free(&r);
}

#define WRONG(message, ...) wrong((const char *const[]){__VA_ARGS__, NULL}, message)

static void test_wrong_usage(void)
{
	wrong((const char *const[]){NULL}, "usage: weir COMMAND");
	WRONG("weir: unknown command chekc; did you mean check?\nTry: weir help\n", "chekc");
	WRONG("weir: unknown command frobnicate\n", "frobnicate");
	WRONG("weir check: unknown option --strikt; did you mean --strict?\nTry: weir help check\n", "check",
		"--strikt");
	WRONG("weir check: unknown option --frobnicate\n", "check", "--frobnicate=1");
	WRONG("weir check: unknown option -x\n", "check", "-x");
	WRONG("weir check: --config needs FILE\n", "check", "--config");
	WRONG("weir check: --config needs FILE\n", "check", "-c");
	WRONG("weir check: --strict takes no value\n", "check", "--strict=yes");
	WRONG("weir check: one file at a time: b\n", "check", "a", "b");
	WRONG("weir config: one file at a time: b\n", "config", "a", "--", "b");
	WRONG("weir serve: takes no argument, got weir.yaml; a file is given with --config\n", "serve", "weir.yaml");
	WRONG("weir version: takes no argument, got x\n", "version", "x");
	WRONG("weir help: there is no command x\n", "help", "x");
	WRONG("weir help: one command at a time: check\n", "help", "token", "check");
	WRONG("weir token: --user is needed\n", "token");
	WRONG("weir token: --ttl: expected a duration such as 1h, got 5\n", "token", "--user=u", "--ttl", "5");
	WRONG("weir token: --ttl: expected a duration such as 1h, got -5s\n", "token", "--user=u", "--ttl", "-5s");
	WRONG("weir token: user and channel have to be UTF-8\n", "token", "--user=\xff");
	WRONG("weir token: --secret is empty\n", "token", "--user=u", "--secret=");
	WRONG("weir token: --admin is for connections, not with --channel\n", "token", "--user=u", "--admin", "-Ca");
}

static void test_help(void)
{
	static const char *const ways[][3] = {{"help"}, {"--help"}, {"-h"}};
	struct run r;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(ways); i++) {
		run_with(&r, NULL, ways[i]);
		CU_ASSERT_EQUAL(r.code, 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\n  check     Tell what is wrong with a configuration\n"));
		CU_ASSERT_STRING_EQUAL(r.err, "");
		run_free(&r);
	}
	RUN(&r, "help", "check");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "  -c, --config FILE            configuration file"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "      --strict                 treat"));
	run_free(&r);
	RUN(&r, "token", "--user", "u", "-h");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "usage: weir token --user USER"));
	run_free(&r);
	RUN(&r, "config", "--help");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NULL(strstr(r.out, "markdown"));
	run_free(&r);
}

static void test_version(void)
{
	struct run r;

	RUN(&r, "version");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(strncmp(r.out, "weir ", 5), 0);
	run_free(&r);
	RUN(&r, "--version");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(strncmp(r.out, "weir ", 5), 0);
	run_free(&r);
}

static void test_check(void)
{
	static const char *const environ[] = {"WEIR_CLIENT_PING_INTERVAL=x", NULL};
	struct run r;

	RUN(&r, "check");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_STRING_EQUAL(r.out, "0 errors, 0 warnings\n");
	run_free(&r);
	RUN(&r, "check", "/nonexistent/weir.yaml");
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_FAILED);
	CU_ASSERT_STRING_EQUAL(r.out, "/nonexistent/weir.yaml: No such file or directory\n1 error, 0 warnings\n");
	run_free(&r);
	run_with(&r, environ, (const char *const[]){"check", NULL});
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "WEIR_CLIENT_PING_INTERVAL: client.ping_interval: expected a duration"));
	run_free(&r);
	run_with(&r, environ, (const char *const[]){"check", "-sclient.ping_interval=30s", NULL});
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_FAILED);
	run_free(&r);
	RUN(&r, "check", "--set", "client.token.hmac_secret_key=short");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\n0 errors, 1 warning\n"));
	run_free(&r);
	RUN(&r, "check", "--strict", "--set", "client.token.hmac_secret_key=short");
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_FAILED);
	run_free(&r);
}

static void expect_warning(const char *a, const char *b, const char *text)
{
	struct run r;

	run_with(&r, NULL, (const char *const[]){"check", "--set", a, "--set", b, NULL});
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, text));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "0 errors, 1 warning\n"));
	run_free(&r);
}

static void test_check_dashboard(void)
{
	expect_warning("dashboard.password=a long enough password", "dashboard.enabled=false",
		"dashboard.password: has no effect without dashboard.enabled");
	expect_warning("dashboard.insecure=true", "dashboard.enabled=false",
		"dashboard.insecure: has no effect without dashboard.enabled");
	expect_warning("dashboard.password=short", "workers=1", "dashboard.password: 5 bytes can be guessed");
	expect_warning("dashboard.insecure=true", "workers=1", "dashboard.insecure: whoever comes through a proxy");
	expect_warning("prometheus.require_key=true", "http_api.key=k",
		"prometheus.require_key: has no effect without prometheus.enabled");
	expect_warning("prometheus.require_key=true", "prometheus.enabled=true",
		"prometheus.require_key: there is no http_api.key to send");
}

static void test_config(void)
{
	static const char *const environ[] = {"WEIR_HTTP_API_KEY=canary", "WEIR_WORKERS=5", NULL};
	struct run r;

	run_with(&r, environ, (const char *const[]){"config", "--set=http_server.port=1", NULL});
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\n  port: 1\nworkers: 5\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\nhttp_api:\n  key: \"***\"\n"));
	CU_ASSERT_PTR_NULL(strstr(r.out, "canary"));
	run_free(&r);
	RUN(&r, "config", "--defaults");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\n# threads that serve connections"));
	run_free(&r);
	RUN(&r, "config", "--set", "workers=x");
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_FAILED);
	CU_ASSERT_STRING_EQUAL(r.out, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "command line: workers: expected"));
	run_free(&r);
}

/* The claims of the token that a run has printed. */
static void token_claims(const struct run *r, const char *audience, struct weir_claims *out)
{
	const struct weir_token_options o = {.hmac_secret = WEIR_STR(SECRET), .audience = weir_str(audience)};
	struct weir_token_keys *keys;
	struct weir_buf why;

	weir_buf_init(&why, 256);
	CU_ASSERT_EQUAL_FATAL(weir_token_keys_new(&o, &keys, &why), 0);
	CU_ASSERT_EQUAL_FATAL(weir_token_verify(keys, weir_str_trim(weir_str(r->out)), 1700000000, out, NULL), 0);
	weir_token_keys_free(&keys);
	weir_buf_fini(&why);
}

static void test_token(void)
{
	static const char *const environ[] = {"WEIR_CLIENT_TOKEN_HMAC_SECRET_KEY=" SECRET, NULL};
	struct weir_claims claims;
	struct run r;

	RUN(&r, "token", "--user", "4\"2", "--secret", SECRET);
	CU_ASSERT_EQUAL_FATAL(r.code, 0);
	token_claims(&r, NULL, &claims);
	CU_ASSERT(weir_str_is(claims.sub, "4\"2"));
	CU_ASSERT_PTR_NULL(claims.channel.p);
	CU_ASSERT_EQUAL(claims.expire_at_s, 1700003600);
	CU_ASSERT_FALSE(claims.admin);
	weir_claims_fini(&claims);
	run_free(&r);

	run_with(&r, environ, (const char *const[]){"token", "-u", "", "-C", "$chat:1", "-t", "1500ms", NULL});
	CU_ASSERT_EQUAL_FATAL(r.code, 0);
	token_claims(&r, NULL, &claims);
	CU_ASSERT(weir_str_is(claims.sub, ""));
	CU_ASSERT(weir_str_is(claims.channel, "$chat:1"));
	CU_ASSERT_EQUAL(claims.expire_at_s, 1700000002);
	weir_claims_fini(&claims);
	run_free(&r);

	run_with(&r, environ, (const char *const[]){"token", "--user=u", "--ttl=0", NULL});
	CU_ASSERT_EQUAL_FATAL(r.code, 0);
	token_claims(&r, NULL, &claims);
	CU_ASSERT_EQUAL(claims.expire_at_s, 0);
	weir_claims_fini(&claims);
	run_free(&r);

	run_with(&r, environ, (const char *const[]){"token", "--user=u", "--admin", NULL});
	CU_ASSERT_EQUAL_FATAL(r.code, 0);
	token_claims(&r, NULL, &claims);
	CU_ASSERT_TRUE(claims.admin);
	weir_claims_fini(&claims);
	run_free(&r);

	RUN(&r, "token", "--user", "u");
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_FAILED);
	CU_ASSERT_STRING_EQUAL(r.err, "weir token: client.token.hmac_secret_key is not set\n");
	run_free(&r);
}

static void test_serve(void)
{
	static const char *const environ[] = {"WEIR_HTTP_SERVER_PORT=1", "WEIR_WORKERS=2", NULL};
	struct run r;

	run_with(&r, environ, (const char *const[]){"serve", "--port", "9000", "--set", "workers=4", "-w3", NULL});
	CU_ASSERT_EQUAL(r.code, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(served);
	CU_ASSERT_EQUAL(served->http_server.port, 9000);
	CU_ASSERT_EQUAL(served->workers, 3);
	CU_ASSERT_FALSE(served->client.insecure);
	CU_ASSERT_FALSE(served->http_api.insecure);
	CU_ASSERT_TRUE(served->dashboard.enabled);
	CU_ASSERT(!served->dashboard.insecure && !*served->dashboard.password && !served->prometheus.enabled);
	CU_ASSERT_STRING_EQUAL(served->http_server.address, "");
	run_free(&r);
	weir_conf_free(&served);

	RUN(&r, "serve", "--port", "65536");
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_FAILED);
	CU_ASSERT_PTR_NULL(served);
	CU_ASSERT_STRING_EQUAL(
		r.err, "command line: http_server.port: expected a whole number from 0 to 65535, got \"65536\"\n");
	run_free(&r);

	RUN(&r, "serve", "--strict", "--set", "client.token.hmac_secret_key=short");
	CU_ASSERT_EQUAL(r.code, WEIR_EXIT_FAILED);
	CU_ASSERT_PTR_NULL(served);
	run_free(&r);
}

/*
 * --dev opens everything, and to this machine only, whatever file and environment say; the command line may change
 * it.
 */
static void test_serve_dev(void)
{
	static const char *const environ[] = {"WEIR_HTTP_SERVER_ADDRESS=::", NULL};
	const struct weir_namespace *ns;
	struct run r;

	run_with(&r, environ,
		(const char *const[]){
			"serve", "--set", "channel.without_namespace.history_size=5", "--dev", "--port=0", NULL});
	CU_ASSERT_EQUAL(r.code, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(served);
	CU_ASSERT_STRING_EQUAL(served->http_server.address, "localhost");
	CU_ASSERT_EQUAL(served->http_server.port, 0);
	CU_ASSERT_TRUE(served->client.insecure);
	CU_ASSERT_TRUE(served->http_api.insecure);
	CU_ASSERT(served->dashboard.enabled && served->dashboard.insecure && served->prometheus.enabled);
	CU_ASSERT_EQUAL_FATAL(served->client.allowed_origins.n, 3);
	CU_ASSERT_STRING_EQUAL(served->client.allowed_origins.v[0], "http://localhost:*");
	CU_ASSERT_STRING_EQUAL(served->client.allowed_origins.v[2], "http://\\[::1\\]:*");
	ns = &served->channel.without_namespace;
	CU_ASSERT_EQUAL(ns->history_size, 5);
	CU_ASSERT_EQUAL(ns->history_ttl_ms, 300000);
	CU_ASSERT(ns->presence && ns->join_leave && ns->force_recovery && ns->allow_tags_filter && ns->delta_fossil);
	CU_ASSERT(ns->allow_subscribe_for_client && ns->allow_publish_for_client && ns->allow_presence_for_client &&
		  ns->allow_history_for_client);
	CU_ASSERT_STRING_EQUAL(r.err, "");
	run_free(&r);
	weir_conf_free(&served);
}

static void test_output_that_cannot_be_written(void)
{
	static const struct weir_command *const commands[] = {&weir_command_version, NULL};
	char name[] = "weir", command[] = "version", *argv[] = {name, command, NULL}, *err = NULL;
	struct weir_cli cli = {.commands = commands, .clock = &weir_clock_real};
	size_t err_n;

	cli.out = fopen("/dev/full", "w");
	cli.err = open_memstream(&err, &err_n);
	CU_ASSERT_FATAL(cli.out && cli.err);
	CU_ASSERT_EQUAL(weir_cli_run(&cli, 2, argv), WEIR_EXIT_FAILED);
	fclose(cli.out);
	fclose(cli.err);
	CU_ASSERT_STRING_EQUAL(err, "weir: the output could not be written\n");
	free(err);
}

CU_TestInfo weir_tests[] = {
	{"wrong usage", test_wrong_usage},
	{"help", test_help},
	{"version", test_version},
	{"check", test_check},
	{"check: the dashboard", test_check_dashboard},
	{"config", test_config},
	{"token", test_token},
	{"serve", test_serve},
	{"serve --dev", test_serve_dev},
	{"output that cannot be written", test_output_that_cannot_be_written},
	CU_TEST_INFO_NULL,
};
