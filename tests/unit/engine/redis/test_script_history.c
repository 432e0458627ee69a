/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.lua on a real Redis: random operations on one channel against a model that is an array, then single cases.
 * WEIR_SEED repeats a run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "script_fixture.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

#define STEPS 3000

/* What the channel should hold: bodies are the offsets as text. */
struct model {
	uint64_t top, lo, q; /* lo = top + 1: nothing is kept */
	bool there;
};

static struct weir_script_history question(void)
{
	return (struct weir_script_history){.key = WEIR_STR(KEY),
		.channel = WEIR_STR("c"),
		.new_epoch = WEIR_STR("fresh"),
		.meta_ttl_ms = 800000,
		.limit = UINT64_MAX};
}

static void model_publish(struct model *m, struct script_fixture *f, uint64_t max)
{
	struct weir_script_event e = script_event("c", "");
	char body[32];

	if (!m->there)
		*m = (struct model){.lo = 1, .q = m->q, .there = true};
	snprintf(body, sizeof(body), "%" PRIu64, m->top + 1);
	e.body = weir_str(body);
	e.history_max = max;
	CU_ASSERT_EQUAL(script_send_event(f, "A", ++m->q, &e), WEIR_BATCH_APPLIED);
	m->top++;
	if ((m->top + 1 - m->lo) * 8 > max * 9)
		m->lo = m->top - max + 1;
	CU_ASSERT_EQUAL(f->records[0].offset, m->top);
}

/* The first offset that is due, and how many. */
static size_t expected(const struct model *m, const struct weir_script_history *h, uint64_t *first)
{
	uint64_t from = m->lo, to = m->top, n;

	*first = 0;
	if (h->remove)
		return 0;
	if (h->recover) {
		if (h->since > to || h->since + 1 < from || to - h->since > h->limit)
			return 0;
		from = h->since + 1;
	} else if (h->reverse && h->has_since) {
		if (h->since <= from || h->since - 1 > to)
			return 0;
		to = h->since - 1;
	} else if (h->has_since && h->since >= from) {
		if (h->since >= to)
			return 0;
		from = h->since + 1;
	}
	n = to + 1 - from;
	if (n > h->limit)
		n = h->limit;
	if (n > 0)
		*first = h->reverse && !h->recover ? to : from;
	return (size_t)n;
}

static void check(struct model *m, struct script_fixture *f, const struct weir_script_history *h)
{
	struct weir_history_reply r;
	const struct weir_reply *at;
	uint64_t first;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(script_history(f, h, &r), 0);
	if (!m->there)
		*m = (struct model){.lo = 1, .q = m->q, .there = true};
	if (h->remove)
		m->lo = m->top + 1;
	n = expected(m, h, &first);
	CU_ASSERT_EQUAL(r.top, m->top);
	CU_ASSERT_EQUAL(r.lo, m->lo);
	CU_ASSERT_EQUAL(r.last.generation, f->generation);
	CU_ASSERT_EQUAL(r.last.n, m->q);
	CU_ASSERT_EQUAL(r.first, first);
	CU_ASSERT_EQUAL_FATAL(r.count, n);
	at = r.body;
	for (size_t i = 0; i < n; i++, at = weir_reply_next(at)) {
		char body[32];

		snprintf(body, sizeof(body), "%" PRIu64, h->reverse && !h->recover ? first - i : first + i);
		CU_ASSERT(weir_str_is(at->str, body));
	}
}

static uint64_t random_limit(struct weir_random *r)
{
	static const uint64_t some[] = {0, 1, 2, 5, 10, 300, UINT64_MAX, UINT64_MAX - 1};

	return some[weir_random_below(r, WEIR_ARRAY_LEN(some))];
}

static uint64_t random_since(struct weir_random *r, const struct model *m)
{
	if (weir_random_below(r, 20) == 0)
		return weir_random_u64(r) | (uint64_t)1 << 63;
	/* Around everything that is kept. */
	return (m->lo > 3 ? m->lo - 3 : 0) + weir_random_below(r, m->top - m->lo + 8);
}

