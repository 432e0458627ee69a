/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a partition's log for a pattern. The log proves only what it holds: the entry behind the offset must be
 * there, whether it matches or not. The thread of the log's owner.
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

/* `root` is the pattern's: most of a log is of other namespaces, which this tells at the first bytes. */
static bool log_wants(const struct weir_log_recovery *r, struct weir_str root, const struct weir_event *e)
{
	if (!weir_str_starts(e->channel, root))
		return false;
	if (e->type != WEIR_EVENT_PUBLICATION || (r->skip_user_limited && weir_channel_is_user_limited(e->channel)))
		return false;
	return weir_pattern_matches(r->pattern, e->channel);
}

/* How many publications are wanted; one more than there is room for is enough to know. */
static size_t log_collect(
	const struct weir_partition_log *l, const struct weir_log_recovery *r, struct weir_event **found, size_t room)
{
	struct weir_str root = weir_channel_root(r->pattern);
	size_t count = 0;

	for (uint64_t n = r->offset + 1; n < l->next_n && count <= room; n++) {
		struct weir_event *e = weir_partition_log_at(l, (struct weir_position){l->generation, n});

		if (!e || !log_wants(r, root, e))
			continue;
		if (count < room)
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

int weir_partition_log_recover(
	const struct weir_partition_log *l, const struct weir_log_recovery *r, struct weir_event_list *out)
{
	size_t room = r->limit < l->count ? r->limit : l->count, count;
	struct weir_event **found;

	if (!log_holds_all_after(l, r->epoch, r->offset))
		return 0;
	found = malloc((room + 1) * sizeof(struct weir_event *));
	if (!found)
		return -ENOMEM;
	count = log_collect(l, r, found, room);
	if (count > room) {
		free(found);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		weir_event_ref(found[i]);
	*out = (struct weir_event_list){found, count};
	return 1;
}
