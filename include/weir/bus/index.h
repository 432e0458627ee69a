/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's index: channel or pattern → live subscriptions. Entries are reference-counted by subscriptions, live or
 * on their way, so a name is stored once per worker. Adding and removing a subscription is O(1). Worker's thread.
 */
#ifndef WEIR_BUS_INDEX_H
#define WEIR_BUS_INDEX_H

#include "weir/base/hash.h"
#include "weir/base/map.h"
#include "weir/bus/filter_set.h"
#include "weir/bus/patterns.h"
#include "weir/bus/subscription.h"

struct weir_index {
	struct weir_map map;           /* weir_index_entry.node by channel or pattern */
	struct weir_patterns patterns; /* the entries of patterns */
	const struct weir_hash_key *key;
};

struct weir_index_entry {
	struct weir_map_node node;
	uint32_t refs;
	uint32_t count, cap;
	struct weir_subscription **subs; /* live ones, in no order */
	uint32_t epoch_no;               /* raised when the channel's epoch changes */
	char epoch[WEIR_EPOCH_MAX];      /* "" until one is known */
	bool is_pattern;                 /* its name is a pattern */
	struct weir_filter_set filters;  /* of its subscriptions, live or on their way */
	struct weir_str channel;
	char name[];
};

void weir_index_init(struct weir_index *ix, const struct weir_hash_key *key);
void weir_index_fini(struct weir_index *ix); /* must be empty */
struct weir_index_entry *weir_index_find(const struct weir_index *ix, struct weir_str channel);
/* Finds or adds. A name that is a pattern must be a valid one. NULL: no memory. */
struct weir_index_entry *weir_index_ref(struct weir_index *ix, struct weir_str channel);
/* Are there patterns, so that a publication is worth a weir_index_match()? */
bool weir_index_has_patterns(const struct weir_index *ix);
/* The entries of the patterns that match a channel, in no order. fn must not change the index. */
void weir_index_match(const struct weir_index *ix, struct weir_str channel,
	void (*fn)(void *ctx, struct weir_index_entry *e), void *ctx);
void weir_index_unref(struct weir_index *ix, struct weir_index_entry **e);
int weir_index_add(struct weir_index_entry *e, struct weir_subscription *s) WEIR_MUSTCHECK; /* makes it live; -ENOMEM */
void weir_index_remove(struct weir_index_entry *e, struct weir_subscription *s);
/* Records the channel's epoch and returns its number; a change gives a new one. */
uint32_t weir_index_epoch(struct weir_index_entry *e, const char *epoch);

#endif
