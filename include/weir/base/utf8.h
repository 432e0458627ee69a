/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 by RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. Pure, any thread. */
#ifndef WEIR_BASE_UTF8_H
#define WEIR_BASE_UTF8_H

#include "weir/base/str.h"

bool weir_utf8_valid(struct weir_str s);
/* The length of the character that s begins with; 0 if it begins with none. */
size_t weir_utf8_char(struct weir_str s);
/* The longest prefix of at most n bytes that does not cut a character. */
struct weir_str weir_utf8_prefix(struct weir_str s, size_t n);
/* Writes the encoding of a code point (≤ U+10FFFF, no surrogate) to out; returns 1 … 4. */
size_t weir_utf8_encode(uint32_t code_point, char out[4]);

#endif
