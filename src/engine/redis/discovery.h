/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is master? With sentinels all of them are asked, and what more than half of those configured say is the answer
 * (nothing relies on their messages: redis/rueidis#1016). While `watch` is on they are asked once a second, and
 * `moved` is called when the majority names another master than the one found last. Without sentinels the configured
 * endpoint is the answer. Loop's thread; callbacks come from the loop, never from inside a call.
 */
#ifndef WEIR_REDIS_DISCOVERY_H
#define WEIR_REDIS_DISCOVERY_H

#include "address.h"

struct weir_redis_discovery;

struct weir_redis_discovery_options {
	struct weir_loop *loop;
	const struct weir_redis_address *address; /* stays */
	uint64_t timeout_ms;                      /* of one round, all together */
	/* The answer to ask(). err 0: `master` is borrowed. Else why, for people: "2 of 3 sentinels do not answer". */
	void (*found)(void *ctx, int err, const struct weir_redis_endpoint *master, const char *why);
	void (*moved)(void *ctx, const struct weir_redis_endpoint *master);
	void *ctx;
};

struct weir_redis_discovery *weir_redis_discovery_new(
	const struct weir_redis_discovery_options *o);            /* NULL: no memory */
void weir_redis_discovery_close(struct weir_redis_discovery **d); /* frees itself later; calls nothing any more */
void weir_redis_discovery_ask(struct weir_redis_discovery *d);    /* one at a time: asking again starts over */
void weir_redis_discovery_watch(struct weir_redis_discovery *d, bool on);

#endif
