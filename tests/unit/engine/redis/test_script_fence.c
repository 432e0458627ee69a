/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fence.lua and prove.lua on a real Redis. Losses of a failover are made by setting K:m and K:l back; ticks are written
 * into K:n with the age a case needs.
 */
#include <inttypes.h>
#include <stdio.h>

#include "redis_server.h"
#include "script_fixture.h"

static void publish(struct script_fixture *f, uint64_t first_q, unsigned n)
{
	struct weir_script_event e = script_event("c", "body");

	for (unsigned i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(script_send_event(f, "A", first_q + i, &e), WEIR_BATCH_APPLIED);
}

static void tick(struct script_fixture *f, const char *pid, uint64_t age_ms)
{
	script_cmd(f, "HSET w{1}:n %s %" PRIu64 "|node", pid, script_now_ms(f) - age_ms);
}

/* What a replica that lacks the last entries has: the log and its number end earlier. */
static void lose(struct script_fixture *f, uint64_t g, uint64_t n, unsigned entries)
{
	script_cmd(f, "HSET w{1}:m n %" PRIu64, n - entries);
	for (unsigned i = 0; i < entries; i++)
		script_cmd(f, "XDEL w{1}:l %" PRIu64 "-%" PRIu64, g, n - i);
	script_cmd(f, "XSETID w{1}:l %" PRIu64 "-%" PRIu64, g, n - entries);
}

static bool epoch_is(struct script_fixture *f, uint64_t g)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, g);
	return script_is(f, text, "HGET w{1}:m eb");
}

static bool last_entry_is(struct script_fixture *f, enum weir_log_op op)
{
	struct weir_log_entry e = script_entry(f, script_entries(f) - 1);

	return e.op == op && e.position.generation == f->generation;
}

static void test_first(void)
{
	struct weir_fence_reply r;
	struct weir_log_entry e;
	struct script_fixture f;
	char eb[32];

	script_fixture_init(&f);
	r = script_fence(&f, "A", "r1", 0, false);
	snprintf(eb, sizeof(eb), "%" PRIu64, r.generation);
	CU_ASSERT(r.raised && r.healing && r.heal_ms == WEIR_SCRIPT_HEAL_MS);
	CU_ASSERT(r.generation + 60000 > script_now_ms(&f));
	CU_ASSERT_STRING_EQUAL(r.eb, eb);
	CU_ASSERT(r.last_before.generation == 0 && r.last_before.n == 0 && r.n == 0 && r.applied_q == 0);
	CU_ASSERT_EQUAL(script_entries(&f), 1);
	e = script_entry(&f, 0);
	CU_ASSERT(e.op == WEIR_LOG_FENCE && e.position.generation == r.generation && e.position.n == 0);
	CU_ASSERT_STRING_EQUAL(e.epoch, eb);
	/* Nothing was there, so nothing can be lost, and nothing is to be waited for. */
	CU_ASSERT(script_report(&f, "A", 0, 0).done);
	CU_ASSERT_EQUAL(script_entries(&f), 1);
	CU_ASSERT(script_is(&f, "", "HGET w{1}:m st"));
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:hp"));
	script_fixture_fini(&f);
}

static void test_same_life(void)
{
	struct weir_fence_reply first, r;
	struct script_fixture f;

	script_fixture_init(&f);
	first = script_fence(&f, "A", "r1", 0, false);
	r = script_fence(&f, "B", "r1", 0, false);
	CU_ASSERT(!r.raised && r.healing && r.heal_ms > 0 && r.heal_ms <= WEIR_SCRIPT_HEAL_MS);
	CU_ASSERT_EQUAL(r.generation, first.generation);
	CU_ASSERT(script_done(&f).done);
	publish(&f, 1, 3);
	r = script_fence(&f, "A", "r1", first.generation, false);
	CU_ASSERT(!r.raised && !r.healing && r.n == 3 && r.applied_q == 3 && r.generation == first.generation);
	CU_ASSERT_STRING_EQUAL(r.eb, first.eb);
	CU_ASSERT_EQUAL(script_fence(&f, "B", "r1", 0, false).applied_q, 0);
	/* With force a new one. */
	r = script_fence(&f, "A", "r1", 0, true);
	CU_ASSERT(r.raised && r.generation > first.generation);
	script_fixture_fini(&f);
}

