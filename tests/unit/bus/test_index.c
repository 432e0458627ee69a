/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's index: entries by channel, live subscriptions in them, epochs. */
#include "weir/bus/index.h"

#include "test.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

const char weir_test_suite[] = "bus/index";

static const struct weir_hash_key key = {5, 6};

static void entries(void)
{
	struct weir_index ix;
	struct weir_index_entry *a, *b, *again;

	weir_index_init(&ix, &key);
	CU_ASSERT_PTR_NULL(weir_index_find(&ix, WEIR_STR("a")));
	a = weir_index_ref(&ix, WEIR_STR("a"));
	b = weir_index_ref(&ix, WEIR_STR("ab"));
	again = weir_index_ref(&ix, weir_str_n("ab", 1));
	CU_ASSERT_PTR_EQUAL(a, again);
	CU_ASSERT_PTR_NOT_EQUAL(a, b);
	CU_ASSERT(weir_str_is(b->channel, "ab"));
	CU_ASSERT_PTR_EQUAL(weir_index_find(&ix, WEIR_STR("a")), a);
	weir_index_unref(&ix, &again);
	CU_ASSERT_PTR_NULL(again);
	CU_ASSERT_PTR_EQUAL(weir_index_find(&ix, WEIR_STR("a")), a);
	weir_index_unref(&ix, &a);
	CU_ASSERT_PTR_NULL(weir_index_find(&ix, WEIR_STR("a")));
	weir_index_unref(&ix, &b);
	weir_index_fini(&ix);
}

struct found {
	struct weir_index_entry *entries[8];
	size_t n;
};

static void on_found(void *ctx, struct weir_index_entry *e)
{
	struct found *f = ctx;

	CU_ASSERT_FATAL(f->n < WEIR_ARRAY_LEN(f->entries));
	f->entries[f->n++] = e;
}

static void patterns(void)
{
	struct weir_index ix;
	struct weir_index_entry *channel, *cpu, *all, *again;
	struct found f = {.n = 0};

	weir_index_init(&ix, &key);
	channel = weir_index_ref(&ix, WEIR_STR("m:a.cpu"));
	CU_ASSERT_FALSE(channel->is_pattern);
	CU_ASSERT_FALSE(weir_index_has_patterns(&ix));
	weir_index_match(&ix, WEIR_STR("m:a.cpu"), on_found, &f);
	CU_ASSERT_EQUAL(f.n, 0);
	cpu = weir_index_ref(&ix, WEIR_STR("m:*.cpu"));
	again = weir_index_ref(&ix, WEIR_STR("m:*.cpu"));
	all = weir_index_ref(&ix, WEIR_STR(">"));
	CU_ASSERT_PTR_EQUAL(cpu, again);
	CU_ASSERT(cpu->is_pattern && all->is_pattern);
	CU_ASSERT_PTR_EQUAL(weir_index_find(&ix, WEIR_STR("m:*.cpu")), cpu);
	CU_ASSERT(weir_index_has_patterns(&ix));
	weir_index_match(&ix, WEIR_STR("m:a.cpu"), on_found, &f);
	CU_ASSERT_EQUAL_FATAL(f.n, 2); /* the channel's own entry is found by its name */
	CU_ASSERT(f.entries[0] == cpu || f.entries[1] == cpu);
	CU_ASSERT(f.entries[0] == all || f.entries[1] == all);
	f.n = 0;
	weir_index_match(&ix, WEIR_STR("m:a.mem"), on_found, &f);
	CU_ASSERT_EQUAL_FATAL(f.n, 1);
	CU_ASSERT_PTR_EQUAL(f.entries[0], all);
	weir_index_unref(&ix, &again);
	weir_index_unref(&ix, &all);
	CU_ASSERT(weir_index_has_patterns(&ix));
	weir_index_unref(&ix, &cpu);
	CU_ASSERT_FALSE(weir_index_has_patterns(&ix));
	weir_index_unref(&ix, &channel);
	weir_index_fini(&ix);
}

static void epochs(void)
{
	struct weir_index ix;
	struct weir_index_entry *e;
	uint32_t one, two;

	weir_index_init(&ix, &key);
	e = weir_index_ref(&ix, WEIR_STR("a"));
	one = weir_index_epoch(e, "AAAA");
	CU_ASSERT_NOT_EQUAL(one, 0); /* which stands for none */
	CU_ASSERT_EQUAL(weir_index_epoch(e, "AAAA"), one);
	two = weir_index_epoch(e, "AAAB");
	CU_ASSERT_NOT_EQUAL(two, one);
	CU_ASSERT_EQUAL(weir_index_epoch(e, "AAAB"), two);
	CU_ASSERT_NOT_EQUAL(weir_index_epoch(e, "AAAA"), one); /* even the same text later is another one */
	weir_index_unref(&ix, &e);
	weir_index_fini(&ix);
}

static void check(const struct weir_index_entry *e, const struct weir_subscription *subs, size_t n, uint32_t live)
{
	uint32_t count = 0;

	CU_ASSERT_EQUAL_FATAL(e->count, live);
	for (size_t i = 0; i < n; i++)
		if (subs[i].flags & WEIR_SUB_LIVE) {
			CU_ASSERT_PTR_EQUAL_FATAL(e->subs[subs[i].slot], &subs[i]);
			count++;
		}
	CU_ASSERT_EQUAL_FATAL(count, live);
}

/* Comes and goes in any order; each knows its slot, and an array that was large shrinks. */
static void subscriptions(void)
{
	enum { MOST = 300 };
	static struct weir_subscription subs[MOST];
	struct weir_random random;
	struct weir_index ix;
	struct weir_index_entry *e;
	uint32_t live = 0;

	weir_random_seeded(&random, weir_test_seed());
	weir_index_init(&ix, &key);
	e = weir_index_ref(&ix, WEIR_STR("a"));
	for (unsigned i = 0; i < 6000; i++) {
		/* More come in the first half, more go in the second. */
		struct weir_subscription *s = &subs[weir_random_below(&random, MOST)];
		bool add = weir_random_below(&random, 10) < (i < 3000 ? 8 : 2);

		if (add == ((s->flags & WEIR_SUB_LIVE) != 0))
			continue;
		if (add) {
			s->flags |= WEIR_SUB_SERVER; /* another flag stays */
			CU_ASSERT_EQUAL_FATAL(weir_index_add(e, s), 0);
			live++;
		} else {
			weir_index_remove(e, s);
			CU_ASSERT_EQUAL(s->flags, WEIR_SUB_SERVER);
			live--;
		}
		if (i % 50 == 0)
			check(e, subs, MOST, live);
	}
	for (size_t i = 0; i < MOST; i++)
		if (subs[i].flags & WEIR_SUB_LIVE)
			weir_index_remove(e, &subs[i]);
	CU_ASSERT_EQUAL(e->count, 0);
	CU_ASSERT(e->cap <= 16);
	weir_index_unref(&ix, &e);
	weir_index_fini(&ix);
}

CU_TestInfo weir_tests[] = {
	{"entries", entries},
	{"patterns", patterns},
	{"epochs", epochs},
	{"subscriptions", subscriptions},
	CU_TEST_INFO_NULL,
};
