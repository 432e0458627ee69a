/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: the vectors of RFC 4648, what the strict decoder refuses, and a random round trip. */
#include "test.h"

#include <errno.h>

#include "weir/base/base64.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

typedef void (*encode_fn)(struct weir_buf *, struct weir_str);
typedef int (*decode_fn)(struct weir_buf *, struct weir_str);

static void check_pair(encode_fn encode, decode_fn decode, struct weir_str bytes, const char *text)
{
	struct weir_buf b;

	weir_buf_init(&b, 1000);
	encode(&b, bytes);
	CU_ASSERT(weir_str_is(weir_buf_view(&b), text));
	weir_buf_reset(&b);
	CU_ASSERT_EQUAL(decode(&b, weir_str(text)), 0);
	CU_ASSERT(weir_str_eq(weir_buf_view(&b), bytes));
	weir_buf_fini(&b);
}

static void test_vectors(void)
{
	static const char *const rows[][3] = {{"", "", ""}, {"f", "Zg==", "Zg"}, {"fo", "Zm8=", "Zm8"},
		{"foo", "Zm9v", "Zm9v"}, {"foob", "Zm9vYg==", "Zm9vYg"}, {"fooba", "Zm9vYmE=", "Zm9vYmE"},
		{"foobar", "Zm9vYmFy", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+", "-__-"}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		check_pair(weir_base64_encode, weir_base64_decode, weir_str(rows[i][0]), rows[i][1]);
		check_pair(weir_base64url_encode, weir_base64url_decode, weir_str(rows[i][0]), rows[i][2]);
	}
}

static void check_refused(decode_fn decode, const char *const *texts)
{
	struct weir_buf b;

	weir_buf_init(&b, 100);
	weir_buf_lit(&b, "kept");
	for (; *texts; texts++) {
		CU_ASSERT_EQUAL(decode(&b, weir_str(*texts)), WEIR_EPARSE);
		CU_ASSERT(weir_str_is(weir_buf_view(&b), "kept"));
	}
	weir_buf_fini(&b);
}

static void test_refused(void)
{
	static const char *const std[] = {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8=Zm8=", "Z g=", "Zm9v\n", "=",
		"====", "Z===", "Zm9-", "Zm\xc3\xa9", NULL};
	static const char *const url[] = {"Z", "Zh", "Zm9", "Zg==", "Zm8=", "Zm9v+/+/", "Zm9v ", "Zm9vY", NULL};

	check_refused(weir_base64_decode, std);
	check_refused(weir_base64url_decode, url);
}

static void test_no_room(void)
{
	struct weir_buf b;

	weir_buf_init(&b, 5);
	CU_ASSERT_EQUAL(weir_base64_decode(&b, WEIR_STR("Zm9vYmFy")), -ENOMEM);
	CU_ASSERT_EQUAL(b.len, 0);
	weir_buf_reset(&b);
	weir_base64_encode(&b, WEIR_STR("foob"));
	CU_ASSERT(b.failed);
	weir_buf_fini(&b);
}

static void test_round_trip(void)
{
	struct weir_random r;
	struct weir_buf text, back;
	char bytes[100];

	weir_random_seeded(&r, weir_test_seed());
	weir_buf_init(&text, 1000);
	weir_buf_init(&back, 1000);
	for (size_t n = 0; n < sizeof(bytes); n++)
		for (int url = 0; url < 2; url++) {
			weir_random_fill(&r, bytes, n);
			weir_buf_reset(&text);
			weir_buf_reset(&back);
			(url ? weir_base64url_encode : weir_base64_encode)(&text, weir_str_n(bytes, n));
			CU_ASSERT_EQUAL(
				(url ? weir_base64url_decode : weir_base64_decode)(&back, weir_buf_view(&text)), 0);
			CU_ASSERT(weir_str_eq(weir_buf_view(&back), weir_str_n(bytes, n)));
		}
	weir_buf_fini(&text);
	weir_buf_fini(&back);
}

const char weir_test_suite[] = "base/base64";
CU_TestInfo weir_tests[] = {
	{"vectors of RFC 4648", test_vectors},
	{"malformed text is refused", test_refused},
	{"no room", test_no_room},
	{"round trip", test_round_trip},
	CU_TEST_INFO_NULL,
};
