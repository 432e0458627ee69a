/* SPDX-License-Identifier: Apache-2.0 */
/* The clock: the real one is sane, and one handed in is the one asked. */
#include "test.h"

#include <time.h>

#include "weir/base/clock.h"

static void test_real(void)
{
	uint64_t mono = weir_mono_ms(&weir_clock_real);
	int64_t before = (int64_t)time(NULL), wall = weir_wall_ms(&weir_clock_real), after = (int64_t)time(NULL);

	for (int i = 0; i < 1000; i++) {
		uint64_t now = weir_mono_ms(&weir_clock_real);

		if (now < mono)
			CU_FAIL("went backwards");
		mono = now;
	}
	/* time() may lag behind by a tick. */
	CU_ASSERT(wall / 1000 >= before && wall / 1000 <= after + 1);
}

static uint64_t fake_mono(void *ctx)
{
	return *(uint64_t *)ctx;
}

static int64_t fake_wall(void *ctx)
{
	return -(int64_t) * (uint64_t *)ctx;
}

static void test_handed_in(void)
{
	uint64_t now = 42;
	struct weir_clock clock = {fake_mono, fake_wall, &now};

	CU_ASSERT_EQUAL(weir_mono_ms(&clock), 42);
	now = 43;
	CU_ASSERT_EQUAL(weir_mono_ms(&clock), 43);
	CU_ASSERT_EQUAL(weir_wall_ms(&clock), -43);
}

const char weir_test_suite[] = "base/clock";
CU_TestInfo weir_tests[] = {
	{"the real clock", test_real},
	{"a clock handed in", test_handed_in},
	CU_TEST_INFO_NULL,
};
