/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP/1.1 front: one server per worker loop. It reads each request strictly and within absolute deadlines, finds
 * its route and gives it to the route's handler, which answers at once or later, exactly once. A socket whose head asks
 * for a WebSocket, or whose answer is a stream, leaves the server with its descriptor. Loop's thread only.
 */
#ifndef WEIR_SERVER_HTTP_H
#define WEIR_SERVER_HTTP_H

#include <sys/socket.h>

#include "weir/base/buf.h"
#include "weir/bus/stats.h"
#include "weir/core/pending.h"
#include "weir/server/head.h"
#include "weir/server/origin.h"

struct weir_http_server;
struct weir_http_route;

#define WEIR_HTTP_METHODS(X) X(GET) X(HEAD) X(POST) X(PUT) X(PATCH) X(DELETE) X(OPTIONS)

enum weir_http_method_bit {
#define X(name) WEIR_HTTP_BIT_##name,
	WEIR_HTTP_METHODS(X)
#undef X
};

enum weir_http_method {
#define X(name) WEIR_HTTP_##name = 1 << WEIR_HTTP_BIT_##name,
	WEIR_HTTP_METHODS(X)
#undef X
};

/* Lives from the handler's call until it is answered or detached. All spans and texts are valid for that time. */
struct weir_http_request {
	struct weir_http_server *server;
	struct weir_loop *loop;
	const struct weir_http_route *route;
	const struct weir_head *head; /* method, raw target, path, query, fields */
	unsigned method;              /* one of enum weir_http_method, 0 for others */
	struct weir_str rest;         /* of the path, behind a prefix route's path; still percent-encoded */
	struct weir_str body;         /* whole; empty without one */
	const char *peer;             /* its address, without port */
	bool scarce;                  /* descriptors run short: do not keep this connection */
	/*
	 * Set by a handler that answers later: the peer closed, or at least its sending half. Called once; the request
	 * must still be answered, and the answer is sent if the connection can carry it.
	 */
	void (*on_gone)(struct weir_http_request *req);
	void *user; /* the handler's own */
};

typedef void (*weir_http_handler_fn)(void *ctx, struct weir_http_request *req);

/* What an upgrade callback gets besides the descriptor; valid until it returns. */
struct weir_http_upgrade {
	struct weir_str bytes; /* all that was read so far: the head and perhaps what follows it */
	const struct weir_head *head;
	struct weir_str subprotocol; /* chosen; absent if the client offered none */
	const char *peer;
};

/* Makes a route the WebSocket endpoint: its handshake is checked here, in the order of protocol.md §2.1. */
struct weir_http_websocket {
	const char *const *subprotocols; /* served ones, ends with NULL; the client's first that is served wins */
	const struct weir_origins *origins;
	/* 0, or 429 or 503 and when to come again. May be NULL. What it counted is the upgrade callback's after a 0. */
	int (*admit)(void *ctx, struct weir_http_request *req, unsigned *retry_after_s);
	/* Takes over the descriptor; the 101 is not sent yet. */
	void (*upgrade)(void *ctx, int fd, const struct weir_http_upgrade *up);
};

struct weir_http_route {
	const char *path;  /* compared with the raw path; not copied */
	bool prefix;       /* matches all paths that begin with it; the longest wins, after an exact one */
	unsigned methods;  /* bits of enum weir_http_method; GET brings HEAD with it */
	size_t body_limit; /* bytes; 0: takes no body */
	/* The same where it depends on the head. NULL: it does not. */
	size_t (*limit)(void *ctx, const struct weir_http_request *req);
	bool no_head; /* GET without HEAD: the answer is a stream */
	weir_http_handler_fn handler;
	void *ctx;
	const struct weir_http_websocket *websocket; /* instead of a handler */
};

/* The routes of one server; filled before it runs. One path may have several rows for different methods. */
struct weir_http_router {
	struct weir_http_route *routes;
	size_t count, cap;
};

void weir_http_router_init(struct weir_http_router *r);
void weir_http_router_fini(struct weir_http_router *r);
void weir_http_router_add(struct weir_http_router *r, const struct weir_http_route *route);
/* The row for this path and method, or NULL: *allowed has the bits of its other rows, 0 for an unknown path. */
const struct weir_http_route *weir_http_router_find(
	const struct weir_http_router *r, struct weir_str path, unsigned method, unsigned *allowed);

struct weir_http_options {
	struct weir_head_limits limits;
	uint64_t head_ms;   /* absolute, from accept or the first byte of a next request; 5 s */
	uint64_t body_ms;   /* absolute, from the head; 10 s */
	uint64_t idle_ms;   /* between two requests; 60 s */
	uint64_t write_ms;  /* absolute, for one answer; 30 s */
	uint64_t linger_ms; /* for the peer to read the last answer and close; 2 s */
	size_t max_conns;   /* that were not upgraded: past it the longest idle one goes, else the new one is refused */
};

/* Written by the loop's thread with weir_stat_add(), read by any. */
struct weir_http_counters {
	_Atomic uint64_t accepted, refused, requests, bad_requests, timeouts, upgrades, upgrades_refused, gone;
};

struct weir_http_server {
	struct weir_loop *loop;
	const struct weir_http_router *router; /* not owned */
	struct weir_http_options options;
	struct weir_pendings deadlines;
	struct weir_list conns; /* weir_http_conn.link: at work */
	struct weir_list idle;  /* weir_http_conn.link: between requests, longest first */
	size_t n_conns;         /* with a descriptor */
	size_t n_objects;       /* not yet freed */
	bool draining, closing, deadlines_closed;
	void (*closed)(struct weir_http_server *s);
	struct weir_http_counters counters;
};

void weir_http_options_default(struct weir_http_options *options);
int weir_http_server_init(struct weir_http_server *s, struct weir_loop *loop, const struct weir_http_router *router,
	const struct weir_http_options *options) WEIR_MUSTCHECK;
/* Takes over a connected, non-blocking socket. */
void weir_http_accept(struct weir_http_server *s, int fd, const struct sockaddr_storage *peer, bool scarce);
/* Closes idle connections; the others close after their answer. */
void weir_http_server_drain(struct weir_http_server *s);
/*
 * Closes all connections. Handlers that have not answered are told by on_gone; `closed` is called when all have
 * answered, then the memory may go.
 */
void weir_http_server_close(struct weir_http_server *s, void (*closed)(struct weir_http_server *s));

/*
 * Answers; exactly once, from the loop's thread. `content_type` may be NULL, `lines` are further header lines, each
 * with its CR LF, or absent; the body is copied as far as it cannot be sent at once. The request is gone afterwards.
 */
void weir_http_respond(struct weir_http_request *req, int status, const char *content_type, struct weir_str lines,
	struct weir_str body);
/* The same for an error: {"error":{"code":…,"message":…}} on one line. `why` is short (≤ 300 bytes), valid UTF-8. */
void weir_http_respond_error(struct weir_http_request *req, int status, const char *why, struct weir_str lines);
/* Answers a preflight request, or 403 if the origin is not allowed. */
void weir_http_respond_preflight(
	struct weir_http_request *req, const struct weir_origins *origins, const struct weir_cors *cors);
/*
 * Instead of an answer: takes the descriptor out of the server, for answers that are streams. The request and what it
 * points to stay valid until the caller returns to the loop. -1: the connection is closed already (the request is over
 * all the same).
 */
int weir_http_detach(struct weir_http_request *req) WEIR_MUSTCHECK;
/* The reason phrase of a status; never NULL. */
const char *weir_http_status_text(int status);

#endif
