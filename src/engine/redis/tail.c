/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log as it comes: one connection per partition asks with XREAD for what follows the cursor. Nothing is asked for
 * while a worker's inbox is full: the log is the buffer. A place that does not follow the last one is a loss, and is
 * told to everybody it may concern. The odd case: a broker that has just started first reads back the newest entries,
 * for its copies, and tells nobody of them. Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <string.h>

#include "weir/bus/partition.h"
#include "weir/event/envelope.h"

#define BLOCK_MS       1000
#define TIMEOUT_MS     3000
#define COUNT_MIN      16
#define COUNT_MAX      2048
#define COUNT_BYTES    (1 << 20)
#define WARM_ENTRIES   10000
#define ENTRY_OVERHEAD 100    /* bytes in Redis beside the body */
#define GAP_NS         100000 /* a shorter time between two XREADs that bring something means that it pays to wait */

#define GENERATION_MAX ((uint64_t)1 << 53) /* what Lua's numbers hold */
#define BAD_TOLD       1000                /* one in so many is logged */

static void tail_ask(struct redis_partition *p);

/* ---- losses ---- */

static void tail_reset(struct redis_partition *p, struct weir_reset what)
{
	if (what.channels)
		redis__copies_reset(p);
	if (p->warming)
		return;
	what.partition = p->index;
	what.partitions = p->engine->n_partitions;
	redis_count(p->engine, resets, 1);
	p->engine->sink.reset(p->engine->sink.ctx, &what);
}

static void tail_gap(struct redis_partition *p, const struct weir_log_entry *entry)
{
	if (p->warming)
		return;
	redis_count(p->engine, gaps, 1);
	weir_slog(p->engine->o.log, ENGINE, WARN, "entries of the log are gone before they were read",
		WEIR_F_UINT("partition", p->index), WEIR_F_UINT("cursor_generation", p->cursor.generation),
		WEIR_F_UINT("cursor_n", p->cursor.n), WEIR_F_UINT("next_generation", entry->position.generation),
		WEIR_F_UINT("next_n", entry->position.n));
	tail_reset(p, (struct weir_reset){.channels = true, .patterns = true, .unpositioned = true});
}

static void note_new_epoch(struct redis_partition *p, const char *eb)
{
	memcpy(p->eb, eb, sizeof(p->eb));
	if (p->warming)
		return;
	redis_count(p->engine, bumps, 1);
	weir_slog(p->engine->o.log, ENGINE, WARN, "new epoch: what was acknowledged may be lost",
		WEIR_F_UINT("partition", p->index), WEIR_F_CSTR("epoch", eb));
}

static void tail_new_generation(struct redis_partition *p, const struct weir_log_entry *entry)
{
	if (entry->position.generation > p->highest)
		p->highest = entry->position.generation;
	if (strcmp(entry->epoch, p->eb)) {
		note_new_epoch(p, entry->epoch);
		tail_reset(p, (struct weir_reset){.channels = true, .patterns = true, .unpositioned = true});
	} else if (!p->warming) {
		tail_reset(p, (struct weir_reset){.patterns = true});
	}
	if (entry->position.generation > p->generation && !p->warming)
		redis__fence_again(p);
}

/*
 * What is lost may never have come here: another broker had it acknowledged, or read it first. The same epoch again: it was
 * on the other side of a split, after that had lost its epoch; who has a position in a channel knows that already. No
 * position of a pattern goes on over it.
 */
static void tail_epoch(struct redis_partition *p, const struct weir_log_entry *entry)
{
	bool changed = strcmp(entry->epoch, p->eb);

	if (changed)
		note_new_epoch(p, entry->epoch);
	weir_partition_log_restart(&p->log, (struct weir_position){entry->position.generation, entry->position.n + 1});
	if (changed || !p->warming)
		tail_reset(p, (struct weir_reset){.channels = changed, .patterns = true, .unpositioned = true});
}

/* ---- entries ---- */

static bool is_own(const struct redis_partition *p, const struct weir_log_entry *entry)
{
	return weir_str_eq(entry->pid, p->engine->pid);
}

static struct weir_event *take_event(struct redis_partition *p, const struct weir_log_entry *entry)
{
	struct weir_event *event = NULL;
	int err = weir_envelope_decode(entry->body, &event);

