/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time as something that is passed in: monotonic for deadlines, wall for token expiry and timestamps. The real clock is
 * stateless; tests hand in a virtual one. now_mono never goes backwards. Any thread for the real clock.
 */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdint.h>

struct weir_clock {
	uint64_t (*mono_ms)(void *ctx);
	int64_t (*wall_ms)(void *ctx); /* since 1970-01-01 UTC */
	void *ctx;
};

extern const struct weir_clock weir_clock_real;

static inline uint64_t weir_mono_ms(const struct weir_clock *c)
{
	return c->mono_ms(c->ctx);
}

static inline int64_t weir_wall_ms(const struct weir_clock *c)
{
	return c->wall_ms(c->ctx);
}

/* The same in microseconds: as fine as that only where the clock is the real one. */
int64_t weir_wall_us(const struct weir_clock *c);

#endif
