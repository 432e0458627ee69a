/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled tags filter: a program in one allocation without pointers inside, so that equal filters have equal bytes.
 * It keeps one truth value: a leaf sets it, NOT turns it round, a jump that finds it decided leaves the and/or it
 * stands in.
 */
#ifndef WEIR_EVENT_TAGFILTER_PRIV_H
#define WEIR_EVENT_TAGFILTER_PRIV_H

#include "decimal_priv.h"
#include "weir/event/tagfilter.h"

#define TAGFILTER_NODES 64
#define TAGFILTER_DEPTH 16
#define TAGFILTER_VALS  256
#define TAGFILTER_BYTES 4096
/* Of a node: a leaf and the NOT of its negated form, and the jump behind it. */
#define TAGFILTER_OPS (3 * TAGFILTER_NODES)

/*
 * The comparisons, neq, nin and nex being written with NOT; those from LESS on compare Numbers. Then what joins them.
 */
enum tagfilter_code {
	TAGFILTER_EXISTS,
	TAGFILTER_EQUAL,
	TAGFILTER_IN,
	TAGFILTER_STARTS,
	TAGFILTER_ENDS,
	TAGFILTER_CONTAINS,
	TAGFILTER_LESS,
	TAGFILTER_LESS_EQUAL,
	TAGFILTER_GREATER,
	TAGFILTER_GREATER_EQUAL,
	TAGFILTER_NOT,
	TAGFILTER_JUMP_FALSE,
	TAGFILTER_JUMP_TRUE,
};

/* A text among the program's bytes. */
struct tagfilter_text {
	uint16_t at, n;
};

struct tagfilter_op {
	uint8_t code;
	uint8_t is_number; /* does val read as a Number? */
	uint16_t jump;     /* of a jump: the next op */
	struct tagfilter_text key, val;
	uint16_t vals, n_vals;      /* of IN: places in the table of vals, sorted by length, then bytes */
	struct weir_decimal number; /* val as a Number */
};

struct weir_tagfilter {
	size_t refs;
	size_t size; /* of the allocation */
	uint32_t n_ops, n_vals;
	struct tagfilter_op ops[];
	/* then struct tagfilter_text[n_vals], then the bytes */
};

/* What the program says, without the reference count: equal for equal filters. */
#define TAGFILTER_HEAD offsetof(struct weir_tagfilter, size)

static inline const struct tagfilter_text *tagfilter_vals(const struct weir_tagfilter *f)
{
	return (const struct tagfilter_text *)(const void *)(f->ops + f->n_ops);
}

static inline const char *tagfilter_bytes(const struct weir_tagfilter *f)
{
	return (const char *)(tagfilter_vals(f) + f->n_vals);
}

static inline struct weir_str tagfilter_str(const char *bytes, struct tagfilter_text t)
{
	return weir_str_n(bytes + t.at, t.n);
}

/* The order of the table of vals: shorter ones first, then by bytes. */
static inline int tagfilter_order(struct weir_str a, struct weir_str b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

#endif
