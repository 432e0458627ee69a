/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a string or number in accepted JSON means, and the way back: writing strings, and values without newlines.
 * Reading allocates nothing; writing appends to the caller's buffer. Pure functions, any thread.
 */
#include "weir/event/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_priv.h"
#include "weir/base/utf8.h"

/* A double is decided by fewer significant digits than this; of what follows only "is it zero?" matters. */
#define JSON_DOUBLE_DIGITS 800

/* The four hexadecimal digits at p, or -1. */
static int32_t text_hex4(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = json_hex(p[i]);

		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* Decodes the \uXXXX (perhaps a pair of them) that *p stands at; lone surrogates become U+FFFD. */
static size_t text_unicode(const char **p, const char *end, char out[4])
{
	int32_t code = text_hex4(*p + 2, end), low;

	if (code < 0) {
		*p = end; /* not in accepted text */
		return 0;
	}
	*p += 6;
	if (code >= 0xd800 && code <= 0xdfff) {
		low = code < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' ? text_hex4(*p + 2, end) : -1;
		if (low >= 0xdc00 && low <= 0xdfff) {
			*p += 6;
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		} else {
			code = 0xfffd;
		}
	}
	return weir_utf8_encode((uint32_t)code, out);
}

/* Decodes the escape that *p stands at and moves *p behind it. */
static size_t text_escape(const char **p, const char *end, char out[4])
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at;

	if (end - *p < 2) {
		*p = end; /* not in accepted text */
		return 0;
	}
	if ((*p)[1] == 'u')
		return text_unicode(p, end, out);
	at = memchr(from, (*p)[1], sizeof(from) - 1);
	out[0] = at ? to[at - from] : (*p)[1];
	*p += 2;
	return 1;
}

static struct weir_str text_inside(struct weir_str quoted)
{
	return quoted.n < 2 ? weir_str_n("", 0) : weir_str_n(quoted.p + 1, quoted.n - 2);
}

/* The significant digits of a number and the power of ten of the last one. */
struct text_decimal {
	char digits[JSON_DOUBLE_DIGITS + 2];
	size_t n;
	int64_t exponent;
	bool dropped; /* digits other than 0 did not fit */
};

static void text_decimal_digit(struct text_decimal *d, char c, bool fraction)
{
	if (d->n == 0 && c == '0') {
		d->exponent -= fraction;
	} else if (d->n < JSON_DOUBLE_DIGITS) {
		d->digits[d->n++] = c;
		d->exponent -= fraction;
	} else {
		d->dropped = d->dropped || c != '0';
		d->exponent += !fraction;
	}
}

