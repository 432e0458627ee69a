/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of MessagePack: what each first byte says of what follows it. See msgpack_read.h. Pure, any thread. */
#include "weir/event/msgpack_read.h"

static bool take(struct weir_msgpack_reader *r, unsigned bytes, uint64_t *v)
{
	*v = 0;
	if ((size_t)(r->end - r->p) < bytes)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		*v = *v << 8 | (unsigned char)r->p[i];
	r->p += bytes;
	return true;
}

static bool take_content(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, uint64_t n)
{
	if (n > (size_t)(r->end - r->p))
		return false;
	t->bytes = weir_str_n(r->p, (size_t)n);
	r->p += n;
	return true;
}

/* The largest number that fits into half of the bytes; for one byte, what fits into the first byte of a value. */
static uint64_t half_max(unsigned bytes, uint64_t fix_max)
{
	return bytes == 1 ? fix_max : ((uint64_t)1 << 4 * bytes) - 1;
}

/* A content whose length is the next `bytes`; shorter notations hold lengths up to `shorter_max`. */
static bool sized(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, enum weir_msgpack_kind kind,
	unsigned bytes, uint64_t shorter_max)
{
	uint64_t n;

	t->kind = kind;
	if (!take(r, bytes, &n))
		return false;
	t->shortest = n > shorter_max;
	return take_content(r, t, n);
}

static bool bin(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, unsigned bytes)
{
	bool ok = sized(r, t, WEIR_MSGPACK_BIN, bytes, bytes == 1 ? 0 : half_max(bytes, 0));

	t->shortest = t->shortest || bytes == 1;
	return ok;
}

static bool ext(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, uint64_t n, bool shortest)
{
	uint64_t type;

	t->kind = WEIR_MSGPACK_EXT;
	t->shortest = shortest;
	return take(r, 1, &type) && take_content(r, t, n);
}

static bool ext_sized(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, unsigned bytes)
{
	uint64_t n;

	if (!take(r, bytes, &n))
		return false;
	/* 1, 2, 4, 8, 16 have notations of their own */
	return ext(r, t, n, bytes == 1 ? n == 0 || n > 16 || (n & (n - 1)) : n > half_max(bytes, 0));
}

static bool counted(
	struct weir_msgpack_reader *r, struct weir_msgpack_token *t, enum weir_msgpack_kind kind, unsigned bytes)
{
	uint64_t n;

	t->kind = kind;
	if (!take(r, bytes, &n))
		return false;
	t->count = (uint32_t)n;
	t->shortest = n > (bytes == 2 ? 15 : 0xffff);
	return true;
}

static bool unsigned_number(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, unsigned bytes)
{
	t->kind = WEIR_MSGPACK_UINT;
	if (!take(r, bytes, &t->u))
		return false;
	t->shortest = t->u > half_max(bytes, 0x7f);
	return true;
}

static bool signed_number(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, unsigned bytes)
{
	int64_t low = bytes == 1 ? -32 : -((int64_t)1 << (4 * bytes - 1)), x;
	uint64_t v;

	if (!take(r, bytes, &v))
		return false;
	x = (int64_t)(v << (64 - 8 * bytes)) >> (64 - 8 * bytes);
	t->shortest = x < low;
	t->kind = x < 0 ? WEIR_MSGPACK_INT : WEIR_MSGPACK_UINT;
	if (x < 0)
		t->i = x;
	else
		t->u = (uint64_t)x;
	return true;
}

static bool floating(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, unsigned bytes)
{
	uint64_t v;
	uint32_t low;
	float narrow;

	t->kind = WEIR_MSGPACK_FLOAT;
	if (!take(r, bytes, &v))
		return false;
	if (bytes == 8) {
		memcpy(&t->f, &v, sizeof(v));
		return true;
	}
	low = (uint32_t)v;
	memcpy(&narrow, &low, sizeof(low));
	t->f = (double)narrow;
	return true;
}

static bool boolean(struct weir_msgpack_token *t, bool v)
{
	t->kind = WEIR_MSGPACK_BOOL;
	t->boolean = v;
	return true;
}

/* 0xc0 … 0xdf; as in the specification, a row for each family of formats */
static bool named(struct weir_msgpack_reader *r, struct weir_msgpack_token *t, unsigned c)
{
	if (c == 0xc0) {
		t->kind = WEIR_MSGPACK_NIL;
		return true;
	}
	if (c == 0xc1)
		return false;
	if (c <= 0xc3)
		return boolean(t, c == 0xc3);
	if (c <= 0xc6)
		return bin(r, t, 1u << (c - 0xc4));
	if (c <= 0xc9)
		return ext_sized(r, t, 1u << (c - 0xc7));
	if (c <= 0xcb)
		return floating(r, t, c == 0xca ? 4 : 8);
	if (c <= 0xcf)
		return unsigned_number(r, t, 1u << (c - 0xcc));
	if (c <= 0xd3)
		return signed_number(r, t, 1u << (c - 0xd0));
	if (c <= 0xd8)
		return ext(r, t, 1u << (c - 0xd4), true);
	if (c <= 0xdb)
		return sized(r, t, WEIR_MSGPACK_STR, 1u << (c - 0xd9), half_max(1u << (c - 0xd9), 31));
	return counted(r, t, c <= 0xdd ? WEIR_MSGPACK_ARRAY : WEIR_MSGPACK_MAP, c & 1 ? 4 : 2);
}

static bool token(struct weir_msgpack_reader *r, struct weir_msgpack_token *t)
{
	unsigned c;

	if (r->p >= r->end)
		return false;
	c = (unsigned char)*r->p++;
	t->shortest = true;
	if (c <= 0x7f) {
		t->kind = WEIR_MSGPACK_UINT;
		t->u = c;
	} else if (c >= 0xe0) {
		t->kind = WEIR_MSGPACK_INT;
		t->i = (int64_t)c - 0x100;
	} else if (c <= 0x9f) {
		t->kind = c <= 0x8f ? WEIR_MSGPACK_MAP : WEIR_MSGPACK_ARRAY;
		t->count = c & 0x0f;
	} else if (c <= 0xbf) {
		t->kind = WEIR_MSGPACK_STR;
		return take_content(r, t, c & 0x1f);
	} else {
		return named(r, t, c);
	}
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_msgpack_reader weir_msgpack_reader(struct weir_str bytes)
{
	const char *p = bytes.p ? bytes.p : "";

	return (struct weir_msgpack_reader){p, p + bytes.n};
}

bool weir_msgpack_next(struct weir_msgpack_reader *r, struct weir_msgpack_token *t)
{
	struct weir_msgpack_reader at = *r;

	if (!token(&at, t))
		return false;
	*r = at;
	return true;
}

bool weir_msgpack_skip(struct weir_msgpack_reader *r, struct weir_str *value)
{
	struct weir_msgpack_reader at = *r;
	struct weir_msgpack_token t;
	uint64_t to_come = 1; /* values, at all levels: at most 2^33 more for each five bytes */

	do {
		if (!token(&at, &t))
			return false;
		to_come--;
		if (t.kind == WEIR_MSGPACK_ARRAY)
			to_come += t.count;
		else if (t.kind == WEIR_MSGPACK_MAP)
			to_come += 2 * (uint64_t)t.count;
	} while (to_come);
	if (value)
		*value = weir_str_n(r->p, (size_t)(at.p - r->p));
	*r = at;
	return true;
}
