/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brokers' engines on one Redis and one loop, for tests: each a node of its own, with a clock that the test moves. The
 * loop only turns while the test waits for a condition; one that never comes ends the program by SIGALRM. The odd case:
 * Redis' clock cannot be moved, so what is there is made older instead. A test's thread.
 */
#ifndef WEIR_TEST_REDIS_WORLD_H
#define WEIR_TEST_REDIS_WORLD_H

#include "redis_server.h"
#include "test.h"
#include "weir/core/loop.h"
#include "weir/engine/redis.h"

#define WORLD_BROKERS_MAX 3
#define WORLD_NAMESPACES  3 /* m, n, x; and channels without one */

struct redis_world {
	struct weir_loop loop;
	struct weir_log log;
	struct weir_clock clock;
	struct weir_hash_key key;
	struct weir_random random;
	struct weir_namespaces *namespaces;
	struct weir_namespace *without, *named;
	struct redis_server *server; /* the program's; stopped with it */
	char prefix[32], address[64];
	const char *addresses[1];
	bool frozen;        /* the brokers' clock moves with the test alone */
	uint64_t passed_ms; /* as moved by the test */
	uint64_t synced_ms; /* frozen: real time at which Redis and the brokers last agreed */
	struct weir_turn_hook turn;
	bool (*until)(void *ctx);
	void *until_ctx;
	struct weir_engine *engines[WORLD_BROKERS_MAX];
	char uids[WORLD_BROKERS_MAX][37];
	unsigned n_engines;
	struct weir_engine_redis_options o; /* of engines to come */
};

/* With nothing in it, for a prefix of its own. Ends the program with 77 if there is no redis-server. */
void world_init(struct redis_world *w, unsigned partitions, bool frozen);
void world_fini(struct redis_world *w); /* closes the engines that are left */
/* A broker, which begins to work; the number of it. */
unsigned world_open(struct redis_world *w, const struct weir_engine_sink *sink);
void world_close(struct redis_world *w, unsigned broker); /* in an orderly way */
void world_kill(struct redis_world *w, unsigned broker);  /* it says good-bye to nobody */

void world_wait(struct redis_world *w, bool (*until)(void *ctx), void *ctx);
void world_wait_ready(struct redis_world *w); /* until publishing works, and all know each other */
/* All that was asked to be written is written, and all brokers have read all that was written. */
bool world_is_quiet(const struct redis_world *w);
/* The brokers' clock moves, and what is in Redis gets older. */
void world_advance(struct redis_world *w, uint64_t ms);
/* The brokers' clock alone. */
void world_skip(struct redis_world *w, uint64_t ms);

/* The namespace of a channel. */
const struct weir_namespace *world_namespace(const struct redis_world *w, const char *channel);
const char *world_key(const struct redis_world *w); /* what the keys of the first partition begin with */
double world_metric(const struct redis_world *w, unsigned broker, const char *name);
/* A line for redis-cli's inline protocol; the answer is the world's until the next one. */
const char *world_redis(struct redis_world *w, const char *format, ...) WEIR_PRINTF(2, 3);

#endif
