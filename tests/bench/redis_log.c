/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Redis engine costs Redis, and how long an event takes from one broker to another. Brokers are engines without
 * anything around them, each on a thread and loop of its own; the first one publishes. Beside the latency stands that
 * of a bare XADD and a blocked XREAD over the same server, by turns in one run.
 * --port P --pid PID (of Redis) --brokers B (2) --batch W (1: publishes under way) --events N (20000) --history H (100)
 * --payload BYTES (256) --latency 0|1: events one by one, 1 ms apart
 */
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "weir/core/timer.h"
#include "weir/engine/redis.h"

#define BROKERS_MAX 16
#define ROUNDS      5

struct broker {
	struct weir_engine *engine;
	struct weir_loop loop;
	struct weir_timer timer;
	struct weir_random random;
	struct bench *bench;
	unsigned number;
	char uid[37];
	pthread_t thread;
	atomic_ullong entries;
};

struct bench {
	struct broker brokers[BROKERS_MAX];
	unsigned n_brokers;
	char address[64], prefix[32], payload[BENCH_BUFFER];
	const char *addresses[1];
	struct weir_log log;
	struct weir_hash_key key;
	struct weir_namespace ns;
	struct weir_namespaces *namespaces;
	long port, pid, batch, payload_bytes;
	uint64_t wanted, asked, answered;
	bool latency;
	struct bench_tally tally;
	uint64_t cpu_ns;
	atomic_uint ready;
};

static void publish(struct broker *b)
{
	struct bench *x = b->bench;
	struct weir_event *e;
	char data[BENCH_BUFFER];

	snprintf(data, sizeof(data), "{\"at\":%020llu,\"x\":\"%.*s\"}", (unsigned long long)bench_now_ns(),
		(int)x->payload_bytes - 34, x->payload);
	e = weir_event_new(&(struct weir_event_spec){
		.channel = WEIR_STR("bench"), .data = weir_str(data), .time_ms = weir_wall_ms(&weir_clock_real)});
	x->asked++;
	b->engine->ops->publish(b->engine, weir_publish_request_new(&x->ns, e, WEIR_STR_NONE));
}

static void go_on(struct broker *b)
{
	struct bench *x = b->bench;

	if (x->answered == x->wanted) {
		weir_loop_stop(&b->loop);
		return;
	}
	if (x->latency || x->answered < x->asked)
		return;
	for (long i = 0; i < x->batch && x->asked < x->wanted; i++)
		publish(b);
}

static void on_entry(void *ctx, struct weir_event *e, struct weir_event *previous)
{
	struct broker *b = ctx;
	uint64_t at = strtoull(e->data.p + 6, NULL, 10);

	(void)previous;
	if (b->number == 1)
		bench_tally_add(&b->bench->tally, (bench_now_ns() - at) / 1000);
	atomic_fetch_add(&b->entries, 1);
}

static void on_control(void *ctx, struct weir_control *c)
{
	(void)ctx;
	(void)c;
}

static void on_done(void *ctx, struct weir_request *r)
{
	struct broker *b = ctx;

	if (r->status)
		bench_die("publish: %s", weir_strerror(r->status));
	weir_request_free(&r);
	b->bench->answered++;
	go_on(b);
}

static void on_reset(void *ctx, const struct weir_reset *reset)
{
	(void)ctx;
	(void)reset;
}

static bool on_room(void *ctx)
{
	(void)ctx;
	return true;
}

static void on_publish_room(void *ctx, bool room)
{
	(void)ctx;
	(void)room;
}

static void on_local(void *ctx, struct weir_request *r)
{
	(void)ctx;
	(void)r;
}

/* Starts when all brokers work; then, for latency, an event each tick. */
static void on_timer(struct weir_timer *t, uint64_t ticks)
{
	struct broker *b = WEIR_CONTAINER_OF(t, struct broker, timer);
	struct bench *x = b->bench;
	struct weir_buf why;

	(void)ticks;
	weir_buf_init(&why, 1000);
	if (!x->asked && b->engine->ops->state(b->engine, &why) == 0 && atomic_load(&x->ready) + 1 == x->n_brokers) {
		x->cpu_ns = bench_cpu_ns((int)x->pid);
		go_on(b);
	}
	weir_buf_fini(&why);
	if (x->latency && x->cpu_ns && x->asked < x->wanted)
		publish(b);
}

