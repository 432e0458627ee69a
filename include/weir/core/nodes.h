/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brokers of a cluster as they tell of each other, and lists of their names. Lists own copies of the strings. One owner
 * at a time, any thread.
 */
#ifndef WEIR_CORE_NODES_H
#define WEIR_CORE_NODES_H

#include <stdint.h>

#include "weir/base/err.h"
#include "weir/base/str.h"

/* Who a broker is. Borrowed strings. */
struct weir_node {
	struct weir_str uid, name, version;
	uint64_t started_ms; /* by its own monotonic clock */
};

/* What it says of itself. */
struct weir_node_info {
	struct weir_str uid, name, version;
	uint64_t uptime_s;
	uint64_t clients, users, channels, subscriptions;
};

struct weir_node_list {
	struct weir_node_info *nodes;
	size_t count;
};

int weir_node_list_add(struct weir_node_list *l, const struct weir_node_info *node) WEIR_MUSTCHECK; /* -ENOMEM */
void weir_node_list_fini(struct weir_node_list *l);

struct weir_name_list {
	struct weir_str *names;
	size_t count;
};

int weir_name_list_add(struct weir_name_list *l, struct weir_str name) WEIR_MUSTCHECK; /* -ENOMEM */
void weir_name_list_fini(struct weir_name_list *l);

#endif
