/* SPDX-License-Identifier: Apache-2.0 */
/* Values of msgpack-c as weir's, and back. The packer's own answers are not looked at: failures are in the buffer. */
#include "weir/event/msgpack.h"

#include <errno.h>

static int write_bytes(void *ctx, const char *p, size_t n)
{
	struct weir_buf *b = ctx;

	weir_buf_append(b, p, n);
	return b->failed ? -1 : 0;
}

/* msgpack-c gives no pointer to nothing; to weir that would mean absent. */
static struct weir_str present(const char *p, uint32_t n)
{
	return n ? weir_str_n(p, n) : WEIR_STR("");
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_msgpack_writer(msgpack_packer *pk, struct weir_buf *b)
{
	msgpack_packer_init(pk, b, write_bytes);
}

void weir_msgpack_pack_str(msgpack_packer *pk, struct weir_str s)
{
	if (!s.p) {
		msgpack_pack_nil(pk);
		return;
	}
	msgpack_pack_str(pk, s.n);
	msgpack_pack_str_body(pk, s.p, s.n);
}

void weir_msgpack_pack_text(msgpack_packer *pk, struct weir_str s)
{
	weir_msgpack_pack_str(pk, s.p ? s : WEIR_STR(""));
}

void weir_msgpack_pack_bin(msgpack_packer *pk, struct weir_str s)
{
	if (!s.p) {
		msgpack_pack_nil(pk);
		return;
	}
	msgpack_pack_bin(pk, s.n);
	msgpack_pack_bin_body(pk, s.p, s.n);
}

void weir_msgpack_pack_bool(msgpack_packer *pk, bool v)
{
	if (v)
		msgpack_pack_true(pk);
	else
		msgpack_pack_false(pk);
}

int weir_msgpack_unpack(
	struct weir_str bytes, const struct weir_msgpack_limits *limits, msgpack_zone *zone, msgpack_object *o)
{
	size_t used = 0, off = 0;
	int err = weir_msgpack_scan(bytes, limits, &used);

	if (err)
		return err;
	if (used != bytes.n)
		return WEIR_EPARSE;
	switch (msgpack_unpack(bytes.p, bytes.n, &off, zone, o)) {
	case MSGPACK_UNPACK_SUCCESS:
		return 0;
	case MSGPACK_UNPACK_NOMEM_ERROR:
		return -ENOMEM;
	default:
		return WEIR_EPARSE;
	}
}

bool weir_msgpack_get_str(const msgpack_object *o, struct weir_str *out)
{
	if (o->type != MSGPACK_OBJECT_NIL)
		return weir_msgpack_get_text(o, out);
	*out = WEIR_STR_NONE;
	return true;
}

bool weir_msgpack_get_text(const msgpack_object *o, struct weir_str *out)
{
	if (o->type != MSGPACK_OBJECT_STR)
		return false;
	*out = present(o->via.str.ptr, o->via.str.size);
	return true;
}

bool weir_msgpack_get_bin(const msgpack_object *o, struct weir_str *out)
{
	*out = WEIR_STR_NONE;
	if (o->type == MSGPACK_OBJECT_BIN)
		*out = present(o->via.bin.ptr, o->via.bin.size);
	return o->type == MSGPACK_OBJECT_BIN || o->type == MSGPACK_OBJECT_NIL;
}

bool weir_msgpack_get_bool(const msgpack_object *o, bool *out)
{
	if (o->type != MSGPACK_OBJECT_BOOLEAN)
		return false;
	*out = o->via.boolean;
	return true;
}

bool weir_msgpack_get_u64(const msgpack_object *o, uint64_t *out)
{
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return false;
	*out = o->via.u64;
	return true;
}

bool weir_msgpack_get_i64(const msgpack_object *o, int64_t *out)
{
	if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		*out = o->via.i64;
	else if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 <= INT64_MAX)
		*out = (int64_t)o->via.u64;
	else
		return false;
	return true;
}

const msgpack_object *weir_msgpack_get_array(const msgpack_object *o, uint32_t n)
{
	return o->type == MSGPACK_OBJECT_ARRAY && o->via.array.size == n ? o->via.array.ptr : NULL;
}
