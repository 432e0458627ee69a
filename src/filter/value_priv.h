/* SPDX-License-Identifier: Apache-2.0 */
/* The casts of filters.md §2.3. False: a CastError. Pure, any thread. */
#ifndef WEIR_FILTER_VALUE_PRIV_H
#define WEIR_FILTER_VALUE_PRIV_H

#include "number_priv.h"

#define VALUE_TEXT NUMBER_TEXT /* bytes that the text of anything but a String fits in */

static inline struct weir_value value_boolean(bool v)
{
	return (struct weir_value){.type = WEIR_VALUE_BOOLEAN, .boolean = v};
}

static inline struct weir_value value_integer(int32_t v)
{
	return (struct weir_value){.type = WEIR_VALUE_INTEGER, .integer = v};
}

static inline struct weir_value value_number(struct weir_decimal v)
{
	return (struct weir_value){.type = WEIR_VALUE_NUMBER, .number = v};
}

/* Absent becomes empty. */
static inline struct weir_value value_string(struct weir_str s)
{
	return (struct weir_value){.type = WEIR_VALUE_STRING, .string = s.p ? s : weir_str_n("", 0)};
}

struct weir_value weir__value_zero(enum weir_value_type type);
bool weir__value_integer(const struct weir_value *v, int32_t *out);
bool weir__value_boolean(const struct weir_value *v, bool *out);
bool weir__value_number(const struct weir_value *v, struct weir_decimal *out);
/* The text is the String itself, or stands in `room`. */
bool weir__value_string(const struct weir_value *v, char room[VALUE_TEXT], struct weir_str *out);

#endif
