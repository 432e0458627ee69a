/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over MessagePack: no recursion, a count of what is still to come for each level. A table says of each first
 * byte what follows. Pure, any thread.
 */
#include "weir/event/msgpack_scan.h"

enum kind {
	KIND_NONE, /* 0xc1, and extensions */
	KIND_PLAIN,
	KIND_BYTES,
	KIND_ARRAY,
	KIND_MAP,
};

struct scan {
	const unsigned char *p;
	size_t left;
};

/* A value's beginning: what it is, and how many bytes, elements or pairs follow. */
struct head {
	enum kind kind;
	uint64_t n;
	bool shortest;
};

static bool take(struct scan *s, unsigned bytes, uint64_t *v)
{
	*v = 0;
	if (s->left < bytes)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		*v = *v << 8 | s->p[i];
	s->p += bytes;
	s->left -= bytes;
	return true;
}

/* The largest number that fits into half of the bytes; for one byte, what fits into the first byte of a value. */
static uint64_t half_max(unsigned bytes, uint64_t fix_max)
{
	return bytes == 1 ? fix_max : ((uint64_t)1 << 4 * bytes) - 1;
}

static bool sized(struct scan *s, struct head *h, enum kind kind, unsigned bytes, uint64_t shorter_max, bool shorter)
{
	if (!take(s, bytes, &h->n))
		return false;
	h->kind = kind;
	h->shortest = !shorter || h->n > shorter_max;
	return true;
}

static bool number(struct scan *s, struct head *h, unsigned bytes, bool is_signed)
{
	uint64_t v;

	if (!take(s, bytes, &v))
		return false;
	h->kind = KIND_PLAIN;
	if (is_signed) {
		/* Negative ones only, and below what half of the bytes hold. */
		int64_t low = bytes == 1 ? -32 : -((int64_t)1 << (4 * bytes - 1));
		int64_t x = (int64_t)(v << (64 - 8 * bytes)) >> (64 - 8 * bytes);

		h->shortest = x < low;
	} else {
		h->shortest = v > half_max(bytes, 0x7f);
	}
	return true;
}

static bool plain(struct scan *s, struct head *h, unsigned bytes)
{
	uint64_t ignored;

	h->kind = KIND_PLAIN;
	return take(s, bytes, &ignored);
}

/* 0xc0 … 0xdf */
static bool head_named(struct scan *s, struct head *h, unsigned c)
{
	switch (c) {
	case 0xc0: /* nil, false, true */
	case 0xc2:
	case 0xc3:
		return plain(s, h, 0);
	case 0xc4: /* bin 8, 16, 32 */
		return sized(s, h, KIND_BYTES, 1, 0, false);
	case 0xc5:
		return sized(s, h, KIND_BYTES, 2, 0xff, true);
	case 0xc6:
		return sized(s, h, KIND_BYTES, 4, 0xffff, true);
	case 0xca: /* float 32, 64 */
		return plain(s, h, 4);
	case 0xcb:
		return plain(s, h, 8);
	case 0xcc: /* uint 8, 16, 32, 64 */
	case 0xcd:
	case 0xce:
	case 0xcf:
		return number(s, h, 1u << (c - 0xcc), false);
	case 0xd0: /* int 8, 16, 32, 64 */
	case 0xd1:
	case 0xd2:
	case 0xd3:
		return number(s, h, 1u << (c - 0xd0), true);
	case 0xd9: /* str 8, 16, 32 */
	case 0xda:
	case 0xdb:
		return sized(s, h, KIND_BYTES, 1u << (c - 0xd9), half_max(1u << (c - 0xd9), 31), true);
	case 0xdc: /* array 16, 32 */
	case 0xdd:
		return sized(s, h, KIND_ARRAY, 2u << (c - 0xdc), c == 0xdc ? 15 : 0xffff, true);
	case 0xde: /* map 16, 32 */
	case 0xdf:
		return sized(s, h, KIND_MAP, 2u << (c - 0xde), c == 0xde ? 15 : 0xffff, true);
	default:
		return false;
	}
}

static bool head_read(struct scan *s, struct head *h)
{
	uint64_t c;

	*h = (struct head){.shortest = true};
	if (!take(s, 1, &c))
		return false;
	if (c <= 0x7f || c >= 0xe0) {
		h->kind = KIND_PLAIN;
	} else if (c <= 0x8f) {
		h->kind = KIND_MAP;
		h->n = c & 0x0f;
	} else if (c <= 0x9f) {
		h->kind = KIND_ARRAY;
		h->n = c & 0x0f;
	} else if (c <= 0xbf) {
		h->kind = KIND_BYTES;
		h->n = c & 0x1f;
	} else {
		return head_named(s, h, (unsigned)c);
	}
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_msgpack_scan(struct weir_str bytes, const struct weir_msgpack_limits *limits, size_t *used)
{
	struct scan s = {(const unsigned char *)bytes.p, bytes.n};
	uint64_t to_come[WEIR_MSGPACK_DEPTH + 1] = {1}, seen = 0; /* of each level; the outermost has one value */
	unsigned level = 0;

	weir_assert(limits->depth <= WEIR_MSGPACK_DEPTH);
	for (;;) {
		struct head h;

		while (level > 0 && to_come[level] == 0)
			level--;
		if (to_come[level] == 0)
			break;
		to_come[level]--;
		if (!head_read(&s, &h) || (limits->shortest && !h.shortest))
			return WEIR_EPARSE;
		if (++seen > limits->elements)
			return WEIR_ELIMIT;
		if (h.kind == KIND_BYTES) {
			if (h.n > s.left)
				return WEIR_EPARSE;
			s.p += h.n;
			s.left -= (size_t)h.n;
		} else if (h.kind == KIND_ARRAY || h.kind == KIND_MAP) {
			/* Each element has a byte at least. */
			h.n *= h.kind == KIND_MAP ? 2 : 1;
			if (h.n > s.left)
				return WEIR_EPARSE;
			if (h.n > limits->elements - seen)
				return WEIR_ELIMIT;
			if (level == limits->depth)
				return WEIR_EDEPTH;
			to_come[++level] = h.n;
		}
	}
	*used = bytes.n - s.left;
	return 0;
}
