/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream, for the two files that serve it: stream.c has its life and what the peer sends, stream_write.c what goes
 * out.
 *
 *   WAITING ──► OPEN ──► ENDING (the session is over, its last words wait) ──► LINGER (the peer reads them and closes)
 *   and from everywhere ──► CLOSED: no descriptor any more
 *
 * Worker's thread.
 */
#ifndef WEIR_SERVER_STREAM_PRIV_H
#define WEIR_SERVER_STREAM_PRIV_H

#include "weir/server/stream.h"

#define STREAM_GATHER_BYTES 16384
#define STREAM_DOORS_MAX    8

#define STREAM_STATES(X) X(WAITING) X(OPEN) X(ENDING) X(LINGER) X(CLOSED)

enum stream_state {
#define X(name) STREAM_##name,
	STREAM_STATES(X)
#undef X
};

struct weir_http_stream {
	uv_poll_t poll;
	struct weir_http_streams *all;
	const struct weir_http_stream_door *door;
	void *ctx; /* the door's */
	struct weir_session *session;
	struct weir_list link;         /* weir_http_streams.started, or .dropped */
	struct weir_buf rest;          /* what the socket did not take of the write in progress; no memory else */
	struct weir_deadline deadline; /* of a write that is stuck, or of the end */
	uint64_t write_until_ms;       /* of the write in progress */
	int fd, interest;              /* what poll waits for */
	uint32_t discarded;            /* bytes of the peer */
	enum stream_state state;
	bool chunked;
	bool refused;   /* the session has ended before the start */
	bool told_last; /* the last chunk has been given to the socket, or to `rest` */
};

struct weir_http_streams {
	struct weir_http_streams_options o;
	struct weir_turn_hook hook;
	struct weir_list started; /* weir_http_stream.link: with a descriptor */
	struct weir_list dropped; /* weir_http_stream.link: never started, to be freed at the end of the turn */
	size_t count;             /* of `started` */
	size_t objects;           /* not yet freed */
	void (*closed)(void *ctx);
	void *closed_ctx;
	struct { /* what sessions know of a door */
		const struct weir_http_stream_door *door;
		struct weir_transport_ops ops;
	} doors[STREAM_DOORS_MAX];
	unsigned n_doors;
	unsigned char scratch[STREAM_GATHER_BYTES];
};

void weir__http_stream_enter(struct weir_http_stream *st, enum stream_state to);
void weir__http_stream_close(struct weir_http_stream *st); /* at once, without a word; harmless when CLOSED */
void weir__http_stream_want(struct weir_http_stream *st, bool writable); /* sets what is polled for */
void weir__http_stream_ended(struct weir_http_stream *st); /* all is written: waits a little for the peer */
/*
 * Writes what waits, as far as the socket takes it; with `writable` also what it did not take before. What fails closes
 * the stream.
 */
void weir__http_stream_flush(struct weir_http_stream *st, bool writable);
void weir__http_stream_on_deadline(struct weir_deadline *d, uint64_t now_ms); /* of weir_http_stream.deadline */

#endif
