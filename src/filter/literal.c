/* SPDX-License-Identifier: Apache-2.0 */
/*
 * String literals: between two of one kind of quote. A backslash keeps the next character from ending the literal; the
 * delimiter behind a backslash, or twice, means the delimiter, any other backslash stays. Pure, any thread.
 */
#include "path_priv.h"
#include "weir/base/utf8.h"

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__literal_cut(struct weir_str *rest, struct weir_str *out)
{
	char quote = *rest->p;
	size_t at = 1;

	while (at < rest->n) {
		size_t n;

		if (rest->p[at] == quote) {
			if (at + 1 == rest->n || rest->p[at + 1] != quote) {
				*out = weir_str_n(rest->p, at + 1);
				*rest = weir_str_n(rest->p + at + 1, rest->n - at - 1);
				return 0;
			}
			at += 2;
			continue;
		}
		at += rest->p[at] == '\\';
		if (at == rest->n)
			break;
		n = weir_utf8_char(weir_str_n(rest->p + at, rest->n - at));
		if (n == 0) {
			*rest = weir_str_n(rest->p + at, rest->n - at);
			return WEIR_EUTF8;
		}
		at += n;
	}
	return WEIR_EPARSE;
}

void weir__literal_decode(struct weir_buf *out, struct weir_str literal)
{
	char quote = *literal.p;

	for (size_t i = 1; i + 1 < literal.n; i++) {
		char c = literal.p[i];

		if (c == '\\' && i + 2 < literal.n) {
			if (literal.p[i + 1] != quote)
				weir_buf_char(out, c);
			c = literal.p[++i];
		} else if (c == quote) {
			i++;
		}
		weir_buf_char(out, c);
	}
}
