/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is on a channel: client id → ClientInfo, with a count of distinct users kept as entries come and go, so that the
 * stats cost nothing. One thread.
 */
#ifndef WEIR_BUS_PRESENCE_H
#define WEIR_BUS_PRESENCE_H

#include "weir/base/hash.h"
#include "weir/base/list.h"
#include "weir/base/map.h"
#include "weir/event/event.h"

struct weir_presence {
	struct weir_map clients; /* presence_entry.node by client id */
	struct weir_map users;   /* presence_user.node by user, with a count */
	const struct weir_hash_key *key;
};

/* A copy of some infos in one allocation. */
struct weir_info_list {
	struct weir_client_info *infos;
	size_t count;
};

void weir_presence_init(struct weir_presence *p, const struct weir_hash_key *key);
void weir_presence_fini(struct weir_presence *p);
int weir_presence_add(
	struct weir_presence *p, const struct weir_client_info *info) WEIR_MUSTCHECK; /* replaces; -ENOMEM */
bool weir_presence_remove(struct weir_presence *p, struct weir_str client);           /* false: was not there */
size_t weir_presence_clients(const struct weir_presence *p);
size_t weir_presence_users(const struct weir_presence *p);
int weir_presence_list(const struct weir_presence *p, struct weir_info_list *out) WEIR_MUSTCHECK; /* 0 or -ENOMEM */
void weir_info_list_fini(struct weir_info_list *l);

/* A counted set of user names, also useful alone. */
size_t weir_users_add(
	struct weir_map *users, const struct weir_hash_key *key, struct weir_str user); /* the new count */
size_t weir_users_remove(
	struct weir_map *users, const struct weir_hash_key *key, struct weir_str user); /* what is left */
void weir_users_fini(struct weir_map *users);

#endif
