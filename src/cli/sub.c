/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir sub`: shows the events of channels, one line each. This file ties three things together: the protocol
 * (client.c), the connection (ws_client.c) and stdout. When stdout does not take more, nothing is read from the broker
 * either, and the channel's overflow policy is what acts.
 */
#include "sub_priv.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sub_print_priv.h"
#include "weir/base/clock.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"
#include "ws_client_priv.h"

#define SUB_LINE_MAX_BYTES (64 << 20)
#define SUB_SEND_MAX_BYTES (4 << 20)

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

struct sub {
	const char *server;
	struct weir_client_options client_options;
	struct weir_buf weir; /* data.weir, without its last brace at first */
	uint64_t count;       /* 0: no end */
	bool json;

	struct weir_random random;
	struct weir_client *client;
	struct weir__ws *ws;
	uint64_t seen;
	bool dropping; /* the client wants another connection */
	int exit_code;
	struct weir_buf line, send;
};

static uint64_t sub_now(void)
{
	return weir_mono_ms(&weir_clock_real);
}

static void sub_stop(struct sub *s, int exit_code)
{
	s->exit_code = exit_code;
	weir__ws_stop(s->ws);
}

static bool sub_write(struct weir_str text)
{
	while (text.n) {
		ssize_t n = write(STDOUT_FILENO, text.p, text.n);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			text = weir_str_n(text.p + n, text.n - (size_t)n);
	}
	return true;
}

static bool on_sub_event(void *ctx, const struct weir_client_event *e)
{
	struct sub *s = ctx;

	weir_buf_reset(&s->line);
	if (s->json)
		weir__sub_print_json(&s->line, e);
	else
		weir__sub_print_plain(&s->line, e);
	if (s->line.failed || !sub_write(weir_buf_view(&s->line))) {
		fprintf(stderr, "weir sub: stdout: %s\n", s->line.failed ? "out of memory" : weir_strerror(-errno));
		s->exit_code = 1;
		return false;
	}
	return ++s->seen != s->count;
}

static void on_sub_notice(void *ctx, struct weir_str channel, const char *notice)
{
	(void)ctx;
	fprintf(stderr, "weir sub: %.*s%s%s\n", WEIR_STR_FMT(channel), channel.n ? ": " : "", notice);
}

/* Does what the client wants and asks it when it wants to be called again. */
static void sub_act(struct sub *s, enum weir_client_verdict verdict)
{
	uint64_t next, now;

	switch (verdict) {
	case WEIR_CLIENT_STOP:
		fprintf(stderr, "weir sub: %s\n", weir_client_reason(s->client));
		sub_stop(s, 1);
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
	now = sub_now();
	weir__ws_set_timer(s->ws, next == UINT64_MAX ? next : next > now ? next - now : 0);
}

static void on_sub_open(void *ctx)
{
	struct sub *s = ctx;

	sub_act(s, weir_client_opened(s->client, sub_now(), &s->send));
}

static void on_sub_message(void *ctx, struct weir_str text)
{
	struct sub *s = ctx;

	sub_act(s, weir_client_received(s->client, sub_now(), text, &s->send));
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
		fprintf(stderr, "weir sub: %s: the server refuses a WebSocket (HTTP status %u)\n", s->server,
			end->http);
		sub_stop(s, 1);
		return;
	}
	s->dropping = false;
	sub_act(s, weir_client_closed(s->client, sub_now(), end->code, reason));
}

static void on_sub_timer(void *ctx)
{
	struct sub *s = ctx;

	sub_act(s, weir_client_tick(s->client, sub_now(), &s->send));
}

static void on_sub_signal(void *ctx)
{
	sub_stop(ctx, 0);
}

static int sub_run(struct sub *s)
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
		fprintf(stderr, "weir sub: \"%s\" is not the URL of a server\n", s->server);
		return 2;
	}
	weir_random_system(&s->random);
	s->client = weir_client_new(&s->client_options);
	weir_buf_init(&s->line, SUB_LINE_MAX_BYTES);
	weir_buf_init(&s->send, SUB_SEND_MAX_BYTES);
	on_sub_timer(s);
	if (weir__ws_run(s->ws))
		s->exit_code = 1;
	weir_buf_fini(&s->send);
	weir_buf_fini(&s->line);
	weir_client_free(&s->client);
	weir__ws_free(&s->ws);
	return s->exit_code;
}

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

	if (s->weir.len > 1)
		weir_buf_char(&s->weir, ',');
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

/* 0, 1 when help was asked for, or WEIR_EINVALID. */
static int sub_parse(struct sub *s, int argc, char **argv)
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

int weir__sub_main(int argc, char **argv)
{
	struct sub s = {.server = getenv("WEIR_SERVER")};
	int err;

	if (!s.server || !*s.server)
		s.server = "http://localhost:8000";
	weir_buf_init(&s.weir, 1 << 16);
	weir_buf_char(&s.weir, '{');
	s.client_options.random = &s.random;
	s.client_options.on_event = on_sub_event;
	s.client_options.on_notice = on_sub_notice;
	s.client_options.ctx = &s;
	err = sub_parse(&s, argc, argv);
	if (!err && s.weir.len > 1) {
		weir_buf_char(&s.weir, '}');
		s.client_options.weir = weir_buf_view(&s.weir);
	}
	if (err < 0)
		fputs(sub_usage, stderr);
	err = err < 0 ? 2 : err > 0 ? 0 : sub_run(&s);
	free((struct weir_str *)(uintptr_t)s.client_options.channels);
	weir_buf_fini(&s.weir);
	return err;
}
