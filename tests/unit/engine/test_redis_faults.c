/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to Redis while a broker's engine works: it stops, dies, forgets, refuses, cuts connections. What was
 * acknowledged came once and in order; what was told as unavailable never comes; a loss is told.
 */
#include <signal.h>
#include <string.h>

#include "redis_recorder.h"

const char weir_test_suite[] = "engine/redis/faults";

struct faults {
	struct redis_world world;
	struct recorder at;
};

static void begin(struct faults *f)
{
	world_init(&f->world, 1, false);
	*f->world.without = (struct weir_namespace){.name = f->world.without->name,
		.history_size = 2000,
		.history_ttl_ms = 600000,
		.history_meta_ttl_ms = 6000000};
}

static void open_broker(struct faults *f)
{
	recorder_open(&f->at, &f->world);
	world_wait_ready(&f->world);
}

static void end(struct faults *f)
{
	world_fini(&f->world);
	recorder_fini(&f->at);
}

static bool is_quiet(void *ctx)
{
	return world_is_quiet(ctx);
}

/* One publish that works; its result lasts until the recorder forgets. */
static struct weir_publish_result publish(struct faults *f, const char *channel, unsigned number)
{
	recorder_publish(&f->at, channel, number);
	recorder_wait(&f->at);
	CU_ASSERT_EQUAL(f->at.answers[f->at.n_answers - 1]->status, 0);
	return *recorder_result(&f->at, f->at.n_answers - 1);
}

static bool is_reset(void *ctx)
{
	return ((const struct faults *)ctx)->at.channel_resets > 0;
}

static void restart_empty(struct faults *f)
{
	redis_server_signal(f->world.server, SIGKILL);
	CU_ASSERT_EQUAL_FATAL(redis_server_restart(f->world.server), 0);
}

static void test_stopped(void)
{
	enum { N = 300 };
	struct faults f;

	begin(&f);
	f.world.o.publish_deadline_ms = 300;
	open_broker(&f);
	redis_server_signal(f.world.server, SIGSTOP);
	for (unsigned i = 0; i < N; i++)
		recorder_publish(&f.at, "a", i);
	recorder_wait(&f.at);
	redis_server_signal(f.world.server, SIGCONT);
	world_wait(&f.world, is_quiet, &f.world);
	for (unsigned i = 0; i < N; i++) {
		const struct weir_publish_request *r = (const struct weir_publish_request *)f.at.answers[i];
		uint64_t number;

		CU_ASSERT_EQUAL_FATAL(weir_str_u64(r->event->data, &number), 0);
		CU_ASSERT(r->base.status == WEIR_EUNKNOWN || r->base.status == WEIR_EUNAVAILABLE);
		CU_ASSERT(recorder_came(&f.at, (unsigned)number) <= (r->base.status == WEIR_EUNKNOWN));
	}
	CU_ASSERT(world_metric(&f.world, 0, "redis.unknown") > 0);
	CU_ASSERT(world_metric(&f.world, 0, "redis.unavailable") > 0);
	CU_ASSERT_EQUAL(publish(&f, "a", N).offset, f.at.n_entries + (recorder_came(&f.at, N) ? 0 : 1));
	world_wait(&f.world, is_quiet, &f.world);
	CU_ASSERT_EQUAL(recorder_came(&f.at, N), 1);
	CU_ASSERT_EQUAL(f.at.resets, 0);
	end(&f);
}

static void test_restarted_empty(void)
{
	struct weir_publish_result before, after;
	struct weir_subscribe_request *r;
	struct faults f;

	begin(&f);
	open_broker(&f);
	for (unsigned i = 0; i < 5; i++)
		before = publish(&f, "a", i);
	CU_ASSERT_EQUAL(before.offset, 5);
	world_wait(&f.world, is_quiet, &f.world);
	restart_empty(&f);
	world_wait(&f.world, is_reset, &f);
	after = publish(&f, "a", 5);
	CU_ASSERT_EQUAL(after.offset, 1);
	CU_ASSERT_STRING_NOT_EQUAL(after.epoch, before.epoch);
	r = recorder_recover(&f.at, "a", before.epoch, 5);
	recorder_wait(&f.at);
	CU_ASSERT_EQUAL(r->base.status, 0);
	CU_ASSERT_FALSE(r->recovered);
	CU_ASSERT_STRING_EQUAL(r->epoch, after.epoch);
	world_wait(&f.world, is_quiet, &f.world);
	CU_ASSERT_EQUAL(f.at.n_entries, 6);
	end(&f);
}

/* What was there is forgotten: the epoch is another one, and the publish behind it is stored all the same. */
static void expect_new_epoch(const char *forget)
{
	struct weir_publish_result before, after;
	struct faults f;

	begin(&f);
	open_broker(&f);
	before = publish(&f, "a", 0);
	world_wait(&f.world, is_quiet, &f.world);
	world_redis(&f.world, "%s %s:m", forget, world_key(&f.world));
	after = publish(&f, "a", 1);
	CU_ASSERT_STRING_NOT_EQUAL(after.epoch, before.epoch);
	world_wait(&f.world, is_quiet, &f.world);
	CU_ASSERT(f.at.channel_resets > 0);
	CU_ASSERT_EQUAL(recorder_came(&f.at, 0), 1);
	CU_ASSERT_EQUAL(recorder_came(&f.at, 1), 1);
	end(&f);
}

