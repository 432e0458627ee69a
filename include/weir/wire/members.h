/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the known members of a JSON object into a struct, by a table (protocol.md §2.3): unknown ones are skipped, null
 * counts as absent, a known member twice or of the wrong type is refused. The object has passed weir_json_check(). Raw
 * members and plain strings become spans of it; strings with escapes are decoded into the caller's scratch buffer. Pure
 * functions, any thread.
 */
#ifndef WEIR_WIRE_MEMBERS_H
#define WEIR_WIRE_MEMBERS_H

#include "weir/event/json.h"

enum weir_member_type {
	WEIR_MEMBER_STRING,
	WEIR_MEMBER_BOOL,
	WEIR_MEMBER_U32,
	WEIR_MEMBER_U64,
	WEIR_MEMBER_I64,
	WEIR_MEMBER_RAW,    /* any value, kept as a span */
	WEIR_MEMBER_OBJECT, /* kept as a span */
	WEIR_MEMBER_ARRAY,  /* kept as a span */
};

struct weir_member {
	const char *name;
	enum weir_member_type type;
	size_t offset; /* of the field in the struct that is filled in */
};

/* clang-format off */
#define WEIR_MEMBER(s, field, member_type) {#field, WEIR_MEMBER_##member_type, offsetof(struct s, field)}
/* clang-format on */

/*
 * Tables have at most 32 rows. The scratch buffer needs room for the decoded strings beforehand (they are never longer
 * than the object), so that spans stay valid; NULL if the table has no strings. `wrong` (may be NULL) gets the row that
 * was refused. 0, WEIR_EPARSE (type), WEIR_EINVALID (twice).
 */
int weir_members_read(struct weir_str object, const struct weir_member *table, size_t n, struct weir_buf *scratch,
	void *to, const struct weir_member **wrong) WEIR_MUSTCHECK;
/* The row of this name, which comes with its quotes; NULL: none. */
const struct weir_member *weir_members_find(const struct weir_member *table, size_t n, struct weir_str name);
/* One value, to where it points. 0 or WEIR_EPARSE. */
int weir_member_read(enum weir_member_type type, struct weir_json v, struct weir_buf *scratch, void *to) WEIR_MUSTCHECK;
/* What is expected, for people: "a string". */
const char *weir_member_type_text(enum weir_member_type type);

#endif
