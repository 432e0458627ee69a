/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers: texts in and out, arithmetic against 128-bit integers, the bounds of magnitude, digits that are dropped. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "number_priv.h"
#include "weir/base/buf.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

__extension__ typedef unsigned __int128 number_wide;

static struct weir_decimal number(const char *text)
{
	struct weir_decimal d = {0};

	if (!weir__number_parse_json(weir_str(text), &d)) {
		printf("%s\n", text);
		CU_FAIL_FATAL("does not parse");
	}
	return d;
}

static bool is(const struct weir_decimal *d, const char *text)
{
	char room[NUMBER_TEXT];
	size_t n = weir__number_text(d, room);

	if (n > NUMBER_TEXT || !weir_str_is(weir_str_n(room, n), text)) {
		printf("is %.*s, wanted %s\n", (int)n, room, text);
		return false;
	}
	return true;
}

static void test_syntax(void)
{
	static const char *const good[] = {"0", "-0", "+0.0", "007", "1.50", "-12.5", "+3", "0.000"};
	static const char *const bad[] = {"", "-", "+", ".", ".5", "5.", "1e3", " 1", "1 ", "1.2.3", "--1", "+-1",
		"0x10", "1,5", "seven", "1.-5", "NaN", "\xd9\xa1"};
	struct weir_decimal d;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(good); i++)
		CU_ASSERT(weir__number_parse(weir_str(good[i]), &d));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_FALSE(weir__number_parse(weir_str(bad[i]), &d));
	CU_ASSERT_FALSE(weir__number_parse(WEIR_STR_NONE, &d));
}

static void test_texts(void)
{
	static const char *const rows[][2] = {{"0", "0"}, {"-0.0", "0"}, {"0e999999999999", "0"}, {"19.90", "19.9"},
		{"-0.5", "-0.5"}, {"100", "100"}, {"1e2", "100"}, {"1E+2", "100"}, {"12.5e-1", "1.25"}, {"5e0", "5"},
		{"0.000001", "0.000001"}, {"0.0000009", "9e-7"}, {"1e-7", "1e-7"}, {"-12345e-12", "-1.2345e-8"},
		{"1e20", "100000000000000000000"}, {"999999999999999999999", "999999999999999999900"},
		{"1e21", "1e+21"}, {"2.5e21", "2.5e+21"}, {"9007199254740993", "9007199254740993"},
		{"1.23456789012345678901", "1.234567890123456789"}, {"-9999999999999999999", "-9999999999999999999"},
		{"-1.999999999999999999e-1000", "-1.999999999999999999e-1000"},
		{"9.999999999999999999e999", "9.999999999999999999e+999"}, {"9.99e-1001", "0"},
		{"1e-99999999999999", "0"}};
	struct weir_decimal d;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		d = number(rows[i][0]);
		CU_ASSERT(is(&d, rows[i][1]));
	}
	CU_ASSERT_FALSE(weir__number_parse_json(WEIR_STR("1e1000"), &d));
	CU_ASSERT_FALSE(weir__number_parse_json(WEIR_STR("-10e999"), &d));
	CU_ASSERT_FALSE(weir__number_parse_json(WEIR_STR("1e99999999999999999999"), &d));
}

/* A text that is read again is the same value. */
static void test_texts_read_back(void)
{
	struct weir_random r;

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 5000; i++) {
		char text[64], room[NUMBER_TEXT];
		struct weir_decimal d, again;

		snprintf(text, sizeof(text), "%s%llue%d", i & 1 ? "-" : "",
			(unsigned long long)(weir_random_u64(&r) >> weir_random_below(&r, 64)),
			(int)weir_random_below(&r, 1900) - 950);
		d = number(text);
		CU_ASSERT_FATAL(weir__number_parse_json(weir_str_n(room, weir__number_text(&d, room)), &again));
		CU_ASSERT_EQUAL_FATAL(weir__number_compare(&d, &again), 0);
	}
}

static void test_arithmetic(void)
{
	static const char *const rows[][4] = {{"0.1", "+", "0.2", "0.3"}, {"19.99", "*", "3", "59.97"},
		{"1", "/", "3", "0.3333333333333333333"}, {"2", "/", "-3", "-0.6666666666666666666"},
		{"45", "/", "60", "0.75"}, {"0", "/", "7", "0"}, {"9", "/", "9", "1"}, {"1", "-", "1", "0"},
		{"0", "-", "5", "-5"}, {"5", "+", "0", "5"}, {"0", "-", "0", "0"}, {"-1", "*", "0", "0"},
		{"9999999999999999999", "+", "1", "10000000000000000000"},
		{"9999999999999999999", "+", "9999999999999999999", "19999999999999999990"},
		{"9999999999999999999", "*", "9999999999999999999", "9.999999999999999998e+37"},
		/* toward zero, however small what is added */
		{"1", "+", "1e-30", "1"}, {"1", "-", "1e-30", "0.9999999999999999999"},
		{"1", "-", "1e-900", "0.9999999999999999999"}, {"-1", "+", "1e-900", "-0.9999999999999999999"},
		{"1000000000000000000", "-", "1e-19", "999999999999999999.9"},
		{"1.000000000000000001", "-", "1", "1e-18"}, {"1", "-", "0.9999999999999999999", "1e-19"},
		{"1e-600", "*", "1e-600", "0"}, {"1e600", "*", "1e-600", "1"}, {"1e-600", "/", "1e600", "0"},
		{"1e999", "-", "1e999", "0"}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_decimal a = number(rows[i][0]), b = number(rows[i][2]), c;
		char op = *rows[i][1];

		CU_ASSERT((op == '+'   ? weir__number_add
			   : op == '-' ? weir__number_subtract
			   : op == '*' ? weir__number_multiply
				       : weir__number_divide)(&a, &b, &c));
		CU_ASSERT(is(&c, rows[i][3]));
	}
}

