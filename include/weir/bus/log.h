/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One partition's log: the total order of all its entries. Positions are `<generation>-<n>` with n dense, so that a
 * reader sees from a position alone whether something is missing. Keeps the newest entries, bounded by number and by
 * bytes. One thread.
 */
#ifndef WEIR_BUS_LOG_H
#define WEIR_BUS_LOG_H

#include "weir/event/event.h"

struct weir_partition_log {
	uint64_t generation, next_n; /* position of the next entry; the first one has n = 1, so 0 is before all */
	struct weir_event **ring;
	size_t head, count, cap; /* cap: a power of two, the bound by number */
	size_t bytes, max_bytes;
};

int weir_partition_log_init(
	struct weir_partition_log *l, uint64_t generation, size_t max_count, size_t max_bytes) WEIR_MUSTCHECK;
void weir_partition_log_fini(struct weir_partition_log *l);
void weir_partition_log_append(
	struct weir_partition_log *l, struct weir_event *e); /* writes e->position, keeps a reference */
/*
 * The same at a place that somebody else has chosen. What does not follow the newest entry starts the log over. NULL: an
 * entry of another kind, which only takes its place.
 */
void weir_partition_log_place(struct weir_partition_log *l, struct weir_position at, struct weir_event *e);
/* Forgets all entries; `next` is the place of the next one. */
void weir_partition_log_restart(struct weir_partition_log *l, struct weir_position next);
/* The entry at this position, borrowed; NULL: not kept, or not there yet, or of another kind. */
struct weir_event *weir_partition_log_at(const struct weir_partition_log *l, struct weir_position p);
/* Position of the oldest entry kept; that of the next entry when empty. */
struct weir_position weir_partition_log_oldest(const struct weir_partition_log *l);

#endif
