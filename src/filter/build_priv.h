/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program while it is compiled: a growing section of each kind. Whoever compiles has counted the limits; without
 * memory a section stops growing and build_finish() says so. One owner.
 */
#ifndef WEIR_FILTER_BUILD_PRIV_H
#define WEIR_FILTER_BUILD_PRIV_H

#include "program_priv.h"
#include "weir/filter/value.h"

struct build {
	struct weir_buf section[PROGRAM_SECTIONS];
	unsigned n_paths;
};

void weir__build_init(struct build *b);
void weir__build_fini(struct build *b);
/* NULL: no memory. */
struct weir_program *weir__build_finish(const struct build *b, enum weir_value_type zero_type, bool mixed);

unsigned weir__build_n(const struct build *b, enum program_section s); /* entries */
/* Returns the op's number. */
unsigned weir__build_op(struct build *b, enum program_code code, unsigned arity, unsigned slot, unsigned operand);
void weir__build_jump_here(struct build *b, unsigned op); /* op jumps to the op that comes next */

/* Takes back all entries of a section from number `n` on. */
void weir__build_truncate(struct build *b, enum program_section s, unsigned n);

struct program_text weir__build_text(struct build *b, struct weir_str s);
struct weir_str weir__build_str(const struct build *b, struct program_text t); /* until the next text */
/* A constant's number: that of an equal one if there is one. A String's bytes are among the texts already. */
unsigned weir__build_const(struct build *b, const struct program_const *c);
struct program_const weir__build_const_of(const struct weir_value *v, struct program_text text);
/* A name's number. *too_many: it is one data path more than a program may have. */
unsigned weir__build_name(struct build *b, enum weir_name_kind kind, struct weir_str name, bool *too_many);

/* A set of the constants in order; its number. Their texts are added. */
unsigned weir__build_set(struct build *b, const struct program_const *elements, unsigned n);
/* What a lookup finds. */
enum set_outcome { SET_NO, SET_YES, SET_FAILS };
enum set_outcome weir__set_find(
	const struct weir_program *p, const struct program_set *set, const struct weir_value *x);
/* As trees look: equal as texts, or as Numbers if x is one. */
bool weir__set_has(
	const struct weir_program *p, const struct program_set *set, const struct weir_value *x, struct weir_str text);

/* A LIKE pattern; its number. WEIR_ELIMIT: a stretch with `_` is too long, or the pattern. */
int weir__build_like(struct build *b, struct weir_str pattern, unsigned *out);
bool weir__like(const struct weir_program *p, const struct program_like *like, struct weir_str subject);

static inline struct weir_value program_value(const struct weir_program *p, const struct program_const *c)
{
	switch (c->type) {
	case WEIR_VALUE_STRING:
		return (struct weir_value){.type = WEIR_VALUE_STRING, .string = program_str(p, c->text.at, c->text.n)};
	case WEIR_VALUE_INTEGER:
		return (struct weir_value){.type = WEIR_VALUE_INTEGER, .integer = c->magnitude};
	case WEIR_VALUE_BOOLEAN:
		return (struct weir_value){.type = WEIR_VALUE_BOOLEAN, .boolean = c->boolean};
	default:
		return (struct weir_value){.type = WEIR_VALUE_NUMBER, .number = {c->digits, c->magnitude, c->negative}};
	}
}

#endif