static void test_random(void)
{
	struct model m = {0};
	struct script_fixture f;
	struct weir_random r;

	weir_random_seeded(&r, weir_test_seed());
	script_fixture_init(&f);
	script_fence_first(&f);
	for (unsigned i = 0; i < STEPS; i++) {
		struct weir_script_history h = question();
		uint64_t what = weir_random_below(&r, 100);

		if (what < 30) {
			model_publish(&m, &f, 1 + weir_random_below(&r, 20));
		} else if (what < 31) {
			script_cmd(&f, "DEL w{1}:h:c"); /* expired */
			m.lo = m.top + 1;
		} else if (what < 32) {
			script_cmd(&f, "DEL w{1}:c:c");
			m.there = false;
		} else {
			h.remove = what < 33;
			h.recover = weir_random_below(&r, 3) == 0;
			h.has_since = h.recover || weir_random_below(&r, 2);
			h.reverse = weir_random_below(&r, 2);
			h.since = random_since(&r, &m);
			h.limit = random_limit(&r);
			check(&m, &f, &h);
		}
	}
	script_fixture_fini(&f);
}

static void test_unfenced(void)
{
	struct weir_script_history h = question();
	struct weir_history_reply r;
	struct script_fixture f;

	script_fixture_init(&f);
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), WEIR_EUNAVAILABLE);
	weir_script_history(&f.argv, &h);
	CU_ASSERT(weir_reply_is_error(script_ask(&f, &f.argv), "UNFENCED"));
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:c:c"));
	script_fixture_fini(&f);
}

/* A channel that nobody has published to has a position already, and keeps it. */
static void test_new_channel(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct weir_script_history h = question();
	struct weir_history_reply r;
	struct script_fixture f;
	char epoch[WEIR_EPOCH_MAX];
	int64_t left;

	script_fixture_init(&f);
	script_fence_first(&f);
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), 0);
	CU_ASSERT(r.top == 0 && r.lo == 1 && r.count == 0);
	CU_ASSERT_EQUAL(strncmp(r.epoch, "fresh.", 6), 0);
	snprintf(epoch, sizeof(epoch), "%s", r.epoch);
	left = script_cmd(&f, "PTTL w{1}:c:c")->integer;
	CU_ASSERT(left > 890000 && left <= 900000);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].offset, 1);
	CU_ASSERT_STRING_EQUAL(f.records[0].epoch, epoch);
	/* The time to live is renewed when its reserve is used up. */
	script_cmd(&f, "PEXPIRE w{1}:c:c 850000");
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), 0);
	CU_ASSERT(script_cmd(&f, "PTTL w{1}:c:c")->integer <= 850000);
	script_cmd(&f, "PEXPIRE w{1}:c:c 790000");
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), 0);
	CU_ASSERT(script_cmd(&f, "PTTL w{1}:c:c")->integer > 890000);
	script_fixture_fini(&f);
}

/* Reading goes on when Redis takes no writes. */
static void test_no_writes(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct weir_script_history h = question();
	struct weir_history_reply r;
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_APPLIED);
	script_cmd(&f, "PEXPIRE w{1}:c:c 100000");
	script_cmd(&f, "CONFIG SET min-replicas-to-write 1");
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), 0);
	CU_ASSERT_EQUAL(r.count, 1);
	h.channel = WEIR_STR("new");
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), WEIR_EUNAVAILABLE);
	script_cmd(&f, "CONFIG SET min-replicas-to-write 0");
	script_fixture_fini(&f);
}

/* A list that does not belong to the position, and keys that are somebody else's. */
static void test_foreign_keys(void)
{
	struct weir_script_history h = question();
	struct weir_history_reply r;
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	script_cmd(&f, "HSET w{1}:c:c e epoch s 2");
	script_cmd(&f, "RPUSH w{1}:h:c a b c");
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), 0);
	CU_ASSERT(r.top == 2 && r.lo == 3 && r.count == 0);
	script_cmd(&f, "SET w{1}:h:c x");
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), WEIR_EUNAVAILABLE);
	script_cmd(&f, "SET w{1}:c:c x");
	CU_ASSERT_EQUAL(script_history(&f, &h, &r), WEIR_EUNAVAILABLE);
	script_fixture_fini(&f);
}

const char weir_test_suite[] = "engine/redis/script_history";
CU_TestInfo weir_tests[] = {
	{"random operations against a model", test_random},
	{"without a generation", test_unfenced},
	{"a channel without events", test_new_channel},
	{"when Redis takes no writes", test_no_writes},
	{"keys that do not fit", test_foreign_keys},
	CU_TEST_INFO_NULL,
};
