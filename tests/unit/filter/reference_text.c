/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the reference: characters, white space, and LIKE by trying everything. Also its memory. */
#include <stdlib.h>

#include "reference_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

static const uint32_t white_space[][2] = {{0x9, 0xd}, {0x20, 0x20}, {0x85, 0x85}, {0xa0, 0xa0}, {0x1680, 0x1680},
	{0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};

static bool text_is_white(uint32_t c)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(white_space); i++)
		if (c >= white_space[i][0] && c <= white_space[i][1])
			return true;
	return false;
}

static struct weir_str text_from(struct weir_str s, size_t bytes)
{
	return weir_str_n(s.p + bytes, s.n - bytes);
}

/* One element of a pattern: '%', '_', or a character that stands for itself. */
enum element { ANY_TEXT, ANY_CHAR, LITERAL };

static enum element pattern_element(struct weir_str *pattern, struct weir_str *literal)
{
	char c = *pattern->p;
	size_t bytes;

	if (c == '\\' && pattern->n > 1 && (pattern->p[1] == '%' || pattern->p[1] == '_'))
		*pattern = text_from(*pattern, 1);
	(void)ref_char(*pattern, &bytes);
	*literal = weir_str_n(pattern->p, bytes);
	*pattern = text_from(*pattern, bytes);
	return c == '%' ? ANY_TEXT : c == '_' ? ANY_CHAR : LITERAL;
}

/* ------------------------------------------------------------------------------------------------------------------ */

uint32_t ref_char(struct weir_str s, size_t *bytes)
{
	unsigned char first = (unsigned char)*s.p;
	uint32_t c;

	*bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	weir_assert(*bytes <= s.n);
	c = *bytes == 1 ? first : first & (0x7fu >> *bytes);
	for (size_t i = 1; i < *bytes; i++)
		c = c << 6 | ((unsigned char)s.p[i] & 0x3f);
	return c;
}

size_t ref_length(struct weir_str s)
{
	size_t n = 0, bytes;

	for (; s.n > 0; s = text_from(s, bytes), n++)
		(void)ref_char(s, &bytes);
	return n;
}

struct weir_str ref_skip(struct weir_str s, size_t chars)
{
	size_t bytes;

	for (; s.n > 0 && chars > 0; s = text_from(s, bytes), chars--)
		(void)ref_char(s, &bytes);
	return s;
}

struct weir_str ref_first(struct weir_str s, size_t chars)
{
	return weir_str_n(s.p, s.n - ref_skip(s, chars).n);
}

struct weir_str ref_trim(struct weir_str s)
{
	size_t bytes, end = 0;
	struct weir_str rest;

	while (s.n > 0 && text_is_white(ref_char(s, &bytes)))
		s = text_from(s, bytes);
	for (rest = s; rest.n > 0; rest = text_from(rest, bytes))
		if (!text_is_white(ref_char(rest, &bytes)))
			end = s.n - rest.n + bytes;
	return weir_str_n(s.p, end);
}

bool ref_like(struct weir_str s, struct weir_str pattern)
{
	struct weir_str literal;
	size_t bytes;

	if (pattern.n == 0)
		return s.n == 0;
	switch (pattern_element(&pattern, &literal)) {
	case ANY_TEXT:
		for (;; s = ref_skip(s, 1)) {
			if (ref_like(s, pattern))
				return true;
			if (s.n == 0)
				return false;
		}
	case ANY_CHAR:
		return s.n > 0 && ref_like(ref_skip(s, 1), pattern);
	case LITERAL:
		break;
	}
	bytes = literal.n;
	return weir_str_starts(s, literal) && ref_like(text_from(s, bytes), pattern);
}

bool ref_pattern_too_long(struct weir_str pattern)
{
	struct weir_str literal;
	size_t stretch = 0;
	bool any_char = false;

	if (pattern.n > 256)
		return true;
	while (pattern.n > 0) {
		enum element e = pattern_element(&pattern, &literal);

		stretch = e == ANY_TEXT ? 0 : stretch + 1;
		any_char = e == ANY_TEXT ? false : any_char || e == ANY_CHAR;
		if (any_char && stretch > 64)
			return true;
	}
	return false;
}

void *ref_alloc(struct ref_arena *a, size_t n)
{
	struct ref_block *b = weir_xcalloc(1, sizeof(*b) + n);

	b->next = a->blocks;
	a->blocks = b;
	return b + 1;
}

struct weir_str ref_copy(struct ref_arena *a, struct weir_str s)
{
	char *p = ref_alloc(a, s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return weir_str_n(p, s.n);
}

void ref_arena_free(struct ref_arena *a)
{
	while (a->blocks) {
		struct ref_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
}
