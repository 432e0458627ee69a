/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cluster messages: [version, kind, from, to|nil, body]. Bodies: a control message;
 * ask [survey, topic, pattern|nil, page, after|nil, limit]; answer [survey, topic, failed, node|nil, [name, clients, …]|nil, more],
 * node [uid, name, version, uptime, clients, users, channels, subscriptions]. Each value has one notation, the shortest,
 * so what is decoded is exactly what encode makes. Pure, any thread.
 */
#include "cluster_message.h"

#include <errno.h>
#include <stdlib.h>

#include "control_codec.h"

#define MESSAGE_VERSION 1
#define MESSAGE_FIELDS  5
#define ASK_FIELDS      6
#define ANSWER_FIELDS   6
#define NODE_FIELDS     8
#define ZONE_BYTES      2048

static const struct weir_msgpack_limits limits = {
	.depth = 3, .elements = 2 * WEIR_CLUSTER_CHANNELS_MAX + 64, .shortest = true};

static void pack_ask(msgpack_packer *pk, const struct weir_cluster_ask *a)
{
	msgpack_pack_array(pk, ASK_FIELDS);
	msgpack_pack_uint64(pk, a->survey);
	msgpack_pack_uint64(pk, a->topic);
	weir_msgpack_pack_str(pk, a->pattern);
	weir_msgpack_pack_bool(pk, a->page);
	weir_msgpack_pack_str(pk, a->after);
	msgpack_pack_uint64(pk, a->limit);
}

static void pack_node(msgpack_packer *pk, const struct weir_node_info *n)
{
	msgpack_pack_array(pk, NODE_FIELDS);
	weir_msgpack_pack_text(pk, n->uid);
	weir_msgpack_pack_text(pk, n->name);
	weir_msgpack_pack_text(pk, n->version);
	msgpack_pack_uint64(pk, n->uptime_s);
	msgpack_pack_uint64(pk, n->clients);
	msgpack_pack_uint64(pk, n->users);
	msgpack_pack_uint64(pk, n->channels);
	msgpack_pack_uint64(pk, n->subscriptions);
}

/* Bytes of a text, a number and an array's beginning in their shortest notation. */
static size_t text_bytes(size_t n)
{
	return n + (n < 32 ? 1 : n < 256 ? 2 : n < 65536 ? 3 : 5);
}

static size_t number_bytes(uint64_t v)
{
	return v < 128 ? 1 : v < 256 ? 2 : v < 65536 ? 3 : v <= UINT32_MAX ? 5 : 9;
}

static size_t array_bytes(size_t n)
{
	return n < 16 ? 1 : n < 65536 ? 3 : 5;
}

/* How many channels fit into so many bytes. */
static size_t channels_that_fit(const struct weir_cluster_answer *a, size_t bytes)
{
	size_t sum = 0, n = 0;

	while (n < a->count && n < WEIR_CLUSTER_CHANNELS_MAX) {
		sum += text_bytes(a->channels[n].channel.n) + number_bytes(a->channels[n].clients);
		if (sum + array_bytes(2 * (n + 1)) > bytes)
			break;
		n++;
	}
	return n;
}

static void pack_answer(msgpack_packer *pk, struct weir_buf *b, size_t start, const struct weir_cluster_answer *a)
{
	size_t used, n;

	msgpack_pack_array(pk, ANSWER_FIELDS);
	msgpack_pack_uint64(pk, a->survey);
	msgpack_pack_uint64(pk, a->topic);
	weir_msgpack_pack_bool(pk, a->failed);
	if (a->topic == WEIR_CLUSTER_INFO) {
		pack_node(pk, &a->node);
		msgpack_pack_nil(pk);
		weir_msgpack_pack_bool(pk, false);
		return;
	}
	msgpack_pack_nil(pk);
	used = b->len - start + 1; /* `more` */
	n = used < WEIR_CLUSTER_BYTES_MAX ? channels_that_fit(a, WEIR_CLUSTER_BYTES_MAX - used) : 0;
	msgpack_pack_array(pk, 2 * n);
	for (size_t i = 0; i < n; i++) {
		weir_msgpack_pack_text(pk, a->channels[i].channel);
		msgpack_pack_uint64(pk, a->channels[i].clients);
	}
	weir_msgpack_pack_bool(pk, a->more || n < a->count);
}

static bool get_topic(const msgpack_object *o, enum weir_cluster_topic *topic)
{
	uint64_t v;

	if (!weir_msgpack_get_u64(o, &v) || v > WEIR_CLUSTER_CHANNELS)
		return false;
	*topic = (enum weir_cluster_topic)v;
	return true;
}

static bool get_ask(const msgpack_object *o, struct weir_cluster_ask *a)
{
	const msgpack_object *at = weir_msgpack_get_array(o, ASK_FIELDS);

	return at && weir_msgpack_get_u64(&at[0], &a->survey) && get_topic(&at[1], &a->topic) &&
	       weir_msgpack_get_str(&at[2], &a->pattern) && weir_msgpack_get_bool(&at[3], &a->page) &&
	       weir_msgpack_get_str(&at[4], &a->after) && weir_msgpack_get_u64(&at[5], &a->limit);
}

static bool get_node(const msgpack_object *o, struct weir_node_info *n)
{
	const msgpack_object *at = weir_msgpack_get_array(o, NODE_FIELDS);

	return at && weir_msgpack_get_text(&at[0], &n->uid) && weir_msgpack_get_text(&at[1], &n->name) &&
	       weir_msgpack_get_text(&at[2], &n->version) && weir_msgpack_get_u64(&at[3], &n->uptime_s) &&
	       weir_msgpack_get_u64(&at[4], &n->clients) && weir_msgpack_get_u64(&at[5], &n->users) &&
	       weir_msgpack_get_u64(&at[6], &n->channels) && weir_msgpack_get_u64(&at[7], &n->subscriptions);
}

