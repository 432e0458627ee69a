/* SPDX-License-Identifier: Apache-2.0 */
/* Members of JSON objects, read by a table. */
#include "test.h"
#include "weir/base/mem.h"
#include "weir/wire/members.h"

const char weir_test_suite[] = "wire/members";

struct all {
	struct weir_str s, t, raw, object, array;
	uint64_t u64;
	int64_t i64;
	uint32_t u32;
	bool b;
};

static const struct weir_member table[] = {
	WEIR_MEMBER(all, s, STRING),
	WEIR_MEMBER(all, t, STRING),
	WEIR_MEMBER(all, raw, RAW),
	WEIR_MEMBER(all, object, OBJECT),
	WEIR_MEMBER(all, array, ARRAY),
	WEIR_MEMBER(all, u64, U64),
	WEIR_MEMBER(all, i64, I64),
	WEIR_MEMBER(all, u32, U32),
	WEIR_MEMBER(all, b, BOOL),
};

static struct weir_str object(const char *text)
{
	struct weir_json v = {0};

	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_str(text), WEIR_JSON_DEPTH, &v, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(v.type, WEIR_JSON_OBJECT);
	return v.text;
}

static void test_read(void)
{
	struct all a = {0};
	struct weir_buf scratch;
	struct weir_str text =
		object("{\"s\":\"x\",\"\\u0074\":\"\\u00e9\\n\",\"raw\": [ 1 ] ,\"object\":{\"s\":1},\"array\":[],"
		       "\"u64\":18446744073709551615,\"i64\":-9223372036854775808,\"u32\":4294967295,"
		       "\"b\":true,\"other\":{\"s\":2},\"other\":3}");

	weir_buf_init(&scratch, 1000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(weir_buf_reserve(&scratch, text.n));
	CU_ASSERT_EQUAL(weir_members_read(text, table, WEIR_ARRAY_LEN(table), &scratch, &a, NULL), 0);
	CU_ASSERT(weir_str_is(a.s, "x"));
	CU_ASSERT(a.s.p > text.p && a.s.p < text.p + text.n); /* no copy */
	CU_ASSERT(weir_str_is(a.t, "\xc3\xa9\n"));
	CU_ASSERT(weir_str_is(a.raw, "[ 1 ]"));
	CU_ASSERT(weir_str_is(a.object, "{\"s\":1}"));
	CU_ASSERT(weir_str_is(a.array, "[]"));
	CU_ASSERT_EQUAL(a.u64, UINT64_MAX);
	CU_ASSERT_EQUAL(a.i64, INT64_MIN);
	CU_ASSERT_EQUAL(a.u32, UINT32_MAX);
	CU_ASSERT_TRUE(a.b);
	weir_buf_fini(&scratch);
}

static void test_null(void)
{
	struct all a = {.u64 = 7};

	CU_ASSERT_EQUAL(weir_members_read(object("{\"s\":null,\"u64\":null,\"b\":null,\"raw\":null}"), table,
				WEIR_ARRAY_LEN(table), NULL, &a, NULL),
		0);
	CU_ASSERT_PTR_NULL(a.s.p);
	CU_ASSERT_PTR_NULL(a.raw.p);
	CU_ASSERT_EQUAL(a.u64, 7);
}

static void test_wrong(void)
{
	static const struct {
		const char *text;
		int err;
		const char *member, *expected;
	} cases[] = {
		{"{\"s\":1}", WEIR_EPARSE, "s", "a string"},
		{"{\"b\":0}", WEIR_EPARSE, "b", "true or false"},
		{"{\"u32\":4294967296}", WEIR_EPARSE, "u32", "a whole number below 2^32"},
		{"{\"u32\":-1}", WEIR_EPARSE, "u32", "a whole number below 2^32"},
		{"{\"u64\":18446744073709551616}", WEIR_EPARSE, "u64", "a whole number below 2^64"},
		{"{\"i64\":1.0}", WEIR_EPARSE, "i64", "a whole number"},
		{"{\"object\":[]}", WEIR_EPARSE, "object", "an object"},
		{"{\"array\":{}}", WEIR_EPARSE, "array", "an array"},
		{"{\"b\":true,\"x\":1,\"\\u0062\":true}", WEIR_EINVALID, "b", "true or false"},
		{"{\"raw\":null,\"raw\":null}", WEIR_EINVALID, "raw", "a value"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		const struct weir_member *wrong = NULL;
		struct all a = {0};

		CU_ASSERT_EQUAL(
			weir_members_read(object(cases[i].text), table, WEIR_ARRAY_LEN(table), NULL, &a, &wrong),
			cases[i].err);
		CU_ASSERT_PTR_NOT_NULL_FATAL(wrong);
		CU_ASSERT_STRING_EQUAL(wrong->name, cases[i].member);
		CU_ASSERT_STRING_EQUAL(weir_member_type_text(wrong->type), cases[i].expected);
	}
}

static void test_find(void)
{
	CU_ASSERT_PTR_EQUAL(weir_members_find(table, WEIR_ARRAY_LEN(table), WEIR_STR("\"raw\"")), &table[2]);
	CU_ASSERT_PTR_EQUAL(weir_members_find(table, WEIR_ARRAY_LEN(table), WEIR_STR("\"r\\u0061w\"")), &table[2]);
	CU_ASSERT_PTR_NULL(weir_members_find(table, WEIR_ARRAY_LEN(table), WEIR_STR("\"ra\"")));
	CU_ASSERT_PTR_NULL(weir_members_find(table, WEIR_ARRAY_LEN(table), WEIR_STR("\"\"")));
}

CU_TestInfo weir_tests[] = {
	{"read", test_read},
	{"null", test_null},
	{"wrong", test_wrong},
	{"find", test_find},
	CU_TEST_INFO_NULL,
};
