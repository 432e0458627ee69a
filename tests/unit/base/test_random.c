/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness: a seed reproduces the bytes, bounds hold, ids have their form. */
#include "test.h"

#include <string.h>

#include "weir/base/random.h"

static void test_seeded(void)
{
	struct weir_random a, b, c;
	char x[100], y[100], z[100];

	weir_random_seeded(&a, 7);
	weir_random_seeded(&b, 7);
	weir_random_seeded(&c, 8);
	weir_random_fill(&a, x, sizeof(x));
	weir_random_fill(&b, y, sizeof(y));
	weir_random_fill(&c, z, sizeof(z));
	CU_ASSERT_EQUAL(memcmp(x, y, sizeof(x)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(x, z, sizeof(x)), 0);
	/* splitmix64(0) and the first output of xoshiro256** behind it, computed by hand elsewhere. */
	weir_random_seeded(&a, 0);
	CU_ASSERT_EQUAL(a.s[0], 0xe220a8397b1dcdaf);
	CU_ASSERT_EQUAL(a.s[1], 0x6e789e6aa1b965f4);
	CU_ASSERT_EQUAL(weir_random_u64(&a), 0x99ec5f36cb75f2b4);
}

static void test_below(void)
{
	struct weir_random r;
	unsigned hits[7] = {0};

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 7000; i++) {
		uint64_t x = weir_random_below(&r, 7);

		CU_ASSERT_FATAL(x < 7);
		hits[x]++;
	}
	/* 1000 each with a deviation of about 29: this far off is no accident. */
	for (int i = 0; i < 7; i++)
		CU_ASSERT(hits[i] > 700 && hits[i] < 1300);
	CU_ASSERT_EQUAL(weir_random_below(&r, 1), 0);
	CU_ASSERT(weir_random_below(&r, UINT64_MAX) < UINT64_MAX);
}

static void check_ids(struct weir_random *r)
{
	char id[37], other[37], letters[101];

	memset(letters, 0, sizeof(letters));
	weir_random_uuid(r, id);
	weir_random_uuid(r, other);
	CU_ASSERT_EQUAL(strlen(id), 36);
	CU_ASSERT_STRING_NOT_EQUAL(id, other);
	CU_ASSERT_EQUAL(strspn(id, "0123456789abcdef-"), 36);
	CU_ASSERT(id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-');
	CU_ASSERT_EQUAL(id[14], '4');
	CU_ASSERT_PTR_NOT_NULL(strchr("89ab", id[19]));
	weir_random_letters(r, letters, 100);
	CU_ASSERT_EQUAL(strspn(letters, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), 100);
	memset(letters, '#', sizeof(letters));
	weir_random_letters(r, letters, 3);
	CU_ASSERT_NOT_EQUAL(letters[2], '#');
	CU_ASSERT_EQUAL(letters[3], '#');
}

static void test_ids(void)
{
	struct weir_random r;

	weir_random_seeded(&r, weir_test_seed());
	check_ids(&r);
	weir_random_system(&r);
	check_ids(&r);
}

const char weir_test_suite[] = "base/random";
CU_TestInfo weir_tests[] = {
	{"a seed reproduces", test_seeded},
	{"below", test_below},
	{"ids and letters", test_ids},
	CU_TEST_INFO_NULL,
};
