/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between brokers with msgpack-c; texts that are absent are nil. See cluster_message.h. */
#include "cluster_message.h"

#include <errno.h>
#include <msgpack.h>
#include <stdlib.h>

#include "weir/event/msgpack_scan.h"

#define VERSION        1
#define ELEMENTS_MAX   (1u << 18)
#define ZONE_BYTES     1024
#define CONTROL_FIELDS 19
#define ASK_FIELDS     8
#define INFO_FIELDS    12
#define LIST_FIELDS    7
#define FORGET_FIELDS  3

static const struct weir_msgpack_limits message_limits = {4, ELEMENTS_MAX, true};

/* ---- encoding ---- */

static int write_bytes(void *ctx, const char *p, size_t n)
{
	struct weir_buf *b = ctx;

	weir_buf_append(b, p, n);
	return b->failed ? -1 : 0;
}

static void pack_str(msgpack_packer *pk, struct weir_str s)
{
	if (!s.p) {
		msgpack_pack_nil(pk);
		return;
	}
	msgpack_pack_str(pk, s.n);
	msgpack_pack_str_body(pk, s.p, s.n);
}

static void pack_bool(msgpack_packer *pk, bool v)
{
	if (v)
		msgpack_pack_true(pk);
	else
		msgpack_pack_false(pk);
}

static void pack_head(msgpack_packer *pk, size_t fields, enum weir_cluster_kind kind)
{
	msgpack_pack_array(pk, fields);
	msgpack_pack_uint64(pk, VERSION);
	msgpack_pack_uint64(pk, kind);
}

static void pack_control(msgpack_packer *pk, const struct weir_control *c)
{
	pack_head(pk, CONTROL_FIELDS, WEIR_CLUSTER_CONTROL);
	msgpack_pack_uint64(pk, c->op);
	pack_str(pk, c->user);
	pack_str(pk, c->client);
	pack_str(pk, c->session);
	pack_str(pk, c->channel);
	msgpack_pack_array(pk, c->n_whitelist);
	for (size_t i = 0; i < c->n_whitelist; i++)
		pack_str(pk, c->whitelist[i]);
	msgpack_pack_uint64(pk, c->code);
	pack_str(pk, c->reason);
	pack_str(pk, c->info);
	pack_str(pk, c->data);
	pack_str(pk, c->override);
	pack_bool(pk, c->recover);
	pack_str(pk, c->since_epoch);
	msgpack_pack_uint64(pk, c->since_offset);
	pack_bool(pk, c->has_expire_at);
	pack_bool(pk, c->expired);
	msgpack_pack_int64(pk, c->expire_at_s);
}

static void pack_ask(msgpack_packer *pk, const struct weir_cluster_message *m)
{
	pack_head(pk, ASK_FIELDS, WEIR_CLUSTER_SURVEY_ASK);
	msgpack_pack_uint64(pk, m->survey);
	pack_bool(pk, m->type == WEIR_REQUEST_CHANNELS);
	pack_str(pk, m->pattern);
	pack_bool(pk, m->page);
	pack_str(pk, m->after);
	msgpack_pack_uint64(pk, m->limit);
}

static void pack_info(msgpack_packer *pk, const struct weir_cluster_message *m)
{
	const struct weir_node_info *n = &m->node;

	pack_head(pk, INFO_FIELDS, WEIR_CLUSTER_SURVEY_ANSWER);
	msgpack_pack_uint64(pk, m->survey);
	pack_str(pk, m->to);
	pack_str(pk, n->uid);
	pack_str(pk, n->name);
	pack_str(pk, n->version);
	msgpack_pack_uint64(pk, n->uptime_s);
	msgpack_pack_uint64(pk, n->clients);
	msgpack_pack_uint64(pk, n->users);
	msgpack_pack_uint64(pk, n->channels);
	msgpack_pack_uint64(pk, n->subscriptions);
}

static void pack_list(msgpack_packer *pk, const struct weir_cluster_message *m)
{
	size_t n = 0, bytes = 0;

	while (n < m->n_channels && n < ELEMENTS_MAX / 4 && bytes + m->channels[n].channel.n < WEIR_CLUSTER_ANSWER_MAX)
		bytes += m->channels[n++].channel.n + 16;
	pack_head(pk, LIST_FIELDS, WEIR_CLUSTER_SURVEY_ANSWER);
	msgpack_pack_uint64(pk, m->survey);
	pack_str(pk, m->to);
	pack_bool(pk, m->more || n < m->n_channels);
	msgpack_pack_array(pk, n);
	for (size_t i = 0; i < n; i++)
		pack_str(pk, m->channels[i].channel);
	msgpack_pack_array(pk, n);
	for (size_t i = 0; i < n; i++)
		msgpack_pack_uint64(pk, m->channels[i].clients);
}

