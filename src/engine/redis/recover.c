/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions and missed events of subscribers: from the channel's copy where that is enough, else by one read for all
 * who wait for the channel. What was read is held until the tail has come to the place at which it was read, so that
 * the answer covers all events before it and none after. The odd case: a fence or a loss meanwhile makes what was read
 * worthless; it is read again. Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <string.h>

#include "weir/bus/log_recovery.h"
#include "weir/event/channel.h"

static void read_start(struct redis_copy *c);

/* ---- answers ---- */

/* Not in the copy: could Redis have it? */
static bool may_be_in_redis(const struct redis_copy *c, const struct weir_subscribe_request *r)
{
	uint64_t missed = c->stream.top - r->since_offset;

	if (r->since_epoch.n && !weir_str_is(r->since_epoch, c->stream.epoch))
		return false;
	if (r->since_offset >
		c->stream.top) /* it comes from a broker whose tail is ahead, or that is lost: Redis knows */
		return r->since_epoch.n > 0;
	if (missed > r->recovery_limit)
		return false;
	return c->lo ? r->since_offset + 1 >= c->lo : missed <= (uint64_t)r->ns->history_size;
}

/* False: a read may find more. `last`: no other read is made. */
static bool answer_from_copy(struct redis_copy *c, struct weir_subscribe_request *r, bool last)
{
	struct redis_engine *e = c->partition->engine;
	int got;

	weir_stream_expire(&c->stream, redis__now(e));
	memcpy(r->epoch, c->stream.epoch, sizeof(r->epoch));
	r->top = c->stream.top;
	if (!r->recover) {
		redis__answer(e, &r->base, 0);
		return true;
	}
	got = weir_stream_recover(&c->stream, r->since_epoch, r->since_offset, r->recovery_limit, &r->missed);
	if (!got && !last && may_be_in_redis(c, r))
		return false;
#if WEIR_SABOTAGE == 3
	if (!got && !weir_str_is(r->since_epoch, c->stream.epoch))
		got = 1;
#endif
	r->recovered = got > 0;
	redis__answer(e, &r->base, got < 0 ? got : 0);
	return true;
}

/* Else Redis is to be asked: a recovery is a use of the stream, and makes it last. */
static bool may_use_copy(const struct redis_copy *c, const struct weir_namespace *ns)
{
	return c->valid && redis__now(c->partition->engine) - c->used_ms < (uint64_t)ns->history_meta_ttl_ms / 8;
}

static struct weir_request *waiters_take(struct redis_copy *c)
{
	struct weir_request *all = c->waiting;

	c->waiting = NULL;
	c->waiting_tail = &c->waiting;
	return all;
}

static void waiter_add(struct redis_copy *c, struct weir_request *r)
{
	r->next = NULL;
	*c->waiting_tail = r;
	c->waiting_tail = &r->next;
}

static void waiters_fail(struct redis_copy *c, int status)
{
	struct weir_request *r = waiters_take(c), *next;

	for (; r; r = next) {
		next = r->next;
		redis__answer(c->partition->engine, r, status);
	}
}

static void waiters_answer(struct redis_copy *c, bool last)
{
	struct weir_request *r = waiters_take(c), *next;

	for (; r; r = next) {
		next = r->next;
		if (!c->valid || !answer_from_copy(c, (struct weir_subscribe_request *)r, last))
			waiter_add(c, r);
	}
}

/* ---- what was read meets what the tail brought ---- */

static int stream_fill(struct redis_copy *c, struct weir_stream *s, const struct weir_event_list *events)
{
	struct redis_engine *e = c->partition->engine;

	for (size_t i = 0; i < events->count; i++) {
		int err = weir_stream_place(s, events->events[i], (size_t)c->ns->history_size, redis__now(e),
			(uint64_t)c->ns->history_ttl_ms);

		if (err)
			return err;
	}
	return 0;
}

/* The read's publications, and behind them those that came since. */
static int copy_rebuild(struct redis_copy *c, bool keep_newer)
{
	struct weir_event_list newer = {0};
	struct weir_stream s;
	int err = 0;

	weir_stream_init(&s, c->held_epoch);
	s.top = c->held_top - c->held_events.count;
	err = stream_fill(c, &s, &c->held_events);
	if (!err && keep_newer && c->stream.top > c->held_top)
		err = weir_stream_read(&c->stream,
			&(struct weir_stream_range){.has_since = true, .since = c->held_top, .limit = SIZE_MAX},
			&newer);
	if (!err)
		err = stream_fill(c, &s, &newer);
	if (!err && keep_newer && s.top < c->stream.top) { /* what came since has expired already */
		weir_stream_remove(&s);
		s.top = c->stream.top;
	}
	weir_event_list_fini(&newer);
	if (err) {
		weir_stream_fini(&s);
		return err;
	}
	weir_stream_fini(&c->stream);
	c->stream = s;
	c->valid = true;
	return 0;
}

