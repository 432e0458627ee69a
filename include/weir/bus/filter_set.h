/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distinct filters of one index entry, each with the number of subscriptions that have it: what one event costs
 * there is bounded by bounding them. Filters are known by their addresses only. Worker's thread.
 */
#ifndef WEIR_BUS_FILTER_SET_H
#define WEIR_BUS_FILTER_SET_H

#include <stddef.h>
#include <stdint.h>

#include "weir/base/err.h"

struct weir_filter;

struct weir_filter_set { /* zeroed: empty */
	struct weir_filter_count {
		const struct weir_filter *filter;
		uint32_t subscriptions;
	} * counts; /* by address */
	size_t n, cap;
};

void weir_filter_set_fini(struct weir_filter_set *s);
/* One more subscription has it. WEIR_ELIMIT: it would be more than `max` filters; -ENOMEM. Nothing happened then. */
int weir_filter_set_add(struct weir_filter_set *s, const struct weir_filter *f, size_t max) WEIR_MUSTCHECK;
void weir_filter_set_remove(struct weir_filter_set *s, const struct weir_filter *f); /* one less; it is there */

#endif
