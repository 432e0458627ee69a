/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and comparing decimals. Texts may have any length; digits after the 19th significant one only count places.
 */
#include "decimal_priv.h"

#define DECIMAL_DIGITS    19
#define DECIMAL_MAGNITUDE 1000 /* from 10^1000 up it is no Number, below 10^-1000 it is zero */

/*
 * Takes digits off the text. *magnitude counts places left of the point; zeros right of it, before a digit, lower it.
 */
static void decimal_digits(struct weir_str text, bool fraction, struct weir_decimal *d, size_t *n, int64_t *magnitude)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned digit = (unsigned)(text.p[i] - '0');

		if (d->digits == 0 && digit == 0) {
			*magnitude -= fraction;
			continue;
		}
		*magnitude += !fraction;
		if (*n < DECIMAL_DIGITS) {
			d->digits = d->digits * 10 + digit;
			++*n;
		}
	}
}

static bool decimal_all_digits(struct weir_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n > 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__decimal_parse(struct weir_str text, struct weir_decimal *out)
{
	struct weir_decimal d = {0};
	struct weir_str whole, fraction;
	int64_t magnitude = 0;
	size_t n = 0;

	if (text.n && (*text.p == '-' || *text.p == '+')) {
		d.negative = *text.p == '-';
		text = weir_str_n(text.p + 1, text.n - 1);
	}
	fraction = text;
	whole = weir_str_cut(&fraction, '.');
	if (!decimal_all_digits(whole) || (fraction.p && !decimal_all_digits(fraction)))
		return false;
	decimal_digits(whole, false, &d, &n, &magnitude);
	decimal_digits(fraction, true, &d, &n, &magnitude);
	if (d.digits && magnitude > DECIMAL_MAGNITUDE)
		return false;
	/* Member by member: what pads the struct stays as it is. */
	out->digits = 0;
	out->magnitude = 0;
	out->negative = false;
	if (d.digits == 0 || magnitude <= -DECIMAL_MAGNITUDE)
		return true;
	for (; n < DECIMAL_DIGITS; n++)
		d.digits *= 10;
	out->digits = d.digits;
	out->magnitude = (int32_t)magnitude;
	out->negative = d.negative;
	return true;
}

int weir__decimal_compare(const struct weir_decimal *a, const struct weir_decimal *b)
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
