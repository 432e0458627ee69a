/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control messages: [op, user, client, session, channel, whitelist|nil, code, reason, info, data, override, recover, epoch,
 * offset, expire_at|nil, expired]. Texts that are absent are nil. Pure, any thread.
 */
#include "control_codec.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define CONTROL_FIELDS 16

static void pack_whitelist(msgpack_packer *pk, const struct weir_control *c)
{
	if (c->n_whitelist == 0) {
		msgpack_pack_nil(pk);
		return;
	}
	msgpack_pack_array(pk, c->n_whitelist);
	for (size_t i = 0; i < c->n_whitelist; i++)
		weir_msgpack_pack_text(pk, c->whitelist[i]);
}

/* *list is malloc'd, NULL for none. */
static int get_whitelist(const msgpack_object *o, struct weir_str **list, size_t *n)
{
	*list = NULL;
	*n = 0;
	if (o->type == MSGPACK_OBJECT_NIL)
		return 0;
	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size == 0 || o->via.array.size > WEIR_CONTROL_WHITELIST_MAX)
		return WEIR_EPARSE;
	*n = o->via.array.size;
	*list = malloc(*n * sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (size_t i = 0; i < *n; i++)
		if (!weir_msgpack_get_text(&o->via.array.ptr[i], &(*list)[i]))
			return WEIR_EPARSE; /* the caller frees the list */
	return 0;
}

static bool get_op(const msgpack_object *o, enum weir_control_op *op)
{
	uint64_t v;

	if (!weir_msgpack_get_u64(o, &v) || v > WEIR_CONTROL_INPUT)
		return false;
	*op = (enum weir_control_op)v;
	return true;
}

static bool get_code(const msgpack_object *o, unsigned *code)
{
	uint64_t v;

	if (!weir_msgpack_get_u64(o, &v) || v > UINT_MAX)
		return false;
	*code = (unsigned)v;
	return true;
}

static bool get_expiry(const msgpack_object *o, struct weir_control *c)
{
	c->has_expire_at = o->type != MSGPACK_OBJECT_NIL;
	return !c->has_expire_at || weir_msgpack_get_i64(o, &c->expire_at_s);
}

static bool get_fields(const msgpack_object *at, struct weir_control *c)
{
	return get_op(&at[0], &c->op) && weir_msgpack_get_str(&at[1], &c->user) &&
	       weir_msgpack_get_str(&at[2], &c->client) && weir_msgpack_get_str(&at[3], &c->session) &&
	       weir_msgpack_get_str(&at[4], &c->channel) && get_code(&at[6], &c->code) &&
	       weir_msgpack_get_str(&at[7], &c->reason) && weir_msgpack_get_str(&at[8], &c->info) &&
	       weir_msgpack_get_str(&at[9], &c->data) && weir_msgpack_get_str(&at[10], &c->override) &&
	       weir_msgpack_get_bool(&at[11], &c->recover) && weir_msgpack_get_str(&at[12], &c->since_epoch) &&
	       weir_msgpack_get_u64(&at[13], &c->since_offset) && get_expiry(&at[14], c) &&
	       weir_msgpack_get_bool(&at[15], &c->expired);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_control_pack(msgpack_packer *pk, struct weir_buf *b, const struct weir_control *c)
{
	if (c->n_whitelist > WEIR_CONTROL_WHITELIST_MAX) {
		b->failed = true;
		return;
	}
	msgpack_pack_array(pk, CONTROL_FIELDS);
	msgpack_pack_uint64(pk, c->op);
	weir_msgpack_pack_str(pk, c->user);
	weir_msgpack_pack_str(pk, c->client);
	weir_msgpack_pack_str(pk, c->session);
	weir_msgpack_pack_str(pk, c->channel);
	pack_whitelist(pk, c);
	msgpack_pack_uint64(pk, c->code);
	weir_msgpack_pack_str(pk, c->reason);
	weir_msgpack_pack_str(pk, c->info);
	weir_msgpack_pack_str(pk, c->data);
	weir_msgpack_pack_str(pk, c->override);
	weir_msgpack_pack_bool(pk, c->recover);
	weir_msgpack_pack_str(pk, c->since_epoch);
	msgpack_pack_uint64(pk, c->since_offset);
	if (c->has_expire_at)
		msgpack_pack_int64(pk, c->expire_at_s);
	else
		msgpack_pack_nil(pk);
	weir_msgpack_pack_bool(pk, c->expired);
}

int weir_control_unpack(const msgpack_object *o, const struct weir_namespaces *ns, struct weir_control **c)
{
	const msgpack_object *at = weir_msgpack_get_array(o, CONTROL_FIELDS);
	struct weir_control spec = {0};
	int err;

	*c = NULL;
	if (!at || !get_fields(at, &spec) || (spec.op == WEIR_CONTROL_SUBSCRIBE && !spec.channel.p) ||
		(spec.op == WEIR_CONTROL_INPUT && (!spec.session.p || !spec.data.p)))
		return WEIR_EPARSE;
	if (spec.channel.p)
		spec.ns = weir_namespaces_resolve(ns, spec.channel);
	if (spec.op == WEIR_CONTROL_SUBSCRIBE && !spec.ns)
		return WEIR_ENOTFOUND;
	err = get_whitelist(&at[5], &spec.whitelist, &spec.n_whitelist);
	if (!err) {
		*c = weir_control_new(&spec);
		err = *c ? 0 : -ENOMEM;
	}
	free(spec.whitelist);
	return err;
}
