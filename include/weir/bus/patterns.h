/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of patterns (protocol.md §14.5), asked which of them match a channel. A trie of tokens under the literal
 * namespace, so that a question visits only what its own tokens lead to, however many patterns there are beside. The
 * pattern `>` alone stands apart. What a pattern stands for is the owner's. One thread.
 */
#ifndef WEIR_BUS_PATTERNS_H
#define WEIR_BUS_PATTERNS_H

#include "weir/base/hash.h"
#include "weir/base/map.h"

struct weir_patterns {
	struct weir_map nodes; /* patterns_node.node by parent and token */
	const struct weir_hash_key *key;
	void *bus; /* of the pattern `>` */
	size_t count;
};

typedef void (*weir_pattern_fn)(void *ctx, void *value);

void weir_patterns_init(struct weir_patterns *p, const struct weir_hash_key *key);
void weir_patterns_fini(struct weir_patterns *p); /* must be empty */
/* A valid pattern that is not in the set; value is not NULL. -ENOMEM: nothing has changed. */
int weir_patterns_add(struct weir_patterns *p, struct weir_str pattern, void *value) WEIR_MUSTCHECK;
void weir_patterns_remove(struct weir_patterns *p, struct weir_str pattern); /* it is in the set */
/* Calls fn with the value of each pattern that matches, in no order. fn must not change the set. */
void weir_patterns_match(const struct weir_patterns *p, struct weir_str channel, weir_pattern_fn fn, void *ctx);

#endif
