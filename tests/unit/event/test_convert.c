/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversions between JSON and MessagePack: the tables of protocol.md §14.2 line by line, and random values both ways, with
 * msgpack-c's own unpacker as the judge of what was packed.
 */
#include "test.h"

#include <math.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/event/convert.h"
#include "weir/event/json.h"

#define MAX_BYTES (1 << 20)
#define NO_FORM   NULL

static struct weir_str literal(const char *p, size_t n)
{
	return weir_str_n(p, n);
}

static bool is_packed(const char *json, const char *want, size_t n)
{
	struct weir_buf out;
	bool ok;
	int err;

	weir_buf_init(&out, MAX_BYTES);
	weir_buf_lit(&out, "before");
	err = weir_msgpack_from_json(&out, weir_str(json));
	if (want)
		ok = err == 0 && out.len == 6 + n && memcmp(out.p + 6, want, n) == 0;
	else
		ok = err == WEIR_EINVALID && out.len == 6;
	if (!ok)
		printf("\nfrom JSON: %s\n", json);
	weir_buf_fini(&out);
	return ok;
}

static bool is_written(int (*convert)(struct weir_buf *, struct weir_str), const char *p, size_t n, const char *want)
{
	char *copy = malloc(n ? n : 1);
	struct weir_buf out;
	bool ok;
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, p, n);
	weir_buf_init(&out, MAX_BYTES);
	weir_buf_lit(&out, "before");
	err = convert(&out, weir_str_n(copy, n));
	if (want)
		ok = err == 0 && weir_str_is(weir_str_n(out.p + 6, out.len - 6), want);
	else
		ok = err == WEIR_EINVALID && out.len == 6;
	if (!ok)
		printf("\nto JSON: %.*s, wanted %s\n", (int)out.len, out.p, want ? want : "no form");
	weir_buf_fini(&out);
	free(copy);
	return ok;
}

/* JSON to MessagePack, MessagePack to JSON, and both. */
#define PACKS(json, bytes)   CU_ASSERT(is_packed(json, bytes, sizeof(bytes) - 1))
#define PACKS_NOT(json)      CU_ASSERT(is_packed(json, NO_FORM, 0))
#define WRITES(bytes, json)  CU_ASSERT(is_written(weir_json_from_msgpack, bytes, sizeof(bytes) - 1, json))
#define WRITES_NOT(bytes)    CU_ASSERT(is_written(weir_json_from_msgpack, bytes, sizeof(bytes) - 1, NO_FORM))
#define LENIENT(bytes, json) CU_ASSERT(is_written(weir_json_from_msgpack_leniently, bytes, sizeof(bytes) - 1, json))
#define LENIENT_NOT(bytes)   CU_ASSERT(is_written(weir_json_from_msgpack_leniently, bytes, sizeof(bytes) - 1, NO_FORM))
#define SAME(json, bytes)            \
	do {                         \
		PACKS(json, bytes);  \
		WRITES(bytes, json); \
	} while (0)

static void test_scalars(void)
{
	SAME("null", "\xc0");
	SAME("true", "\xc3");
	SAME("false", "\xc2");
	PACKS(" \r\n\ttrue ", "\xc3");
	PACKS_NOT("");
	PACKS_NOT("tru");
	PACKS_NOT("1 2");
	WRITES_NOT("");
	WRITES_NOT("\xc1");
	WRITES_NOT("\x01\x02");
	WRITES_NOT("\x92\x01");
	WRITES_NOT("\xdd\xff\xff\xff\xff");
}

