/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often somebody may guess a password: GUESSES_AT_ONCE wrong ones from an address (an IPv6 one by its first 64
 * bits), then one every ten seconds. Addresses share a fixed number of buckets, so what all of them together may try is
 * bounded too, and no memory grows. One object for all workers, any thread.
 */
#ifndef WEIR_SERVER_GUESSES_H
#define WEIR_SERVER_GUESSES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "weir/base/hash.h"

#define WEIR_GUESSES_BUCKETS 64
#define WEIR_GUESSES_AT_ONCE 5
#define WEIR_GUESSES_EACH_MS 10000

struct weir_guesses {
	struct weir_hash_key key;
	atomic_ullong full_at_ms[WEIR_GUESSES_BUCKETS]; /* monotonic: when all guesses are there again */
};

void weir_guesses_init(struct weir_guesses *g, const struct weir_hash_key *key);
/* False: not now, but in so many seconds. A guess that was right is given back. */
bool weir_guesses_take(struct weir_guesses *g, const char *address, uint64_t now_ms, unsigned *retry_after_s);
void weir_guesses_give_back(struct weir_guesses *g, const char *address);

#endif
