/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir sub`: shows the events of channels, one line each. This file ties three things together: the protocol
 * (client.c), the connection (ws_client.c) and stdout. When stdout does not take more, nothing is read from the broker
 * either, and the channel's overflow policy is what acts.
 */
#include "sub_priv.h"

#include "json_pick_priv.h"
#include "server_url_priv.h"
#include "sub_print_priv.h"

#define SUB_LINE_MAX_BYTES (64 << 20)
#define SUB_SEND_MAX_BYTES (4 << 20)

static uint64_t sub_now(const struct sub *s)
{
	return weir_mono_ms(s->cli->clock);
}

static void sub_stop(struct sub *s, int exit_code)
{
	s->exit_code = exit_code;
	weir__ws_stop(s->ws);
}

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

	if (!s->json)
		sub_tell_dropped(s, e);
	weir_buf_reset(&s->line);
	if (s->json)
		weir__sub_print_json(&s->line, e);
	else
		weir__sub_print_plain(&s->line, e);
	if (s->line.failed || fwrite(s->line.p, 1, s->line.len, s->cli->out) != s->line.len || fflush(s->cli->out)) {
		s->exit_code = WEIR_EXIT_FAILED; /* weir_cli_run() tells why */
		return false;
	}
	return ++s->seen != s->count;
}

static void on_sub_notice(void *ctx, struct weir_str channel, const char *notice)
{
	struct sub *s = ctx;

	fprintf(s->cli->err, "weir sub: %.*s%s%s\n", WEIR_STR_FMT(channel), channel.n ? ": " : "", notice);
}

/* Does what the client wants and asks it when it wants to be called again. */
static void sub_act(struct sub *s, enum weir_client_verdict verdict)
{
	uint64_t next, now;

	switch (verdict) {
	case WEIR_CLIENT_STOP:
		fprintf(s->cli->err, "weir sub: %s\n", weir_client_reason(s->client));
		sub_stop(s, WEIR_EXIT_FAILED);
		return;
	case WEIR_CLIENT_DONE:
		sub_stop(s, s->exit_code);
		return;
	case WEIR_CLIENT_RECONNECT:
		s->dropping = true;
		weir__ws_drop(s->ws);
		break;
	case WEIR_CLIENT_GO:
		if (s->send.len)
			weir__ws_send(s->ws, weir_buf_view(&s->send));
		break;
	case WEIR_CLIENT_CONNECT:
		weir__ws_set_timer(s->ws, UINT64_MAX);
		weir__ws_connect(s->ws);
		return;
	}
	weir_buf_reset(&s->send);
	next = s->dropping ? UINT64_MAX : weir_client_next(s->client);
	now = sub_now(s);
	weir__ws_set_timer(s->ws, next == UINT64_MAX ? next : next > now ? next - now : 0);
}

static void on_sub_open(void *ctx)
{
	struct sub *s = ctx;

	sub_act(s, weir_client_opened(s->client, sub_now(s), &s->send));
}

static void on_sub_message(void *ctx, struct weir_str text)
{
	struct sub *s = ctx;

	sub_act(s, weir_client_received(s->client, sub_now(s), text, &s->send));
}

/* A refused handshake that no repetition will mend. */
static bool sub_is_refused(unsigned http)
{
	return http >= 400 && http < 500 && http != 408 && http != 429;
}

static void on_sub_close(void *ctx, const struct weir__ws_end *end)
{
	struct sub *s = ctx;
	struct weir_str reason = s->dropping ? weir_str(weir_client_reason(s->client)) : end->reason;

	if (sub_is_refused(end->http)) {
		fprintf(s->cli->err, "weir sub: %s: the server refuses a WebSocket (HTTP status %u)\n", s->server,
			end->http);
		sub_stop(s, WEIR_EXIT_FAILED);
		return;
	}
	s->dropping = false;
	sub_act(s, weir_client_closed(s->client, sub_now(s), end->code, reason));
}

static void on_sub_timer(void *ctx)
{
	struct sub *s = ctx;

	sub_act(s, weir_client_tick(s->client, sub_now(s), &s->send));
}

static void on_sub_signal(void *ctx)
{
	sub_stop(ctx, WEIR_EXIT_OK);
}

static int sub_loop(struct sub *s)
{
	const struct weir__ws_handlers handlers = {
		.on_open = on_sub_open,
		.on_message = on_sub_message,
		.on_close = on_sub_close,
		.on_timer = on_sub_timer,
		.on_signal = on_sub_signal,
		.ctx = s,
	};

	if (weir__ws_new(s->server, &handlers, &s->ws)) {
		fprintf(s->cli->err, "weir sub: \"%s\" is not the URL of a server\n", s->server);
		return WEIR_EXIT_USAGE;
	}
	weir_random_system(&s->random);
	s->client = weir_client_new(&s->client_options);
	weir_buf_init(&s->line, SUB_LINE_MAX_BYTES);
	weir_buf_init(&s->send, SUB_SEND_MAX_BYTES);
	on_sub_timer(s);
	if (weir__ws_run(s->ws))
		s->exit_code = WEIR_EXIT_FAILED;
	weir_buf_fini(&s->send);
	weir_buf_fini(&s->line);
	weir_client_free(&s->client);
	weir__ws_free(&s->ws);
	return s->exit_code;
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

const struct weir_command weir_command_sub = {
	.name = "sub",
	.usage = "[--json] [--count N] [--filter EXPR] [--overflow POLICY] CHANNEL...",
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
		"option, and it cuts numbers to its own limits.\n",
	.options = weir__sub_options,
	.run = sub_run,
};
