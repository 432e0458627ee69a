/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One Redis: its master is found, connected to, checked, fenced, and watched once a second. Whatever goes wrong with
 * any of its connections ends all of them, and it begins again: at once, then with growing pauses. The odd case: what
 * was on its way then may or may not have been carried out; the owners of those commands hear NULL and know what to do.
 * Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INFO_MS      1000
#define LOG_AGAIN_MS 30000
#define STEADY_MS    5000 /* longer than a silent tail takes to be found out */

/*
 * ---- the log: an outage is told when it begins, each of its reasons once, and when it is over ----
 *
 * What works for a moment and then fails again is one outage: many attempts are neither to fill the log nor to come
 * without a pause.
 */

/* What an operator can do; it is tried again in any case. The other reasons say so themselves. */
static const char *advice(enum redis_reason reason)
{
	switch (reason) {
	case REDIS_NO_MASTER:
		return "see that the sentinels run, know this master and agree on it";
	case REDIS_UNREACHABLE:
		return "see that Redis runs there and answers";
	case REDIS_READONLY:
	case REDIS_STALE:
		return "nothing, if a failover is under way; else set engine.redis.address to the master";
	case REDIS_REFUSING:
		return "give Redis what it lacks: memory, disk, or replicas";
	default:
		return "see why";
	}
}

static void log_down(struct redis_shard *s, enum redis_reason reason, const char *why)
{
	uint64_t now_ms = redis__now(s->engine);
	struct weir_buf address;

	if (s->told_ms[reason] && now_ms - s->told_ms[reason] < LOG_AGAIN_MS)
		return;
	weir_buf_init(&address, 4096);
	weir_redis_address_show(&s->address, &address);
	weir_slog(s->engine->o.log, ENGINE, WARN, "redis does not work", WEIR_F_UINT("shard", s->index),
		WEIR_F_STR("address", weir_buf_view(&address)), WEIR_F_CSTR("reason", redis__health_text(reason)),
		WEIR_F_CSTR("why", why), WEIR_F_CSTR("do", advice(reason)),
		WEIR_F_UINT("down_ms", s->down_since_ms ? now_ms - s->down_since_ms : 0));
	weir_buf_fini(&address);
	s->told_ms[reason] = now_ms ? now_ms : 1;
	s->told_up = false;
}

static void log_up(struct redis_shard *s)
{
	uint64_t now_ms = redis__now(s->engine);

	if (s->told_up)
		return;
	s->told_up = true;
	weir_slog(s->engine->o.log, ENGINE, INFO, "redis works", WEIR_F_UINT("shard", s->index),
		WEIR_F_CSTR("master", weir_redis_link_peer(s->cmd)),
		WEIR_F_UINT("down_ms", s->down_since_ms ? now_ms - s->down_since_ms : 0));
}

static void outage_over(struct redis_shard *s)
{
	s->steady_at_ms = 0;
	memset(s->told_ms, 0, sizeof(s->told_ms));
	weir_backoff_reset(&s->backoff);
}

/* ---- down ---- */

static struct redis_partition *shard_partition(struct redis_shard *s, unsigned i)
{
	struct redis_partition *p = &s->engine->partitions[i];

	return p->shard == s ? p : NULL;
}

static void close_links(struct redis_shard *s)
{
	for (unsigned i = 0; i < s->engine->n_partitions; i++)
		if (shard_partition(s, i))
			redis__tail_close(shard_partition(s, i));
	weir_redis_link_close(&s->cmd);
	weir_redis_link_close(&s->slow);
	s->slow_ready = false;
	for (unsigned i = 0; i < s->engine->n_partitions; i++)
		if (shard_partition(s, i))
			redis__batch_lost(shard_partition(s, i));
	redis__recover_lost(s);
}