	if (!err) {
		event->offset = entry->offset;
		memcpy(event->epoch, entry->epoch, sizeof(event->epoch));
		return event;
	}
	if (redis_count(p->engine, bad_entries, 1) == 0)
		weir_slog(p->engine->o.log, ENGINE, ERROR, "an entry of the log is no event",
			WEIR_F_UINT("partition", p->index), WEIR_F_UINT("generation", entry->position.generation),
			WEIR_F_UINT("n", entry->position.n), WEIR_F_ERR(err));
	return NULL;
}

static bool is_sabotaged(struct redis_partition *p)
{
#if WEIR_SABOTAGE == 1
	return atomic_load_explicit(&p->engine->counters.entries, memory_order_relaxed) % 1000 == 999;
#else
	(void)p;
	return false;
#endif
}

static void take_publication(struct redis_partition *p, const struct weir_log_entry *entry)
{
	struct redis_engine *e = p->engine;
	struct weir_event *event = take_event(p, entry), *previous = NULL;

	weir_partition_log_place(&p->log, entry->position, event);
	if (is_own(p, entry))
		redis__batch_tailed(p, entry);
	if (!event)
		return;
	if (event->offset)
		redis__copy_event(e, p, event, &previous);
	if (!p->warming && !is_sabotaged(p))
		e->sink.entry(e->sink.ctx, event, event->delta ? previous : NULL);
	weir_event_unref(&previous);
	weir_event_unref(&event);
}

/* A join or leave: told, and no part of any history. */
static void take_presence(struct redis_partition *p, const struct weir_log_entry *entry)
{
	struct weir_event *event = p->warming ? NULL : take_event(p, entry);

	weir_partition_log_place(&p->log, entry->position, event);
	if (event)
		p->engine->sink.entry(p->engine->sink.ctx, event, NULL);
	weir_event_unref(&event);
}

static bool follows(const struct redis_partition *p, const struct weir_log_entry *entry)
{
	if (entry->op == WEIR_LOG_FENCE)
		return redis__position_cmp(entry->last_before, p->cursor) <= 0;
	return entry->position.generation == p->cursor.generation && entry->position.n == p->cursor.n + 1;
}

static void take_op(struct redis_partition *p, const struct weir_log_entry *entry)
{
	switch (entry->op) {
	case WEIR_LOG_PUBLICATION:
		take_publication(p, entry);
		return;
	case WEIR_LOG_JOIN:
	case WEIR_LOG_LEAVE:
		take_presence(p, entry);
		return;
	case WEIR_LOG_CONTROL:
		if (!p->warming)
			redis__nodes_message(p, entry);
		if (is_own(p, entry))
			redis__batch_tailed(p, entry);
		break;
	case WEIR_LOG_TICK:
		redis__nodes_tick(p, entry);
		if (is_own(p, entry)) {
			p->tick_acked_ms = 0;
			p->tick_seen_q = entry->q;
		}
		break;
	case WEIR_LOG_FENCE:
		tail_new_generation(p, entry);
		break;
	case WEIR_LOG_EPOCH:
		tail_epoch(p, entry);
		return;
	}
	weir_partition_log_place(&p->log, entry->position, NULL);
}

static void take(struct redis_partition *p, const struct weir_log_entry *entry)
{
	redis_count(p->engine, entries, 1);
	if (!follows(p, entry))
		tail_gap(p, entry);
	p->mean_entry += ((double)(entry->body.n + ENTRY_OVERHEAD) - p->mean_entry) / 64;
	take_op(p, entry);
	p->cursor = entry->position;
	redis__note_seen(p, p->cursor);
	if (p->warming && redis__position_cmp(p->cursor, p->warm_until) >= 0)
		p->warming = false;
}

/* ---- asking ---- */

static void tail_refused(struct redis_partition *p, const struct weir_reply *r)
{
	char why[300];
	bool error = r->type == WEIR_REPLY_ERROR;

	snprintf(why, sizeof(why), "XREAD: %.*s", error ? (int)(r->str.n > 250 ? 250 : r->str.n) : 22,
		error ? r->str.p : "an answer of no sense ");
	redis__shard_down(p->shard, weir_reply_is_error(r, "NOPERM") ? REDIS_UNFIT : REDIS_STALE, why);
}

