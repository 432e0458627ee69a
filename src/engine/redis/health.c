/* SPDX-License-Identifier: Apache-2.0 */
/* Why publishing does not work, and the engine's counters: written on the hub's thread, read on any. */
#include "redis_priv.h"

#include <stdio.h>

static const char *const texts[] = {
	[REDIS_OK] = "works",
	[REDIS_CONNECTING] = "not connected yet",
	[REDIS_NO_MASTER] = "no master is known",
	[REDIS_UNREACHABLE] = "unreachable",
	[REDIS_LOGIN] = "login refused",
	[REDIS_UNFIT] = "this Redis will not do",
	[REDIS_HEALING] = "a new life of Redis is being fenced",
	[REDIS_STALE] = "no longer the master",
	[REDIS_READONLY] = "read only",
	[REDIS_TICK_LATE] = "what is published does not come back in time",
	[REDIS_REFUSING] = "refuses writes",
};

/* ------------------------------------------------------------------------------------------------------------------ */

const char *redis__health_text(enum redis_reason reason)
{
	return texts[reason];
}

void redis__health_set(struct redis_shard *s, enum redis_reason reason)
{
	atomic_store_explicit(&s->reason, (int)reason, memory_order_relaxed);
}

int redis__health_state(struct weir_engine *engine, struct weir_buf *why)
{
	struct redis_engine *e = redis_of(engine);

	for (unsigned i = 0; i < e->n_shards; i++) {
		int reason = atomic_load_explicit(&e->shards[i].reason, memory_order_relaxed);

		if (reason == REDIS_OK)
			continue;
		weir_buf_printf(why, "redis shard %u: %s", i, texts[reason]);
		return WEIR_EUNAVAILABLE;
	}
	return 0;
}

void redis__health_metrics(
	struct weir_engine *engine, void (*item)(void *ctx, const char *name, double value), void *ctx)
{
	const struct redis_engine *e = redis_of(engine);
	unsigned up = 0;

#define ITEM(name) item(ctx, "redis." #name, (double)atomic_load_explicit(&e->counters.name, memory_order_relaxed))
	ITEM(commands);
	ITEM(publishes);
	ITEM(batches);
	ITEM(batch_records);
	ITEM(repeated);
	ITEM(unavailable);
	ITEM(unknown);
	ITEM(refused);
	ITEM(reads);
	ITEM(reads_merged);
	ITEM(from_copy);
	ITEM(entries);
	ITEM(bad_entries);
	ITEM(gaps);
	ITEM(resets);
	ITEM(fences);
	ITEM(bumps);
	ITEM(connects);
	ITEM(lost_links);
	ITEM(tick_late);
	ITEM(survey_missing);
	ITEM(dropped_presence_events);
	ITEM(queued);
	ITEM(queued_bytes);
	ITEM(copies);
	ITEM(copies_bytes);
#undef ITEM
	for (unsigned i = 0; i < e->n_shards; i++) {
		bool works = atomic_load_explicit(&e->shards[i].reason, memory_order_relaxed) == REDIS_OK;
		char name[40];

		snprintf(name, sizeof(name), "redis.shard.%u.up", i);
		item(ctx, name, works);
		up += works;
	}
	item(ctx, "redis.shards", (double)e->n_shards);
	item(ctx, "redis.shards_up", (double)up);
}
