/* SPDX-License-Identifier: Apache-2.0 */
/* Presence of one channel: two tables, clients by id and users with a count. One thread. */
#include "weir/bus/presence.h"

#include <errno.h>
#include <stdlib.h>

struct presence_entry {
	struct weir_map_node node; /* weir_presence.clients */
	struct weir_client_info info;
	char storage[];
};

struct presence_user {
	struct weir_map_node node;
	size_t count;
	struct weir_str name;
	char storage[];
};

static bool entry_eq(const struct weir_map_node *n, const void *key)
{
	return weir_str_eq(weir_list_entry(n, struct presence_entry, node)->info.client, *(const struct weir_str *)key);
}

static bool user_eq(const struct weir_map_node *n, const void *key)
{
	return weir_str_eq(weir_list_entry(n, struct presence_user, node)->name, *(const struct weir_str *)key);
}

static struct weir_str copy_into(char **at, struct weir_str s)
{
	struct weir_str copy = {s.p ? *at : NULL, s.n};

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static size_t info_bytes(const struct weir_client_info *i)
{
	return i->user.n + i->client.n + i->conn_info.n + i->chan_info.n;
}

static struct weir_client_info info_copy(char **at, const struct weir_client_info *i)
{
	struct weir_client_info copy;

	copy.user = copy_into(at, i->user);
	copy.client = copy_into(at, i->client);
	copy.conn_info = copy_into(at, i->conn_info);
	copy.chan_info = copy_into(at, i->chan_info);
	return copy;
}

static struct presence_entry *presence_find(const struct weir_presence *p, struct weir_str client)
{
	struct weir_map_node *n = weir_map_find(&p->clients, weir_hash(p->key, client), entry_eq, &client);

	return n ? weir_list_entry(n, struct presence_entry, node) : NULL;
}

static void presence_drop(struct weir_presence *p, struct presence_entry *e)
{
	weir_map_remove(&p->clients, &e->node);
	weir_users_remove(&p->users, p->key, e->info.user);
	free(e);
}

/* ------------------------------------------------------------------------------------------------------------------ */

size_t weir_users_add(struct weir_map *users, const struct weir_hash_key *key, struct weir_str user)
{
	uint64_t hash = weir_hash(key, user);
	struct weir_map_node *n = weir_map_find(users, hash, user_eq, &user);
	struct presence_user *u;

	if (n)
		return ++weir_list_entry(n, struct presence_user, node)->count;
	u = weir_xmalloc(sizeof(*u) + user.n);
	u->count = 1;
	u->name = weir_str_n(u->storage, user.n);
	if (user.n)
		memcpy(u->storage, user.p, user.n);
	weir_map_insert(users, &u->node, hash);
	return 1;
}

size_t weir_users_remove(struct weir_map *users, const struct weir_hash_key *key, struct weir_str user)
{
	struct weir_map_node *n = weir_map_find(users, weir_hash(key, user), user_eq, &user);
	struct presence_user *u;

	weir_assert(n);
	u = weir_list_entry(n, struct presence_user, node);
	if (--u->count)
		return u->count;
	weir_map_remove(users, n);
	free(u);
	return 0;
}

void weir_users_fini(struct weir_map *users)
{
	struct weir_map_node *n;

	while ((n = weir_map_pop(users)))
		free(weir_list_entry(n, struct presence_user, node));
	weir_map_fini(users);
}

void weir_presence_init(struct weir_presence *p, const struct weir_hash_key *key)
{
	weir_map_init(&p->clients);
	weir_map_init(&p->users);
	p->key = key;
}

void weir_presence_fini(struct weir_presence *p)
{
	struct weir_map_node *n;

	while ((n = weir_map_pop(&p->clients)))
		free(weir_list_entry(n, struct presence_entry, node));
	weir_map_fini(&p->clients);
	weir_users_fini(&p->users);
}

int weir_presence_add(struct weir_presence *p, const struct weir_client_info *info)
{
	struct presence_entry *old, *e = malloc(sizeof(*e) + info_bytes(info));
	char *at;

	if (!e)
		return -ENOMEM;
	at = e->storage;
	e->info = info_copy(&at, info);
	weir_users_add(&p->users, p->key, info->user);
	old = presence_find(p, info->client);
	if (old)
		presence_drop(p, old);
	weir_map_insert(&p->clients, &e->node, weir_hash(p->key, info->client));
	return 0;
}

bool weir_presence_remove(struct weir_presence *p, struct weir_str client)
{
	struct presence_entry *e = presence_find(p, client);

	if (!e)
		return false;
	presence_drop(p, e);
	return true;
}

size_t weir_presence_clients(const struct weir_presence *p)
{
	return p->clients.count;
}

size_t weir_presence_users(const struct weir_presence *p)
{
	return p->users.count;
}

int weir_presence_list(const struct weir_presence *p, struct weir_info_list *out)
{
	size_t count = p->clients.count, bytes = count * sizeof(struct weir_client_info);
	struct weir_map_node *n;
	size_t i = 0;
	char *at;

	*out = (struct weir_info_list){0};
	if (!count)
		return 0;
	weir_map_foreach (n, &p->clients)
		bytes += info_bytes(&weir_list_entry(n, struct presence_entry, node)->info);
	out->infos = malloc(bytes);
	if (!out->infos)
		return -ENOMEM;
	at = (char *)(out->infos + count);
	weir_map_foreach (n, &p->clients)
		out->infos[i++] = info_copy(&at, &weir_list_entry(n, struct presence_entry, node)->info);
	out->count = count;
	return 0;
}

void weir_info_list_fini(struct weir_info_list *l)
{
	free(l->infos);
	*l = (struct weir_info_list){0};
}
