/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of the delta format, base 64 with digits of its own, and its checksum. */
#ifndef WEIR_EVENT_DELTA_PRIV_H
#define WEIR_EVENT_DELTA_PRIV_H

#include "weir/event/delta.h"

#define DELTA_DIGITS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"

/* Sum modulo 2^32 of the big-endian 32-bit words; the last one is padded with zeros. */
static inline uint32_t delta_checksum(struct weir_str s)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 4 <= s.n; i += 4) {
		uint32_t word;

		memcpy(&word, s.p + i, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		word = __builtin_bswap32(word);
#endif
		sum += word;
	}
	for (unsigned shift = 24; i < s.n; i++, shift -= 8)
		sum += (uint32_t)(unsigned char)s.p[i] << shift;
	return sum;
}

#endif
