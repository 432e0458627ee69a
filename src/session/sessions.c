/* SPDX-License-Identifier: Apache-2.0 */
/* All sessions of one worker, found by client id and by user. Worker's thread. */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

#define SCRATCH_MAX_FACTOR 13 /* json_decode.c reserves twice the line, msgpack_decode.c twice its JSON form */

static bool id_eq(const struct weir_map_node *n, const void *id)
{
	return weir_str_is(*(const struct weir_str *)id, weir_list_entry(n, struct weir_session, by_id)->id);
}

static bool user_eq(const struct weir_map_node *n, const void *name)
{
	return weir_str_eq(weir_list_entry(n, struct session_user, node)->name, *(const struct weir_str *)name);
}

static void tell_hub(struct weir_session *s, bool came)
{
	struct weir_client_request *r = weir_client_request_new(came, weir__session_user(s));

	weir_assert(r);
	weir_worker_tell(s->all->worker, &r->base);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_sessions_init(struct weir_sessions *all, const struct weir_session_config *config, struct weir_worker *worker,
	struct weir_random *random, struct weir_log *log)
{
	*all = (struct weir_sessions){.config = config, .worker = worker, .random = random, .log = log};
	weir_map_init(&all->by_id);
	weir_map_init(&all->by_user);
	weir_map_init(&all->by_secret);
	weir_list_init(&all->all);
	weir_list_init(&all->waiting);
	weir_buf_init(&all->scratch, SCRATCH_MAX_FACTOR * config->message_max_bytes + 4096);
	weir_buf_init(&all->out, SIZE_MAX / 2);
}

void weir_sessions_fini(struct weir_sessions *all)
{
	weir_assert(all->objects == 0 && all->by_id.count == 0 && all->by_user.count == 0 && all->by_secret.count == 0);
	weir_map_fini(&all->by_id);
	weir_map_fini(&all->by_user);
	weir_map_fini(&all->by_secret);
	weir_buf_fini(&all->scratch);
	weir_buf_fini(&all->out);
}

struct weir_session *weir__sessions_by_id(const struct weir_sessions *all, struct weir_str id)
{
	struct weir_map_node *n = weir_map_find(&all->by_id, weir_hash(all->worker->o.hash_key, id), id_eq, &id);

	return n ? weir_list_entry(n, struct weir_session, by_id) : NULL;
}

struct session_user *weir__sessions_user(const struct weir_sessions *all, struct weir_str name)
{
	struct weir_map_node *n =
		weir_map_find(&all->by_user, weir_hash(all->worker->o.hash_key, name), user_eq, &name);

	return n ? weir_list_entry(n, struct session_user, node) : NULL;
}

int weir__sessions_register(struct weir_session *s, struct weir_str name)
{
	struct weir_sessions *all = s->all;
	struct session_user *u = weir__sessions_user(all, name);

	if (!u) {
		u = malloc(sizeof(*u) + name.n);
		if (!u)
			return -ENOMEM;
		weir_list_init(&u->sessions);
		u->refs = 0;
		u->name = weir_str_n(u->storage, name.n);
		memcpy(u->storage, name.p, name.n);
		weir_map_insert(&all->by_user, &u->node, weir_hash(all->worker->o.hash_key, name));
	}
	weir_random_uuid(all->random, s->id);
	weir_map_insert(&all->by_id, &s->by_id, weir_hash(all->worker->o.hash_key, weir_str(s->id)));
	weir_list_append(&u->sessions, &s->user_link);
	u->refs++;
	s->user = u;
	tell_hub(s, true);
	return 0;
}

void weir__sessions_unregister(struct weir_session *s)
{
	if (!s->user)
		return;
	tell_hub(s, false);
	weir_map_remove(&s->all->by_id, &s->by_id);
	weir__session_forget_secret(s);
	weir_list_remove(&s->user_link);
}

void weir__sessions_release_user(struct weir_session *s)
{
	struct session_user *u = s->user;

	s->user = NULL;
	if (!u || --u->refs)
		return;
	weir_map_remove(&s->all->by_user, &u->node);
	free(u);
}

size_t weir_sessions_shutdown(struct weir_sessions *all, size_t n)
{
	while (n-- && !weir_list_empty(&all->all))
		weir__session_end(weir_list_entry(all->all.next, struct weir_session, link), WEIR_DISCONNECT_SHUTDOWN);
	return all->count;
}

void weir_sessions_room(struct weir_sessions *all)
{
	struct weir_list todo; /* weir_session.waiting_link */

	weir_list_init(&todo);
	weir_list_splice(&todo, &all->waiting);
	while (!weir_list_empty(&todo))
		weir__session_resume(weir_list_entry(todo.next, struct weir_session, waiting_link));
}
