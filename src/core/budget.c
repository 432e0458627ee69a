/* SPDX-License-Identifier: Apache-2.0 */
/* What waits in the whole broker, from what its workers say. Relaxed: no order depends on it. Any thread. */
#include "weir/core/budget.h"

#include <limits.h>
#include <stdlib.h>

#include "weir/base/err.h"

static size_t load(const atomic_size_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_budget_init(
	struct weir_budget *b, size_t max_bytes, unsigned workers, void (*wake)(void *ctx, unsigned worker), void *ctx)
{
	*b = (struct weir_budget){.max_bytes = max_bytes, .n = workers, .wake = wake, .ctx = ctx};
	b->shares = aligned_alloc(_Alignof(struct weir_budget_share), workers * sizeof(*b->shares));
	weir_assert(b->shares);
	for (unsigned i = 0; i < workers; i++) {
		atomic_init(&b->shares[i].bytes, 0);
		atomic_init(&b->shares[i].largest, 0);
	}
}

void weir_budget_fini(struct weir_budget *b)
{
	free(b->shares);
	*b = (struct weir_budget){0};
}

size_t weir_budget_bytes(const struct weir_budget *b)
{
	size_t sum = 0;

	for (unsigned i = 0; b && i < b->n; i++)
		sum += load(&b->shares[i].bytes);
	return sum;
}

size_t weir_budget_max(const struct weir_budget *b)
{
	return b ? b->max_bytes : 0;
}

size_t weir_budget_excess(struct weir_budget *b)
{
	size_t bytes = b->max_bytes ? weir_budget_bytes(b) : 0, mark = b->max_bytes - b->max_bytes / 16;
	bool over = atomic_load_explicit(&b->over, memory_order_relaxed);

	if (over != (bytes > (over ? mark : b->max_bytes))) {
		over = !over;
		atomic_store_explicit(&b->over, over, memory_order_relaxed);
	}
	return over ? bytes - mark : 0;
}

void weir_budget_say(struct weir_budget *b, unsigned worker, size_t bytes, size_t largest)
{
	atomic_store_explicit(&b->shares[worker].bytes, bytes, memory_order_relaxed);
	atomic_store_explicit(&b->shares[worker].largest, largest, memory_order_relaxed);
}

unsigned weir_budget_heaviest(const struct weir_budget *b)
{
	unsigned most = UINT_MAX;
	size_t bytes = 0;

	for (unsigned i = 0; i < b->n; i++)
		if (load(&b->shares[i].largest) > bytes) {
			bytes = load(&b->shares[i].largest);
			most = i;
		}
	return most;
}
