/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads MessagePack value by value, without a tree: raw fields travel as the exact bytes of one value, which msgpack-c's
 * unpacker does not tell. Untrusted input; nothing is read outside of it, nothing is allocated. Pure, any thread.
 */
#ifndef WEIR_EVENT_MSGPACK_READ_H
#define WEIR_EVENT_MSGPACK_READ_H

#include "weir/base/str.h"

enum weir_msgpack_kind {
	WEIR_MSGPACK_NIL,
	WEIR_MSGPACK_BOOL,
	WEIR_MSGPACK_UINT,
	WEIR_MSGPACK_INT, /* below zero */
	WEIR_MSGPACK_FLOAT,
	WEIR_MSGPACK_STR,
	WEIR_MSGPACK_BIN,
	WEIR_MSGPACK_EXT,
	WEIR_MSGPACK_ARRAY,
	WEIR_MSGPACK_MAP,
};

struct weir_msgpack_reader {
	const char *p, *end;
};

/* A scalar, or the beginning of an array or map: its elements follow as tokens of their own. */
struct weir_msgpack_token {
	enum weir_msgpack_kind kind;
	bool shortest; /* there is no shorter notation of it; always true of what has only one */
	union {
		bool boolean;
		uint64_t u;
		int64_t i;
		double f;              /* a float 32 is widened */
		struct weir_str bytes; /* content of str, bin, ext; never absent */
		uint32_t count;        /* elements of an array, pairs of a map */
	};
};

struct weir_msgpack_reader weir_msgpack_reader(struct weir_str bytes);
/* False: the end, or no MessagePack; the reader stays where it was. */
bool weir_msgpack_next(struct weir_msgpack_reader *r, struct weir_msgpack_token *t);
/*
 * Passes one value with all in it, however deep; `value` (may be NULL) becomes its bytes. In time linear in its length. False: it
 * is not whole.
 */
bool weir_msgpack_skip(struct weir_msgpack_reader *r, struct weir_str *value);

#endif
