/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishes on their way: batches of records, up to REDIS_WINDOW per partition, in order. A record is numbered once it
 * is sent, for ever; a batch names the number before its first, so that Redis takes batches only in their order
 * (publish.lua). So what is lost on the way is sent again under its numbers and applied once, a batch behind one that
 * was refused is refused as well and both go back to the queue in order, and what a stopped Redis still finds in the
 * sockets of lost connections does no harm. The odd case: a new generation, after which nothing old can be applied any
 * more: what had not been goes back to the queue, but for what the own tail has seen and so had been stored.
 * Hub's thread.
 */
#include "redis_priv.h"

#include <string.h>

#define REFUSED_PAUSE_MS 200

static struct redis_batch *window_at(struct redis_partition *p, unsigned i)
{
	return &p->window[(p->window_first + i) % REDIS_WINDOW];
}

static struct redis_record *record_of(struct weir_list *node)
{
	return weir_list_entry(node, struct redis_record, link);
}

static void batch_free(struct redis_batch *b)
{
	while (!weir_list_empty(&b->records))
		redis__record_free(b->partition, record_of(b->records.next));
	b->state = REDIS_BATCH_FREE;
}

/* ---- what is said to Redis ---- */

/* Times to live are set again once per eighth of them; they are nine eighths of what was asked for. */
static bool refresh_due(struct redis_partition *p, struct redis_record *r)
{
	struct redis_copy *c = redis__copy_find(p->engine, r->event->channel);
	uint64_t now_ms = redis__now(p->engine), ttl_ms = (uint64_t)r->ns->history_ttl_ms;

	if (!c)
		return true;
	if (c->refreshed_ms && now_ms - c->refreshed_ms < ttl_ms / 8)
		return false;
	c->refreshed_ms = now_ms;
	return true;
}

static void say_event(struct redis_partition *p, struct weir_argv *a, struct redis_record *r)
{
	const struct weir_namespace *ns = r->ns;

	weir_random_letters(p->engine->o.random, r->new_epoch, sizeof(r->new_epoch));
	weir_script_event(a, &(struct weir_script_event){.channel = r->event->channel,
				     .body = r->body,
				     .history_max = r->history ? (uint64_t)ns->history_size : 0,
				     .history_ttl_ms = (uint64_t)ns->history_ttl_ms,
				     .meta_ttl_ms = (uint64_t)ns->history_meta_ttl_ms,
				     .refresh_ttl = r->history && refresh_due(p, r),
				     .new_epoch = weir_str_n(r->new_epoch, sizeof(r->new_epoch)),
				     .idempotency_key = r->idempotency_key,
				     .idempotency_ttl_ms = p->engine->o.idempotency_ttl_ms,
				     .version = r->version,
				     .version_epoch = r->version_epoch});
}

static void say(struct redis_partition *p, struct weir_argv *a, struct redis_record *r)
{
	switch (r->kind) {
	case REDIS_RECORD_EVENT:
		say_event(p, a, r);
		break;
	case REDIS_RECORD_JOIN:
	case REDIS_RECORD_LEAVE:
		weir_script_presence_event(a, r->kind == REDIS_RECORD_JOIN, r->body);
		break;
	case REDIS_RECORD_CONTROL:
		weir_script_control(a, r->body);
		break;
	case REDIS_RECORD_TICK:
		weir_script_tick(a, r->body);
		break;
	case REDIS_RECORD_BYE:
		weir_script_bye(a);
		break;
	case REDIS_RECORD_PRESENCE:
		redis__presence_say(a, r);
		break;
	}
}

/* MAXLEN of the log, from what its entries weigh. */
static uint64_t log_max(const struct redis_partition *p)
{
	double n = (double)p->engine->o.log_bytes / (p->mean_entry > 64 ? p->mean_entry : 64);

	return n < 16 ? 16 : (uint64_t)n;
}

static void on_reply(void *ctx, const struct weir_reply *reply);