/* ---- decoding ---- */

/* What is left of the array; anything that does not fit makes it bad. */
struct fields {
	const msgpack_object *at;
	bool bad;
};

static struct weir_str take_str(struct fields *f)
{
	const msgpack_object *o = f->at++;

	if (o->type == MSGPACK_OBJECT_NIL)
		return WEIR_STR_NONE;
	if (o->type != MSGPACK_OBJECT_STR) {
		f->bad = true;
		return WEIR_STR_NONE;
	}
	return o->via.str.size ? weir_str_n(o->via.str.ptr, o->via.str.size) : WEIR_STR("");
}

static uint64_t take_u64(struct fields *f)
{
	const msgpack_object *o = f->at++;

	f->bad = f->bad || o->type != MSGPACK_OBJECT_POSITIVE_INTEGER;
	return o->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? o->via.u64 : 0;
}

static int64_t take_i64(struct fields *f)
{
	const msgpack_object *o = f->at++;

	if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		return o->via.i64;
	f->bad = f->bad || o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > INT64_MAX;
	return f->bad ? 0 : (int64_t)o->via.u64;
}

static bool take_bool(struct fields *f)
{
	const msgpack_object *o = f->at++;

	f->bad = f->bad || o->type != MSGPACK_OBJECT_BOOLEAN;
	return o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean;
}

static msgpack_object_array take_array(struct fields *f)
{
	const msgpack_object *o = f->at++;

	f->bad = f->bad || o->type != MSGPACK_OBJECT_ARRAY;
	return o->type == MSGPACK_OBJECT_ARRAY ? o->via.array : (msgpack_object_array){0};
}

static bool op_is_known(uint64_t op)
{
	return op == WEIR_CONTROL_SUBSCRIBE || op == WEIR_CONTROL_UNSUBSCRIBE || op == WEIR_CONTROL_DISCONNECT ||
	       op == WEIR_CONTROL_REFRESH;
}

static int get_whitelist(struct fields *f, struct weir_control *spec)
{
	msgpack_object_array a = take_array(f);
	struct fields names = {a.ptr, false};

	spec->whitelist = calloc(a.size + 1, sizeof(*spec->whitelist));
	if (!spec->whitelist)
		return -ENOMEM;
	spec->n_whitelist = a.size;
	for (uint32_t i = 0; i < a.size; i++) {
		spec->whitelist[i] = take_str(&names);
		names.bad = names.bad || !spec->whitelist[i].p;
	}
	f->bad = f->bad || names.bad;
	return 0;
}

static int get_control(struct fields *f, const struct weir_namespaces *namespaces, struct weir_cluster_message *m)
{
	struct weir_control spec = {0};
	uint64_t op = take_u64(f);
	int err;

	f->bad = f->bad || !op_is_known(op);
	spec.op = (enum weir_control_op)op;
	spec.user = take_str(f);
	spec.client = take_str(f);
	spec.session = take_str(f);
	spec.channel = take_str(f);
	err = get_whitelist(f, &spec);
	if (err)
		return err;
	spec.code = (unsigned)take_u64(f);
	spec.reason = take_str(f);
	spec.info = take_str(f);
	spec.data = take_str(f);
	spec.override = take_str(f);
	spec.recover = take_bool(f);
	spec.since_epoch = take_str(f);
	spec.since_offset = take_u64(f);
	spec.has_expire_at = take_bool(f);
	spec.expired = take_bool(f);
	spec.expire_at_s = take_i64(f);
	if (spec.channel.n)
		spec.ns = weir_namespaces_resolve(namespaces, spec.channel);
	f->bad = f->bad || (spec.channel.n && !spec.ns);
	if (!f->bad) {
		m->control = weir_control_new(&spec);
		err = m->control ? 0 : -ENOMEM;
	}
	free(spec.whitelist);
	return err;
}

static void get_ask(struct fields *f, struct weir_cluster_message *m)
{
	m->survey = take_u64(f);
	m->type = take_bool(f) ? WEIR_REQUEST_CHANNELS : WEIR_REQUEST_INFO;
	m->pattern = take_str(f);
	m->page = take_bool(f);
	m->after = take_str(f);
	m->limit = take_u64(f);
}

