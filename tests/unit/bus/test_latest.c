/* SPDX-License-Identifier: Apache-2.0 */
/* The table from key to slot against a plain array: random use, keys that meet, holes that are closed, growth. */
#include "weir/bus/latest.h"

#include "test.h"
#include "weir/base/random.h"

const char weir_test_suite[] = "bus/latest";

#define SLOTS 64

/* Few values of `a`, which gives the place: long chains, which wrap around the end of the table. */
static struct weir_event_key key(unsigned n)
{
	return (struct weir_event_key){n % 5 - 2u, n};
}

static bool same(struct weir_event_key x, struct weir_event_key y)
{
	return x.a == y.a && x.b == y.b;
}

static void add(struct weir_latest *l, uint32_t slot, struct weir_event_key k)
{
	l->keys[slot] = k;
	weir_latest_add(l, slot);
}

static void empty(void)
{
	struct weir_latest l = {0};

	weir_latest_clear(&l);
	CU_ASSERT_EQUAL(weir_latest_find(&l, key(1)), WEIR_LATEST_NONE);
	weir_latest_fini(&l);
}

static void random_use(void)
{
	for (unsigned round = 0; round < 200; round++) {
		struct weir_latest l = {0};
		struct weir_random r;
		bool used[SLOTS] = {false};
		uint32_t cap = 4u << round % 5, count = 0;

		weir_random_seeded(&r, weir_test_seed() + round);
		CU_ASSERT_EQUAL_FATAL(weir_latest_resize(&l, cap, 0, 0), 0);
		weir_latest_clear(&l);
		for (unsigned op = 0; op < 500; op++) {
			uint32_t slot = (uint32_t)weir_random_below(&r, cap), found = WEIR_LATEST_NONE;
			struct weir_event_key k = key((unsigned)weir_random_below(&r, 2 * cap));

			for (uint32_t i = 0; i < cap; i++)
				if (used[i] && same(l.keys[i], k))
					found = i;
			CU_ASSERT_EQUAL_FATAL(weir_latest_find(&l, k), found);
			if (used[slot]) {
				weir_latest_remove(&l, slot);
				used[slot] = false;
				count--;
			} else if (found == WEIR_LATEST_NONE) {
				add(&l, slot, k);
				used[slot] = true;
				count++;
			}
			for (uint32_t i = 0; i < cap; i++)
				CU_ASSERT_FATAL(!used[i] || weir_latest_find(&l, l.keys[i]) == i);
		}
		for (uint32_t i = 0, places = 0; i <= 2 * cap; i++) {
			if (i == 2 * cap)
				CU_ASSERT_EQUAL(places, count)
			else
				places += l.table[i] != 0;
		}
		weir_latest_fini(&l);
	}
}

/* Slots are counted from the ring's head on; what is not settled has no table. */
static void growth(void)
{
	struct weir_latest l = {0};

	CU_ASSERT_EQUAL_FATAL(weir_latest_resize(&l, 4, 0, 0), 0);
	weir_latest_clear(&l);
	for (uint32_t i = 0; i < 4; i++)
		add(&l, i, key(i));
	CU_ASSERT_EQUAL_FATAL(weir_latest_resize(&l, 8, 3, 4), 0);
	CU_ASSERT_TRUE(l.settled);
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(weir_latest_find(&l, key((3 + i) % 4)), i);
	add(&l, 4, key(4));
	CU_ASSERT_EQUAL(weir_latest_find(&l, key(4)), 4);
	l.settled = false;
	CU_ASSERT_EQUAL_FATAL(weir_latest_resize(&l, 16, 0, 5), 0);
	CU_ASSERT_FALSE(l.settled);
	CU_ASSERT(same(l.keys[4], key(4)));
	weir_latest_clear(&l);
	CU_ASSERT_TRUE(l.settled);
	CU_ASSERT_EQUAL(weir_latest_find(&l, key(4)), WEIR_LATEST_NONE);
	weir_latest_fini(&l);
	CU_ASSERT_EQUAL(l.cap, 0);
}

CU_TestInfo weir_tests[] = {
	{"empty", empty},
	{"random use", random_use},
	{"growth", growth},
	CU_TEST_INFO_NULL,
};
