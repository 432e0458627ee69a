/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which partition a channel belongs to: the same on every broker of a cluster, and for ever. Pure functions, any thread.
 */
#ifndef WEIR_BUS_PARTITION_H
#define WEIR_BUS_PARTITION_H

#include "weir/bus/namespace.h"

/* What decides: the namespace's name where it is `ordered`, so that all of it is in one log; else the channel's. */
struct weir_str weir_partition_key(const struct weir_namespace *ns, struct weir_str channel);
/* Jump consistent hash (Lamping, Veach: arXiv 1406.2294) of XXH64 with seed 0. */
unsigned weir_partition_of(struct weir_str key, unsigned partitions);
unsigned weir_jump_hash(uint64_t key, unsigned buckets); /* buckets > 0 */

#endif