/*
 * Somebody else has written to the log. It is passed over; but it may stand where the next entry of a broker is to go,
 * so the log goes on in a new generation.
 */
static void take_foreign(struct redis_partition *p, struct weir_position at)
{
	if (redis_count(p->engine, bad_entries, 1) % BAD_TOLD == 0)
		weir_slog(p->engine->o.log, ENGINE, ERROR,
			"the log holds what no broker has written: who else uses the keys of this prefix?",
			WEIR_F_UINT("partition", p->index), WEIR_F_STR("key", p->key),
			WEIR_F_UINT("generation", at.generation), WEIR_F_UINT("n", at.n));
	p->cursor = at;
	if (p->warming && redis__position_cmp(p->cursor, p->warm_until) >= 0)
		p->warming = false;
	if (at.generation < p->generation)
		return; /* history */
	if (at.generation > p->highest)
		p->highest = at.generation;
	else
		p->force = true;
	redis__fence_again(p);
}

/* False: the shard went down over it. */
static bool take_one(struct redis_partition *p, const struct weir_reply *at)
{
	struct weir_log_entry entry;
	int err = weir_log_entry_parse(at, &entry);

	if (entry.position.generation > GENERATION_MAX || (err && !entry.position.generation))
		redis__shard_down(p->shard, REDIS_UNFIT, "XREAD: an ID that no broker has written");
	else if (redis__position_cmp(entry.position, p->cursor) <= 0)
		redis__shard_down(p->shard, REDIS_UNFIT, "XREAD: the log goes backwards");
	else if (err)
		take_foreign(p, entry.position);
	else
		take(p, &entry);
	return p->tail;
}

/* False: there is no room for all of it; the rest comes again. */
static bool take_all(struct redis_partition *p, const struct weir_reply *at, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++, at = weir_reply_next(at)) {
		if (i < p->tail_taken)
			continue;
		if (!p->warming && !redis__room(p->engine)) {
			p->tail_taken = i;
			return false;
		}
		if (!take_one(p, at))
			return true;
	}
	p->tail_taken = 0;
	return true;
}

static void on_entries(void *ctx, const struct weir_reply *r)
{
	struct redis_partition *p = ctx;
	const struct weir_reply *first;
	uint32_t count;

	if (!r || !p->tail)
		return;
	if (weir_log_entries(r, true, &first, &count) < 0) {
		tail_refused(p, r);
		return;
	}
	if (count)
		p->entry_ms = redis__now(p->engine);
	else if (p->warming)
		p->warming = false; /* what was to be read back is gone */
	if (!take_all(p, first, count)) {
		p->tail_held = true;
		weir_redis_link_hold(p->tail);
		redis__recover_reached(p);
		return;
	}
	if (!p->tail)
		return;
	p->tail_asked = false;
	redis__recover_reached(p);
	redis__batch_await(p);
	if (count && uv_hrtime() - p->tail_sent_ns < GAP_NS && !p->warming)
		weir_timer_once(&p->tail_timer, 1);
	else
		tail_ask(p);
}

static uint64_t tail_count(const struct redis_partition *p)
{
	double n = COUNT_BYTES / (p->mean_entry > 1 ? p->mean_entry : 1);

	return n < COUNT_MIN ? COUNT_MIN : n > COUNT_MAX ? COUNT_MAX : (uint64_t)n;
}

static void tail_ask(struct redis_partition *p)
{
	struct weir_argv *a = &p->tail_argv;
	char id[48];

	if (!p->tail || !p->tail_ready || p->tail_asked || p->tail_held)
		return;
	if (!p->warming && !redis__room(p->engine)) {
		p->tail_held = true;
		return;
	}
	snprintf(
		id, sizeof(id), "%llu-%llu", (unsigned long long)p->cursor.generation, (unsigned long long)p->cursor.n);
	weir_argv_reset(a);
	weir_argv_cstr(a, "XREAD");
	weir_argv_cstr(a, "COUNT");
	weir_argv_u64(a, tail_count(p));
	if (!p->warming) {
		weir_argv_cstr(a, "BLOCK");
		weir_argv_u64(a, BLOCK_MS);
	}
	weir_argv_cstr(a, "STREAMS");
	weir_argv_join(a, (struct weir_str[]){p->key, WEIR_STR(":l")}, 2);
	weir_argv_cstr(a, id);
	p->tail_asked = true;
	p->tail_sent_ns = uv_hrtime();
	redis_count(p->engine, commands, 1);
	if (weir_redis_link_send(p->tail, a, TIMEOUT_MS, on_entries, p) < 0)
		redis__shard_down(p->shard, REDIS_UNREACHABLE, "no memory");
}

