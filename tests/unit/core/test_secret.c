/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of sessions: the worker they name, and what is none. */
#include "test.h"
#include "weir/core/secret.h"

const char weir_test_suite[] = "core/secret";

static void test_worker(void)
{
	static const unsigned workers[] = {0, 1, 15, 16, 255, WEIR_SECRET_WORKERS - 1};
	struct weir_random random;
	char secret[WEIR_SECRET_LEN + 1], before[WEIR_SECRET_LEN + 1] = "";
	unsigned worker;

	weir_random_system(&random);
	for (size_t i = 0; i < sizeof(workers) / sizeof(*workers); i++) {
		weir_secret_make(secret, workers[i], &random);
		CU_ASSERT_EQUAL(strlen(secret), WEIR_SECRET_LEN);
		CU_ASSERT_EQUAL(weir_secret_worker(weir_str(secret), &worker), 0);
		CU_ASSERT_EQUAL(worker, workers[i]);
		CU_ASSERT_STRING_NOT_EQUAL(secret + 3, before + 3);
		memcpy(before, secret, sizeof(before));
	}
}

static void test_none(void)
{
	struct weir_random random;
	char secret[WEIR_SECRET_LEN + 1];
	unsigned worker;

	weir_random_system(&random);
	weir_secret_make(secret, 7, &random);
	CU_ASSERT_EQUAL(weir_secret_worker(WEIR_STR(""), &worker), WEIR_EPARSE);
	CU_ASSERT_EQUAL(weir_secret_worker(WEIR_STR_NONE, &worker), WEIR_EPARSE);
	CU_ASSERT_EQUAL(weir_secret_worker(weir_str_n(secret, WEIR_SECRET_LEN - 1), &worker), WEIR_EPARSE);
	for (size_t i = 0; i < WEIR_SECRET_LEN; i++) {
		char was = secret[i];

		for (const char *wrong = "gF -\n"; *wrong; wrong++) {
			secret[i] = *wrong;
			CU_ASSERT_EQUAL(weir_secret_worker(weir_str(secret), &worker), WEIR_EPARSE);
		}
		secret[i] = was;
	}
}

CU_TestInfo weir_tests[] = {
	{"a secret names its worker", test_worker},
	{"no secret", test_none},
	CU_TEST_INFO_NULL,
};
