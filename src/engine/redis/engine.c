/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Redis engine behind the engine interface: made from options, opened on the hub's loop, taken down. Publishes of a
 * loop's turn leave at its end, in batches. The odd case: an answer for which the hub has no room waits in the outbox;
 * while anything waits there, no entry is taken from any log, so that all stays in order. Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/bus/partition.h"
#include "weir/event/channel.h"
#include "weir/event/envelope.h"

#define LOG_COPY_ENTRIES 16384
#define LOG_COPY_BYTES   (16u << 20)
#define LEAVE_MS         500
#define RETRY_MAX_MS     500

static const struct weir_engine_ops redis_ops;

/* ---- answers ---- */

uint64_t redis__now(const struct redis_engine *e)
{
	return weir_mono_ms(e->o.clock);
}

int redis__position_cmp(struct weir_position a, struct weir_position b)
{
	if (a.generation != b.generation)
		return a.generation < b.generation ? -1 : 1;
	return a.n < b.n ? -1 : a.n > b.n;
}

void redis__note_seen(struct redis_partition *p, struct weir_position at)
{
	if (!at.n || redis__position_cmp(at, p->seen) <= 0)
		return; /* a fence tells nothing of what was before it */
	if (at.generation > p->seen.generation)
		p->seen_old = p->seen;
	p->seen = at;
}

struct redis_partition *redis__partition(
	struct redis_engine *e, const struct weir_namespace *ns, struct weir_str channel)
{
	return &e->partitions[weir_partition_of(weir_partition_key(ns, channel), e->n_partitions)];
}

bool redis__room(struct redis_engine *e)
{
	return !e->outbox && e->sink.room(e->sink.ctx);
}

void redis__answer(struct redis_engine *e, struct weir_request *r, int status)
{
	r->status = status;
	if (e->closing) {
		weir_request_free(&r);
		return;
	}
	if (redis__room(e)) {
		e->sink.done(e->sink.ctx, r);
		return;
	}
	r->next = NULL;
	*e->outbox_tail = r;
	e->outbox_tail = &r->next;
}

static void redis_resume(struct weir_engine *engine)
{
	struct redis_engine *e = redis_of(engine);

	while (e->outbox && e->sink.room(e->sink.ctx)) {
		struct weir_request *r = e->outbox;

		e->outbox = r->next;
		if (!e->outbox)
			e->outbox_tail = &e->outbox;
		r->next = NULL;
		e->sink.done(e->sink.ctx, r);
	}
	for (unsigned i = 0; i < e->n_partitions; i++)
		redis__tail_resume(&e->partitions[i]);
}

/* ---- requests ---- */

static void redis_publish(struct weir_engine *engine, struct weir_publish_request *r)
{
	struct redis_engine *e = redis_of(engine);
	int err = redis__record_event(redis__partition(e, r->ns, r->event->channel), r);

	redis_count(e, publishes, 1);
	if (err == WEIR_EUNAVAILABLE)
		redis_count(e, unavailable, 1);
	if (err)
		redis__answer(e, &r->base, err);
}

static void redis_recover(struct weir_engine *engine, struct weir_subscribe_request *r)
{
	redis__recover(redis_of(engine), r);
}

static void redis_history(struct weir_engine *engine, struct weir_history_request *r)
{
	redis__history(redis_of(engine), r);
}

static void redis_presence(struct weir_engine *engine, struct weir_presence_request *r)
{
	redis__presence(redis_of(engine), r);
}

static int redis_presence_add(struct weir_engine *engine, struct weir_str channel, const struct weir_client_info *info)
{
	return redis__presence_add(redis_of(engine), channel, info);
}

static void redis_presence_remove(struct weir_engine *engine, struct weir_str channel, struct weir_str client)
{
	redis__presence_remove(redis_of(engine), channel, client);
}

void redis__append(struct redis_engine *e, struct weir_event *entry)
{
	struct redis_partition *p =
		redis__partition(e, weir_namespaces_resolve(e->o.namespaces, entry->channel), entry->channel);
	struct redis_record *r = NULL;

	weir_buf_reset(&e->scratch);
	weir_envelope_encode(&e->scratch, entry);
	if (!e->scratch.failed)
		r = redis__record_with_body(p, entry->type == WEIR_EVENT_JOIN ? REDIS_RECORD_JOIN : REDIS_RECORD_LEAVE,
			weir_buf_view(&e->scratch));
	if (r && redis__queue_push(p, r))
		return;
	redis_count(e, dropped_presence_events, 1);
	if (r) {
		r->bytes = 0;
		redis__record_free(p, r);
	}
}

