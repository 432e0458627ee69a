/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channel → live subscriptions of one worker. Removal swaps with the last, so the order within a channel is
 * arbitrary.
 */
#include "weir/bus/index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/event/channel.h"

#define INDEX_CAP_MIN 1u

static bool index_eq(const struct weir_map_node *n, const void *channel)
{
	return weir_str_eq(
		weir_list_entry(n, struct weir_index_entry, node)->channel, *(const struct weir_str *)channel);
}

static int index_resize(struct weir_index_entry *e, uint32_t cap)
{
	struct weir_subscription **subs = realloc(e->subs, cap * sizeof(struct weir_subscription *));

	if (!subs)
		return -ENOMEM;
	e->subs = subs;
	e->cap = cap;
	return 0;
}

static struct weir_index_entry *index_entry_new(struct weir_index *ix, struct weir_str channel)
{
	struct weir_index_entry *e = calloc(1, sizeof(*e) + channel.n);

	if (!e)
		return NULL;
	memcpy(e->name, channel.p, channel.n);
	e->channel = weir_str_n(e->name, channel.n);
	e->is_pattern = weir_channel_is_pattern(channel);
	if (e->is_pattern && weir_patterns_add(&ix->patterns, e->channel, e) < 0) {
		free(e);
		return NULL;
	}
	weir_map_insert(&ix->map, &e->node, weir_hash(ix->key, channel));
	return e;
}

struct index_match {
	void (*fn)(void *ctx, struct weir_index_entry *e);
	void *ctx;
};

static void on_match(void *ctx, void *value)
{
	const struct index_match *m = ctx;

	m->fn(m->ctx, value);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_index_init(struct weir_index *ix, const struct weir_hash_key *key)
{
	weir_map_init(&ix->map);
	weir_patterns_init(&ix->patterns, key);
	ix->key = key;
}

void weir_index_fini(struct weir_index *ix)
{
	weir_assert(ix->map.count == 0);
	weir_patterns_fini(&ix->patterns);
	weir_map_fini(&ix->map);
}

struct weir_index_entry *weir_index_find(const struct weir_index *ix, struct weir_str channel)
{
	struct weir_map_node *n = weir_map_find(&ix->map, weir_hash(ix->key, channel), index_eq, &channel);

	return n ? weir_list_entry(n, struct weir_index_entry, node) : NULL;
}

struct weir_index_entry *weir_index_ref(struct weir_index *ix, struct weir_str channel)
{
	struct weir_index_entry *e = weir_index_find(ix, channel);

	if (!e)
		e = index_entry_new(ix, channel);
	if (!e)
		return NULL;
	e->refs++;
	return e;
}

void weir_index_unref(struct weir_index *ix, struct weir_index_entry **e)
{
	if (--(*e)->refs == 0) {
		weir_assert((*e)->count == 0);
		weir_map_remove(&ix->map, &(*e)->node);
		if ((*e)->is_pattern)
			weir_patterns_remove(&ix->patterns, (*e)->channel);
		weir_assert((*e)->filters.n == 0);
		weir_filter_set_fini(&(*e)->filters);
		free((*e)->subs);
		free(*e);
	}
	*e = NULL;
}

bool weir_index_has_patterns(const struct weir_index *ix)
{
	return ix->patterns.count > 0;
}

void weir_index_match(const struct weir_index *ix, struct weir_str channel,
	void (*fn)(void *ctx, struct weir_index_entry *e), void *ctx)
{
	struct index_match m = {fn, ctx};

	if (ix->patterns.count)
		weir_patterns_match(&ix->patterns, channel, on_match, &m);
}

int weir_index_add(struct weir_index_entry *e, struct weir_subscription *s)
{
	if (e->count == e->cap) {
		int err = index_resize(e, e->cap ? e->cap * 2 : INDEX_CAP_MIN);

		if (err)
			return err;
	}
	s->slot = e->count;
	s->flags |= WEIR_SUB_LIVE;
	e->subs[e->count++] = s;
	return 0;
}

void weir_index_remove(struct weir_index_entry *e, struct weir_subscription *s)
{
	weir_assert((s->flags & WEIR_SUB_LIVE) && e->subs[s->slot] == s);
	e->count--;
	e->subs[s->slot] = e->subs[e->count];
	e->subs[s->slot]->slot = s->slot;
	s->flags &= ~(uint32_t)WEIR_SUB_LIVE;
	if (e->cap > 8 && e->count < e->cap / 4 && index_resize(e, e->cap / 2) < 0)
		return; /* the larger array does as well */
}

uint32_t weir_index_epoch(struct weir_index_entry *e, const char *epoch)
{
	if (strcmp(e->epoch, epoch) != 0) {
		snprintf(e->epoch, sizeof(e->epoch), "%s", epoch);
		e->epoch_no++;
	}
	return e->epoch_no;
}
