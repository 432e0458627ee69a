/* SPDX-License-Identifier: Apache-2.0 */
/* Results by channel and idempotency key; all live equally long, so order of arrival is order of expiry. One thread. */
#include "weir/bus/idempotency.h"

#include <errno.h>
#include <stdlib.h>

struct idempotency_entry {
	struct weir_map_node node; /* weir_idempotency.map */
	struct weir_list link;     /* weir_idempotency.order */
	uint64_t expires_ms;
	struct weir_publish_result result;
	struct weir_str channel, key;
	char storage[];
};

struct idempotency_lookup {
	struct weir_str channel, key;
};

static uint64_t lookup_hash(const struct weir_idempotency *t, const struct idempotency_lookup *l)
{
	return weir_hash(t->key, l->channel) ^ (weir_hash(t->key, l->key) * 0x9e3779b97f4a7c15u);
}

static bool idempotency_eq(const struct weir_map_node *n, const void *lookup)
{
	const struct idempotency_entry *e = weir_list_entry(n, struct idempotency_entry, node);
	const struct idempotency_lookup *l = lookup;

	return weir_str_eq(e->channel, l->channel) && weir_str_eq(e->key, l->key);
}

static void idempotency_drop(struct weir_idempotency *t, struct idempotency_entry *e)
{
	weir_map_remove(&t->map, &e->node);
	weir_list_remove(&e->link);
	free(e);
}

static struct idempotency_entry *idempotency_oldest(struct weir_idempotency *t)
{
	return weir_list_empty(&t->order) ? NULL : weir_list_entry(t->order.next, struct idempotency_entry, link);
}

static void idempotency_expire(struct weir_idempotency *t, uint64_t now_ms)
{
	struct idempotency_entry *e;

	while ((e = idempotency_oldest(t)) && now_ms >= e->expires_ms)
		idempotency_drop(t, e);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_idempotency_init(
	struct weir_idempotency *t, const struct weir_hash_key *key, uint64_t ttl_ms, size_t max_entries)
{
	weir_map_init(&t->map);
	weir_list_init(&t->order);
	t->key = key;
	t->ttl_ms = ttl_ms;
	t->max_entries = max_entries;
}

void weir_idempotency_fini(struct weir_idempotency *t)
{
	struct idempotency_entry *e;

	while ((e = idempotency_oldest(t)))
		idempotency_drop(t, e);
	weir_map_fini(&t->map);
}

const struct weir_publish_result *weir_idempotency_find(
	struct weir_idempotency *t, struct weir_str channel, struct weir_str key, uint64_t now_ms)
{
	struct idempotency_lookup l = {channel, key};
	struct weir_map_node *n;

	idempotency_expire(t, now_ms);
	n = weir_map_find(&t->map, lookup_hash(t, &l), idempotency_eq, &l);
	return n ? &weir_list_entry(n, struct idempotency_entry, node)->result : NULL;
}

int weir_idempotency_store(struct weir_idempotency *t, struct weir_str channel, struct weir_str key,
	const struct weir_publish_result *r, uint64_t now_ms)
{
	struct idempotency_lookup l = {channel, key};
	struct idempotency_entry *e;

	if (!t->max_entries)
		return 0;
	e = malloc(sizeof(*e) + channel.n + key.n);
	if (!e)
		return -ENOMEM;
	idempotency_expire(t, now_ms);
	if (t->map.count >= t->max_entries)
		idempotency_drop(t, idempotency_oldest(t));
	e->expires_ms = now_ms + t->ttl_ms;
	e->result = *r;
	e->channel = weir_str_n(e->storage, channel.n);
	e->key = weir_str_n(e->storage + channel.n, key.n);
	memcpy(e->storage, channel.p, channel.n);
	memcpy(e->storage + channel.n, key.p, key.n);
	weir_map_insert(&t->map, &e->node, lookup_hash(t, &l));
	weir_list_append(&t->order, &e->link);
	return 0;
}
