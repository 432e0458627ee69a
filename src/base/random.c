/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Randomness: the system's, and xoshiro256** (Blackman and Vigna, https://prng.di.unimi.it/) seeded by splitmix64. The
 * same seed gives the same bytes on every machine. One thread per seeded generator.
 */
#include "weir/base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "weir/base/err.h"

static void random_fill_system(struct weir_random *r, void *p, size_t n)
{
	char *to = p;

	(void)r;
	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			fprintf(stderr, "weir: the system gives no randomness\n");
			abort();
		}
		to += got;
		n -= (size_t)got;
	}
}

static inline uint64_t random_rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static uint64_t random_xoshiro(uint64_t s[4])
{
	uint64_t result = random_rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = random_rotate(s[3], 45);
	return result;
}

static void random_fill_seeded(struct weir_random *r, void *p, size_t n)
{
	unsigned char *to = p;

	while (n > 0) {
		uint64_t x = random_xoshiro(r->s);

		for (int i = 0; i < 8 && n > 0; i++, n--, x >>= 8)
			*to++ = (unsigned char)x;
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_random_system(struct weir_random *r)
{
	*r = (struct weir_random){.fill = random_fill_system};
}

void weir_random_seeded(struct weir_random *r, uint64_t seed)
{
	r->fill = random_fill_seeded;
	for (int i = 0; i < 4; i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		r->s[i] = z ^ z >> 31;
	}
}

void weir_random_fill(struct weir_random *r, void *p, size_t n)
{
	r->fill(r, p, n);
}

uint64_t weir_random_u64(struct weir_random *r)
{
	unsigned char bytes[8];
	uint64_t x = 0;

	r->fill(r, bytes, sizeof(bytes));
	for (int i = 7; i >= 0; i--)
		x = x << 8 | bytes[i];
	return x;
}

uint64_t weir_random_below(struct weir_random *r, uint64_t n)
{
	uint64_t x, surplus;

	weir_assert(n > 0);
	surplus = (0 - n) % n; /* 2^64 mod n: that many values at the bottom would come up once too often */
	do
		x = weir_random_u64(r);
	while (x < surplus);
	return x % n;
}

void weir_random_uuid(struct weir_random *r, char out[37])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char b[16];
	char *to = out;

	r->fill(r, b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = hex[b[i] >> 4];
		*to++ = hex[b[i] & 15];
	}
	*to = '\0';
}

void weir_random_letters(struct weir_random *r, char *out, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	unsigned char b[32];
	size_t written = 0;

	while (written < n) {
		r->fill(r, b, sizeof(b));
		for (size_t i = 0; i < sizeof(b) && written < n; i++)
			if (b[i] < 52 * 4) /* unbiased: the rest of the byte's range is thrown away */
				out[written++] = letters[b[i] % 52];
	}
}
