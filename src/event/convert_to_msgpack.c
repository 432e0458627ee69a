/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON to MessagePack. A map's head says how many pairs follow, so the elements of all arrays and objects are counted in a
 * first pass. Numbers are the hard part: one that is no integer has a form iff the double nearest to it says the same.
 * Pure, any thread.
 */
#include <errno.h>
#include <float.h>
#include <math.h>

#include "json_priv.h"
#include "weir/event/convert.h"
#include "weir/event/msgpack.h"

#define SURE_DIGITS 15 /* that many always survive a double of normal exponent */
#define MOST_DIGITS 17 /* the shortest decimal of a double has no more */

/* ---- numbers ---- */

/* A number as 0.digits × 10^magnitude, without zeros at either end; 0: no digits. */
struct decimal {
	char digits[MOST_DIGITS];
	size_t n;
	int64_t magnitude;
	bool more; /* there are more digits than fit */
};

static void decimal_add(struct decimal *d, size_t *zeros, char c)
{
	if (c == '0') {
		++*zeros; /* counts only if another digit comes */
		return;
	}
	for (; *zeros && d->n < MOST_DIGITS; --*zeros)
		d->digits[d->n++] = '0';
	if (d->n == MOST_DIGITS)
		d->more = true;
	else
		d->digits[d->n++] = c;
	*zeros = 0;
}

static struct decimal decimal_read(struct weir_str text)
{
	const char *p = text.p, *end = text.p + text.n;
	bool fraction = false, negative;
	struct decimal d = {.n = 0};
	int64_t exponent = 0;
	size_t zeros = 0;

	for (p += *p == '-'; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			fraction = true;
		} else if (d.n == 0 && *p == '0') {
			d.magnitude -= fraction;
		} else {
			decimal_add(&d, &zeros, *p);
			d.magnitude += !fraction;
		}
	}
	if (p < end)
		p++;
	negative = p < end && *p == '-';
	for (p += p < end && (*p == '-' || *p == '+'); p < end; p++)
		if (exponent < 1000000000)
			exponent = exponent * 10 + (*p - '0');
	d.magnitude += negative ? -exponent : exponent;
	if (d.n == 0)
		d.magnitude = 0;
	return d;
}

static bool decimal_eq(const struct decimal *a, const struct decimal *b)
{
	return !a->more && !b->more && a->magnitude == b->magnitude && a->n == b->n &&
	       memcmp(a->digits, b->digits, a->n) == 0;
}

/* Is the shortest decimal that reads back as v the same number? */
static bool is_shortest(const struct decimal *d, double v)
{
	struct decimal shortest;
	struct weir_buf text;
	bool same;

	if (d->more)
		return false;
	weir_buf_init(&text, 64);
	weir_buf_double(&text, v);
	shortest = decimal_read(weir_buf_view(&text));
	same = !text.failed && decimal_eq(d, &shortest);
	weir_buf_fini(&text);
	return same;
}

/* False: no form. */
static bool pack_double(msgpack_packer *pk, struct weir_str text)
{
	struct decimal d = decimal_read(text);
	double v;

	if (d.n == 0) {
		msgpack_pack_double(pk, *text.p == '-' ? -0.0 : 0.0);
		return true;
	}
	if (weir_json_double((struct weir_json){WEIR_JSON_NUMBER, text}, &v) < 0)
		return false;
	if ((d.more || d.n > SURE_DIGITS || fabs(v) < DBL_MIN) && !is_shortest(&d, v))
		return false;
	msgpack_pack_double(pk, v);
	return true;
}

static bool pack_number(msgpack_packer *pk, struct weir_str text)
{
	struct weir_json v = {WEIR_JSON_NUMBER, text};
	uint64_t u;
	int64_t i;

	if (weir_str_is(text, "-0"))
		return pack_double(pk, text);
	if (weir_json_u64(v, &u) == 0)
		msgpack_pack_uint64(pk, u);
	else if (weir_json_i64(v, &i) == 0)
		msgpack_pack_int64(pk, i);
	else
		return pack_double(pk, text);
	return true;
}

/* ---- strings ---- */

