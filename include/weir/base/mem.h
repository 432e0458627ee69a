/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation. The weir_x… functions are for small objects of fixed size: they abort when there is no memory. Memory
 * whose size a peer controls is allocated with malloc() and answers -ENOMEM. Any thread.
 */
#ifndef WEIR_BASE_MEM_H
#define WEIR_BASE_MEM_H

#include <stddef.h>

#define WEIR_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define WEIR_ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))

void *weir_xmalloc(size_t n);
void *weir_xcalloc(size_t count, size_t n); /* zeroed; checks the product */
void *weir_xrealloc(void *p, size_t n);
char *weir_xstrdup(const char *s);
char *weir_xstrndup(const char *s, size_t n); /* copies exactly n bytes and ends with NUL */

#endif
