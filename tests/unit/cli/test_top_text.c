/* SPDX-License-Identifier: Apache-2.0 */
/* Names and numbers in the cells of a terminal: nothing in a name reaches the terminal as a command. */
#include "test.h"
#include "top_priv.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

const char weir_test_suite[] = "cli/top_text";

static bool took(struct weir_buf *b, const char *expect)
{
	bool ok = !b->failed && weir_str_is(weir_buf_view(b), expect);

	if (!ok)
		printf("\n  got      %.*s\n  expected %s\n", WEIR_STR_FMT(weir_buf_view(b)), expect);
	weir_buf_reset(b);
	return ok;
}

static void test_put(void)
{
	static const struct {
		const char *text;
		unsigned max, cells;
		const char *shown;
	} rows[] = {
		{"", 0, 0, ""},
		{"", 3, 0, ""},
		{"abc", 0, 3, "abc"},
		{"abc", 3, 3, "abc"},
		{"abcd", 3, 3, "ab…"},
		{"abcd", 1, 1, "…"},
		{"a\x1b[2Jb\r\n\x7f\t", 0, 10, "a?[2Jb?\?\?\?"}, /* four controls */
		{"\xc2\x9b"
		 "31m",
			0, 4, "?31m"},                      /* CSI as one character */
		{"a\xe2\x80\xaeltr", 0, 5, "a?ltr"},        /* right-to-left override */
		{"a\xe2\x80\x8b\xef\xbb\xbf", 0, 3, "a??"}, /* zero width space, byte-order mark */
		{"\xff\xc3(\xe6\x97", 0, 5, "?\?(?\?"},     /* no UTF-8 */
		{"\xe6\x97\xa5\xe6\x9c\xac", 0, 4, "\xe6\x97\xa5\xe6\x9c\xac"},
		{"\xe6\x97\xa5\xe6\x9c\xac", 4, 4, "\xe6\x97\xa5\xe6\x9c\xac"},
		{"\xe6\x97\xa5\xe6\x9c\xac", 3, 3, "\xe6\x97\xa5…"},
		{"\xe6\x97\xa5\xe6\x9c\xac", 2, 1, "…"}, /* half of a wide one is none */
		{"\xf0\x9f\x98\x80!", 0, 3, "\xf0\x9f\x98\x80!"},
		{"e\xcc\x81.", 0, 2, "e\xcc\x81."},
		{"\xcc\x81", 0, 1, "?"}, /* a mark on nothing */
		{"e\xcc\x81\xcc\x82\xcc\x83\xcc\x84!", 0, 2, "e\xcc\x81\xcc\x82!"},
		{"\xd0\xb0\xd0\xb1\xd0\xb2", 2, 2, "\xd0\xb0…"},
	};
	struct weir_buf out;

	weir_buf_init(&out, 4096);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		CU_ASSERT_EQUAL(weir__top_put(&out, weir_str(rows[i].text), rows[i].max), rows[i].cells);
		CU_ASSERT(took(&out, rows[i].shown));
	}
	weir_buf_fini(&out);
}

/* Any bytes at all: as wide as said, never wider than allowed, and nothing a terminal obeys. */
static void test_any_bytes(void)
{
	struct weir_random random;
	struct weir_buf out;

	weir_random_seeded(&random, weir_test_seed());
	weir_buf_init(&out, 4096);
	for (int round = 0; round < 20000; round++) {
		unsigned max = (unsigned)weir_random_below(&random, 12);
		char text[24];
		size_t n = weir_random_below(&random, sizeof(text) + 1);
		unsigned cells;

		weir_random_fill(&random, text, n);
		for (size_t i = 0; i < n; i++)
			if (weir_random_below(&random, 2)) /* more that are near to something */
				text[i] = "\x1b\xe2\x80\xae\xcc\x81\xe6\x97\xa5 a"[weir_random_below(&random, 11)];
		weir_buf_reset(&out);
		cells = weir__top_put(&out, weir_str_n(text, n), max);
		CU_ASSERT(!max || cells <= max);
		CU_ASSERT_EQUAL(weir__top_cells(weir_buf_view(&out)), cells);
		for (size_t i = 0; i < out.len; i++)
			CU_ASSERT((unsigned char)out.p[i] >= 0x20 && out.p[i] != 0x7f);
	}
	weir_buf_fini(&out);
}

static void test_numbers(void)
{
	static const struct {
		uint64_t n;
		const char *count, *bytes, *ms;
	} rows[] = {
		{0, "0", "0", "0"},
		{1, "1", "1", "1ms"},
		{999, "999", "999", "999ms"},
		{1024, "1024", "1.0K", "1.0s"},
		{9999, "9999", "9.8K", "9.9s"},
		{10000, "10.0k", "9.8K", "10.0s"},
		{59999, "60.0k", "58.6K", "59.9s"},
		{60000, "60.0k", "58.6K", "1m00s"},
		{99940, "99.9k", "97.6K", "1m39s"},
		{999499, "999k", "976K", "16m39s"},
		{999500, "1.0M", "976K", "16m39s"},
		{1048063, "1.0M", "1023K", "17m28s"},
		{1048064, "1.0M", "1.0M", "17m28s"},
		{3600000, "3.6M", "3.4M", "1h00m"},
		{86399999, "86.4M", "82.4M", "23h59m"},
		{86400000, "86.4M", "82.4M", "1d0h"},
		{8640000000, "8.6G", "8.0G", "100d"},
		{UINT64_MAX, "18.4E", "16.0E", "99999d"},
	};
	static const struct {
		double per_s;
		const char *text;
	} rates[] = {{-1, "-"}, {0, "0"}, {0.004, "0"}, {0.05, "0.05"}, {0.2, "0.2"}, {9.96, "10.0"}, {99.9, "99.9"},
		{100, "100"}, {12345.6, "12.3k"}, {1e9, "1.0G"}};
	struct weir_buf out;

	weir_buf_init(&out, 4096);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		weir__top_put_count(&out, rows[i].n);
		CU_ASSERT(took(&out, rows[i].count));
		weir__top_put_bytes(&out, rows[i].n);
		CU_ASSERT(took(&out, rows[i].bytes));
		weir__top_put_ms(&out, rows[i].n);
		CU_ASSERT(took(&out, rows[i].ms));
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rates); i++) {
		weir__top_put_rate(&out, rates[i].per_s);
		CU_ASSERT(took(&out, rates[i].text));
	}
	weir_buf_fini(&out);
}

CU_TestInfo weir_tests[] = {
	{"put", test_put},
	{"any bytes", test_any_bytes},
	{"numbers", test_numbers},
	CU_TEST_INFO_NULL,
};
