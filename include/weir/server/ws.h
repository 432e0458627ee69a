/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket connections: libwebsockets completes the handshake, parses frames and answers pings and closes; weir's
 * sessions sit above, and events go out as whole, pre-built frames with one raw write per client and turn. One weir_ws
 * per worker.
 *
 * Set-up is in two steps, because OpenSSL's indices inside libwebsockets must not change under a vhost: weir_ws_new()
 * for all workers, then weir_ws_open() for all, then the threads start. After that everything belongs to the worker's
 * thread.
 */
#ifndef WEIR_SERVER_WS_H
#define WEIR_SERVER_WS_H

#include "weir/core/loop.h"
#include "weir/session/session.h"

struct weir_ws;

struct weir_ws_options {
	struct weir_loop *loop;
	struct weir_sessions *sessions;
	size_t message_max_bytes; /* websocket.message_size_limit */
	uint64_t write_timeout_ms;
	void (*gone)(void *ctx); /* a connection that was adopted is gone; called once for each */
	void *ctx;
};

/* The subprotocols served, for the handshake's checks; ends with NULL. */
extern const char *const weir_ws_subprotocols[];

int weir_ws_new(struct weir_ws **out, const struct weir_ws_options *o) WEIR_MUSTCHECK;
int weir_ws_open(struct weir_ws *ws) WEIR_MUSTCHECK;
/* Takes over a socket whose handshake has been checked; `bytes` is all that was read from it. */
void weir_ws_adopt(struct weir_ws *ws, int fd, struct weir_str bytes);
size_t weir_ws_count(const struct weir_ws *ws); /* connections, closing ones too */
void weir_ws_kill(struct weir_ws *ws);          /* drops all connections without a word, soon */
/* Its handles close on the loop by and by; free it when the loop has ended. */
void weir_ws_stop(struct weir_ws *ws);
void weir_ws_free(struct weir_ws **ws);

/*
 * libwebsockets' own log goes to stderr, or nowhere: it is formatted in one buffer for all threads, and it calls each
 * adoption an error, so it must be quiet while workers run.
 */
void weir_ws_log_setup(bool quiet);

#endif
