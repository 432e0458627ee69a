/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed hash of bytes (SipHash-1-3), for tables whose keys strangers choose. The key is random per process and comes
 * from the owner of the table. Pure, any thread.
 */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include "weir/base/str.h"

struct weir_hash_key {
	uint64_t k0, k1;
};

uint64_t weir_hash(const struct weir_hash_key *key, struct weir_str s);

#endif
