/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main() of every unit test program: runs weir_tests, or those whose names contain one of the arguments. CUnit's
 * own runner returns no verdict, so the exit code is made here. A filter that matches nothing is a failure too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <CUnit/Basic.h>

#include "test.h"

static int wanted(const char *name, int argc, char **argv)
{
	if (argc < 2)
		return 1;
	for (int i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return 1;
	return 0;
}

unsigned long long weir_test_seed(void)
{
	static unsigned long long seed;

	if (!seed) {
		const char *given = getenv("WEIR_SEED");
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		seed = given ? strtoull(given, NULL, 0)
			     : (unsigned long long)now.tv_sec * 1000003u + (unsigned long long)now.tv_nsec;
		seed = seed ? seed : 1;
		printf("\nWEIR_SEED=%llu\n", seed);
		fflush(stdout);
	}
	return seed;
}

int main(int argc, char **argv)
{
	CU_pSuite suite;
	unsigned added = 0, failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	suite = CU_add_suite(weir_test_suite, NULL, NULL);
	for (CU_TestInfo *t = weir_tests; suite && t->pName; t++)
		if (wanted(t->pName, argc, argv)) {
			CU_add_test(suite, t->pName, t->pTestFunc);
			added++;
		}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	if (!suite || !added || CU_basic_run_tests() != CUE_SUCCESS) {
		fprintf(stderr, "%s: nothing was run\n", weir_test_suite);
		return 2;
	}
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failed ? 1 : 0;
}