static void test_restart(void)
{
	struct weir_fence_reply first, r;
	struct weir_log_entry e;
	struct script_fixture f;

	script_fixture_init(&f);
	first = script_fence(&f, "A", "r1", 0, false);
	CU_ASSERT(script_done(&f).done);
	publish(&f, 1, 3);
	r = script_fence(&f, "A", "r2", first.generation, false);
	CU_ASSERT(r.raised && r.healing && r.generation > first.generation && r.n == 0 && r.applied_q == 3);
	CU_ASSERT_STRING_EQUAL(r.eb, first.eb);
	CU_ASSERT(r.last_before.generation == first.generation && r.last_before.n == 3);
	e = script_entry(&f, script_entries(&f) - 1);
	CU_ASSERT(e.op == WEIR_LOG_FENCE && e.last_before.generation == first.generation && e.last_before.n == 3);
	/* The second to come finds it done. */
	CU_ASSERT_FALSE(script_fence(&f, "B", "r2", first.generation, false).raised);
	script_fixture_fini(&f);
}

/* Everything, or one key, is gone. */
static void test_keys_gone(void)
{
	static const char *const gone[] = {"FLUSHALL", "DEL w{1}:m", "DEL w{1}:l", "HDEL w{1}:m eb", "HDEL w{1}:m L"};

	for (unsigned i = 0; i < 5; i++) {
		struct weir_fence_reply first, r;
		struct script_fixture f;
		bool eb_lives = i == 2 || i == 4;

		script_fixture_init(&f);
		first = script_fence(&f, "A", "r1", 0, false);
		CU_ASSERT(script_done(&f).done);
		publish(&f, 1, 3);
		script_cmd(&f, "%s", gone[i]);
		r = script_fence(&f, "A", i == 2 ? "r2" : "r1", first.generation, false);
		CU_ASSERT(r.raised && r.generation > first.generation);
		CU_ASSERT_EQUAL(strcmp(r.eb, first.eb) == 0, eb_lives);
		CU_ASSERT_EQUAL(epoch_is(&f, r.generation), !eb_lives);
		CU_ASSERT_EQUAL(r.last_before.generation, i == 0 ? 0 : first.generation);
		CU_ASSERT_EQUAL(r.last_before.n, i == 0 ? 0 : 3);
		script_fixture_fini(&f);
	}
}

static void test_clock_behind(void)
{
	struct weir_fence_reply r;
	struct script_fixture f;
	uint64_t ahead;

	script_fixture_init(&f);
	ahead = script_now_ms(&f) + 3600000;
	CU_ASSERT_EQUAL(script_fence(&f, "A", "r1", ahead, false).generation, ahead + 1);
	CU_ASSERT(script_done(&f).done);
	publish(&f, 1, 2);
	CU_ASSERT_EQUAL(script_fence(&f, "A", "r2", 0, false).generation, ahead + 2);
	CU_ASSERT(script_done(&f).done);
	/* A broker that knows a higher one forces it in the same life. */
	r = script_fence(&f, "B", "r2", ahead + 10, false);
	CU_ASSERT(r.raised && r.generation == ahead + 11);
	/* The log alone is ahead, and its entries were taken away. */
	script_cmd(&f, "DEL w{1}:m");
	script_cmd(&f, "XADD w{1}:l %" PRIu64 "-7 x y", ahead + 100);
	script_cmd(&f, "XTRIM w{1}:l MAXLEN 0");
	r = script_fence(&f, "A", "r2", 0, false);
	CU_ASSERT(r.generation == ahead + 101 && r.last_before.generation == ahead + 100 && r.last_before.n == 7);
	script_fixture_fini(&f);
}

/* All alive have reported and lost nothing: the epoch stays. */
static void test_nothing_lost(void)
{
	struct weir_done_reply d;
	struct script_fixture f;
	uint64_t g;

	script_fixture_init(&f);
	script_fence_first(&f);
	g = f.generation;
	publish(&f, 1, 5);
	tick(&f, "A", 60000); /* old as Redis was away, but the newest ones */
	tick(&f, "B", 70000);
	tick(&f, "dead", 80000);
	script_fence(&f, "A", "r2", g, false);
	d = script_done(&f);
	CU_ASSERT(!d.done && !d.fenced && d.wait_ms > 0 && d.wait_ms <= 50);
	d = script_report(&f, "A", g, 5);
	CU_ASSERT(!d.done && d.wait_ms > 0);
	d = script_report(&f, "A", g, 5);
	CU_ASSERT_FALSE(d.done);
	CU_ASSERT(script_report(&f, "B", g, 4).done);
	CU_ASSERT(epoch_is(&f, g));
	CU_ASSERT(last_entry_is(&f, WEIR_LOG_FENCE));
	CU_ASSERT(script_done(&f).done);
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:hp"));
	/* Late, but nothing new. */
	CU_ASSERT(script_report(&f, "C", g, 5).done);
	CU_ASSERT(script_report(&f, "D", 0, 0).done);
	CU_ASSERT(epoch_is(&f, g));
	script_fixture_fini(&f);
}

