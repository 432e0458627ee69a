/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the reference share: its memory, the tree of an expression, numbers and texts. */
#ifndef WEIR_TEST_REFERENCE_PRIV_H
#define WEIR_TEST_REFERENCE_PRIV_H

#include "reference.h"

/* ---- memory that lives as long as its owner ---- */

struct ref_block {
	struct ref_block *next;
};

struct ref_arena {
	struct ref_block *blocks;
};

void *ref_alloc(struct ref_arena *a, size_t n); /* zeroed */
struct weir_str ref_copy(struct ref_arena *a, struct weir_str s);
void ref_arena_free(struct ref_arena *a);

/* ---- the tree ---- */

enum ref_op {
	REF_LITERAL,
	REF_NAME,
	REF_CALL,
	REF_NOT,
	REF_NEGATE,
	REF_EXISTS,
	REF_LIKE,
	REF_IN,
	REF_MULTIPLY,
	REF_DIVIDE,
	REF_REMAINDER,
	REF_ADD,
	REF_SUBTRACT,
	REF_EQUAL,
	REF_UNEQUAL,
	REF_LESS,
	REF_LESS_EQUAL,
	REF_GREATER,
	REF_GREATER_EQUAL,
	REF_AND,
	REF_OR,
	REF_XOR,
	REF_LEAF, /* of a filter tree */
};

struct ref_name {
	enum weir_name_kind kind;
	struct weir_str text; /* of a path: as for attributes */
};

struct ref_leaf {
	struct ref_name key;
	struct weir_str cmp, val;
	struct weir_str *vals;
	size_t n_vals;
};

struct ref_node {
	enum ref_op op;
	bool inverted;                       /* NOT LIKE, NOT IN */
	struct weir_value literal;           /* LITERAL; LIKE: the pattern */
	struct ref_name name;                /* NAME, EXISTS */
	struct weir_str called;              /* CALL: the name as it is written */
	const struct ref_function *function; /* CALL */
	size_t column;
	struct ref_node **args; /* operands, arguments; IN: x and the elements */
	size_t n;
	struct ref_leaf *leaf;
};

struct ref_filter {
	struct ref_arena arena, run;
	struct ref_node *root;
	bool mixed;
};

struct ref_node *ref_node(struct ref_arena *a, enum ref_op op, size_t column);
void ref_add_arg(struct ref_arena *a, struct ref_node *node, struct ref_node *arg);
size_t ref_count_nodes(const struct ref_node *node);
size_t ref_count_paths(const struct ref_node *node); /* different ones of the payload */

/* ---- paths ---- */

enum { REF_MAX_STEPS = 8, REF_MAX_MEMBER = 255, REF_MAX_INDEX = 65535, REF_MAX_PATHS = 16, REF_MAX_NODES = 64 };
enum { REF_MAX_DEPTH = 16, REF_MAX_TEXT = 1024 };

enum ref_bad {
	REF_FINE,
	REF_BAD_PATH,
	REF_BAD_STRING, /* unterminated */
	REF_BAD_UTF8,
};
/*
 * Reads a path whose root takes `root` bytes. *used is its length. Not FINE: *used is where the problem is.
 */
enum ref_bad ref_read_path(struct ref_arena *a, struct weir_str s, size_t root, struct ref_name *out, size_t *used);
/* Reads a string literal that s begins with. */
enum ref_bad ref_read_string(struct ref_arena *a, struct weir_str s, struct weir_str *out, size_t *used);
bool ref_is_word(char c); /* [A-Za-z0-9_] */
bool ref_is_digit(char c);

/* ---- numbers ---- */

/* [+-]? digits, perhaps a fraction, perhaps (if `exponent`) an exponent. */
enum ref_read { REF_READ, REF_NO_NUMBER, REF_TOO_BIG };
enum ref_read ref_number_read(struct weir_str s, bool exponent, struct weir_decimal *out);
struct weir_decimal ref_number_of(int32_t i);
struct weir_decimal ref_number_normal(struct weir_decimal a); /* the same, without trailing zeros */
bool ref_number_add(struct weir_decimal a, struct weir_decimal b, struct weir_decimal *out); /* false: too big */
bool ref_number_multiply(struct weir_decimal a, struct weir_decimal b, struct weir_decimal *out);
bool ref_number_divide(struct weir_decimal a, struct weir_decimal b, struct weir_decimal *out); /* b is not 0 */
struct weir_decimal ref_number_negate(struct weir_decimal a);
int ref_number_compare(struct weir_decimal a, struct weir_decimal b);
bool ref_number_to_integer(struct weir_decimal a, int32_t *out); /* false: not whole, or out of range */
void ref_number_print(struct weir_buf *out, struct weir_decimal a);

/* ---- texts: characters are code points ---- */

uint32_t ref_char(struct weir_str s, size_t *bytes); /* the first one; s is valid and not empty */
size_t ref_length(struct weir_str s);
struct weir_str ref_skip(struct weir_str s, size_t chars); /* without the first ones */
struct weir_str ref_first(struct weir_str s, size_t chars);
struct weir_str ref_trim(struct weir_str s);
struct weir_str ref_recase(struct ref_arena *a, struct weir_str s, bool upper);
bool ref_like(struct weir_str s, struct weir_str pattern);
bool ref_pattern_too_long(struct weir_str pattern);

/* ---- casts and functions ---- */

bool ref_cast(struct ref_arena *a, struct weir_value x, enum weir_value_type to, struct weir_value *out);
struct weir_value ref_zero(enum weir_value_type type);

#define REF_MAX_PARAMS 3

struct ref_function {
	const char *name;
	unsigned min, max;
	enum weir_value_type params[REF_MAX_PARAMS]; /* the last one goes for all that follow; MISSING: any, no cast */
	enum weir_value_type result;                 /* Integer of ABS: or Number */
	/* The arguments are cast. On an error *out is the value that goes with it. */
	enum weir_filter_error (*apply)(
		struct ref_arena *a, const struct weir_value *args, size_t n, struct weir_value *out);
};

const struct ref_function *ref_function(struct weir_str name, size_t args); /* NULL: there is none */
bool ref_leaf_true(struct ref_arena *a, const struct ref_leaf *leaf, struct weir_value v);

#endif
