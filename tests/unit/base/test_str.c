/* SPDX-License-Identifier: Apache-2.0 */
/* Slices: comparing and cutting, and tables for numbers, durations and sizes. */
#include "test.h"

#include <stdio.h>

#include "weir/base/mem.h"
#include "weir/base/str.h"

static void test_compare(void)
{
	CU_ASSERT(weir_str_eq(WEIR_STR("a\0b"), weir_str_n("a\0b", 3)));
	CU_ASSERT_FALSE(weir_str_eq(WEIR_STR("a\0b"), WEIR_STR("a\0c")));
	CU_ASSERT(weir_str_eq(WEIR_STR(""), WEIR_STR_NONE));
	CU_ASSERT(weir_str_caseeq(WEIR_STR("Content-TYPE"), WEIR_STR("content-type")));
	CU_ASSERT_FALSE(weir_str_caseeq(WEIR_STR("a"), WEIR_STR("ab")));
	CU_ASSERT_FALSE(weir_str_caseeq(WEIR_STR("["), WEIR_STR("{")));
	CU_ASSERT_FALSE(weir_str_caseeq(WEIR_STR("\xc4"), WEIR_STR("\xe4")));
	CU_ASSERT(weir_str_starts(WEIR_STR("weir"), WEIR_STR("we")));
	CU_ASSERT(weir_str_starts(WEIR_STR_NONE, WEIR_STR("")));
	CU_ASSERT_FALSE(weir_str_starts(WEIR_STR("w"), WEIR_STR("we")));
	CU_ASSERT(weir_str_ends(WEIR_STR("weir"), WEIR_STR("ir")));
	CU_ASSERT_FALSE(weir_str_ends(WEIR_STR("weir"), WEIR_STR("we")));
	CU_ASSERT_FALSE(weir_str_ends(WEIR_STR("r"), WEIR_STR("ir")));
	CU_ASSERT(weir_str_contains(WEIR_STR("weir"), WEIR_STR("ei")));
	CU_ASSERT(weir_str_contains(WEIR_STR_NONE, WEIR_STR("")));
	CU_ASSERT_FALSE(weir_str_contains(WEIR_STR("weir"), WEIR_STR("ie")));
	CU_ASSERT_FALSE(weir_str_contains(WEIR_STR_NONE, WEIR_STR("x")));
}

static void test_cut(void)
{
	struct weir_str rest = WEIR_STR("a,,b"), part;

	CU_ASSERT(weir_str_is(weir_str_trim(WEIR_STR(" \t\r\nx y\n ")), "x y"));
	CU_ASSERT(weir_str_is(weir_str_trim(WEIR_STR(" \n")), ""));
	CU_ASSERT(weir_str_is(weir_str_cut(&rest, ','), "a"));
	part = weir_str_cut(&rest, ',');
	CU_ASSERT(part.p != NULL && part.n == 0);
	CU_ASSERT(weir_str_is(weir_str_cut(&rest, ','), "b"));
	CU_ASSERT_PTR_NULL(rest.p);
	CU_ASSERT_PTR_NULL(weir_str_cut(&rest, ',').p);
	/* A separator at the end leaves an empty part, which is not absent. */
	rest = WEIR_STR("a,");
	CU_ASSERT(weir_str_is(weir_str_cut(&rest, ','), "a"));
	CU_ASSERT(rest.p != NULL && rest.n == 0);
	part = weir_str_cut(&rest, ',');
	CU_ASSERT(part.p != NULL && part.n == 0);
	CU_ASSERT_PTR_NULL(rest.p);
}

