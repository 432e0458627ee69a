/* SPDX-License-Identifier: Apache-2.0 */
/* The look over MessagePack: each kind of value, its shortest notation, and bombs. */
#include "test.h"

#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/event/msgpack_scan.h"

static const struct weir_msgpack_limits usual = {.depth = WEIR_MSGPACK_DEPTH, .elements = WEIR_MSGPACK_ELEMENTS};
static const struct weir_msgpack_limits strict = {
	.depth = WEIR_MSGPACK_DEPTH, .elements = WEIR_MSGPACK_ELEMENTS, .shortest = true};

/* In a block of its own, so that a read too far is found. Its whole length is to be used. */
static int scan(const struct weir_msgpack_limits *l, const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);
	size_t used = 0;
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, p, n);
	err = weir_msgpack_scan(weir_str_n(copy, n), l, &used);
	CU_ASSERT(err || used == n);
	free(copy);
	return err;
}

#define SCAN(limits, bytes) scan((limits), (bytes), sizeof(bytes) - 1)

/* Each value is good, is cut nowhere, and one byte behind it is not looked at. */
static void check_value(const char *p, size_t n, bool shortest)
{
	char longer[64];
	size_t used;

	CU_ASSERT_EQUAL(scan(&usual, p, n), 0);
	CU_ASSERT_EQUAL(scan(&strict, p, n), shortest ? 0 : WEIR_EPARSE);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(scan(&usual, p, i), WEIR_EPARSE);
	memcpy(longer, p, n);
	longer[n] = (char)0xc1;
	CU_ASSERT_EQUAL(weir_msgpack_scan(weir_str_n(longer, n + 1), &usual, &used), 0);
	CU_ASSERT_EQUAL(used, n);
}

#define GOOD(bytes)   check_value(bytes, sizeof(bytes) - 1, true)
#define LONGER(bytes) check_value(bytes, sizeof(bytes) - 1, false)

static void test_numbers(void)
{
	GOOD("\x00");
	GOOD("\x7f");
	GOOD("\xe0");
	GOOD("\xff");
	GOOD("\xcc\x80");
	LONGER("\xcc\x7f");
	GOOD("\xcd\x01\x00");
	LONGER("\xcd\x00\xff");
	GOOD("\xce\x00\x01\x00\x00");
	LONGER("\xce\x00\x00\xff\xff");
	GOOD("\xcf\x00\x00\x00\x01\x00\x00\x00\x00");
	LONGER("\xcf\x00\x00\x00\x00\xff\xff\xff\xff");
	GOOD("\xd0\xdf"); /* -33 */
	LONGER("\xd0\xe0");
	LONGER("\xd0\x01");
	GOOD("\xd1\xff\x7f"); /* -129 */
	LONGER("\xd1\xff\x80");
	LONGER("\xd1\x7f\xff");
	GOOD("\xd2\xff\xff\x7f\xff"); /* -32769 */
	LONGER("\xd2\xff\xff\x80\x00");
	GOOD("\xd3\xff\xff\xff\xff\x7f\xff\xff\xff");
	LONGER("\xd3\xff\xff\xff\xff\x80\x00\x00\x00");
	LONGER("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff");
	GOOD("\xca\x00\x00\x00\x00");
	GOOD("\xcb\x00\x00\x00\x00\x00\x00\x00\x00");
	GOOD("\xc0");
	GOOD("\xc2");
	GOOD("\xc3");
}

static void test_bytes(void)
{
	GOOD("\xa0");
	GOOD("\xa3"
	     "abc");
	LONGER("\xd9\x03"
	       "abc");
	LONGER("\xda\x00\x03"
	       "abc");
	LONGER("\xdb\x00\x00\x00\x03"
	       "abc");
	GOOD("\xd9\x20"
	     "0123456789abcdef0123456789abcdef");
	GOOD("\xc4\x00");
	GOOD("\xc4\x03"
	     "abc");
	LONGER("\xc5\x00\x03"
	       "abc");
	LONGER("\xc6\x00\x00\x00\x03"
	       "abc");
}

