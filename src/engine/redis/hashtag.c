/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash tags of partitions: the smallest number whose Redis Cluster slot is the middle of the partition's share of
 * all slots, so that partitions are spread over any cluster of equal ranges. Pure functions.
 */
#include "redis_priv.h"

#include <stdio.h>

#define SLOTS 16384

/* CRC-16/XMODEM, as the Redis Cluster specification asks for (appendix A). */
static unsigned crc16(const char *p, size_t n)
{
	unsigned crc = 0;

	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned)(unsigned char)p[i] << 8;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
	}
	return crc;
}

/* ------------------------------------------------------------------------------------------------------------------ */

unsigned redis__hashtag(unsigned partition, unsigned partitions)
{
	unsigned wanted = (2 * partition + 1) * SLOTS / (2 * partitions);

	for (unsigned tag = 0;; tag++) {
		char text[16];
		int n = snprintf(text, sizeof(text), "%u", tag);

		if (crc16(text, (size_t)n) % SLOTS == wanted)
			return tag;
	}
}