static void test_flushed(void)
{
	expect_new_epoch("EVAL \"return redis.call('FLUSHALL')\" 1");
}

static void test_meta_deleted(void)
{
	expect_new_epoch("DEL");
}

/* All were read: nothing is lost, and the numbers go on. */
static void test_log_deleted(void)
{
	struct faults f;

	begin(&f);
	open_broker(&f);
	for (unsigned i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(publish(&f, "a", i).offset, i + 1);
		world_wait(&f.world, is_quiet, &f.world);
		if (i == 4)
			CU_ASSERT_STRING_EQUAL(world_redis(&f.world, "DEL %s:l", world_key(&f.world)), ":1\r\n");
	}
	CU_ASSERT_EQUAL_FATAL(f.at.n_entries, 10);
	for (unsigned i = 1; i < 10; i++)
		CU_ASSERT_EQUAL(f.at.entries[i]->position.n, f.at.entries[i - 1]->position.n + 1);
	CU_ASSERT_EQUAL(f.at.resets, 0);
	end(&f);
}

static void test_scripts_flushed(void)
{
	struct faults f;

	begin(&f);
	open_broker(&f);
	for (unsigned i = 0; i < 300; i++) {
		recorder_publish(&f.at, "a", i);
		if (i == 0)
			world_redis(&f.world, "SCRIPT FLUSH");
	}
	recorder_wait(&f.at);
	world_wait(&f.world, is_quiet, &f.world);
	CU_ASSERT_EQUAL_FATAL(f.at.n_entries, 300);
	for (unsigned i = 0; i < 300; i++) {
		CU_ASSERT_EQUAL(f.at.answers[i]->status, 0);
		CU_ASSERT_EQUAL(f.at.entries[i]->offset, i + 1);
		CU_ASSERT_EQUAL(recorder_came(&f.at, i), 1);
	}
	end(&f);
}

struct cuts {
	struct faults *f;
	size_t next, step;
};

/* All connections but this one are cut, once after each so many answers. */
static bool cut_and_go_on(void *ctx)
{
	struct cuts *c = ctx;

	if (c->f->at.n_answers >= c->next && c->f->at.n_answers < c->f->at.asked) {
		c->next = c->f->at.n_answers + c->step;
		world_redis(&c->f->world, "CLIENT KILL TYPE normal");
	}
	return c->f->at.n_answers == c->f->at.asked;
}

static void test_cut(void)
{
	enum { N = 1000 };
	struct faults f;
	struct cuts cuts = {&f, 1, 200};

	begin(&f);
	open_broker(&f);
	for (unsigned i = 0; i < N; i++)
		recorder_publish(&f.at, "a", i);
	world_wait(&f.world, cut_and_go_on, &cuts);
	world_wait(&f.world, is_quiet, &f.world);
	CU_ASSERT(world_metric(&f.world, 0, "redis.lost_links") > 0);
	CU_ASSERT_EQUAL_FATAL(f.at.n_entries, N);
	for (unsigned i = 0; i < N; i++) {
		const struct weir_publish_request *r = (const struct weir_publish_request *)f.at.answers[i];

		CU_ASSERT_EQUAL(r->base.status, 0);
		CU_ASSERT_EQUAL(f.at.entries[i]->offset, i + 1);
		CU_ASSERT(weir_str_eq(f.at.entries[r->result.offset - 1]->data, r->event->data));
		CU_ASSERT_EQUAL(recorder_came(&f.at, i), 1);
	}
	CU_ASSERT_EQUAL(f.at.resets, 0);
	end(&f);
}

static void test_out_of_memory(void)
{
	struct faults f;

	begin(&f);
	open_broker(&f);
	CU_ASSERT_EQUAL(publish(&f, "a", 0).offset, 1);
	world_redis(&f.world, "CONFIG SET maxmemory 1");
	recorder_publish(&f.at, "a", 1);
	recorder_wait(&f.at);
	CU_ASSERT_EQUAL(f.at.answers[1]->status, WEIR_EUNAVAILABLE);
	world_redis(&f.world, "CONFIG SET maxmemory 0");
	CU_ASSERT_EQUAL(publish(&f, "a", 2).offset, 2);
	world_wait(&f.world, is_quiet, &f.world);
	CU_ASSERT_EQUAL(recorder_came(&f.at, 1), 0);
	CU_ASSERT_EQUAL(f.at.n_entries, 2);
	CU_ASSERT_EQUAL(f.at.resets, 0);
	end(&f);
}

