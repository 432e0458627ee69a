/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request head parser: tables of good and bad heads. Each is given whole, byte by byte, and cut at every place,
 * from memory of exactly that size; the verdict must always be the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#include "weir/server/head.h"

const char weir_test_suite[] = "server/head";

#define H "Host: a\r\n"

static const struct weir_head_limits limits = {.line_bytes = 8192, .head_bytes = 16384};

static int parse_prefix(const char *bytes, size_t n, struct weir_head *head)
{
	char *exact = malloc(n ? n : 1);
	const char *why = NULL;
	int r;

	if (n)
		memcpy(exact, bytes, n);
	r = weir_head_parse(weir_str_n(exact, n), &limits, head, &why);
	CU_ASSERT_PTR_NOT_NULL(why);
	if (r > 0)
		CU_ASSERT(why && why[0] != '\0');
	free(exact);
	return r;
}

/* The verdict on a stream that grows: the first answer that is not "more". */
static int parse_growing(const char *bytes, size_t n, size_t step)
{
	struct weir_head head;
	int r = -EAGAIN;

	for (size_t i = step; r == -EAGAIN && i < n + step; i += step)
		r = parse_prefix(bytes, i < n ? i : n, &head);
	return r;
}

static int parse(const char *bytes, size_t n)
{
	struct weir_head head;
	int whole = parse_prefix(bytes, n, &head);

	for (size_t step = 1; step < 40; step++)
		if (parse_growing(bytes, n, step) != whole) {
			printf("\nsteps of %zu: %d, whole: %d: %.60s\n", step, parse_growing(bytes, n, step), whole,
				bytes);
			CU_FAIL("the verdict depends on how the bytes come");
		}
	for (size_t i = 0; i < n; i++) {
		int r = parse_prefix(bytes, i, &head);

		if (r != -EAGAIN && r != whole) {
			printf("\nprefix of %zu: %d, whole: %d: %.60s\n", i, r, whole, bytes);
			CU_FAIL("a prefix has another verdict");
		}
	}
	return whole;
}

