/* SPDX-License-Identifier: Apache-2.0 */
/* Slices: comparing, cutting, and reading numbers, durations and sizes from them. Pure functions, any thread. */
#include "config.h"

#include "weir/base/str.h"

static bool str_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static unsigned char str_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Cuts the leading digits off *s. WEIR_EPARSE if there are none. */
static int str_digits(struct weir_str *s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < s->n && str_is_digit(s->p[i]); i++)
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (unsigned)(s->p[i] - '0'), &v))
			return WEIR_ELIMIT;
	if (i == 0)
		return WEIR_EPARSE;
	*s = weir_str_n(s->p + i, s->n - i);
	*out = v;
	return 0;
}

static int str_signed(uint64_t magnitude, bool negative, int64_t *out)
{
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return WEIR_ELIMIT;
	*out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

struct str_unit {
	struct weir_str name;
	uint64_t factor;
};

/* Cuts the unit that *s begins with; the longest first in the table. 0: none. */
static uint64_t str_unit(struct weir_str *s, const struct str_unit *units)
{
	for (; units->name.p; units++)
		if (weir_str_starts(*s, units->name)) {
			*s = weir_str_n(s->p + units->name.n, s->n - units->name.n);
			return units->factor;
		}
	return 0;
}

/* One "1.5h" of a duration, in nanoseconds. */
static int str_duration_part(struct weir_str *s, uint64_t *out_ns)
{
	static const struct str_unit units[] = {{WEIR_STR("ms"), 1000000}, {WEIR_STR("us"), 1000},
		{WEIR_STR("\xc2\xb5s"), 1000}, {WEIR_STR("ns"), 1}, {WEIR_STR("h"), 3600000000000},
		{WEIR_STR("m"), 60000000000}, {WEIR_STR("s"), 1000000000}, {{NULL, 0}, 0}};
	struct weir_str fraction = WEIR_STR_NONE;
	uint64_t whole = 0, unit, step;
	bool digits = s->n > 0 && str_is_digit(s->p[0]);

	if (digits) {
		int err = str_digits(s, &whole);

		if (err)
			return err;
	}
	if (s->n > 0 && s->p[0] == '.') {
		size_t i = 1;

		while (i < s->n && str_is_digit(s->p[i]))
			i++;
		fraction = weir_str_n(s->p + 1, i - 1);
		*s = weir_str_n(s->p + i, s->n - i);
	}
	if (!digits && fraction.n == 0)
		return WEIR_EPARSE;
	unit = str_unit(s, units);
	if (!unit)
		return WEIR_EPARSE;
	if (__builtin_mul_overflow(whole, unit, out_ns))
		return WEIR_ELIMIT;
	step = unit;
	for (size_t i = 0; i < fraction.n; i++) {
		step /= 10;
		if (__builtin_add_overflow(*out_ns, step * (unsigned)(fraction.p[i] - '0'), out_ns))
			return WEIR_ELIMIT;
	}
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir_str_caseeq(struct weir_str a, struct weir_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (str_lower(a.p[i]) != str_lower(b.p[i]))
			return false;
	return true;
}

bool weir_str_starts(struct weir_str s, struct weir_str prefix)
{
	return prefix.n == 0 || (s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool weir_str_ends(struct weir_str s, struct weir_str suffix)
{
	return suffix.n == 0 || (s.n >= suffix.n && memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

bool weir_str_contains(struct weir_str s, struct weir_str part)
{
	return part.n == 0 || (s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL);
}

struct weir_str weir_str_trim(struct weir_str s)
{
#define IS_BLANK(c) ((c) == ' ' || (c) == '\t' || (c) == '\r' || (c) == '\n')
	while (s.n && IS_BLANK(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && IS_BLANK(s.p[s.n - 1]))
		s.n--;
	return s;
#undef IS_BLANK
}

struct weir_str weir_str_cut(struct weir_str *rest, char sep)
{
	struct weir_str s = *rest;
	const char *at = s.n ? memchr(s.p, sep, s.n) : NULL;

	if (!at) {
		*rest = WEIR_STR_NONE;
		return s;
	}
	*rest = weir_str_n(at + 1, (size_t)(s.p + s.n - at) - 1);
	return weir_str_n(s.p, (size_t)(at - s.p));
}

int weir_str_u64(struct weir_str s, uint64_t *out)
{
	uint64_t v;
	int err;

	/* Looked at first, so that "999…9x" is malformed and not too big. */
	for (size_t i = 0; i < s.n; i++)
		if (!str_is_digit(s.p[i]))
			return WEIR_EPARSE;
	err = str_digits(&s, &v);
	if (err)
		return err;
	*out = v;
	return 0;
}

int weir_str_i64(struct weir_str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t v;
	int err = weir_str_u64(negative ? weir_str_n(s.p + 1, s.n - 1) : s, &v);

	return err ? err : str_signed(v, negative, out);
}

int weir_str_duration(struct weir_str s, int64_t *out_ms)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t total_ns = 0, part_ns;

	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
		s = weir_str_n(s.p + 1, s.n - 1);
	if (s.n == 1 && s.p[0] == '0') {
		*out_ms = 0;
		return 0;
	}
	if (s.n == 0)
		return WEIR_EPARSE;
	while (s.n > 0) {
		int err = str_duration_part(&s, &part_ns);

		if (err)
			return err;
		if (__builtin_add_overflow(total_ns, part_ns, &total_ns))
			return WEIR_ELIMIT;
	}
	/* As in Go, a duration has to fit 64 bits of nanoseconds. A started millisecond counts: "200us" must not turn
	 * into 0. */
	if (total_ns > INT64_MAX)
		return WEIR_ELIMIT;
	return str_signed((total_ns + 999999) / 1000000, negative, out_ms);
}

int weir_str_bytes(struct weir_str s, int64_t *out_bytes)
{
	static const struct str_unit units[] = {
		{WEIR_STR("KiB"), 1u << 10}, {WEIR_STR("MiB"), 1u << 20}, {WEIR_STR("GiB"), 1u << 30}, {{NULL, 0}, 0}};
	uint64_t v, unit = 1;
	int err = str_digits(&s, &v);

	if (err)
		return err;
	if (s.n > 0) {
		unit = str_unit(&s, units);
		if (!unit || s.n > 0)
			return WEIR_EPARSE;
	}
	if (__builtin_mul_overflow(v, unit, &v))
		return WEIR_ELIMIT;
	return str_signed(v, false, out_bytes);
}
