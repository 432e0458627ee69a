/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads from one notation into the other, one to one (protocol.md §14.2): a value has a form in the other notation
 * iff all of it has, and then it comes back as it was, but for white space, escapes and how numbers are written. Untrusted input, no
 * recursion, time linear in its length. Pure functions, any thread.
 */
#ifndef WEIR_EVENT_CONVERT_H
#define WEIR_EVENT_CONVERT_H

#include "weir/base/buf.h"

#define WEIR_CONVERT_DEPTH 32 /* what is nested deeper has no form */

/*
 * All three append to `out`, which on an error is as long as before. 0; WEIR_EINVALID: there is no form (also: it is not exactly one
 * value); -ENOMEM: no memory, or the ceiling of `out`.
 */
int weir_msgpack_from_json(struct weir_buf *out, struct weir_str json) WEIR_MUSTCHECK;
int weir_json_from_msgpack(struct weir_buf *out, struct weir_str value) WEIR_MUSTCHECK;
/*
 * For readers who look for single members: an empty array stands for each part that has no form. WEIR_EINVALID only if it is
 * not exactly one value.
 */
int weir_json_from_msgpack_leniently(struct weir_buf *out, struct weir_str value) WEIR_MUSTCHECK;

/* As many bytes as the JSON form of so many bytes of MessagePack may have: a control character becomes six. */
#define WEIR_JSON_FORM_BYTES(n) (6 * (n) + 16)

#endif