static void batch_send(struct redis_batch *b)
{
	struct redis_partition *p = b->partition;
	struct weir_list *node;

	weir_argv_reset(&b->argv);
	weir_script_publish(&b->argv, &(struct weir_script_batch){.key = p->key,
					      .pid = p->engine->pid,
					      .generation = p->generation,
					      .log_max = log_max(p),
					      .prev_q = p->sent_q,
					      .first_q = b->first_q});
	weir_list_foreach (node, &b->records)
		say(p, &b->argv, record_of(node));
	b->prev_q = p->sent_q;
	b->generation = p->generation;
	b->state = REDIS_BATCH_SENT;
	p->sent_q = b->last_q;
	redis_count(p->engine, batches, 1);
	redis_count(p->engine, batch_records, b->count);
	if (redis__shard_send(p->shard, p->shard->cmd, &b->argv, on_reply, b) < 0) {
		b->state = REDIS_BATCH_REFUSED; /* it has not left */
		p->refused = true;
		p->hold_until_ms = redis__now(p->engine) + REFUSED_PAUSE_MS;
	}
}

static void batch_add(struct redis_batch *b, struct redis_record *r, size_t *bytes)
{
	weir_list_remove(&r->link);
	weir_list_append(&b->records, &r->link);
	r->q = b->partition->next_q++;
	r->tailed = false;
	b->last_q = r->q;
	b->count++;
	*bytes += r->body.n + sizeof(*r);
}

/* The next batch, from the queue first; false: nothing waits. */
static bool batch_compose(struct redis_partition *p, struct redis_batch *b)
{
	struct redis_record *r;
	size_t bytes = 0;

	b->first_q = p->next_q;
	b->count = 0;
	while (!weir_list_empty(&p->queue) && b->count < REDIS_BATCH_RECORDS && bytes < REDIS_BATCH_BYTES)
		batch_add(b, record_of(p->queue.next), &bytes);
	while (b->count < REDIS_BATCH_RECORDS && redis__presence_record(p, &r))
		batch_add(b, r, &bytes);
	return b->count > 0;
}

/* ---- what it answers ---- */

static void record_done(struct redis_partition *p, struct redis_record *r, const struct weir_record_reply *reply)
{
	struct weir_publish_result result = {.offset = reply->offset};

	memcpy(result.epoch, reply->epoch, sizeof(result.epoch));
	if (r->kind == REDIS_RECORD_PRESENCE)
		redis__presence_applied(p, r, reply->status != WEIR_RECORD_FAILED);
	if (r->kind == REDIS_RECORD_TICK && r->q > p->tick_seen_q && !p->tick_acked_ms)
		p->tick_acked_ms = redis__now(p->engine);
	redis__record_answer(p, r, reply->status == WEIR_RECORD_FAILED ? WEIR_EINVALID : 0, &result);
	if (reply->status == WEIR_RECORD_FAILED)
		weir_slog(p->engine->o.log, ENGINE, WARN, "redis refuses one record",
			WEIR_F_UINT("partition", p->index), WEIR_F_STR("why", reply->error));
	redis__record_free(p, r);
}

/* Each record's answer. False: the reply does not fit. */
static bool take_results(struct redis_batch *b, struct weir_batch_reply *reply)
{
	struct weir_list *node, *next;
	struct weir_record_reply one;

	weir_list_foreach_safe (node, next, &b->records) {
		struct redis_record *r = record_of(node);

		if (!weir_script_record_reply(reply, &one))
			return false;
		if (one.status != WEIR_RECORD_REPEATED)
			record_done(b->partition, r, &one);
	}
	return true;
}

static void batch_repeated(struct redis_batch *b, const struct weir_batch_reply *reply)
{
	redis_count(b->partition->engine, repeated, 1);
	if (weir_list_empty(&b->records)) {
		b->state = REDIS_BATCH_FREE;
		return;
	}
	b->state = REDIS_BATCH_AWAITING;
	b->await_n = reply->last_n;
	redis__batch_await(b->partition);
}

