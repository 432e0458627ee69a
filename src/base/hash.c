/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3 (Aumasson and Bernstein, https://www.aumasson.jp/siphash/siphash.pdf). Pure, any thread. */
#include "weir/base/hash.h"

struct hash_state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t hash_rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void hash_round(struct hash_state *s)
{
	s->v0 += s->v1;
	s->v1 = hash_rotate(s->v1, 13) ^ s->v0;
	s->v0 = hash_rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = hash_rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = hash_rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = hash_rotate(s->v1, 17) ^ s->v2;
	s->v2 = hash_rotate(s->v2, 32);
}

static inline uint64_t hash_load(const char *p)
{
	uint64_t x;

	memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

/* ------------------------------------------------------------------------------------------------------------------ */

uint64_t weir_hash(const struct weir_hash_key *key, struct weir_str s)
{
	struct hash_state h = {key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d, key->k0 ^ 0x6c7967656e657261,
		key->k1 ^ 0x7465646279746573};
	uint64_t word = (uint64_t)s.n << 56;
	size_t whole = s.n & ~(size_t)7;

	for (size_t i = 0; i < whole; i += 8) {
		uint64_t m = hash_load(s.p + i);

		h.v3 ^= m;
		hash_round(&h);
		h.v0 ^= m;
	}
	for (size_t i = whole; i < s.n; i++)
		word |= (uint64_t)(unsigned char)s.p[i] << 8 * (i - whole);
	h.v3 ^= word;
	hash_round(&h);
	h.v0 ^= word;
	h.v2 ^= 0xff;
	hash_round(&h);
	hash_round(&h);
	hash_round(&h);
	return h.v0 ^ h.v1 ^ h.v2 ^ h.v3;
}
