/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a program: ops, constants, names, texts, and at the end all sections one behind the other in one allocation.
 * Constants and names that are the same are kept once. One owner.
 */
#include "build_priv.h"

#include <stdlib.h>

#include "number_priv.h"

#define BUILD_SECTION_BYTES 65536 /* more than any text or tree within the limits makes */

static const uint8_t build_sizes[PROGRAM_SECTIONS] = {
	[PROGRAM_CONSTS] = sizeof(struct program_const),
	[PROGRAM_SET_NUMBERS] = sizeof(struct program_set_number),
	[PROGRAM_OPS] = sizeof(struct program_op),
	[PROGRAM_NAMES] = sizeof(struct program_name),
	[PROGRAM_SETS] = sizeof(struct program_set),
	[PROGRAM_SET_TEXTS] = sizeof(struct program_set_text),
	[PROGRAM_LIKES] = sizeof(struct program_like),
	[PROGRAM_STRETCHES] = sizeof(struct program_stretch),
	[PROGRAM_BYTES] = 1,
};

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__build_init(struct build *b)
{
	*b = (struct build){0};
	for (size_t i = 0; i < PROGRAM_SECTIONS; i++)
		weir_buf_init(&b->section[i], BUILD_SECTION_BYTES);
}

void weir__build_fini(struct build *b)
{
	for (size_t i = 0; i < PROGRAM_SECTIONS; i++)
		weir_buf_fini(&b->section[i]);
}

struct weir_program *weir__build_finish(const struct build *b, enum weir_value_type zero_type, bool mixed)
{
	/* The widest member of a section needs 8; the sections stand in falling order of what they need. */
	size_t size = (sizeof(struct weir_program) + 7) & ~(size_t)7;
	uint32_t at[PROGRAM_SECTIONS];
	struct weir_program *p;

	for (size_t i = 0; i < PROGRAM_SECTIONS; i++) {
		if (b->section[i].failed)
			return NULL;
		at[i] = (uint32_t)size;
		size += b->section[i].len;
	}
	p = calloc(1, size);
	if (!p)
		return NULL;
	p->mixed = mixed;
	p->size = (uint32_t)size;
	p->n_ops = weir__build_n(b, PROGRAM_OPS);
	p->zero_type = (uint8_t)zero_type;
	p->n_paths = (uint8_t)b->n_paths;
	memcpy(p->at, at, sizeof(at));
	for (size_t i = 0; i < PROGRAM_SECTIONS; i++)
		if (b->section[i].len)
			memcpy((char *)p + at[i], b->section[i].p, b->section[i].len);
	return p;
}

unsigned weir__build_n(const struct build *b, enum program_section s)
{
	return (unsigned)(b->section[s].len / build_sizes[s]);
}

unsigned weir__build_op(struct build *b, enum program_code code, unsigned arity, unsigned slot, unsigned operand)
{
	struct program_op op = {(uint8_t)code, (uint8_t)arity, (uint16_t)slot, operand};

	weir_buf_append(&b->section[PROGRAM_OPS], &op, sizeof(op));
	return weir__build_n(b, PROGRAM_OPS) - 1;
}

void weir__build_jump_here(struct build *b, unsigned op)
{
	struct weir_buf *ops = &b->section[PROGRAM_OPS];

	if (!ops->failed)
		((struct program_op *)(void *)ops->p)[op].operand = weir__build_n(b, PROGRAM_OPS);
}

void weir__build_truncate(struct build *b, enum program_section s, unsigned n)
{
	if (!b->section[s].failed)
		b->section[s].len = (size_t)n * build_sizes[s];
}

struct program_text weir__build_text(struct build *b, struct weir_str s)
{
	struct program_text t = {(uint32_t)b->section[PROGRAM_BYTES].len, (uint32_t)s.n};

	weir_buf_str(&b->section[PROGRAM_BYTES], s);
	return b->section[PROGRAM_BYTES].failed ? (struct program_text){0} : t;
}

struct weir_str weir__build_str(const struct build *b, struct program_text t)
{
	return t.n ? weir_str_n(b->section[PROGRAM_BYTES].p + t.at, t.n) : weir_str_n("", 0);
}

struct program_const weir__build_const_of(const struct weir_value *v, struct program_text text)
{
	struct program_const c;

	memset(&c, 0, sizeof(c)); /* programs are compared as bytes */
	c.type = (uint8_t)v->type;
	switch (v->type) {
	case WEIR_VALUE_STRING:
		c.text = text;
		break;
	case WEIR_VALUE_INTEGER:
		c.magnitude = v->integer;
		break;
	case WEIR_VALUE_BOOLEAN:
		c.boolean = v->boolean;
		break;
	default:
		c.digits = v->number.digits;
		c.magnitude = v->number.magnitude;
		c.negative = v->number.negative;
		break;
	}
	return c;
}

unsigned weir__build_const(struct build *b, const struct program_const *c)
{
	const struct program_const *all = (const void *)b->section[PROGRAM_CONSTS].p;
	unsigned n = weir__build_n(b, PROGRAM_CONSTS);

	for (unsigned i = 0; i < n; i++)
		if (memcmp(&all[i], c, sizeof(*c)) == 0)
			return i;
	weir_buf_append(&b->section[PROGRAM_CONSTS], c, sizeof(*c));
	return n;
}

unsigned weir__build_name(struct build *b, enum weir_name_kind kind, struct weir_str name, bool *too_many)
{
	const struct program_name *all = (const void *)b->section[PROGRAM_NAMES].p;
	struct program_name new = {.kind = (uint8_t)kind};
	struct program_text text;
	unsigned n = weir__build_n(b, PROGRAM_NAMES);

	for (unsigned i = 0; i < n; i++)
		if (all[i].kind == kind &&
			weir_str_eq(name, weir__build_str(b, (struct program_text){all[i].at, all[i].n})))
			return i;
	text = weir__build_text(b, name);
	new.at = text.at;
	new.n = (uint16_t)text.n;
	if (kind == WEIR_NAME_DATA) {
		*too_many = b->n_paths == PROGRAM_PATHS;
		new.path = (uint8_t)b->n_paths++;
	}
	weir_buf_append(&b->section[PROGRAM_NAMES], &new, sizeof(new));
	return n;
}
