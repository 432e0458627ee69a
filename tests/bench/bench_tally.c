/* SPDX-License-Identifier: Apache-2.0 */
/* Exact quantiles of many small numbers: how often each came. One thread. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static void tally_add(struct bench_tally *t, uint32_t v, uint32_t times)
{
	if (!t->of)
		t->of = calloc(BENCH_TALLY_MAX + 1, sizeof(*t->of));
	if (!t->of)
		bench_die("no memory");
	t->of[v] += times;
	t->count += times;
	t->max = v > t->max ? v : t->max;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void bench_tally_add(struct bench_tally *t, uint64_t value)
{
	tally_add(t, value < BENCH_TALLY_MAX ? (uint32_t)value : BENCH_TALLY_MAX, 1);
}

void bench_tally_merge(struct bench_tally *to, const struct bench_tally *from)
{
	for (uint32_t v = 0; from->count && v <= from->max; v++)
		if (from->of[v])
			tally_add(to, v, from->of[v]);
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
