/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door `msgpack`: a WebSocket with the subprotocol weir-msgpack behind which everything is JSON. Commands are
 * translated as they are sent, messages as they arrive (msgpack_text.c).
 */
#include <stdlib.h>

#include "door_ws_priv.h"
#include "msgpack_text_priv.h"
#include "weir/base/mem.h"
#include "weir/event/convert.h"

#define MSGPACK_TEXT_MAX_BYTES (128 << 20)

struct msgpack_door {
	struct weir__door door;
	struct weir__door *ws;
	struct weir_buf text, binary;
};

static struct msgpack_door *msgpack_of(struct weir__door *door)
{
	return WEIR_CONTAINER_OF(door, struct msgpack_door, door);
}

static void on_msgpack_open(void *ctx)
{
	struct msgpack_door *m = ctx;

	m->door.h.on_open(m->door.h.ctx);
}

static void on_msgpack_message(void *ctx, struct weir_str message)
{
	struct msgpack_door *m = ctx;

	weir_buf_reset(&m->text);
	if (weir__msgpack_append_text(&m->text, message)) {
		weir_buf_reset(&m->text);
		weir_buf_lit(&m->text, "not MessagePack"); /* which whoever reads it will not take */
	}
	m->door.h.on_message(m->door.h.ctx, weir_buf_view(&m->text));
	m->ws->stopped = m->door.stopped;
}

static void on_msgpack_close(void *ctx, const struct weir__door_end *end)
{
	struct msgpack_door *m = ctx;

	m->door.h.on_close(m->door.h.ctx, end);
	m->ws->stopped = m->door.stopped;
}

static void on_msgpack_timer(void *ctx)
{
	struct msgpack_door *m = ctx;

	m->door.h.on_timer(m->door.h.ctx);
}

static void on_msgpack_signal(void *ctx)
{
	struct msgpack_door *m = ctx;

	m->door.h.on_signal(m->door.h.ctx);
}

static void msgpack_free(struct weir__door *door)
{
	struct msgpack_door *m = msgpack_of(door);

	weir__door_free(&m->ws);
	weir_buf_fini(&m->text);
	weir_buf_fini(&m->binary);
	free(m);
}

static void msgpack_connect(struct weir__door *door)
{
	weir__door_connect(msgpack_of(door)->ws);
}

/* A line that has no form in MessagePack is one that nobody here writes; the broker's silence would tell. */
static void msgpack_send(struct weir__door *door, struct weir_str text)
{
	struct msgpack_door *m = msgpack_of(door);
	struct weir_str rest = text, line;

	weir_buf_reset(&m->binary);
	while (rest.p) {
		line = weir_str_cut(&rest, '\n');
		if (line.n && weir_msgpack_from_json(&m->binary, line))
			weir__door_drop(m->ws);
	}
	if (m->binary.len)
		weir__door_send(m->ws, weir_buf_view(&m->binary));
}

static void msgpack_drop(struct weir__door *door)
{
	weir__door_drop(msgpack_of(door)->ws);
}

static void msgpack_set_timer(struct weir__door *door, uint64_t delay_ms)
{
	weir__door_set_timer(msgpack_of(door)->ws, delay_ms);
}

static int msgpack_turn(struct weir__door *door, bool wait)
{
	return weir__door_turn(msgpack_of(door)->ws, wait);
}

static int msgpack_fd(const struct weir__door *door)
{
	return weir__door_fd(WEIR_CONTAINER_OF(door, struct msgpack_door, door)->ws);
}

static int msgpack_open(const char *server, const struct weir__door_handlers *h, struct weir__door **out)
{
	struct msgpack_door *m = weir_xcalloc(1, sizeof(*m));
	const struct weir__door_handlers handlers = {
		.on_open = on_msgpack_open,
		.on_message = on_msgpack_message,
		.on_close = on_msgpack_close,
		.on_timer = on_msgpack_timer,
		.on_signal = h->on_signal ? on_msgpack_signal : NULL,
		.ctx = m,
	};
	int err;

	m->door = (struct weir__door){.ops = &weir__door_msgpack, .h = *h};
	weir_buf_init(&m->text, MSGPACK_TEXT_MAX_BYTES);
	weir_buf_init(&m->binary, MSGPACK_TEXT_MAX_BYTES);
	err = weir__door_ws_open(server, "weir-msgpack", &handlers, &m->ws);
	*out = &m->door;
	if (err)
		weir__door_free(out);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir__door_ops weir__door_msgpack = {
	.name = "msgpack",
	.what = "a WebSocket with weir-msgpack",
	.open = msgpack_open,
	.free = msgpack_free,
	.connect = msgpack_connect,
	.send = msgpack_send,
	.drop = msgpack_drop,
	.set_timer = msgpack_set_timer,
	.turn = msgpack_turn,
	.fd = msgpack_fd,
};