static void test_trees(void)
{
	GOOD("\x90");
	GOOD("\x80");
	GOOD("\x93\x01\x90\xa1x");
	GOOD("\x82\xa1k\x92\x80\xc0\x01\x02");
	LONGER("\xdc\x00\x01\x05");
	LONGER("\xdd\x00\x00\x00\x01\x05");
	LONGER("\xde\x00\x01\x05\x06");
	LONGER("\xdf\x00\x00\x00\x01\x05\x06");
	GOOD("\xdc\x00\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void test_no_values(void)
{
	CU_ASSERT_EQUAL(SCAN(&usual, ""), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\xc1"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\xc7\x00\x01"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\xd4\x01\x01"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\x91\xc1"), WEIR_EPARSE);
}

static void test_bombs(void)
{
	CU_ASSERT_EQUAL(SCAN(&usual, "\xdd\x04\x00\x00\x00"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\xdd\xff\xff\xff\xff"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\xdf\xff\xff\xff\xff"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\xdb\xff\xff\xff\xff"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\xc6\xff\xff\xff\xff"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&usual, "\x82\x01"), WEIR_EPARSE);
}

static void test_depth(void)
{
	struct weir_msgpack_limits l = usual;
	char nested[WEIR_MSGPACK_DEPTH + 2];

	memset(nested, 0x91, sizeof(nested));
	nested[WEIR_MSGPACK_DEPTH] = 0;
	CU_ASSERT_EQUAL(scan(&usual, nested, WEIR_MSGPACK_DEPTH + 1), 0);
	nested[WEIR_MSGPACK_DEPTH] = (char)0x91;
	nested[WEIR_MSGPACK_DEPTH + 1] = 0;
	CU_ASSERT_EQUAL(scan(&usual, nested, WEIR_MSGPACK_DEPTH + 2), WEIR_EDEPTH);
	l.depth = 0;
	CU_ASSERT_EQUAL(SCAN(&l, "\x01"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\x90"), WEIR_EDEPTH);
	l.depth = 1;
	CU_ASSERT_EQUAL(SCAN(&l, "\x92\x01\x02"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\x92\x01\x80"), WEIR_EDEPTH);
}

static void test_elements(void)
{
	size_t n = WEIR_MSGPACK_ELEMENTS;
	char *p = weir_xcalloc(1, n + 3);

	memcpy(p, "\xdc\x0f\xff", 3); /* itself and 4095 */
	CU_ASSERT_EQUAL(scan(&usual, p, n + 2), 0);
	memcpy(p, "\xdc\x10\x00", 3);
	CU_ASSERT_EQUAL(scan(&usual, p, n + 3), WEIR_ELIMIT);
	/* The same number, in arrays of arrays. */
	memcpy(p, "\xdc\x0f\xfe", 3);
	p[3] = (char)0x91;
	CU_ASSERT_EQUAL(scan(&usual, p, n + 2), 0);
	p[4] = (char)0x91;
	CU_ASSERT_EQUAL(scan(&usual, p, n + 3), WEIR_ELIMIT);
	free(p);
}

static void test_extensions(void)
{
	struct weir_msgpack_limits l = usual;

	l.ext = true;
	CU_ASSERT_EQUAL(SCAN(&l, "\xd4\x01\x01"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\xd6\xff\x00\x00\x00\x00"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\xd8\x01"
				 "0123456789abcdef"),
		0);
	CU_ASSERT_EQUAL(SCAN(&l, "\xc7\x03\x01"
				 "abc"),
		0);
	CU_ASSERT_EQUAL(SCAN(&l, "\xc8\x00\x00\x01"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\xc9\x00\x00\x00\x00\x01"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\xd4\x01"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&l, "\xc7\x03\x01"
				 "ab"),
		WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&l, "\xc9\xff\xff\xff\xff\x01"), WEIR_EPARSE);
	l.shortest = true;
	CU_ASSERT_EQUAL(SCAN(&l, "\xc7\x03\x01"
				 "abc"),
		0);
	CU_ASSERT_EQUAL(SCAN(&l, "\xc7\x01\x01"
				 "a"),
		WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&l, "\xc8\x00\x03\x01"
				 "abc"),
		WEIR_EPARSE);
}

static bool raw_r(struct weir_str key, unsigned level)
{
	return level == 2 && weir_str_is(key, "r");
}

static void test_raw(void)
{
	struct weir_msgpack_limits l = {.depth = 5, .elements = 7, .raw = raw_r};

	/* {k:{r:[1,2,3],x:1}}: 1 + 1 + 1 + 1 + 1 + 2 */
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x82\xa1r\x93\x01\x02\x03\xa1x\x01"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x82\xa1r\x91\x82\xa1r\x01\x02\x80\xa1x\x01"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x82\xa1r\x01\xa1x\x01"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x82\xa1x\x01\xa1r\x93\x01\x02\x03"), 0);
	/* Behind the raw field it is counted again; as a value or elsewhere the name means nothing. */
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x82\xa1r\x93\x01\x02\x03\xa1x\x91\x01"), WEIR_ELIMIT);
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x81\xa1x\x81\xa1r\x92\x01\x02"), WEIR_ELIMIT);
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x82\xa1x\xa1r\xa1x\x91\x01"), WEIR_ELIMIT);
	/* The other limits hold in it. */
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x81\xa1r\x93\x01\x02"), WEIR_EPARSE);
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x81\xa1r\x91\x91\x91\x01"), 0);
	CU_ASSERT_EQUAL(SCAN(&l, "\x81\xa1k\x81\xa1r\x91\x91\x91\x91\x01"), WEIR_EDEPTH);
}

static void test_several(void)
{
	struct weir_msgpack_limits l = {.depth = 2, .elements = 4};

	CU_ASSERT_EQUAL(weir_msgpack_scan_all(WEIR_STR("\x80\x80\x81\x01"), &l), WEIR_EPARSE);
	CU_ASSERT_EQUAL(weir_msgpack_scan_all(WEIR_STR("\x80\x80\x91\x01"), &l), 0);
	CU_ASSERT_EQUAL(weir_msgpack_scan_all(WEIR_STR("\x80\x80\x91\x01\x02"), &l), WEIR_ELIMIT);
	CU_ASSERT_EQUAL(weir_msgpack_scan_all(WEIR_STR(""), &l), WEIR_EPARSE);
}

const char weir_test_suite[] = "event/msgpack_scan";
CU_TestInfo weir_tests[] = {
	{"numbers and constants", test_numbers},
	{"texts and bytes", test_bytes},
	{"arrays and maps", test_trees},
	{"what is no value", test_no_values},
	{"bombs", test_bombs},
	{"depth", test_depth},
	{"elements", test_elements},
	{"extensions", test_extensions},
	{"raw fields", test_raw},
	{"several values", test_several},
	CU_TEST_INFO_NULL,
};
