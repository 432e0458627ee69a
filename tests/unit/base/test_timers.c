/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines: order, moving, cancelling, callbacks that set and cancel, the budget, and a random run against an array.
 */
#include "test.h"

#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/base/timers.h"

#define COUNT 200

struct item {
	struct weir_deadline deadline;
	struct weir_timers *timers;
	uint64_t due; /* 0: not set */
	unsigned fired;
	struct item *victim;  /* cancelled when this one fires */
	uint64_t again_ms;    /* set again that much later */
	uint64_t *last_at_ms; /* the deadline that fired before */
};

static void on_fire(struct weir_deadline *d, uint64_t now_ms)
{
	struct item *item = WEIR_CONTAINER_OF(d, struct item, deadline);

	CU_ASSERT(d->at_ms <= now_ms);
	CU_ASSERT_EQUAL(d->pos, 0);
	CU_ASSERT(d->at_ms >= *item->last_at_ms);
	*item->last_at_ms = d->at_ms;
	item->fired++;
	item->due = 0;
	if (item->victim)
		weir_timers_cancel(item->timers, &item->victim->deadline);
	if (item->again_ms)
		weir_timers_set(item->timers, d, d->at_ms + item->again_ms);
}

static void items_init(struct item *items, size_t n, struct weir_timers *t, uint64_t *last)
{
	*last = 0;
	for (size_t i = 0; i < n; i++)
		items[i] = (struct item){.deadline = {.fire = on_fire}, .timers = t, .last_at_ms = last};
}

static void test_order(void)
{
	struct item items[5];
	struct weir_timers t;
	uint64_t last;

	weir_timers_init(&t);
	items_init(items, 5, &t, &last);
	CU_ASSERT_EQUAL(weir_timers_next(&t), UINT64_MAX);
	CU_ASSERT_EQUAL(weir_timers_run(&t, 1000, 10), 0);
	for (uint64_t i = 0; i < 5; i++)
		weir_timers_set(&t, &items[i].deadline, 100 - 10 * i);
	CU_ASSERT_EQUAL(weir_timers_next(&t), 60);
	CU_ASSERT_EQUAL(weir_timers_run(&t, 59, 10), 0);
	CU_ASSERT_EQUAL(weir_timers_run(&t, 80, 2), 2);
	CU_ASSERT_EQUAL(weir_timers_next(&t), 80);
	weir_timers_set(&t, &items[0].deadline, 70); /* from the last place to the first */
	CU_ASSERT_EQUAL(weir_timers_next(&t), 70);
	weir_timers_cancel(&t, &items[0].deadline);
	weir_timers_cancel(&t, &items[0].deadline);
	CU_ASSERT_EQUAL(weir_timers_run(&t, 1000, 10), 2);
	CU_ASSERT_EQUAL(items[0].fired, 0);
	CU_ASSERT_EQUAL(items[1].fired + items[2].fired + items[3].fired + items[4].fired, 4);
	weir_timers_set(&t, &items[0].deadline, 5);
	weir_timers_fini(&t);
	CU_ASSERT_EQUAL(items[0].deadline.pos, 0);
}

static void test_callbacks(void)
{
	struct item items[3];
	struct weir_timers t;
	uint64_t last;

	weir_timers_init(&t);
	items_init(items, 3, &t, &last);
	items[0].victim = &items[1];
	items[2].again_ms = 1;
	weir_timers_set(&t, &items[0].deadline, 10);
	weir_timers_set(&t, &items[1].deadline, 10);
	weir_timers_cancel(&t, &items[1].deadline);
	weir_timers_set(&t, &items[1].deadline, 11);
	weir_timers_set(&t, &items[2].deadline, 12);
	/* Number 2 is due again and again; the budget ends the run. */
	CU_ASSERT_EQUAL(weir_timers_run(&t, 1000, 50), 50);
	CU_ASSERT_EQUAL(items[0].fired, 1);
	CU_ASSERT_EQUAL(items[1].fired, 0);
	CU_ASSERT_EQUAL(items[2].fired, 49);
	CU_ASSERT_EQUAL(weir_timers_next(&t), 12 + 49);
	weir_timers_fini(&t);
}

static void test_against_array(void)
{
	static struct item items[COUNT];
	struct weir_random r;
	struct weir_timers t;
	uint64_t last, now = 0;

	weir_random_seeded(&r, weir_test_seed());
	weir_timers_init(&t);
	items_init(items, COUNT, &t, &last);
	for (int round = 0; round < 5000; round++) {
		struct item *item = &items[weir_random_below(&r, COUNT)];
		uint64_t first = UINT64_MAX;
		size_t due = 0;

		if (weir_random_below(&r, 4) == 0) {
			weir_timers_cancel(&t, &item->deadline);
			item->due = 0;
		} else {
			item->due = now + 1 + weir_random_below(&r, 300);
			weir_timers_set(&t, &item->deadline, item->due);
		}
		for (size_t i = 0; i < COUNT; i++)
			if (items[i].due && items[i].due < first)
				first = items[i].due;
		if (weir_timers_next(&t) != first) {
			CU_FAIL("not the earliest");
			break;
		}
		now += weir_random_below(&r, 3);
		for (size_t i = 0; i < COUNT; i++)
			due += items[i].due && items[i].due <= now;
		last = 0;
		if (weir_timers_run(&t, now, COUNT) != due) {
			CU_FAIL("fired something else than what was due");
			break;
		}
	}
	weir_timers_fini(&t);
}

const char weir_test_suite[] = "base/timers";
CU_TestInfo weir_tests[] = {
	{"order, moving, cancelling", test_order},
	{"callbacks that set and cancel", test_callbacks},
	{"random run against an array", test_against_array},
	CU_TEST_INFO_NULL,
};