static void test_overflow(void)
{
	struct weir_decimal big = number("9.999999999999999999e999"), half = number("5e999"), tiny = number("1e-1"), c;

	CU_ASSERT_FALSE(weir__number_add(&half, &half, &c));
	CU_ASSERT_FALSE(weir__number_add(&big, &big, &c));
	CU_ASSERT_FALSE(weir__number_multiply(&big, &big, &c));
	CU_ASSERT_FALSE(weir__number_divide(&big, &tiny, &c));
	CU_ASSERT(weir__number_subtract(&big, &half, &c));
	CU_ASSERT(is(&c, "4.999999999999999999e+999"));
}

static bool integer(const char *text, int32_t *out)
{
	struct weir_decimal d = number(text);

	return weir__number_to_integer(&d, out);
}

static void test_integers(void)
{
	static const int64_t rows[] = {0, 1, -1, 10, 999, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1767225600000};
	int32_t v;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_decimal d = weir__number_integer(rows[i]);
		char text[32];

		snprintf(text, sizeof(text), "%lld", (long long)rows[i]);
		CU_ASSERT(is(&d, text));
	}
	CU_ASSERT(integer("0", &v) && v == 0);
	CU_ASSERT(integer("-0.0", &v) && v == 0);
	CU_ASSERT(integer("5e1", &v) && v == 50);
	CU_ASSERT(integer("2147483647", &v) && v == INT32_MAX);
	CU_ASSERT(integer("-2147483648", &v) && v == INT32_MIN);
	CU_ASSERT(integer("1e9", &v) && v == 1000000000);
	CU_ASSERT_FALSE(integer("2147483648", &v));
	CU_ASSERT_FALSE(integer("-2147483649", &v));
	CU_ASSERT_FALSE(integer("1e10", &v));
	CU_ASSERT_FALSE(integer("0.5", &v));
	CU_ASSERT_FALSE(integer("1000000000.5", &v));
	CU_ASSERT_FALSE(integer("1e-5", &v));
}

/* Integers of up to 9 digits, with three decimals: sums and products are exact. */
static void test_against_integers(void)
{
	struct weir_random r;
	unsigned wrong = 0;

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 20000; i++) {
		long long a = (long long)weir_random_below(&r, 1999999999) - 999999999;
		long long b = ((long long)weir_random_below(&r, 1999999999) - 999999999) >> weir_random_below(&r, 30);
		struct weir_decimal x, y, sum, difference, product, wanted;
		char text[64];

		snprintf(text, sizeof(text), "%llde-3", a);
		x = number(text);
		snprintf(text, sizeof(text), "%llde-3", b);
		y = number(text);
		wrong += !weir__number_add(&x, &y, &sum) || !weir__number_subtract(&x, &y, &difference) ||
			 !weir__number_multiply(&x, &y, &product);
		snprintf(text, sizeof(text), "%llde-3", a + b);
		wanted = number(text);
		wrong += weir__number_compare(&sum, &wanted) != 0;
		snprintf(text, sizeof(text), "%llde-3", a - b);
		wanted = number(text);
		wrong += weir__number_compare(&difference, &wanted) != 0;
		snprintf(text, sizeof(text), "%llde-6", a * b);
		wanted = number(text);
		wrong += weir__number_compare(&product, &wanted) != 0;
		wrong += (weir__number_compare(&x, &y) > 0) - (weir__number_compare(&x, &y) < 0) != (a > b) - (a < b);
		if (b != 0 && a % b == 0) {
			wrong += !weir__number_divide(&x, &y, &sum);
			wanted = weir__number_integer(a / b);
			wrong += weir__number_compare(&sum, &wanted) != 0;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* A quotient times the divisor is the dividend, or a little less. */
static void test_quotients(void)
{
	struct weir_random r;
	unsigned wrong = 0;

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 20000; i++) {
		unsigned long long a = weir_random_u64(&r) >> weir_random_below(&r, 60), b;
		struct weir_decimal x, y, q;
		number_wide back;
		char text[64];

		b = 1 + (weir_random_u64(&r) >> weir_random_below(&r, 63));
		if (b > 9999999999999999999u)
			b /= 10;
		snprintf(text, sizeof(text), "%llu", a);
		x = number(text);
		snprintf(text, sizeof(text), "%llu", b);
		y = number(text);
		wrong += !weir__number_divide(&x, &y, &q);
		if (x.digits == 0) {
			wrong += q.digits != 0;
			continue;
		}
		/* As integers: q × y ≤ x × 10^k < (q + 1) × y. */
		back = (number_wide)x.digits * (x.digits < y.digits ? 10000000000000000000u : 1000000000000000000u);
		wrong += (number_wide)q.digits * y.digits > back || ((number_wide)q.digits + 1) * y.digits <= back;
		wrong += q.magnitude != x.magnitude - y.magnitude + (x.digits >= y.digits);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

const char weir_test_suite[] = "filter/number";
CU_TestInfo weir_tests[] = {
	{"syntax", test_syntax},
	{"texts", test_texts},
	{"texts read back", test_texts_read_back},
	{"arithmetic", test_arithmetic},
	{"overflow", test_overflow},
	{"integers", test_integers},
	{"against integers", test_against_integers},
	{"quotients", test_quotients},
	CU_TEST_INFO_NULL,
};
