/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of one worker, written by its thread with relaxed stores; any thread may read them. */
#ifndef WEIR_BUS_STATS_H
#define WEIR_BUS_STATS_H

#include <stdatomic.h>
#include <stdint.h>

/* Counters by the place of something in a list; whoever has the list says what is where. */
#define WEIR_STATS_DISCONNECTS 32
#define WEIR_STATS_API_METHODS 32
#define WEIR_STATS_API_ERRORS  32

/* From when an event was accepted until it was written: bounds of a histogram, microseconds, and what is above. */
#define WEIR_STATS_LATENCIES                                                                                    \
	{                                                                                                       \
		100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, \
			5000000, 10000000                                                                       \
	}
#define WEIR_STATS_LATENCY 17 /* of them, with what is above */

struct weir_stats {
#define X(name) _Atomic uint64_t name;
#include "weir/bus/stats.def"
#undef X
	_Atomic uint64_t disconnects[WEIR_STATS_DISCONNECTS];
	_Atomic uint64_t api_calls[WEIR_STATS_API_METHODS];
	_Atomic uint64_t api_errors[WEIR_STATS_API_ERRORS];
	_Atomic uint64_t latency[WEIR_STATS_LATENCY], latency_sum_us;
	/* The longest in the second at hand, and in the one before it; sums take the longest of both. */
	_Atomic uint64_t latency_max_us, latency_before_us, latency_second;
};

/* One writer per struct: a load and a store, no read-modify-write cycle on the bus. */
#define weir_stat_add(stats, name, n)                                                                           \
	atomic_store_explicit(&(stats)->name, atomic_load_explicit(&(stats)->name, memory_order_relaxed) + (n), \
		memory_order_relaxed)

#define weir_stat_set(stats, name, n) atomic_store_explicit(&(stats)->name, (n), memory_order_relaxed)
#define weir_stat_get(stats, name)    atomic_load_explicit(&(stats)->name, memory_order_relaxed)

/* An event was written, in this second of any clock, so long after it was accepted. The writer's thread. */
void weir_stats_latency(struct weir_stats *s, uint64_t second, uint64_t us);
/* The bound of a histogram's place; UINT64_MAX for the last. */
uint64_t weir_stats_latency_bound_us(unsigned i);

/* Adds `from` to the plain sums in `to`; calls fn(name, value) for each counter of the list. Any thread. */
void weir_stats_sum(struct weir_stats *to, const struct weir_stats *from);
void weir_stats_each(const struct weir_stats *s, void (*fn)(void *ctx, const char *name, uint64_t value), void *ctx);

#endif
