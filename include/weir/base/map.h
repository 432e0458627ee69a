/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intrusive hash table with chaining: nodes are embedded in the owner's objects, the table allocates only its slots,
 * grows at load 1 and shrinks below 1/8 (on the next insert, or when it becomes empty). The owner hashes and
 * compares. One thread.
 */
#ifndef WEIR_BASE_MAP_H
#define WEIR_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/base/mem.h"

struct weir_map_node {
	struct weir_map_node *next;
	uint64_t hash;
};

struct weir_map {
	struct weir_map_node **slots;
	size_t n_slots; /* 0 or a power of two */
	size_t count;
	size_t first; /* no slot below is used */
};

typedef bool (*weir_map_eq_fn)(const struct weir_map_node *node, const void *key);

void weir_map_init(struct weir_map *m);
void weir_map_fini(struct weir_map *m); /* frees the slots, not the nodes */
struct weir_map_node *weir_map_find(const struct weir_map *m, uint64_t hash, weir_map_eq_fn eq, const void *key);
void weir_map_insert(struct weir_map *m, struct weir_map_node *node, uint64_t hash); /* the key is not there yet */
void weir_map_remove(struct weir_map *m, struct weir_map_node *node);                /* it is there */

/* In no particular order; no insert during a walk. In a safe walk the current node may be removed (and freed). */
struct weir_map_node *weir_map_first(const struct weir_map *m);
struct weir_map_node *weir_map_next(const struct weir_map *m, const struct weir_map_node *node);
#define weir_map_foreach(node, m) for ((node) = weir_map_first(m); (node); (node) = weir_map_next((m), (node)))
#define weir_map_foreach_safe(node, tmp, m)                                                          \
	for ((node) = weir_map_first(m), (tmp) = (node) ? weir_map_next((m), (node)) : NULL; (node); \
		(node) = (tmp), (tmp) = (node) ? weir_map_next((m), (node)) : NULL)
/* Detaches and returns any node, NULL when empty: for taking a table apart. */
struct weir_map_node *weir_map_pop(struct weir_map *m);

#endif