/* Surely nothing of it is stored. */
static void batch_refuse(struct redis_batch *b, struct weir_str error)
{
	struct redis_partition *p = b->partition;
	uint64_t now_ms = redis__now(p->engine);
	struct weir_list *node;

	redis_count(p->engine, refused, 1);
	redis__health_set(p->shard, REDIS_REFUSING);
	if (now_ms >= p->refusal_told_ms) {
		p->refusal_told_ms = now_ms + 10000;
		weir_slog(p->engine->o.log, ENGINE, WARN, "redis refuses to write",
			WEIR_F_UINT("shard", p->shard->index), WEIR_F_UINT("partition", p->index),
			WEIR_F_STR("why", error));
	}
	p->dirty_until_ms = now_ms + REFUSED_PAUSE_MS;
	weir_list_foreach (node, &b->records) {
		struct redis_record *r = record_of(node);

		if (r->kind == REDIS_RECORD_PRESENCE)
			redis__presence_applied(p, r, false);
		redis__record_answer(p, r, WEIR_EUNAVAILABLE, NULL);
	}
	batch_free(b);
}

static bool error_is(struct weir_str error, const char *prefix)
{
	return weir_str_starts(error, weir_str(prefix));
}

static void batch_error(struct redis_batch *b, struct weir_str error)
{
	struct redis_partition *p = b->partition;
	char why[300];

	snprintf(why, sizeof(why), "publish: %.*s", (int)(error.n > 250 ? 250 : error.n), error.p);
	b->state = REDIS_BATCH_REFUSED;
	if (error_is(error, "NOSCRIPT"))
		redis__shard_load(p->shard);
	else if (error_is(error, "READONLY") || error_is(error, "UNBLOCKED"))
		redis__shard_down(p->shard, REDIS_READONLY, why);
	else if (error_is(error, "LOADING") || error_is(error, "MASTERDOWN") || error_is(error, "NOAUTH"))
		redis__shard_down(p->shard, REDIS_UNREACHABLE, why);
	else if (redis__is_permission(error) || weir_str_contains(error, WEIR_STR("equal or smaller"))) {
		/* A right was taken away in the middle of a script, or somebody else has written to the log. */
		p->force = true;
		redis__shard_down(p->shard, REDIS_UNFIT, why);
	} else
		batch_refuse(b, error);
}

static void batch_taken(struct redis_batch *b, struct weir_batch_reply *reply)
{
	struct redis_partition *p = b->partition;

	if (b->last_q > p->applied_q)
		p->applied_q = b->last_q;
	redis__note_seen(p, (struct weir_position){b->generation, reply->last_n});
	if (!take_results(b, reply)) {
		b->state = REDIS_BATCH_LIMBO;
		redis__shard_down(p->shard, REDIS_UNREACHABLE, "publish: an answer that makes no sense");
	} else if (reply->status == WEIR_BATCH_REPEATED) {
		batch_repeated(b, reply);
	} else {
		b->state = REDIS_BATCH_FREE;
		if (atomic_load_explicit(&p->shard->reason, memory_order_relaxed) == REDIS_REFUSING)
			redis__health_set(p->shard, REDIS_OK);
	}
}

/* What was refused goes back to the queue, in order, once nothing is under way any more. */
static void window_settle(struct redis_partition *p)
{
	struct weir_list back; /* redis_record.link */

	for (unsigned i = 0; i < p->window_count; i++)
		if (p->refused &&
			(window_at(p, i)->state == REDIS_BATCH_SENT || window_at(p, i)->state == REDIS_BATCH_LIMBO))
			return;
	weir_list_init(&back);
	for (unsigned i = 0; i < p->window_count; i++) {
		struct redis_batch *b = window_at(p, i);

		if (b->state != REDIS_BATCH_REFUSED)
			continue;
		weir_list_splice(&back, &b->records);
		b->state = REDIS_BATCH_FREE;
	}
	redis__queue_return(p, &back);
	if (p->refused)
		p->sent_q = p->applied_q;
	p->refused = false;
	while (p->window_count && window_at(p, 0)->state == REDIS_BATCH_FREE) {
		p->window_first = (p->window_first + 1) % REDIS_WINDOW;
		p->window_count--;
	}
}

