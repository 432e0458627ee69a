/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a unit test program defines: its name and its table. tests/support/main.c runs the table under CUnit, takes name
 * filters as arguments, and exits nonzero when an assertion failed.
 */
#ifndef WEIR_TEST_H
#define WEIR_TEST_H

#include <CUnit/CUnit.h>

extern const char weir_test_suite[];
extern CU_TestInfo weir_tests[]; /* ends with CU_TEST_INFO_NULL */

/* The seed of this run: WEIR_SEED if set, else from the system; printed when it is first asked for. */
unsigned long long weir_test_seed(void);

#endif
