/* SPDX-License-Identifier: Apache-2.0 */
/* presence.lua and reap.lua on a real Redis. Ticks and notes of the past are written with the age a case needs. */
#include <inttypes.h>
#include <stdio.h>

#include "script_fixture.h"

static void tick(struct script_fixture *f, const char *pid, int64_t age_ms)
{
	script_cmd(f, "HSET w{1}:n %s %" PRId64 "|node", pid, (int64_t)script_now_ms(f) - age_ms);
}

static void add(struct script_fixture *f, const char *pid, uint64_t q, const char *channel, const char *client)
{
	script_batch(f, pid, q - 1, q);
	weir_script_presence_add(&f->argv, weir_str(channel), weir_str(client), WEIR_STR("info"), 3600000);
	CU_ASSERT_EQUAL_FATAL(script_send(f), WEIR_BATCH_APPLIED);
}

/* Entries as pid:client:value in the order of their names. */
static void check_presence(struct script_fixture *f, const char *channel, const char *const *expected, uint32_t n)
{
	const struct weir_reply *r;

	weir_script_presence(&f->argv, WEIR_STR(KEY), weir_str(channel));
	r = script_ask(f, &f->argv);
	CU_ASSERT_EQUAL_FATAL(r->type, WEIR_REPLY_ARRAY);
	CU_ASSERT_EQUAL_FATAL(r->count, 3 * n);
	for (uint32_t i = 0; i < n; i++) {
		const struct weir_reply *at = weir_reply_first(r);
		bool found = false;

		for (uint32_t k = 0; k < r->count; k += 3, at += 3) {
			char text[100];

			snprintf(text, sizeof(text), "%s:%s:%s", at[0].str.p, at[1].str.p, at[2].str.p);
			found = found || strcmp(text, expected[i]) == 0;
		}
		CU_ASSERT(found);
	}
}

/* How many entries were removed, and whether there is more. */
static uint32_t reap(struct script_fixture *f, const char *pid, uint64_t channels, bool *more)
{
	const struct weir_reply *r;

	weir_script_reap(&f->argv, WEIR_STR(KEY), weir_str(pid), channels);
	r = script_ask(f, &f->argv);
	CU_ASSERT_FATAL(r->type == WEIR_REPLY_ARRAY && r->count % 3 == 1);
	CU_ASSERT_FATAL(r[r->count].type == WEIR_REPLY_INTEGER);
	*more = r[r->count].integer == 1;
	return r->count / 3;
}

/* Found dead a while ago, by the tick it still has. */
static void noted(struct script_fixture *f, const char *pid, uint64_t tick_age_ms, uint64_t note_age_ms)
{
	uint64_t now = script_now_ms(f);

	script_cmd(f, "HSET w{1}:n %s %" PRIu64 "|node", pid, now - tick_age_ms);
	script_cmd(f, "HSET w{1}:m d:%s %" PRIu64 ":%" PRIu64, pid, now - tick_age_ms, now - note_age_ms);
}

static void test_lease(void)
{
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	check_presence(&f, "c", NULL, 0);
	add(&f, "A", 1, "c", "a:1");
	add(&f, "A", 2, "c", "a2");
	add(&f, "B", 1, "c", "b1");
	add(&f, "B", 2, "other", "b2");
	check_presence(&f, "c", NULL, 0); /* nobody has a lease */
	tick(&f, "A", 0);
	check_presence(&f, "c", (const char *const[]){"A:a:1:info", "A:a2:info"}, 2);
	tick(&f, "B", 10000);
	check_presence(&f, "c", (const char *const[]){"A:a:1:info", "A:a2:info", "B:b1:info"}, 3);
	check_presence(&f, "other", (const char *const[]){"B:b2:info"}, 1);
	tick(&f, "B", 20000); /* it is the newest tick that this is measured by */
	check_presence(&f, "c", (const char *const[]){"A:a:1:info", "A:a2:info"}, 2);
	/* Redis has stood still: all are old alike. */
	tick(&f, "A", 60000);
	tick(&f, "B", 61000);
	check_presence(&f, "c", (const char *const[]){"A:a:1:info", "A:a2:info", "B:b1:info"}, 3);
	/* A clock that was ahead. */
	tick(&f, "A", 0);
	tick(&f, "B", -3600000);
	check_presence(&f, "c", (const char *const[]){"A:a:1:info", "A:a2:info", "B:b1:info"}, 3);
	script_fixture_fini(&f);
}

static void test_add_remove(void)
{
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	tick(&f, "A", 0);
	add(&f, "A", 1, "c", "x");
	CU_ASSERT(script_cmd(&f, "PTTL w{1}:p:c")->integer > 3500000);
	CU_ASSERT(script_cmd(&f, "PTTL w{1}:b:A")->integer > 3500000);
	add(&f, "A", 2, "c", "y");
	add(&f, "A", 3, "c", "y"); /* asserted again */
	script_batch(&f, "A", 3, 4);
	weir_script_presence_remove(&f.argv, WEIR_STR("c"), WEIR_STR("x"), false);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_APPLIED);
	check_presence(&f, "c", (const char *const[]){"A:y:info"}, 1);
	CU_ASSERT(script_is(&f, "1", "SISMEMBER w{1}:b:A c"));
	script_batch(&f, "A", 4, 5);
	weir_script_presence_remove(&f.argv, WEIR_STR("c"), WEIR_STR("y"), true);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_APPLIED);
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:p:c w{1}:b:A"));
	script_fixture_fini(&f);
}

