/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as at school: whole numbers as rows of decimal digits with a power of ten, exact, and cut to 19 digits at the
 * end. Long enough for the sum of the largest and the smallest.
 */
#include <stdio.h>

#include "reference_priv.h"

#define SIGNIFICANT 19
#define ROW         2200 /* 2000 places and some */

/* digits × 10^exponent; the last digit of the row is the ones. */
struct row {
	bool negative;
	int exponent;
	size_t n;
	uint8_t digits[ROW];
};

static void row_push(struct row *r, unsigned digit)
{
	weir_assert(r->n < ROW);
	r->digits[r->n++] = (uint8_t)digit;
}

static struct row row_of(struct weir_decimal x)
{
	struct row r = {.negative = x.negative};
	uint8_t backwards[20];
	size_t n = 0;

	for (uint64_t left = x.digits; left; left /= 10)
		backwards[n++] = (uint8_t)(left % 10);
	for (size_t i = n; i > 0; i--)
		row_push(&r, backwards[i - 1]);
	r.exponent = x.magnitude - (int)n;
	return r;
}

/* False: 10^1000 or more. */
static bool row_number(const struct row *r, struct weir_decimal *out)
{
	size_t first = 0, last;
	int magnitude;

	*out = (struct weir_decimal){0};
	while (first < r->n && r->digits[first] == 0)
		first++;
	if (first == r->n)
		return true;
	magnitude = (int)(r->n - first) + r->exponent;
	if (magnitude > 1000)
		return false;
	if (magnitude < -999)
		return true;
	last = r->n - first > SIGNIFICANT ? first + SIGNIFICANT : r->n;
	while (r->digits[last - 1] == 0)
		last--;
	for (size_t i = first; i < last; i++)
		out->digits = out->digits * 10 + r->digits[i];
	out->magnitude = magnitude;
	out->negative = r->negative;
	return true;
}

static void row_scale(struct row *r, int exponent) /* to a lower exponent */
{
	while (r->exponent > exponent) {
		row_push(r, 0);
		r->exponent--;
	}
}

static void row_widen(struct row *r, size_t n) /* leading zeros */
{
	size_t more = n - r->n;

	weir_assert(n <= ROW);
	memmove(r->digits + more, r->digits, r->n);
	memset(r->digits, 0, more);
	r->n = n;
}

static int row_compare(const struct row *a, const struct row *b) /* equally wide, without the signs */
{
	return memcmp(a->digits, b->digits, a->n);
}

static void row_plus(struct row *a, const struct row *b)
{
	unsigned carry = 0;

	for (size_t i = a->n; i > 0; i--) {
		unsigned sum = a->digits[i - 1] + b->digits[i - 1] + carry;

		a->digits[i - 1] = (uint8_t)(sum % 10);
		carry = sum / 10;
	}
	weir_assert(carry == 0);
}

static void row_minus(struct row *a, const struct row *b) /* a is not smaller */
{
	int borrow = 0;

	for (size_t i = a->n; i > 0; i--) {
		int difference = a->digits[i - 1] - b->digits[i - 1] - borrow;

		borrow = difference < 0;
		a->digits[i - 1] = (uint8_t)(difference + 10 * borrow);
	}
	weir_assert(borrow == 0);
}

static void row_align(struct row *a, struct row *b)
{
	int low = a->exponent < b->exponent ? a->exponent : b->exponent;
	size_t wide;

	row_scale(a, low);
	row_scale(b, low);
	wide = (a->n > b->n ? a->n : b->n) + 1;
	row_widen(a, wide);
	row_widen(b, wide);
}

/* Reads digits, a fraction; *s becomes what follows. */
static bool row_read(struct weir_str *s, struct row *r)
{
	bool fraction = false, any = false;
	size_t i = 0;

	for (; i < s->n; i++) {
		char c = s->p[i];

		if (c == '.' && !fraction && any && i + 1 < s->n && ref_is_digit(s->p[i + 1])) {
			fraction = true;
			continue;
		}
		if (!ref_is_digit(c))
			break;
		any = true;
		if (fraction)
			r->exponent--;
		if (r->n < SIGNIFICANT + 1 && (r->n > 0 || c != '0'))
			row_push(r, (unsigned)(c - '0'));
		else if (r->n > 0)
			r->exponent++;
	}
	*s = weir_str_n(s->p + i, s->n - i);
	return any;
}