static const struct {
	int status;
	const char *text;
} bad[] = {
	{400, "GET / HTTP/1.1\nHost: a\n\n"},
	{400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X: 1\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "\n"},
	{400, "\r\nGET / HTTP/1.1\r\n" H "\r\n"},
	{400, " GET / HTTP/1.1\r\n" H "\r\n"},
	{400, "GET  / HTTP/1.1\r\n" H "\r\n"},
	{400, "GET /  HTTP/1.1\r\n" H "\r\n"},
	{400, "GET / HTTP/1.1 \r\n" H "\r\n"},
	{400, "GET\t/ HTTP/1.1\r\n" H "\r\n"},
	{400, "G(T / HTTP/1.1\r\n" H "\r\n"},
	{400, "GET /\r\n" H "\r\n"},
	{400, "GET\r\n" H "\r\n"},
	{400, "GET / http/1.1\r\n" H "\r\n"},
	{400, "GET / HTTP/1.10\r\n" H "\r\n"},
	{400, "GET / HTTP/11\r\n" H "\r\n"},
	{400, "GET / HTTP/1.x\r\n" H "\r\n"},
	{400, "GET / HTTX/1.1\r\n" H "\r\n"},
	{400, "\x16\x03\x01\x02"}, /* a TLS hello */
	{400, "{\"id\":1}\n"},
	{505, "GET / HTTP/9.9\r\n" H "\r\n"},
	{505, "GET / HTTP/1.2\r\n" H "\r\n"},
	{505, "GET / HTTP/0.9\r\n" H "\r\n"},
	{505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{501, "CONNECT a:443 HTTP/1.1\r\n" H "\r\n"},
	{400, "GET a HTTP/1.1\r\n" H "\r\n"},
	{400, "GET http://a/ HTTP/1.1\r\n" H "\r\n"},
	{400, "GET * HTTP/1.1\r\n" H "\r\n"},
	{400, "GET ?a HTTP/1.1\r\n" H "\r\n"},
	{400, "GET /a#b HTTP/1.1\r\n" H "\r\n"},
	{400, "GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n"},
	{400, "GET /a\rb HTTP/1.1\r\n" H "\r\n"},
	{400, "GET /a\x7f HTTP/1.1\r\n" H "\r\n"},
	{400, "GET / HTTP/1.1\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H H "\r\n"},
	{400, "GET / HTTP/1.0\r\n" H H "\r\n"},
	{400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X : 1\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X\t: 1\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H ": 1\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X Y: 1\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X\xc3\xa4: 1\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X: 1\r\n folded\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X: 1\r\n\tfolded\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n X: 1\r\n" H "\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n"},
	{400, "GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"},
	{411, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"},
	{411, "POST / HTTP/1.1\r\n" H "transfer-encoding: Chunked\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\ncontent-length: 2\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 1.0\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775808\r\n\r\n"},
	{400, "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551617\r\n\r\n"},
};

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int r = parse(bad[i].text, strlen(bad[i].text));

		if (r != bad[i].status)
			printf("\n%d instead of %d: %.70s\n", r, bad[i].status, bad[i].text);
		CU_ASSERT_EQUAL(r, bad[i].status);
	}
}

static void test_nul(void)
{
	static const char target[] = "GET /a\0b HTTP/1.1\r\n" H "\r\n";
	static const char value[] = "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n";
	static const char name[] = "GET / HTTP/1.1\r\n" H "X\0: a\r\n\r\n";
	static const char method[] = "G\0T / HTTP/1.1\r\n" H "\r\n";

	CU_ASSERT_EQUAL(parse(target, sizeof(target) - 1), 400);
	CU_ASSERT_EQUAL(parse(value, sizeof(value) - 1), 400);
	CU_ASSERT_EQUAL(parse(name, sizeof(name) - 1), 400);
	CU_ASSERT_EQUAL(parse(method, sizeof(method) - 1), 400);
}

static void test_good(void)
{
	static const char text[] = "POST /events/a%2Fb//x/../y?q=1&r=%3E? HTTP/1.1\r\n"
				   "hOsT:example.com:8000\r\n"
				   "Content-Length: \t0012 \r\n"
				   "X-Weir-Tag-Region:  s\xc3\xbc"
				   "d\r\n"
				   "X-Empty:\r\n"
				   "x-weir-tag-region: second\r\n"
				   "Expect: 100-Continue\r\n"
				   "\r\n"
				   "hello world!GET /";
	struct weir_head head;
	const char *why;

	CU_ASSERT_EQUAL(parse(text, sizeof(text) - 1), 0);
	CU_ASSERT_EQUAL_FATAL(weir_head_parse(weir_str_n(text, sizeof(text) - 1), &limits, &head, &why), 0);
	CU_ASSERT(weir_str_is(head.method, "POST"));
	CU_ASSERT(weir_str_is(head.target, "/events/a%2Fb//x/../y?q=1&r=%3E?"));
	CU_ASSERT(weir_str_is(head.path, "/events/a%2Fb//x/../y"));
	CU_ASSERT(weir_str_is(head.query, "q=1&r=%3E?"));
	CU_ASSERT_EQUAL(head.minor, 1);
	CU_ASSERT_EQUAL(head.n_fields, 6);
	CU_ASSERT_EQUAL(head.size, sizeof(text) - 1 - 17);
	CU_ASSERT(head.keep_alive && head.has_length && head.expect_continue && !head.upgrade);
	CU_ASSERT_EQUAL(head.content_length, 12);
	CU_ASSERT(weir_str_is(weir_head_get(&head, "X-WEIR-TAG-REGION"), "s\xc3\xbc"
									 "d"));
	CU_ASSERT_EQUAL(weir_head_count(&head, "X-Weir-Tag-Region"), 2);
	CU_ASSERT(weir_head_get(&head, "X-Empty").p && weir_head_get(&head, "X-Empty").n == 0);
	CU_ASSERT_PTR_NULL(weir_head_get(&head, "X-None").p);
	CU_ASSERT_EQUAL(weir_head_count(&head, "X-None"), 0);
}

static void test_target(void)
{
	static const char plain[] = "GET / HTTP/1.1\r\n" H "\r\n", empty[] = "GET /? HTTP/1.1\r\n" H "\r\n";
	static const char star[] = "OPTIONS * HTTP/1.1\r\n" H "\r\n";
	struct weir_head head;
	const char *why;

	CU_ASSERT_EQUAL_FATAL(weir_head_parse(WEIR_STR(plain), &limits, &head, &why), 0);
	CU_ASSERT_PTR_NULL(head.query.p);
	CU_ASSERT_EQUAL_FATAL(weir_head_parse(WEIR_STR(empty), &limits, &head, &why), 0);
	CU_ASSERT(head.query.p && head.query.n == 0);
	CU_ASSERT(weir_str_is(head.path, "/"));
	CU_ASSERT_EQUAL_FATAL(weir_head_parse(WEIR_STR(star), &limits, &head, &why), 0);
	CU_ASSERT(weir_str_is(head.path, "*"));
}

static const struct {
	const char *text;
	bool keep_alive, upgrade, expect;
} framing[] = {
	{"GET / HTTP/1.1\r\n" H "\r\n", true, false, false},
	{"GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", false, false, false},
	{"GET / HTTP/1.1\r\n" H "Connection: keep-alive, CLOSE\r\n\r\n", false, false, false},
	{"GET / HTTP/1.1\r\n" H "Connection: a\r\nConnection: close\r\n\r\n", false, false, false},
	{"GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n", true, false, false},
	{"GET / HTTP/1.0\r\n\r\n", false, false, false},
	{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false, false},
	{"GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false, false, false},
	{"GET / HTTP/1.1\r\n" H "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n", true, true, false},
	{"GET / HTTP/1.1\r\n" H "Upgrade: websocket\r\n\r\n", true, false, false},
	{"GET / HTTP/1.1\r\n" H "Connection: Upgrade\r\n\r\n", true, false, false},
	{"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", false, false, false},
	{"GET / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n", true, false, true},
};

static void test_framing(void)
{
	for (size_t i = 0; i < sizeof(framing) / sizeof(framing[0]); i++) {
		struct weir_head head;
		const char *why;

		CU_ASSERT_EQUAL_FATAL(weir_head_parse(weir_str(framing[i].text), &limits, &head, &why), 0);
		CU_ASSERT_EQUAL(head.keep_alive, framing[i].keep_alive);
		CU_ASSERT_EQUAL(head.upgrade, framing[i].upgrade);
		CU_ASSERT_EQUAL(head.expect_continue, framing[i].expect);
	}
}

/* A head whose request line has line_bytes, with n_fields headers, filled up to head_bytes (0: not filled). */
static char *make_head(size_t line_bytes, size_t n_fields, size_t head_bytes, size_t *len)
{
	size_t cap = line_bytes + head_bytes + n_fields * 16 + 64, n = 0;
	char *p = malloc(cap);

	n = (size_t)sprintf(p, "GET /");
	while (n < line_bytes - 9)
		p[n++] = 'a';
	n += (size_t)sprintf(p + n, " HTTP/1.1\r\nHost: a\r\n");
	for (size_t i = 1; i < n_fields; i++)
		n += (size_t)sprintf(p + n, "X%zu: %zu\r\n", i, i);
	if (head_bytes) {
		n += (size_t)sprintf(p + n, "Y: ");
		while (n < head_bytes - 4)
			p[n++] = 'y';
		n += (size_t)sprintf(p + n, "\r\n");
	}
	n += (size_t)sprintf(p + n, "\r\n");
	*len = n;
	return p;
}

static int parse_made(size_t line_bytes, size_t n_fields, size_t head_bytes)
{
	struct weir_head head;
	size_t n;
	char *p = make_head(line_bytes, n_fields, head_bytes, &n);
	int whole = parse_prefix(p, n, &head);

	for (size_t step = 997; step < 1003; step++)
		CU_ASSERT_EQUAL(parse_growing(p, n, step), whole);
	/* The bytes that only fill lines need not be looked at one by one: those around the limits must. */
	for (size_t i = n > 20 ? n - 20 : 0; i < n; i++) {
		int r = parse_prefix(p, i, &head);

		CU_ASSERT(r == -EAGAIN || r == whole);
	}
	free(p);
	return whole;
}

static void test_limits(void)
{
	CU_ASSERT_EQUAL(parse_made(8192, 1, 0), 0);
	CU_ASSERT_EQUAL(parse_made(8193, 1, 0), 414);
	CU_ASSERT_EQUAL(parse_made(20000, 1, 0), 414);
	CU_ASSERT_EQUAL(parse_made(100, 64, 0), 0);
	CU_ASSERT_EQUAL(parse_made(100, 65, 0), 431);
	CU_ASSERT_EQUAL(parse_made(100, 500, 0), 431);
	CU_ASSERT_EQUAL(parse_made(100, 1, 16384), 0);
	CU_ASSERT_EQUAL(parse_made(100, 1, 16385), 431);
	CU_ASSERT_EQUAL(parse_made(100, 1, 65536), 431);
}

/* A line that has not ended is "more" up to the limit, and its status from there on. */
static void test_endless_lines(void)
{
	char *p = malloc(20000);
	struct weir_head head;
	size_t n;

	memset(p, 'a', 20000);
	CU_ASSERT_EQUAL(parse_prefix(p, 8193, &head), -EAGAIN);
	CU_ASSERT_EQUAL(parse_prefix(p, 8194, &head), 414);
	/* What comes behind the limit does not change it. */
	p[8194] = '(';
	CU_ASSERT_EQUAL(parse_prefix(p, 8200, &head), 414);
	p[8193] = '(';
	CU_ASSERT_EQUAL(parse_prefix(p, 8200, &head), 400);
	memset(p, 'a', 20000);
	n = (size_t)sprintf(p, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	p[n] = 'a';
	CU_ASSERT_EQUAL(parse_prefix(p, 16383, &head), -EAGAIN);
	CU_ASSERT_EQUAL(parse_prefix(p, 16384, &head), 431);
	free(p);
}

static void test_list_fields(void)
{
	static const char text[] = "GET / HTTP/1.1\r\n" H "P: a, b ,,c\r\nP: Dd\r\nQ:\r\n\r\n";
	struct weir_head head;
	const char *why;

	CU_ASSERT_EQUAL_FATAL(weir_head_parse(WEIR_STR(text), &limits, &head, &why), 0);
	CU_ASSERT(weir_head_has_token(&head, "p", "a"));
	CU_ASSERT(weir_head_has_token(&head, "P", "B"));
	CU_ASSERT(weir_head_has_token(&head, "P", "c"));
	CU_ASSERT(weir_head_has_token(&head, "P", "dd"));
	CU_ASSERT_FALSE(weir_head_has_token(&head, "P", "d"));
	CU_ASSERT_FALSE(weir_head_has_token(&head, "P", "a, b"));
	CU_ASSERT_FALSE(weir_head_has_token(&head, "Q", "a"));
	CU_ASSERT_FALSE(weir_head_has_token(&head, "R", "a"));
}

static void test_query(void)
{
	struct weir_str q = WEIR_STR("channel=a%3Ab&x&channel=c&&token=a=b&e="), name, value;
	size_t n = 0;

	CU_ASSERT(weir_str_is(weir_query_get(q, "channel"), "a%3Ab"));
	CU_ASSERT(weir_str_is(weir_query_get(q, "token"), "a=b"));
	CU_ASSERT(weir_query_get(q, "x").p && weir_query_get(q, "x").n == 0);
	CU_ASSERT(weir_query_get(q, "e").p && weir_query_get(q, "e").n == 0);
	CU_ASSERT_PTR_NULL(weir_query_get(q, "chan").p);
	CU_ASSERT_PTR_NULL(weir_query_get(q, "").p);
	CU_ASSERT_PTR_NULL(weir_query_get(WEIR_STR_NONE, "x").p);
	while (weir_query_next(&q, &name, &value))
		n += weir_str_is(name, "channel");
	CU_ASSERT_EQUAL(n, 2);
}

static void expect_decoded(const char *in, bool plus, const char *out)
{
	char dst[64];
	size_t n = 99;
	int r = weir_percent_decode(weir_str(in), plus, dst, &n);

	if (!out) {
		CU_ASSERT_EQUAL(r, WEIR_EPARSE);
		return;
	}
	CU_ASSERT_EQUAL(r, 0);
	CU_ASSERT(weir_str_is(weir_str_n(dst, n), out));
}

static void test_percent(void)
{
	expect_decoded("", true, "");
	expect_decoded("a+b%2B%2b", true, "a b++");
	expect_decoded("a+b", false, "a+b");
	expect_decoded("%C3%A4%25", false, "\xc3\xa4%");
	expect_decoded("%", false, NULL);
	expect_decoded("a%4", false, NULL);
	expect_decoded("%4g", false, NULL);
	expect_decoded("%g4", false, NULL);
	expect_decoded("%%41", false, NULL);
}

CU_TestInfo weir_tests[] = {{"bad heads", test_bad}, {"NUL bytes", test_nul}, {"a good head", test_good},
	{"targets", test_target}, {"framing", test_framing}, {"limits", test_limits},
	{"endless lines", test_endless_lines}, {"list fields", test_list_fields}, {"query", test_query},
	{"percent-encoding", test_percent}, CU_TEST_INFO_NULL};