static int get_channels(const msgpack_object *o, struct weir_cluster_answer *a)
{
	const msgpack_object *at;
	size_t n;

	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size % 2 != 0)
		return WEIR_EPARSE;
	at = o->via.array.ptr;
	n = o->via.array.size / 2;
	if (n > WEIR_CLUSTER_CHANNELS_MAX)
		return WEIR_EPARSE;
	a->channels = malloc(n ? n * sizeof(*a->channels) : 1);
	if (!a->channels)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!weir_msgpack_get_text(&at[2 * i], &a->channels[i].channel) ||
			!weir_msgpack_get_u64(&at[2 * i + 1], &a->channels[i].clients)) {
			free(a->channels);
			a->channels = NULL;
			return WEIR_EPARSE;
		}
	a->count = n;
	return 0;
}

static int get_answer(const msgpack_object *o, struct weir_cluster_answer *a)
{
	const msgpack_object *at = weir_msgpack_get_array(o, ANSWER_FIELDS);

	if (!at || !weir_msgpack_get_u64(&at[0], &a->survey) || !get_topic(&at[1], &a->topic) ||
		!weir_msgpack_get_bool(&at[2], &a->failed) || !weir_msgpack_get_bool(&at[5], &a->more))
		return WEIR_EPARSE;
	if (a->topic == WEIR_CLUSTER_INFO)
		return get_node(&at[3], &a->node) && at[4].type == MSGPACK_OBJECT_NIL && !a->more ? 0 : WEIR_EPARSE;
	return at[3].type == MSGPACK_OBJECT_NIL ? get_channels(&at[4], a) : WEIR_EPARSE;
}

static int get_body(const msgpack_object *o, const struct weir_namespaces *ns, struct weir_cluster_message *m)
{
	switch (m->kind) {
	case WEIR_CLUSTER_CONTROL:
		return weir_control_unpack(o, ns, &m->control);
	case WEIR_CLUSTER_ASK:
		return get_ask(o, &m->ask) ? 0 : WEIR_EPARSE;
	case WEIR_CLUSTER_ANSWER:
		return get_answer(o, &m->answer);
	case WEIR_CLUSTER_FORGET:
		return weir_msgpack_get_text(o, &m->channel) ? 0 : WEIR_EPARSE;
	}
	return WEIR_EPARSE;
}

static int get_message(const msgpack_object *o, const struct weir_namespaces *ns, struct weir_cluster_message *m)
{
	const msgpack_object *at = weir_msgpack_get_array(o, MESSAGE_FIELDS);
	uint64_t version, kind;

	if (!at || !weir_msgpack_get_u64(&at[0], &version) || version != MESSAGE_VERSION ||
		!weir_msgpack_get_u64(&at[1], &kind) || kind > WEIR_CLUSTER_FORGET ||
		!weir_msgpack_get_text(&at[2], &m->from) || !weir_msgpack_get_str(&at[3], &m->to))
		return WEIR_EPARSE;
	m->kind = (enum weir_cluster_kind)kind;
	return get_body(&at[4], ns, m);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_cluster_message_encode(struct weir_buf *b, const struct weir_cluster_message *m)
{
	size_t start = b->len;
	msgpack_packer pk;

	weir_msgpack_writer(&pk, b);
	msgpack_pack_array(&pk, MESSAGE_FIELDS);
	msgpack_pack_int(&pk, MESSAGE_VERSION);
	msgpack_pack_uint64(&pk, m->kind);
	weir_msgpack_pack_text(&pk, m->from);
	weir_msgpack_pack_str(&pk, m->to);
	switch (m->kind) {
	case WEIR_CLUSTER_CONTROL:
		weir_control_pack(&pk, b, m->control);
		break;
	case WEIR_CLUSTER_ASK:
		pack_ask(&pk, &m->ask);
		break;
	case WEIR_CLUSTER_ANSWER:
		pack_answer(&pk, b, start, &m->answer);
		break;
	case WEIR_CLUSTER_FORGET:
		weir_msgpack_pack_text(&pk, m->channel);
		break;
	}
	if (b->len - start > WEIR_CLUSTER_BYTES_MAX)
		b->failed = true;
}

int weir_cluster_message_decode(struct weir_str bytes, const struct weir_namespaces *ns, struct weir_cluster_message *m)
{
	msgpack_zone zone;
	msgpack_object o;
	int err;

	*m = (struct weir_cluster_message){0};
	if (bytes.n > WEIR_CLUSTER_BYTES_MAX)
		return WEIR_EPARSE;
	if (!msgpack_zone_init(&zone, ZONE_BYTES))
		return -ENOMEM;
	err = weir_msgpack_unpack(bytes, &limits, &zone, &o);
	if (err && err != -ENOMEM)
		err = WEIR_EPARSE;
	if (!err)
		err = get_message(&o, ns, m);
	msgpack_zone_destroy(&zone);
	return err;
}

void weir_cluster_message_fini(struct weir_cluster_message *m)
{
	if (m->kind == WEIR_CLUSTER_CONTROL)
		weir_control_unref(&m->control);
	else if (m->kind == WEIR_CLUSTER_ANSWER)
		free(m->answer.channels);
	*m = (struct weir_cluster_message){0};
}
