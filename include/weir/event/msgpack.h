/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between msgpack-c and weir's own types: a packer that writes into a buffer, and values as slices. A text that is absent
 * is nil, and decoded texts point into the input. Whether packing went well is asked of the buffer, at the end. Pure,
 * any thread.
 */
#ifndef WEIR_EVENT_MSGPACK_H
#define WEIR_EVENT_MSGPACK_H

#include <msgpack.h>

#include "weir/base/buf.h"
#include "weir/event/msgpack_scan.h"

void weir_msgpack_writer(msgpack_packer *pk, struct weir_buf *b);
void weir_msgpack_pack_str(msgpack_packer *pk, struct weir_str s);  /* absent: nil */
void weir_msgpack_pack_text(msgpack_packer *pk, struct weir_str s); /* absent: "" */
void weir_msgpack_pack_bin(msgpack_packer *pk, struct weir_str s);  /* absent: nil */
void weir_msgpack_pack_bool(msgpack_packer *pk, bool v);

/*
 * The one value that `bytes` are, looked over first. It lives in the zone and points into `bytes`. WEIR_EPARSE, WEIR_EDEPTH,
 * WEIR_ELIMIT, -ENOMEM.
 */
int weir_msgpack_unpack(struct weir_str bytes, const struct weir_msgpack_limits *limits, msgpack_zone *zone,
	msgpack_object *o) WEIR_MUSTCHECK;

/* False: it is of another type, and *out is not set. */
bool weir_msgpack_get_str(const msgpack_object *o, struct weir_str *out);  /* nil: absent */
bool weir_msgpack_get_text(const msgpack_object *o, struct weir_str *out); /* not nil */
bool weir_msgpack_get_bin(const msgpack_object *o, struct weir_str *out);  /* nil: absent */
bool weir_msgpack_get_bool(const msgpack_object *o, bool *out);
bool weir_msgpack_get_u64(const msgpack_object *o, uint64_t *out);
bool weir_msgpack_get_i64(const msgpack_object *o, int64_t *out);
/* The elements of an array of exactly n; NULL: it is none. */
const msgpack_object *weir_msgpack_get_array(const msgpack_object *o, uint32_t n);

#endif
