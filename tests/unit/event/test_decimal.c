/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals: what reads as a Number, equal values in other spellings, order, digits beyond the nineteenth. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "decimal_priv.h"
#include "weir/base/buf.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

static void test_syntax(void)
{
	static const char *const good[] = {"0", "-0", "+0.0", "007", "1.50", "-12.5", "+3", "0.000"};
	static const char *const bad[] = {"", "-", "+", ".", ".5", "5.", "1e3", " 1", "1 ", "1.2.3", "--1", "+-1",
		"0x10", "1,5", "seven", "1.-5", "NaN", "\xd9\xa1"};
	struct weir_decimal d;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(good); i++)
		CU_ASSERT(weir__decimal_parse(weir_str(good[i]), &d));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_FALSE(weir__decimal_parse(weir_str(bad[i]), &d));
	CU_ASSERT_FALSE(weir__decimal_parse(WEIR_STR_NONE, &d));
}

static void test_order(void)
{
	/* Ascending; texts in a row are equal. */
	static const char *const rows[][3] = {{"-1000000000000000000000", "-1000000000000000000000.0"},
		{"-9999999999999999999"}, {"-12.5", "-012.50"}, {"-12.4999"}, {"-1"}, {"-0.5"}, {"-0.05"},
		{"0", "-0", "+0.000"}, {"0.0000001"}, {"0.05"}, {"0.3", "0.30", "+00.3"}, {"0.31"}, {"1", "1.0", "01"},
		{"7"}, {"10", "10.000"}, {"99"}, {"100"}, {"9007199254740992"}, {"9007199254740993"},
		{"9999999999999999999"}, {"10000000000000000000"}, {"18446744073709551616"}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < WEIR_ARRAY_LEN(rows); k++)
			for (size_t a = 0; a < 3 && rows[i][a]; a++)
				for (size_t b = 0; b < 3 && rows[k][b]; b++) {
					struct weir_decimal x, y;
					int order;

					CU_ASSERT(weir__decimal_parse(weir_str(rows[i][a]), &x));
					CU_ASSERT(weir__decimal_parse(weir_str(rows[k][b]), &y));
					order = weir__decimal_compare(&x, &y);
					CU_ASSERT_EQUAL((order > 0) - (order < 0), (i > k) - (i < k));
				}
}

static bool equal(const char *a, const char *b)
{
	struct weir_decimal x, y;

	return weir__decimal_parse(weir_str(a), &x) && weir__decimal_parse(weir_str(b), &y) &&
	       weir__decimal_compare(&x, &y) == 0;
}

static void test_digits(void)
{
	/* Nineteen digits count, leading zeros are none; the others are dropped toward zero. */
	CU_ASSERT(equal("1.2345678901234567890", "1.2345678901234567899"));
	CU_ASSERT_FALSE(equal("1.234567890123456789", "1.234567890123456788"));
	CU_ASSERT(equal("0.00012345678901234567890", "0.0001234567890123456789"));
	CU_ASSERT(equal("-99999999999999999999", "-99999999999999999990"));
	CU_ASSERT_FALSE(equal("99999999999999999999", "100000000000000000000"));
}

static void test_bounds(void)
{
	struct weir_decimal d;
	struct weir_buf b;

	weir_buf_init(&b, 5000);
	weir_buf_printf(&b, "1%01000d", 0); /* 10^1000 */
	CU_ASSERT_FALSE(weir__decimal_parse(weir_buf_view(&b), &d));
	CU_ASSERT(weir__decimal_parse(weir_str_n(b.p, 1000), &d));
	CU_ASSERT_EQUAL(d.magnitude, 1000);
	weir_buf_reset(&b);
	weir_buf_printf(&b, "-0.%01000d", 1); /* 10^-1000 */
	CU_ASSERT(weir__decimal_parse(weir_buf_view(&b), &d));
	CU_ASSERT(d.digits > 0 && d.negative);
	weir_buf_reset(&b);
	weir_buf_printf(&b, "-0.%01001d", 9); /* below */
	CU_ASSERT(weir__decimal_parse(weir_buf_view(&b), &d));
	CU_ASSERT(d.digits == 0 && !d.negative);
	weir_buf_fini(&b);
}

static void test_against_integers(void)
{
	struct weir_random r;
	unsigned wrong = 0;

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 20000; i++) {
		/* Small differences, big differences; with a common number of decimals the order is that of the
		 * integers. */
		int64_t a = (int64_t)(weir_random_u64(&r) >> weir_random_below(&r, 63)) / 16;
		int64_t b = weir_random_below(&r, 2) ? a + (int64_t)weir_random_below(&r, 3) - 1 : -a / 10;
		struct weir_decimal x, y;
		char p[40], q[40];
		int order;

		snprintf(p, sizeof(p), "%s%lld.%03lld", a < 0 ? "-" : "", llabs(a / 1000), llabs(a % 1000));
		snprintf(q, sizeof(q), "%s%lld.%03lld", b < 0 ? "-" : "", llabs(b / 1000), llabs(b % 1000));
		if (!weir__decimal_parse(weir_str(p), &x) || !weir__decimal_parse(weir_str(q), &y)) {
			CU_FAIL_FATAL("does not parse");
		}
		order = weir__decimal_compare(&x, &y);
		wrong += (order > 0) - (order < 0) != (a > b) - (a < b);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

const char weir_test_suite[] = "event/decimal";
CU_TestInfo weir_tests[] = {
	{"syntax", test_syntax},
	{"order", test_order},
	{"significant digits", test_digits},
	{"bounds", test_bounds},
	{"against integers", test_against_integers},
	CU_TEST_INFO_NULL,
};
