/* SPDX-License-Identifier: Apache-2.0 */
/* The real clock. Any thread. */
#include "weir/base/clock.h"

#include <time.h>

static uint64_t clock_mono_ms(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int64_t clock_wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t clock_wall_ms(void *ctx)
{
	(void)ctx;
	return clock_wall_us() / 1000;
}

const struct weir_clock weir_clock_real = {.mono_ms = clock_mono_ms, .wall_ms = clock_wall_ms};

int64_t weir_wall_us(const struct weir_clock *c)
{
	return c->wall_ms == clock_wall_ms ? clock_wall_us() : 1000 * c->wall_ms(c->ctx);
}
