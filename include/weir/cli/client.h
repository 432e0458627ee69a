/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client side of the protocol, as an SDK plays it, without a socket: it is told what arrived and what time it is,
 * and appends what is to be sent. It subscribes, keeps the position of each channel, answers pings, resubscribes and
 * recovers, and knows which ends are final. One thread; nothing blocks; handlers are called from within and must not
 * call back.
 */
#ifndef WEIR_CLI_CLIENT_H
#define WEIR_CLI_CLIENT_H

#include "weir/base/random.h"
#include "weir/event/json.h"

struct weir_client;

enum weir_client_verdict {
	WEIR_CLIENT_GO,        /* send what was appended, if anything */
	WEIR_CLIENT_CONNECT,   /* open a connection; then weir_client_opened() or weir_client_closed() */
	WEIR_CLIENT_RECONNECT, /* close the connection; then weir_client_closed() with weir_client_reason() */
	WEIR_CLIENT_STOP,      /* for good, because of weir_client_reason() */
	WEIR_CLIENT_DONE,      /* the event handler wants no more */
};

struct weir_client_event {
	struct weir_str channel; /* the real one, also where a pattern was subscribed */
	bool has_offset;
	uint64_t offset;
	struct weir_json publication, data, tags; /* tags: absent or an object */
};

struct weir_client_options {
	const struct weir_str *channels; /* at least one, each once */
	size_t n_channels;
	struct weir_str token, sub_token; /* absent or empty: none. The latter goes with every channel */
	struct weir_str weir;             /* a JSON object, sent as `data.weir` with every channel; absent: none */
	uint64_t queue_bytes;             /* bytes that may wait for this connection; 0: as the broker has it */
	bool has_since;                   /* recover from here at first */
	struct weir_str since_epoch;
	uint64_t since_offset;
	struct weir_random *random; /* for the delays; outlives the client */

	bool (*on_event)(void *ctx, const struct weir_client_event *e);            /* false: no more */
	void (*on_notice)(void *ctx, struct weir_str channel, const char *notice); /* channel may be absent */
	void *ctx;
};

/* Copies all that the options point to, but `random`. */
struct weir_client *weir_client_new(const struct weir_client_options *o);
void weir_client_free(struct weir_client **c);

/* When weir_client_tick() wants to be called; UINT64_MAX: not at all. */
uint64_t weir_client_next(const struct weir_client *c);
enum weir_client_verdict weir_client_tick(struct weir_client *c, uint64_t now_ms, struct weir_buf *out);

enum weir_client_verdict weir_client_opened(struct weir_client *c, uint64_t now_ms, struct weir_buf *out);
/* One whole message: one or more lines. */
enum weir_client_verdict weir_client_received(
	struct weir_client *c, uint64_t now_ms, struct weir_str message, struct weir_buf *out);
/* The connection ended or did not come about. `code` is the close code; 0: there was none. GO or STOP. */
enum weir_client_verdict weir_client_closed(struct weir_client *c, uint64_t now_ms, int code, struct weir_str reason);

/* Why the last verdict was RECONNECT or STOP, for people. Valid until the next call. */
const char *weir_client_reason(const struct weir_client *c);

#endif
