/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets of sessions whose clients speak in requests of their own, and the table that finds the session. Only those
 * sessions have one. Hashes are keyed, so how long a wrong guess takes tells nothing of the right one. Worker's thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "session_priv.h"
#include "weir/core/secret.h"

struct session_secret {
	struct weir_map_node node; /* weir_sessions.by_secret */
	struct weir_session *session;
	char text[WEIR_SECRET_LEN + 1];
};

static bool secret_eq(const struct weir_map_node *n, const void *secret)
{
	return weir_str_is(*(const struct weir_str *)secret, weir_list_entry(n, struct session_secret, node)->text);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__session_make_secret(struct weir_session *s)
{
	struct weir_sessions *all = s->all;

	s->secret = malloc(sizeof(*s->secret));
	if (!s->secret)
		return -ENOMEM;
	s->secret->session = s;
	weir_secret_make(s->secret->text, all->worker->o.id, all->random);
	weir_map_insert(&all->by_secret, &s->secret->node, weir_hash(all->worker->o.hash_key, weir__session_secret(s)));
	return 0;
}

void weir__session_forget_secret(struct weir_session *s)
{
	if (!s->secret)
		return;
	weir_map_remove(&s->all->by_secret, &s->secret->node);
	free(s->secret);
	s->secret = NULL;
}

struct weir_str weir__session_secret(const struct weir_session *s)
{
	return s->secret ? weir_str_n(s->secret->text, WEIR_SECRET_LEN) : WEIR_STR_NONE;
}

struct weir_session *weir__sessions_by_secret(const struct weir_sessions *all, struct weir_str secret)
{
	struct weir_map_node *n =
		weir_map_find(&all->by_secret, weir_hash(all->worker->o.hash_key, secret), secret_eq, &secret);

	return n ? weir_list_entry(n, struct session_secret, node)->session : NULL;
}

bool weir_sessions_take(const struct weir_sessions *all, struct weir_str secret, size_t n)
{
	const struct weir_session *s = weir__sessions_by_secret(all, secret);

	return !s || !s->blocked || s->backlog.len + s->codec->separator.n + n <= s->backlog.max;
}