static void test_integers(void)
{
	static const struct {
		const char *text;
		int u_err, i_err;
		uint64_t u;
		int64_t i;
	} rows[] = {
		{"0", 0, 0, 0, 0},
		{"007", 0, 0, 7, 7},
		{"9223372036854775807", 0, 0, INT64_MAX, INT64_MAX},
		{"9223372036854775808", 0, WEIR_ELIMIT, (uint64_t)INT64_MAX + 1, 0},
		{"18446744073709551615", 0, WEIR_ELIMIT, UINT64_MAX, 0},
		{"18446744073709551616", WEIR_ELIMIT, WEIR_ELIMIT, 0, 0},
		{"99999999999999999999999", WEIR_ELIMIT, WEIR_ELIMIT, 0, 0},
		{"99999999999999999999999x", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"-1", WEIR_EPARSE, 0, 0, -1},
		{"-0", WEIR_EPARSE, 0, 0, 0},
		{"-9223372036854775808", WEIR_EPARSE, 0, 0, INT64_MIN},
		{"-9223372036854775809", WEIR_EPARSE, WEIR_ELIMIT, 0, 0},
		{"", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"-", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"--1", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"+1", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{" 1", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"1 ", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"1.0", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
		{"0x1", WEIR_EPARSE, WEIR_EPARSE, 0, 0},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		uint64_t u = 0;
		int64_t s = 0;

		CU_ASSERT_EQUAL(weir_str_u64(weir_str(rows[i].text), &u), rows[i].u_err);
		CU_ASSERT_EQUAL(weir_str_i64(weir_str(rows[i].text), &s), rows[i].i_err);
		CU_ASSERT_EQUAL(u, rows[i].u);
		CU_ASSERT_EQUAL(s, rows[i].i);
	}
}

struct row {
	const char *text;
	int err;
	int64_t value;
};

static void check_rows(int (*parse)(struct weir_str, int64_t *), const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t v = -77;
		int err = parse(weir_str(rows[i].text), &v);

		if (err != rows[i].err || v != (err ? -77 : rows[i].value)) {
			printf("%s: %d %lld\n", rows[i].text, err, (long long)v);
			CU_FAIL("wrong value");
		}
	}
}

static void test_duration(void)
{
	static const struct row rows[] = {
		{"300s", 0, 300000},
		{"1h30m", 0, 5400000},
		{"250ms", 0, 250},
		{"1.5s", 0, 1500},
		{".5s", 0, 500},
		{"1.s", 0, 1000},
		{"0", 0, 0},
		{"-0", 0, 0},
		{"0s", 0, 0},
		{"-1s", 0, -1000},
		{"+1s", 0, 1000},
		{"1m1ms", 0, 60001},
		{"1ms1m", 0, 60001},
		{"200us", 0, 1},
		{"1ns", 0, 1},
		{"-1ns", 0, -1},
		{"1500\xc2\xb5s", 0, 2},
		{"0.001s", 0, 1},
		{"0.1h", 0, 360000},
		{"2562047h", 0, 9223369200000},
		{"2562048h", WEIR_ELIMIT, 0},
		{"9223372036s1h", WEIR_ELIMIT, 0},
		{"99999999999999999999s", WEIR_ELIMIT, 0},
		{"", WEIR_EPARSE, 0},
		{"-", WEIR_EPARSE, 0},
		{"1", WEIR_EPARSE, 0},
		{"s", WEIR_EPARSE, 0},
		{".s", WEIR_EPARSE, 0},
		{"1d", WEIR_EPARSE, 0},
		{"1 s", WEIR_EPARSE, 0},
		{"1s ", WEIR_EPARSE, 0},
		{"1s2", WEIR_EPARSE, 0},
		{"1s-1s", WEIR_EPARSE, 0},
		{"1S", WEIR_EPARSE, 0},
	};

	check_rows(weir_str_duration, rows, WEIR_ARRAY_LEN(rows));
}

static void test_bytes(void)
{
	static const struct row rows[] = {
		{"0", 0, 0},
		{"1000", 0, 1000},
		{"64KiB", 0, 65536},
		{"10MiB", 0, 10485760},
		{"1GiB", 0, 1073741824},
		{"8589934591GiB", 0, 9223372035781033984},
		{"8589934592GiB", WEIR_ELIMIT, 0},
		{"18446744073709551616", WEIR_ELIMIT, 0},
		{"", WEIR_EPARSE, 0},
		{"KiB", WEIR_EPARSE, 0},
		{"1kib", WEIR_EPARSE, 0},
		{"1KB", WEIR_EPARSE, 0},
		{"1KiBx", WEIR_EPARSE, 0},
		{"1.5KiB", WEIR_EPARSE, 0},
		{"-1", WEIR_EPARSE, 0},
		{"1 KiB", WEIR_EPARSE, 0},
	};

	check_rows(weir_str_bytes, rows, WEIR_ARRAY_LEN(rows));
}

const char weir_test_suite[] = "base/str";
CU_TestInfo weir_tests[] = {
	{"comparing", test_compare},
	{"trimming and cutting", test_cut},
	{"integers", test_integers},
	{"durations", test_duration},
	{"sizes", test_bytes},
	CU_TEST_INFO_NULL,
};
