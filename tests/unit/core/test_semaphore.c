/* SPDX-License-Identifier: Apache-2.0 */
/* The semaphore: never more than its permits, first come first served, a bounded queue, cancel, and no nesting. */
#include "test.h"

#include <string.h>

#include "weir/core/semaphore.h"

const char weir_test_suite[] = "core/semaphore";

#define MANY 10000u

struct op {
	struct weir_semaphore_waiter w;
	char name;
};

static struct weir_semaphore s;
static struct op ops[8], many[MANY], late;
static char granted[16];
static unsigned depth, max_depth, n_granted;

static void on_granted(struct weir_semaphore_waiter *w)
{
	granted[strlen(granted)] = WEIR_CONTAINER_OF(w, struct op, w)->name;
}

static void setup(size_t permits, size_t max_waiting)
{
	memset(granted, 0, sizeof(granted));
	memset(ops, 0, sizeof(ops));
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(ops); i++)
		ops[i] = (struct op){.w.granted = on_granted, .name = (char)('a' + i)};
	weir_semaphore_init(&s, permits, max_waiting);
}

static void test_order_and_bounds(void)
{
	setup(2, 3);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[0].w), 1);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[1].w), 1);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[2].w), 0);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[3].w), 0);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[4].w), 0);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[5].w), WEIR_ENOROOM);
	CU_ASSERT_EQUAL(s.waiting, 3);
	CU_ASSERT_STRING_EQUAL(granted, ""); /* never from inside acquire() */
	weir_semaphore_release(&s);
	CU_ASSERT_STRING_EQUAL(granted, "c");
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[5].w), 0);
	weir_semaphore_release(&s);
	weir_semaphore_release(&s);
	weir_semaphore_release(&s);
	CU_ASSERT_STRING_EQUAL(granted, "cdef");
	CU_ASSERT_EQUAL(s.permits, 0);
	weir_semaphore_release(&s);
	weir_semaphore_release(&s);
	CU_ASSERT_EQUAL(s.permits, 2);
	CU_ASSERT_EQUAL(s.waiting, 0);
}

static void test_nobody_may_wait(void)
{
	setup(1, 0);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[0].w), 1);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[1].w), WEIR_ENOROOM);
	weir_semaphore_release(&s);
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[1].w), 1);
	CU_ASSERT_STRING_EQUAL(granted, "");
}

static void test_cancel(void)
{
	setup(1, 4);
	CU_ASSERT_FALSE(weir_semaphore_cancel(&s, &ops[7].w)); /* it never asked */
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[i].w), i == 0);
	CU_ASSERT_FALSE(weir_semaphore_cancel(&s, &ops[0].w));
	CU_ASSERT_TRUE(weir_semaphore_cancel(&s, &ops[2].w));
	CU_ASSERT_FALSE(weir_semaphore_cancel(&s, &ops[2].w));
	CU_ASSERT_EQUAL(s.waiting, 2);
	weir_semaphore_release(&s);
	CU_ASSERT_FALSE(weir_semaphore_cancel(&s, &ops[1].w)); /* too late: it holds a permit */
	weir_semaphore_release(&s);
	weir_semaphore_release(&s);
	CU_ASSERT_STRING_EQUAL(granted, "bd");
	CU_ASSERT_EQUAL(s.permits, 1);
}

static void on_granted_release(struct weir_semaphore_waiter *w)
{
	depth++;
	max_depth = depth > max_depth ? depth : max_depth;
	if (w == &many[n_granted].w)
		n_granted++;
	weir_semaphore_release(&s);
	depth--;
}

/* A queue of operations that are over at once is served in order without nesting. */
static void test_release_inside_grant(void)
{
	setup(1, MANY);
	depth = max_depth = n_granted = 0;
	CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[0].w), 1);
	for (unsigned i = 0; i < MANY; i++) {
		many[i].w.granted = on_granted_release;
		if (weir_semaphore_acquire(&s, &many[i].w) != 0)
			CU_FAIL("refused");
	}
	weir_semaphore_release(&s);
	CU_ASSERT_EQUAL(n_granted, MANY);
	CU_ASSERT_EQUAL(max_depth, 1);
	CU_ASSERT_EQUAL(s.permits, 1);
}

static int late_acquire;

static void on_granted_release_and_ask(struct weir_semaphore_waiter *w)
{
	on_granted(w);
	weir_semaphore_release(&s);
	late_acquire = weir_semaphore_acquire(&s, &late.w);
}

/* The permit is free for a moment, but others were there first. */
static void test_acquire_inside_grant_does_not_overtake(void)
{
	setup(1, 8);
	late = (struct op){.w.granted = on_granted, .name = 'z'};
	late_acquire = -1;
	ops[1].w.granted = on_granted_release_and_ask;
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(weir_semaphore_acquire(&s, &ops[i].w), i == 0);
	weir_semaphore_release(&s);
	CU_ASSERT_EQUAL(late_acquire, 0);
	CU_ASSERT_STRING_EQUAL(granted, "bc");
	weir_semaphore_release(&s);
	CU_ASSERT_STRING_EQUAL(granted, "bcz");
	weir_semaphore_release(&s);
	CU_ASSERT_EQUAL(s.permits, 1);
}

CU_TestInfo weir_tests[] = {
	{"order and bounds", test_order_and_bounds},
	{"nobody may wait", test_nobody_may_wait},
	{"cancel", test_cancel},
	{"release inside a grant does not nest", test_release_inside_grant},
	{"acquire inside a grant does not overtake", test_acquire_inside_grant_does_not_overtake},
	CU_TEST_INFO_NULL,
};