static void test_reap(void)
{
	struct script_fixture f;
	bool more;

	script_fixture_init(&f);
	script_fence_first(&f);
	add(&f, "dead", 1, "c1", "x");
	add(&f, "dead", 2, "c1", "y");
	add(&f, "dead", 3, "c2", "x");
	add(&f, "dead", 4, "c3", "x");
	add(&f, "A", 1, "c1", "z");
	add(&f, "deadly", 1, "c1", "z"); /* a name that begins alike */
	tick(&f, "A", 0);
	tick(&f, "B", 0);
	tick(&f, "deadly", 0);
	noted(&f, "dead", 31000, 11000);
	/* Not by anybody but the lowest of the living. */
	CU_ASSERT(reap(&f, "B", 10, &more) == 0 && !more);
	CU_ASSERT(reap(&f, "dead", 10, &more) == 0 && !more);
	CU_ASSERT(reap(&f, "nobody", 10, &more) == 0 && !more);
	/* A channel at a time. */
	for (unsigned i = 0, removed = 0; i < 3; i++) {
		removed += reap(&f, "A", 1, &more);
		CU_ASSERT_EQUAL(more, i < 2);
		CU_ASSERT_EQUAL(removed == 4, i == 2);
		CU_ASSERT(script_is(&f, i < 2 ? "1" : "0", "HEXISTS w{1}:n dead"));
	}
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:b:dead w{1}:p:c2 w{1}:p:c3"));
	CU_ASSERT(script_is(&f, "0", "HEXISTS w{1}:m q:dead"));
	CU_ASSERT(script_is(&f, "0", "HEXISTS w{1}:m d:dead"));
	CU_ASSERT(script_is(&f, "1", "HEXISTS w{1}:m q:A"));
	check_presence(&f, "c1", (const char *const[]){"A:z:info", "deadly:z:info"}, 2);
	CU_ASSERT(reap(&f, "A", 10, &more) == 0 && !more);
	script_fixture_fini(&f);
}

/* Dead only when it is old and was found so before, and has not ticked since. */
static void test_found_twice(void)
{
	struct script_fixture f;
	bool more;

	script_fixture_init(&f);
	script_fence_first(&f);
	add(&f, "old", 1, "c", "x");
	tick(&f, "A", 0);
	tick(&f, "old", 60000); /* as after Redis was away */
	CU_ASSERT_EQUAL(reap(&f, "A", 10, &more), 0);
	CU_ASSERT_EQUAL(reap(&f, "A", 10, &more), 0);
	CU_ASSERT(script_is(&f, "1", "HEXISTS w{1}:m d:old"));
	noted(&f, "old", 60000, 9000);
	CU_ASSERT_EQUAL(reap(&f, "A", 10, &more), 0);
	noted(&f, "old", 29000, 12000);
	CU_ASSERT_EQUAL(reap(&f, "A", 10, &more), 0);
	noted(&f, "old", 60000, 12000);
	tick(&f, "old", 40000); /* another tick than the one noted */
	CU_ASSERT_EQUAL(reap(&f, "A", 10, &more), 0);
	CU_ASSERT(script_is(&f, "1", "EXISTS w{1}:p:c"));
	noted(&f, "old", 60000, 12000);
	CU_ASSERT_EQUAL(reap(&f, "A", 10, &more), 1);
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:p:c"));
	script_fixture_fini(&f);
}

static void test_from_the_future(void)
{
	struct script_fixture f;
	const struct weir_reply *r;
	uint64_t at = 0;
	bool more;

	script_fixture_init(&f);
	script_fence_first(&f);
	tick(&f, "A", 0);
	tick(&f, "B", -3600000);
	CU_ASSERT_EQUAL(reap(&f, "A", 10, &more), 0);
	r = script_cmd(&f, "HGET w{1}:n B");
	CU_ASSERT(weir_str_ends(r->str, WEIR_STR("|node")));
	CU_ASSERT_EQUAL(weir_str_u64(weir_str_n(r->str.p, r->str.n - 5), &at), 0);
	CU_ASSERT(at <= script_now_ms(&f));
	script_fixture_fini(&f);
}

/* More entries than one HDEL takes, and a key that is somebody else's. */
static void test_reap_many(void)
{
	struct script_fixture f;
	bool more;

	script_fixture_init(&f);
	script_fence_first(&f);
	tick(&f, "A", 0);
	for (uint64_t q = 1; q <= 2500; q++) {
		char client[20];

		snprintf(client, sizeof(client), "c%" PRIu64, q);
		add(&f, "dead", q, "c", client);
	}
	script_cmd(&f, "SADD w{1}:b:dead foreign");
	script_cmd(&f, "SET w{1}:p:foreign x");
	noted(&f, "dead", 31000, 11000);
	CU_ASSERT_EQUAL(reap(&f, "A", 10, &more), 2500);
	CU_ASSERT_FALSE(more);
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:p:c w{1}:b:dead"));
	CU_ASSERT(script_is(&f, "x", "GET w{1}:p:foreign"));
	script_fixture_fini(&f);
}

const char weir_test_suite[] = "engine/redis/script_presence";
CU_TestInfo weir_tests[] = {
	{"leases", test_lease},
	{"entries come and go", test_add_remove},
	{"cleaning up, a channel at a time", test_reap},
	{"dead when found so twice", test_found_twice},
	{"a tick from the future", test_from_the_future},
	{"cleaning up many", test_reap_many},
	CU_TEST_INFO_NULL,
};
