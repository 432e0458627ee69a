/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a command. Numbers and joined words live in chunks, whose memory never moves; a reset keeps a chunk
 * and an array of usual size. After a failed allocation nothing is added any more, so a writer asks once, at the end.
 * One thread.
 */
#include "argv.h"

#include <stdio.h>
#include <stdlib.h>

#define ARGV_FIRST       64
#define ARGV_KEEP        4096 /* words of an array that a reset keeps */
#define CHUNK_BYTES      16320
#define CHUNK_KEEP       65536 /* bytes of a chunk that a reset keeps */
#define NUMBER_BYTES_MAX 24

struct weir_argv_chunk {
	struct weir_argv_chunk *next; /* older ones */
	size_t cap, used;
	char bytes[];
};

static char *argv_bytes(struct weir_argv *a, size_t n)
{
	struct weir_argv_chunk *c = a->numbers;
	size_t cap = n > CHUNK_BYTES ? n : CHUNK_BYTES;
	char *p;

	if (a->failed || n > SIZE_MAX / 2)
		return NULL;
	if (!c || c->cap - c->used < n) {
		c = malloc(sizeof(*c) + cap);
		if (!c)
			return NULL;
		c->cap = cap;
		c->used = 0;
		c->next = a->numbers;
		a->numbers = c;
	}
	p = c->bytes + c->used;
	c->used += n;
	return p;
}

static bool argv_grow(struct weir_argv *a)
{
	size_t cap = a->cap ? 2 * a->cap : ARGV_FIRST;
	const char **v = realloc(a->v, cap * sizeof(*v));
	size_t *len;

	if (v)
		a->v = v;
	len = v ? realloc(a->len, cap * sizeof(*len)) : NULL;
	if (!len)
		return false;
	a->len = len;
	a->cap = cap;
	return true;
}

static void argv_add(struct weir_argv *a, const char *p, size_t n)
{
	if (a->failed || !p || (a->n == a->cap && !argv_grow(a))) {
		a->failed = true;
		return;
	}
	a->v[a->n] = p;
	a->len[a->n++] = n;
	a->bytes += n;
}

static size_t number_u64(char out[NUMBER_BYTES_MAX], uint64_t v)
{
	return (size_t)snprintf(out, NUMBER_BYTES_MAX, "%llu", (unsigned long long)v);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_argv_init(struct weir_argv *a)
{
	*a = (struct weir_argv){0};
}

void weir_argv_fini(struct weir_argv *a)
{
	for (struct weir_argv_chunk *c = a->numbers, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a->v);
	free(a->len);
	weir_argv_init(a);
}

void weir_argv_reset(struct weir_argv *a)
{
	struct weir_argv_chunk *kept = NULL, *next;
	size_t n = 0;

	/* Of several chunks only the newest would be used again, so one of usual size is enough. */
	for (struct weir_argv_chunk *c = a->numbers; c; c = next) {
		next = c->next;
		if (n++ == 0 && c->cap <= CHUNK_KEEP) {
			c->used = 0;
			c->next = NULL;
			kept = c;
		} else {
			free(c);
		}
	}
	a->numbers = kept;
	if (a->cap > ARGV_KEEP) {
		free(a->v);
		free(a->len);
		a->v = NULL;
		a->len = NULL;
		a->cap = 0;
	}
	a->n = a->bytes = 0;
	a->failed = false;
}

void weir_argv_str(struct weir_argv *a, struct weir_str s)
{
	argv_add(a, s.p ? s.p : "", s.n);
}

void weir_argv_cstr(struct weir_argv *a, const char *s)
{
	argv_add(a, s, strlen(s));
}

void weir_argv_u64(struct weir_argv *a, uint64_t v)
{
	char *p = argv_bytes(a, NUMBER_BYTES_MAX);

	argv_add(a, p, p ? number_u64(p, v) : 0);
}

void weir_argv_i64(struct weir_argv *a, int64_t v)
{
	char *p = argv_bytes(a, NUMBER_BYTES_MAX);

	argv_add(a, p, p ? (size_t)snprintf(p, NUMBER_BYTES_MAX, "%lld", (long long)v) : 0);
}

void weir_argv_set_u64(struct weir_argv *a, size_t i, uint64_t v)
{
	char *p = argv_bytes(a, NUMBER_BYTES_MAX);

	if (!p) {
		a->failed = true;
		return;
	}
	weir_assert(i < a->n);
	a->bytes -= a->len[i];
	a->v[i] = p;
	a->len[i] = number_u64(p, v);
	a->bytes += a->len[i];
}

void weir_argv_join(struct weir_argv *a, const struct weir_str *parts, size_t n)
{
	size_t total = 0, at = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		total += parts[i].n;
	p = argv_bytes(a, total);
	for (size_t i = 0; p && i < n; i++) {
		if (parts[i].n > 0)
			memcpy(p + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	argv_add(a, p, total);
}
