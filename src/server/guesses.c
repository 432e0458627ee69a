/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded guessing. A guess costs ten seconds, paid by moving `full_at_ms` into the future, at most so far that the
 * next one would be one too many. See guesses.h. Any thread.
 */
#include "weir/server/guesses.h"

#include <arpa/inet.h>

static atomic_ullong *bucket_of(struct weir_guesses *g, const char *address)
{
	struct weir_str who = weir_str(address);
	struct in6_addr six;

	if (inet_pton(AF_INET6, address, &six) == 1 && !IN6_IS_ADDR_V4MAPPED(&six))
		who = weir_str_n((const char *)&six, 8); /* whoever has one address there has all of these */
	return &g->full_at_ms[weir_hash(&g->key, who) % WEIR_GUESSES_BUCKETS];
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_guesses_init(struct weir_guesses *g, const struct weir_hash_key *key)
{
	g->key = *key;
	for (size_t i = 0; i < WEIR_GUESSES_BUCKETS; i++)
		atomic_init(&g->full_at_ms[i], 0);
}

bool weir_guesses_take(struct weir_guesses *g, const char *address, uint64_t now_ms, unsigned *retry_after_s)
{
	atomic_ullong *full_at = bucket_of(g, address);
	unsigned long long was = atomic_load_explicit(full_at, memory_order_relaxed), next;

	do {
		next = (was > now_ms ? was : now_ms) + WEIR_GUESSES_EACH_MS;
		if (next > now_ms + WEIR_GUESSES_AT_ONCE * WEIR_GUESSES_EACH_MS) {
			next -= now_ms + WEIR_GUESSES_AT_ONCE * WEIR_GUESSES_EACH_MS;
			*retry_after_s = (unsigned)((next + 999) / 1000);
			return false;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		full_at, &was, next, memory_order_relaxed, memory_order_relaxed));
	return true;
}

void weir_guesses_give_back(struct weir_guesses *g, const char *address)
{
	atomic_fetch_sub_explicit(bucket_of(g, address), WEIR_GUESSES_EACH_MS, memory_order_relaxed);
}
