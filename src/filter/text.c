/* SPDX-License-Identifier: Apache-2.0 */
/* Counting, cutting, trimming and mapping characters. Pure, any thread. */
#include "text_priv.h"

#include "weir/base/utf8.h"

#define TEXT_NO_CHARACTER 0x110000u

static uint32_t text_decode(const unsigned char *p, size_t n)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = p[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

static bool text_is_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= 9 && c <= 13);
	return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

/* ------------------------------------------------------------------------------------------------------------------ */

uint32_t weir__text_code(struct weir_str s, size_t *n)
{
	*n = text_char(s);
	if (*n == 1 && (unsigned char)*s.p < 0x80)
		return (unsigned char)*s.p;
	return weir_utf8_char(s) == *n ? text_decode((const unsigned char *)s.p, *n) : TEXT_NO_CHARACTER;
}

size_t weir__text_length(struct weir_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += i == 0 || text_begins_char(s.p[i]);
	return n;
}

struct weir_str weir__text_first(struct weir_str *s, size_t n)
{
	struct weir_str first = {s->p, 0};

	for (; n > 0 && first.n < s->n; n--)
		first.n += text_char(weir_str_n(s->p + first.n, s->n - first.n));
	*s = weir_str_n(s->p + first.n, s->n - first.n);
	return first;
}

struct weir_str weir__text_last(struct weir_str *s, size_t n)
{
	size_t end = s->n;

	while (n > 0 && s->n > 0)
		n -= text_begins_char(s->p[--s->n]);
	return weir_str_n(s->p + s->n, end - s->n);
}

struct weir_str weir__text_trim(struct weir_str s)
{
	size_t n;

	while (s.n && text_is_space(weir__text_code(s, &n)))
		s = weir_str_n(s.p + n, s.n - n);
	while (s.n) {
		struct weir_str rest = s, last = weir__text_last(&rest, 1);

		if (!text_is_space(weir__text_code(last, &n)))
			break;
		s = rest;
	}
	return s;
}

size_t weir__text_map(struct weir_str s, bool upper, char *out)
{
	size_t length = 0;

	while (s.n) {
		size_t n, to;
		uint32_t c = weir__text_code(s, &n), mapped = weir__text_case(c, upper);
		char encoded[4];

		/* What stays is copied as it is, whatever it is. */
		to = mapped == c ? n : weir_utf8_encode(mapped, encoded);
		if (out)
			memcpy(out + length, mapped == c ? s.p : encoded, to);
		length += to;
		s = weir_str_n(s.p + n, s.n - n);
	}
	return length;
}
