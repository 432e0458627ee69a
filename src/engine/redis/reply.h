/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reply of Redis, read (RESP2) with hiredis' reader into one flat array in preorder: no tree, and each byte is copied
 * once. Valid during the callback that gets it.
 */
#ifndef WEIR_REDIS_REPLY_H
#define WEIR_REDIS_REPLY_H

#include "weir/base/str.h"

enum weir_reply_type {
	WEIR_REPLY_STRING,
	WEIR_REPLY_STATUS,
	WEIR_REPLY_ERROR,
	WEIR_REPLY_INTEGER,
	WEIR_REPLY_NIL, /* also the null array */
	WEIR_REPLY_ARRAY,
};

struct weir_reply {
	enum weir_reply_type type;
	uint32_t count;      /* of an array: its elements; else 0 */
	uint32_t span;       /* values in the flat array that belong to this one, itself included */
	int64_t integer;     /* INTEGER */
	struct weir_str str; /* STRING, STATUS, ERROR: the bytes, ended by a NUL that does not count */
};

/* The elements of an array: first one, and the one behind (count says how many there are). */
static inline const struct weir_reply *weir_reply_first(const struct weir_reply *array)
{
	return array + 1;
}

static inline const struct weir_reply *weir_reply_next(const struct weir_reply *r)
{
	return r + r->span;
}

static inline bool weir_reply_is_error(const struct weir_reply *r, const char *prefix) /* "NOSCRIPT", … */
{
	return r->type == WEIR_REPLY_ERROR && weir_str_starts(r->str, weir_str(prefix));
}

#endif