static void redis_append(struct weir_engine *engine, struct weir_event *entry)
{
	redis__append(redis_of(engine), entry);
}

static void redis_control(struct weir_engine *engine, struct weir_control_request *r)
{
	redis__control(redis_of(engine), r);
}

static void redis_survey(struct weir_engine *engine, struct weir_request *r)
{
	redis__survey(redis_of(engine), r);
}

static uint64_t redis_next_deadline(struct weir_engine *engine)
{
	(void)engine;
	return UINT64_MAX; /* it has timers of its own */
}

static void redis_tick(struct weir_engine *engine, uint64_t now_ms)
{
	(void)engine;
	(void)now_ms;
}

static void redis_set_sink(struct weir_engine *engine, const struct weir_engine_sink *sink)
{
	redis_of(engine)->sink = *sink;
}

/* ---- the loop ---- */

static void on_turn(struct weir_turn_hook *hook)
{
	struct redis_engine *e = WEIR_CONTAINER_OF(hook, struct redis_engine, turn);

	for (unsigned i = 0; i < e->n_partitions; i++) {
		struct redis_partition *p = &e->partitions[i];

		if (!weir_list_empty(&p->queue) || !weir_list_empty(&p->dirty))
			redis__batch_flush(p);
	}
}

static bool has_left(const struct redis_engine *e)
{
	for (unsigned i = 0; i < e->n_partitions; i++)
		if (e->partitions[i].shard->state == REDIS_SHARD_READY &&
			(e->partitions[i].window_count || !weir_list_empty(&e->partitions[i].queue)))
			return false;
	return true;
}

static void leave_end(struct redis_engine *e);

static void on_housekeeping(struct weir_timer *t, uint64_t ticks)
{
	struct redis_engine *e = WEIR_CONTAINER_OF(t, struct redis_engine, housekeeping);
	uint64_t now_ms = redis__now(e);

	(void)ticks;
	if (e->closing && (has_left(e) || now_ms >= e->leave_until_ms)) {
		leave_end(e);
		return;
	}
	for (unsigned i = 0; i < e->n_shards; i++)
		redis__shard_housekeeping(&e->shards[i], now_ms);
	for (unsigned i = 0; i < e->n_partitions; i++) {
		struct redis_partition *p = &e->partitions[i];

		redis__fence_housekeeping(p, now_ms);
		redis__queue_expire(p, now_ms);
		redis__batch_expire(p, now_ms);
		redis__recover_expire(p, now_ms);
		redis__tail_housekeeping(p, now_ms);
	}
	if (e->closing)
		return;
	redis__nodes_housekeeping(e, now_ms);
	redis__presence_housekeeping(e, now_ms);
	redis_gauge(e, queued, e->queued);
	redis_gauge(e, queued_bytes, e->queued_bytes);
	redis_gauge(e, copies, e->copies.count);
	redis_gauge(e, copies_bytes, e->copies_bytes);
}

static int redis_open(struct weir_engine *engine, struct weir_loop *loop)
{
	struct redis_engine *e = redis_of(engine);
	int err;

	e->loop = loop;
	err = weir_timer_init(&e->housekeeping, loop, on_housekeeping);
	for (unsigned i = 0; i < e->n_partitions && !err; i++)
		err = redis__tail_init(&e->partitions[i]);
	if (err)
		return err;
	e->opened = true;
	weir_timer_every(&e->housekeeping, REDIS_HOUSEKEEPING_MS, WEIR_TIMER_SKIP);
	e->turn.fn = on_turn;
	weir_loop_add_hook(loop, &e->turn);
	for (unsigned i = 0; i < e->n_shards && !err; i++)
		err = redis__shard_open(&e->shards[i]);
	return err;
}

/* ---- the end ---- */

static void closed_one(struct redis_engine *e)
{
	if (--e->open_handles == 0)
		e->closed(e->closed_ctx);
}

static void on_housekeeping_closed(struct weir_timer *t)
{
	closed_one(WEIR_CONTAINER_OF(t, struct redis_engine, housekeeping));
}

