/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Number of filters (filters.md §2.3): a decimal of at most 19 significant digits; further ones are dropped toward
 * zero, of texts and of results. Kept so that equal values have equal members: the digits are pushed to the left
 * (10^18 … 10^19 - 1), zero is all zeros. Pure, any thread.
 */
#ifndef WEIR_FILTER_NUMBER_PRIV_H
#define WEIR_FILTER_NUMBER_PRIV_H

#include "weir/filter/value.h"

#define NUMBER_DIGITS    19
#define NUMBER_TOP       UINT64_C(1000000000000000000) /* 10^18, the least that `digits` holds */
#define NUMBER_MAGNITUDE 1000                          /* from 10^1000 up it is no Number, below 10^-1000 it is zero */
#define NUMBER_TEXT      40                            /* bytes that any text of a Number fits in */

/* [+-]? digit+ ("." digit+)?, the whole text. False if it is not that, or is 10^1000 and more. */
bool weir__number_parse(struct weir_str text, struct weir_decimal *out);
/* The same for a number of accepted JSON, which may have an exponent. */
bool weir__number_parse_json(struct weir_str text, struct weir_decimal *out);
int weir__number_compare(const struct weir_decimal *a, const struct weir_decimal *b); /* < 0, 0, > 0 */

struct weir_decimal weir__number_integer(int64_t v);
/* False if it is not whole or does not fit. */
bool weir__number_to_integer(const struct weir_decimal *d, int32_t *out);
/* The shortest text; returns its length. */
size_t weir__number_text(const struct weir_decimal *d, char out[NUMBER_TEXT]);

/* False if the result is 10^1000 and more; `b` of a quotient is not zero. */
bool weir__number_add(const struct weir_decimal *a, const struct weir_decimal *b, struct weir_decimal *out);
bool weir__number_subtract(const struct weir_decimal *a, const struct weir_decimal *b, struct weir_decimal *out);
bool weir__number_multiply(const struct weir_decimal *a, const struct weir_decimal *b, struct weir_decimal *out);
bool weir__number_divide(const struct weir_decimal *a, const struct weir_decimal *b, struct weir_decimal *out);

#endif