static void on_other_timer(struct weir_timer *t, uint64_t ticks)
{
	struct broker *b = WEIR_CONTAINER_OF(t, struct broker, timer);
	struct weir_buf why;

	(void)ticks;
	weir_buf_init(&why, 1000);
	if (b->engine->ops->state(b->engine, &why) == 0) {
		atomic_fetch_add(&b->bench->ready, 1);
		weir_timer_stop(t);
	}
	weir_buf_fini(&why);
}

static void *run(void *arg)
{
	weir_loop_run(&((struct broker *)arg)->loop);
	return NULL;
}

static void broker_open(struct bench *x, unsigned i)
{
	struct broker *b = &x->brokers[i];

	b->bench = x;
	b->number = i;
	weir_random_system(&b->random);
	weir_random_uuid(&b->random, b->uid);
	if (weir_loop_init(&b->loop, &x->log, NULL) < 0)
		bench_die("no loop");
	b->engine = weir_engine_redis_new(&(struct weir_engine_redis_options){.address = x->addresses,
		.n_addresses = 1,
		.prefix = x->prefix,
		.partitions = 1,
		.log_bytes = 64u << 20,
		.inline_max = 65536,
		.publish_deadline_ms = 5000,
		.publish_queue_events = 100000,
		.publish_queue_bytes = 256u << 20,
		.connect_timeout_ms = 1000,
		.io_timeout_ms = 4000,
		.idempotency_ttl_ms = 300000,
		.node = {.uid = weir_str(b->uid), .name = weir_str(b->uid), .version = WEIR_STR("bench")},
		.log = &x->log,
		.clock = &weir_clock_real,
		.hash_key = &x->key,
		.random = &b->random,
		.namespaces = x->namespaces});
	if (!b->engine)
		bench_die("no engine");
	b->engine->ops->set_sink(b->engine, &(struct weir_engine_sink){.entry = on_entry,
						    .control = on_control,
						    .done = on_done,
						    .reset = on_reset,
						    .room = on_room,
						    .publish_room = on_publish_room,
						    .local = on_local,
						    .ctx = b});
	if (b->engine->ops->open(b->engine, &b->loop) < 0 ||
		weir_timer_init(&b->timer, &b->loop, i ? on_other_timer : on_timer) < 0)
		bench_die("the engine does not open");
	weir_timer_every(&b->timer, 1, WEIR_TIMER_SKIP);
}

/* ---- beside it: nothing but Redis ---- */

struct bare {
	long port;
	uint64_t events;
	struct bench_tally tally;
	atomic_bool ready;
};

static redisContext *bare_connect(long port)
{
	redisContext *c = redisConnect("127.0.0.1", (int)port);

	if (!c || c->err)
		bench_die("no connection to Redis");
	return c;
}

static void *bare_read(void *arg)
{
	struct bare *b = arg;
	redisContext *c = bare_connect(b->port);
	char last[64] = "0-0";
	uint64_t got = 0;

	atomic_store(&b->ready, true);
	while (got < b->events) {
		redisReply *r = redisCommand(c, "XREAD COUNT 100 BLOCK 1000 STREAMS bench:bare %s", last);
		uint64_t now = bench_now_ns();

		if (!r)
			bench_die("XREAD");
		if (r->type == REDIS_REPLY_ARRAY) {
			redisReply *entries = r->element[0]->element[1];

			for (size_t i = 0; i < entries->elements; i++, got++) {
				redisReply *e = entries->element[i];

				snprintf(last, sizeof(last), "%s", e->element[0]->str);
				bench_tally_add(&b->tally,
					(now - strtoull(e->element[1]->element[1]->str + 6, NULL, 10)) / 1000);
			}
		}
		freeReplyObject(r);
	}
	redisFree(c);
	return NULL;
}