static void on_reply(void *ctx, const struct weir_reply *reply)
{
	struct redis_batch *b = ctx;
	struct redis_partition *p = b->partition;
	struct weir_batch_reply r;

	if (b->state != REDIS_BATCH_SENT)
		return;
	if (!reply) {
		b->state = REDIS_BATCH_LIMBO;
		return;
	}
	weir_script_batch_reply(reply, &r);
	p->refused = p->refused || (r.status != WEIR_BATCH_APPLIED && r.status != WEIR_BATCH_REPEATED);
	switch (r.status) {
	case WEIR_BATCH_APPLIED:
	case WEIR_BATCH_REPEATED:
		batch_taken(b, &r);
		break;
	case WEIR_BATCH_FENCED:
	case WEIR_BATCH_HEALING:
		b->state = REDIS_BATCH_REFUSED;
		redis__fence_again(p);
		break;
	case WEIR_BATCH_GAP:
		b->state = REDIS_BATCH_REFUSED;
		p->applied_q = r.applied_q;
		if (r.applied_q == b->prev_q)
			redis__shard_down(p->shard, REDIS_UNREACHABLE, "publish: an answer that makes no sense");
		break;
	case WEIR_BATCH_REFUSED:
		batch_error(b, r.error);
		break;
	case WEIR_BATCH_BROKEN:
		b->state = REDIS_BATCH_LIMBO;
		redis__shard_down(p->shard, REDIS_UNREACHABLE, "publish: an answer that makes no sense");
		break;
	}
	window_settle(p);
	redis__batch_flush(p);
}

/* Of a batch that Redis had applied before: the tail is where its entries are, or would be. */
static void await_end(struct redis_batch *b)
{
	struct weir_list *node;

	weir_list_foreach (node, &b->records) {
		struct redis_record *r = record_of(node);
		struct redis_copy *c;

		if (r->kind == REDIS_RECORD_PRESENCE)
			redis__presence_applied(b->partition, r, true);
		if (r->tailed || (r->kind != REDIS_RECORD_EVENT)) {
			redis__record_answer(b->partition, r, 0, &r->tail_result);
			continue;
		}
		c = r->version ? redis__copy_find(b->partition->engine, r->event->channel) : NULL;
		if (c && c->valid) { /* it was not newer than what is there */
			r->tail_result.offset = c->stream.top;
			memcpy(r->tail_result.epoch, c->stream.epoch, sizeof(r->tail_result.epoch));
		}
		redis__record_answer(b->partition, r, r->version ? 0 : WEIR_EUNKNOWN, &r->tail_result);
	}
	batch_free(b);
}

/* ---- after a lost link ---- */

/* Nobody waits for it any more: all were told that it is unknown. */
static bool batch_is_forgotten(const struct redis_batch *b)
{
	struct weir_list *node;

	weir_list_foreach (node, &b->records) {
		const struct redis_record *r = record_of(node);

		if (r->request || (r->kind != REDIS_RECORD_EVENT && r->kind != REDIS_RECORD_CONTROL))
			return false;
	}
	return true;
}

/* Not applied, and it cannot be any more: but what the own tail has seen had been stored in the life before. */
static void batch_return(struct redis_batch *b)
{
	struct weir_list *node, *next;

	weir_list_foreach_safe (node, next, &b->records) {
		struct redis_record *r = record_of(node);

		if (!r->tailed)
			continue;
		redis__record_answer(b->partition, r, 0, &r->tail_result);
		redis__record_free(b->partition, r);
	}
	b->state = REDIS_BATCH_REFUSED;
	b->partition->refused = true;
}

