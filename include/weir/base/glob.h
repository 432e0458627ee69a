/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Globs as Centrifugo's `channels` call and `allowed_origins` take them: * ? [a-z] [!a-z] {a,b} and backslash. Matches
 * the whole text, bytewise; * also matches '.', ':' and '/'. Work is bounded: a pattern that needs more than 100,000
 * steps does not match. Pure, any thread.
 */
#ifndef WEIR_BASE_GLOB_H
#define WEIR_BASE_GLOB_H

#include "weir/base/str.h"

bool weir_glob_match(struct weir_str pattern, struct weir_str text);

#endif
