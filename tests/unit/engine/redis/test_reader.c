/* SPDX-License-Identifier: Apache-2.0 */
/* Replies: values and spans, at every cut; the bounds, also of what is only announced; garbage. And commands' words. */
#include "link_fixture.h"
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char weir_test_suite[] = "engine/redis/reader";

#define MAX_BYTES 100000

/* All replies of `text`, fed in pieces of at most `piece` bytes, as text; or the error. */
static int read_all(const char *text, size_t n, size_t piece, size_t max, char *out, size_t out_n)
{
	struct weir_redis_reader *r = weir_redis_reader_new(max);
	const struct weir_reply *reply;
	size_t at = 0;
	int err = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	out[0] = '\0';
	for (size_t i = 0; !err && i < n; i += piece) {
		err = weir_redis_reader_feed(r, text + i, n - i < piece ? n - i : piece);
		while (!err && !(err = weir_redis_reader_next(r, &reply)) && reply) {
			const struct weir_reply *again;

			CU_ASSERT_EQUAL(weir_redis_reader_next(r, &again), 0);
			CU_ASSERT_PTR_EQUAL(again, reply);
			link_fixture_show(reply, out + at, out_n - at);
			at += strlen(out + at);
			at += (size_t)snprintf(out + at, out_n - at, "\n");
			weir_redis_reader_done(r);
		}
	}
	if (err)
		CU_ASSERT_NOT_EQUAL(weir_redis_reader_why(r)[0], '\0');
	weir_redis_reader_free(&r);
	CU_ASSERT_PTR_NULL(r);
	return err;
}

static void test_values(void)
{
	static const struct {
		const char *wire, *shown;
	} cases[] = {
		{"+OK\r\n", "OK\n"},
		{"+\r\n", "\n"},
		{"-ERR a\rb\nc\r\n", "-ERR a\rb\nc\n"},
		{":0\r\n:-9223372036854775808\r\n:9223372036854775807\r\n",
			"0\n-9223372036854775808\n9223372036854775807\n"},
		{"$0\r\n\r\n$3\r\na\r\n\r\n$-1\r\n", "\"\"\n\"a\r\n\"\nnil\n"},
		{"*0\r\n*-1\r\n*1\r\n*0\r\n", "[]\nnil\n[[]]\n"},
		{"*3\r\n:1\r\n*2\r\n$1\r\na\r\n*1\r\n$-1\r\n+x\r\n", "[1 [\"a\" [nil]] x]\n"},
		{"*1\r\n*2\r\n$3\r\nlog\r\n*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\ne\r\n$1\r\nA\r\n*2\r\n$3\r\n1-1\r\n*"
		 "2\r\n$1\r\ne\r\n$1\r\nB\r\n",
			"[[\"log\" [[\"1-0\" [\"e\" \"A\"]] [\"1-1\" [\"e\" \"B\"]]]]]\n"},
		{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n", "[[[[[[[7]]]]]]]\n"},
	};
	char out[1024];

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++)
		for (size_t piece = 1; piece <= strlen(cases[i].wire); piece++) {
			CU_ASSERT_EQUAL(
				read_all(cases[i].wire, strlen(cases[i].wire), piece, MAX_BYTES, out, sizeof(out)), 0);
			CU_ASSERT_STRING_EQUAL(out, cases[i].shown);
		}
}