static void limbo_goes_on(struct redis_batch *b)
{
	struct redis_partition *p = b->partition;

	if (batch_is_forgotten(b))
		batch_free(b);
	else if (b->last_q <= p->applied_q || b->generation == p->generation)
		b->state = REDIS_BATCH_AGAIN;
	else
		batch_return(b);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void redis__batch_flush(struct redis_partition *p)
{
	if (p->shard->state != REDIS_SHARD_READY || p->refused || redis__now(p->engine) < p->hold_until_ms)
		return;
	while (p->window_count < REDIS_WINDOW && !p->refused) {
		struct redis_batch *b = window_at(p, p->window_count);

		if (!batch_compose(p, b))
			return;
		p->window_count++;
		batch_send(b);
	}
}

void redis__batch_lost(struct redis_partition *p)
{
	for (unsigned i = 0; i < p->window_count; i++)
		if (window_at(p, i)->state == REDIS_BATCH_SENT)
			window_at(p, i)->state = REDIS_BATCH_LIMBO;
}

void redis__batch_fenced(struct redis_partition *p)
{
	p->sent_q = p->applied_q;
	for (unsigned i = 0; i < p->window_count; i++)
		if (window_at(p, i)->state == REDIS_BATCH_LIMBO)
			limbo_goes_on(window_at(p, i));
	for (unsigned i = 0; i < p->window_count; i++) {
		struct redis_batch *b = window_at(p, i);
		uint64_t before = p->sent_q;

		if (b->state != REDIS_BATCH_AGAIN)
			continue;
		batch_send(b);
		if (b->last_q <= p->applied_q)
			p->sent_q = before; /* had been applied: the next one follows what Redis has */
	}
	window_settle(p);
	redis__batch_await(p);
}

void redis__batch_tailed(struct redis_partition *p, const struct weir_log_entry *entry)
{
	for (unsigned i = 0; i < p->window_count; i++) {
		struct redis_batch *b = window_at(p, i);
		struct weir_list *node;

		if (b->state == REDIS_BATCH_FREE || entry->q < b->first_q || entry->q > b->last_q)
			continue;
		for (node = b->records.next; node != &b->records && record_of(node)->q < entry->q; node = node->next)
			;
		if (node != &b->records && record_of(node)->q == entry->q) {
			struct redis_record *r = record_of(node);

			r->tailed = true;
			r->tail_result.offset = entry->offset;
			memcpy(r->tail_result.epoch, entry->epoch, sizeof(entry->epoch));
		}
		return;
	}
}

void redis__batch_await(struct redis_partition *p)
{
	for (unsigned i = 0; i < p->window_count; i++) {
		struct redis_batch *b = window_at(p, i);

		if (b->state == REDIS_BATCH_AWAITING &&
			redis__position_cmp(p->cursor, (struct weir_position){b->generation, b->await_n}) >= 0)
			await_end(b);
	}
	window_settle(p);
}

void redis__batch_expire(struct redis_partition *p, uint64_t now_ms)
{
	for (unsigned i = 0; i < p->window_count; i++) {
		struct redis_batch *b = window_at(p, i);
		struct weir_list *node;

		if (b->state == REDIS_BATCH_FREE)
			continue;
		weir_list_foreach (node, &b->records)
			if (now_ms >= record_of(node)->deadline_ms)
				redis__record_answer(p, record_of(node),
					b->state == REDIS_BATCH_REFUSED ? WEIR_EUNAVAILABLE : WEIR_EUNKNOWN, NULL);
	}
}

void redis__batch_drop_all(struct redis_partition *p)
{
	for (unsigned i = 0; i < REDIS_WINDOW; i++) {
		batch_free(&p->window[i]);
		weir_argv_fini(&p->window[i].argv);
	}
	while (!weir_list_empty(&p->queue))
		redis__record_free(p, record_of(p->queue.next));
}
