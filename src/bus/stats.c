/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and names of the counters. Any thread. */
#include "weir/bus/stats.h"

void weir_stats_sum(struct weir_stats *to, const struct weir_stats *from)
{
#define X(name, help) weir_stat_add(to, name, atomic_load_explicit(&from->name, memory_order_relaxed));
#include "weir/bus/stats.def"
#undef X
}

void weir_stats_each(const struct weir_stats *s,
	void (*fn)(void *ctx, const char *name, const char *help, uint64_t value), void *ctx)
{
#define X(name, help) fn(ctx, #name, help, atomic_load_explicit(&s->name, memory_order_relaxed));
#include "weir/bus/stats.def"
#undef X
}
