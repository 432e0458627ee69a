/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Presence: what this broker's own clients are to Redis, and who else is on a channel. An own entry is an object with
 * what is wanted and what Redis has been told; the difference is said with the next batch, so that an outage costs no
 * more than the entries themselves. Others' entries count while their broker's lease lasts. The odd case: own entries
 * are always read from here: what was just added is there. Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/bus/presence.h"
#include "weir/event/envelope.h"

#define ENTRY_TTL_MS  (60 * 60 * 1000)
#define ASSERT_MS     (20 * 60 * 1000)
#define REAP_MS       5000
#define REAP_CHANNELS 100

static bool channel_eq(const struct weir_map_node *n, const void *name)
{
	return weir_str_eq(weir_list_entry(n, struct redis_own_channel, node)->name, *(const struct weir_str *)name);
}

static bool client_eq(const struct weir_map_node *n, const void *client)
{
	return weir_str_eq(
		weir_list_entry(n, struct redis_presence, node)->info.client, *(const struct weir_str *)client);
}

static struct redis_own_channel *channel_find(struct redis_engine *e, struct weir_str name)
{
	struct weir_map_node *n = weir_map_find(&e->own, weir_hash(e->o.hash_key, name), channel_eq, &name);

	return n ? weir_list_entry(n, struct redis_own_channel, node) : NULL;
}

static struct redis_own_channel *channel_new(struct redis_engine *e, struct weir_str name)
{
	struct redis_own_channel *c = calloc(1, sizeof(*c) + name.n);

	if (!c)
		return NULL;
	memcpy(c->storage, name.p, name.n);
	c->name = weir_str_n(c->storage, name.n);
	c->partition = redis__partition(e, weir_namespaces_resolve(e->o.namespaces, name), name);
	c->assert_at_ms = redis__now(e) + ASSERT_MS;
	weir_map_init(&c->clients);
	weir_map_insert(&e->own, &c->node, weir_hash(e->o.hash_key, name));
	return c;
}

static void channel_free_if_empty(struct redis_engine *e, struct redis_own_channel *c)
{
	if (c->clients.count)
		return;
	weir_map_remove(&e->own, &c->node);
	weir_map_fini(&c->clients);
	free(c);
}

static struct redis_presence *client_find(struct redis_engine *e, struct redis_own_channel *c, struct weir_str client)
{
	struct weir_map_node *n = weir_map_find(&c->clients, weir_hash(e->o.hash_key, client), client_eq, &client);

	return n ? weir_list_entry(n, struct redis_presence, node) : NULL;
}

static void client_free(struct redis_engine *e, struct redis_presence *q)
{
	struct redis_own_channel *c = q->channel;

	weir_list_remove(&q->dirty);
	weir_map_remove(&c->clients, &q->node);
	free(q->strings);
	free(q);
	channel_free_if_empty(e, c);
}

static void client_mark(struct redis_presence *q)
{
	if (!q->under_way && weir_list_empty(&q->dirty))
		weir_list_append(&q->channel->partition->dirty, &q->dirty);
}

static struct weir_str copy(char **at, struct weir_str s)
{
	struct weir_str to = {s.p ? *at : NULL, s.n};

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return to;
}

/* The map's key is in there, so the old strings go last. */
static int client_set(struct redis_presence *q, const struct weir_client_info *info)
{
	char *strings = malloc(info->user.n + info->client.n + info->conn_info.n + info->chan_info.n + 1),
	     *at = strings;

	if (!strings)
		return -ENOMEM;
	q->info.user = copy(&at, info->user);
	q->info.client = copy(&at, info->client);
	q->info.conn_info = copy(&at, info->conn_info);
	q->info.chan_info = copy(&at, info->chan_info);
	free(q->strings);
	q->strings = strings;
	return 0;
}

static int client_new(struct redis_engine *e, struct redis_own_channel *c, const struct weir_client_info *info,
	struct redis_presence **out)
{
	struct redis_presence *q = calloc(1, sizeof(*q));

	if (!q || client_set(q, info) < 0) {
		free(q);
		return -ENOMEM;
	}
	q->channel = c;
	weir_list_init(&q->dirty);
	weir_map_insert(&c->clients, &q->node, weir_hash(e->o.hash_key, info->client));
	*out = q;
	return 0;
}

/* ---- reads ---- */

