/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings and percent-encoding, as received: names are compared undecoded, values come undecoded. Pure, any
 * thread. */
#include "weir/server/head.h"

static int query_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool weir_query_next(struct weir_str *rest, struct weir_str *name, struct weir_str *value)
{
	while (rest->p) {
		struct weir_str pair = weir_str_cut(rest, '&');

		if (pair.n == 0)
			continue;
		*name = weir_str_cut(&pair, '=');
		*value = pair.p ? pair : WEIR_STR("");
		return true;
	}
	return false;
}

struct weir_str weir_query_get(struct weir_str query, const char *name)
{
	struct weir_str key, value;

	while (weir_query_next(&query, &key, &value))
		if (weir_str_is(key, name))
			return value;
	return WEIR_STR_NONE;
}

int weir_percent_decode(struct weir_str in, bool plus, char *dst, size_t *len)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == '%') {
			int hi = i + 2 < in.n ? query_hex(in.p[i + 1]) : -1;
			int lo = i + 2 < in.n ? query_hex(in.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return WEIR_EPARSE;
			c = (char)(hi * 16 + lo);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		dst[n++] = c;
	}
	*len = n;
	return 0;
}
