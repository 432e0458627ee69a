/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of UTF-8 texts. A character is a byte and the continuation bytes behind it, so whatever bytes come,
 * nothing reads past the end. Pure, any thread.
 */
#ifndef WEIR_FILTER_TEXT_PRIV_H
#define WEIR_FILTER_TEXT_PRIV_H

#include "weir/base/str.h"

static inline bool text_begins_char(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* The length of the first character; s is not empty. */
static inline size_t text_char(struct weir_str s)
{
	size_t n = 1;

	while (n < s.n && !text_begins_char(s.p[n]))
		n++;
	return n;
}

/* The first character, which has *n bytes; what is no character is a number beyond Unicode. */
uint32_t weir__text_code(struct weir_str s, size_t *n);
size_t weir__text_length(struct weir_str s);
/* Cuts n characters (or all) off the beginning, or the end, of *s. */
struct weir_str weir__text_first(struct weir_str *s, size_t n);
struct weir_str weir__text_last(struct weir_str *s, size_t n);
struct weir_str weir__text_trim(struct weir_str s);
/* Writes to `out` if it is not NULL; returns the number of bytes. */
size_t weir__text_map(struct weir_str s, bool upper, char *out);
/* One-to-one mappings (§2.6). */
uint32_t weir__text_case(uint32_t c, bool upper);

#endif
