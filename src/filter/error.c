/* SPDX-License-Identifier: Apache-2.0 */
/* The names of evaluation errors, as metrics and messages show them. Pure, any thread. */
#include "weir/filter/filter.h"

/* ------------------------------------------------------------------------------------------------------------------ */

const char *weir_filter_error_name(enum weir_filter_error e)
{
	static const char *const names[] = {
		[WEIR_FILTER_OK] = "ok",
		[WEIR_FILTER_MISSING_ATTRIBUTE] = "missing_attribute",
		[WEIR_FILTER_CAST] = "cast",
		[WEIR_FILTER_MATH] = "math",
		[WEIR_FILTER_FUNCTION] = "function",
		[WEIR_FILTER_GENERIC] = "generic",
		[WEIR_FILTER_NOT_BOOLEAN] = "not_boolean",
	};

	return names[e];
}