/* It holds back what it has to say, and has lost nothing of it when there is room again. */
static void test_no_room(void)
{
	enum { N = 200 };
	struct weir_subscribe_request *r;
	struct recorder other;
	struct faults f;

	begin(&f);
	recorder_open(&f.at, &f.world);
	recorder_open(&other, &f.world);
	world_wait_ready(&f.world);
	f.at.full = true;
	for (unsigned i = 0; i < N; i++)
		recorder_publish(&other, "a", i);
	recorder_publish(&f.at, "b", N);
	recorder_wait(&other);
	r = recorder_recover(&f.at, "a", "", 0);
	for (unsigned i = N + 1; i < N + 10; i++)
		recorder_publish(&other, "a", i);
	recorder_wait(&other);
	CU_ASSERT_EQUAL(f.at.n_entries + f.at.n_answers, 0);
	f.at.full = false;
	f.world.engines[0]->ops->resume(f.world.engines[0]);
	recorder_wait(&f.at);
	world_wait(&f.world, is_quiet, &f.world);
	CU_ASSERT_EQUAL(f.at.n_entries, N + 10);
	CU_ASSERT_EQUAL(f.at.resets, 0);
	for (size_t i = 1; i < f.at.n_entries; i++)
		CU_ASSERT_EQUAL(f.at.entries[i]->position.n, f.at.entries[i - 1]->position.n + 1);
	for (size_t i = 0; i < f.at.n_answers; i++) {
		uint64_t seen = 0;

		if (f.at.answers[i] != &r->base)
			continue;
		CU_ASSERT_EQUAL(r->base.status, 0);
		CU_ASSERT(r->recovered);
		CU_ASSERT_EQUAL(r->missed.count, r->top);
		for (size_t k = 0; k < f.at.entries_before[i]; k++)
			seen += weir_str_is(f.at.entries[k]->channel, "a");
		CU_ASSERT_EQUAL(seen, r->top); /* what it covers came before it, and the rest comes behind it */
	}
	end(&f);
	recorder_fini(&other);
}

static void test_queue_bounds(void)
{
	enum { BOUND = 100 };
	struct faults f;

	begin(&f);
	f.world.o.publish_queue_events = BOUND;
	open_broker(&f);
	for (unsigned i = 0; i < BOUND - 1; i++)
		recorder_publish(&f.at, "a", i);
	CU_ASSERT_EQUAL(f.at.no_rooms, 0);
	recorder_publish(&f.at, "a", BOUND - 1);
	CU_ASSERT_EQUAL(f.at.no_rooms, 1);
	for (unsigned i = BOUND; i < 2 * BOUND; i++)
		recorder_publish(&f.at, "a", i);
	CU_ASSERT_EQUAL(f.at.n_answers, 0);
	recorder_publish(&f.at, "a", 2 * BOUND);
	CU_ASSERT_EQUAL_FATAL(f.at.n_answers, 1); /* at once */
	CU_ASSERT_EQUAL(f.at.answers[0]->status, WEIR_EUNAVAILABLE);
	CU_ASSERT_EQUAL(f.at.rooms, 0);
	recorder_wait(&f.at);
	world_wait(&f.world, is_quiet, &f.world);
	CU_ASSERT_EQUAL(f.at.rooms, 1);
	CU_ASSERT_EQUAL(f.at.no_rooms, 1);
	CU_ASSERT_EQUAL(f.at.n_entries, 2 * BOUND);
	CU_ASSERT_EQUAL(recorder_came(&f.at, 2 * BOUND), 0);
	CU_ASSERT_EQUAL(world_metric(&f.world, 0, "redis.queued"), 0);
	end(&f);
}

static void test_recoveries_merge(void)
{
	enum { N = 1000 };
	struct faults f;
	double reads;

	begin(&f);
	open_broker(&f);
	reads = world_metric(&f.world, 0, "redis.reads");
	for (unsigned i = 0; i < N; i++)
		recorder_recover(&f.at, "a", "", 0);
	recorder_wait(&f.at);
	CU_ASSERT_EQUAL(world_metric(&f.world, 0, "redis.reads"), reads + 1);
	CU_ASSERT_EQUAL(world_metric(&f.world, 0, "redis.reads_merged"), N - 1);
	for (unsigned i = 0; i < N; i++) {
		const struct weir_subscribe_request *r = (const struct weir_subscribe_request *)f.at.answers[i];

		CU_ASSERT_EQUAL(r->base.status, 0);
		CU_ASSERT(r->recovered);
		CU_ASSERT_STRING_EQUAL(r->epoch, ((const struct weir_subscribe_request *)f.at.answers[0])->epoch);
	}
	end(&f);
}

CU_TestInfo weir_tests[] = {
	{"stopped, and on again", test_stopped},
	{"restarted empty", test_restarted_empty},
	{"flushed", test_flushed},
	{"the log is deleted", test_log_deleted},
	{"the generation is deleted", test_meta_deleted},
	{"the scripts are flushed", test_scripts_flushed},
	{"connections are cut while 1,000 publishes are under way", test_cut},
	{"out of memory", test_out_of_memory},
	{"the hub has no room", test_no_room},
	{"bounds of the queue", test_queue_bounds},
	{"1,000 recoveries are one read", test_recoveries_merge},
	CU_TEST_INFO_NULL,
};
