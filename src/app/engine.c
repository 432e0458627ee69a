/* SPDX-License-Identifier: Apache-2.0 */
/* The engine that the configuration asks for. Main thread. */
#include "app_priv.h"
#include "config.h"
#include "weir/engine/memory.h"
#include "weir/engine/redis.h"

#define IDEMPOTENCY_MAX 100000

static struct weir_engine *memory_new(struct app *a)
{
	return weir_engine_memory_new(&(struct weir_engine_memory_options){.clock = &weir_clock_real,
		.hash_key = &a->hash_key,
		.random = &a->random,
		.idempotency_ttl_ms = (uint64_t)a->conf->engine.idempotency_ttl_ms,
		.idempotency_max = IDEMPOTENCY_MAX,
		.log_entries = (size_t)a->conf->engine.log_entries,
		.log_bytes = (size_t)a->conf->engine.log_bytes});
}

static struct weir_engine *redis_new(struct app *a)
{
	const struct weir_conf *c = a->conf;

	return weir_engine_redis_new(&(struct weir_engine_redis_options){
		.address = (const char *const *)c->engine.redis.address.v,
		.n_addresses = c->engine.redis.address.n,
		.prefix = c->engine.redis.prefix,
		.user = c->engine.redis.user,
		.password = c->engine.redis.password,
		.db = (unsigned)c->engine.redis.db,
		.client_name = c->engine.redis.client_name,
		.connect_timeout_ms = (uint64_t)c->engine.redis.connect_timeout_ms,
		.io_timeout_ms = (uint64_t)c->engine.redis.io_timeout_ms,
		.sentinel_address = (const char *const *)c->engine.redis.sentinel_address.v,
		.n_sentinel_addresses = c->engine.redis.sentinel_address.n,
		.sentinel_user = c->engine.redis.sentinel_user,
		.sentinel_password = c->engine.redis.sentinel_password,
		.sentinel_master_name = c->engine.redis.sentinel_master_name,
		.partitions = (unsigned)c->engine.redis.partitions,
		.log_bytes = (size_t)c->engine.redis.log_bytes,
		.inline_max = (size_t)c->engine.redis.inline_max_bytes,
		.publish_deadline_ms = (uint64_t)c->engine.redis.publish_deadline_ms,
		.publish_queue_events = (size_t)c->engine.redis.publish_queue_events,
		.publish_queue_bytes = (size_t)c->engine.redis.publish_queue_bytes,
		.idempotency_ttl_ms = (uint64_t)c->engine.idempotency_ttl_ms,
		.node = weir__app_node(a),
		.log = &a->log,
		.clock = &weir_clock_real,
		.hash_key = &a->hash_key,
		.random = &a->random,
		.namespaces = a->namespaces,
	});
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_node weir__app_node(const struct app *a)
{
	return (struct weir_node){weir_str(a->uid), weir_str(a->name), WEIR_STR(PACKAGE_VERSION), a->started_ms};
}

struct weir_engine *weir__app_engine_new(struct app *a)
{
	return a->conf->engine.type == WEIR_ENGINE_REDIS ? redis_new(a) : memory_new(a);
}
