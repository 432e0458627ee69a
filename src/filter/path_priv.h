/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into a payload, `data.items[0].sku` (filters.md §1.2). Compiled, a path is its steps one after the other: a
 * byte that tells the kind, then for a member its length in a byte and its name, for an element its index in two bytes,
 * the high one first. `.x` and `['x']` are the same bytes; the root alone is no bytes. Pure, any thread.
 */
#ifndef WEIR_FILTER_PATH_PRIV_H
#define WEIR_FILTER_PATH_PRIV_H

#include "weir/base/buf.h"

#define PATH_STEPS        8
#define PATH_MEMBER_BYTES 255
#define PATH_INDEX_MAX    65535
#define PATH_BYTES        16384 /* that compiling a path from any text may take, refusals included */

enum path_kind { PATH_MEMBER = 1, PATH_ELEMENT = 2 };

struct path_step {
	enum path_kind kind;
	unsigned index;      /* of an element */
	struct weir_str raw; /* of a member: its name, or a string literal with its quotes */
};

/*
 * Cuts one step, which begins with '.' or '[', off *rest. WEIR_EINVALID: it is none; WEIR_EPARSE: its string literal
 * does not end or is not UTF-8, *rest then begins with the literal.
 */
int weir__path_step(struct weir_str *rest, struct path_step *out);
bool weir__path_is_member_char(char c);

/* Appends the compiled form. False: the name is too long. */
bool weir__path_append(struct weir_buf *out, const struct path_step *step);
/* All steps of a text such as ".items[0]". WEIR_EINVALID: not a path, or too many steps. */
int weir__path_compile(struct weir_str steps, struct weir_buf *out);
/* Does a key (of a tree, of conflation) begin with `data.` or `data[`? Its steps are what follows `data`. */
bool weir__path_of_data(struct weir_str key, struct weir_str *steps);
/* Cuts one step in its compiled form off *path. */
struct weir_str weir__path_next(struct weir_str *path);

/* Cuts a string literal, with its quotes, off *rest. WEIR_EPARSE: no end; WEIR_EUTF8: *rest begins with the problem. */
int weir__literal_cut(struct weir_str *rest, struct weir_str *out);
/* Appends what it means (§2.1). */
void weir__literal_decode(struct weir_buf *out, struct weir_str literal);

#endif
