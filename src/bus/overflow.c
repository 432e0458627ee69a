/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the overflow policies. Pure, any thread. */
#include "weir/bus/overflow.h"

static const char *const names[] = {"",
#define X(name, text) text,
	WEIR_OVERFLOWS(X)
#undef X
};

/* ------------------------------------------------------------------------------------------------------------------ */

const char *weir_overflow_name(enum weir_overflow o)
{
	return names[o];
}

enum weir_overflow weir_overflow_parse(struct weir_str name)
{
	for (unsigned o = WEIR_OVERFLOW_RESYNC; o <= WEIR_OVERFLOW_LATEST; o++)
		if (weir_str_is(name, names[o]))
			return (enum weir_overflow)o;
	return WEIR_OVERFLOW_UNSET;
}
