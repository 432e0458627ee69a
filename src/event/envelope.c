/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes with msgpack-c. Each value has one notation, the shortest, so what is decoded is exactly what encode makes:
 * anything else is refused. Texts that are absent are nil. Decoded strings point into the input. Pure, any thread.
 */
#include "weir/event/envelope.h"

#include <errno.h>
#include <msgpack.h>
#include <stdlib.h>

#include "weir/event/msgpack_scan.h"

#define ENVELOPE_FIELDS 9
#define INFO_FIELDS     4
#define ZONE_BYTES      512 /* an envelope without tags fits */

static const struct weir_msgpack_limits envelope_limits = {4, WEIR_MSGPACK_ELEMENTS, true};

static int write_bytes(void *ctx, const char *p, size_t n)
{
	struct weir_buf *b = ctx;

	weir_buf_append(b, p, n);
	return b->failed ? -1 : 0;
}

/* Failures are in the buffer, which is asked at the end; so the packer's own answers are not looked at. */
static void pack_str(msgpack_packer *pk, struct weir_str s)
{
	if (!s.p) {
		msgpack_pack_nil(pk);
		return;
	}
	msgpack_pack_str(pk, s.n);
	msgpack_pack_str_body(pk, s.p, s.n);
}

static void pack_text(msgpack_packer *pk, struct weir_str s)
{
	pack_str(pk, s.p ? s : WEIR_STR(""));
}

static void pack_data(msgpack_packer *pk, struct weir_str s)
{
	if (!s.p) {
		msgpack_pack_nil(pk);
		return;
	}
	msgpack_pack_bin(pk, s.n);
	msgpack_pack_bin_body(pk, s.p, s.n);
}

static void pack_bool(msgpack_packer *pk, bool v)
{
	if (v)
		msgpack_pack_true(pk);
	else
		msgpack_pack_false(pk);
}

static void pack_info(msgpack_packer *pk, const struct weir_client_info *info)
{
	msgpack_pack_array(pk, INFO_FIELDS);
	pack_str(pk, info->user);
	pack_str(pk, info->client);
	pack_str(pk, info->conn_info);
	pack_str(pk, info->chan_info);
}

static void pack_tags(msgpack_packer *pk, const struct weir_event *e)
{
	if (e->n_tags == 0) {
		msgpack_pack_nil(pk);
		return;
	}
	msgpack_pack_map(pk, e->n_tags);
	for (unsigned i = 0; i < e->n_tags; i++) {
		pack_text(pk, e->tags[i].key);
		pack_text(pk, e->tags[i].value);
	}
}

/* msgpack-c gives no pointer to nothing; to weir that would mean absent. */
static struct weir_str present(const char *p, uint32_t n)
{
	return n ? weir_str_n(p, n) : WEIR_STR("");
}

static bool get_str(const msgpack_object *o, struct weir_str *out)
{
	*out = WEIR_STR_NONE;
	if (o->type == MSGPACK_OBJECT_NIL)
		return true;
	if (o->type != MSGPACK_OBJECT_STR)
		return false;
	*out = present(o->via.str.ptr, o->via.str.size);
	return true;
}

static bool get_text(const msgpack_object *o, struct weir_str *out)
{
	return o->type == MSGPACK_OBJECT_STR && get_str(o, out);
}

static bool get_data(const msgpack_object *o, struct weir_str *out)
{
	*out = WEIR_STR_NONE;
	if (o->type == MSGPACK_OBJECT_NIL)
		return true;
	if (o->type != MSGPACK_OBJECT_BIN)
		return false;
	*out = present(o->via.bin.ptr, o->via.bin.size);
	return true;
}

static bool get_type(const msgpack_object *o, enum weir_event_type *out)
{
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > WEIR_EVENT_LEAVE)
		return false;
	*out = (enum weir_event_type)o->via.u64;
	return true;
}

static bool get_time(const msgpack_object *o, int64_t *out)
{
	if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		*out = o->via.i64;
	else if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 <= INT64_MAX)
		*out = (int64_t)o->via.u64;
	else
		return false;
	return true;
}

static bool get_bool(const msgpack_object *o, bool *out)
{
	*out = o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean;
	return o->type == MSGPACK_OBJECT_BOOLEAN;
}

static bool get_info(const msgpack_object *o, struct weir_client_info *out)
{
	const msgpack_object *at;

	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != INFO_FIELDS)
		return false;
	at = o->via.array.ptr;
	return get_str(&at[0], &out->user) && get_str(&at[1], &out->client) && get_str(&at[2], &out->conn_info) &&
	       get_str(&at[3], &out->chan_info);
}