static int add_others(struct redis_engine *e, struct weir_presence *all, const struct weir_reply *reply)
{
	const struct weir_reply *at = weir_reply_first(reply);

	if (reply->type != WEIR_REPLY_ARRAY || reply->count % 3)
		return WEIR_EUNAVAILABLE;
	for (uint32_t i = 0; i < reply->count; i += 3) {
		const struct weir_reply *pid = at, *client = weir_reply_next(pid), *value = weir_reply_next(client);
		struct weir_client_info info;
		int err;

		at = weir_reply_next(value);
		if (weir_str_eq(pid->str, e->pid) || weir_envelope_decode_info(value->str, &info) < 0)
			continue;
		err = weir_presence_add(all, &info);
		if (err)
			return err;
	}
	return 0;
}

static int add_own(struct redis_engine *e, struct weir_presence *all, struct weir_str channel)
{
	struct redis_own_channel *c = channel_find(e, channel);
	struct weir_map_node *n;
	int err = 0;

	if (!c)
		return 0;
	weir_map_foreach (n, &c->clients) {
		struct redis_presence *q = weir_list_entry(n, struct redis_presence, node);

		if (q->wanted && !err)
			err = weir_presence_add(all, &q->info);
	}
	return err;
}

static void on_presence(struct redis_shard *s, struct weir_request *base, const struct weir_reply *reply)
{
	struct weir_presence_request *r = (struct weir_presence_request *)base;
	struct weir_presence all;
	int err;

	if (reply && weir_reply_is_error(reply, "NOSCRIPT"))
		redis__shard_load(s);
	if (!reply) {
		redis__answer(s->engine, base, WEIR_EUNAVAILABLE);
		return;
	}
	weir_presence_init(&all, s->engine->o.hash_key);
	err = add_others(s->engine, &all, reply);
	if (!err)
		err = add_own(s->engine, &all, r->channel);
	r->num_clients = weir_presence_clients(&all);
	r->num_users = weir_presence_users(&all);
	if (!err && r->want_list)
		err = weir_presence_list(&all, &r->list);
	weir_presence_fini(&all);
	redis__answer(s->engine, base, err);
}

/* ---- those whose broker is gone ---- */

static void emit_leave(struct redis_engine *e, struct weir_str channel, struct weir_str value)
{
	const struct weir_namespace *ns = weir_namespaces_resolve(e->o.namespaces, channel);
	struct weir_client_info info;
	struct weir_event *leave;

	if (!ns || !ns->join_leave || weir_envelope_decode_info(value, &info) < 0)
		return;
	leave = weir_event_new(&(struct weir_event_spec){
		.type = WEIR_EVENT_LEAVE, .channel = channel, .info = &info, .time_ms = weir_wall_ms(e->o.clock)});
	if (leave)
		redis__append(e, leave);
	weir_event_unref(&leave);
}

static void on_reaped(void *ctx, const struct weir_reply *reply)
{
	struct redis_partition *p = ctx;
	const struct weir_reply *at;

	if (!reply || reply->type != WEIR_REPLY_ARRAY || reply->count % 3 != 1)
		return;
	at = weir_reply_first(reply);
	for (uint32_t i = 0; i + 3 <= reply->count; i += 3) {
		const struct weir_reply *client = weir_reply_next(at), *value = weir_reply_next(client);

		emit_leave(p->engine, at->str, value->str);
		at = weir_reply_next(value);
	}
	if (at->type == WEIR_REPLY_INTEGER && at->integer)
		p->reap_at_ms = 0;
}

static void reap(struct redis_partition *p, uint64_t now_ms)
{
	struct redis_shard *s = p->shard;

	if (s->state != REDIS_SHARD_READY || now_ms < p->reap_at_ms)
		return;
	p->reap_at_ms = now_ms + REAP_MS;
	weir_argv_reset(&s->argv);
	weir_script_reap(&s->argv, p->key, p->engine->pid, REAP_CHANNELS);
	if (redis__shard_send(s, s->cmd, &s->argv, on_reaped, p) < 0)
		return; /* the next time */
}

/* ------------------------------------------------------------------------------------------------------------------ */

void redis__presence(struct redis_engine *e, struct weir_presence_request *r)
{
	struct redis_partition *p =
		redis__partition(e, weir_namespaces_resolve(e->o.namespaces, r->channel), r->channel);

	weir_argv_reset(&p->shard->argv);
	weir_script_presence(&p->shard->argv, p->key, r->channel);
	redis__read(p->shard, on_presence, &r->base);
}

