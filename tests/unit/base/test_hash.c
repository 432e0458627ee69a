/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3 against values of other implementations. */
#include "test.h"

#include "weir/base/hash.h"
#include "weir/base/mem.h"

static void test_vectors(void)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} rows[] = {
		{"", 0xd1fba762150c532c},
		{"a", 0x407448d2b89b1813},
		{"abcdefg", 0x6db12aae9070f506},
		{"abcdefgh", 0x3f7b849c0b8e35ea},
		{"hello world, this is weir", 0x21fb9db579ca4eb3},
	};
	struct weir_hash_key zero = {0, 0}, counting = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(weir_hash(&zero, weir_str(rows[i].text)), rows[i].hash);
	CU_ASSERT_EQUAL(weir_hash(&counting, WEIR_STR("")), 0xabac0158050fc4dc);
	CU_ASSERT_EQUAL(weir_hash(&counting, WEIR_STR_NONE), 0xabac0158050fc4dc);
}

static void test_key_matters(void)
{
	struct weir_hash_key a = {1, 2}, b = {1, 3}, c = {2, 2};
	struct weir_str s = WEIR_STR("channel");

	CU_ASSERT_NOT_EQUAL(weir_hash(&a, s), weir_hash(&b, s));
	CU_ASSERT_NOT_EQUAL(weir_hash(&a, s), weir_hash(&c, s));
	CU_ASSERT_NOT_EQUAL(weir_hash(&a, s), weir_hash(&a, WEIR_STR("channem")));
	CU_ASSERT_NOT_EQUAL(weir_hash(&a, WEIR_STR("\0")), weir_hash(&a, WEIR_STR("\0\0")));
}

const char weir_test_suite[] = "base/hash";
CU_TestInfo weir_tests[] = {
	{"known values", test_vectors},
	{"key and length matter", test_key_matters},
	CU_TEST_INFO_NULL,
};