static void get_info(struct fields *f, struct weir_cluster_message *m)
{
	m->type = WEIR_REQUEST_INFO;
	m->survey = take_u64(f);
	m->to = take_str(f);
	m->node.uid = take_str(f);
	m->node.name = take_str(f);
	m->node.version = take_str(f);
	m->node.uptime_s = take_u64(f);
	m->node.clients = take_u64(f);
	m->node.users = take_u64(f);
	m->node.channels = take_u64(f);
	m->node.subscriptions = take_u64(f);
}

static int get_list(struct fields *f, struct weir_cluster_message *m)
{
	struct fields names = {0}, clients = {0};
	msgpack_object_array a, b;

	m->type = WEIR_REQUEST_CHANNELS;
	m->survey = take_u64(f);
	m->to = take_str(f);
	m->more = take_bool(f);
	a = take_array(f);
	b = take_array(f);
	f->bad = f->bad || a.size != b.size;
	if (f->bad)
		return 0;
	m->channels = calloc(a.size + 1, sizeof(*m->channels));
	if (!m->channels)
		return -ENOMEM;
	names.at = a.ptr;
	clients.at = b.ptr;
	for (uint32_t i = 0; i < a.size; i++) {
		m->channels[i].channel = take_str(&names);
		m->channels[i].clients = take_u64(&clients);
		names.bad = names.bad || !m->channels[i].channel.p;
	}
	m->n_channels = a.size;
	f->bad = names.bad || clients.bad;
	return 0;
}

static int get_message(
	const msgpack_object *o, const struct weir_namespaces *namespaces, struct weir_cluster_message *m)
{
	struct fields f = {0};
	uint32_t n;
	int err = 0;

	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size < 3)
		return WEIR_EPARSE;
	n = o->via.array.size;
	f.at = o->via.array.ptr;
	f.bad = take_u64(&f) != VERSION;
	m->kind = (enum weir_cluster_kind)take_u64(&f);
	if (m->kind == WEIR_CLUSTER_CONTROL && n == CONTROL_FIELDS)
		err = get_control(&f, namespaces, m);
	else if (m->kind == WEIR_CLUSTER_SURVEY_ASK && n == ASK_FIELDS)
		get_ask(&f, m);
	else if (m->kind == WEIR_CLUSTER_SURVEY_ANSWER && n == INFO_FIELDS)
		get_info(&f, m);
	else if (m->kind == WEIR_CLUSTER_SURVEY_ANSWER && n == LIST_FIELDS)
		err = get_list(&f, m);
	else if (m->kind == WEIR_CLUSTER_FORGET && n == FORGET_FIELDS)
		m->channel = take_str(&f);
	else
		f.bad = true;
	return err ? err : f.bad ? WEIR_EPARSE : 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_cluster_message_encode(struct weir_buf *b, const struct weir_cluster_message *m)
{
	msgpack_packer pk;

	msgpack_packer_init(&pk, b, write_bytes);
	switch (m->kind) {
	case WEIR_CLUSTER_CONTROL:
		pack_control(&pk, m->control);
		break;
	case WEIR_CLUSTER_SURVEY_ASK:
		pack_ask(&pk, m);
		break;
	case WEIR_CLUSTER_SURVEY_ANSWER:
		if (m->type == WEIR_REQUEST_INFO)
			pack_info(&pk, m);
		else
			pack_list(&pk, m);
		break;
	case WEIR_CLUSTER_FORGET:
		pack_head(&pk, FORGET_FIELDS, WEIR_CLUSTER_FORGET);
		pack_str(&pk, m->channel);
		break;
	}
}

int weir_cluster_message_decode(
	struct weir_str body, const struct weir_namespaces *namespaces, struct weir_cluster_message *m)
{
	size_t used = 0, off = 0;
	msgpack_zone zone;
	msgpack_object o;
	int err = weir_msgpack_scan(body, &message_limits, &used);

	*m = (struct weir_cluster_message){0};
	if (err || used != body.n)
		return WEIR_EPARSE;
	if (!msgpack_zone_init(&zone, ZONE_BYTES))
		return -ENOMEM;
	switch (msgpack_unpack(body.p, body.n, &off, &zone, &o)) {
	case MSGPACK_UNPACK_SUCCESS:
		err = get_message(&o, namespaces, m);
		break;
	case MSGPACK_UNPACK_NOMEM_ERROR:
		err = -ENOMEM;
		break;
	default:
		err = WEIR_EPARSE;
	}
	msgpack_zone_destroy(&zone);
	if (err)
		weir_cluster_message_fini(m);
	return err;
}

void weir_cluster_message_fini(struct weir_cluster_message *m)
{
	weir_control_unref(&m->control);
	free(m->channels);
	m->channels = NULL;
}
