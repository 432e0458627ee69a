/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MessagePack to JSON. The odd case is the lenient form: where a part turns out to have none, what was written of it is taken
 * back, an empty array is put there, and the rest of the part is passed in silence. Pure, any thread.
 */
#include <errno.h>
#include <math.h>

#include "weir/base/utf8.h"
#include "weir/event/convert.h"
#include "weir/event/json.h"
#include "weir/event/msgpack_read.h"

struct level {
	uint64_t to_come; /* keys and values */
	size_t start;     /* where its text begins */
	bool map;
};

struct conversion {
	struct weir_buf *out;
	struct weir_msgpack_reader r;
	bool lenient;
	struct level levels[WEIR_CONVERT_DEPTH + 1]; /* the outermost has one value */
	unsigned level;
};

static bool put_double(struct weir_buf *out, double v)
{
	size_t start = out->len;
	struct weir_str text;

	if (!isfinite(v))
		return false;
	weir_buf_double(out, v);
	text = weir_str_n(out->p + start, out->len - start);
	/* It must come back as a float. */
	if (text.n && !memchr(text.p, '.', text.n) && !memchr(text.p, 'e', text.n))
		weir_buf_lit(out, ".0");
	return true;
}

/* False: it has no form. */
static bool put_scalar(struct weir_buf *out, const struct weir_msgpack_token *t)
{
	switch (t->kind) {
	case WEIR_MSGPACK_NIL:
		weir_buf_lit(out, "null");
		return true;
	case WEIR_MSGPACK_BOOL:
		weir_buf_str(out, t->boolean ? WEIR_STR("true") : WEIR_STR("false"));
		return true;
	case WEIR_MSGPACK_UINT:
		weir_buf_u64(out, t->u);
		return true;
	case WEIR_MSGPACK_INT:
		weir_buf_i64(out, t->i);
		return true;
	case WEIR_MSGPACK_FLOAT:
		return put_double(out, t->f);
	case WEIR_MSGPACK_STR:
		if (!weir_utf8_valid(t->bytes))
			return false;
		weir_json_append_string(out, t->bytes);
		return true;
	default:
		return false;
	}
}

/* What stands before the next key or value of this level. */
static void put_between(struct conversion *c, const struct level *l, bool value_of_map)
{
	if (value_of_map)
		weir_buf_char(c->out, ':');
	else if (c->level > 0 && c->out->len != l->start + 1)
		weir_buf_char(c->out, ',');
}

static void level_enter(struct conversion *c, const struct weir_msgpack_token *t)
{
	bool map = t->kind == WEIR_MSGPACK_MAP;

	c->levels[++c->level] = (struct level){(uint64_t)t->count * (map ? 2 : 1), c->out->len, map};
	weir_buf_char(c->out, map ? '{' : '[');
}

static void levels_leave(struct conversion *c)
{
	while (c->level > 0 && c->levels[c->level].to_come == 0)
		weir_buf_char(c->out, c->levels[c->level--].map ? '}' : ']');
}

/* Passes `n` values. */
static int pass(struct conversion *c, uint64_t n)
{
	for (; n; n--)
		if (!weir_msgpack_skip(&c->r, NULL))
			return WEIR_EINVALID;
	return 0;
}

/* The map at hand has no form: all of it becomes an empty array. */
static int drop_map(struct conversion *c)
{
	struct level *l = &c->levels[c->level];

	c->out->len = l->start;
	c->level--;
	weir_buf_lit(c->out, "[]");
	return pass(c, l->to_come);
}

static int convert_key(struct conversion *c)
{
	struct weir_msgpack_reader at = c->r;
	struct level *l = &c->levels[c->level];
	struct weir_msgpack_token t;

	if (!weir_msgpack_next(&c->r, &t))
		return WEIR_EINVALID;
	if (t.kind != WEIR_MSGPACK_STR || !weir_utf8_valid(t.bytes)) {
		c->r = at;
		return c->lenient ? drop_map(c) : WEIR_EINVALID;
	}
	put_between(c, l, false);
	weir_json_append_string(c->out, t.bytes);
	l->to_come--;
	return 0;
}

static int convert_value(struct conversion *c)
{
	struct weir_msgpack_reader at = c->r;
	struct level *l = &c->levels[c->level];
	struct weir_msgpack_token t;
	bool tree, form;

	if (!weir_msgpack_next(&c->r, &t))
		return WEIR_EINVALID;
	put_between(c, l, l->map);
	l->to_come--;
	tree = t.kind == WEIR_MSGPACK_ARRAY || t.kind == WEIR_MSGPACK_MAP;
	form = tree ? c->level < WEIR_CONVERT_DEPTH : put_scalar(c->out, &t);
	if (form) {
		if (tree)
			level_enter(c, &t);
		return 0;
	}
	if (!c->lenient)
		return WEIR_EINVALID;
	weir_buf_lit(c->out, "[]");
	c->r = at;
	return pass(c, 1);
}

static int convert(struct weir_buf *out, struct weir_str value, bool lenient)
{
	struct conversion c = {
		.out = out, .r = weir_msgpack_reader(value), .lenient = lenient, .levels = {{.to_come = 1}}};
	size_t start = out->len;
	int err = 0;

	while (!err && !out->failed && c.levels[c.level].to_come) {
		const struct level *l = &c.levels[c.level];

		err = l->map && l->to_come % 2 == 0 ? convert_key(&c) : convert_value(&c);
		levels_leave(&c);
	}
	if (!err && !out->failed && c.r.p != c.r.end)
		err = WEIR_EINVALID;
	if (!err && out->failed)
		err = -ENOMEM;
	if (err)
		out->len = start;
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_json_from_msgpack(struct weir_buf *out, struct weir_str value)
{
	return convert(out, value, false);
}

int weir_json_from_msgpack_leniently(struct weir_buf *out, struct weir_str value)
{
	return convert(out, value, true);
}
