/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LIKE, linear in subject and pattern: the pattern is split at each `%` into stretches. The first and the last are
 * compared at the ends; those between are found leftmost, one after the other, and no earlier choice is ever taken
 * back. A stretch with `_` is found by Shift-And: bit i of the state says that its first i + 1 characters stand here.
 * Pure, any thread.
 */
#include "config.h"

#include "build_priv.h"
#include "text_priv.h"

#define LIKE_BYTES     256 /* of a pattern */
#define LIKE_ANY_CHARS 64  /* of a stretch with `_`: bits of the state */

/* For each character, where in the stretch it stands. */
struct like_masks {
	unsigned n; /* characters beyond ASCII, sorted */
	uint64_t any, ascii[128];
	uint32_t chars[LIKE_ANY_CHARS];
	uint64_t masks[LIKE_ANY_CHARS];
};

/* ---- compiling --------------------------------------------------------------------------------------------------- */

/* One stretch, up to `%` or the end, off *rest. */
static int like_stretch(struct build *b, struct weir_str *rest)
{
	struct weir_buf *bytes = &b->section[PROGRAM_BYTES];
	struct program_stretch s = {.at = (uint32_t)bytes->len};
	size_t i = 0;

	for (; i < rest->n && rest->p[i] != '%'; i++) {
		char c = rest->p[i];

		if (c == '_') {
			c = PROGRAM_ANY;
			s.n_any++;
		} else if (c == '\\' && i + 1 < rest->n && (rest->p[i + 1] == '%' || rest->p[i + 1] == '_')) {
			c = rest->p[++i];
		}
		s.n_chars += text_begins_char(c);
		weir_buf_char(bytes, c);
		s.n++;
	}
	*rest = i < rest->n ? weir_str_n(rest->p + i + 1, rest->n - i - 1) : WEIR_STR_NONE;
	weir_buf_append(&b->section[PROGRAM_STRETCHES], &s, sizeof(s));
	return s.n_any && s.n_chars > LIKE_ANY_CHARS ? WEIR_ELIMIT : 0;
}

/* ---- matching ---------------------------------------------------------------------------------------------------- */

/* Does s begin with the stretch? Then *n bytes of it do. */
static bool like_at(struct weir_str stretch, struct weir_str s, size_t *n)
{
	size_t at = 0;

	for (size_t i = 0; i < stretch.n; i++) {
		if (at == s.n)
			return false;
		if (stretch.p[i] == PROGRAM_ANY)
			at += text_char(weir_str_n(s.p + at, s.n - at));
		else if (stretch.p[i] != s.p[at++])
			return false;
	}
	*n = at;
	return true;
}

/* Does s end with the stretch? Then *n bytes of it do. */
static bool like_ends(const struct program_stretch *info, struct weir_str stretch, struct weir_str s, size_t *n)
{
	size_t at = s.n, chars = info->n_chars;

	if (!info->n_any) {
		*n = stretch.n;
		return weir_str_ends(s, stretch);
	}
	while (at > 0 && chars > 0)
		chars -= text_begins_char(s.p[--at]);
	return chars == 0 && like_at(stretch, weir_str_n(s.p + at, s.n - at), n) && *n == s.n - at;
}

static void like_add(struct like_masks *m, uint32_t c, uint64_t bit)
{
	unsigned i = m->n;

	if (c < 128) {
		m->ascii[c] |= bit;
		return;
	}
	while (i > 0 && m->chars[i - 1] > c)
		i--;
	if (i > 0 && m->chars[i - 1] == c) {
		m->masks[i - 1] |= bit;
		return;
	}
	memmove(&m->chars[i + 1], &m->chars[i], (m->n - i) * sizeof(m->chars[0]));
	memmove(&m->masks[i + 1], &m->masks[i], (m->n - i) * sizeof(m->masks[0]));
	m->chars[i] = c;
	m->masks[i] = bit;
	m->n++;
}

static uint64_t like_mask(const struct like_masks *m, uint32_t c)
{
	unsigned low = 0, high = m->n;

	if (c < 128)
		return m->ascii[c] | m->any;
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (m->chars[middle] == c)
			return m->masks[middle] | m->any;
		if (m->chars[middle] < c)
			low = middle + 1;
		else
			high = middle;
	}
	return m->any;
}

static void like_prepare(struct like_masks *m, struct weir_str stretch)
{
	uint64_t bit = 1;

	m->n = 0;
	m->any = 0;
	memset(m->ascii, 0, sizeof(m->ascii));
	while (stretch.n) {
		size_t n = 1;

		if (*stretch.p == PROGRAM_ANY)
			m->any |= bit;
		else
			like_add(m, weir__text_code(stretch, &n), bit);
		bit <<= 1;
		stretch = weir_str_n(stretch.p + n, stretch.n - n);
	}
}

/* Cuts off *s all up to the end of the leftmost place where the stretch stands. */
static bool like_find_any(const struct program_stretch *info, struct weir_str stretch, struct weir_str *s)
{
	uint64_t state = 0, last = (uint64_t)1 << (info->n_chars - 1);
	struct like_masks masks;
	size_t at = 0;

	like_prepare(&masks, stretch);
	while (at < s->n && !(state & last)) {
		size_t n;
		uint32_t c = weir__text_code(weir_str_n(s->p + at, s->n - at), &n);

		state = (state << 1 | 1) & like_mask(&masks, c);
		at += n;
	}
	*s = weir_str_n(s->p + at, s->n - at);
	return state & last;
}

static bool like_find(const struct program_stretch *info, struct weir_str stretch, struct weir_str *s)
{
	const char *found;

	if (info->n_any)
		return like_find_any(info, stretch, s);
	if (stretch.n == 0)
		return true;
	found = memmem(s->p, s->n, stretch.p, stretch.n);
	if (!found)
		return false;
	found += stretch.n;
	*s = weir_str_n(found, (size_t)(s->p + s->n - found));
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__build_like(struct build *b, struct weir_str pattern, unsigned *out)
{
	struct program_like like = {.stretches = weir__build_n(b, PROGRAM_STRETCHES)};
	struct weir_str rest = pattern.p ? pattern : weir_str_n("", 0);

	if (pattern.n > LIKE_BYTES)
		return WEIR_ELIMIT;
	for (; rest.p; like.n++)
		if (like_stretch(b, &rest))
			return WEIR_ELIMIT;
	*out = weir__build_n(b, PROGRAM_LIKES);
	weir_buf_append(&b->section[PROGRAM_LIKES], &like, sizeof(like));
	return 0;
}

bool weir__like(const struct weir_program *p, const struct program_like *like, struct weir_str subject)
{
	const struct program_stretch *all =
		(const struct program_stretch *)program_section(p, PROGRAM_STRETCHES) + like->stretches;
	unsigned last = like->n - 1u;
	size_t n;

	if (!like_at(program_str(p, all[0].at, all[0].n), subject, &n))
		return false;
	if (last == 0)
		return n == subject.n;
	subject = weir_str_n(subject.p + n, subject.n - n);
	if (!like_ends(&all[last], program_str(p, all[last].at, all[last].n), subject, &n))
		return false;
	subject.n -= n;
	for (unsigned i = 1; i < last; i++)
		if (!like_find(&all[i], program_str(p, all[i].at, all[i].n), &subject))
			return false;
	return true;
}
