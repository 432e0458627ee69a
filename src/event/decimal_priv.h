/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Number of filters: a decimal of at most 19 significant digits; further ones are dropped toward zero. Kept so that
 * equal values have equal members: the digits are pushed to the left of `digits`, zero is all zeros. Pure, any thread.
 */
#ifndef WEIR_EVENT_DECIMAL_PRIV_H
#define WEIR_EVENT_DECIMAL_PRIV_H

#include "weir/base/str.h"

struct weir_decimal {
	uint64_t digits;   /* 0, or 10^18 … 10^19 - 1 */
	int32_t magnitude; /* value = 0.digits × 10^magnitude */
	bool negative;
};

/* [+-]? digit+ ("." digit+)?, the whole text. False if it is not that, or is 10^1000 and more. */
bool weir__decimal_parse(struct weir_str text, struct weir_decimal *out);
int weir__decimal_compare(const struct weir_decimal *a, const struct weir_decimal *b); /* < 0, 0, > 0 */

#endif