static bool row_read_exponent(struct weir_str *s, struct row *r)
{
	bool negative;
	long e = 0;
	size_t i = 1;

	if (s->n < 2 || (*s->p != 'e' && *s->p != 'E'))
		return false;
	negative = s->p[1] == '-';
	if (s->p[1] == '-' || s->p[1] == '+')
		i++;
	if (i == s->n)
		return false;
	for (; i < s->n; i++) {
		if (!ref_is_digit(s->p[i]))
			return false;
		e = e < 1000000 ? e * 10 + (s->p[i] - '0') : e;
	}
	r->exponent += (int)(negative ? -e : e);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum ref_read ref_number_read(struct weir_str s, bool exponent, struct weir_decimal *out)
{
	struct row r = {0};

	if (s.n > 0 && (*s.p == '+' || *s.p == '-')) {
		r.negative = *s.p == '-';
		s = weir_str_n(s.p + 1, s.n - 1);
	}
	if (!row_read(&s, &r))
		return REF_NO_NUMBER;
	if (s.n > 0 && !(exponent && row_read_exponent(&s, &r)))
		return REF_NO_NUMBER;
	return row_number(&r, out) ? REF_READ : REF_TOO_BIG;
}

struct weir_decimal ref_number_of(int32_t i)
{
	struct weir_decimal out;
	char text[16];
	int n = snprintf(text, sizeof(text), "%ld", (long)i);

	(void)ref_number_read(weir_str_n(text, (size_t)n), false, &out);
	return out;
}

struct weir_decimal ref_number_normal(struct weir_decimal a)
{
	struct row r = row_of(a);

	weir_assert(row_number(&r, &a));
	return a;
}

bool ref_number_add(struct weir_decimal a, struct weir_decimal b, struct weir_decimal *out)
{
	struct row x = row_of(a), y = row_of(b);

	if (!x.n || !y.n) {
		*out = x.n ? a : b;
		return true;
	}
	row_align(&x, &y);
	if (x.negative == y.negative) {
		row_plus(&x, &y);
		return row_number(&x, out);
	}
	if (row_compare(&x, &y) >= 0) {
		row_minus(&x, &y);
		return row_number(&x, out);
	}
	row_minus(&y, &x);
	return row_number(&y, out);
}

bool ref_number_multiply(struct weir_decimal a, struct weir_decimal b, struct weir_decimal *out)
{
	struct row x = row_of(a), y = row_of(b), product = {.negative = a.negative != b.negative};

	product.exponent = x.exponent + y.exponent;
	product.n = x.n + y.n + 1;
	for (size_t i = 0; i < x.n; i++)
		for (size_t k = 0; k < y.n; k++) {
			unsigned carry = (unsigned)x.digits[x.n - 1 - i] * y.digits[y.n - 1 - k];

			for (size_t at = product.n - 1 - i - k; carry; at--) {
				carry += product.digits[at];
				product.digits[at] = (uint8_t)(carry % 10);
				carry /= 10;
			}
		}
	return row_number(&product, out);
}

bool ref_number_divide(struct weir_decimal a, struct weir_decimal b, struct weir_decimal *out)
{
	struct row x = row_of(a), y = row_of(b), rest = {0}, quotient = {.negative = a.negative != b.negative};

	row_scale(&x, x.exponent - 2 * SIGNIFICANT); /* enough digits of the quotient */
	quotient.exponent = x.exponent - y.exponent;
	for (size_t i = 0; i < x.n; i++) {
		struct row divisor = y;
		unsigned times = 0;

		row_push(&rest, x.digits[i]);
		if (rest.n > divisor.n)
			row_widen(&divisor, rest.n);
		else
			row_widen(&rest, divisor.n);
		while (row_compare(&rest, &divisor) >= 0) {
			row_minus(&rest, &divisor);
			times++;
		}
		row_push(&quotient, times);
	}
	return row_number(&quotient, out);
}

struct weir_decimal ref_number_negate(struct weir_decimal a)
{
	a.negative = a.digits && !a.negative;
	return a;
}

int ref_number_compare(struct weir_decimal a, struct weir_decimal b)
{
	struct weir_decimal difference;

	if (!ref_number_add(a, ref_number_negate(b), &difference)) /* only if the signs differ */
		return a.negative ? -1 : 1;
	/* A difference below 10^-1000 is 0 as a result, but no equality. */
	if (!difference.digits && (a.digits != b.digits || a.magnitude != b.magnitude)) {
		struct row x = row_of(a), y = row_of(b);

		row_align(&x, &y);
		return row_compare(&x, &y) * (a.negative ? -1 : 1);
	}
	return difference.digits ? (difference.negative ? -1 : 1) : 0;
}

bool ref_number_to_integer(struct weir_decimal a, int32_t *out)
{
	struct row r = row_of(a);
	int64_t value = 0;

	*out = 0;
	if (!a.digits)
		return true;
	if (r.exponent < 0 || a.magnitude > 10)
		return false;
	row_scale(&r, 0);
	for (size_t i = 0; i < r.n; i++)
		value = value * 10 + r.digits[i];
	value = a.negative ? -value : value;
	if (value < INT32_MIN || value > INT32_MAX)
		return false;
	*out = (int32_t)value;
	return true;
}

void ref_number_print(struct weir_buf *out, struct weir_decimal a)
{
	struct row r = row_of(a);
	int first = a.magnitude - 1; /* the exponent of the first digit */

	if (!a.digits) {
		weir_buf_char(out, '0');
		return;
	}
	if (a.negative)
		weir_buf_char(out, '-');
	if (first < -6 || first > 20) {
		weir_buf_char(out, (char)('0' + r.digits[0]));
		for (size_t i = 1; i < r.n; i++)
			weir_buf_printf(out, "%s%d", i == 1 ? "." : "", r.digits[i]);
		weir_buf_printf(out, "e%+d", first);
		return;
	}
	if (first < 0)
		weir_buf_char(out, '0');
	for (int place = first < 0 ? -1 : first; place >= 0 || place > first - (int)r.n; place--) {
		int i = first - place;

		if (place == -1)
			weir_buf_char(out, '.');
		weir_buf_char(out, (char)('0' + (i >= 0 && i < (int)r.n ? r.digits[i] : 0)));
	}
}
