/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded engine: one partition's log, streams, presence and idempotency results, all in process. Everything is
 * answered from inside the call. What it holds is gone when the process ends, and the new epochs say so to clients.
 * Hub's thread.
 */
#ifndef WEIR_ENGINE_MEMORY_H
#define WEIR_ENGINE_MEMORY_H

#include "weir/base/clock.h"
#include "weir/base/hash.h"
#include "weir/base/random.h"
#include "weir/core/engine.h"

struct weir_engine_memory_options {
	const struct weir_clock *clock;
	const struct weir_hash_key *hash_key;
	struct weir_random *random; /* for epochs; the hub's thread only */
	uint64_t idempotency_ttl_ms;
	size_t idempotency_max;        /* results remembered */
	size_t log_entries, log_bytes; /* what the log keeps */
};

/* NULL: no memory. Freed by its ops->free. */
struct weir_engine *weir_engine_memory_new(const struct weir_engine_memory_options *o);

#endif
