/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's part in a reset: the continuity of a partition's channels is broken. Whoever has a position there is
 * marked, gets nothing more of the subscription, and is told at the end of this turn or of one of the next; who has none
 * finds a mark on the next event. The odd case: a pattern outside of `ordered` namespaces has channels in all partitions.
 * One walk of the index, which marks and calls nothing. Worker's thread.
 */
#include "worker_priv.h"

#include "weir/bus/partition.h"
#include "weir/event/channel.h"

static bool reset_is_here(const struct weir_reset *reset, const struct weir_subscription *s)
{
	struct weir_str key = weir_partition_key(s->ns, s->entry->channel);

	return weir_partition_of(key, reset->partitions) == reset->partition;
}

static bool is_spread(const struct weir_subscription *s)
{
	return s->entry->is_pattern && (!s->ns || !s->ns->ordered || weir_pattern_is_bus(s->entry->channel));
}

static void lose_place(struct weir_worker *w, struct weir_subscription *s)
{
	if (s->flags & (WEIR_SUB_LOST | WEIR_SUB_FULL))
		return; /* it is about to be told already */
	s->flags |= WEIR_SUB_LOST;
	s->client->sub_fault = true;
	weir_stat_add(&w->stats, lost_places, 1);
	weir_worker_fault(w, s->client);
}

static void reset_subscription(struct weir_worker *w, const struct weir_reset *reset, struct weir_subscription *s)
{
	bool positioned = s->flags & WEIR_SUB_POSITIONED;

	if (positioned ? !(s->entry->is_pattern ? reset->patterns : reset->channels) : !reset->unpositioned)
		return;
	if (!is_spread(s) && !reset_is_here(reset, s))
		return;
	if (positioned) {
		lose_place(w, s);
		return;
	}
	weir_lane_lost_unknown(&s->lane);
	s->flags &= ~(uint32_t)WEIR_SUB_DELTA_READY; /* the next patch would be against what it may not have */
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__worker_reset(struct weir_worker *w, const struct weir_reset *reset)
{
	struct weir_map_node *n;

	weir_map_foreach (n, &w->index.map) {
		struct weir_index_entry *e = weir_list_entry(n, struct weir_index_entry, node);

		for (uint32_t i = 0; i < e->count; i++)
			reset_subscription(w, reset, e->subs[i]);
	}
}
