/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions whose client reads one endless HTTP answer: /connection/sse, /connection/http_stream, /events. A stream owns
 * the session and, once it is started, the descriptor that HTTP let go of. What the session's queue has is gathered and
 * written as one chunk (RFC 9112 §7.1) with one system call per turn, to HTTP/1.0 without chunks. A peer that closes, or
 * only its half, is noticed at once; what it sends is thrown away, up to a bound.
 *
 * The odd case: a stream that is not started yet. Its session lives and collects pushes, while its door decides
 * whether the request gets a stream or an error. Worker's thread.
 */
#ifndef WEIR_SERVER_STREAM_H
#define WEIR_SERVER_STREAM_H

#include "weir/server/http.h"
#include "weir/session/session.h"

struct weir_streams; /* of one worker */
struct weir_stream;

struct weir_streams_options {
	struct weir_loop *loop;
	struct weir_sessions *sessions;
	uint64_t write_timeout_ms;
	void (*gone)(void *ctx); /* a started stream is gone; called once for each */
	void *ctx;
};

/* What a door (one of the endpoints) does for its streams. */
struct weir_stream_door {
	const char *name;               /* of the transport, for people */
	const struct weir_codec *codec; /* with disconnect() */
	/* As weir_transport_ops.reply. NULL: all replies are written. */
	bool (*reply)(struct weir_stream *st, const struct weir_reply *r);
	/* The session has ended, and the stream was never started: the door answers the request, soon, and then frees. */
	void (*refused)(struct weir_stream *st, unsigned code, struct weir_str reason);
	void (*ended)(struct weir_stream *st); /* last of all: ctx may go. NULL: nothing to do */
};

int weir_streams_new(struct weir_streams **out, const struct weir_streams_options *o) WEIR_MUSTCHECK;
size_t weir_streams_count(const struct weir_streams *all); /* those with a descriptor */
void weir_streams_kill(struct weir_streams *all);          /* closes all without a word */
/* All have been killed or have ended: `closed` when the last handle has. Then free it. */
void weir_streams_close(struct weir_streams *all, void (*closed)(void *ctx), void *ctx);
void weir_streams_free(struct weir_streams **all);

/* With a session that has no socket yet. NULL: no memory. */
struct weir_stream *weir_stream_new(struct weir_streams *all, const struct weir_stream_door *door, void *ctx);
struct weir_session *weir_stream_session(const struct weir_stream *st);
void *weir_stream_ctx(const struct weir_stream *st);
/*
 * The request gets this stream for its answer: status 200, these header lines (each with its CR LF), then `first`, then
 * what the session has queued. The request is over. -1: the peer is gone, and so are session and stream.
 */
int weir_stream_start(struct weir_stream *st, struct weir_http_request *req, struct weir_str lines,
	struct weir_str first) WEIR_MUSTCHECK;
/* One that was never started, after refused() or instead of it: ends the session if it lives. */
void weir_stream_drop(struct weir_stream *st);

#endif
