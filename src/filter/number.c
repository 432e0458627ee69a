/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as texts: reading, comparing, writing. Texts may have any length; digits after the 19th significant one only
 * count places. Pure, any thread.
 */
#include "number_priv.h"

#define NUMBER_EXPONENT 100000000 /* no text is long enough to make good for such an exponent */

/* What the digits of a text say so far: 0.digits × 10^magnitude. */
struct number_scan {
	uint64_t digits;
	size_t n;
	int64_t magnitude;
};

/*
 * Takes digits off the text. The magnitude counts places left of the point; zeros right of it, before a digit, lower
 * it.
 */
static void number_digits(struct weir_str text, bool fraction, struct number_scan *s)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned digit = (unsigned)(text.p[i] - '0');

		if (s->digits == 0 && digit == 0) {
			s->magnitude -= fraction;
			continue;
		}
		s->magnitude += !fraction;
		if (s->n < NUMBER_DIGITS) {
			s->digits = s->digits * 10 + digit;
			s->n++;
		}
	}
}

static bool number_all_digits(struct weir_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n > 0;
}

static bool number_sign(struct weir_str *text)
{
	bool negative = text->n && *text->p == '-';

	if (text->n && (*text->p == '-' || *text->p == '+'))
		*text = weir_str_n(text->p + 1, text->n - 1);
	return negative;
}

static int64_t number_exponent(struct weir_str text)
{
	bool negative = number_sign(&text);
	int64_t v = 0;

	for (size_t i = 0; i < text.n; i++)
		if (v < NUMBER_EXPONENT)
			v = v * 10 + (text.p[i] - '0');
	return negative ? -v : v;
}

static bool number_finish(struct number_scan *s, bool negative, struct weir_decimal *out)
{
	if (s->digits && s->magnitude > NUMBER_MAGNITUDE)
		return false;
	/* Member by member: what pads the struct stays as it is. */
	out->digits = 0;
	out->magnitude = 0;
	out->negative = false;
	if (s->digits == 0 || s->magnitude <= -NUMBER_MAGNITUDE)
		return true;
	for (; s->n < NUMBER_DIGITS; s->n++)
		s->digits *= 10;
	out->digits = s->digits;
	out->magnitude = (int32_t)s->magnitude;
	out->negative = negative;
	return true;
}

static bool number_scan(struct weir_str text, int64_t exponent, bool negative, struct weir_decimal *out)
{
	struct number_scan s = {0};
	struct weir_str whole, fraction = text;

	whole = weir_str_cut(&fraction, '.');
	if (!number_all_digits(whole) || (fraction.p && !number_all_digits(fraction)))
		return false;
	number_digits(whole, false, &s);
	number_digits(fraction, true, &s);
	s.magnitude += exponent;
	return number_finish(&s, negative, out);
}

static size_t number_put(char *out, const char *p, size_t n)
{
	memcpy(out, p, n);
	return n;
}

/* d.ddde±x */
static size_t number_scientific(const char *digits, size_t n, int exponent, char *out)
{
	char power[8];
	size_t at = 0, k = sizeof(power);
	unsigned magnitude = (unsigned)(exponent < 0 ? -exponent : exponent);

	out[at++] = digits[0];
	if (n > 1) {
		out[at++] = '.';
		at += number_put(out + at, digits + 1, n - 1);
	}
	out[at++] = 'e';
	out[at++] = exponent < 0 ? '-' : '+';
	for (; magnitude; magnitude /= 10)
		power[--k] = (char)('0' + magnitude % 10);
	return at + number_put(out + at, power + k, sizeof(power) - k);
}

static size_t number_plain(const char *digits, size_t n, int magnitude, char *out)
{
	size_t at = 0;

	if (magnitude <= 0) {
		out[at++] = '0';
		out[at++] = '.';
		for (; magnitude < 0; magnitude++)
			out[at++] = '0';
		return at + number_put(out + at, digits, n);
	}
	for (size_t i = 0; i < n || i < (size_t)magnitude; i++) {
		if (i == (size_t)magnitude)
			out[at++] = '.';
		out[at++] = i < n ? digits[i] : '0';
	}
	return at;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__number_parse(struct weir_str text, struct weir_decimal *out)
{
	bool negative = number_sign(&text);

	return number_scan(text, 0, negative, out);
}

bool weir__number_parse_json(struct weir_str text, struct weir_decimal *out)
{
	bool negative = number_sign(&text);
	struct weir_str mantissa = text;
	int64_t exponent = 0;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == 'e' || text.p[i] == 'E') {
			mantissa.n = i;
			exponent = number_exponent(weir_str_n(text.p + i + 1, text.n - i - 1));
			break;
		}
	return number_scan(mantissa, exponent, negative, out);
}

int weir__number_compare(const struct weir_decimal *a, const struct weir_decimal *b)
{
	int sign = a->negative ? -1 : 1;

	/* Zero has no sign and lies between the signs. */
	if (a->digits == 0 || b->digits == 0)
		return (a->digits ? sign : 0) - (b->digits ? (b->negative ? -1 : 1) : 0);
	if (a->negative != b->negative)
		return sign;
	if (a->magnitude != b->magnitude)
		return a->magnitude < b->magnitude ? -sign : sign;
	return a->digits == b->digits ? 0 : a->digits < b->digits ? -sign : sign;
}

struct weir_decimal weir__number_integer(int64_t v)
{
	struct weir_decimal d = {.digits = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, .negative = v < 0};

	if (d.digits == 0)
		return d;
	for (d.magnitude = NUMBER_DIGITS; d.digits < NUMBER_TOP; d.magnitude--)
		d.digits *= 10;
	return d;
}

bool weir__number_to_integer(const struct weir_decimal *d, int32_t *out)
{
	uint64_t v = d->digits, drop = 1;

	if (d->digits && (d->magnitude <= 0 || d->magnitude > 10))
		return false;
	for (int i = d->magnitude; d->digits && i < NUMBER_DIGITS; i++)
		drop *= 10;
	if (v % drop != 0 || v / drop > (uint64_t)INT32_MAX + d->negative)
		return false;
	v /= drop;
	*out = (int32_t)(d->negative ? -(int64_t)v : (int64_t)v);
	return true;
}

size_t weir__number_text(const struct weir_decimal *d, char out[NUMBER_TEXT])
{
	char digits[NUMBER_DIGITS];
	size_t at = 0, n = NUMBER_DIGITS;
	uint64_t v = d->digits;

	if (v == 0) {
		out[0] = '0';
		return 1;
	}
	for (size_t i = NUMBER_DIGITS; i > 0; v /= 10)
		digits[--i] = (char)('0' + v % 10);
	while (digits[n - 1] == '0')
		n--;
	if (d->negative)
		out[at++] = '-';
	/* 10^-6 is 0.1 × 10^-5, 10^21 is 0.1 × 10^22. */
	if (d->magnitude < -5 || d->magnitude > 21)
		return at + number_scientific(digits, n, d->magnitude - 1, out + at);
	return at + number_plain(digits, n, d->magnitude, out + at);
}