static void held_apply(struct redis_copy *c)
{
	bool same = c->valid && !strcmp(c->stream.epoch, c->held_epoch);
	bool newer = c->valid && !same && redis__position_cmp(c->moved_at, c->held_at) > 0;
	int err = 0;

	weir_list_remove(&c->reading);
	c->held = false;
	if (!newer) {
		err = copy_rebuild(c, same);
		c->lo = c->held_lo;
	}
	weir_event_list_fini(&c->held_events);
	redis__copy_touch(c);
	if (err)
		waiters_fail(c, err);
	else
		waiters_answer(c, true);
}

static bool tail_is_there(const struct redis_copy *c)
{
	return redis__position_cmp(c->partition->cursor, c->held_at) >= 0;
}

/* ---- reads ---- */

static void reads_go_on(struct redis_shard *s)
{
	while (!weir_list_empty(&s->reads) && s->reads_under_way < REDIS_READS_MAX) {
		struct redis_copy *c = weir_list_entry(s->reads.next, struct redis_copy, reading);

		weir_list_remove(&c->reading);
		read_start(c);
	}
}

static void held_take(struct redis_copy *c, const struct weir_reply *reply)
{
	struct weir_history_reply h;
	int err = weir_script_history_reply(reply, true, &h);

	if (!err)
		err = redis__history_events(&h, c->channel, true, true, &c->held_events);
	if (err) {
		if (weir_reply_is_error(reply, "NOSCRIPT"))
			redis__shard_load(c->partition->shard);
		waiters_fail(c, err == -ENOMEM ? err : WEIR_EUNAVAILABLE);
		return;
	}
	memcpy(c->held_epoch, h.epoch, sizeof(c->held_epoch));
	c->held_top = h.top;
	c->held_lo = h.lo;
	c->held_at = h.last;
	redis__note_seen(c->partition, h.last);
	c->held_since_ms = c->used_ms = redis__now(c->partition->engine);
	c->held = true;
	weir_list_append(&c->partition->held, &c->reading);
	if (tail_is_there(c))
		held_apply(c);
}

static void on_read(void *ctx, const struct weir_reply *reply)
{
	struct redis_copy *c = ctx;
	struct redis_shard *s = c->partition->shard;
	bool stale = c->stale;

	c->asked = c->stale = false;
	s->reads_under_way--;
	if (!reply)
		waiters_fail(c, WEIR_EUNAVAILABLE);
	else if (stale)
		redis__recover_again(c);
	else
		held_take(c, reply);
	if (reply)
		reads_go_on(s);
}

static uint64_t read_limit(const struct redis_copy *c)
{
	uint64_t limit = 0;

	for (const struct weir_request *r = c->waiting; r; r = r->next) {
		const struct weir_subscribe_request *sub = (const struct weir_subscribe_request *)r;

		if (sub->recover && sub->recovery_limit > limit)
			limit = sub->recovery_limit;
	}
	return limit < (uint64_t)c->ns->history_size ? limit : (uint64_t)c->ns->history_size;
}

static void read_start(struct redis_copy *c)
{
	struct redis_shard *s = c->partition->shard;
	struct redis_engine *e = s->engine;
	char epoch[8];

	if (!c->waiting || c->asked || c->held || !weir_list_empty(&c->reading))
		return;
	if (!redis__shard_takes_reads(s)) {
		waiters_fail(c, WEIR_EUNAVAILABLE);
		return;
	}
	if (s->reads_under_way >= REDIS_READS_MAX) {
		weir_list_append(&s->reads, &c->reading);
		return;
	}
	weir_random_letters(e->o.random, epoch, sizeof(epoch));
	weir_argv_reset(&s->argv);
	weir_script_history(&s->argv, &(struct weir_script_history){.key = c->partition->key,
					      .channel = c->channel,
					      .new_epoch = weir_str_n(epoch, sizeof(epoch)),
					      .meta_ttl_ms = (uint64_t)c->ns->history_meta_ttl_ms,
					      .reverse = true,
					      .limit = read_limit(c)});
	if (redis__shard_send(s, s->slow, &s->argv, on_read, c) < 0) {
		waiters_fail(c, WEIR_EUNAVAILABLE);
		return;
	}
	c->asked = true;
	s->reads_under_way++;
	redis_count(e, reads, 1);
}

/* ---- patterns: a position that is ahead of the tail waits for it, if Redis has come as far ---- */

static bool is_ahead(const struct redis_partition *p, const struct weir_subscribe_request *r)
{
	return r->recover && weir_str_is(r->since_epoch, r->epoch) && r->since_offset > p->cursor.n;
}

static int recover_pattern(struct redis_partition *p, struct weir_subscribe_request *r)
{
	int got;

	if (!p->has_cursor || p->warming)
		return WEIR_EUNAVAILABLE;
	weir_partition_log_position(&p->log, r->epoch, &r->top);
	if (!r->recover)
		return 0;
	got = weir_partition_log_recover(&p->log,
		&(struct weir_log_recovery){
			r->channel, r->skip_user_limited, r->since_epoch, r->since_offset, r->recovery_limit},
		&r->missed);
	r->recovered = got > 0;
	return got < 0 ? got : 0;
}

