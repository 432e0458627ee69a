/* SPDX-License-Identifier: Apache-2.0 */
/* Engines on one Redis: see redis_world.h. The server is started with the first test and ended with the program. */
#include "redis_world.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "redis_priv.h"
#include "weir/base/mem.h"

#define HANG_S 60

static struct redis_server *server;

static void stop_server(void)
{
	redis_server_stop(&server);
}

static void start_server(void)
{
	if (server)
		return;
	server = redis_server_start((const char *const[]){"--enable-debug-command", "local", NULL});
	atexit(stop_server);
	if (!server)
		exit(redis_server_available("redis-server") ? 2 : REDIS_SERVER_SKIP);
}

static uint64_t mono(void *ctx)
{
	const struct redis_world *w = ctx;

	return w->passed_ms + (w->frozen ? 0 : weir_mono_ms(&weir_clock_real));
}

static int64_t wall(void *ctx)
{
	return 1700000000000 + (int64_t)mono(ctx);
}

static void on_turn(struct weir_turn_hook *hook)
{
	struct redis_world *w = WEIR_CONTAINER_OF(hook, struct redis_world, turn);

	if (w->until && w->until(w->until_ctx)) {
		w->until = NULL;
		weir_loop_stop(&w->loop);
	}
}

static void make_namespaces(struct redis_world *w)
{
	static const char *const names[WORLD_NAMESPACES] = {"m", "n", "x"};

	w->without = weir_xcalloc(1, sizeof(*w->without));
	w->named = weir_xcalloc(WORLD_NAMESPACES, sizeof(*w->named));
	w->without->name = weir_xstrdup("");
	for (unsigned i = 0; i < WORLD_NAMESPACES; i++)
		w->named[i].name = weir_xstrdup(names[i]);
	w->namespaces = weir_namespaces_new(w->without, w->named, WORLD_NAMESPACES);
}

/* ---- brokers ---- */

static bool has_settled(const struct redis_partition *p)
{
	for (unsigned i = 0; i < p->window_count; i++)
		if (p->window[(p->window_first + i) % REDIS_WINDOW].state != REDIS_BATCH_FREE)
			return false;
	return weir_list_empty(&p->queue) && weir_list_empty(&p->dirty) && weir_list_empty(&p->held) &&
	       !p->tick_queued && !p->tick_acked_ms && !p->tail_held && !p->warming;
}

static bool broker_is_quiet(const struct redis_world *w, const struct redis_engine *e)
{
	if (redis__health_state((struct weir_engine *)&e->engine, &(struct weir_buf){0}) || e->outbox ||
		redis__now(e) >= e->tick_at_ms)
		return false;
	for (unsigned i = 0; i < e->n_partitions; i++) {
		const struct redis_partition *p = &e->partitions[i];

		if (!has_settled(p))
			return false;
		for (unsigned b = 0; b < w->n_engines; b++)
			if (w->engines[b] &&
				redis__position_cmp(p->cursor, redis_of(w->engines[b])->partitions[i].seen) < 0)
				return false;
	}
	return true;
}

static bool is_quiet(void *ctx)
{
	return world_is_quiet(ctx);
}

static bool all_are_ready(void *ctx)
{
	const struct redis_world *w = ctx;
	unsigned left = 0;

	if (!world_is_quiet(w))
		return false;
	for (unsigned i = 0; i < w->n_engines; i++)
		left += w->engines[i] != NULL;
	for (unsigned i = 0; i < w->n_engines; i++)
		if (w->engines[i] && redis_of(w->engines[i])->n_nodes + 1 < left)
			return false;
	return true;
}

static void on_closed(void *ctx)
{
	*(bool *)ctx = true;
}

static bool is_set(void *ctx)
{
	return *(bool *)ctx;
}

static uint64_t real_ms(void)
{
	return weir_mono_ms(&weir_clock_real);
}

/* Everything's times to live, and the times of the brokers' ticks. */
static const char older[] =
	"local ms = tonumber(ARGV[2]) "
	"for _, k in ipairs(redis.call('KEYS', ARGV[1] .. '{*')) do "
	"local t = redis.call('PTTL', k) "
	"if t >= 0 then redis.call('PEXPIRE', k, t - ms) end "
	"if string.sub(k, -3) == '}:n' then local f = redis.call('HGETALL', k) "
	"for i = 1, #f, 2 do local at, rest = string.match(f[i + 1], '^(%d+)(.*)$') "
	"redis.call('HSET', k, f[i], string.format('%.0f', at - ms) .. rest) end end end return 'OK'";

static void make_older(struct redis_world *w, int64_t ms)
{
	CU_ASSERT_STRING_EQUAL(
		world_redis(w, "EVAL \"%s\" 0 %s %lld", older, w->prefix, (long long)ms), "$2\r\nOK\r\n");
}

/* ------------------------------------------------------------------------------------------------------------------ */

