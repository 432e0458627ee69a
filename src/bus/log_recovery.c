/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a partition's log for a pattern. The log proves only what it holds: the entry behind the offset must be there,
 * whether it matches or not. The thread of the log's owner.
 */
#include "weir/bus/log_recovery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/event/channel.h"

static bool log_holds_all_after(const struct weir_partition_log *l, struct weir_str epoch, uint64_t offset)
{
	char current[WEIR_EPOCH_MAX];
	uint64_t top;

	weir_partition_log_position(l, current, &top);
	if (epoch.n && !weir_str_is(epoch, current))
		return false;
	return offset == top || (offset < top && offset + 1 >= weir_partition_log_oldest(l).n);
}

/* How many matching publications there are after the offset; one more than the limit is enough to know. */
static size_t log_count(const struct weir_partition_log *l, struct weir_str pattern, uint64_t offset, size_t limit,
	struct weir_event **found)
{
	size_t count = 0;

	for (uint64_t n = offset + 1; n < l->next_n && count <= limit; n++) {
		struct weir_event *e = weir_partition_log_at(l, (struct weir_position){l->generation, n});

		if (e->type != WEIR_EVENT_PUBLICATION || !weir_pattern_matches(pattern, e->channel))
			continue;
		if (count < limit)
			found[count] = e;
		count++;
	}
	return count;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_partition_log_position(const struct weir_partition_log *l, char epoch[WEIR_EPOCH_MAX], uint64_t *top)
{
	snprintf(epoch, WEIR_EPOCH_MAX, "%" PRIu64, l->generation);
	*top = l->next_n - 1;
}

int weir_partition_log_recover(const struct weir_partition_log *l, struct weir_str pattern, struct weir_str epoch,
	uint64_t offset, size_t limit, struct weir_event_list *out)
{
	struct weir_event **found;
	size_t count;

	if (!log_holds_all_after(l, epoch, offset))
		return 0;
	if (limit > l->count)
		limit = l->count;
	found = malloc((limit + 1) * sizeof(struct weir_event *));
	if (!found)
		return -ENOMEM;
	count = log_count(l, pattern, offset, limit, found);
	if (count > limit) {
		free(found);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		weir_event_ref(found[i]);
	*out = (struct weir_event_list){found, count};
	return 1;
}
