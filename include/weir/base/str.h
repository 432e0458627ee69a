/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slice of bytes that somebody else owns. Not NUL-terminated. p == NULL means "absent"; n == 0 with p != NULL is the
 * empty string. Pure functions, any thread.
 */
#ifndef WEIR_BASE_STR_H
#define WEIR_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "weir/base/err.h"

struct weir_str {
	const char *p;
	size_t n;
};

#define WEIR_STR(literal) ((struct weir_str){(literal), sizeof(literal) - 1}) /* of a string literal */
#define WEIR_STR_NONE     ((struct weir_str){NULL, 0})
#define WEIR_STR_FMT(s)   (int)(s).n, (s).p /* for "%.*s" */

static inline struct weir_str weir_str(const char *s)
{
	return (struct weir_str){s, s ? strlen(s) : 0};
}

static inline struct weir_str weir_str_n(const char *p, size_t n)
{
	return (struct weir_str){p, n};
}

static inline bool weir_str_eq(struct weir_str a, struct weir_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool weir_str_is(struct weir_str a, const char *literal)
{
	return weir_str_eq(a, weir_str(literal));
}

bool weir_str_caseeq(struct weir_str a, struct weir_str b); /* ASCII case only */
bool weir_str_starts(struct weir_str s, struct weir_str prefix);
bool weir_str_ends(struct weir_str s, struct weir_str suffix);
bool weir_str_contains(struct weir_str s, struct weir_str part);
struct weir_str weir_str_trim(struct weir_str s); /* outer space, tab, CR, LF */
/*
 * Cuts *rest at the first `sep`: returns what stands before it; *rest becomes what follows, absent after the last
 * part.
 */
struct weir_str weir_str_cut(struct weir_str *rest, char sep);

/* Decimal digits only, no sign, no blanks. WEIR_EPARSE, or WEIR_ELIMIT if it does not fit. */
int weir_str_u64(struct weir_str s, uint64_t *out) WEIR_MUSTCHECK;
/* The same with an optional leading '-'. */
int weir_str_i64(struct weir_str s, int64_t *out) WEIR_MUSTCHECK;
/*
 * "300s", "1h30m", "250ms", "1.5s", "-1s" (Go's syntax: h m s ms us ns), or "0", to milliseconds; a started
 * millisecond counts. WEIR_EPARSE, WEIR_ELIMIT.
 */
int weir_str_duration(struct weir_str s, int64_t *out_ms) WEIR_MUSTCHECK;
/* "64KiB", "10MiB", "1GiB", "1000": to bytes. */
int weir_str_bytes(struct weir_str s, int64_t *out_bytes) WEIR_MUSTCHECK;

#endif