/* Those for whom the tail has come far enough, or with `status` all. */
static void ahead_answer(struct redis_partition *p, int status)
{
	struct weir_request *r = p->ahead, *next;
	char epoch[WEIR_EPOCH_MAX];
	uint64_t top;

	if (!r)
		return;
	weir_partition_log_position(&p->log, epoch, &top);
	p->ahead = NULL;
	for (; r; r = next) {
		struct weir_subscribe_request *sub = (struct weir_subscribe_request *)r;

		next = r->next;
		if (status) {
			redis__answer(p->engine, r, status);
		} else if (sub->top <= top || !weir_str_is(sub->since_epoch, epoch)) {
			redis__answer(p->engine, r, recover_pattern(p, sub));
		} else {
			r->next = p->ahead;
			p->ahead = r;
		}
	}
}

/* How far Redis has come: until there the tail is waited for. */
static void on_log_end(struct redis_shard *s, struct weir_request *base, const struct weir_reply *reply)
{
	struct weir_subscribe_request *r = (struct weir_subscribe_request *)base;
	struct redis_partition *p = redis__partition(s->engine, r->ns, r->channel);
	uint64_t n;

	if (!reply || reply->type != WEIR_REPLY_STRING || weir_str_u64(reply->str, &n) < 0) {
		redis__answer(s->engine, base, WEIR_EUNAVAILABLE);
		return;
	}
	if (!p->ahead)
		p->ahead_since_ms = redis__now(s->engine);
	r->top = n < r->since_offset ? 0 : r->since_offset; /* 0: nobody has come so far, the answer is known */
	base->next = p->ahead;
	p->ahead = base;
	ahead_answer(p, 0);
}

static void ask_log_end(struct redis_partition *p, struct weir_subscribe_request *r)
{
	struct weir_argv *a = &p->shard->argv;

	weir_argv_reset(a);
	weir_argv_cstr(a, "HGET");
	weir_argv_join(a, (struct weir_str[]){p->key, WEIR_STR(":m")}, 2);
	weir_argv_cstr(a, "n");
	redis__read(p->shard, on_log_end, &r->base);
}

static void pattern_recover(struct redis_partition *p, struct weir_subscribe_request *r)
{
	if (p->has_cursor && !p->warming)
		weir_partition_log_position(&p->log, r->epoch, &r->top);
	if (is_ahead(p, r))
		ask_log_end(p, r);
	else
		redis__answer(p->engine, &r->base, recover_pattern(p, r));
}

/* ------------------------------------------------------------------------------------------------------------------ */

void redis__recover(struct redis_engine *e, struct weir_subscribe_request *r)
{
	struct redis_partition *p = redis__partition(e, r->ns, r->channel);
	struct redis_copy *c;

	if (weir_channel_is_pattern(r->channel)) {
		pattern_recover(p, r);
		return;
	}
	c = redis__copy_get(e, p, r->ns, r->channel);
	if (!c) {
		redis__answer(e, &r->base, -ENOMEM);
		return;
	}
	redis__copy_touch(c);
	if (may_use_copy(c, r->ns) && !p->warming && answer_from_copy(c, r, false)) {
		redis_count(e, from_copy, 1);
		return;
	}
	if (c->waiting)
		redis_count(e, reads_merged, 1);
	waiter_add(c, &r->base);
	read_start(c);
	redis__copies_trim(e);
}

void redis__recover_again(struct redis_copy *c)
{
	if (c->valid)
		waiters_answer(c, false);
	read_start(c);
}

void redis__recover_reached(struct redis_partition *p)
{
	struct weir_list *node, *next;

	ahead_answer(p, 0);

	weir_list_foreach_safe (node, next, &p->held) {
		struct redis_copy *c = weir_list_entry(node, struct redis_copy, reading);

		if (tail_is_there(c))
			held_apply(c);
	}
}

void redis__recover_expire(struct redis_partition *p, uint64_t now_ms)
{
	struct weir_list *node, *next;

	if (p->ahead && now_ms - p->ahead_since_ms >= p->engine->o.io_timeout_ms)
		ahead_answer(p, WEIR_EUNAVAILABLE);

	weir_list_foreach_safe (node, next, &p->held) {
		struct redis_copy *c = weir_list_entry(node, struct redis_copy, reading);

		if (now_ms - c->held_since_ms < p->engine->o.io_timeout_ms)
			continue;
		weir_list_remove(&c->reading);
		c->held = false;
		weir_event_list_fini(&c->held_events);
		waiters_fail(c, WEIR_EUNAVAILABLE);
	}
}

void redis__recover_lost(struct redis_shard *s)
{
	while (!weir_list_empty(&s->reads)) {
		struct redis_copy *c = weir_list_entry(s->reads.next, struct redis_copy, reading);

		weir_list_remove(&c->reading);
		waiters_fail(c, WEIR_EUNAVAILABLE);
	}
}
