/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over MessagePack: no recursion, a count of what is still to come for each level. Pure, any thread.
 */
#include "weir/event/msgpack_scan.h"

#include "weir/event/msgpack_read.h"

struct level {
	uint64_t to_come; /* keys and values */
	bool map;
};

struct scan {
	struct weir_msgpack_reader r;
	const struct weir_msgpack_limits *limits;
	uint64_t elements;
	struct level levels[WEIR_MSGPACK_DEPTH + 1]; /* the outermost has one value */
	unsigned level;
	unsigned raw; /* the level below which nothing is counted, plus one; 0: everything is */
};

static int scan_count(struct scan *s)
{
	if (s->raw)
		return 0;
	return ++s->elements > s->limits->elements ? WEIR_ELIMIT : 0;
}

static int scan_enter(struct scan *s, const struct weir_msgpack_token *t)
{
	bool map = t->kind == WEIR_MSGPACK_MAP;
	uint64_t n = (uint64_t)t->count * (map ? 2 : 1);

	/* Each element has a byte at least. */
	if (n > (size_t)(s->r.end - s->r.p))
		return WEIR_EPARSE;
	if (!s->raw && n > s->limits->elements - s->elements)
		return WEIR_ELIMIT;
	if (s->level == s->limits->depth)
		return WEIR_EDEPTH;
	s->levels[++s->level] = (struct level){n, map};
	return 0;
}

static bool is_raw(const struct scan *s, bool key, const struct weir_msgpack_token *t)
{
	return key && s->limits->raw && t->kind == WEIR_MSGPACK_STR && s->limits->raw(t->bytes, s->level);
}

static int scan_token(struct scan *s)
{
	struct level *l = &s->levels[s->level];
	bool key = l->map && l->to_come % 2 == 0;
	struct weir_msgpack_token t;
	int err;

	l->to_come--;
	if (!weir_msgpack_next(&s->r, &t) || (s->limits->shortest && !t.shortest) ||
		(t.kind == WEIR_MSGPACK_EXT && !s->limits->ext))
		return WEIR_EPARSE;
	err = scan_count(s);
	if (err)
		return err;
	if (t.kind == WEIR_MSGPACK_ARRAY || t.kind == WEIR_MSGPACK_MAP)
		return scan_enter(s, &t);
	if (!s->raw && is_raw(s, key, &t)) {
		err = scan_count(s); /* the value itself */
		s->raw = s->level + 1;
	}
	return err;
}

/* Up from what is complete; also out of a raw field, which ends before the next key of its map. */
static void scan_leave(struct scan *s)
{
	while (s->level > 0 && s->levels[s->level].to_come == 0)
		s->level--;
	if (s->raw && (s->level + 1 < s->raw || (s->level + 1 == s->raw && s->levels[s->level].to_come % 2 == 0)))
		s->raw = 0;
}

/* The levels are set as they are entered. */
static void scan_begin(struct scan *s, struct weir_str bytes, const struct weir_msgpack_limits *limits)
{
	weir_assert(limits->depth <= WEIR_MSGPACK_DEPTH);
	s->r = weir_msgpack_reader(bytes);
	s->limits = limits;
	s->elements = 0;
	s->raw = 0;
}

static int scan_value(struct scan *s)
{
	int err = 0;

	s->level = 0;
	s->levels[0] = (struct level){1, false};
	while (!err && s->levels[s->level].to_come) {
		err = scan_token(s);
		scan_leave(s);
	}
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_msgpack_scan(struct weir_str bytes, const struct weir_msgpack_limits *limits, size_t *used)
{
	struct scan s;
	int err;

	scan_begin(&s, bytes, limits);
	err = scan_value(&s);
	if (!err)
		*used = bytes.n - (size_t)(s.r.end - s.r.p);
	return err;
}

int weir_msgpack_scan_all(struct weir_str bytes, const struct weir_msgpack_limits *limits)
{
	struct scan s;
	int err;

	scan_begin(&s, bytes, limits);
	do {
		err = scan_value(&s);
	} while (!err && s.r.p < s.r.end);
	return err;
}
