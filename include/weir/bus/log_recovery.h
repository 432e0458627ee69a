/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery of a pattern subscription from a partition's log (protocol.md §14.5). Its position is the log's: the epoch
 * is the generation as decimal text, the offset is n of an entry. The thread of the log's owner.
 */
#ifndef WEIR_BUS_LOG_RECOVERY_H
#define WEIR_BUS_LOG_RECOVERY_H

#include "weir/bus/log.h"
#include "weir/bus/stream.h"

/* The position of the log's newest entry, as a subscriber sees it. */
void weir_partition_log_position(const struct weir_partition_log *l, char epoch[WEIR_EPOCH_MAX], uint64_t *top);
struct weir_log_recovery {
	struct weir_str pattern;
	bool skip_user_limited; /* leave out channels with a '#' */
	struct weir_str epoch;  /* absent or empty: the current one */
	uint64_t offset;
	size_t limit;
};
/*
 * 1 when all publications after the offset that match the pattern are in `out` (perhaps none, at most `limit`), oldest
 * first; 0 when the log cannot prove that; -ENOMEM.
 */
int weir_partition_log_recover(const struct weir_partition_log *l, const struct weir_log_recovery *r,
	struct weir_event_list *out) WEIR_MUSTCHECK;

#endif
