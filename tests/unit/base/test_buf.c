/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer: its ceiling, what failing means, and a random run against a plain array. */
#include "test.h"

#include <stdlib.h>

#include "weir/base/buf.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

static void test_append(void)
{
	struct weir_buf b;

	weir_buf_init(&b, 1000);
	CU_ASSERT_PTR_NULL(b.p);
	weir_buf_append(&b, NULL, 0);
	CU_ASSERT_FALSE(b.failed);
	weir_buf_lit(&b, "a=");
	weir_buf_u64(&b, UINT64_MAX);
	weir_buf_char(&b, ' ');
	weir_buf_i64(&b, INT64_MIN);
	weir_buf_str(&b, WEIR_STR(" "));
	weir_buf_i64(&b, 0);
	weir_buf_printf(&b, " %s-%d", "x", 7);
	CU_ASSERT(weir_str_is(weir_buf_view(&b), "a=18446744073709551615 -9223372036854775808 0 x-7"));
	weir_buf_fini(&b);
	CU_ASSERT_PTR_NULL(b.p);
}

static void test_doubles(void)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = {{0, "0"}, {2, "2"}, {0.2, "0.2"}, {0.001, "0.001"}, {1000000, "1000000"},
		{1.0 / 3, "0.3333333333333333"}, {0.1 + 0.2, "0.30000000000000004"}, {-2.5, "-2.5"}, {1e300, "1e+300"}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		struct weir_buf b;

		weir_buf_init(&b, 64);
		weir_buf_double(&b, cases[i].v);
		CU_ASSERT(weir_str_is(weir_buf_view(&b), cases[i].text));
		weir_buf_fini(&b);
	}
}

static void test_printf_long(void)
{
	struct weir_buf b;

	weir_buf_init(&b, 600);
	weir_buf_printf(&b, "%0600d", 1);
	CU_ASSERT_EQUAL(b.len, 600);
	CU_ASSERT_EQUAL(b.p[599], '1');
	weir_buf_printf(&b, "%s", "");
	CU_ASSERT_FALSE(b.failed);
	weir_buf_printf(&b, "%d", 1);
	CU_ASSERT(b.failed);
	CU_ASSERT_EQUAL(b.len, 600);
	weir_buf_fini(&b);
}

static void test_ceiling(void)
{
	struct weir_buf b;

	weir_buf_init(&b, 5);
	weir_buf_lit(&b, "abc");
	CU_ASSERT_PTR_NULL(weir_buf_reserve(&b, 3));
	CU_ASSERT(b.failed);
	weir_buf_char(&b, 'd'); /* would fit, but something is missing already */
	CU_ASSERT(weir_str_is(weir_buf_view(&b), "abc"));
	CU_ASSERT_PTR_NULL(weir_buf_take(&b, NULL));
	weir_buf_reset(&b);
	weir_buf_lit(&b, "abcde");
	CU_ASSERT_FALSE(b.failed);
	CU_ASSERT_PTR_NULL(weir_buf_reserve(&b, SIZE_MAX));
	CU_ASSERT(weir_str_is(weir_buf_view(&b), "abcde"));
	CU_ASSERT(b.cap <= 5);
	weir_buf_fini(&b);
	weir_buf_init(&b, 0);
	weir_buf_char(&b, 'x');
	CU_ASSERT(b.failed);
	weir_buf_fini(&b);
}

static void test_take(void)
{
	struct weir_buf b;
	size_t n = 99;
	char *p;

	weir_buf_init(&b, 100);
	CU_ASSERT_PTR_NULL(weir_buf_take(&b, &n));
	CU_ASSERT_EQUAL(n, 0);
	weir_buf_lit(&b, "abc");
	p = weir_buf_take(&b, &n);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT(weir_str_is(weir_str_n(p, n), "abc"));
	CU_ASSERT_PTR_NULL(b.p);
	CU_ASSERT_EQUAL(b.len, 0);
	weir_buf_lit(&b, "again");
	CU_ASSERT(weir_str_is(weir_buf_view(&b), "again"));
	free(p);
	weir_buf_fini(&b);
}

static void test_against_array(void)
{
	struct weir_random r;
	char model[2000], bytes[100];
	struct weir_buf b;
	size_t len = 0;

	weir_random_seeded(&r, weir_test_seed());
	weir_buf_init(&b, sizeof(model));
	for (int i = 0; i < 2000; i++) {
		size_t n = weir_random_below(&r, sizeof(bytes));

		weir_random_fill(&r, bytes, n);
		if (weir_random_below(&r, 3) == 0) {
			n = n < len ? n : len;
			memmove(model, model + n, len - n);
			len -= n;
			weir_buf_consume(&b, n);
		} else if (len + n <= sizeof(model)) {
			memcpy(model + len, bytes, n);
			len += n;
			weir_buf_append(&b, bytes, n);
		}
		if (!weir_str_eq(weir_buf_view(&b), weir_str_n(model, len)) || b.failed) {
			CU_FAIL("differs from the array");
			break;
		}
	}
	weir_buf_fini(&b);
}

const char weir_test_suite[] = "base/buf";
CU_TestInfo weir_tests[] = {
	{"appending", test_append},
	{"doubles", test_doubles},
	{"long printf", test_printf_long},
	{"ceiling", test_ceiling},
	{"take", test_take},
	{"random run against an array", test_against_array},
	CU_TEST_INFO_NULL,
};
