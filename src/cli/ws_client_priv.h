/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One WebSocket connection at a time, with libwebsockets' client and its own event loop, which also carries one timer
 * and the signals SIGINT and SIGTERM. One thread; every handler runs inside weir__ws_run() or weir__ws_connect().
 */
#ifndef WEIR_CLI_WS_CLIENT_PRIV_H
#define WEIR_CLI_WS_CLIENT_PRIV_H

#include "weir/base/buf.h"

struct weir__ws;

struct weir__ws_end {
	int code;               /* of the peer's Close, or 0 */
	unsigned http;          /* the status of a refused handshake, or 0 */
	struct weir_str reason; /* may be empty */
};

struct weir__ws_handlers {
	void (*on_open)(void *ctx);
	void (*on_message)(void *ctx, struct weir_str text);         /* a whole message */
	void (*on_close)(void *ctx, const struct weir__ws_end *end); /* once per weir__ws_connect() */
	void (*on_timer)(void *ctx);
	void (*on_signal)(void *ctx);
	void *ctx;
};

/*
 * `url` is the server's: http, https, ws or wss; its path is followed by /connection/websocket. Blocks SIGINT and
 * SIGTERM for the process. WEIR_EINVALID: not such a URL.
 */
int weir__ws_new(const char *url, const struct weir__ws_handlers *h, struct weir__ws **out) WEIR_MUSTCHECK;
void weir__ws_free(struct weir__ws **ws);

void weir__ws_connect(struct weir__ws *ws);
void weir__ws_send(
	struct weir__ws *ws, struct weir_str text); /* copied; texts that still wait are joined by a newline */
void weir__ws_drop(struct weir__ws *ws);            /* ends the connection; on_close follows */
void weir__ws_set_timer(struct weir__ws *ws, uint64_t delay_ms); /* replaces the one before; UINT64_MAX: none */

int weir__ws_run(struct weir__ws *ws); /* blocks until weir__ws_stop() */
void weir__ws_stop(struct weir__ws *ws);

#endif
