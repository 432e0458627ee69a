/* SPDX-License-Identifier: Apache-2.0 */
/* Error texts: each own code has its text and no two share one; errno and libuv's codes have theirs. */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "weir/base/err.h"
#include "weir/base/mem.h"

static void test_own(void)
{
	static const struct {
		int code;
		const char *text;
	} rows[] = {
#define X(name, code, text) {code, text},
		WEIR_ERRORS(X)
#undef X
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		CU_ASSERT_STRING_EQUAL(weir_strerror(rows[i].code), rows[i].text);
		CU_ASSERT(rows[i].code <= -5000);
		for (size_t k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(rows[i].text, rows[k].text);
	}
}

static void test_others(void)
{
	CU_ASSERT_STRING_EQUAL(weir_strerror(0), "success");
	CU_ASSERT_STRING_EQUAL(weir_strerror(-ENOMEM), strerror(ENOMEM));
	CU_ASSERT_STRING_EQUAL(weir_strerror(-4095), "end of file");
	CU_ASSERT_STRING_EQUAL(weir_strerror(-3008), "unknown host or service");
	CU_ASSERT_PTR_NOT_NULL(weir_strerror(-12345678));
	CU_ASSERT_PTR_NOT_NULL(weir_strerror((int)0x80000000u));
}

const char weir_test_suite[] = "base/err";
CU_TestInfo weir_tests[] = {
	{"own codes", test_own},
	{"errno and libuv's codes", test_others},
	CU_TEST_INFO_NULL,
};
