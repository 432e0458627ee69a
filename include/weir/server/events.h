/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doors for those who speak plain HTTP (protocol.md §14.6, §14.7): GET /events is a stream of events for EventSource
 * and curl, POST /events/<channel> publishes one. One object per worker. A stream is a session like any other, whose
 * commands are made of the URL; a publish goes the way of the HTTP API's calls. Worker's thread.
 */
#ifndef WEIR_SERVER_EVENTS_H
#define WEIR_SERVER_EVENTS_H

#include "weir/server/api.h"
#include "weir/server/origin.h"
#include "weir/server/stream.h"
#include "weir/session/session.h"

struct weir_events_options {
	struct weir_api *api; /* publishes are its calls, with its key, limits and deadlines */
	struct weir_sessions *sessions;
	const struct weir_origins *origins;
	size_t message_max; /* bytes of a payload published without the API's rights */
	struct weir_http_streams *streams;
	struct weir_pendings *pendings; /* of the worker's loop */
	size_t channel_limit;           /* of one stream */
	uint64_t answer_ms;             /* until a request is a stream, or is refused */
	/* 0, or 429 or 503 and when to come again; what it counted is released here, or when the stream is gone. */
	int (*admit)(void *ctx, struct weir_http_request *req, unsigned *retry_after_s);
	void (*release)(void *ctx);
	void *ctx;
};

struct weir_events {
	struct weir_events_options o;
};

void weir_events_init(struct weir_events *ev, const struct weir_events_options *o);
/* The object must outlive the router. */
void weir_events_routes(struct weir_events *ev, struct weir_http_router *router);

#endif
