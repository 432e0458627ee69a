/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the language as a table, for the compiler and for evaluations. Pure, any thread. */
#ifndef WEIR_FILTER_FUNCTIONS_PRIV_H
#define WEIR_FILTER_FUNCTIONS_PRIV_H

#include "run_priv.h"

#define FUNCTION_MANY 255 /* arguments: no upper bound */

/* What an argument is cast to before the next one is evaluated; the last of a function's stands for all that follow. */
enum function_param { PARAM_ANY, PARAM_STRING, PARAM_INTEGER };

/* The arguments are on the stack, their Strings charged. False: failed. */
typedef bool (*function_call_fn)(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);

struct function {
	const char *name;
	uint8_t least, most;
	uint8_t result; /* enum weir_value_type; MISSING: Integer or Number, as the argument */
	uint8_t params[3];
	function_call_fn call;
};

/* The function's number, -1: there is none of that name (in any case). */
int weir__function_find(struct weir_str name);
const struct function *weir__function(unsigned i);

#endif
