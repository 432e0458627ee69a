/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of channels: the newest publications as the tail brought them, and so where each channel is. They answer most
 * recoveries. Bounded by number and bytes: the least recently used goes. The odd case: a copy that is waited for stays.
 * Hub's thread.
 */
#include "redis_priv.h"

#include <stdlib.h>
#include <string.h>

static bool copy_eq(const struct weir_map_node *n, const void *name)
{
	return weir_str_eq(weir_list_entry(n, struct redis_copy, node)->channel, *(const struct weir_str *)name);
}

static void copy_account(struct redis_copy *c)
{
	struct redis_engine *e = c->partition->engine;
	size_t bytes = sizeof(*c) + c->channel.n + c->stream.cap * sizeof(void *);
	const struct weir_event *last = weir_stream_last(&c->stream);

	/* Publications of a channel are much alike, and the log's ring holds many of them as well. */
	bytes += last ? c->stream.count * weir_event_size(last) : 0;
	e->copies_bytes += bytes - c->bytes;
	c->bytes = bytes;
}

static void copy_free(struct redis_copy *c)
{
	struct redis_engine *e = c->partition->engine;

	weir_map_remove(&e->copies, &c->node);
	weir_list_remove(&c->lru);
	weir_list_remove(&c->reading);
	weir_event_list_fini(&c->held_events);
	weir_stream_fini(&c->stream);
	e->copies_bytes -= c->bytes;
	free(c);
}

static bool copy_is_idle(const struct redis_copy *c)
{
	return !c->waiting && !c->asked && !c->held;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct redis_copy *redis__copy_find(struct redis_engine *e, struct weir_str channel)
{
	struct weir_map_node *n = weir_map_find(&e->copies, weir_hash(e->o.hash_key, channel), copy_eq, &channel);

	return n ? weir_list_entry(n, struct redis_copy, node) : NULL;
}

struct redis_copy *redis__copy_get(
	struct redis_engine *e, struct redis_partition *p, const struct weir_namespace *ns, struct weir_str channel)
{
	struct redis_copy *c = redis__copy_find(e, channel);

	if (c)
		return c;
	c = calloc(1, sizeof(*c) + channel.n);
	if (!c)
		return NULL;
	memcpy(c->name, channel.p, channel.n);
	c->channel = weir_str_n(c->name, channel.n);
	c->partition = p;
	c->ns = ns;
	c->waiting_tail = &c->waiting;
	weir_list_init(&c->reading);
	weir_stream_init(&c->stream, "");
	weir_map_insert(&e->copies, &c->node, weir_hash(e->o.hash_key, channel));
	weir_list_init(&c->lru);
	weir_list_append(&e->lru, &c->lru);
	copy_account(c);
	return c;
}

void redis__copy_touch(struct redis_copy *c)
{
	weir_list_remove(&c->lru);
	weir_list_append(&c->partition->engine->lru, &c->lru);
	copy_account(c);
}

/* Without memory the copy is forgotten: the next recovery asks Redis. */
void redis__copy_event(
	struct redis_engine *e, struct redis_partition *p, struct weir_event *event, struct weir_event **previous)
{
	const struct weir_namespace *ns = weir_namespaces_resolve(e->o.namespaces, event->channel);
	struct redis_copy *c;
	struct weir_event *last;

	if (!ns || !weir_namespace_has_history(ns))
		return; /* brokers differ in their configuration */
	c = redis__copy_get(e, p, ns, event->channel);
	if (!c)
		return;
	weir_stream_expire(&c->stream, redis__now(e));
	last = weir_stream_last(&c->stream);
	if (last && event->delta && !strcmp(last->epoch, event->epoch) && last->offset + 1 == event->offset)
		*previous = weir_event_ref(last);
	if (strcmp(c->stream.epoch, event->epoch) || event->offset <= c->lo)
		c->lo = 0;
	c->valid = weir_stream_place(&c->stream, event, (size_t)ns->history_size, redis__now(e),
			   (uint64_t)ns->history_ttl_ms) == 0;
	if (!c->valid)
		weir_stream_remove(&c->stream);
	c->moved_at = event->position;
	c->used_ms = redis__now(e);
	redis__copy_touch(c);
	redis__copies_trim(e);
}

void redis__copy_forget(struct redis_copy *c)
{
	weir_stream_remove(&c->stream);
	weir_stream_init(&c->stream, "");
	weir_event_list_fini(&c->held_events);
	if (c->held)
		weir_list_remove(&c->reading); /* what was read is of another time */
	c->valid = c->held = false;
	c->stale = c->asked;
	c->lo = 0;
	copy_account(c);
	if (c->waiting && !c->asked)
		redis__recover_again(c);
}

void redis__copies_reset(struct redis_partition *p)
{
	struct redis_engine *e = p->engine;
	struct weir_map_node *n, *next;

	weir_map_foreach_safe (n, next, &e->copies) {
		struct redis_copy *c = weir_list_entry(n, struct redis_copy, node);

		if (c->partition != p)
			continue;
		if (copy_is_idle(c))
			copy_free(c);
		else
			redis__copy_forget(c);
	}
}

void redis__copies_trim(struct redis_engine *e)
{
	struct weir_list *node, *next;

	if (e->copies.count <= REDIS_COPIES_MAX && e->copies_bytes <= REDIS_COPIES_BYTES)
		return;
	weir_list_foreach_safe (node, next, &e->lru) {
		struct redis_copy *c = weir_list_entry(node, struct redis_copy, lru);

		if (e->copies.count <= REDIS_COPIES_MAX && e->copies_bytes <= REDIS_COPIES_BYTES)
			return;
		if (copy_is_idle(c))
			copy_free(c);
	}
}

void redis__copies_fini(struct redis_engine *e)
{
	while (e->copies.count) {
		struct redis_copy *c = weir_list_entry(weir_map_first(&e->copies), struct redis_copy, node);

		while (c->waiting) {
			struct weir_request *r = c->waiting;

			c->waiting = r->next;
			weir_request_free(&r);
		}
		copy_free(c);
	}
	weir_map_fini(&e->copies);
}