int redis__presence_add(struct redis_engine *e, struct weir_str channel, const struct weir_client_info *info)
{
	struct redis_own_channel *c = channel_find(e, channel);
	struct redis_presence *q;
	int err;

	if (!c)
		c = channel_new(e, channel);
	if (!c)
		return -ENOMEM;
	q = client_find(e, c, info->client);
	err = q ? client_set(q, info) : client_new(e, c, info, &q);
	if (err) {
		channel_free_if_empty(e, c);
		return err;
	}
	c->wanted += !q->wanted;
	q->wanted = true;
	q->changed = true;
	client_mark(q);
	return 0;
}

void redis__presence_remove(struct redis_engine *e, struct weir_str channel, struct weir_str client)
{
	struct redis_own_channel *c = channel_find(e, channel);
	struct redis_presence *q = c ? client_find(e, c, client) : NULL;

	if (!q || !q->wanted)
		return;
	q->wanted = false;
	c->wanted--;
	if (q->stored || q->under_way)
		client_mark(q);
	else
		client_free(e, q);
}

bool redis__presence_record(struct redis_partition *p, struct redis_record **out)
{
	struct redis_engine *e = p->engine;
	struct redis_presence *q;
	struct redis_record *r;

	if (weir_list_empty(&p->dirty) || redis__now(e) < p->dirty_until_ms)
		return false;
	q = weir_list_entry(p->dirty.next, struct redis_presence, dirty);
	weir_buf_reset(&e->scratch);
	weir_envelope_encode_info(&e->scratch, &q->info);
	r = e->scratch.failed ? NULL : redis__record_with_body(p, REDIS_RECORD_PRESENCE, weir_buf_view(&e->scratch));
	if (!r)
		return false;
	r->bytes = 0; /* bounded by the clients */
	r->presence = q;
	r->presence_add = q->wanted;
	r->presence_last = !q->wanted && !q->channel->wanted;
	q->under_way = true;
	q->changed = false;
	weir_list_remove(&q->dirty);
	*out = r;
	return true;
}

void redis__presence_say(struct weir_argv *a, struct redis_record *r)
{
	const struct redis_presence *q = r->presence;

	if (r->presence_add)
		weir_script_presence_add(a, q->channel->name, q->info.client, r->body, ENTRY_TTL_MS);
	else
		weir_script_presence_remove(a, q->channel->name, q->info.client, r->presence_last);
}

void redis__presence_applied(struct redis_partition *p, struct redis_record *r, bool applied)
{
	struct redis_presence *q = r->presence;

	if (!q)
		return;
	r->presence = NULL;
	q->under_way = false;
	q->stored = applied ? r->presence_add : q->stored || r->presence_add;
	if (q->wanted != q->stored || q->changed || !applied)
		client_mark(q);
	if (!q->wanted && !q->stored)
		client_free(p->engine, q);
}

void redis__presence_assert(struct redis_partition *p)
{
	struct weir_map_node *c, *n;

	weir_map_foreach (c, &p->engine->own) {
		struct redis_own_channel *channel = weir_list_entry(c, struct redis_own_channel, node);

		if (channel->partition != p)
			continue;
		channel->assert_at_ms = redis__now(p->engine) + ASSERT_MS;
		weir_map_foreach (n, &channel->clients) {
			struct redis_presence *q = weir_list_entry(n, struct redis_presence, node);

			q->changed = true;
			client_mark(q);
		}
	}
}

void redis__presence_housekeeping(struct redis_engine *e, uint64_t now_ms)
{
	struct weir_map_node *c, *n;

	for (unsigned i = 0; i < e->n_partitions; i++)
		reap(&e->partitions[i], now_ms);
	if (now_ms < e->assert_at_ms)
		return;
	e->assert_at_ms = now_ms + 10000;
	weir_map_foreach (c, &e->own) {
		struct redis_own_channel *channel = weir_list_entry(c, struct redis_own_channel, node);

		if (now_ms < channel->assert_at_ms)
			continue;
		channel->assert_at_ms = now_ms + ASSERT_MS;
		weir_map_foreach (n, &channel->clients)
			client_mark(weir_list_entry(n, struct redis_presence, node));
	}
}

void redis__presence_fini(struct redis_engine *e)
{
	struct weir_map_node *n;

	while ((n = weir_map_pop(&e->own))) {
		struct redis_own_channel *c = weir_list_entry(n, struct redis_own_channel, node);
		struct weir_map_node *m;

		while ((m = weir_map_pop(&c->clients))) {
			struct redis_presence *q = weir_list_entry(m, struct redis_presence, node);

			weir_list_remove(&q->dirty);
			free(q->strings);
			free(q);
		}
		weir_map_fini(&c->clients);
		free(c);
	}
	weir_map_fini(&e->own);
}
