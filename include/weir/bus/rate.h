/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token bucket: events per second with a burst of max(1, rate / 10) (protocol.md §14.3). Pure but for its own state;
 * time is given.
 */
#ifndef WEIR_BUS_RATE_H
#define WEIR_BUS_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct weir_rate {
	double per_second, tokens;
	uint64_t at_ms; /* when `tokens` was right */
};

void weir_rate_init(struct weir_rate *r, double per_second, uint64_t now_ms); /* > 0; begins with a full burst */
bool weir_rate_has(struct weir_rate *r, uint64_t now_ms);                     /* may an event go now? */
void weir_rate_take(struct weir_rate *r);                                     /* one went; weir_rate_has() said yes */
uint64_t weir_rate_next_ms(const struct weir_rate *r, uint64_t now_ms); /* when the next one may be taken, > now_ms */

#endif
