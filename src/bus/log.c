/* SPDX-License-Identifier: Apache-2.0 */
/* One partition's log: dense positions over a bounded ring of entries. One thread. */
#include "weir/bus/log.h"

#include <errno.h>
#include <stdlib.h>

static struct weir_event **log_slot(const struct weir_partition_log *l, size_t i)
{
	return &l->ring[(l->head + i) & (l->cap - 1)];
}

static void log_drop_oldest(struct weir_partition_log *l)
{
	struct weir_event **slot = log_slot(l, 0);

	if (*slot)
		l->bytes -= weir_event_size(*slot);
	weir_event_unref(slot);
	l->head = (l->head + 1) & (l->cap - 1);
	l->count--;
}

static void log_push(struct weir_partition_log *l, struct weir_event *e)
{
	size_t size = e ? weir_event_size(e) : 0;

	while (l->count && (l->count == l->cap || l->bytes + size > l->max_bytes))
		log_drop_oldest(l);
	*log_slot(l, l->count) = e ? weir_event_ref(e) : NULL;
	l->count++;
	l->bytes += size;
	l->next_n++;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_partition_log_init(struct weir_partition_log *l, uint64_t generation, size_t max_count, size_t max_bytes)
{
	size_t cap = 1;

	while (cap < max_count)
		cap *= 2;
	*l = (struct weir_partition_log){.generation = generation, .next_n = 1, .cap = cap, .max_bytes = max_bytes};
	l->ring = malloc(cap * sizeof(struct weir_event *));
	return l->ring ? 0 : -ENOMEM;
}

void weir_partition_log_fini(struct weir_partition_log *l)
{
	while (l->count)
		log_drop_oldest(l);
	free(l->ring);
	l->ring = NULL;
}

void weir_partition_log_append(struct weir_partition_log *l, struct weir_event *e)
{
	e->position = (struct weir_position){l->generation, l->next_n};
	log_push(l, e);
}

void weir_partition_log_place(struct weir_partition_log *l, struct weir_position at, struct weir_event *e)
{
	if (at.generation != l->generation || at.n != l->next_n)
		weir_partition_log_restart(l, at);
	if (e)
		e->position = at;
	log_push(l, e);
}

void weir_partition_log_restart(struct weir_partition_log *l, struct weir_position next)
{
	while (l->count)
		log_drop_oldest(l);
	l->generation = next.generation;
	l->next_n = next.n;
}

struct weir_event *weir_partition_log_at(const struct weir_partition_log *l, struct weir_position p)
{
	uint64_t oldest = l->next_n - l->count;

	if (p.generation != l->generation || p.n < oldest || p.n >= l->next_n)
		return NULL;
	return *log_slot(l, (size_t)(p.n - oldest));
}

struct weir_position weir_partition_log_oldest(const struct weir_partition_log *l)
{
	return (struct weir_position){l->generation, l->next_n - l->count};
}
