/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of one worker, written by its thread with relaxed stores; any thread may read them. */
#ifndef WEIR_BUS_STATS_H
#define WEIR_BUS_STATS_H

#include <stdatomic.h>
#include <stdint.h>

struct weir_stats {
#define X(name, help) _Atomic uint64_t name;
#include "weir/bus/stats.def"
#undef X
};

/* One writer per struct: a load and a store, no read-modify-write cycle on the bus. */
#define weir_stat_add(stats, name, n)                                                                           \
	atomic_store_explicit(&(stats)->name, atomic_load_explicit(&(stats)->name, memory_order_relaxed) + (n), \
		memory_order_relaxed)

#define weir_stat_set(stats, name, n) atomic_store_explicit(&(stats)->name, (n), memory_order_relaxed)

/* Adds `from` to the plain sums in `to`; calls fn(name, help, value) for each counter. Any thread. */
void weir_stats_sum(struct weir_stats *to, const struct weir_stats *from);
void weir_stats_each(const struct weir_stats *s,
	void (*fn)(void *ctx, const char *name, const char *help, uint64_t value), void *ctx);

#endif
