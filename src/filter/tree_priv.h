/* SPDX-License-Identifier: Apache-2.0 */
/* A tree while it is compiled, shared by what reads nodes, leaves, and refuses. Any thread. */
#ifndef WEIR_FILTER_TREE_PRIV_H
#define WEIR_FILTER_TREE_PRIV_H

#include "build_priv.h"

#define TREE_VALS  256
#define TREE_BYTES 4096 /* of keys, val and vals together */

struct tree {
	struct weir_buf *why;
	struct build build;
	unsigned n_nodes, n_vals, depth;
	size_t n_bytes;
	uint32_t path[PROGRAM_DEPTH]; /* indices that lead to the node at hand */
	struct program_const vals[TREE_VALS];
};

/* The members of a node as they stand in the JSON; absent if missing, null or empty. */
struct tree_node {
	struct weir_str op, key, cmp, val;
	struct weir_json vals, nodes;
};

int weir__tree_leaf(struct tree *t, const struct tree_node *node);

/* Each appends the place and the reason to `why`, and returns the error. */
int weir__tree_refuse(struct tree *t, const char *subject, const char *reason);
int weir__tree_limit(struct tree *t, const char *reason);
int weir__tree_unknown(struct tree *t, const char *what, struct weir_str quoted);

#endif