static void on_tail_timer_closed(struct weir_timer *t)
{
	closed_one(WEIR_CONTAINER_OF(t, struct redis_partition, tail_timer)->engine);
}

static void leave_end(struct redis_engine *e)
{
	weir_loop_remove_hook(e->loop, &e->turn);
	for (unsigned i = 0; i < e->n_shards; i++)
		redis__shard_close(&e->shards[i]);
	e->open_handles = 1 + e->n_partitions;
	weir_timer_close(&e->housekeeping, on_housekeeping_closed);
	for (unsigned i = 0; i < e->n_partitions; i++)
		weir_timer_close(&e->partitions[i].tail_timer, on_tail_timer_closed);
}

/* Others need not wait for this broker's lease to end. */
static void redis_close(struct weir_engine *engine, void (*closed)(void *ctx), void *ctx)
{
	struct redis_engine *e = redis_of(engine);

	e->closing = true;
	e->closed = closed;
	e->closed_ctx = ctx;
	e->leave_until_ms = redis__now(e) + LEAVE_MS;
	for (unsigned i = 0; i < e->n_partitions; i++) {
		struct redis_partition *p = &e->partitions[i];
		struct redis_record *bye;

		redis__tail_close(p);
		if (p->shard->state != REDIS_SHARD_READY)
			continue;
		redis__nodes_bye(p);
		bye = redis__record_new(p, REDIS_RECORD_BYE, 0);
		if (bye)
			redis__queue_push(p, bye);
	}
}

static void partition_fini(struct redis_partition *p)
{
	while (p->ahead) {
		struct weir_request *r = p->ahead;

		p->ahead = r->next;
		weir_request_free(&r);
	}
	redis__batch_drop_all(p);
	weir_argv_fini(&p->tail_argv);
	weir_partition_log_fini(&p->log);
}

static void shard_fini(struct redis_shard *s)
{
	weir_argv_fini(&s->argv);
	weir_redis_endpoint_fini(&s->endpoint);
	weir_redis_address_fini(&s->address);
}

static void redis_free(struct weir_engine *engine)
{
	struct redis_engine *e = redis_of(engine);

	e->closing = true;
	while (e->outbox) {
		struct weir_request *r = e->outbox;

		e->outbox = r->next;
		weir_request_free(&r);
	}
	redis__copies_fini(e);
	for (unsigned i = 0; i < e->n_partitions; i++)
		partition_fini(&e->partitions[i]);
	redis__presence_fini(e);
	redis__nodes_fini(e);
	for (unsigned i = 0; i < e->n_shards; i++)
		shard_fini(&e->shards[i]);
	weir_buf_fini(&e->scratch);
	free(e->partitions);
	free(e->shards);
	free(e);
}

static const struct weir_engine_ops redis_ops = {
	.name = "redis",
	.set_sink = redis_set_sink,
	.open = redis_open,
	.close = redis_close,
	.resume = redis_resume,
	.publish = redis_publish,
	.recover = redis_recover,
	.history = redis_history,
	.presence = redis_presence,
	.presence_add = redis_presence_add,
	.presence_remove = redis_presence_remove,
	.append = redis_append,
	.control = redis_control,
	.survey = redis_survey,
	.state = redis__health_state,
	.metrics = redis__health_metrics,
	.next_deadline = redis_next_deadline,
	.tick = redis_tick,
	.free = redis_free,
};

/* ---- building ---- */

static void complain(const struct weir_engine_redis_options *o, const char *option, struct weir_str why)
{
	weir_slog(o->log, ENGINE, ERROR, "the engine's options cannot be used", WEIR_F_CSTR("option", option),
		WEIR_F_STR("why", why));
}

/* Sentinels given apart from the address: as if they were in it. */
static int add_sentinels(struct redis_shard *s, struct weir_buf *why)
{
	const struct weir_engine_redis_options *o = &s->engine->o;
	struct weir_redis_address *a = &s->address;

	weir_buf_lit(why, "expected host:port");
	for (size_t i = 0; i < o->n_sentinel_addresses; i++) {
		struct weir_redis_address one;
		int err = weir_redis_address_parse(weir_str(o->sentinel_address[i]), &one, why);

		if (err)
			return err;
		if (a->n_sentinels == WEIR_REDIS_SENTINELS_MAX) {
			weir_redis_address_fini(&one);
			return WEIR_ELIMIT;
		}
		err = weir_redis_endpoint_copy(&a->sentinels[a->n_sentinels++], &one.endpoint);
		weir_redis_address_fini(&one);
		if (err)
			return err;
	}
	return 0;
}