void redis__shard_down(struct redis_shard *s, enum redis_reason reason, const char *why)
{
	uint64_t now_ms = redis__now(s->engine);

	if (s->state == REDIS_SHARD_CLOSED || s->state == REDIS_SHARD_WAITING)
		return;
	if (s->state == REDIS_SHARD_READY) {
		s->down_since_ms = now_ms;
		redis_count(s->engine, lost_links, 1);
	}
	s->state = REDIS_SHARD_WAITING;
	redis__health_set(s, reason);
	log_down(s, reason, why);
	weir_redis_discovery_watch(s->discovery, false);
	close_links(s);
	for (unsigned i = 0; i < s->engine->n_partitions; i++)
		if (shard_partition(s, i))
			shard_partition(s, i)->fence = REDIS_FENCE_NONE;
	s->retry_at_ms = now_ms + weir_backoff_next(&s->backoff, s->engine->o.random);
}

/* ---- up ---- */

/* A unix socket may be refused as well as a password. */
static enum redis_reason reason_of(int err, const char *why)
{
	return err == -EACCES && strncmp(why, "connect", 7) != 0 ? REDIS_LOGIN : REDIS_UNREACHABLE;
}

static void on_lost(void *ctx, int err, const char *why)
{
	redis__shard_down(ctx, reason_of(err, why), why);
}

static void on_cmd_ready(void *ctx)
{
	struct redis_shard *s = ctx;

	s->state = REDIS_SHARD_CHECKING;
	if (redis__check_start(s) < 0)
		redis__shard_down(s, REDIS_UNREACHABLE, "no memory");
}

static void on_slow_ready(void *ctx)
{
	struct redis_shard *s = ctx;

	s->slow_ready = true;
}

static struct weir_redis_link *link_open(struct redis_shard *s, void (*ready)(void *ctx))
{
	const struct weir_engine_redis_options *o = &s->engine->o;

	return weir_redis_link_open(&(struct weir_redis_link_options){.loop = s->engine->loop,
		.endpoint = &s->endpoint,
		.credentials = s->credentials,
		.connect_timeout_ms = o->connect_timeout_ms,
		.io_timeout_ms = o->io_timeout_ms,
		.reply_max_bytes = REDIS_REPLY_MAX,
		.ready = ready,
		.lost = on_lost,
		.ctx = s});
}

static void shard_open_links(struct redis_shard *s)
{
	s->state = REDIS_SHARD_CONNECTING;
	redis_count(s->engine, connects, 1);
	s->cmd = link_open(s, on_cmd_ready);
	if (!s->cmd)
		redis__shard_down(s, REDIS_UNREACHABLE, "no memory");
}

static void on_found(void *ctx, int err, const struct weir_redis_endpoint *master, const char *why)
{
	struct redis_shard *s = ctx;

	if (s->state != REDIS_SHARD_RESOLVING)
		return;
	if (!err) {
		weir_redis_endpoint_fini(&s->endpoint);
		err = weir_redis_endpoint_copy(&s->endpoint, master);
		why = "no memory";
	}
	if (err)
		redis__shard_down(s, REDIS_NO_MASTER, why);
	else
		shard_open_links(s);
}

static void on_moved(void *ctx, const struct weir_redis_endpoint *master)
{
	struct redis_shard *s = ctx;

	if (s->state >= REDIS_SHARD_CONNECTING && !weir_redis_endpoint_eq(master, &s->endpoint))
		redis__shard_down(s, REDIS_STALE, "the sentinels name another master");
}

static void shard_attempt(struct redis_shard *s)
{
	s->state = REDIS_SHARD_RESOLVING;
	weir_redis_discovery_ask(s->discovery);
}

void redis__check_done(struct redis_shard *s, enum redis_reason reason, const char *why)
{
	if (reason) {
		redis__shard_down(s, reason, why);
		return;
	}
	s->state = REDIS_SHARD_FENCING;
	s->slow = link_open(s, on_slow_ready);
	if (!s->slow) {
		redis__shard_down(s, REDIS_UNREACHABLE, "no memory");
		return;
	}
	for (unsigned i = 0; i < s->engine->n_partitions && s->state == REDIS_SHARD_FENCING; i++)
		if (shard_partition(s, i) && redis__fence_start(shard_partition(s, i)) < 0)
			redis__shard_down(s, REDIS_UNREACHABLE, "no memory");
}

