/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation that does not fail: without memory for a small object of fixed size there is nothing sensible left to
 * do.
 */
#include "weir/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *mem_must(void *p, size_t n)
{
	if (!p && n) {
		fprintf(stderr, "weir: no memory for %zu bytes\n", n);
		abort();
	}
	return p;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void *weir_xmalloc(size_t n)
{
	return mem_must(malloc(n), n);
}

void *weir_xcalloc(size_t count, size_t n)
{
	return mem_must(calloc(count, n), count && n ? SIZE_MAX / count < n ? SIZE_MAX : count * n : 0);
}

void *weir_xrealloc(void *p, size_t n)
{
	return mem_must(realloc(p, n), n);
}

char *weir_xstrdup(const char *s)
{
	return weir_xstrndup(s, strlen(s));
}

char *weir_xstrndup(const char *s, size_t n)
{
	char *copy = weir_xmalloc(n + 1);

	if (n)
		memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}