/* One has seen more than Redis has: decided at once. */
static void test_lost(void)
{
	struct script_fixture f;
	uint64_t g;

	script_fixture_init(&f);
	script_fence_first(&f);
	g = f.generation;
	publish(&f, 1, 5);
	tick(&f, "A", 0);
	tick(&f, "B", 0);
	lose(&f, g, 5, 1);
	script_fence(&f, "A", "r2", g, false);
	CU_ASSERT_FALSE(script_report(&f, "A", g, 4).done);
	CU_ASSERT(script_report(&f, "B", g, 5).done);
	CU_ASSERT(epoch_is(&f, f.generation));
	CU_ASSERT(last_entry_is(&f, WEIR_LOG_EPOCH));
	CU_ASSERT_EQUAL(script_entry(&f, script_entries(&f) - 1).position.n, 1);
	publish(&f, 6, 1);
	CU_ASSERT_EQUAL(f.records[0].n, 2);
	script_fixture_fini(&f);
}

static void test_one_missing(void)
{
	struct script_fixture f;
	uint64_t g;

	script_fixture_init(&f);
	script_fence_first(&f);
	g = f.generation;
	publish(&f, 1, 5);
	tick(&f, "A", 0);
	tick(&f, "B", 0);
	script_fence(&f, "A", "r2", g, false);
	CU_ASSERT_FALSE(script_report(&f, "A", g, 5).done);
	CU_ASSERT(epoch_is(&f, g));
	script_cmd(&f, "HSET w{1}:m hu %" PRIu64, script_now_ms(&f)); /* the deadline */
	CU_ASSERT(script_done(&f).done);
	CU_ASSERT(epoch_is(&f, f.generation));
	CU_ASSERT(last_entry_is(&f, WEIR_LOG_EPOCH));
	script_fixture_fini(&f);
}

static void test_no_ticks(void)
{
	struct script_fixture f;
	uint64_t g;

	script_fixture_init(&f);
	script_fence_first(&f);
	g = f.generation;
	publish(&f, 1, 5);
	script_fence(&f, "new", "r2", 0, false);
	CU_ASSERT(script_report(&f, "new", 0, 0).done);
	CU_ASSERT_FALSE(epoch_is(&f, g));
	CU_ASSERT(epoch_is(&f, f.generation));
	script_fixture_fini(&f);
}

static void test_late(void)
{
	struct script_fixture f;
	uint32_t entries;
	uint64_t g;

	script_fixture_init(&f);
	script_fence_first(&f);
	g = f.generation;
	publish(&f, 1, 5);
	tick(&f, "A", 0);
	lose(&f, g, 5, 2);
	script_fence(&f, "A", "r2", g, false);
	CU_ASSERT(script_report(&f, "A", g, 3).done);
	CU_ASSERT(epoch_is(&f, g));
	publish(&f, 6, 2);
	CU_ASSERT(script_report(&f, "late", g, 4).done);
	CU_ASSERT(epoch_is(&f, f.generation));
	CU_ASSERT(last_entry_is(&f, WEIR_LOG_EPOCH));
	/* Once for each generation; but it is said again. */
	entries = script_entries(&f);
	CU_ASSERT(script_report(&f, "later", g, 5).done);
	CU_ASSERT(epoch_is(&f, f.generation));
	CU_ASSERT(last_entry_is(&f, WEIR_LOG_EPOCH));
	CU_ASSERT_EQUAL(script_entries(&f), entries + 1);
	CU_ASSERT(script_report(&f, "same", g, 3).done);
	CU_ASSERT_EQUAL(script_entries(&f), entries + 1);
	publish(&f, 8, 1);
	CU_ASSERT_EQUAL(f.records[0].n, 5);
	script_fixture_fini(&f);
}

static void test_fenced_away(void)
{
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	f.generation--;
	CU_ASSERT(script_done(&f).fenced);
	CU_ASSERT(script_report(&f, "A", 0, 0).fenced);
	script_cmd(&f, "DEL w{1}:m");
	CU_ASSERT(script_done(&f).fenced);
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:hp"));
	script_fixture_fini(&f);
}

/*
 * A new life before the last one was proved: what counts is still the end of the generation before both. A broker that has
 * seen what was lost then says so, although its position is below that of the first fence.
 */
