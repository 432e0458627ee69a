/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir sub`: shows the events of channels, one line each. This file ties three things together: the protocol
 * (client.c), the connection (ws_client.c) and stdout. When stdout does not take more, nothing is read from the broker
 * either, and the channel's overflow policy is what acts.
 */
#include "sub_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sub_print_priv.h"
#include "weir/base/clock.h"

#define SUB_LINE_MAX_BYTES (64 << 20)
#define SUB_SEND_MAX_BYTES (4 << 20)

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

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__sub_main(int argc, char **argv)
{
	struct sub s = {.server = getenv("WEIR_SERVER")};
	int err;

	if (!s.server || !*s.server)
		s.server = "http://localhost:8000";
	s.client_options.random = &s.random;
	s.client_options.on_event = on_sub_event;
	s.client_options.on_notice = on_sub_notice;
	s.client_options.ctx = &s;
	err = weir__sub_parse(&s, argc, argv);
	err = err < 0 ? 2 : err > 0 ? 0 : sub_run(&s);
	weir__sub_forget(&s);
	return err;
}
