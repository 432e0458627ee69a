/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client side of GET /events without a socket, as an EventSource plays it: what to ask for, and what is made of the
 * answer. It keeps the position (Last-Event-ID), connects again, and knows which ends are final. Verdicts are those of
 * client.h. One thread; nothing blocks; handlers are called from within and must not call back.
 */
#ifndef WEIR_CLI_EVENTS_H
#define WEIR_CLI_EVENTS_H

#include "weir/cli/client.h"

struct weir_events;

struct weir_events_options {
	struct weir_str query;      /* of the request: name=value, joined by '&', encoded */
	struct weir_str since;      /* as a further parameter until there is a position; absent: none */
	struct weir_random *random; /* for the delays; outlives the client */

	bool (*on_event)(void *ctx, const struct weir_client_event *e);            /* false: no more */
	void (*on_notice)(void *ctx, struct weir_str channel, const char *notice); /* channel may be absent */
	void *ctx;
};

/* Copies the texts. */
struct weir_events *weir_events_new(const struct weir_events_options *o);
void weir_events_free(struct weir_events **e);

/* Appends the path with the query of the request to make. */
void weir_events_append_path(const struct weir_events *e, struct weir_buf *out);
/* What Last-Event-ID is to be; empty: no such header. */
struct weir_str weir_events_last_id(const struct weir_events *e);

/* When weir_events_tick() wants to be called; UINT64_MAX: not at all. */
uint64_t weir_events_next(const struct weir_events *e);
enum weir_client_verdict weir_events_tick(struct weir_events *e, uint64_t now_ms);
/* Of an answer with 200. *data becomes what was not looked at, which is nothing if the verdict is GO. */
enum weir_client_verdict weir_events_received(struct weir_events *e, uint64_t now_ms, struct weir_str *data);
/*
 * The answer ended: status 200, one that came instead with its body, or 0 where there was none because of `why` (which
 * may be weir_events_reason()). GO or STOP.
 */
enum weir_client_verdict weir_events_closed(struct weir_events *e, uint64_t now_ms, long status, struct weir_str body,
	uint64_t retry_after_s, struct weir_str why);

/* Why the last verdict was RECONNECT or STOP, for people. Valid until the next call. */
const char *weir_events_reason(const struct weir_events *e);

#endif
