/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of publishes that carried an idempotency key, per channel and key, kept for a fixed time (protocol.md §13.2):
 * a repeat publishes nothing and gets the first result. Bounded by number: past it the oldest goes first. One thread.
 */
#ifndef WEIR_BUS_IDEMPOTENCY_H
#define WEIR_BUS_IDEMPOTENCY_H

#include "weir/base/hash.h"
#include "weir/base/list.h"
#include "weir/base/map.h"
#include "weir/event/event.h"

struct weir_idempotency {
	struct weir_map map;
	struct weir_list order; /* idempotency_entry.link, oldest first */
	const struct weir_hash_key *key;
	uint64_t ttl_ms;
	size_t max_entries;
};

struct weir_publish_result {
	uint64_t offset; /* 0: no history */
	char epoch[WEIR_EPOCH_MAX];
};

void weir_idempotency_init(
	struct weir_idempotency *t, const struct weir_hash_key *key, uint64_t ttl_ms, size_t max_entries);
void weir_idempotency_fini(struct weir_idempotency *t);
const struct weir_publish_result *weir_idempotency_find(
	struct weir_idempotency *t, struct weir_str channel, struct weir_str key, uint64_t now_ms);
int weir_idempotency_store(struct weir_idempotency *t, struct weir_str channel, struct weir_str key,
	const struct weir_publish_result *r, uint64_t now_ms) WEIR_MUSTCHECK; /* 0 or -ENOMEM */

#endif
