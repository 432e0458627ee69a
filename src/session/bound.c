/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many bytes may wait for a connection: the smallest of client.queue_max_size, what its connect or token asked for
 * (protocol.md §14.3), and the queue_bytes of the namespaces it is subscribed in. Worker's thread.
 */
#include "session_priv.h"

static void bound_set(struct weir_session *s)
{
	size_t bytes = s->queue_bytes;

	for (const struct weir_subscription *sub = s->subs; sub; sub = sub->next)
		if ((sub->flags & WEIR_SUB_LIVE) && sub->ns->queue_bytes && (size_t)sub->ns->queue_bytes < bytes)
			bytes = (size_t)sub->ns->queue_bytes;
	s->client.queue.max_bytes = bytes;
}

static void bound_ask(struct weir_session *s, uint64_t bytes)
{
	if (bytes && bytes < s->all->config->queue_max_bytes)
		s->queue_bytes = (size_t)bytes;
	else
		s->queue_bytes = s->all->config->queue_max_bytes;
	bound_set(s);
}

static int read_claim(struct weir_session *s, const struct weir_claims *claims, uint64_t *bytes)
{
	struct weir_buf why;
	int err;

	if (!claims->weir.p)
		return 0;
	weir_buf_init(&why, 1024);
	err = weir_connect_claim_read((struct weir_json){WEIR_JSON_OBJECT, claims->weir}, bytes, &why);
	if (err)
		weir_slog(s->all->log, SESSION, INFO, "token refused", WEIR_F_CSTR("client", s->id),
			WEIR_F_CSTR("claim", "weir"), WEIR_F_STR("why", weir_buf_view(&why)));
	weir_buf_fini(&why);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__bound_read(struct weir_session *s, struct weir_str data, const struct weir_claims *claims, bool *asked,
	struct weir_buf *why)
{
	uint64_t of_claim = 0, of_data = 0;
	struct weir_json object = {0};
	int err = read_claim(s, claims, &of_claim);

	if (err)
		return err;
	weir_buf_lit(why, "bad request: data.weir");
	err = weir_options_find(data, &object, why);
	if (!err && object.type)
		err = weir_queue_bytes_read(object, &of_data, why);
	if (err)
		return WEIR_ERROR_BAD_REQUEST;
	*asked = object.type != WEIR_JSON_NONE;
	bound_ask(s, of_claim ? of_claim : of_data);
	return 0;
}

void weir__bound_subscribed(struct weir_session *s, const struct weir_namespace *ns)
{
	if (ns->queue_bytes && (size_t)ns->queue_bytes < s->client.queue.max_bytes)
		s->client.queue.max_bytes = (size_t)ns->queue_bytes;
}

void weir__bound_unsubscribed(struct weir_session *s, const struct weir_namespace *ns)
{
	if (s->state != SESSION_DEAD && ns->queue_bytes && (size_t)ns->queue_bytes <= s->client.queue.max_bytes)
		bound_set(s);
}