void redis__shard_fenced(struct redis_shard *s)
{
	for (unsigned i = 0; i < s->engine->n_partitions; i++)
		if (shard_partition(s, i) && shard_partition(s, i)->fence != REDIS_FENCE_DONE)
			return;
	s->state = REDIS_SHARD_READY;
	s->info_at_ms = redis__now(s->engine) + INFO_MS;
	s->steady_at_ms = redis__now(s->engine) + STEADY_MS;
	redis__health_set(s, REDIS_OK);
	log_up(s);
	weir_redis_discovery_watch(s->discovery, true);
	for (unsigned i = 0; i < s->engine->n_partitions; i++) {
		struct redis_partition *p = shard_partition(s, i);

		if (p) {
			p->tick_acked_ms = 0;
			redis__nodes_lease(p);
			redis__batch_flush(p);
		}
	}
}

int redis__shard_send(
	struct redis_shard *s, struct weir_redis_link *l, struct weir_argv *a, weir_redis_reply_fn fn, void *ctx)
{
	redis_count(s->engine, commands, 1);
	return weir_redis_link_send(l, a, s->engine->o.io_timeout_ms, fn, ctx);
}

void redis__shard_load(struct redis_shard *s)
{
	for (unsigned i = 0; i < WEIR_SCRIPTS && s->cmd; i++) {
		weir_argv_reset(&s->argv);
		weir_argv_cstr(&s->argv, "SCRIPT");
		weir_argv_cstr(&s->argv, "LOAD");
		weir_argv_str(&s->argv, weir_script_text((enum weir_script)i));
		if (redis__shard_send(s, s->cmd, &s->argv, NULL, NULL) < 0)
			redis__shard_down(s, REDIS_UNREACHABLE, "more commands wait than may");
	}
}

struct redis_read {
	struct redis_shard *shard;
	struct weir_request *request;
	redis_read_fn fn;
};

static void on_read(void *ctx, const struct weir_reply *reply)
{
	struct redis_read read = *(struct redis_read *)ctx;

	free(ctx);
	read.fn(read.shard, read.request, reply);
}

void redis__read(struct redis_shard *s, redis_read_fn fn, struct weir_request *r)
{
	struct redis_read *read = malloc(sizeof(*read));

	if (read)
		*read = (struct redis_read){s, r, fn};
	if (read && redis__shard_takes_reads(s) && redis__shard_send(s, s->slow, &s->argv, on_read, read) == 0)
		return;
	free(read);
	fn(s, r, NULL);
}

bool redis__shard_takes_reads(const struct redis_shard *s)
{
	return s->slow_ready && s->state >= REDIS_SHARD_FENCING && s->state != REDIS_SHARD_CLOSED;
}

void redis__shard_housekeeping(struct redis_shard *s, uint64_t now_ms)
{
	if (s->state == REDIS_SHARD_WAITING && now_ms >= s->retry_at_ms)
		shard_attempt(s);
	if (s->state == REDIS_SHARD_READY && s->steady_at_ms && now_ms >= s->steady_at_ms)
		outage_over(s);
	if (s->state == REDIS_SHARD_READY && now_ms >= s->info_at_ms) {
		s->info_at_ms = now_ms + INFO_MS;
		redis__check_life(s);
	}
}

int redis__shard_open(struct redis_shard *s)
{
	s->discovery = weir_redis_discovery_new(&(struct weir_redis_discovery_options){.loop = s->engine->loop,
		.address = &s->address,
		.timeout_ms = s->engine->o.connect_timeout_ms,
		.found = on_found,
		.moved = on_moved,
		.ctx = s});
	if (!s->discovery)
		return -ENOMEM;
	redis__health_set(s, REDIS_CONNECTING);
	s->down_since_ms = redis__now(s->engine);
	shard_attempt(s);
	return 0;
}

void redis__shard_close(struct redis_shard *s)
{
	s->state = REDIS_SHARD_CLOSED;
	weir_redis_discovery_close(&s->discovery);
	close_links(s);
}
