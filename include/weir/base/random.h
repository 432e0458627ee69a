/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Randomness as something that is passed in. `weir_random_system` (getrandom) for secrets, ids and keys; a seeded
 * xoshiro256** for jitter and for tests, where the seed reproduces the run. One thread per seeded generator.
 */
#ifndef WEIR_BASE_RANDOM_H
#define WEIR_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct weir_random {
	void (*fill)(
		struct weir_random *r, void *p, size_t n); /* cannot fail: aborts when the system has no randomness */
	uint64_t s[4];                                     /* state of the seeded generator */
};

void weir_random_system(struct weir_random *r);
void weir_random_seeded(struct weir_random *r, uint64_t seed);
void weir_random_fill(struct weir_random *r, void *p, size_t n);
uint64_t weir_random_u64(struct weir_random *r);
uint64_t weir_random_below(struct weir_random *r, uint64_t n); /* 0 … n-1, unbiased; n > 0 */
void weir_random_uuid(struct weir_random *r, char out[37]);    /* RFC 9562 version 4, lower case, NUL-terminated */
void weir_random_letters(struct weir_random *r, char *out, size_t n); /* n of [a-zA-Z], no NUL */

#endif
