/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes with msgpack-c. Each value has one notation, the shortest, so what is decoded is exactly what encode makes:
 * anything else is refused. Texts that are absent are nil. Decoded strings point into the input. Pure, any thread.
 */
#include "weir/event/envelope.h"

#include <errno.h>
#include <stdlib.h>

#include "weir/event/msgpack.h"

#define ENVELOPE_FIELDS 9 /* of version 1; version 2 has one more */
#define INFO_FIELDS     4
#define ZONE_BYTES      512 /* an envelope without tags fits */

static const struct weir_msgpack_limits envelope_limits = {
	.depth = 4, .elements = WEIR_MSGPACK_ELEMENTS, .shortest = true};

static void pack_info(msgpack_packer *pk, const struct weir_client_info *info)
{
	msgpack_pack_array(pk, INFO_FIELDS);
	weir_msgpack_pack_str(pk, info->user);
	weir_msgpack_pack_str(pk, info->client);
	weir_msgpack_pack_str(pk, info->conn_info);
	weir_msgpack_pack_str(pk, info->chan_info);
}

static void pack_tags(msgpack_packer *pk, const struct weir_event *e)
{
	if (e->n_tags == 0) {
		msgpack_pack_nil(pk);
		return;
	}
	msgpack_pack_map(pk, e->n_tags);
	for (unsigned i = 0; i < e->n_tags; i++) {
		weir_msgpack_pack_text(pk, e->tags[i].key);
		weir_msgpack_pack_text(pk, e->tags[i].value);
	}
}

static bool get_type(const msgpack_object *o, enum weir_event_type *out)
{
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > WEIR_EVENT_LEAVE)
		return false;
	*out = (enum weir_event_type)o->via.u64;
	return true;
}

static bool get_info(const msgpack_object *o, struct weir_client_info *out)
{
	const msgpack_object *at = weir_msgpack_get_array(o, INFO_FIELDS);

	return at && weir_msgpack_get_str(&at[0], &out->user) && weir_msgpack_get_str(&at[1], &out->client) &&
	       weir_msgpack_get_str(&at[2], &out->conn_info) && weir_msgpack_get_str(&at[3], &out->chan_info);
}

/*
 * What both versions begin with; NULL: no envelope. A payload of JSON has no format in it, so that each event has one envelope and
 * brokers that know version 1 only go on understanding what they can pass on.
 */
static const msgpack_object *get_fields(const msgpack_object *o, struct weir_event_spec *spec)
{
	const msgpack_object *at = weir_msgpack_get_array(o, ENVELOPE_FIELDS);
	uint64_t version, format;

	if (at)
		return weir_msgpack_get_u64(&at[0], &version) && version == WEIR_ENVELOPE_VERSION ? at : NULL;
	at = weir_msgpack_get_array(o, ENVELOPE_FIELDS + 1);
	if (!at || !weir_msgpack_get_u64(&at[0], &version) || version != WEIR_ENVELOPE_VERSION_FORMAT ||
		!weir_msgpack_get_u64(&at[ENVELOPE_FIELDS], &format) ||
		(format != WEIR_PAYLOAD_MSGPACK && format != WEIR_PAYLOAD_BINARY))
		return NULL;
	spec->format = (enum weir_payload_format)format;
	return at;
}

/* A whole envelope but for its tags. `info` is where the publisher goes, if there is one. */
static bool get_event(const msgpack_object *o, struct weir_event_spec *spec, struct weir_client_info *info)
{
	const msgpack_object *at = get_fields(o, spec);

	if (!at)
		return false;
	if (at[6].type != MSGPACK_OBJECT_NIL) {
		if (!get_info(&at[6], info))
			return false;
		spec->info = info;
	}
	return get_type(&at[1], &spec->type) && weir_msgpack_get_text(&at[2], &spec->channel) &&
	       weir_msgpack_get_bin(&at[3], &spec->data) && weir_msgpack_get_i64(&at[4], &spec->time_ms) &&
	       weir_msgpack_get_str(&at[5], &spec->id) && weir_msgpack_get_bool(&at[8], &spec->delta);
}

static bool get_tags(const msgpack_object_map *map, struct weir_tag *tags)
{
	for (uint32_t i = 0; i < map->size; i++)
		if (!weir_msgpack_get_text(&map->ptr[i].key, &tags[i].key) ||
			!weir_msgpack_get_text(&map->ptr[i].val, &tags[i].value))
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

static int unpack(struct weir_str bytes, msgpack_zone *zone, msgpack_object *o)
{
	int err = weir_msgpack_unpack(bytes, &envelope_limits, zone, o);

	return err == 0 || err == -ENOMEM ? err : WEIR_EPARSE;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_envelope_encode(struct weir_buf *b, const struct weir_event *e)
{
	bool json = e->format == WEIR_PAYLOAD_JSON;
	msgpack_packer pk;

	if (e->n_tags > WEIR_ENVELOPE_TAGS_MAX) {
		b->failed = true;
		return;
	}
	weir_msgpack_writer(&pk, b);
	msgpack_pack_array(&pk, json ? ENVELOPE_FIELDS : ENVELOPE_FIELDS + 1);
	msgpack_pack_int(&pk, json ? WEIR_ENVELOPE_VERSION : WEIR_ENVELOPE_VERSION_FORMAT);
	msgpack_pack_int(&pk, e->type);
	weir_msgpack_pack_text(&pk, e->channel);
	weir_msgpack_pack_bin(&pk, e->data);
	msgpack_pack_int64(&pk, e->time_ms);
	weir_msgpack_pack_str(&pk, e->id);
	if (e->has_info)
		pack_info(&pk, &e->info);
	else
		msgpack_pack_nil(&pk);
	pack_tags(&pk, e);
	weir_msgpack_pack_bool(&pk, e->delta);
	if (!json)
		msgpack_pack_int(&pk, e->format);
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

	weir_msgpack_writer(&pk, b);
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
