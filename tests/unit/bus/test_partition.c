/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions: the same as other implementations of the two hashes say, spread evenly, and few move when there are more. */
#include "weir/bus/partition.h"

#include <stdio.h>

#include "test.h"

const char weir_test_suite[] = "bus/partition";

static void known(void)
{
	/* As in the tests of other implementations of the paper. */
	CU_ASSERT_EQUAL(weir_jump_hash(1, 1), 0);
	CU_ASSERT_EQUAL(weir_jump_hash(42, 57), 43);
	CU_ASSERT_EQUAL(weir_jump_hash(0xDEAD10CC, 1), 0);
	CU_ASSERT_EQUAL(weir_jump_hash(0xDEAD10CC, 666), 361);
	CU_ASSERT_EQUAL(weir_jump_hash(256, 1024), 520);
	/* XXH64 of nothing, by its specification. */
	CU_ASSERT_EQUAL(weir_partition_of(WEIR_STR(""), 1000), weir_jump_hash(0xEF46DB3751D8E999, 1000));
}

static void spread(void)
{
	enum { NAMES = 20000, PARTITIONS = 16 };
	unsigned count[PARTITIONS + 1] = {0}, moved = 0;

	for (unsigned i = 0; i < NAMES; i++) {
		char name[20];
		unsigned before, after;

		snprintf(name, sizeof(name), "room:%u", i);
		before = weir_partition_of(weir_str(name), PARTITIONS);
		after = weir_partition_of(weir_str(name), PARTITIONS + 1);
		CU_ASSERT_FATAL(before < PARTITIONS);
		CU_ASSERT(after == before || after == PARTITIONS);
		count[before]++;
		moved += after != before;
	}
	for (unsigned i = 0; i < PARTITIONS; i++)
		CU_ASSERT(count[i] > NAMES / PARTITIONS * 4 / 5 && count[i] < NAMES / PARTITIONS * 6 / 5);
	CU_ASSERT(moved > NAMES / (PARTITIONS + 1) * 4 / 5 && moved < NAMES / (PARTITIONS + 1) * 6 / 5);
}

static void key(void)
{
	char a[] = "a", b[] = "b";
	struct weir_namespace plain = {.name = a}, ordered = {.name = b, .ordered = true};

	CU_ASSERT(weir_str_is(weir_partition_key(NULL, WEIR_STR("x:1")), "x:1"));
	CU_ASSERT(weir_str_is(weir_partition_key(&plain, WEIR_STR("a:1")), "a:1"));
	CU_ASSERT(weir_str_is(weir_partition_key(&ordered, WEIR_STR("b:1")), "b"));
	CU_ASSERT(weir_str_is(weir_partition_key(&ordered, WEIR_STR("b:*")), "b"));
}

CU_TestInfo weir_tests[] = {
	{"known values", known},
	{"spread", spread},
	{"key", key},
	CU_TEST_INFO_NULL,
};
