/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: every code point there and back, every kind of malformed sequence, cutting. */
#include "test.h"

#include "weir/base/mem.h"
#include "weir/base/utf8.h"

static void test_all_code_points(void)
{
	unsigned wrong = 0;

	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		char text[4];
		size_t n, expected = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

		n = weir_utf8_encode(code, text);
		if (code >= 0xd800 && code <= 0xdfff)
			wrong += weir_utf8_valid(weir_str_n(text, n));
		else
			wrong += n != expected || !weir_utf8_valid(weir_str_n(text, n)) ||
				 weir_utf8_char(weir_str_n(text, n)) != n ||
				 weir_utf8_valid(weir_str_n(text, n - 1)) != (n == 1);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void test_malformed(void)
{
	static const char *const rows[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
		"\xe0\xa0", "\xed\xa0\x80", "\xed\xbf\xbf", "\xef\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "\xe2\x82\xac\xac"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		char text[40] = "aaaaaaaaaaaaaaaaaaaa";
		size_t n = strlen(rows[i]);

		CU_ASSERT_FALSE(weir_utf8_valid(weir_str(rows[i])));
		/* Wherever it stands in relation to the eight-byte steps. */
		for (size_t at = 0; at < 17; at++) {
			memset(text, 'a', 20);
			memcpy(text + at, rows[i], n);
			CU_ASSERT_FALSE(weir_utf8_valid(weir_str_n(text, 30)));
		}
	}
	CU_ASSERT(weir_utf8_valid(WEIR_STR_NONE));
	CU_ASSERT(weir_utf8_valid(WEIR_STR("abcdefg\0h\xc3\xa9ijklmnopq\xf0\x9f\x98\x80")));
	CU_ASSERT_EQUAL(weir_utf8_char(WEIR_STR_NONE), 0);
	CU_ASSERT_EQUAL(weir_utf8_char(WEIR_STR("\xff")), 0);
}

static void test_prefix(void)
{
	struct weir_str s = WEIR_STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
	static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

	for (size_t n = 0; n < WEIR_ARRAY_LEN(expected); n++) {
		CU_ASSERT_EQUAL(weir_utf8_prefix(s, n).n, expected[n]);
		CU_ASSERT(weir_utf8_valid(weir_utf8_prefix(s, n)));
	}
	/* Tails without an end are no character: cut where asked. */
	CU_ASSERT_EQUAL(weir_utf8_prefix(WEIR_STR("\x80\x80\x80\x80\x80\x80\x80\x80"), 6).n, 6);
}

const char weir_test_suite[] = "base/utf8";
CU_TestInfo weir_tests[] = {
	{"every code point", test_all_code_points},
	{"malformed", test_malformed},
	{"cutting", test_prefix},
	CU_TEST_INFO_NULL,
};
