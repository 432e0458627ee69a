/* SPDX-License-Identifier: Apache-2.0 */
/* The delay before a repeated attempt: doubles from min to max, half of it is chance. Pure. */
#ifndef WEIR_CLI_BACKOFF_PRIV_H
#define WEIR_CLI_BACKOFF_PRIV_H

#include "weir/base/random.h"

#define WEIR_BACKOFF_MIN_MS 500
#define WEIR_BACKOFF_MAX_MS 20000

/* attempt: 0 for the first repetition. */
static inline uint64_t weir__backoff_ms(struct weir_random *random, unsigned attempt)
{
	uint64_t ms = attempt < 16 ? (uint64_t)WEIR_BACKOFF_MIN_MS << attempt : WEIR_BACKOFF_MAX_MS;

	if (ms > WEIR_BACKOFF_MAX_MS)
		ms = WEIR_BACKOFF_MAX_MS;
	return ms / 2 + weir_random_below(random, ms / 2 + 1);
}

#endif
