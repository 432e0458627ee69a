/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to wait before trying again: the first retry at once, then a random part of base·2^n, of at most `max_ms`
 * ("full jitter": many that failed together do not come back together). Pure; one thread.
 */
#ifndef WEIR_BASE_BACKOFF_H
#define WEIR_BASE_BACKOFF_H

#include <stdint.h>

#include "weir/base/random.h"

#define WEIR_BACKOFF_BASE_MS 50
#define WEIR_BACKOFF_MAX_MS  2000

struct weir_backoff {
	uint64_t base_ms, max_ms;
	uint64_t ceiling_ms; /* of the next wait; 0: at once */
};

void weir_backoff_init(struct weir_backoff *b, uint64_t base_ms, uint64_t max_ms); /* 0 < base_ms <= max_ms */
uint64_t weir_backoff_next(struct weir_backoff *b, struct weir_random *r);         /* milliseconds to wait */
void weir_backoff_reset(struct weir_backoff *b);                                   /* it has worked */

#endif
