/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A door: one way to a broker for what speaks the client protocol (client.c, pub_client.c). It carries texts of JSON
 * lines both ways over one connection at a time, and has a loop with one timer and the signals SIGINT and SIGTERM. Each
 * door is a const struct weir__door_ops at the end of a file of its own. One thread; every handler runs inside
 * weir__door_turn() or weir__door_connect().
 */
#ifndef WEIR_CLI_DOOR_PRIV_H
#define WEIR_CLI_DOOR_PRIV_H

#include "weir/base/buf.h"

struct weir__door;

struct weir__door_end {
	int code;               /* of the peer's Close, or 0 */
	unsigned http;          /* the status of a refusal, or 0 */
	struct weir_str reason; /* may be empty */
};

struct weir__door_handlers {
	void (*on_open)(void *ctx);
	void (*on_message)(void *ctx, struct weir_str text);           /* whole lines */
	void (*on_close)(void *ctx, const struct weir__door_end *end); /* once per weir__door_connect() */
	void (*on_timer)(void *ctx);
	void (*on_signal)(void *ctx); /* NULL: signals do what they always do */
	void *ctx;
};

struct weir__door_ops {
	const char *name; /* as --door has it */
	const char *what; /* with an article */
	int (*open)(const char *server, const struct weir__door_handlers *h, struct weir__door **out);
	void (*free)(struct weir__door *door);
	void (*connect)(struct weir__door *door);
	void (*send)(struct weir__door *door, struct weir_str text);
	void (*drop)(struct weir__door *door);
	void (*set_timer)(struct weir__door *door, uint64_t delay_ms);
	int (*turn)(struct weir__door *door, bool wait);
	int (*fd)(const struct weir__door *door);
};

struct weir__door {
	const struct weir__door_ops *ops;
	struct weir__door_handlers h;
	bool stopped;
};

extern const struct weir__door_ops weir__door_websocket;
extern const struct weir__door_ops weir__door_msgpack;
extern const struct weir__door_ops weir__door_sse;
extern const struct weir__door_ops weir__door_http_stream;

/* NULL: there is no door of this name. */
const struct weir__door_ops *weir__door_find(const char *name);

/*
 * `server` is a URL: http or https, for WebSockets also ws and wss; its path stands before the door's own. With on_signal
 * SIGINT and SIGTERM are blocked for the process. WEIR_EINVALID: not such a URL.
 */
static inline int weir__door_open(const struct weir__door_ops *ops, const char *server,
	const struct weir__door_handlers *h, struct weir__door **out)
{
	return ops->open(server, h, out);
}

static inline void weir__door_free(struct weir__door **door)
{
	if (*door)
		(*door)->ops->free(*door);
	*door = NULL;
}

static inline void weir__door_connect(struct weir__door *door)
{
	door->ops->connect(door);
}

/* Copied. Texts that still wait are joined by a newline. Without a connection it does nothing. */
static inline void weir__door_send(struct weir__door *door, struct weir_str text)
{
	door->ops->send(door, text);
}

/* Ends the connection; on_close follows. */
static inline void weir__door_drop(struct weir__door *door)
{
	door->ops->drop(door);
}

/* Replaces the one before; UINT64_MAX: none. */
static inline void weir__door_set_timer(struct weir__door *door, uint64_t delay_ms)
{
	door->ops->set_timer(door, delay_ms);
}

/* Serves what is ready; with `wait` blocks until something is. */
static inline int weir__door_turn(struct weir__door *door, bool wait)
{
	return door->ops->turn(door, wait);
}

/* What becomes readable when the peer says something; -1: there is no connection. */
static inline int weir__door_fd(const struct weir__door *door)
{
	return door->ops->fd(door);
}

/* No handler is called any more. */
static inline void weir__door_stop(struct weir__door *door)
{
	door->stopped = true;
}

/* Blocks until weir__door_stop(). */
static inline int weir__door_run(struct weir__door *door)
{
	int err = 0;

	while (!err && !door->stopped)
		err = weir__door_turn(door, true);
	return err;
}

#endif
