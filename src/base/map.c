/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash table. Removing never moves other nodes (so a walk may remove): the table gets smaller on an insert, or when
 * the last node goes. Without memory for more slots it carries on with longer chains. One thread.
 */
#include "weir/base/map.h"

#include <stdlib.h>

#include "weir/base/err.h"

#define MAP_MIN_SLOTS 16

static size_t map_slot(const struct weir_map *m, uint64_t hash)
{
	/* The upper half too, in case the owner's hash is weak in its low bits. */
	return (size_t)(hash ^ hash >> 32) & (m->n_slots - 1);
}

static void map_link(struct weir_map *m, struct weir_map_node *node)
{
	size_t slot = map_slot(m, node->hash);

	node->next = m->slots[slot];
	m->slots[slot] = node;
	if (slot < m->first)
		m->first = slot;
}

static void map_resize(struct weir_map *m, size_t n_slots)
{
	struct weir_map_node **old = m->slots, **slots = calloc(n_slots, sizeof(struct weir_map_node *));
	size_t n_old = m->n_slots;

	if (!slots)
		return;
	m->slots = slots;
	m->n_slots = n_slots;
	m->first = n_slots;
	for (size_t i = 0; i < n_old; i++)
		while (old[i]) {
			struct weir_map_node *node = old[i];

			old[i] = node->next;
			map_link(m, node);
		}
	free(old);
}

static struct weir_map_node *map_first_from(const struct weir_map *m, size_t slot)
{
	for (; slot < m->n_slots; slot++)
		if (m->slots[slot])
			return m->slots[slot];
	return NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_map_init(struct weir_map *m)
{
	*m = (struct weir_map){0};
}

void weir_map_fini(struct weir_map *m)
{
	free(m->slots);
	weir_map_init(m);
}

struct weir_map_node *weir_map_find(const struct weir_map *m, uint64_t hash, weir_map_eq_fn eq, const void *key)
{
	struct weir_map_node *node = m->n_slots ? m->slots[map_slot(m, hash)] : NULL;

	while (node && !(node->hash == hash && eq(node, key)))
		node = node->next;
	return node;
}

void weir_map_insert(struct weir_map *m, struct weir_map_node *node, uint64_t hash)
{
	if (!m->slots) {
		m->slots = weir_xcalloc(MAP_MIN_SLOTS, sizeof(struct weir_map_node *));
		m->n_slots = m->first = MAP_MIN_SLOTS;
	} else if (m->count >= m->n_slots) {
		map_resize(m, m->n_slots * 2);
	} else if (m->n_slots > MAP_MIN_SLOTS && m->count < m->n_slots / 8) {
		size_t n = m->n_slots;

		while (n > MAP_MIN_SLOTS && m->count < n / 4)
			n /= 2;
		map_resize(m, n);
	}
	node->hash = hash;
	map_link(m, node);
	m->count++;
}

void weir_map_remove(struct weir_map *m, struct weir_map_node *node)
{
	struct weir_map_node **link;

	weir_assert(m->count > 0);
	link = &m->slots[map_slot(m, node->hash)];
	while (*link && *link != node)
		link = &(*link)->next;
	weir_assert(*link == node);
	*link = node->next;
	node->next = NULL;
	if (--m->count == 0 && m->n_slots > MAP_MIN_SLOTS)
		map_resize(m, MAP_MIN_SLOTS);
}

struct weir_map_node *weir_map_first(const struct weir_map *m)
{
	return m->count ? map_first_from(m, m->first) : NULL;
}

struct weir_map_node *weir_map_next(const struct weir_map *m, const struct weir_map_node *node)
{
	return node->next ? node->next : map_first_from(m, map_slot(m, node->hash) + 1);
}

struct weir_map_node *weir_map_pop(struct weir_map *m)
{
	struct weir_map_node *node = weir_map_first(m);

	if (node) {
		m->first = map_slot(m, node->hash);
		weir_map_remove(m, node);
	}
	return node;
}