/* A whole envelope but for its tags. `info` is where the publisher goes, if there is one. */
static bool get_event(const msgpack_object *o, struct weir_event_spec *spec, struct weir_client_info *info)
{
	const msgpack_object *at;

	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != ENVELOPE_FIELDS)
		return false;
	at = o->via.array.ptr;
	if (at[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER || at[0].via.u64 != WEIR_ENVELOPE_VERSION)
		return false;
	if (at[6].type != MSGPACK_OBJECT_NIL) {
		if (!get_info(&at[6], info))
			return false;
		spec->info = info;
	}
	return get_type(&at[1], &spec->type) && get_text(&at[2], &spec->channel) && get_data(&at[3], &spec->data) &&
	       get_time(&at[4], &spec->time_ms) && get_str(&at[5], &spec->id) && get_bool(&at[8], &spec->delta);
}

static bool get_tags(const msgpack_object_map *map, struct weir_tag *tags)
{
	for (uint32_t i = 0; i < map->size; i++)
		if (!get_text(&map->ptr[i].key, &tags[i].key) || !get_text(&map->ptr[i].val, &tags[i].value))
			return false;
	return true;
}

static int event_make(const msgpack_object *o, struct weir_event **e)
{
	struct weir_event_spec spec = {0};
	struct weir_client_info info;
	struct weir_tag *tags = NULL;
	const msgpack_object *t;
	int err = 0;

	if (!get_event(o, &spec, &info))
		return WEIR_EPARSE;
	t = &o->via.array.ptr[7];
	if (t->type != MSGPACK_OBJECT_NIL) {
		if (t->type != MSGPACK_OBJECT_MAP || t->via.map.size == 0 || t->via.map.size > WEIR_ENVELOPE_TAGS_MAX)
			return WEIR_EPARSE;
		tags = malloc(t->via.map.size * sizeof(*tags));
		if (!tags)
			return -ENOMEM;
		if (!get_tags(&t->via.map, tags))
			err = WEIR_EPARSE;
		spec.tags = tags;
		spec.n_tags = t->via.map.size;
	}
	if (!err) {
		*e = weir_event_new(&spec);
		err = *e ? 0 : -ENOMEM;
	}
	free(tags);
	return err;
}

/* Objects live in the zone. */
static int unpack(struct weir_str bytes, msgpack_zone *zone, msgpack_object *o)
{
	size_t used = 0, off = 0;
	int err = weir_msgpack_scan(bytes, &envelope_limits, &used);

	if (err || used != bytes.n)
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

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_envelope_encode(struct weir_buf *b, const struct weir_event *e)
{
	msgpack_packer pk;

	if (e->n_tags > WEIR_ENVELOPE_TAGS_MAX) {
		b->failed = true;
		return;
	}
	msgpack_packer_init(&pk, b, write_bytes);
	msgpack_pack_array(&pk, ENVELOPE_FIELDS);
	msgpack_pack_int(&pk, WEIR_ENVELOPE_VERSION);
	msgpack_pack_int(&pk, e->type);
	pack_text(&pk, e->channel);
	pack_data(&pk, e->data);
	msgpack_pack_int64(&pk, e->time_ms);
	pack_str(&pk, e->id);
	if (e->has_info)
		pack_info(&pk, &e->info);
	else
		msgpack_pack_nil(&pk);
	pack_tags(&pk, e);
	pack_bool(&pk, e->delta);
}

int weir_envelope_decode(struct weir_str bytes, struct weir_event **e)
{
	msgpack_zone zone;
	msgpack_object o;
	int err;

	*e = NULL;
	if (!msgpack_zone_init(&zone, ZONE_BYTES))
		return -ENOMEM;
	err = unpack(bytes, &zone, &o);
	if (!err)
		err = event_make(&o, e);
	msgpack_zone_destroy(&zone);
	return err;
}

void weir_envelope_encode_info(struct weir_buf *b, const struct weir_client_info *info)
{
	msgpack_packer pk;

	msgpack_packer_init(&pk, b, write_bytes);
	pack_info(&pk, info);
}

int weir_envelope_decode_info(struct weir_str bytes, struct weir_client_info *info)
{
	msgpack_zone zone;
	msgpack_object o;
	int err;

	*info = (struct weir_client_info){0};
	if (!msgpack_zone_init(&zone, ZONE_BYTES))
		return -ENOMEM;
	err = unpack(bytes, &zone, &o);
	if (!err && !get_info(&o, info))
		err = WEIR_EPARSE;
	msgpack_zone_destroy(&zone);
	return err;
}
