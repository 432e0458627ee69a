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

struct weir_http_streams; /* of one worker */
struct weir_http_stream;

struct weir_http_streams_options {
	struct weir_loop *loop;
	struct weir_sessions *sessions;
	uint64_t write_timeout_ms;
	void (*gone)(void *ctx); /* a stream whose start was a success is gone; called once for each */
	void *ctx;
};

/* What a door (one of the endpoints) does for its streams. */
struct weir_http_stream_door {
	const char *name;               /* of the transport, for people */
	const struct weir_codec *codec; /* with disconnect() */
	/* As weir_transport_ops.reply. NULL: all replies are written. */
	bool (*reply)(struct weir_http_stream *st, const struct weir_reply *r);
	/* The session has ended, and the stream was never started: the door answers the request, soon, and then frees. */
	void (*refused)(struct weir_http_stream *st, unsigned code, struct weir_str reason);
	void (*ended)(struct weir_http_stream *st); /* last of all: ctx may go. NULL: nothing to do */
};

int weir_http_streams_new(struct weir_http_streams **out, const struct weir_http_streams_options *o) WEIR_MUSTCHECK;
size_t weir_http_streams_count(const struct weir_http_streams *all); /* those with a descriptor */
void weir_http_streams_kill(struct weir_http_streams *all);          /* closes all without a word */
/* All have been killed or have ended: `closed` when the last handle has. Then free it. */
void weir_http_streams_close(struct weir_http_streams *all, void (*closed)(void *ctx), void *ctx);
void weir_http_streams_free(struct weir_http_streams **all);

/* With a session that has no socket yet. NULL: no memory. */
struct weir_http_stream *weir_http_stream_new(
	struct weir_http_streams *all, const struct weir_http_stream_door *door, void *ctx);
struct weir_session *weir_http_stream_session(const struct weir_http_stream *st);
void *weir_http_stream_ctx(const struct weir_http_stream *st);
/*
 * The request gets this stream for its answer: status 200, these header lines (each with its CR LF), then `first`, then
 * what the session has queued. The request is over. -1: the peer is gone, and so are session and stream. Either way
 * ended() follows, never inside. May be called in the door's reply(); not once refused() was called.
 */
int weir_http_stream_start(struct weir_http_stream *st, struct weir_http_request *req, struct weir_str lines,
	struct weir_str first) WEIR_MUSTCHECK;
/* One that was never started, after or in refused(), or instead of it. Its session ends soon, if it lives. */
void weir_http_stream_drop(struct weir_http_stream *st);
/* The lines that streams have in common: no caches, no buffering, and the content type, which may be NULL. */
void weir_http_stream_head_lines(struct weir_buf *lines, const struct weir_head *head, const char *content_type);

#endif
