/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: validity, cutting, encoding. Plain ASCII is passed eight bytes at a time. Pure functions, any thread. */
#include "weir/base/utf8.h"

static bool utf8_is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/*
 * Length of the character at p (p < end), 0 if it is not one. The bounds of the second byte are table 3-7 of Unicode.
 */
static size_t utf8_step(const unsigned char *p, const unsigned char *end)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if ((size_t)(end - p) < n)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high || (n > 2 && !utf8_is_tail(p[2])) || (n > 3 && !utf8_is_tail(p[3])))
		return 0;
	return n;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir_utf8_valid(struct weir_str s)
{
	const unsigned char *p = (const unsigned char *)(s.p ? s.p : ""), *end = p + s.n;

	while (p < end) {
		uint64_t word;
		size_t n;

		while (end - p >= 8) {
			memcpy(&word, p, 8);
			if (word & 0x8080808080808080u)
				break;
			p += 8;
		}
		if (p == end)
			break;
		n = utf8_step(p, end);
		if (!n)
			return false;
		p += n;
	}
	return true;
}

size_t weir_utf8_char(struct weir_str s)
{
	return s.n ? utf8_step((const unsigned char *)s.p, (const unsigned char *)s.p + s.n) : 0;
}

struct weir_str weir_utf8_prefix(struct weir_str s, size_t n)
{
	size_t cut = n;

	if (s.n <= n)
		return s;
	/* At most three steps back: more tails in a row are no character that could be cut. */
	while (cut > 0 && n - cut < 3 && utf8_is_tail((unsigned char)s.p[cut]))
		cut--;
	return weir_str_n(s.p, utf8_is_tail((unsigned char)s.p[cut]) ? n : cut);
}

size_t weir_utf8_encode(uint32_t code_point, char out[4])
{
	if (code_point < 0x80) {
		out[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		out[0] = (char)(0xc0 | code_point >> 6);
		out[1] = (char)(0x80 | (code_point & 0x3f));
		return 2;
	}
	if (code_point < 0x10000) {
		out[0] = (char)(0xe0 | code_point >> 12);
		out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code_point & 0x3f));
		return 3;
	}
	weir_assert(code_point <= 0x10ffff);
	out[0] = (char)(0xf0 | code_point >> 18);
	out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code_point & 0x3f));
	return 4;
}
