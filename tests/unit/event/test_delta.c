/* SPDX-License-Identifier: Apache-2.0 */
/* Deltas: the known patch, round trips of many shapes, small patches where little changed, hostile patches. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/base/utf8.h"
#include "weir/event/delta.h"

#define MAX_BYTES 5000

/* The length of the patch, 0 if it does not lead back to the target. */
static size_t round_trip(struct weir_str source, struct weir_str target)
{
	struct weir_buf patch, back;
	size_t n = 0;

	weir_buf_init(&patch, 4 * MAX_BYTES);
	weir_buf_init(&back, target.n);
	if (weir_delta_create(&patch, source, target) == 0 &&
		weir_delta_apply(&back, source, weir_buf_view(&patch)) == 0 &&
		weir_str_eq(weir_buf_view(&back), target))
		n = patch.len;
	if (n && weir_utf8_valid(target) && !weir_utf8_valid(weir_buf_view(&patch)))
		n = 0;
	weir_buf_fini(&patch);
	weir_buf_fini(&back);
	return n;
}

static void test_known(void)
{
	struct weir_buf patch, back;

	weir_buf_init(&patch, 100);
	weir_buf_init(&back, 100);
	CU_ASSERT_EQUAL(
		weir_delta_create(&patch, WEIR_STR("hello world hello world!"), WEIR_STR("hello world hello world!?")),
		0);
	CU_ASSERT(weir_str_is(weir_buf_view(&patch), "P\nO@0,1:?3Iu8~s;"));
	weir_buf_lit(&back, "kept ");
	CU_ASSERT_EQUAL(weir_delta_apply(&back, WEIR_STR("hello world hello world!"), weir_buf_view(&patch)), 0);
	CU_ASSERT(weir_str_is(weir_buf_view(&back), "kept hello world hello world!?"));
	weir_buf_reset(&patch);
	CU_ASSERT_EQUAL(weir_delta_create(&patch, WEIR_STR("abc"), WEIR_STR("abc")), 0);
	CU_ASSERT(weir_str_is(weir_buf_view(&patch), "3\n3:abc1XObC0;"));
	weir_buf_reset(&patch);
	CU_ASSERT_EQUAL(weir_delta_create(&patch, WEIR_STR("abc"), WEIR_STR("")), 0);
	CU_ASSERT(weir_str_is(weir_buf_view(&patch), "0\n0;"));
	weir_buf_fini(&patch);
	weir_buf_fini(&back);
}

static size_t make_json(char *p, size_t size, unsigned n, const char *name)
{
	size_t len = (size_t)snprintf(p, size, "{\"seq\":%u,\"name\":\"%s\",\"readings\":[", n, name);

	for (unsigned i = 0; i < 30; i++)
		len += (size_t)snprintf(
			p + len, size - len, "%s{\"s\":%u,\"v\":%u.5}", i ? "," : "", i, i == n % 30 ? n : i * 7);
	len += (size_t)snprintf(p + len, size - len, "],\"time\":%u}", 1767225600 + n);
	return len;
}

static void test_near_identical(void)
{
	char a[MAX_BYTES], b[MAX_BYTES];
	struct weir_str before = weir_str_n(a, make_json(a, sizeof(a), 0, "Zo\xc3\xab"));

	CU_ASSERT(before.n > 400);
	for (unsigned i = 1; i <= 200; i++) {
		struct weir_str now =
			weir_str_n(b, make_json(b, sizeof(b), i, i % 2 ? "Zoe \xe2\x82\xac" : "Zo\xc3\xab"));
		size_t n = round_trip(before, now);

		if (n == 0 || n > now.n / 3) {
			CU_FAIL("not a small patch");
			break;
		}
		memcpy(a, b, now.n);
		before.n = now.n;
	}
}

