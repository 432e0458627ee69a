/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket. One thread. */
#include "weir/bus/rate.h"

/* A token that is there but for the rounding of many small additions counts. */
#define RATE_EPSILON 1e-6

static double rate_burst(const struct weir_rate *r)
{
	return r->per_second > 10 ? r->per_second / 10 : 1;
}

static void rate_fill(struct weir_rate *r, uint64_t now_ms)
{
	if (now_ms <= r->at_ms)
		return;
	r->tokens += (double)(now_ms - r->at_ms) * r->per_second / 1000;
	if (r->tokens > rate_burst(r))
		r->tokens = rate_burst(r);
	r->at_ms = now_ms;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_rate_init(struct weir_rate *r, double per_second, uint64_t now_ms)
{
	*r = (struct weir_rate){.per_second = per_second, .at_ms = now_ms};
	r->tokens = rate_burst(r);
}

bool weir_rate_has(struct weir_rate *r, uint64_t now_ms)
{
	rate_fill(r, now_ms);
	return r->tokens >= 1 - RATE_EPSILON;
}

void weir_rate_take(struct weir_rate *r)
{
	r->tokens = r->tokens > 1 ? r->tokens - 1 : 0;
}

uint64_t weir_rate_next_ms(const struct weir_rate *r, uint64_t now_ms)
{
	double missing = 1 - RATE_EPSILON - r->tokens;
	double wait_ms = missing > 0 ? missing * 1000 / r->per_second : 0;
	uint64_t at_ms = r->at_ms + (uint64_t)wait_ms + 1;

	return at_ms > now_ms ? at_ms : now_ms + 1;
}
