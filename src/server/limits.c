/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission of clients. The bucket: each client costs 1/rate seconds, paid by moving `full_at` into the future, which
 * may be at most burst/rate ahead of now. So there is nothing to refill, and workers race for one word only. Any
 * thread.
 */
#include "weir/server/limits.h"

#define LIMITS_NS_PER_S 1000000000ull
#define LIMITS_RETRY_S  5 /* when clients have to go first, nobody knows when */

static bool limits_take_slot(struct weir_limits *l)
{
	uint64_t max = atomic_load_explicit(&l->max_total, memory_order_relaxed);
	unsigned long long total = atomic_load_explicit(&l->total, memory_order_relaxed);

	do {
		if (max != 0 && total >= max)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&l->total, &total, total + 1, memory_order_relaxed, memory_order_relaxed));
	return true;
}

/* 0, or how many ns too early. */
static uint64_t limits_take_token(struct weir_limits *l, uint64_t now_ns)
{
	uint64_t rate = atomic_load_explicit(&l->rate, memory_order_relaxed);
	uint64_t burst = atomic_load_explicit(&l->burst, memory_order_relaxed);
	uint64_t cost = rate ? LIMITS_NS_PER_S / rate : 0, depth = cost * (burst ? burst : 1), next;
	unsigned long long full_at = atomic_load_explicit(&l->full_at_ns, memory_order_relaxed);

	if (cost == 0)
		return 0;
	do {
		next = (full_at > now_ns ? full_at : now_ns) + cost;
		if (next > now_ns + depth)
			return next - now_ns - depth;
	} while (!atomic_compare_exchange_weak_explicit(
		&l->full_at_ns, &full_at, next, memory_order_relaxed, memory_order_relaxed));
	return 0;
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

void weir_limits_init(struct weir_limits *l, uint64_t max_total, uint64_t rate, uint64_t burst)
{
	atomic_init(&l->total, 0);
	atomic_init(&l->full_at_ns, 0);
	atomic_init(&l->refused_total, 0);
	atomic_init(&l->refused_rate, 0);
	weir_limits_set(l, max_total, rate, burst);
}

void weir_limits_set(struct weir_limits *l, uint64_t max_total, uint64_t rate, uint64_t burst)
{
	atomic_store_explicit(&l->max_total, max_total, memory_order_relaxed);
	atomic_store_explicit(&l->rate, rate, memory_order_relaxed);
	atomic_store_explicit(&l->burst, burst, memory_order_relaxed);
}

int weir_limits_admit(struct weir_limits *l, uint64_t now_ms, unsigned *retry_after_s)
{
	uint64_t early_ns;

	*retry_after_s = 0;
	if (!limits_take_slot(l)) {
		atomic_fetch_add_explicit(&l->refused_total, 1, memory_order_relaxed);
		*retry_after_s = LIMITS_RETRY_S;
		return WEIR_ELIMIT;
	}
	early_ns = limits_take_token(l, now_ms * 1000000);
	if (early_ns > 0) {
		weir_limits_release(l);
		atomic_fetch_add_explicit(&l->refused_rate, 1, memory_order_relaxed);
		*retry_after_s = (unsigned)((early_ns + LIMITS_NS_PER_S - 1) / LIMITS_NS_PER_S);
		return WEIR_ELIMIT;
	}
	return 0;
}

void weir_limits_release(struct weir_limits *l)
{
	unsigned long long before = atomic_fetch_sub_explicit(&l->total, 1, memory_order_relaxed);

	weir_assert(before > 0);
}
