/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 of RFC 4648: §4 (with padding) and §5 (URL alphabet, no padding). Decoding is strict: no blanks, no stray
 * bits. */
#ifndef WEIR_BASE_BASE64_H
#define WEIR_BASE_BASE64_H

#include "weir/base/buf.h"

void weir_base64_encode(struct weir_buf *out, struct weir_str in);
void weir_base64url_encode(struct weir_buf *out, struct weir_str in);
/* Append the decoded bytes. WEIR_EPARSE on anything malformed (out is left as it was), -ENOMEM. */
int weir_base64_decode(struct weir_buf *out, struct weir_str in) WEIR_MUSTCHECK;
int weir_base64url_decode(struct weir_buf *out, struct weir_str in) WEIR_MUSTCHECK;

#endif
