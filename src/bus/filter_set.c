/* SPDX-License-Identifier: Apache-2.0 */
/* Distinct filters, counted: a sorted array, since there are few and they change with subscriptions only. */
#include "weir/bus/filter_set.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SET_CAP_MIN 2u

/* Where it is, or belongs. */
static size_t set_place(const struct weir_filter_set *s, const struct weir_filter *f)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if ((uintptr_t)s->counts[mid].filter < (uintptr_t)f)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool set_has(const struct weir_filter_set *s, size_t at, const struct weir_filter *f)
{
	return at < s->n && s->counts[at].filter == f;
}

static int set_resize(struct weir_filter_set *s, size_t cap)
{
	struct weir_filter_count *counts = realloc(s->counts, cap * sizeof(*counts));

	if (!counts)
		return -ENOMEM;
	s->counts = counts;
	s->cap = cap;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_filter_set_fini(struct weir_filter_set *s)
{
	free(s->counts);
	*s = (struct weir_filter_set){0};
}

int weir_filter_set_add(struct weir_filter_set *s, const struct weir_filter *f, size_t max)
{
	size_t at = set_place(s, f);

	if (set_has(s, at, f)) {
		s->counts[at].subscriptions++;
		return 0;
	}
	if (s->n >= max)
		return WEIR_ELIMIT;
	if (s->n == s->cap) {
		int err = set_resize(s, s->cap ? 2 * s->cap : SET_CAP_MIN);

		if (err)
			return err;
	}
	memmove(&s->counts[at + 1], &s->counts[at], (s->n - at) * sizeof(*s->counts));
	s->counts[at] = (struct weir_filter_count){f, 1};
	s->n++;
	return 0;
}

void weir_filter_set_remove(struct weir_filter_set *s, const struct weir_filter *f)
{
	size_t at = set_place(s, f);

	weir_assert(set_has(s, at, f));
	if (--s->counts[at].subscriptions)
		return;
	s->n--;
	memmove(&s->counts[at], &s->counts[at + 1], (s->n - at) * sizeof(*s->counts));
	if (s->n == 0)
		weir_filter_set_fini(s);
}
