/* SPDX-License-Identifier: Apache-2.0 */
/* The table from key to slot: open addressing with linear probing, at most half full. Worker's thread. */
#include "weir/bus/latest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/base/mem.h"

static bool key_equal(struct weir_event_key x, struct weir_event_key y)
{
	return x.a == y.a && x.b == y.b;
}

static uint32_t place(const struct weir_latest *l, struct weir_event_key key)
{
	return (uint32_t)key.a & (2 * l->cap - 1);
}

static uint32_t next(const struct weir_latest *l, uint32_t place)
{
	return (place + 1) & (2 * l->cap - 1);
}

/* How many places lie between them. */
static uint32_t distance(const struct weir_latest *l, uint32_t from, uint32_t to)
{
	return (to - from) & (2 * l->cap - 1);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_latest_fini(struct weir_latest *l)
{
	free(l->keys);
	free(l->table);
	*l = (struct weir_latest){0};
}

int weir_latest_resize(struct weir_latest *l, uint32_t cap, uint32_t head, uint32_t count)
{
	struct weir_latest to = {.cap = cap};

	to.keys = malloc(cap * sizeof(*to.keys));
	to.table = calloc(2 * (size_t)cap, sizeof(*to.table));
	if (!to.keys || !to.table) {
		weir_latest_fini(&to);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		to.keys[i] = l->keys[(head + i) & (l->cap - 1)];
		if (l->settled)
			weir_latest_add(&to, i);
	}
	to.settled = l->settled;
	weir_latest_fini(l);
	*l = to;
	return 0;
}

void weir_latest_clear(struct weir_latest *l)
{
	if (l->cap)
		memset(l->table, 0, 2 * (size_t)l->cap * sizeof(*l->table));
	l->settled = true;
}

uint32_t weir_latest_find(const struct weir_latest *l, struct weir_event_key key)
{
	for (uint32_t i = l->cap ? place(l, key) : 0; l->cap && l->table[i]; i = next(l, i))
		if (key_equal(l->keys[l->table[i] - 1], key))
			return l->table[i] - 1;
	return WEIR_LATEST_NONE;
}

void weir_latest_add(struct weir_latest *l, uint32_t slot)
{
	uint32_t i = place(l, l->keys[slot]);

	while (l->table[i])
		i = next(l, i);
	l->table[i] = slot + 1;
}

/* Closes the hole by moving back what would no longer be found. */
void weir_latest_remove(struct weir_latest *l, uint32_t slot)
{
	uint32_t hole = place(l, l->keys[slot]), i;

	while (l->table[hole] != slot + 1) {
		weir_assert(l->table[hole]);
		hole = next(l, hole);
	}
	l->table[hole] = 0;
	for (i = next(l, hole); l->table[i]; i = next(l, i)) {
		if (distance(l, place(l, l->keys[l->table[i] - 1]), i) < distance(l, hole, i))
			continue;
		l->table[hole] = l->table[i];
		l->table[i] = 0;
		hole = i;
	}
}
