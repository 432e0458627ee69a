/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One filter given to the engine and to the reference: what they make of it is compared, and a difference is printed with
 * all that is needed to try it by hand. See test_filter_differential.c.
 */
#ifndef WEIR_TEST_DIFFERENTIAL_H
#define WEIR_TEST_DIFFERENTIAL_H

#include "reference.h"

struct both {
	const struct ref_attributes *attributes;
	struct weir_program *program;
	struct ref_filter *filter;
	struct weir_buf why, ref_why, scratch;
	int err, ref_err;
	unsigned long long seed;
	unsigned differ, compared, refused;
};

void both_init(struct both *b);
void both_fini(struct both *b);
/* False: enough has been shown. */
bool show_case(struct both *b, struct weir_str filter);
/* Both count in `compared` or `refused`, and in `differ` if the sides do not agree. */
void compare_expression(struct both *b, struct weir_str text, const struct ref_attributes *attributes);
void compare_tree(struct both *b, struct weir_str text, const struct ref_attributes *attributes);

#endif
