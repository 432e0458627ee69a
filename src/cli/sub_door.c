/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir sub` at the doors that speak the client protocol: ties the protocol (client.c) to a connection (a door).
 */
#include "door_priv.h"
#include "json_pick_priv.h"
#include "sub_priv.h"

#define SUB_SEND_MAX_BYTES (4 << 20)

/* `weir sub` while it runs. */
struct sub_door {
	struct sub *s;
	struct weir_client *client;
	struct weir__door *door;
	bool dropping; /* the client wants another connection */
	struct weir_buf send;
};

static uint64_t sub_now(const struct sub_door *d)
{
	return weir_mono_ms(d->s->cli->clock);
}

static void sub_stop(struct sub_door *d, int exit_code)
{
	d->s->exit_code = exit_code;
	weir__door_stop(d->door);
}

/* Does what the client wants and asks it when it wants to be called again. */
static void sub_act(struct sub_door *d, enum weir_client_verdict verdict)
{
	uint64_t next, now;

	switch (verdict) {
	case WEIR_CLIENT_STOP:
		fprintf(d->s->cli->err, "weir sub: %s\n", weir_client_reason(d->client));
		sub_stop(d, WEIR_EXIT_FAILED);
		return;
	case WEIR_CLIENT_DONE:
		sub_stop(d, d->s->exit_code);
		return;
	case WEIR_CLIENT_RECONNECT:
		d->dropping = true;
		weir__door_drop(d->door);
		break;
	case WEIR_CLIENT_GO:
		if (d->send.len)
			weir__door_send(d->door, weir_buf_view(&d->send));
		break;
	case WEIR_CLIENT_CONNECT:
		weir__door_set_timer(d->door, UINT64_MAX);
		weir__door_connect(d->door);
		return;
	}
	weir_buf_reset(&d->send);
	next = d->dropping ? UINT64_MAX : weir_client_next(d->client);
	now = sub_now(d);
	weir__door_set_timer(d->door, next == UINT64_MAX ? next : next > now ? next - now : 0);
}

static void on_sub_open(void *ctx)
{
	struct sub_door *d = ctx;

	sub_act(d, weir_client_opened(d->client, sub_now(d), &d->send));
}

static void on_sub_message(void *ctx, struct weir_str text)
{
	struct sub_door *d = ctx;

	sub_act(d, weir_client_received(d->client, sub_now(d), text, &d->send));
}

static void on_sub_close(void *ctx, const struct weir__door_end *end)
{
	struct sub_door *d = ctx;
	struct weir_str reason = d->dropping ? weir_str(weir_client_reason(d->client)) : end->reason;

	if (weir__sub_is_refused(end->http)) {
		fprintf(d->s->cli->err, "weir sub: %s: the server refuses %s (HTTP status %u)\n", d->s->server,
			d->s->door->what, end->http);
		sub_stop(d, WEIR_EXIT_FAILED);
		return;
	}
	d->dropping = false;
	sub_act(d, weir_client_closed(d->client, sub_now(d), end->code, reason));
}

static void on_sub_timer(void *ctx)
{
	struct sub_door *d = ctx;

	sub_act(d, weir_client_tick(d->client, sub_now(d), &d->send));
}

static void on_sub_signal(void *ctx)
{
	sub_stop(ctx, WEIR_EXIT_OK);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__sub_door(struct sub *s)
{
	struct sub_door d = {.s = s};
	const struct weir__door_handlers handlers = {
		.on_open = on_sub_open,
		.on_message = on_sub_message,
		.on_close = on_sub_close,
		.on_timer = on_sub_timer,
		.on_signal = on_sub_signal,
		.ctx = &d,
	};

	if (weir__door_open(s->door, s->server, &handlers, &d.door))
		return weir__sub_no_url(s);
	d.client = weir_client_new(&s->client_options);
	weir_buf_init(&d.send, SUB_SEND_MAX_BYTES);
	on_sub_timer(&d);
	if (weir__door_run(d.door))
		s->exit_code = WEIR_EXIT_FAILED;
	weir_buf_fini(&d.send);
	weir_client_free(&d.client);
	weir__door_free(&d.door);
	return s->exit_code;
}