static void test_random(void)
{
	static char a[MAX_BYTES], b[MAX_BYTES];
	struct weir_random r;
	unsigned wrong = 0;

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 3000; i++) {
		size_t na = weir_random_below(&r, 300), nb = 0;
		uint64_t letters = i % 3 ? 3 : 256;

		for (size_t k = 0; k < na; k++)
			a[k] = (char)(letters == 3 ? 'a' + weir_random_below(&r, 3) : weir_random_below(&r, 256));
		/* The target: pieces of the source in any order, and noise. */
		for (uint64_t pieces = weir_random_below(&r, 6); pieces > 0; pieces--) {
			size_t from = weir_random_below(&r, na + 1), n = weir_random_below(&r, na - from + 1);

			memcpy(b + nb, a + from, n);
			nb += n;
			for (n = weir_random_below(&r, 20); n > 0; n--)
				b[nb++] = (char)weir_random_below(&r, 256);
		}
		wrong += round_trip(weir_str_n(a, na), weir_str_n(b, nb)) == 0;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Text of characters that share bytes: copies must not begin or end inside one. */
static void test_utf8(void)
{
	static const char *const chars[] = {"\xd0\xb0", "\xd0\xb1", "\xd1\xb0", "\xe2\x82\xac", "\xe2\x83\xac",
		"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81", "a"};
	static char a[MAX_BYTES], b[MAX_BYTES];
	struct weir_random r;
	unsigned wrong = 0;

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 2000; i++) {
		size_t na = 0, nb = 0;

		for (int k = 0; k < 60; k++) {
			const char *c = chars[weir_random_below(&r, WEIR_ARRAY_LEN(chars))];
			const char *d =
				weir_random_below(&r, 12) ? c : chars[weir_random_below(&r, WEIR_ARRAY_LEN(chars))];

			memcpy(a + na, c, strlen(c));
			na += strlen(c);
			memcpy(b + nb, d, strlen(d));
			nb += strlen(d);
		}
		wrong += round_trip(weir_str_n(a, na), weir_str_n(b, nb)) == 0;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void test_repetitive(void)
{
	static char a[MAX_BYTES], b[MAX_BYTES];
	size_t n;

	/* Every block is a candidate for every place. */
	memset(a, 'a', sizeof(a));
	memset(b, 'a', sizeof(b));
	for (size_t i = 100; i < sizeof(b); i += 100)
		b[i] = 'b';
	n = round_trip(weir_str_n(a, sizeof(a)), weir_str_n(b, sizeof(b)));
	CU_ASSERT(n > 0 && n < 600);
}

static void test_create_without_room(void)
{
	struct weir_buf patch;

	weir_buf_init(&patch, 10);
	CU_ASSERT_EQUAL(weir_delta_create(&patch, WEIR_STR(""), WEIR_STR("0123456789")), -ENOMEM);
	CU_ASSERT(patch.failed);
	weir_buf_fini(&patch);
}

static void test_hostile(void)
{
	static const struct {
		const char *patch;
		int err;
	} rows[] = {
		{"", WEIR_EPARSE},
		{"3", WEIR_EPARSE},
		{"\n", WEIR_EPARSE},
		{"3\n", WEIR_EPARSE},
		{"3:abc1XObC0;", WEIR_EPARSE},
		{"3\n3:abc", WEIR_EPARSE},
		{"3\n3:abc1XObC0", WEIR_EPARSE},
		{"3\n3:abc1XObC0; ", WEIR_EPARSE},
		{"3\n3:abc1XObC0;1XObC0;", WEIR_EPARSE},
		{"3\n3:ab", WEIR_EPARSE},
		{"3\n4:abcd1XObC0;", WEIR_EPARSE},
		{"4\n3:abc1XObC0;", WEIR_EPARSE},
		{"2\n3:abc1XObC0;", WEIR_EPARSE},
		{"3\n3:abc1XObC1;", WEIR_ECHECKSUM},
		{"3\n3:abc;", WEIR_EPARSE},
		{"3\n:abc1XObC0;", WEIR_EPARSE},
		{"3\n3@;", WEIR_EPARSE},
		{"3\n3@0;", WEIR_EPARSE},
		{"3\n3@,1XObC0;", WEIR_EPARSE},
		{"3\n3@8,1XObC0;", WEIR_EPARSE}, /* the source has 10 bytes */
		{"3\n3@B,1XObC0;", WEIR_EPARSE},
		{"3\n3@3~~~~~,1XObC0;", WEIR_EPARSE},
		{"3\n3@~~~~~~~~~~~~,1XObC0;", WEIR_EPARSE},
		{"3\n3~~~~~@0,1XObC0;", WEIR_EPARSE},
		{"3\n~~~~~~~~~~~~@0,1XObC0;", WEIR_EPARSE},
		{"3\n3!abc1XObC0;", WEIR_EPARSE},
		{"-3\n3:abc1XObC0;", WEIR_EPARSE},
		{"3\r\n3:abc1XObC0;", WEIR_EPARSE},
		{"3\n3:abc40000000;", WEIR_EPARSE},
		{"3~~~~~\n3:abc1XObC0;", WEIR_ELIMIT},
		{"d\n", WEIR_ELIMIT},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_buf out;
		int err;

		weir_buf_init(&out, 43);
		weir_buf_lit(&out, "kept");
		err = weir_delta_apply(&out, WEIR_STR("0123456789"), weir_str(rows[i].patch));
		if (err != rows[i].err || !weir_str_is(weir_buf_view(&out), "kept")) {
			printf("row %zu: %d\n", i, err);
			CU_FAIL("not refused as it should be");
		}
		weir_buf_fini(&out);
	}
}

static void test_mutations(void)
{
	char source[MAX_BYTES], target[MAX_BYTES];
	struct weir_str from = weir_str_n(source, make_json(source, sizeof(source), 3, "x"));
	struct weir_str to = weir_str_n(target, make_json(target, sizeof(target), 17, "y"));
	struct weir_buf patch, out;
	struct weir_random r;
	unsigned wrong = 0, accepted = 0;

	weir_random_seeded(&r, weir_test_seed());
	weir_buf_init(&patch, MAX_BYTES);
	weir_buf_init(&out, MAX_BYTES);
	CU_ASSERT_EQUAL_FATAL(weir_delta_create(&patch, from, to), 0);
	for (int i = 0; i < 5000; i++) {
		/* A copy of the exact size, so that a read too far is found. */
		char *copy = weir_xstrndup(patch.p, patch.len), *exact;
		size_t n = patch.len - weir_random_below(&r, 4);
		int err;

		for (uint64_t k = 1 + weir_random_below(&r, 3); k > 0; k--)
			copy[weir_random_below(&r, n)] = "09AZ_az~@:,;\n\xff"[weir_random_below(&r, 14)];
		exact = weir_xmalloc(n);
		memcpy(exact, copy, n);
		weir_buf_reset(&out);
		err = weir_delta_apply(&out, from, weir_str_n(exact, n));
		accepted += err == 0;
		wrong += err && out.len > 0;
		free(exact);
		free(copy);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	/* Only what changes nothing, or what the checksum happens to miss. */
	CU_ASSERT(accepted < 500);
	weir_buf_fini(&patch);
	weir_buf_fini(&out);
}

const char weir_test_suite[] = "event/delta";
CU_TestInfo weir_tests[] = {
	{"known patches", test_known},
	{"near-identical texts give small patches", test_near_identical},
	{"random round trips", test_random},
	{"patches of UTF-8 are UTF-8", test_utf8},
	{"repetitive texts", test_repetitive},
	{"no room for the patch", test_create_without_room},
	{"hostile patches", test_hostile},
	{"mutated patches", test_mutations},
	CU_TEST_INFO_NULL,
};