static int64_t text_exponent(const char *p, const char *end)
{
	bool negative = p < end && *p == '-';
	int64_t v = 0;

	for (p += p < end && (*p == '-' || *p == '+'); p < end; p++)
		if (v < 1000000000)
			v = v * 10 + (*p - '0');
	return negative ? -v : v;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir_json_string_is(struct weir_str quoted, struct weir_str text)
{
	struct weir_str in = text_inside(quoted);
	const char *p = in.p, *end = in.p + in.n, *want = text.p ? text.p : "", *want_end = want + text.n;

	while (p < end) {
		const char *stop = memchr(p, '\\', (size_t)(end - p));
		size_t n = (size_t)((stop ? stop : end) - p);
		char decoded[4];

		if (n > (size_t)(want_end - want) || (n && memcmp(p, want, n) != 0))
			return false;
		want += n;
		p += n;
		if (!stop)
			break;
		n = text_escape(&p, end, decoded);
		if (n > (size_t)(want_end - want) || memcmp(decoded, want, n) != 0)
			return false;
		want += n;
	}
	return want == want_end;
}

void weir_json_string_decode(struct weir_buf *out, struct weir_str quoted)
{
	struct weir_str in = text_inside(quoted);
	const char *p = in.p, *end = in.p + in.n;

	while (p < end) {
		const char *stop = memchr(p, '\\', (size_t)(end - p));
		char decoded[4];

		weir_buf_append(out, p, (size_t)((stop ? stop : end) - p));
		if (!stop)
			break;
		p = stop;
		weir_buf_append(out, decoded, text_escape(&p, end, decoded));
	}
}

struct weir_str weir_json_string_plain(struct weir_str quoted)
{
	struct weir_str in = text_inside(quoted);

	return in.n && memchr(in.p, '\\', in.n) ? WEIR_STR_NONE : in;
}

int weir_json_u64(struct weir_json v, uint64_t *out)
{
	return v.type == WEIR_JSON_NUMBER ? weir_str_u64(v.text, out) : WEIR_EPARSE;
}

int weir_json_i64(struct weir_json v, int64_t *out)
{
	return v.type == WEIR_JSON_NUMBER ? weir_str_i64(v.text, out) : WEIR_EPARSE;
}

int weir_json_double(struct weir_json v, double *out)
{
	const char *p, *end;
	bool negative, fraction = false;
	struct text_decimal d;
	char text[JSON_DOUBLE_DIGITS + 32];
	double x;

	if (v.type != WEIR_JSON_NUMBER || v.text.n == 0)
		return WEIR_EPARSE;
	d.n = 0;
	d.exponent = 0;
	d.dropped = false;
	negative = *v.text.p == '-';
	end = v.text.p + v.text.n;
	for (p = v.text.p + negative; p < end && *p != 'e' && *p != 'E'; p++)
		if (*p == '.')
			fraction = true;
		else
			text_decimal_digit(&d, *p, fraction);
	if (p < end)
		d.exponent += text_exponent(p + 1, end);
	if (d.dropped) {
		d.digits[d.n++] = '1';
		d.exponent--;
	}
	if (d.n == 0)
		d.digits[d.n++] = '0';
	/* Without a decimal point the locale has no say. */
	snprintf(text, sizeof(text), "%s%.*se%lld", negative ? "-" : "", (int)d.n, d.digits, (long long)d.exponent);
	x = strtod(text, NULL);
	if (!isfinite(x))
		return WEIR_ELIMIT;
	*out = x;
	return 0;
}

void weir_json_append_one_line(struct weir_buf *out, struct weir_str valid_json)
{
	const char *p = valid_json.p, *end;

	if (valid_json.n == 0)
		return;
	end = p + valid_json.n;
	if (!memchr(p, '\n', valid_json.n) && !memchr(p, '\r', valid_json.n)) {
		weir_buf_str(out, valid_json);
		return;
	}
	if (!weir_buf_reserve(out, valid_json.n))
		return;
	for (; p < end; p++)
		if (*p != '\n' && *p != '\r')
			out->p[out->len++] = *p;
}

void weir_json_append_string(struct weir_buf *out, struct weir_str text)
{
	static const char short_form[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	static const char hex[] = "0123456789abcdef";
	const char *p = text.p ? text.p : "", *end = p + text.n;

	weir_buf_char(out, '"');
	while (p < end) {
		const char *stop = json_plain_end(p, end, JSON_STOP_CONTROL);
		unsigned char c;

		weir_buf_append(out, p, (size_t)(stop - p));
		if (stop == end)
			break;
		c = (unsigned char)*stop;
		if (c >= 0x20 || short_form[c])
			weir_buf_append(out, (char[]){'\\', c >= 0x20 ? (char)c : short_form[c]}, 2);
		else
			weir_buf_append(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
		p = stop + 1;
	}
	weir_buf_char(out, '"');
}

size_t weir_json_string_size(struct weir_str text)
{
	const char *p = text.p ? text.p : "", *end = p + text.n;
	size_t n = text.n + 2;

	for (; (p = json_plain_end(p, end, JSON_STOP_CONTROL)) != end; p++) {
		unsigned char c = (unsigned char)*p;

		n += c >= 0x20 || (c >= '\b' && c <= '\r' && c != '\v') ? 1 : 5;
	}
	return n;
}
