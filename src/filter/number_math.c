/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic of Numbers: the exact result in 128 bits, cut to 19 digits toward zero. 19 digits shifted by 19 more are
 * below 10^38, and the sum of two such is below 2^128. Pure, any thread.
 */
#include "number_priv.h"

__extension__ typedef unsigned __int128 number_wide; /* no struct */

#define NUMBER_19 UINT64_C(10000000000000000000) /* 10^19 */

/* 0.wide × 10^magnitude, `wide` counted as 38 digits, to a Number. */
static bool number_fit(number_wide wide, int32_t magnitude, bool negative, struct weir_decimal *out)
{
	const number_wide top = (number_wide)NUMBER_TOP * NUMBER_19; /* 10^37 */

	*out = (struct weir_decimal){0};
	if (wide == 0)
		return true;
	if (wide >= top * 10) {
		wide /= 10;
		magnitude++;
	}
	for (; wide < top; wide *= 10)
		magnitude--;
	if (magnitude > NUMBER_MAGNITUDE)
		return false;
	if (magnitude <= -NUMBER_MAGNITUDE)
		return true;
	out->digits = (uint64_t)(wide / NUMBER_19);
	out->magnitude = magnitude;
	out->negative = negative;
	return true;
}

/* b's 38 digits moved right by `shift` places; whether some were lost. */
static number_wide number_shift(uint64_t digits, int32_t shift, bool *lost)
{
	number_wide wide = (number_wide)digits * NUMBER_19, drop = 1;

	if (shift > 38) {
		*lost = true;
		return 0;
	}
	while (shift-- > 0)
		drop *= 10;
	*lost = wide % drop != 0;
	return wide / drop;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__number_add(const struct weir_decimal *a, const struct weir_decimal *b, struct weir_decimal *out)
{
	const struct weir_decimal *big = a, *small = b;
	number_wide sum, part;
	bool lost;

	if (a->digits == 0 || b->digits == 0) {
		*out = a->digits ? *a : *b;
		return true;
	}
	if (a->magnitude < b->magnitude || (a->magnitude == b->magnitude && a->digits < b->digits)) {
		big = b;
		small = a;
	}
	sum = (number_wide)big->digits * NUMBER_19;
	part = number_shift(small->digits, big->magnitude - small->magnitude, &lost);
	/* What was lost makes a difference a little smaller, and so its cut a digit less. */
	sum = a->negative == b->negative ? sum + part : sum - part - lost;
	return number_fit(sum, big->magnitude, big->negative, out);
}

bool weir__number_subtract(const struct weir_decimal *a, const struct weir_decimal *b, struct weir_decimal *out)
{
	struct weir_decimal other = *b;

	other.negative = !b->negative && b->digits;
	return weir__number_add(a, &other, out);
}

bool weir__number_multiply(const struct weir_decimal *a, const struct weir_decimal *b, struct weir_decimal *out)
{
	return number_fit(
		(number_wide)a->digits * b->digits, a->magnitude + b->magnitude, a->negative != b->negative, out);
}

bool weir__number_divide(const struct weir_decimal *a, const struct weir_decimal *b, struct weir_decimal *out)
{
	/* Shifted by 18 or 19 places, so that the quotient has 19 digits. */
	bool less = a->digits < b->digits;
	number_wide quotient = (number_wide)a->digits * (less ? NUMBER_19 : NUMBER_TOP) / b->digits;

	return number_fit(quotient * NUMBER_19, a->magnitude - b->magnitude + !less, a->negative != b->negative, out);
}
