/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients without WebSocket (protocol.md §3): they read one endless answer, of /connection/http_stream or
 * /connection/sse, and say what they have to say in requests of its own to /emulation. Those find the session by its
 * secret, on whatever worker and broker it is; they are acknowledged when they are on their way there in order. One
 * object per worker. Worker's thread.
 */
#ifndef WEIR_SERVER_EMULATION_H
#define WEIR_SERVER_EMULATION_H

#include "weir/server/stream.h"

struct weir_emulation_options {
	bool http_stream, sse;
	size_t http_stream_body, sse_body, body; /* bytes of a request to each of the three */
	const struct weir_origins *origins;
	struct weir_sessions *sessions;
	struct weir_http_streams *streams;
	/* 0, or a status and when to come again. What it counted is given back by release(), or by a stream that goes. */
	int (*admit)(void *ctx, struct weir_http_request *req, unsigned *retry_after_s);
	void (*release)(void *ctx);
	void *ctx;
};

struct weir_emulation {
	struct weir_emulation_options o;
	size_t calls, bytes; /* requests to /emulation that wait for the hub's answer */
	void (*closed)(struct weir_emulation *em);
};

void weir_emulation_init(struct weir_emulation *em, const struct weir_emulation_options *o);
/* Nothing if neither of the transports is on. */
void weir_emulation_routes(struct weir_emulation *em, struct weir_http_router *router);
/* After the HTTP server is closed: `closed` is called when the hub has answered everything, perhaps inside. */
void weir_emulation_close(struct weir_emulation *em, void (*closed)(struct weir_emulation *em));

#endif
