/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and names of the counters. Any thread. */
#include "weir/bus/stats.h"

static const uint64_t latency_bounds_us[] = WEIR_STATS_LATENCIES;

_Static_assert(sizeof(latency_bounds_us) / sizeof(latency_bounds_us[0]) + 1 == WEIR_STATS_LATENCY, "one is above all");

static void sum_each(_Atomic uint64_t *to, const _Atomic uint64_t *from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		atomic_store_explicit(&to[i],
			atomic_load_explicit(&to[i], memory_order_relaxed) +
				atomic_load_explicit(&from[i], memory_order_relaxed),
			memory_order_relaxed);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_stats_latency(struct weir_stats *s, uint64_t second, uint64_t us)
{
	uint64_t was = weir_stat_get(s, latency_second);
	unsigned i = 0;

	if (second != was) {
		weir_stat_set(s, latency_before_us, second == was + 1 ? weir_stat_get(s, latency_max_us) : 0);
		weir_stat_set(s, latency_max_us, 0);
		weir_stat_set(s, latency_second, second);
	}
	while (i + 1 < WEIR_STATS_LATENCY && us > latency_bounds_us[i])
		i++;
	weir_stat_add(s, latency[i], 1);
	weir_stat_add(s, latency_sum_us, us);
	if (us > weir_stat_get(s, latency_max_us))
		weir_stat_set(s, latency_max_us, us);
}

uint64_t weir_stats_latency_bound_us(unsigned i)
{
	return i + 1 < WEIR_STATS_LATENCY ? latency_bounds_us[i] : UINT64_MAX;
}

void weir_stats_sum(struct weir_stats *to, const struct weir_stats *from)
{
	uint64_t max_us = weir_stat_get(from, latency_max_us), before_us = weir_stat_get(from, latency_before_us);

#define X(name) weir_stat_add(to, name, weir_stat_get(from, name));
#include "weir/bus/stats.def"
#undef X
	sum_each(to->disconnects, from->disconnects, WEIR_STATS_DISCONNECTS);
	sum_each(to->api_calls, from->api_calls, WEIR_STATS_API_METHODS);
	sum_each(to->api_errors, from->api_errors, WEIR_STATS_API_ERRORS);
	sum_each(to->latency, from->latency, WEIR_STATS_LATENCY);
	weir_stat_add(to, latency_sum_us, weir_stat_get(from, latency_sum_us));
	max_us = before_us > max_us ? before_us : max_us;
	if (max_us > weir_stat_get(to, latency_max_us))
		weir_stat_set(to, latency_max_us, max_us);
}

void weir_stats_each(const struct weir_stats *s, void (*fn)(void *ctx, const char *name, uint64_t value), void *ctx)
{
#define X(name) fn(ctx, #name, weir_stat_get(s, name));
#include "weir/bus/stats.def"
#undef X
}
