/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions of channels. See partition.h. */
#include "weir/bus/partition.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "weir/base/err.h"

struct weir_str weir_partition_key(const struct weir_namespace *ns, struct weir_str channel)
{
	return ns && ns->ordered ? weir_str(ns->name) : channel;
}

unsigned weir_partition_of(struct weir_str key, unsigned partitions)
{
	return weir_jump_hash(XXH64(key.p, key.n, 0), partitions);
}

unsigned weir_jump_hash(uint64_t key, unsigned buckets)
{
	int64_t bucket = -1, next = 0;

	weir_assert(buckets > 0);
	while (next < (int64_t)buckets) {
		bucket = next;
		key = key * 2862933555777941757ULL + 1;
		next = (int64_t)((double)(bucket + 1) * ((double)(1LL << 31) / (double)((key >> 33) + 1)));
	}
	return (unsigned)bucket;
}
