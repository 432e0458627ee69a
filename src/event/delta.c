/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a patch: blocks of the source are put into a hash table, a rolling hash runs over the target, matches are
 * extended both ways, and what lies between is written out. Copies begin and end between characters, so the patch of a
 * UTF-8 target is UTF-8 too, which a text transport needs. Pure, any thread.
 */
#include "weir/event/delta.h"

#include <errno.h>
#include <stdlib.h>

#include "delta_priv.h"

#define DELTA_BLOCK      16
#define DELTA_CANDIDATES 32 /* blocks looked at for one place; bounds the work on repetitive sources */
#define DELTA_BASE       0x01000193u
#define DELTA_BASE_15    0xd69d215bu

/* Blocks by the hash of their bytes. Numbers are block + 1; 0 ends a chain. */
struct delta_index {
	uint32_t *heads, *next;
	unsigned shift;
};

struct delta_copy {
	size_t from, to, n; /* in the source, in the target */
};

static uint32_t delta_hash(const char *p)
{
	uint32_t h = 0;

	for (int i = 0; i < DELTA_BLOCK; i++)
		h = h * DELTA_BASE + (unsigned char)p[i];
	return h;
}

static uint32_t delta_bucket(const struct delta_index *index, uint32_t hash)
{
	return (hash * 0x9e3779b1u) >> index->shift;
}

static int delta_index_init(struct delta_index *index, struct weir_str source)
{
	size_t n = source.n / DELTA_BLOCK, n_heads = 2;

	for (index->shift = 31; n_heads < n && index->shift > 1; index->shift--)
		n_heads *= 2;
	index->heads = calloc(n_heads + n, sizeof(uint32_t));
	if (!index->heads)
		return -ENOMEM;
	index->next = index->heads + n_heads;
	/* Backwards, so that a chain begins with the first of equal blocks. */
	for (size_t block = n; block-- > 0;) {
		uint32_t bucket = delta_bucket(index, delta_hash(source.p + block * DELTA_BLOCK));

		index->next[block] = index->heads[bucket];
		index->heads[bucket] = (uint32_t)block + 1;
	}
	return 0;
}

static size_t delta_common(const char *a, const char *b, size_t max)
{
	size_t n = 0;

	for (; max - n >= 8; n += 8) {
		uint64_t x, y;

		memcpy(&x, a + n, 8);
		memcpy(&y, b + n, 8);
		if (x != y)
			break;
	}
	while (n < max && a[n] == b[n])
		n++;
	return n;
}

static bool delta_inside_char(struct weir_str s, size_t at)
{
	return at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80;
}

/* Moves both ends of the copy inwards to where characters begin; a character has no more than three bytes to skip. */
static void delta_trim(struct weir_str target, struct delta_copy *copy)
{
	for (int i = 0; i < 3 && copy->n > 0 && delta_inside_char(target, copy->to); i++) {
		copy->from++;
		copy->to++;
		copy->n--;
	}
	for (int i = 0; i < 3 && copy->n > 0 && delta_inside_char(target, copy->to + copy->n); i++)
		copy->n--;
}

/* The longest match around target[at], reaching back no further than `written`. */
static struct delta_copy delta_find(const struct delta_index *index, struct weir_str source, struct weir_str target,
	size_t written, size_t at, uint32_t hash)
{
	uint32_t number = index->heads[delta_bucket(index, hash)];
	struct delta_copy best = {0};

	for (int i = 0; number && i < DELTA_CANDIDATES; i++, number = index->next[number - 1]) {
		size_t from = (size_t)(number - 1) * DELTA_BLOCK, to = at;
		size_t max = source.n - from < target.n - at ? source.n - from : target.n - at;
		size_t n = delta_common(source.p + from, target.p + at, max);

		if (n < DELTA_BLOCK)
			continue;
		for (; from > 0 && to > written && source.p[from - 1] == target.p[to - 1]; n++) {
			from--;
			to--;
		}
		if (n > best.n)
			best = (struct delta_copy){from, to, n};
	}
	delta_trim(target, &best);
	return best;
}

static size_t delta_write_number(char *to, uint32_t v)
{
	char digits[6];
	size_t at = sizeof(digits);

	do {
		digits[--at] = DELTA_DIGITS[v & 63];
		v >>= 6;
	} while (v);
	memcpy(to, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

static void delta_number(struct weir_buf *out, uint32_t v, char end)
{
	char text[7];
	size_t n = delta_write_number(text, v);

	text[n] = end;
	weir_buf_append(out, text, n + 1);
}

static void delta_insert(struct weir_buf *out, struct weir_str target, size_t from, size_t to)
{
	if (from == to)
		return;
	delta_number(out, (uint32_t)(to - from), ':');
	weir_buf_append(out, target.p + from, to - from);
}

/* Is the copy shorter than the bytes themselves? */
static bool delta_pays(const struct delta_copy *copy)
{
	char text[7];

	return copy->n >
	       delta_write_number(text, (uint32_t)copy->n) + delta_write_number(text, (uint32_t)copy->from) + 2;
}

/* Writes copies and inserts as long as a block fits; returns up to where the target is covered. */
static size_t delta_segments(
	struct weir_buf *out, const struct delta_index *index, struct weir_str source, struct weir_str target)
{
	size_t written = 0, at = 0;
	uint32_t hash;

	while (target.n - at >= DELTA_BLOCK) {
		hash = delta_hash(target.p + at);
		for (;;) {
			struct delta_copy copy = delta_find(index, source, target, written, at, hash);

			if (delta_pays(&copy)) {
				delta_insert(out, target, written, copy.to);
				delta_number(out, (uint32_t)copy.n, '@');
				delta_number(out, (uint32_t)copy.from, ',');
				written = at = copy.to + copy.n;
				break;
			}
			if (target.n - at <= DELTA_BLOCK)
				return written;
			hash -= (unsigned char)target.p[at] * DELTA_BASE_15;
			hash = hash * DELTA_BASE + (unsigned char)target.p[at + DELTA_BLOCK];
			at++;
		}
	}
	return written;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_delta_create(struct weir_buf *out, struct weir_str source, struct weir_str target)
{
	size_t written = 0, begin = out->len;

	if (target.n > UINT32_MAX) {
		out->failed = true;
		return -ENOMEM;
	}
	delta_number(out, (uint32_t)target.n, '\n');
	if (source.n > DELTA_BLOCK && source.n <= UINT32_MAX && target.n >= DELTA_BLOCK) {
		struct delta_index index;
		int err = delta_index_init(&index, source);

		if (err) {
			out->len = begin;
			return err;
		}
		written = delta_segments(out, &index, source, target);
		free(index.heads);
	}
	delta_insert(out, target, written, target.n);
	delta_number(out, delta_checksum(target), ';');
	return out->failed ? -ENOMEM : 0;
}
