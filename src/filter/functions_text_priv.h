/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of texts, for the table in functions.c. */
#ifndef WEIR_FILTER_FUNCTIONS_TEXT_PRIV_H
#define WEIR_FILTER_FUNCTIONS_TEXT_PRIV_H

#include "run_priv.h"

bool weir__function_length(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);
bool weir__function_concat(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);
bool weir__function_concat_ws(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);
bool weir__function_lower(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);
bool weir__function_upper(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);
bool weir__function_trim(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);
bool weir__function_left(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);
bool weir__function_right(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);
bool weir__function_substring(struct run *run, const struct weir_value *args, unsigned n, struct weir_value *out);

#endif