static void on_gap_over(struct weir_timer *t, uint64_t ticks)
{
	(void)ticks;
	tail_ask(WEIR_CONTAINER_OF(t, struct redis_partition, tail_timer));
}

static void on_ready(void *ctx)
{
	struct redis_partition *p = ctx;

	p->tail_ready = true;
	tail_ask(p);
}

static void on_lost(void *ctx, int err, const char *why)
{
	(void)err;
	redis__shard_down(((struct redis_partition *)ctx)->shard, REDIS_UNREACHABLE, why);
}

static int tail_open(struct redis_partition *p)
{
	const struct weir_engine_redis_options *o = &p->engine->o;

	if (p->tail)
		return 0;
	p->tail_ready = p->tail_asked = p->tail_held = false;
	p->tail_taken = 0;
	p->tail = weir_redis_link_open(&(struct weir_redis_link_options){.loop = p->engine->loop,
		.endpoint = &p->shard->endpoint,
		.credentials = p->shard->credentials,
		.connect_timeout_ms = o->connect_timeout_ms,
		.io_timeout_ms = o->io_timeout_ms,
		.reply_max_bytes = REDIS_REPLY_MAX,
		.ready = on_ready,
		.lost = on_lost,
		.ctx = p});
	return p->tail ? 0 : -ENOMEM;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int redis__tail_init(struct redis_partition *p)
{
	int err = weir_timer_init(&p->tail_timer, p->engine->loop, on_gap_over);

	weir_argv_init(&p->tail_argv);
	p->mean_entry = 300;
	return err;
}

int redis__tail_start(struct redis_partition *p, const struct weir_fence_reply *f)
{
	if (!p->has_cursor) {
		p->has_cursor = p->warming = true;
		memcpy(p->eb, f->eb, sizeof(p->eb));
		p->warm_until = (struct weir_position){f->generation, f->n};
		p->cursor = f->n > WARM_ENTRIES ? (struct weir_position){f->generation, f->n - WARM_ENTRIES - 1}
						: f->last_before;
	}
	return tail_open(p);
}

void redis__tail_close(struct redis_partition *p)
{
	weir_timer_stop(&p->tail_timer);
	p->tail_ready = false;
	weir_redis_link_close(&p->tail);
}

void redis__tail_resume(struct redis_partition *p)
{
	if (!p->tail || !p->tail_held || !redis__room(p->engine))
		return;
	p->tail_held = false;
	if (p->tail_asked)
		weir_redis_link_resume(p->tail);
	else
		tail_ask(p);
}

/* An own tick that was acknowledged must come back: else this is not where it was written. */
void redis__tail_housekeeping(struct redis_partition *p, uint64_t now_ms)
{
	struct redis_shard *s = p->shard;

	if (s->state != REDIS_SHARD_READY || p->tail_held)
		return;
	if (!p->tick_acked_ms || now_ms - p->tick_acked_ms < REDIS_LATE_MS) {
		if (!p->tick_acked_ms && atomic_load_explicit(&s->reason, memory_order_relaxed) == REDIS_TICK_LATE)
			redis__health_set(s, REDIS_OK);
		return;
	}
	redis__health_set(s, REDIS_TICK_LATE);
	if (now_ms - p->entry_ms < REDIS_LATE_MS)
		return; /* it is far behind, but where it should be */
	redis_count(p->engine, tick_late, 1);
	p->tick_acked_ms = 0;
	p->force = true;
	redis__shard_down(s, REDIS_TICK_LATE, "the tail does not bring what was published");
}
