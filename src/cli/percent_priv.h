/* SPDX-License-Identifier: Apache-2.0 */
/* Text in a URL: all but letters, digits and - . _ ~ as %XX. Pure. */
#ifndef WEIR_CLI_PERCENT_PRIV_H
#define WEIR_CLI_PERCENT_PRIV_H

#include "weir/base/buf.h"

static inline void weir__append_percent(struct weir_buf *out, struct weir_str text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		unsigned char lower = c | 0x20;

		if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c))) {
			weir_buf_char(out, (char)c);
		} else {
			weir_buf_char(out, '%');
			weir_buf_char(out, hex[c >> 4]);
			weir_buf_char(out, hex[c & 15]);
		}
	}
}

#endif
