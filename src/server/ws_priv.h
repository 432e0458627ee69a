/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket connection, for the two files that serve it: ws.c reads, ws_write.c writes. Worker's thread. */
#ifndef WEIR_SERVER_WS_PRIV_H
#define WEIR_SERVER_WS_PRIV_H

#include <libwebsockets.h>

#include "weir/server/ws.h"

#define GATHER_BYTES 16384 /* one TLS record */

struct ws_conn {
	struct lws *wsi;
	struct weir_ws *ws;
	struct weir_session *session;     /* NULL: over */
	struct weir_list link;            /* weir_ws.conns */
	struct weir_buf message;          /* pieces of an incoming message */
	struct weir_deadline write_check; /* set while the socket does not take what was written */
	uint64_t write_until_ms;
	uint64_t second_ms; /* the one that `pongs` counts in */
	unsigned fragments, pongs;
	size_t closing_bytes;
	bool paused;  /* the session reads no more for now */
	bool unread;  /* something waited to be read at the last look, and still does */
	bool closing; /* our Close is queued, or the peer's has come: nothing that arrives counts */
};

struct weir_ws {
	struct weir_ws_options o;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct weir_list conns; /* ws_conn.link */
	size_t count;
	bool adopted; /* the connection that weir_ws_adopt() works on has been established */
	unsigned char scratch[GATHER_BYTES];
};

extern const struct weir_transport_ops weir__ws_transport;

void weir__ws_kill(struct ws_conn *c); /* soon, without a word */
/* False: the connection is lost. What libwebsockets holds back it sends before it asks for more. */
bool weir__ws_flush(struct ws_conn *c);
void weir__ws_on_write_check(struct weir_deadline *d, uint64_t now_ms);         /* of ws_conn.write_check */
struct weir_frame *weir__ws_close_frame(unsigned code, struct weir_str reason); /* NULL: no memory */

#endif