static void test_spans(void)
{
	const char *wire = "*3\r\n*2\r\n:1\r\n*0\r\n$1\r\na\r\n*1\r\n:2\r\n";
	struct weir_redis_reader *r = weir_redis_reader_new(MAX_BYTES);
	const struct weir_reply *reply, *v;

	CU_ASSERT_EQUAL(weir_redis_reader_feed(r, wire, strlen(wire)), 0);
	CU_ASSERT_EQUAL(weir_redis_reader_next(r, &reply), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
	CU_ASSERT_EQUAL(reply->span, 7);
	v = weir_reply_first(reply);
	CU_ASSERT_EQUAL(v->type, WEIR_REPLY_ARRAY);
	CU_ASSERT_EQUAL(v->span, 3);
	v = weir_reply_next(v);
	CU_ASSERT_TRUE(weir_str_is(v->str, "a"));
	CU_ASSERT_EQUAL(v->str.p[1], '\0');
	CU_ASSERT_EQUAL(v->integer, 0);
	v = weir_reply_next(v);
	CU_ASSERT_EQUAL(v->count, 1);
	CU_ASSERT_EQUAL(weir_reply_next(v) - reply, reply->span);
	weir_redis_reader_free(&r);
}

/* Each is refused, whole or byte by byte, and before more than a little memory went for it. */
static void test_refused(void)
{
	static const struct {
		const char *wire;
		int err;
	} cases[] = {
		{"$4294967295\r\n", WEIR_ELIMIT},
		{"$9223372036854775807\r\n", WEIR_ELIMIT},
		{"$18446744073709551615\r\n", WEIR_EPARSE},
		{"$100000\r\n", WEIR_ELIMIT}, /* one less would do, but for the value itself */
		{"*4294967296\r\n", WEIR_EPARSE},
		{"*2147483647\r\n", WEIR_ELIMIT},
		{"*2500\r\n", WEIR_ELIMIT}, /* of 40 bytes each, and itself */
		{"*1\r\n*2147483647\r\n", WEIR_ELIMIT},
		{"*2\r\n*1000\r\n*1200\r\n", 0}, /* the second is never reached */
		{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", WEIR_EPARSE},
		{"*2\r\n:1\r\n$4294967295\r\n", WEIR_ELIMIT},
		{"*-2\r\n", WEIR_EPARSE},
		{"$-2\r\n", WEIR_EPARSE},
		{"$1\r\nab\r\n", WEIR_EPARSE},
		{"$x\r\n", WEIR_EPARSE},
		{"$\r\n", WEIR_EPARSE},
		{":1.5\r\n", WEIR_EPARSE},
		{":\r\n", WEIR_EPARSE},
		{":9223372036854775808\r\n", WEIR_EPARSE},
		{"*x\r\n", WEIR_EPARSE},
		{"HTTP/1.1 400 Bad Request\r\n", WEIR_EPARSE},
		{"\r\n", WEIR_EPARSE},
		{"%1\r\n", WEIR_EPARSE},
		{">1\r\n", WEIR_EPARSE},
		{"_\r\n", WEIR_EPARSE},
		{"+OK\r\n\x16\x03\x01", WEIR_EPARSE},
	};
	char out[1024];

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		size_t n = strlen(cases[i].wire);
		int whole = read_all(cases[i].wire, n, n, MAX_BYTES, out, sizeof(out));
		int bytes = read_all(cases[i].wire, n, 1, MAX_BYTES, out, sizeof(out));

		if (whole != cases[i].err || bytes != cases[i].err)
			printf("case %zu: %s %s\n", i, weir_strerror(whole), weir_strerror(bytes));
		CU_ASSERT_EQUAL(whole, cases[i].err);
		CU_ASSERT_EQUAL(bytes, cases[i].err);
	}
}

static void test_endless_line(void)
{
	char line[2 * WEIR_REDIS_LINE_MAX], out[64];
	static const char types[] = "+-:*$";

	for (size_t i = 0; i < sizeof(types) - 1; i++) {
		memset(line, '1', sizeof(line));
		line[0] = types[i];
		CU_ASSERT_EQUAL(read_all(line, sizeof(line), 1000, MAX_BYTES, out, sizeof(out)), WEIR_ELIMIT);
		/* A '\r' inside ends nothing. */
		memset(line + 1, '\r', sizeof(line) - 1);
		CU_ASSERT_TRUE(read_all(line, sizeof(line), 1000, MAX_BYTES, out, sizeof(out)) < 0);
	}
}

/* The bound counts all values and bytes of one reply, and each reply alone. */
static void test_bound(void)
{
	static char wire[4 * MAX_BYTES];
	char out[1024];
	size_t n = 0, bulk = MAX_BYTES - sizeof(struct weir_reply) - 1;

	for (unsigned i = 0; i < 2; i++) {
		n += (size_t)snprintf(wire + n, sizeof(wire) - n, "$%zu\r\n", bulk);
		memset(wire + n, 'a', bulk);
		n += bulk;
		n += (size_t)snprintf(wire + n, sizeof(wire) - n, "\r\n");
	}
	CU_ASSERT_EQUAL(read_all(wire, n, 5000, MAX_BYTES, out, sizeof(out)), 0);
	CU_ASSERT_EQUAL(read_all(wire, n, 5000, MAX_BYTES - 1, out, sizeof(out)), WEIR_ELIMIT);
	/* Many small ones, each fine: "a" and NUL and its value. */
	n = (size_t)snprintf(wire, sizeof(wire), "*1000\r\n");
	for (unsigned i = 0; i < 1000; i++)
		n += (size_t)snprintf(wire + n, sizeof(wire) - n, "$1\r\na\r\n");
	CU_ASSERT_EQUAL(read_all(wire, n, 4096, 1001 * sizeof(struct weir_reply) + 2000, out, sizeof(out)), 0);
	CU_ASSERT_EQUAL(
		read_all(wire, n, 4096, 1001 * sizeof(struct weir_reply) + 1999, out, sizeof(out)), WEIR_ELIMIT);
}

/* What a large reply took is given back; an error stays. */
static void test_reuse(void)
{
	struct weir_redis_reader *r = weir_redis_reader_new(64 << 20);
	const struct weir_reply *reply;
	size_t n = 5 << 20;
	char *wire = malloc(n + 100);
	size_t head;

	for (unsigned i = 0; i < 3; i++) {
		head = (size_t)sprintf(wire, "$%zu\r\n", n);
		memset(wire + head, 'b', n);
		memcpy(wire + head + n, "\r\n", 2);
		CU_ASSERT_EQUAL(weir_redis_reader_feed(r, wire, head + n + 2), 0);
		CU_ASSERT_EQUAL(weir_redis_reader_next(r, &reply), 0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
		CU_ASSERT_EQUAL(reply->str.n, n);
		weir_redis_reader_done(r);
	}
	CU_ASSERT_EQUAL(weir_redis_reader_feed(r, "!", 1), 0);
	CU_ASSERT_EQUAL(weir_redis_reader_next(r, &reply), WEIR_EPARSE);
	CU_ASSERT_EQUAL(weir_redis_reader_feed(r, "+OK\r\n", 5), WEIR_EPARSE);
	CU_ASSERT_EQUAL(weir_redis_reader_next(r, &reply), WEIR_EPARSE);
	CU_ASSERT_PTR_NULL(reply);
	weir_redis_reader_free(&r);
	free(wire);
}

static void check_word(const struct weir_argv *a, size_t i, const char *want)
{
	CU_ASSERT_TRUE_FATAL(i < a->n);
	CU_ASSERT_TRUE(weir_str_is(weir_str_n(a->v[i], a->len[i]), want));
}

static void test_argv(void)
{
	struct weir_argv a;
	struct weir_str parts[] = {WEIR_STR("weir{1}"), WEIR_STR(":c:"), WEIR_STR_NONE, WEIR_STR("chat")};
	size_t bytes = 0;

	weir_argv_init(&a);
	for (unsigned round = 0; round < 3; round++) {
		weir_argv_reset(&a);
		weir_argv_cstr(&a, "EVALSHA");
		weir_argv_str(&a, WEIR_STR_NONE);
		weir_argv_u64(&a, UINT64_MAX);
		weir_argv_i64(&a, INT64_MIN);
		weir_argv_join(&a, parts, 4);
		weir_argv_join(&a, parts, 0);
		weir_argv_cstr(&a, "?");
		weir_argv_set_u64(&a, 6, 17);
		for (uint64_t i = 0; i < 5000; i++)
			weir_argv_u64(&a, i);
		check_word(&a, 0, "EVALSHA");
		check_word(&a, 1, "");
		check_word(&a, 2, "18446744073709551615");
		check_word(&a, 3, "-9223372036854775808");
		check_word(&a, 4, "weir{1}:c:chat");
		check_word(&a, 5, "");
		check_word(&a, 6, "17");
		check_word(&a, 7, "0");
		check_word(&a, 5006, "4999");
		CU_ASSERT_FALSE(a.failed);
		bytes = 0;
		for (size_t i = 0; i < a.n; i++)
			bytes += a.len[i];
		CU_ASSERT_EQUAL(a.bytes, bytes);
	}
	weir_argv_fini(&a);
	CU_ASSERT_EQUAL(a.n, 0);
}

CU_TestInfo weir_tests[] = {
	{"values, at every cut", test_values},
	{"spans", test_spans},
	{"what is refused", test_refused},
	{"lines without end", test_endless_line},
	{"the bound", test_bound},
	{"reuse, and errors stay", test_reuse},
	{"the words of a command", test_argv},
	CU_TEST_INFO_NULL,
};