static void test_fence_while_healing(void)
{
	for (int lost = 0; lost < 2; lost++) {
		struct weir_fence_reply r;
		struct script_fixture f;
		uint64_t g;

		script_fixture_init(&f);
		script_fence_first(&f);
		g = f.generation;
		publish(&f, 1, 5);
		tick(&f, "A", 0);
		tick(&f, "B", 0);
		lose(&f, g, 5, 2);
		script_fence(&f, "A", "r2", g, false);
		CU_ASSERT_FALSE(script_report(&f, "A", g, 3).done);
		r = script_fence(&f, "A", "r3", f.generation, false);
		CU_ASSERT(r.raised && r.healing);
		CU_ASSERT(r.last_before.generation == g && r.last_before.n == 3);
		/* The reports to the first one do not count. */
		CU_ASSERT_FALSE(script_report(&f, "B", g, lost ? 3 : 2).done);
		CU_ASSERT(script_report(&f, "A", g, lost ? 5 : 3).done);
		CU_ASSERT_EQUAL(epoch_is(&f, g), !lost);
		CU_ASSERT_EQUAL(epoch_is(&f, f.generation), lost);
		script_fixture_fini(&f);
	}
}

/* A fence is no event: seen alone it proves nothing, and hides what was before it. */
static void test_fence_reported(void)
{
	struct weir_done_reply d;
	struct script_fixture f;
	uint64_t g, g1;

	script_fixture_init(&f);
	script_fence_first(&f);
	g = f.generation;
	publish(&f, 1, 5);
	tick(&f, "A", 0);
	g1 = script_fence(&f, "A", "r2", g, false).generation;
	script_fence(&f, "A", "r3", g1, false);
	d = script_report(&f, "A", g1, 0);
	CU_ASSERT(d.done);
	CU_ASSERT(epoch_is(&f, f.generation));
	script_fixture_fini(&f);
}

/* A fence after one that was proved, with nothing published between. */
static void test_fence_twice(void)
{
	struct script_fixture f;
	uint64_t g, g1;

	script_fixture_init(&f);
	script_fence_first(&f);
	g = f.generation;
	publish(&f, 1, 5);
	tick(&f, "A", 0);
	g1 = script_fence(&f, "A", "r2", g, false).generation;
	CU_ASSERT(script_report(&f, "A", g, 5).done);
	CU_ASSERT_EQUAL(script_fence(&f, "A", "r3", g1, false).last_before.generation, g1);
	CU_ASSERT(script_report(&f, "A", g, 5).done);
	CU_ASSERT(epoch_is(&f, g));
	script_fixture_fini(&f);
}

/* A real restart keeps nothing here: another life, another generation, another epoch. */
static void test_real_restart(void)
{
	struct weir_fence_reply first, r;
	struct script_fixture f;

	script_fixture_init(&f);
	first = script_fence(&f, "A", "r1", 0, false);
	CU_ASSERT(script_done(&f).done);
	publish(&f, 1, 3);
	CU_ASSERT_EQUAL_FATAL(redis_server_restart(script_fixture_server()), 0);
	script_fixture_reconnect(&f);
	r = script_fence(&f, "A", "r2", first.generation, false);
	CU_ASSERT(r.raised && r.generation > first.generation && strcmp(r.eb, first.eb) != 0 && r.applied_q == 0);
	script_fixture_fini(&f);
}

static void test_foreign_log(void)
{
	struct weir_fence_reply r;
	struct script_fixture f;

	script_fixture_init(&f);
	script_cmd(&f, "SET w{1}:l x");
	weir_script_fence(&f.argv, WEIR_STR(KEY), WEIR_STR("A"), WEIR_STR("r1"), 0, false);
	CU_ASSERT_EQUAL(weir_script_fence_reply(script_ask(&f, &f.argv), &r), WEIR_EUNAVAILABLE);
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:m"));
	script_fixture_fini(&f);
}

const char weir_test_suite[] = "engine/redis/script_fence";
CU_TestInfo weir_tests[] = {
	{"the first one", test_first},
	{"the same life", test_same_life},
	{"another life, all data kept", test_restart},
	{"all keys or one of them gone", test_keys_gone},
	{"a clock that is behind", test_clock_behind},
	{"all have reported, nothing is lost", test_nothing_lost},
	{"one has seen more", test_lost},
	{"one is missing at the deadline", test_one_missing},
	{"nobody was there before", test_no_ticks},
	{"a late report", test_late},
	{"fenced away", test_fenced_away},
	{"a fence while healing", test_fence_while_healing},
	{"a fence reported as seen", test_fence_reported},
	{"a fence after a proved one", test_fence_twice},
	{"a real restart", test_real_restart},
	{"a log that is none", test_foreign_log},
	CU_TEST_INFO_NULL,
};
