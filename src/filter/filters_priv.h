/* SPDX-License-Identifier: Apache-2.0 */
/* The table's insides, shared with its conflation keys. Worker's thread. */
#ifndef WEIR_FILTER_FILTERS_PRIV_H
#define WEIR_FILTER_FILTERS_PRIV_H

#include "payload_priv.h"
#include "weir/filter/filters.h"

struct weir_filters {
	struct weir_hash_key key;
	struct weir_map filters; /* weir_filter.node */
	struct weir_map keys;    /* weir_key.node */
	struct payload payload;
	struct weir_buf scratch;
	const struct weir_event *event; /* NULL: none at hand */
	uint64_t seq;                   /* of it; the first is 1 */
	struct weir_filter_counts counts;
};

#endif