static void bare_run(const struct bench *x, struct bare *b)
{
	pthread_t reader;
	redisContext *c = bare_connect(x->port);

	freeReplyObject(redisCommand(c, "DEL bench:bare"));
	pthread_create(&reader, NULL, bare_read, b);
	while (!atomic_load(&b->ready))
		usleep(1000);
	for (uint64_t i = 0; i < b->events; i++) {
		char data[BENCH_BUFFER];

		snprintf(data, sizeof(data), "{\"at\":%020llu,\"x\":\"%.*s\"}", (unsigned long long)bench_now_ns(),
			(int)x->payload_bytes - 34, x->payload);
		freeReplyObject(redisCommand(c, "XADD bench:bare MAXLEN ~ 1000 * e %s", data));
		usleep(1000);
	}
	pthread_join(reader, NULL);
	redisFree(c);
}

/* ---- one round ---- */

static void round_run(struct bench *x)
{
	pthread_t first;

	x->asked = x->answered = x->cpu_ns = 0;
	atomic_store(&x->ready, 0);
	for (unsigned i = 0; i < x->n_brokers; i++)
		broker_open(x, i);
	for (unsigned i = 1; i < x->n_brokers; i++)
		pthread_create(&x->brokers[i].thread, NULL, run, &x->brokers[i]);
	pthread_create(&first, NULL, run, &x->brokers[0]);
	pthread_join(first, NULL);
	for (unsigned i = 1; i < x->n_brokers; i++)
		while (atomic_load(&x->brokers[i].entries) < x->wanted)
			usleep(100);
	x->cpu_ns = bench_cpu_ns((int)x->pid) - x->cpu_ns;
	for (unsigned i = 1; i < x->n_brokers; i++) {
		weir_loop_stop(&x->brokers[i].loop);
		pthread_join(x->brokers[i].thread, NULL);
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

int main(int argc, char **argv)
{
	struct bench *x = calloc(1, sizeof(*x));
	struct weir_namespace *without = calloc(1, sizeof(*without));
	long history = bench_option(argc, argv, "--history", 100);
	struct bare bare = {.events = 0};

	if (!x || !without)
		bench_die("no memory");
	x->port = bench_option(argc, argv, "--port", 6379);
	x->pid = bench_option(argc, argv, "--pid", 0);
	x->n_brokers = (unsigned)bench_option(argc, argv, "--brokers", 2);
	x->batch = bench_option(argc, argv, "--batch", 1);
	x->wanted = (uint64_t)bench_option(argc, argv, "--events", 20000);
	x->payload_bytes = bench_option(argc, argv, "--payload", 256);
	x->latency = bench_option(argc, argv, "--latency", 0);
	memset(x->payload, 'x', sizeof(x->payload));
	snprintf(x->address, sizeof(x->address), "redis://127.0.0.1:%ld", x->port);
	snprintf(x->prefix, sizeof(x->prefix), "bench%d", (int)getpid());
	x->addresses[0] = x->address;
	weir_log_init(&x->log, STDERR_FILENO, WEIR_LOG_ERROR, false, &weir_clock_real);
	x->ns = (struct weir_namespace){
		.name = strdup(""), .history_size = history, .history_ttl_ms = 60000, .history_meta_ttl_ms = 600000};
	*without = x->ns;
	x->namespaces = weir_namespaces_new(without, NULL, 0);
	bare.port = x->port;
	bare.events = x->wanted;
	for (int i = 0; i < (x->latency ? ROUNDS : 1); i++) { /* what is left of a round stays: the program ends soon */
		struct broker *old = x->brokers;

		memset(old, 0, sizeof(x->brokers));
		bench_tally_clear(&x->tally);
		round_run(x);
		if (!x->latency) {
			printf("redis brokers=%u batch=%ld history=%ld events=%llu cpu_us_per_event=%.2f\n",
				x->n_brokers, x->batch, history, (unsigned long long)x->wanted,
				(double)x->cpu_ns / 1000.0 / (double)x->wanted);
			break;
		}
		atomic_store(&bare.ready, false);
		bench_tally_clear(&bare.tally);
		bare_run(x, &bare);
		printf("redis latency_us brokers=%u p50=%u p99=%u bare_p50=%u bare_p99=%u\n", x->n_brokers,
			bench_tally_quantile(&x->tally, 0.5), bench_tally_quantile(&x->tally, 0.99),
			bench_tally_quantile(&bare.tally, 0.5), bench_tally_quantile(&bare.tally, 0.99));
		snprintf(x->prefix, sizeof(x->prefix), "bench%d.%d", (int)getpid(), i);
	}
	return 0;
}
