/* SPDX-License-Identifier: Apache-2.0 */
/* Exact quantiles of many small numbers: how often each came. One thread. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

void bench_tally_add(struct bench_tally *t, uint64_t value)
{
	uint32_t v = value < BENCH_TALLY_MAX ? (uint32_t)value : BENCH_TALLY_MAX;

	if (!t->of)
		t->of = calloc(BENCH_TALLY_MAX + 1, sizeof(*t->of));
	if (!t->of)
		bench_die("no memory");
	t->of[v]++;
	t->count++;
	t->max = v > t->max ? v : t->max;
}

uint32_t bench_tally_quantile(const struct bench_tally *t, double q)
{
	uint64_t below = 0, wanted = (uint64_t)(q * (double)t->count);

	for (uint32_t v = 0; v < t->max; v++) {
		below += t->of[v];
		if (below > wanted)
			return v;
	}
	return t->max;
}

void bench_tally_clear(struct bench_tally *t)
{
	if (t->of)
		memset(t->of, 0, (BENCH_TALLY_MAX + 1) * sizeof(*t->of));
	t->count = t->max = 0;
}
