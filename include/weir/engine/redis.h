/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine that makes several brokers one: each partition's log is a Redis stream, which every broker reads. It works
 * on the hub's loop, from open() on; until Redis is there, and while it is away, state() says why, publishes are held
 * for their deadline, and what needs Redis is answered WEIR_EUNAVAILABLE. Hub's thread.
 */
#ifndef WEIR_ENGINE_REDIS_H
#define WEIR_ENGINE_REDIS_H

#include "weir/base/buf.h"
#include "weir/base/clock.h"
#include "weir/base/hash.h"
#include "weir/base/log.h"
#include "weir/base/random.h"
#include "weir/bus/namespace.h"
#include "weir/core/engine.h"
#include "weir/core/nodes.h"

/* All strings, and what pointers lead to, must stay until free. "" or NULL: not set. */
struct weir_engine_redis_options {
	/* One Redis, as src/engine/redis/address.h takes it; several: independent shards, in their order for ever. */
	const char *const *address;
	size_t n_addresses;
	const char *prefix;          /* of all keys */
	const char *user, *password; /* where an address has none of its own */
	unsigned db;                 /* likewise */
	const char *client_name;
	uint64_t connect_timeout_ms, io_timeout_ms;
	/* Sentinels of the one Redis, in place of its address. */
	const char *const *sentinel_address;
	size_t n_sentinel_addresses;
	const char *sentinel_user, *sentinel_password, *sentinel_master_name;
	unsigned partitions;
	size_t log_bytes;  /* that the log of each partition keeps */
	size_t inline_max; /* bytes of the largest event */
	uint64_t publish_deadline_ms;
	size_t publish_queue_events, publish_queue_bytes; /* that may wait to be sent */
	uint64_t idempotency_ttl_ms;
	struct weir_node node; /* this broker; the uid lasts as long as the process */
	struct weir_log *log;
	const struct weir_clock *clock;
	const struct weir_hash_key *hash_key;
	struct weir_random *random; /* the hub's thread only */
	const struct weir_namespaces *namespaces;
};

#define WEIR_ENGINE_REDIS_SENTINELS_MAX 16

/*
 * Can this be one of the addresses, or of the sentinels' addresses? WEIR_EINVALID: `why` says what was expected, never
 * what was given; -ENOMEM. Any thread.
 */
int weir_engine_redis_check_address(struct weir_str address, bool sentinel, struct weir_buf *why) WEIR_MUSTCHECK;

/*
 * NULL: an option cannot be used, or no memory; the reason is in the log. Does not look at Redis yet. Freed by its
 * ops->free.
 */
struct weir_engine *weir_engine_redis_new(const struct weir_engine_redis_options *o);

#endif
