/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that does not fail. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "weir/base/mem.h"

static void test_strings(void)
{
	char *whole = weir_xstrdup("weir"), *part = weir_xstrndup("a\0bc", 3), *none = weir_xstrndup(NULL, 0);

	CU_ASSERT_STRING_EQUAL(whole, "weir");
	CU_ASSERT_EQUAL(memcmp(part, "a\0b", 4), 0);
	CU_ASSERT_STRING_EQUAL(none, "");
	free(whole);
	free(part);
	free(none);
}

static void test_blocks(void)
{
	char *p = weir_xcalloc(3, 5), *q;
	char zeros[15] = "";

	CU_ASSERT_EQUAL(memcmp(p, zeros, 15), 0);
	memset(p, 'x', 15);
	q = weir_xrealloc(p, 1000);
	CU_ASSERT_EQUAL(q[14], 'x');
	free(q);
	p = weir_xmalloc(1);
	CU_ASSERT_PTR_NOT_NULL(p);
	free(p);
}

const char weir_test_suite[] = "base/mem";
CU_TestInfo weir_tests[] = {
	{"strings", test_strings},
	{"blocks", test_blocks},
	CU_TEST_INFO_NULL,
};
