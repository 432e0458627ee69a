/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests and the benchmark of the set of patterns: what a question costs. */
#ifndef WEIR_PATTERNS_PRIV_H
#define WEIR_PATTERNS_PRIV_H

#include "weir/bus/patterns.h"

/* weir_patterns_match(), and how many nodes it has visited. */
size_t weir__patterns_match(const struct weir_patterns *p, struct weir_str channel, weir_pattern_fn fn, void *ctx);

#endif
