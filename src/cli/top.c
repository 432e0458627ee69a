/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir top`: who is slow and why, live, by the HTTP API. Its loop (top_live.c) runs on a terminal; else, and with
 * --once or --json, one round is printed. Rates take two answers, so a printed table takes an interval.
 */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "server_url_priv.h"
#include "top_live_priv.h"

#define TOP_INTERVAL_MS     1000
#define TOP_INTERVAL_MIN_MS 100
#define TOP_INTERVAL_MAX_MS 3600000
#define TOP_LIMIT           100
#define TOP_LIMIT_MAX       1000 /* the API's */
#define TOP_TIMEOUT_MS      5000
#define TOP_RAW_MAX_BYTES   (64 << 20)
#define TOP_OUT_MAX_BYTES   (64 << 20)

enum { OPT_INTERVAL, OPT_SORT, OPT_LIMIT, OPT_ONCE, OPT_JSON, OPT_SERVER, OPT_KEY };

static const struct weir_option top_options[] = {
	[OPT_INTERVAL] = {"interval", 'i', "TIME", "between two rounds, as 500ms; default 1s"},
	[OPT_SORT] = {"sort", 0, "ORDER", "lag (default), bytes or dropped"},
	[OPT_LIMIT] = {"limit", 0, "N", "the worst N clients, up to 1000; default 100"},
	[OPT_ONCE] = {"once", 0, NULL, "print one table and end"},
	[OPT_JSON] = {"json", 0, NULL, "print the answers of one round and end"},
	[OPT_SERVER] = WEIR_OPTION_SERVER,
	[OPT_KEY] = {"key", 0, "API_KEY", "default WEIR_API_KEY of the environment"},
	{0},
};

static int top_interval(struct weir__top *t, const struct weir_opts *o, const char *value)
{
	int64_t ms;

	if (weir_str_duration(weir_str(value), &ms) || ms < TOP_INTERVAL_MIN_MS || ms > TOP_INTERVAL_MAX_MS)
		return weir_opts_bad(o, "--interval: expected 100ms to 1h, got %s", value);
	t->interval_ms = (uint64_t)ms;
	return WEIR_EXIT_OK;
}

static int top_limit(struct weir__top *t, const struct weir_opts *o, const char *value)
{
	if (weir_str_u64(weir_str(value), &t->limit) || !t->limit || t->limit > TOP_LIMIT_MAX)
		return weir_opts_bad(o, "--limit: expected 1 to %d, got %s", TOP_LIMIT_MAX, value);
	return WEIR_EXIT_OK;
}

static int top_sort(struct weir__top *t, const struct weir_opts *o, const char *value)
{
	if (weir__top_sort_find(value, &t->model.sort))
		return weir_opts_bad(o, "--sort: expected lag, bytes or dropped, got %s", value);
	return WEIR_EXIT_OK;
}

static int top_option(struct weir__top *t, const struct weir_opts *o, int opt, const char *value)
{
	switch (opt) {
	case OPT_INTERVAL:
		return top_interval(t, o, value);
	case OPT_SORT:
		return top_sort(t, o, value);
	case OPT_LIMIT:
		return top_limit(t, o, value);
	case OPT_ONCE:
		t->once = true;
		break;
	case OPT_JSON:
		t->json = true;
		break;
	case OPT_SERVER:
		t->server = value;
		break;
	case OPT_KEY:
		t->key = value;
		break;
	default:
		return weir_opts_bad(o, "it takes no argument, got %s", value);
	}
	return WEIR_EXIT_OK;
}

static int top_parse(struct weir__top *t, struct weir_opts *o)
{
	const char *value;
	int opt;

	while ((opt = weir_opts_next(o, &value)) >= 0)
		if (top_option(t, o, opt, value))
			return WEIR_OPTS_BAD;
	return opt;
}

static void top_sleep(uint64_t ms)
{
	struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static bool top_round(struct weir__top *t)
{
	return weir__top_fetch_round(&t->fetch) == WEIR_TOP_ROUND;
}

static int top_print_json(struct weir__top *t)
{
	struct weir_buf raw;
	bool ok;

	weir_buf_init(&raw, TOP_RAW_MAX_BYTES);
	t->fetch.raw = &raw;
	ok = top_round(t);
	t->fetch.raw = NULL;
	if (ok && !raw.failed)
		fprintf(t->cli->out, "{\"time\":%lld%.*s}\n", (long long)weir_wall_ms(t->cli->clock),
			WEIR_STR_FMT(weir_buf_view(&raw)));
	weir_buf_fini(&raw);
	return ok ? WEIR_EXIT_OK : weir__top_complain(t);
}

static int top_print(struct weir__top *t)
{
	struct weir_buf out;
	int fd = fileno(t->cli->out);

	if (!top_round(t))
		return weir__top_complain(t);
	top_sleep(t->interval_ms);
	if (!top_round(t))
		return weir__top_complain(t);
	if (fd >= 0 && isatty(fd))
		weir__top_term_size(fd, &t->view.width, &(unsigned){0});
	weir_buf_init(&out, TOP_OUT_MAX_BYTES);
	weir__top_draw(&out, &t->view, &t->model);
	fwrite(out.p, 1, out.len, t->cli->out);
	weir_buf_fini(&out);
	return WEIR_EXIT_OK;
}

static int top_connected(struct weir__top *t)
{
	int fd = fileno(t->cli->out), code;

	weir__http_set_timeout(t->http, TOP_TIMEOUT_MS);
	weir__top_fetch_init(&t->fetch, t->http, t->cli->clock, &t->model, t->limit);
	if (t->json)
		code = top_print_json(t);
	else if (t->once || fd < 0 || !isatty(fd) || !isatty(STDIN_FILENO))
		code = top_print(t);
	else
		code = weir__top_live(t, STDIN_FILENO, fd);
	weir__top_fetch_fini(&t->fetch);
	return code;
}

static int top_run(struct weir_cli *cli, int argc, char **argv)
{
	struct weir__top t = {.cli = cli,
		.server = weir__cli_server_url(cli),
		.key = weir__cli_env(cli, "WEIR_API_KEY"),
		.interval_ms = TOP_INTERVAL_MS,
		.limit = TOP_LIMIT};
	struct weir_opts o;
	int end, code;

	weir_opts_init(&o, cli, &weir_command_top, argc, argv);
	end = top_parse(&t, &o);
	if (end != WEIR_OPTS_END)
		return weir_opts_exit(end);
	weir__top_view_init(&t.view);
	t.view.server = t.server;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (weir__http_new(t.server, t.key, &t.http)) {
		fprintf(cli->err, "weir top: \"%s\" is not the URL of a server, or the key is none\n", t.server);
		code = WEIR_EXIT_USAGE;
	} else {
		code = top_connected(&t);
	}
	weir__http_free(&t.http);
	curl_global_cleanup();
	weir__top_model_fini(&t.model);
	weir__top_view_fini(&t.view);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__top_complain(const struct weir__top *t)
{
	fprintf(t->cli->err, "weir top: %s: %s\n", t->server, t->fetch.why.len ? t->fetch.why.p : "no answer");
	return WEIR_EXIT_FAILED;
}

const struct weir_command weir_command_top = {
	.name = "top",
	.usage = "[--interval TIME] [--sort ORDER] [--once|--json]",
	.summary = "Show who is slow and why",
	.help = "Shows the clients of a running broker that are furthest behind, what waits for\n"
		"them and what they have lost, by the HTTP API: of each the lag (age of the oldest\n"
		"event that waits), the queue, for how long its socket has taken nothing, and the\n"
		"subscription that stands worst. q ends it, ? explains the rest. Where stdout is no\n"
		"terminal it prints one table; for programs there is --json.\n",
	.options = top_options,
	.run = top_run,
};