static void test_integers(void)
{
	SAME("0", "\x00");
	SAME("127", "\x7f");
	SAME("128", "\xcc\x80");
	SAME("255", "\xcc\xff");
	SAME("256", "\xcd\x01\x00");
	SAME("65535", "\xcd\xff\xff");
	SAME("65536", "\xce\x00\x01\x00\x00");
	SAME("4294967295", "\xce\xff\xff\xff\xff");
	SAME("4294967296", "\xcf\x00\x00\x00\x01\x00\x00\x00\x00");
	SAME("9007199254740993", "\xcf\x00\x20\x00\x00\x00\x00\x00\x01");
	SAME("18446744073709551615", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
	SAME("-1", "\xff");
	SAME("-32", "\xe0");
	SAME("-33", "\xd0\xdf");
	SAME("-128", "\xd0\x80");
	SAME("-129", "\xd1\xff\x7f");
	SAME("-32768", "\xd1\x80\x00");
	SAME("-32769", "\xd2\xff\xff\x7f\xff");
	SAME("-2147483648", "\xd2\x80\x00\x00\x00");
	SAME("-2147483649", "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff");
	SAME("-9223372036854775808", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00");
	/* Any notation is read. */
	WRITES("\xd0\x05", "5");
	WRITES("\xd3\x00\x00\x00\x00\x00\x00\x00\x05", "5");
	WRITES("\xcf\x00\x00\x00\x00\x00\x00\x00\x05", "5");
	WRITES("\xd3\xff\xff\xff\xff\xff\xff\xff\xff", "-1");
}

static void test_floats(void)
{
	SAME("0.5", "\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00");
	SAME("1.0", "\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00");
	SAME("-0.0", "\xcb\x80\x00\x00\x00\x00\x00\x00\x00");
	PACKS("-0", "\xcb\x80\x00\x00\x00\x00\x00\x00\x00");
	SAME("0.0", "\xcb\x00\x00\x00\x00\x00\x00\x00\x00");
	PACKS("0e99999999999999999999", "\xcb\x00\x00\x00\x00\x00\x00\x00\x00");
	PACKS("1e0", "\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00");
	PACKS("0.50", "\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00");
	PACKS("5E-1", "\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00");
	SAME("0.1", "\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a");
	SAME("1e+20", "\xcb\x44\x15\xaf\x1d\x78\xb5\x8c\x40");
	SAME("1e+300", "\xcb\x7e\x37\xe4\x3c\x88\x00\x75\x9c");
	/* A float 32 is widened. */
	WRITES("\xca\x3f\x00\x00\x00", "0.5");
	WRITES("\xca\x3d\xcc\xcc\xcd", "0.10000000149011612");
	WRITES("\xca\x7f\x7f\xff\xff", "3.4028234663852886e+38");
	/* No number to JSON. */
	WRITES_NOT("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00");
	WRITES_NOT("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00");
	WRITES_NOT("\xcb\xff\xf0\x00\x00\x00\x00\x00\x00");
	WRITES_NOT("\xca\x7f\x80\x00\x00");
}

/* A literal has a form iff it is the shortest decimal of its double, in value. */
static void test_precision(void)
{
	PACKS("0.1000000000000000", "\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a");
	PACKS("0.30000000000000004", "\xcb\x3f\xd3\x33\x33\x33\x33\x33\x34");
	PACKS("30000000000000004e-17", "\xcb\x3f\xd3\x33\x33\x33\x33\x33\x34");
	PACKS_NOT("0.3000000000000000400"
		  "1");
	PACKS("0.3000000000000000400000000000000000000000000000000000", "\xcb\x3f\xd3\x33\x33\x33\x33\x33\x34");
	PACKS_NOT("0.1000000000000000055511151231257827");
	PACKS_NOT("0.12345678901234567890");
	PACKS_NOT("0.3000000000000000444");
	/* Beyond what an integer holds. */
	PACKS_NOT("18446744073709551616");
	PACKS_NOT("-9223372036854775809");
	PACKS("18446744073709552000", "\xcb\x43\xf0\x00\x00\x00\x00\x00\x00");
	PACKS("100000000000000000000", "\xcb\x44\x15\xaf\x1d\x78\xb5\x8c\x40");
	/* A power of two, whose shortest decimal is not the one nearest to it. */
	SAME("5.960464477539063e-08", "\xcb\x3e\x70\x00\x00\x00\x00\x00\x00");
	PACKS_NOT("5.9604644775390625e-08");
	SAME("5.684341886080802e-14", "\xcb\x3d\x30\x00\x00\x00\x00\x00\x00");
	/* Tiny and huge ones. */
	SAME("5e-324", "\xcb\x00\x00\x00\x00\x00\x00\x00\x01");
	PACKS_NOT("4.9e-324");
	PACKS_NOT("4.94065645841247e-324");
	PACKS_NOT("1e-400");
	PACKS_NOT("1e400");
	PACKS_NOT("-1e99999999999999999999");
	PACKS_NOT("1e-99999999999999999999");
	SAME("1.7976931348623157e+308", "\xcb\x7f\xef\xff\xff\xff\xff\xff\xff");
	SAME("2.2250738585072014e-308", "\xcb\x00\x10\x00\x00\x00\x00\x00\x00");
}

static void test_strings(void)
{
	SAME("\"\"", "\xa0");
	SAME("\"abc\"", "\xa3"
			"abc");
	SAME("\"\\\"\\\\/\"", "\xa3\"\\/");
	PACKS("\"\\/\"", "\xa1/");
	PACKS("\"\\u0041\\n\"", "\xa2"
				"A\n");
	PACKS("\"\\u0000\"", "\xa1\x00");
	WRITES("\xa1\x00", "\"\\u0000\"");
	WRITES("\xa1\x7f", "\"\x7f\"");
	SAME("\"\xc3\xa9\"", "\xa2\xc3\xa9");
	PACKS("\"\\u00e9\"", "\xa2\xc3\xa9");
	PACKS("\"\\ud83d\\ude00\"", "\xa4\xf0\x9f\x98\x80");
	PACKS_NOT("\"\\ud800\"");
	PACKS_NOT("\"\\udc00\"");
	PACKS_NOT("\"\\ud800x\"");
	PACKS_NOT("\"\\ud800\\n\"");
	PACKS_NOT("\"\\ud800\\ud800\"");
	PACKS_NOT("\"\\ud83d\\ude00\\ude00\"");
	PACKS_NOT("{\"\\udfff\":1}");
	PACKS("\"\\\\ud800\"", "\xa6\\ud800");
	WRITES_NOT("\xa1\xff");
	WRITES_NOT("\xa3\xed\xa0\x80");
	/* Longer notations, and their borders. */
	WRITES("\xd9\x01x", "\"x\"");
	WRITES("\xdb\x00\x00\x00\x01x", "\"x\"");
	SAME("\"0123456789abcdef0123456789abcde\"", "\xbf"
						    "0123456789abcdef0123456789abcde");
	SAME("\"0123456789abcdef0123456789abcdef\"", "\xd9\x20"
						     "0123456789abcdef0123456789abcdef");
}

static void test_trees(void)
{
	SAME("[]", "\x90");
	SAME("{}", "\x80");
	SAME("[1,[],{}]", "\x93\x01\x90\x80");
	SAME("{\"a\":1,\"b\":[true]}", "\x82\xa1"
				       "a\x01\xa1"
				       "b\x91\xc3");
	SAME("{\"a\":1,\"a\":2}", "\x82\xa1"
				  "a\x01\xa1"
				  "a\x02");
	SAME("{\"b\":1,\"a\":{\"c\":null}}", "\x82\xa1"
					     "b\x01\xa1"
					     "a\x81\xa1"
					     "c\xc0");
	SAME("{\"\":\"\"}", "\x81\xa0\xa0");
	PACKS(" { \"a\" : [ 1 , { } ] }\n", "\x81\xa1"
					    "a\x92\x01\x80");
	SAME("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", "\xdc\x00\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	WRITES("\xdd\x00\x00\x00\x01\x01", "[1]");
	WRITES("\xdf\x00\x00\x00\x01\xa1x\x01", "{\"x\":1}");
	/* No form. */
	WRITES_NOT("\x81\x01\x02");
	WRITES_NOT("\x81\xc0\x02");
	WRITES_NOT("\x81\xc4\x01x\x02");
	WRITES_NOT("\xc4\x00");
	WRITES_NOT("\x91\xc4\x01x");
	WRITES_NOT("\xd4\x01\x01");
	WRITES_NOT("\xd6\xff\x00\x00\x00\x00"); /* a timestamp */
	WRITES_NOT("\xc7\x00\x01");
	WRITES_NOT("\x81\xa1\xff\x01");
}

static void nested(char *json, char *packed, size_t depth)
{
	memset(json, '[', depth);
	memset(json + depth, ']', depth);
	json[2 * depth] = '\0';
	memset(packed, 0x91, depth - 1);
	packed[depth - 1] = (char)0x90;
}

static void test_depth(void)
{
	char json[2 * WEIR_CONVERT_DEPTH + 3], packed[WEIR_CONVERT_DEPTH + 1];

	nested(json, packed, WEIR_CONVERT_DEPTH);
	CU_ASSERT(is_packed(json, packed, WEIR_CONVERT_DEPTH));
	CU_ASSERT(is_written(weir_json_from_msgpack, packed, WEIR_CONVERT_DEPTH, json));
	nested(json, packed, WEIR_CONVERT_DEPTH + 1);
	CU_ASSERT(is_packed(json, NO_FORM, 0));
	CU_ASSERT(is_written(weir_json_from_msgpack, packed, WEIR_CONVERT_DEPTH + 1, NO_FORM));
	CU_ASSERT(is_written(weir_json_from_msgpack_leniently, packed, WEIR_CONVERT_DEPTH + 1, json));
}

static void test_lenient(void)
{
	LENIENT("\x01", "1");
	LENIENT("\xc4\x01x", "[]");
	LENIENT("\x93\x01\xc4\x01x\x02", "[1,[],2]");
	LENIENT("\x82\xa1"
		"a\xd4\x01\x01\xa1"
		"b\x05",
		"{\"a\":[],\"b\":5}");
	/* A map with another key is a part without a form, whatever came before it and comes behind it. */
	LENIENT("\x92\x83\xa1"
		"a\x01\x02\x93\x01\x02\x03\xa1"
		"b\x04\x07",
		"[[],7]");
	LENIENT("\x82\xa1m\x81\xa1x\x81\x01\x02\xa1n\x03", "{\"m\":{\"x\":[]},\"n\":3}");
	LENIENT("\x81\x81\xa1x\x01\x02", "[]");
	LENIENT("\x92\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00\xa1\xff", "[[],[]]");
	LENIENT("\x81\xa1\xff\x01", "[]");
	LENIENT_NOT("");
	LENIENT_NOT("\x01\x01");
	LENIENT_NOT("\x82\x01\x02\x03");
	LENIENT_NOT("\x91\xc4\x02x");
	LENIENT_NOT("\x92\xc1\x01");
}

static void test_ceiling(void)
{
	struct weir_buf out;

	weir_buf_init(&out, 4);
	weir_buf_lit(&out, "ab");
	CU_ASSERT(weir_msgpack_from_json(&out, WEIR_STR("\"abcdef\"")) < 0);
	CU_ASSERT(out.failed && out.len == 2);
	weir_buf_reset(&out);
	CU_ASSERT(weir_json_from_msgpack(&out, literal("\xa6"
						       "abcdef",
						       7)) < 0);
	CU_ASSERT(out.failed && out.len == 0);
	weir_buf_fini(&out);
}

/* ---- random values ---- */

static unsigned long long state;

static uint64_t next_random(void)
{
	state += 0x9e3779b97f4a7c15u;
	state ^= state >> 31;
	state *= 0xbf58476d1ce4e5b9u;
	return state ^ state >> 29;
}

static double random_double(void)
{
	uint64_t bits = next_random();
	double v;

	switch (next_random() % 4) {
	case 0:
		return (double)(int64_t)(bits >> 20) / 1000;
	case 1: /* powers of two and their neighbours */
		bits = (bits & 0x7ff0000000000000u) + next_random() % 3 - 1;
		break;
	case 2: /* tiny ones */
		bits &= 0x800fffffffffffffu;
		break;
	default:
		break;
	}
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void random_text(char *out, size_t n)
{
	static const char *const pieces[] = {"a", "\"", "\\", "\n", "\x01", "\xc3\xa9", "\xf0\x9f\x98\x80", "/"};

	*out = '\0';
	for (size_t i = 0; i < n; i++)
		strcat(out, pieces[next_random() % WEIR_ARRAY_LEN(pieces)]);
}

static void pack_text(msgpack_packer *pk)
{
	char text[200];

	random_text(text, next_random() % 40);
	msgpack_pack_str(pk, strlen(text));
	msgpack_pack_str_body(pk, text, strlen(text));
}

/* Only what has a form in JSON. */
static void pack_random(msgpack_packer *pk, unsigned depth)
{
	size_t n = next_random() % 5;
	double v;

	switch (next_random() % (depth ? 8 : 6)) {
	case 0:
		msgpack_pack_uint64(pk, next_random() >> next_random() % 64);
		break;
	case 1:
		msgpack_pack_int64(pk, (int64_t)next_random() >> next_random() % 64);
		break;
	case 2:
		do {
			v = random_double();
		} while (!isfinite(v));
		msgpack_pack_double(pk, v);
		break;
	case 3:
		if (next_random() % 2)
			msgpack_pack_nil(pk);
		else
			msgpack_pack_true(pk);
		break;
	case 4:
	case 5:
		pack_text(pk);
		break;
	case 6:
		msgpack_pack_array(pk, n);
		for (size_t i = 0; i < n; i++)
			pack_random(pk, depth - 1);
		break;
	default:
		msgpack_pack_map(pk, n);
		for (size_t i = 0; i < n; i++) {
			pack_text(pk);
			pack_random(pk, depth - 1);
		}
		break;
	}
}

/* To JSON and back: the very same bytes, since msgpack-c writes the shortest notations too. */
static void test_round_trips(void)
{
	state = weir_test_seed();
	for (int i = 0; i < 3000; i++) {
		msgpack_sbuffer packed;
		msgpack_packer pk;
		struct weir_buf json, again;

		msgpack_sbuffer_init(&packed);
		msgpack_packer_init(&pk, &packed, msgpack_sbuffer_write);
		pack_random(&pk, 4);
		weir_buf_init(&json, MAX_BYTES);
		weir_buf_init(&again, MAX_BYTES);
		CU_ASSERT_EQUAL_FATAL(weir_json_from_msgpack(&json, weir_str_n(packed.data, packed.size)), 0);
		CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_buf_view(&json), 64, NULL, NULL), 0);
		CU_ASSERT_EQUAL_FATAL(weir_msgpack_from_json(&again, weir_buf_view(&json)), 0);
		CU_ASSERT(weir_str_eq(weir_buf_view(&again), weir_str_n(packed.data, packed.size)));
		weir_buf_reset(&again);
		CU_ASSERT_EQUAL(weir_json_from_msgpack_leniently(&again, weir_str_n(packed.data, packed.size)), 0);
		CU_ASSERT(weir_str_eq(weir_buf_view(&again), weir_buf_view(&json)));
		weir_buf_fini(&json);
		weir_buf_fini(&again);
		msgpack_sbuffer_destroy(&packed);
	}
}

/* A decimal that has a form reads back as the double that was packed, and what is written of that is the same number. */
static void test_decimals(void)
{
	state = weir_test_seed();
	for (int i = 0; i < 20000; i++) {
		double v = random_double(), got;
		struct weir_buf packed, json;
		msgpack_unpacked u;
		char text[64];
		size_t off = 0;
		int err;

		if (!isfinite(v))
			continue;
		snprintf(text, sizeof(text), "%.*e", (int)(next_random() % 20), v);
		weir_buf_init(&packed, MAX_BYTES);
		weir_buf_init(&json, MAX_BYTES);
		err = weir_msgpack_from_json(&packed, weir_str(text));
		CU_ASSERT(err == 0 || err == WEIR_EINVALID);
		if (!err) {
			msgpack_unpacked_init(&u);
			CU_ASSERT_EQUAL_FATAL(
				msgpack_unpack_next(&u, packed.p, packed.len, &off), MSGPACK_UNPACK_SUCCESS);
			got = u.data.via.f64;
			CU_ASSERT(got == strtod(text, NULL));
			CU_ASSERT_EQUAL(weir_json_from_msgpack(&json, weir_buf_view(&packed)), 0);
			weir_buf_char(&json, '\0');
			CU_ASSERT(strtold(json.p, NULL) == strtold(text, NULL));
			msgpack_unpacked_destroy(&u);
		}
		weir_buf_fini(&packed);
		weir_buf_fini(&json);
	}
}

const char weir_test_suite[] = "convert";
CU_TestInfo weir_tests[] = {
	{"scalars", test_scalars},
	{"integers", test_integers},
	{"floats", test_floats},
	{"precision", test_precision},
	{"strings", test_strings},
	{"trees", test_trees},
	{"depth", test_depth},
	{"lenient", test_lenient},
	{"ceiling", test_ceiling},
	{"round trips", test_round_trips},
	{"decimals", test_decimals},
	CU_TEST_INFO_NULL,
};
