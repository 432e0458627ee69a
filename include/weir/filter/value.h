/* SPDX-License-Identifier: Apache-2.0 */
/* A value of the filter language (filters.md §2.3) and its casts. Pure, any thread. */
#ifndef WEIR_FILTER_VALUE_H
#define WEIR_FILTER_VALUE_H

#include "weir/base/buf.h"

enum weir_value_type {
	WEIR_VALUE_MISSING,
	WEIR_VALUE_STRING,
	WEIR_VALUE_INTEGER,
	WEIR_VALUE_BOOLEAN,
	WEIR_VALUE_NUMBER,
	WEIR_VALUE_OPAQUE, /* an array, an object, bytes: is there, and nothing else */
};

/* ±0.digits × 10^magnitude, 19 significant digits at most; zero has digits 0. */
struct weir_decimal {
	uint64_t digits;
	int32_t magnitude;
	bool negative;
};

struct weir_value {
	enum weir_value_type type;
	union {
		struct weir_str string;
		int32_t integer;
		bool boolean;
		struct weir_decimal number;
	};
};

/* As JSON, a Number as its shortest decimal; null if it is missing or Opaque. */
void weir_value_append_json(struct weir_buf *out, const struct weir_value *v);
struct weir_value weir_value_of_i64(int64_t v); /* a Number */

#endif
