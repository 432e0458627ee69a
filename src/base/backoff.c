/* SPDX-License-Identifier: Apache-2.0 */
/* Retry delays: only the next ceiling is kept, which doubles up to the maximum. Pure. */
#include "weir/base/backoff.h"

#include "weir/base/err.h"

void weir_backoff_init(struct weir_backoff *b, uint64_t base_ms, uint64_t max_ms)
{
	weir_assert(base_ms > 0 && base_ms <= max_ms);
	*b = (struct weir_backoff){.base_ms = base_ms, .max_ms = max_ms};
}

uint64_t weir_backoff_next(struct weir_backoff *b, struct weir_random *r)
{
	uint64_t ceiling = b->ceiling_ms;

	if (ceiling == 0) {
		b->ceiling_ms = b->base_ms;
		return 0;
	}
	b->ceiling_ms = ceiling > b->max_ms / 2 ? b->max_ms : 2 * ceiling;
	return weir_random_below(r, ceiling + 1);
}

void weir_backoff_reset(struct weir_backoff *b)
{
	b->ceiling_ms = 0;
}
