/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64, both alphabets. The decoder takes only what the encoder would write: exact padding (none in the URL form) and
 * zero bits behind the last byte, so a text has one meaning and a meaning one text. Pure functions, any thread.
 */
#include "weir/base/base64.h"

#include <errno.h>

static const char base64_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void base64_write(struct weir_buf *out, struct weir_str in, const char *alphabet, bool pad)
{
	size_t rest = in.n % 3, n = in.n / 3 * 4 + (rest == 0 ? 0 : pad ? 4 : rest + 1);
	const unsigned char *p = (const unsigned char *)in.p;
	char *to;

	if (in.n > SIZE_MAX / 2) {
		out->failed = true;
		return;
	}
	to = weir_buf_reserve(out, n);
	if (!to)
		return;
	out->len += n;
	for (size_t i = 0; i + 3 <= in.n; i += 3, p += 3) {
		*to++ = alphabet[p[0] >> 2];
		*to++ = alphabet[(p[0] & 3) << 4 | p[1] >> 4];
		*to++ = alphabet[(p[1] & 15) << 2 | p[2] >> 6];
		*to++ = alphabet[p[2] & 63];
	}
	if (rest == 0)
		return;
	*to++ = alphabet[p[0] >> 2];
	*to++ = alphabet[(p[0] & 3) << 4 | (rest == 2 ? p[1] >> 4 : 0)];
	if (rest == 2)
		*to++ = alphabet[(p[1] & 15) << 2];
	for (size_t i = rest; pad && i < 3; i++)
		*to++ = '=';
}

/* The value of a digit, or 64 and more. */
static unsigned base64_value(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : 64;
}

/* The digits of `in`, padding already cut off. */
static int base64_read(struct weir_buf *out, struct weir_str in, const char *alphabet)
{
	size_t rest = in.n % 4, n = in.n / 4 * 3 + (rest ? rest - 1 : 0), written = 0;
	uint32_t bits = 0;
	char *to;

	if (rest == 1)
		return WEIR_EPARSE;
	to = weir_buf_reserve(out, n);
	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < in.n; i++) {
		unsigned v = base64_value(in.p[i], alphabet);

		if (v > 63)
			return WEIR_EPARSE;
		bits = bits << 6 | v;
		if (i % 4) {
			unsigned spare = 6 - 2 * (unsigned)(i % 4);

			to[written++] = (char)(bits >> spare);
		}
	}
	if ((rest == 2 && (bits & 15)) || (rest == 3 && (bits & 3)))
		return WEIR_EPARSE;
	out->len += n;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_base64_encode(struct weir_buf *out, struct weir_str in)
{
	base64_write(out, in, base64_std, true);
}

void weir_base64url_encode(struct weir_buf *out, struct weir_str in)
{
	base64_write(out, in, base64_url, false);
}

int weir_base64_decode(struct weir_buf *out, struct weir_str in)
{
	if (in.n % 4)
		return WEIR_EPARSE;
	for (int i = 0; i < 2 && in.n && in.p[in.n - 1] == '='; i++)
		in.n--;
	return base64_read(out, in, base64_std);
}

int weir_base64url_decode(struct weir_buf *out, struct weir_str in)
{
	return base64_read(out, in, base64_url);
}
