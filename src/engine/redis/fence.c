/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's fence: before this broker writes to a life of Redis it raises the log's generation there, or finds it
 * raised. Every broker then tells how far it had come, and if one had come further than Redis knows, or cannot be
 * asked, the partition's epoch changes (replication.md §3.7, M1). The odd case: a generation in which nothing but its
 * fence was ever written says nothing about what had been written before; what counts is the last one with entries.
 * Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>

#define HEAL_GRACE_MS  1000
#define GENERATION_MAX ((uint64_t)1 << 53) /* what Lua's numbers hold */

static void fence_failed(struct redis_partition *p, const struct weir_reply *r)
{
	char why[300];
	enum redis_reason reason = REDIS_UNREACHABLE;

	if (!r)
		return; /* the link is lost, which ends the shard as well */
	if (r->type == WEIR_REPLY_ERROR)
		snprintf(why, sizeof(why), "fence: %.*s", r->str.n < 250 ? (int)r->str.n : 250, r->str.p);
	else
		snprintf(why, sizeof(why), "fence: an answer that makes no sense");
	if (r->type == WEIR_REPLY_ERROR && redis__is_permission(r->str))
		reason = REDIS_UNFIT;
	else if (weir_reply_is_error(r, "READONLY"))
		reason = REDIS_READONLY;
	else if (r->type == WEIR_REPLY_ERROR)
		reason = REDIS_REFUSING;
	redis__shard_down(p->shard, reason, why);
}

static void fence_finish(struct redis_partition *p)
{
	p->fence = REDIS_FENCE_DONE;
	if (p->generation != p->asserted_in)
		redis__presence_assert(p);
	p->asserted_in = p->generation;
	redis__batch_fenced(p);
	redis__shard_fenced(p->shard);
}

/* The highest position known of an older generation. */
static struct weir_position fence_seen(const struct redis_partition *p)
{
	return p->seen.generation < p->generation ? p->seen : p->seen_old;
}

/* The first question is the report. */
static void fence_go_on(struct redis_partition *p, const struct weir_done_reply *d)
{
	p->reported_in = p->generation;
	if (d->done)
		fence_finish(p);
	else
		p->heal_at_ms = redis__now(p->engine) + d->wait_ms;
}

static void on_done(void *ctx, const struct weir_reply *r)
{
	struct redis_partition *p = ctx;
	struct weir_done_reply d;

	if (!r || p->fence != REDIS_FENCE_HEALING)
		return;
	if (weir_script_done_reply(r, &d) < 0)
		fence_failed(p, r);
	else if (d.fenced)
		redis__fence_again(p);
	else
		fence_go_on(p, &d);
}

static void fence_ask_done(struct redis_partition *p, bool report)
{
	struct weir_argv *a = &p->shard->argv;

	p->heal_at_ms = UINT64_MAX; /* until this is answered */
	weir_argv_reset(a);
	if (report)
		weir_script_report(a, p->key, p->engine->pid, p->generation, fence_seen(p));
	else
		weir_script_done(a, p->key, p->generation);
	if (redis__shard_send(p->shard, p->shard->cmd, a, on_done, p) < 0)
		redis__shard_down(p->shard, REDIS_UNREACHABLE, "more commands wait than may");
}

static void fence_new_generation(struct redis_partition *p, const struct weir_fence_reply *f)
{
	redis_count(p->engine, fences, 1);
	if (p->generation)
		weir_slog(p->engine->o.log, ENGINE, INFO, "new generation of the log",
			WEIR_F_UINT("partition", p->index), WEIR_F_UINT("generation", f->generation),
			WEIR_F_UINT("last_n", f->last_before.n), WEIR_F_UINT("seen_n", fence_seen(p).n),
			WEIR_F_CSTR("epoch", f->eb), WEIR_F_CSTR("by", f->raised ? "this broker" : "another"));
	p->generation = f->generation;
	if (p->highest < f->generation)
		p->highest = f->generation;
}

static void on_fence(void *ctx, const struct weir_reply *r)
{
	struct redis_partition *p = ctx;
	struct weir_fence_reply f;

	if (!r || p->fence != REDIS_FENCE_ASKED)
		return;
	if (weir_script_fence_reply(r, &f) < 0) {
		fence_failed(p, r);
		return;
	}
	if (f.generation < p->highest || f.generation > GENERATION_MAX) {
		redis__shard_down(p->shard, REDIS_STALE, "fence: a generation that cannot be");
		return;
	}
	p->force = false;
	p->applied_q = f.applied_q;
	if (f.generation != p->generation)
		fence_new_generation(p, &f);
	if (redis__tail_start(p, &f) < 0) {
		redis__shard_down(p->shard, REDIS_UNREACHABLE, "no memory");
		return;
	}
	/* Late is better than never: what it has seen may be lost without anybody else's knowing. */
	if (!f.healing && (p->reported_in == f.generation || !fence_seen(p).generation)) {
		fence_finish(p);
		return;
	}
	p->fence = REDIS_FENCE_HEALING;
	p->heal_until_ms = redis__now(p->engine) + f.heal_ms + HEAL_GRACE_MS;
	redis__health_set(p->shard, REDIS_HEALING);
	fence_ask_done(p, true);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int redis__fence_start(struct redis_partition *p)
{
	struct weir_argv *a = &p->shard->argv;

	p->fence = REDIS_FENCE_ASKED;
	weir_argv_reset(a);
	weir_script_fence(a, p->key, p->engine->pid, weir_str(p->shard->life), p->highest, p->force);
	return redis__shard_send(p->shard, p->shard->cmd, a, on_fence, p);
}

void redis__fence_again(struct redis_partition *p)
{
	if (p->shard->state != REDIS_SHARD_READY && p->shard->state != REDIS_SHARD_FENCING)
		return;
	if (p->fence == REDIS_FENCE_ASKED)
		return;
	if (p->shard->state == REDIS_SHARD_READY)
		p->shard->down_since_ms = redis__now(p->engine);
	p->shard->state = REDIS_SHARD_FENCING;
	redis__health_set(p->shard, REDIS_HEALING);
	if (redis__fence_start(p) < 0)
		redis__shard_down(p->shard, REDIS_UNREACHABLE, "more commands wait than may");
}

void redis__fence_housekeeping(struct redis_partition *p, uint64_t now_ms)
{
	if (p->fence != REDIS_FENCE_HEALING)
		return;
	if (now_ms > p->heal_until_ms)
		redis__shard_down(p->shard, REDIS_HEALING, "the fence does not end");
	else if (now_ms >= p->heal_at_ms)
		fence_ask_done(p, false);
}
