/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to Redis, from name resolution to its loss: DNS, connect (TCP or unix socket), AUTH, SELECT, CLIENT
 * SETNAME, then commands in a pipeline, each with a deadline. It never reconnects: whoever owns it makes another one.
 * The odd case: a server that accepts and then says nothing is found by the deadline of the first command. Loop's
 * thread; callbacks come from the loop, never from inside a call.
 */
#ifndef WEIR_REDIS_LINK_H
#define WEIR_REDIS_LINK_H

#include "argv.h"
#include "reply.h"
#include "weir/base/err.h"
#include "weir/core/loop.h"

struct weir_redis_endpoint {
	char *host; /* name or address, NULL for a unix socket; malloc'd by weir_redis_endpoint_set() and copies */
	char *path; /* unix socket */
	uint16_t port;
}; /* zeroed: none */

struct weir_redis_credentials {
	const char *user, *password; /* "" or NULL: none */
	unsigned db;
	const char *client_name; /* "" or NULL: none */
};

struct weir_redis_link;

struct weir_redis_link_options {
	struct weir_loop *loop;
	const struct weir_redis_endpoint *endpoint; /* copied */
	struct weir_redis_credentials credentials;  /* the strings stay */
	uint64_t connect_timeout_ms;                /* resolve, connect: each */
	uint64_t io_timeout_ms;                     /* of the handshake's commands */
	size_t reply_max_bytes;                     /* a larger reply (also one that only says so) loses the link */
	void (*ready)(void *ctx);                   /* logged in */
	/* Once, after which only close() may be called. The callbacks of all commands under way have run before. */
	void (*lost)(void *ctx, int err, const char *why); /* why: for people, "connect: connection refused" */
	void *ctx;
};

/* NULL: no memory. */
struct weir_redis_link *weir_redis_link_open(const struct weir_redis_link_options *o);
/*
 * The callbacks of the commands under way get their NULL from inside (not the one that is being given its reply, unless
 * it holds that back); nothing is called after that. Frees itself when its handles are closed. Clears the pointer; takes NULL.
 */
void weir_redis_link_close(struct weir_redis_link **l);

/* reply NULL: the link is lost, the command may or may not have been carried out. */
typedef void (*weir_redis_reply_fn)(void *ctx, const struct weir_reply *reply);
/*
 * Only between ready and lost; written at the end of the loop's turn with all others. Past timeout_ms the link is lost.
 * fn NULL: the answer is not wanted. WEIR_ENOROOM (more than 64 MiB unsent, or 2^18 unanswered), -ENOMEM: not sent; also
 * WEIR_ECLOSED, when it is lost, which is so while the callbacks of what was under way run.
 */
int weir_redis_link_send(struct weir_redis_link *l, struct weir_argv *a, uint64_t timeout_ms, weir_redis_reply_fn fn,
	void *ctx) WEIR_MUSTCHECK;
/*
 * Inside a reply's callback: this reply was not taken, because there is no room for it; nothing more is read or
 * called, and no deadline passes, until resume, which gives the same reply again (from the loop).
 */
void weir_redis_link_hold(struct weir_redis_link *l);
void weir_redis_link_resume(struct weir_redis_link *l);

/* ip, port or path of the peer, for log lines: "127.0.0.1:6379". */
const char *weir_redis_link_peer(const struct weir_redis_link *l);

int weir_redis_endpoint_set(
	struct weir_redis_endpoint *e, struct weir_str host, uint16_t port) WEIR_MUSTCHECK; /* -ENOMEM */
int weir_redis_endpoint_set_path(struct weir_redis_endpoint *e, struct weir_str path) WEIR_MUSTCHECK;
/* `to` holds nothing before. */
int weir_redis_endpoint_copy(struct weir_redis_endpoint *to, const struct weir_redis_endpoint *from) WEIR_MUSTCHECK;
bool weir_redis_endpoint_eq(const struct weir_redis_endpoint *a, const struct weir_redis_endpoint *b);
void weir_redis_endpoint_fini(struct weir_redis_endpoint *e);

#endif