static const char *first_of(const char *a, const char *b)
{
	return a && *a ? a : b;
}

static void replace(char **at, const char *s)
{
	if (!s || !*s)
		return;
	free(*at);
	*at = weir_xstrdup(s);
}

static int shard_init(struct redis_engine *e, unsigned index)
{
	const struct weir_engine_redis_options *o = &e->o;
	struct redis_shard *s = &e->shards[index];
	struct weir_buf why;
	int err;

	s->engine = e;
	s->index = index;
	weir_list_init(&s->reads);
	weir_argv_init(&s->argv);
	/* All brokers have to be at a new master before its healing is over. */
	weir_backoff_init(&s->backoff, WEIR_BACKOFF_BASE_MS, RETRY_MAX_MS);
	weir_buf_init(&why, 4096);
	err = weir_redis_address_parse(weir_str(o->address[index]), &s->address, &why);
	if (err) {
		complain(o, "engine.redis.address", weir_buf_view(&why));
	} else if (o->n_sentinel_addresses) {
		weir_buf_reset(&why);
		replace(&s->address.master_name, o->sentinel_master_name);
		replace(&s->address.sentinel_user, o->sentinel_user);
		replace(&s->address.sentinel_password, o->sentinel_password);
		err = add_sentinels(s, &why);
		if (err)
			complain(o, "engine.redis.sentinel_address", weir_buf_view(&why));
	}
	weir_buf_fini(&why);
	s->credentials = (struct weir_redis_credentials){.user = first_of(s->address.user, o->user),
		.password = first_of(s->address.password, o->password),
		.db = s->address.db ? s->address.db : o->db,
		.client_name = first_of(o->client_name, "weir")};
	return err;
}

static int partition_init(struct redis_engine *e, unsigned index)
{
	struct redis_partition *p = &e->partitions[index];

	p->engine = e;
	p->index = index;
	p->shard = &e->shards[weir_jump_hash(index, e->n_shards)];
	snprintf(p->key_text, sizeof(p->key_text), "%.150s{%u}", e->o.prefix, redis__hashtag(index, e->n_partitions));
	p->key = weir_str(p->key_text);
	weir_list_init(&p->queue);
	weir_list_init(&p->dirty);
	weir_list_init(&p->held);
	p->next_q = 1;
	for (unsigned i = 0; i < REDIS_WINDOW; i++) {
		p->window[i].partition = p;
		weir_list_init(&p->window[i].records);
		weir_argv_init(&p->window[i].argv);
	}
	return weir_partition_log_init(&p->log, 0, LOG_COPY_ENTRIES, LOG_COPY_BYTES);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_engine *weir_engine_redis_new(const struct weir_engine_redis_options *o)
{
	struct redis_engine *e = weir_xcalloc(1, sizeof(*e));
	int err = 0;

	weir_assert(o->n_addresses > 0 && o->partitions > 0);
	e->engine.ops = &redis_ops;
	e->o = *o;
	e->pid = o->node.uid;
	e->n_shards = (unsigned)o->n_addresses;
	e->n_partitions = o->partitions < e->n_shards ? e->n_shards : o->partitions;
	e->shards = weir_xcalloc(e->n_shards, sizeof(*e->shards));
	e->partitions = weir_xcalloc(e->n_partitions, sizeof(*e->partitions));
	e->outbox_tail = &e->outbox;
	e->publish_room = true;
	weir_map_init(&e->copies);
	weir_list_init(&e->lru);
	weir_map_init(&e->own);
	redis__nodes_init(e);
	weir_buf_init(&e->scratch, SIZE_MAX);
	for (unsigned i = 0; i < e->n_partitions; i++)
		err = partition_init(e, i) < 0 ? -ENOMEM : err;
	for (unsigned i = 0; i < e->n_shards; i++) {
		int failed = shard_init(e, i);

		err = failed ? failed : err;
	}
	if (!err)
		return &e->engine;
	redis_free(&e->engine);
	return NULL;
}
