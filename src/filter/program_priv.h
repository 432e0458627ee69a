/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a program lies in memory (filters.md §5): a head and sections in one allocation, offsets instead of pointers, so
 * that equal filters have equal bytes. Ops are in postfix order and jump forward only. The last op is the root.
 */
#ifndef WEIR_FILTER_PROGRAM_PRIV_H
#define WEIR_FILTER_PROGRAM_PRIV_H

#include "weir/filter/filter.h"

#define PROGRAM_NODES       64
#define PROGRAM_DEPTH       16
#define PROGRAM_PATHS       16
#define PROGRAM_STACK       (PROGRAM_NODES + 1)
#define PROGRAM_READ_BYTES  262144 /* of Strings, in one evaluation */
#define PROGRAM_BUILD_BYTES 65536
#define PROGRAM_NONE        UINT16_MAX
#define PROGRAM_ANY         ((char)0xff) /* `_` in a stretch: no byte of UTF-8 */

enum program_code {
	/* pushes one */
	PROGRAM_CONST, /* slot: constant */
	PROGRAM_LOAD,  /* slot: name */
	PROGRAM_EXISTS,
	/* one for one */
	PROGRAM_BOOLEAN, /* casts */
	PROGRAM_STRING,
	PROGRAM_INTEGER,
	PROGRAM_NOT,
	PROGRAM_NEGATE,
	PROGRAM_LIKE,   /* slot: pattern */
	PROGRAM_IN_SET, /* slot: set */
	/* casts to Boolean; decided: keeps it and jumps to op `operand`, else drops it */
	PROGRAM_AND,
	PROGRAM_OR,
	/* two for one */
	PROGRAM_XOR,
	PROGRAM_ADD,
	PROGRAM_SUBTRACT,
	PROGRAM_MULTIPLY,
	PROGRAM_DIVIDE,
	PROGRAM_REMAINDER,
	PROGRAM_EQUAL,
	PROGRAM_LESS,
	PROGRAM_LESS_EQUAL,
	PROGRAM_GREATER,
	PROGRAM_GREATER_EQUAL,
	/* an element of a set: equal, x becomes true and jumps to `operand`; else arity 1, the last: x becomes false */
	PROGRAM_IN,
	PROGRAM_CALL, /* slot: function */
	/* leaves of a tree push one; slot: name; operand: constant, or set */
	PROGRAM_LEAF_EQUAL,
	PROGRAM_LEAF_IN,
	PROGRAM_LEAF_STARTS,
	PROGRAM_LEAF_ENDS,
	PROGRAM_LEAF_CONTAINS,
	PROGRAM_LEAF_LESS,
	PROGRAM_LEAF_LESS_EQUAL,
	PROGRAM_LEAF_GREATER,
	PROGRAM_LEAF_GREATER_EQUAL,
};

struct program_op {
	uint8_t code, arity;
	uint16_t slot;
	uint32_t operand;
};

/* A text among the program's bytes. */
struct program_text {
	uint32_t at, n;
};

/* A constant; of a leaf's val also the Number that it reads as. */
struct program_const {
	uint8_t type; /* enum weir_value_type */
	uint8_t negative, is_number;
	uint8_t boolean;
	int32_t magnitude; /* or the Integer */
	uint64_t digits;
	struct program_text text;
};

struct program_name {
	uint8_t kind; /* enum weir_name_kind */
	uint8_t path; /* of data: its number */
	uint16_t n;
	uint32_t at;
};

/* A set of literals, prepared for each type of x. An element's number is its place in the source. */
struct program_set {
	uint32_t texts, n_texts;       /* for a String */
	uint32_t integers, n_integers; /* for an Integer: as Numbers */
	uint32_t numbers, n_numbers;
	uint16_t integer_fails, number_fails, boolean_fails; /* first element that does not cast */
	uint16_t first_true, first_false;
	uint16_t unused;
};

struct program_set_text { /* sorted by length, then bytes */
	uint32_t at;
	uint16_t n, element;
};

struct program_set_number { /* sorted by value */
	uint64_t digits;
	int32_t magnitude;
	uint16_t negative, element;
};

struct program_like {
	uint32_t stretches; /* first of them */
	uint16_t n, unused; /* n - 1 times `%` */
};

struct program_stretch {
	uint32_t at;
	uint16_t n, n_any; /* bytes; how many of them are `_` */
	uint32_t n_chars;
};

enum program_section {
	PROGRAM_CONSTS,
	PROGRAM_SET_NUMBERS,
	PROGRAM_OPS,
	PROGRAM_NAMES,
	PROGRAM_SETS,
	PROGRAM_SET_TEXTS,
	PROGRAM_LIKES,
	PROGRAM_STRETCHES,
	PROGRAM_BYTES,
	PROGRAM_SECTIONS,
};

struct weir_program {
	uint32_t mixed; /* not among the bytes: parentheses that change nothing remove it */
	uint32_t size;  /* of the allocation; the bytes begin here */
	uint32_t n_ops;
	uint8_t zero_type; /* of the value when something fails below the root */
	uint8_t n_paths;
	uint16_t unused;
	uint32_t at[PROGRAM_SECTIONS];
};

static inline const void *program_section(const struct weir_program *p, enum program_section s)
{
	return (const char *)p + p->at[s];
}

static inline struct weir_str program_str(const struct weir_program *p, uint32_t at, uint32_t n)
{
	return weir_str_n((const char *)program_section(p, PROGRAM_BYTES) + at, n);
}

/* The steps of path `i`, or absent; see path_priv.h. */
struct weir_str weir__program_path(const struct weir_program *p, unsigned i);

/* What an evaluation cost, for tests. */
struct program_cost {
	unsigned ops;
	size_t read_bytes, built_bytes;
};
struct weir_value weir__program_run(const struct weir_program *p, const struct weir_resolver *r,
	struct weir_buf *scratch, enum weir_filter_error *error, struct program_cost *cost);

#endif
