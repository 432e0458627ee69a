/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of bytes: name resolution, TCP or unix socket, both with a deadline, then bytes in and out. What is
 * written in one turn of the loop goes out with one write at its end. The odd case: writing has failed, but there are
 * still bytes to be read, which may tell why: they are waited for a little. Loop's thread; callbacks come from the
 * loop, never from inside a call.
 */
#ifndef WEIR_REDIS_TRANSPORT_H
#define WEIR_REDIS_TRANSPORT_H

#include "link.h"

#define WEIR_REDIS_UNSENT_MAX (64u << 20)

struct weir_redis_transport;

struct weir_redis_transport_options {
	struct weir_loop *loop;
	const struct weir_redis_endpoint *endpoint; /* copied */
	uint64_t connect_timeout_ms;                /* resolve; connect: each address */
	void (*connected)(void *ctx);
	void (*bytes)(void *ctx, const char *p, size_t n);
	void (*turn)(void *ctx); /* was asked for by wake() */
	/* Once, and nothing is called afterwards. step: "resolve", "connect", "read", "write". */
	void (*lost)(void *ctx, int err, const char *step);
	void *ctx;
};

struct weir_redis_transport *weir_redis_transport_open(
	const struct weir_redis_transport_options *o); /* NULL: no memory */
/* Nothing is called any more; unsent bytes are dropped. Frees itself later. Clears the pointer; takes NULL. */
void weir_redis_transport_close(struct weir_redis_transport **t);
/* Copies. WEIR_ENOROOM: more than WEIR_REDIS_UNSENT_MAX unsent; -ENOMEM. Only while connected. */
int weir_redis_transport_write(struct weir_redis_transport *t, const char *p, size_t n) WEIR_MUSTCHECK;
void weir_redis_transport_read(struct weir_redis_transport *t, bool on); /* on since it is connected */
void weir_redis_transport_wake(struct weir_redis_transport *t); /* turn() is called, in this turn or the next */
const char *weir_redis_transport_peer(const struct weir_redis_transport *t);

#endif
