/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growing buffer. It doubles, but never past its ceiling; a request that does not fit allocates nothing. The
 * pointer from weir_buf_reserve() is good until the next call. One owner, no locking.
 */
#include "weir/base/buf.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST_BYTES 64

static bool buf_grow(struct weir_buf *b, size_t need)
{
	size_t cap = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;
	char *p;

	if (cap < BUF_FIRST_BYTES)
		cap = BUF_FIRST_BYTES;
	if (cap < need)
		cap = need;
	if (cap > b->max)
		cap = b->max;
	p = realloc(b->p, cap ? cap : 1);
	if (!p)
		return false;
	b->p = p;
	b->cap = cap;
	return true;
}

static void buf_number(struct weir_buf *b, uint64_t v, bool negative)
{
	char digits[21];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	if (negative)
		digits[--at] = '-';
	weir_buf_append(b, digits + at, sizeof(digits) - at);
}

/*
 * Powers of two have neighbours at half the distance below, so the nearest decimal of 16 digits may be too far below while
 * the next one above reads back. True: `text` has become that.
 */
static bool double_above(char *text, size_t size, double v)
{
	char next[32];
	char *last;

	snprintf(next, sizeof(next), "%.15e", v);
	last = strchr(next, 'e');
	if (!last || *--last == '9')
		return false;
	++*last;
	if (strtod(next, NULL) != v)
		return false;
	snprintf(text, size, "%s", next);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_buf_init(struct weir_buf *b, size_t max_bytes)
{
	*b = (struct weir_buf){.max = max_bytes};
}

void weir_buf_fini(struct weir_buf *b)
{
	free(b->p);
	*b = (struct weir_buf){.max = b->max};
}

void weir_buf_reset(struct weir_buf *b)
{
	b->len = 0;
	b->failed = false;
}

char *weir_buf_reserve(struct weir_buf *b, size_t n)
{
	if (b->failed)
		return NULL;
	if (n > b->max - b->len || ((n > b->cap - b->len || !b->p) && !buf_grow(b, b->len + n))) {
		b->failed = true;
		return NULL;
	}
	return b->p + b->len;
}

void weir_buf_append(struct weir_buf *b, const void *p, size_t n)
{
	char *to;

	if (n == 0)
		return;
	to = weir_buf_reserve(b, n);
	if (to) {
		memcpy(to, p, n);
		b->len += n;
	}
}

void weir_buf_str(struct weir_buf *b, struct weir_str s)
{
	weir_buf_append(b, s.p, s.n);
}

void weir_buf_char(struct weir_buf *b, char c)
{
	weir_buf_append(b, &c, 1);
}

void weir_buf_u64(struct weir_buf *b, uint64_t v)
{
	buf_number(b, v, false);
}

void weir_buf_i64(struct weir_buf *b, int64_t v)
{
	buf_number(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

void weir_buf_double(struct weir_buf *b, double v)
{
	char text[32];
	/* Any decimal of 15 digits survives the way into a double and back, but for the tiniest. */
	int digits = fabs(v) < DBL_MIN ? 1 : 15;

	do {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v || (digits == 16 && double_above(text, sizeof(text), v)))
			break;
	} while (digits++ < 17);
	weir_buf_str(b, weir_str(text));
}

void weir_buf_printf(struct weir_buf *b, const char *fmt, ...)
{
	char small[256], *text = small;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	if (n < 0 || b->failed || (size_t)n > b->max - b->len) {
		b->failed = true;
		return;
	}
	if ((size_t)n >= sizeof(small)) {
		text = malloc((size_t)n + 1);
		if (!text) {
			b->failed = true;
			return;
		}
		va_start(args, fmt);
		vsnprintf(text, (size_t)n + 1, fmt, args);
		va_end(args);
	}
	weir_buf_append(b, text, (size_t)n);
	if (text != small)
		free(text);
}

void weir_buf_consume(struct weir_buf *b, size_t n)
{
	weir_assert(n <= b->len);
	b->len -= n;
	if (n && b->len)
		memmove(b->p, b->p + n, b->len);
}

char *weir_buf_take(struct weir_buf *b, size_t *len)
{
	char *p = b->failed || b->len == 0 ? NULL : b->p;

	if (len)
		*len = p ? b->len : 0;
	if (p)
		*b = (struct weir_buf){.max = b->max};
	return p;
}
