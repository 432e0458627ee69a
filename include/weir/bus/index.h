/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's index: channel → live subscriptions. Entries are reference-counted by subscriptions, live or on their
 * way, so a channel's name is stored once per worker. Adding and removing a subscription is O(1). Worker's thread.
 */
#ifndef WEIR_BUS_INDEX_H
#define WEIR_BUS_INDEX_H

#include "weir/base/hash.h"
#include "weir/base/map.h"
#include "weir/bus/subscription.h"

struct weir_index {
	struct weir_map map; /* weir_index_entry.node by channel */
	const struct weir_hash_key *key;
};

struct weir_index_entry {
	struct weir_map_node node;
	uint32_t refs;
	uint32_t count, cap;
	struct weir_subscription **subs; /* live ones, in no order */
	uint32_t epoch_no;               /* raised when the channel's epoch changes */
	char epoch[WEIR_EPOCH_MAX];      /* "" until one is known */
	struct weir_str channel;
	char name[];
};

void weir_index_init(struct weir_index *ix, const struct weir_hash_key *key);
void weir_index_fini(struct weir_index *ix); /* must be empty */
struct weir_index_entry *weir_index_find(const struct weir_index *ix, struct weir_str channel);
struct weir_index_entry *weir_index_ref(
	struct weir_index *ix, struct weir_str channel); /* finds or adds; NULL: no memory */
void weir_index_unref(struct weir_index *ix, struct weir_index_entry **e);
int weir_index_add(struct weir_index_entry *e, struct weir_subscription *s) WEIR_MUSTCHECK; /* makes it live; -ENOMEM */
void weir_index_remove(struct weir_index_entry *e, struct weir_subscription *s);
/* Records the channel's epoch and returns its number; a change gives a new one. */
uint32_t weir_index_epoch(struct weir_index_entry *e, const char *epoch);

#endif
