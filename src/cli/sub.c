/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir sub`: shows the events of channels, one line each, by whatever door (sub_door.c, sub_events.c). When stdout does
 * not take more, nothing is read from the broker either, and the channel's overflow policy is what acts.
 */
#include "sub_priv.h"

#include <curl/curl.h>

#include "json_pick_priv.h"
#include "server_url_priv.h"
#include "sub_print_priv.h"

#define SUB_LINE_MAX_BYTES (64 << 20)

/* A gap in what is shown is told where the reader of a line would not see a tag. */
static void sub_tell_dropped(struct sub *s, const struct weir_client_event *e)
{
	weir_buf_reset(&s->line);
	weir_buf_lit(&s->line, "weir sub: ");
	weir__append_printable(&s->line, e->channel);
	weir_buf_lit(&s->line, ": ");
	if (weir__sub_print_dropped(&s->line, e) && !s->line.failed)
		fprintf(s->cli->err, "%.*s\n", WEIR_STR_FMT(weir_buf_view(&s->line)));
}

static bool on_sub_event(void *ctx, const struct weir_client_event *e)
{
	struct sub *s = ctx;

	if (s->raw) /* sub_events.c has shown it */
		return ++s->seen != s->count;
	if (!s->json)
		sub_tell_dropped(s, e);
	weir_buf_reset(&s->line);
	if (s->json)
		weir__sub_print_json(&s->line, e);
	else
		weir__sub_print_plain(&s->line, e);
	if (s->line.failed || !weir__sub_write(s, weir_buf_view(&s->line)))
		return false;
	return ++s->seen != s->count;
}

static void on_sub_notice(void *ctx, struct weir_str channel, const char *notice)
{
	struct sub *s = ctx;

	fprintf(s->cli->err, "weir sub: %.*s%s%s\n", WEIR_STR_FMT(channel), channel.n ? ": " : "", notice);
}

static int sub_loop(struct sub *s)
{
	int code;

	weir_random_system(&s->random);
	weir_buf_init(&s->line, SUB_LINE_MAX_BYTES);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	code = s->door ? weir__sub_door(s) : weir__sub_events(s);
	curl_global_cleanup();
	weir_buf_fini(&s->line);
	return code;
}

static int sub_run(struct weir_cli *cli, int argc, char **argv)
{
	struct sub s = {.cli = cli, .server = weir__cli_server_url(cli)};
	struct weir_opts o;
	int end, code;

	s.client_options.random = &s.random;
	s.client_options.on_event = on_sub_event;
	s.client_options.on_notice = on_sub_notice;
	s.client_options.ctx = &s;
	weir_opts_init(&o, cli, &weir_command_sub, argc, argv);
	end = weir__sub_parse(&s, &o);
	code = end == WEIR_OPTS_END ? sub_loop(&s) : weir_opts_exit(end);
	weir__sub_forget(&s);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__sub_write(struct sub *s, struct weir_str text)
{
	if (fwrite(text.p, 1, text.n, s->cli->out) == text.n && fflush(s->cli->out) == 0)
		return true;
	s->exit_code = WEIR_EXIT_FAILED; /* weir_cli_run() tells why */
	return false;
}

bool weir__sub_is_refused(unsigned http)
{
	return http >= 400 && http < 500 && http != 408 && http != 429;
}

int weir__sub_no_url(const struct sub *s)
{
	fprintf(s->cli->err, "weir sub: \"%s\" is not the URL of a server\n", s->server);
	return WEIR_EXIT_USAGE;
}

const struct weir_command weir_command_sub = {
	.name = "sub",
	.usage = "[--door DOOR] [--json | --events] [--count N] [--filter EXPR] CHANNEL...",
	.summary = "Show the events of a running broker's channels",
	.help = "One line per event: channel, offset (- if there is none), data, tags. After an\n"
		"interruption it connects again by itself and recovers what was missed where the\n"
		"channel keeps history; where it could not, a line on stderr says so. So does one\n"
		"before an event in front of which others were dropped. A channel may be a pattern\n"
		"as metrics:*.cpu; its lines begin with the real channel. It ends with 1 when the\n"
		"broker refuses it for good.\n"
		"\n"
		"What it gets can be chosen: with --filter only the events for which an expression\n"
		"holds, as \"region = 'eu' AND data.price > 100.0\"; with --rate not more than so\n"
		"many a second; with --overflow what happens when it does not keep up: resync\n"
		"(subscribe again and recover), disconnect, drop_oldest, drop_newest, or latest\n"
		"(of events with the same --key only the newest waits). The broker may refuse an\n"
		"option, and it cuts numbers to its own limits.\n"
		"\n"
		"It comes in by --door, with the same lines from each: a WebSocket in JSON or in\n"
		"MessagePack (payloads are shown as JSON), the streams sse and http-stream with\n"
		"requests beside them, or events, which is one GET /events. With --events that\n"
		"answer is shown as it is, control messages and comments too, and goes on after\n"
		"an interruption from its last id.\n",
	.options = weir__sub_options,
	.run = sub_run,
};
