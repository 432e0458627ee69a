/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks over MessagePack before it is unpacked, so that the unpacker never reserves memory for what is not there: five
 * bytes can declare four thousand million elements (msgpack/msgpack-c#1013). Untrusted input. Pure, any thread.
 */
#ifndef WEIR_EVENT_MSGPACK_SCAN_H
#define WEIR_EVENT_MSGPACK_SCAN_H

#include "weir/base/str.h"

#define WEIR_MSGPACK_DEPTH    32
#define WEIR_MSGPACK_ELEMENTS 4096

struct weir_msgpack_limits {
	unsigned depth;    /* arrays and maps inside each other; ≤ WEIR_MSGPACK_DEPTH */
	uint32_t elements; /* values in all, keys of maps and the arrays and maps themselves included */
	bool shortest;     /* takes only the shortest notation of each value, so that a value has one notation */
	bool ext;          /* takes extension types */
	/*
	 * May be NULL: does a map's key, in a map that is `level` maps and arrays deep (the outermost is 1), name a raw
	 * field? All in that value counts as one element.
	 */
	bool (*raw)(struct weir_str key, unsigned level);
};

/*
 * Looks at the first value of `bytes`; *used becomes its length. WEIR_EPARSE: it is not whole, or is none; WEIR_EDEPTH;
 * WEIR_ELIMIT: too many elements.
 */
int weir_msgpack_scan(struct weir_str bytes, const struct weir_msgpack_limits *limits, size_t *used) WEIR_MUSTCHECK;
/* The same of several values one after the other, with one limit of elements for all of them; at least one. */
int weir_msgpack_scan_all(struct weir_str bytes, const struct weir_msgpack_limits *limits) WEIR_MUSTCHECK;

#endif