void world_init(struct redis_world *w, unsigned partitions, bool frozen)
{
	static unsigned worlds;

	start_server();
	signal(SIGPIPE, SIG_IGN); /* as the broker does */
	alarm(HANG_S);
	*w = (struct redis_world){.server = server, .frozen = frozen, .passed_ms = 100000, .key = {1, 2}};
	w->clock = (struct weir_clock){mono, wall, w};
	w->synced_ms = real_ms();
	weir_random_seeded(&w->random, weir_test_seed() + ++worlds);
	weir_log_init(&w->log, getenv("WEIR_TEST_LOG") ? 2 : -1, WEIR_LOG_DEBUG, false, &w->clock);
	make_namespaces(w);
	CU_ASSERT_EQUAL_FATAL(weir_loop_init(&w->loop, &w->log, NULL), 0);
	w->turn.fn = on_turn;
	weir_loop_add_hook(&w->loop, &w->turn);
	snprintf(w->prefix, sizeof(w->prefix), "w%u", worlds);
	snprintf(w->address, sizeof(w->address), "127.0.0.1:%u", redis_server_port(server));
	w->addresses[0] = w->address;
	w->o = (struct weir_engine_redis_options){.address = w->addresses,
		.n_addresses = 1,
		.prefix = w->prefix,
		.connect_timeout_ms = 5000,
		.io_timeout_ms = 20000,
		.partitions = partitions,
		.log_bytes = 64u << 20,
		.inline_max = 65536,
		.publish_deadline_ms = 20000,
		.publish_queue_events = 8192,
		.publish_queue_bytes = 16u << 20,
		.idempotency_ttl_ms = 300000,
		.log = &w->log,
		.clock = &w->clock,
		.hash_key = &w->key,
		.random = &w->random,
		.namespaces = w->namespaces};
}

void world_fini(struct redis_world *w)
{
	for (unsigned i = 0; i < w->n_engines; i++)
		if (w->engines[i])
			world_close(w, i);
	weir_loop_remove_hook(&w->loop, &w->turn);
	weir_loop_fini(&w->loop);
	weir_namespaces_free(&w->namespaces);
	alarm(0);
}

unsigned world_open(struct redis_world *w, const struct weir_engine_sink *sink)
{
	unsigned i = w->n_engines++;

	weir_assert(i < WORLD_BROKERS_MAX);
	weir_random_uuid(&w->random, w->uids[i]);
	w->o.node = (struct weir_node){.uid = weir_str(w->uids[i]), .name = WEIR_STR("node"), .version = WEIR_STR("0")};
	w->engines[i] = weir_engine_redis_new(&w->o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->engines[i]);
	w->engines[i]->ops->set_sink(w->engines[i], sink);
	CU_ASSERT_EQUAL_FATAL(w->engines[i]->ops->open(w->engines[i], &w->loop), 0);
	return i;
}

void world_close(struct redis_world *w, unsigned broker)
{
	struct weir_engine *e = w->engines[broker];
	bool closed = false;

	w->engines[broker] = NULL;
	e->ops->close(e, on_closed, &closed);
	world_wait(w, is_set, &closed);
	e->ops->free(e);
}

void world_kill(struct redis_world *w, unsigned broker)
{
	struct redis_engine *e = redis_of(w->engines[broker]);

	for (unsigned i = 0; i < e->n_shards; i++)
		redis__shard_down(&e->shards[i], REDIS_UNREACHABLE, "killed by the test");
	world_close(w, broker);
}

void world_wait(struct redis_world *w, bool (*until)(void *ctx), void *ctx)
{
	w->until = until;
	w->until_ctx = ctx;
	weir_loop_run(&w->loop);
}

void world_wait_ready(struct redis_world *w)
{
	world_wait(w, is_quiet, w);
	world_skip(w, REDIS_TICK_MS); /* who came first has not been heard of by who came later */
	world_wait(w, all_are_ready, w);
}

bool world_is_quiet(const struct redis_world *w)
{
	for (unsigned i = 0; i < w->n_engines; i++)
		if (w->engines[i] && !broker_is_quiet(w, redis_of(w->engines[i])))
			return false;
	return true;
}

void world_skip(struct redis_world *w, uint64_t ms)
{
	w->passed_ms += ms;
}

void world_advance(struct redis_world *w, uint64_t ms)
{
	uint64_t now_ms = real_ms();
	int64_t passed = w->frozen ? (int64_t)(now_ms - w->synced_ms) : 0;

	make_older(w, (int64_t)ms - passed);
	w->synced_ms = now_ms;
	world_skip(w, ms);
}

const struct weir_namespace *world_namespace(const struct redis_world *w, const char *channel)
{
	return weir_namespaces_resolve(w->namespaces, weir_str(channel));
}

const char *world_key(const struct redis_world *w)
{
	return redis_of(w->engines[0])->partitions[0].key_text;
}

struct metric {
	const char *name;
	double value;
};

static void on_metric(void *ctx, const char *name, double value)
{
	struct metric *m = ctx;

	if (!strcmp(name, m->name))
		m->value = value;
}

double world_metric(const struct redis_world *w, unsigned broker, const char *name)
{
	struct metric m = {name, -1};

	w->engines[broker]->ops->metrics(w->engines[broker], on_metric, &m);
	CU_ASSERT(m.value >= 0);
	return m.value;
}

const char *world_redis(struct redis_world *w, const char *format, ...)
{
	static char line[4096], answer[65536];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	CU_ASSERT_EQUAL(redis_server_ask(w->server, line, answer, sizeof(answer)), 0);
	return answer;
}