static bool is_lone_surrogate(const char *p, const char *end)
{
	unsigned c = 0;

	if (end - p < 6 || p[1] != 'u')
		return false;
	for (int i = 2; i < 6; i++)
		c = c << 4 | (unsigned)json_hex(p[i]);
	if (c < 0xd800 || c > 0xdfff)
		return false;
	if (c >= 0xdc00 || end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return true;
	c = 0;
	for (int i = 8; i < 12; i++)
		c = c << 4 | (unsigned)json_hex(p[i]);
	return c < 0xdc00 || c > 0xdfff;
}

static bool has_lone_surrogate(struct weir_str quoted)
{
	const char *p = quoted.p, *end = quoted.p + quoted.n;

	while ((p = memchr(p, '\\', (size_t)(end - p)))) {
		if (is_lone_surrogate(p, end))
			return true;
		/* A pair is one step: its second half alone would look like a lone one. */
		p += p[1] != 'u' ? 2
		     : (p[2] | 0x20) == 'd' &&
				     (p[3] == '8' || p[3] == '9' || (p[3] | 0x20) == 'a' || (p[3] | 0x20) == 'b')
			     ? 12
			     : 6;
	}
	return false;
}

/* False: no form, or no memory for what the escapes stand for (`text` has failed then). */
static bool pack_string(msgpack_packer *pk, struct weir_str quoted, struct weir_buf *text)
{
	struct weir_str plain = weir_json_string_plain(quoted);

	if (!plain.p) {
		if (has_lone_surrogate(quoted))
			return false;
		weir_buf_reset(text);
		weir_json_string_decode(text, quoted);
		plain = weir_buf_view(text);
		if (text->failed)
			return false;
	}
	weir_msgpack_pack_text(pk, plain);
	return true;
}

/* ---- trees ---- */

/* The next key, value or bracket; past commas, colons and white space. *p becomes what follows it. */
static struct weir_str next_token(const char **p, const char *end)
{
	struct weir_json_iter it;
	struct weir_json v;

	while (*p < end && (json_is_space(**p) || **p == ',' || **p == ':'))
		++*p;
	if (*p == end)
		return WEIR_STR_NONE;
	if (memchr("{}[]", **p, 4))
		return weir_str_n((*p)++, 1);
	it = (struct weir_json_iter){*p, end};
	if (!weir_json_next_element(&it, &v))
		return WEIR_STR_NONE;
	*p = it.p;
	return v.text;
}

/* How many keys and values each array or object has, in the order in which they begin. */
static bool count(struct weir_str json, struct weir_buf *counts)
{
	const char *p = json.p, *end = json.p + json.n;
	size_t open[WEIR_CONVERT_DEPTH];
	unsigned level = 0;
	struct weir_str t;

	while ((t = next_token(&p, end)).p) {
		uint32_t *all = (uint32_t *)(void *)counts->p, none = 0;

		if (*t.p == '}' || *t.p == ']') {
			level--;
			continue;
		}
		if (level)
			all[open[level - 1]]++;
		if (*t.p == '{' || *t.p == '[') {
			open[level++] = counts->len / sizeof(none);
			weir_buf_append(counts, &none, sizeof(none));
			if (counts->failed)
				return false;
		}
	}
	return true;
}

/* 0 or WEIR_EINVALID; that memory was missing is seen at the buffers. */
static int pack_token(msgpack_packer *pk, struct weir_str t, const uint32_t **counts, struct weir_buf *text)
{
	switch (*t.p) {
	case '{':
		msgpack_pack_map(pk, *(*counts)++ / 2);
		return 0;
	case '[':
		msgpack_pack_array(pk, *(*counts)++);
		return 0;
	case '}':
	case ']':
		return 0;
	case '"':
		return pack_string(pk, t, text) ? 0 : WEIR_EINVALID;
	case 'n':
		msgpack_pack_nil(pk);
		return 0;
	case 't':
	case 'f':
		weir_msgpack_pack_bool(pk, *t.p == 't');
		return 0;
	default:
		return pack_number(pk, t) ? 0 : WEIR_EINVALID;
	}
}

static int pack_all(struct weir_buf *out, struct weir_str json, const struct weir_buf *counts)
{
	const uint32_t *next = (const uint32_t *)(const void *)counts->p;
	const char *p = json.p, *end = json.p + json.n;
	msgpack_packer pk;
	struct weir_buf text;
	struct weir_str t;
	int err = 0;

	weir_buf_init(&text, SIZE_MAX / 2);
	weir_msgpack_writer(&pk, out);
	while (!err && (t = next_token(&p, end)).p)
		err = pack_token(&pk, t, &next, &text);
	if (out->failed || text.failed)
		err = -ENOMEM;
	weir_buf_fini(&text);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_msgpack_from_json(struct weir_buf *out, struct weir_str json)
{
	size_t start = out->len;
	struct weir_json value;
	struct weir_buf counts;
	int err;

	if (weir_json_check(json, WEIR_CONVERT_DEPTH, &value, NULL) < 0)
		return WEIR_EINVALID;
	weir_buf_init(&counts, SIZE_MAX / 2);
	err = count(value.text, &counts) ? pack_all(out, value.text, &counts) : -ENOMEM;
	weir_buf_fini(&counts);
	if (err)
		out->len = start;
	return err;
}
