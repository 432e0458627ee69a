/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server API does to this worker's connections: subscribe, unsubscribe, disconnect, refresh (protocol.md
 * §13.2). A control message names a user, and may narrow that to one client or session. The odd case: what the client of
 * an emulated transport says comes this way too. Worker's thread.
 */
#include "session_priv.h"

#include <stdlib.h>

#include "weir/event/channel.h"

typedef void (*control_fn)(struct weir_session *s, const struct weir_control *c);

/* ---- subscribe ---- */

/* The push tells where the subscription begins; what was missed follows as publications. */
static void on_subscribed(
	struct weir_session *s, const struct sub_op *op, int status, const struct weir_subscribe_result *result)
{
	struct weir_subscribe_result told;

	if (status) {
		weir_slog(s->all->log, SESSION, WARN, "server-side subscribe failed", WEIR_F_CSTR("client", s->id),
			WEIR_F_ERR(status));
		return;
	}
	told = *result;
	told.publications = NULL;
	told.recovered = told.was_recovering = false;
	weir__session_push(
		s, &(struct weir_push){
			   .kind = WEIR_PUSH_SUBSCRIBE, .channel = op->sub->entry->channel, .subscribe = told});
	for (size_t i = 0; result->publications && i < result->publications->count; i++) {
		const struct weir_event *e = result->publications->events[i];
		struct weir_push_spec spec = {.event = e, .offset = e->offset};
		struct weir_frame *f;

		if (result->pattern) {
			spec.pattern = op->sub->entry->channel;
			spec.offset = e->position.n;
		}
		f = s->codec->encoder.push(&spec);

		weir_worker_answer(s->all->worker, &s->client, f);
		weir_frame_unref(&f);
	}
}

static void control_subscribe(struct weir_session *s, const struct weir_control *c)
{
	struct sub_request r = {
		.channel = c->channel,
		.ns = c->ns,
		.flags = weir__grant_flags(c->ns, c->channel, c->override) | WEIR_SUB_SERVER,
		.chan_info = c->info,
		.data = c->data,
		.expire_at_s = c->has_expire_at ? c->expire_at_s : 0,
		.recover = c->recover,
		.since_epoch = c->since_epoch,
		.since_offset = c->since_offset,
	};

	if (weir_channel_is_stats(c->channel) && !s->admin)
		return;
	if (s->codec->silent)
		return; /* what it wants is in its request */
	r.queue = weir_queue_options_of(c->ns, r.flags & WEIR_SUB_RECOVERABLE);
	if (s->state != SESSION_LIVE && !weir__connect_all_asked(s))
		return; /* what it asks for itself comes first, and the hub has no room even for that */
	if (weir__sub_find(s, c->channel))
		return; /* subscribed already: that is what was asked for */
	if (!(r.flags & WEIR_SUB_RECOVERABLE))
		r.recover = false;
	if (weir_channel_is_pattern(c->channel))
		r.flags |= WEIR_SUB_AUTHORIZED;
	if (s->n_subs >= s->all->config->channel_limit ||
		(weir_channel_is_pattern(c->channel) && weir__at_pattern_limit(s)))
		weir__session_end(s, WEIR_DISCONNECT_CHANNEL_LIMIT);
	else if (weir__sub_start(s, &r, on_subscribed, 0, 0) < 0)
		weir__session_end(
			s, WEIR_DISCONNECT_INSUFFICIENT); /* it comes back, and the caller's state is tried again */
}

/* ---- unsubscribe, disconnect, refresh ---- */

static void control_unsubscribe(struct weir_session *s, const struct weir_control *c)
{
	struct weir_subscription *sub = s->subs, *next;

	for (; sub; sub = next) {
		next = sub->next;
		if (!c->channel.n || weir_str_eq(sub->entry->channel, c->channel))
			weir__sub_kick(s, sub, WEIR_UNSUBSCRIBE_SERVER, "server unsubscribe");
	}
}

static void control_disconnect(struct weir_session *s, const struct weir_control *c)
{
	for (size_t i = 0; i < c->n_whitelist; i++)
		if (weir_str_is(c->whitelist[i], s->id))
			return;
	weir_session_disconnect(s, c->code, c->reason);
}

static void control_refresh(struct weir_session *s, const struct weir_control *c)
{
	struct weir_push push = {.kind = WEIR_PUSH_REFRESH};
	int64_t now_s = weir_wall_ms(s->all->worker->o.clock) / 1000;

	if (c->expired || (c->has_expire_at && c->expire_at_s && c->expire_at_s <= now_s)) {
		weir__session_end(s, WEIR_DISCONNECT_EXPIRED);
		return;
	}
	if (c->info.p) {
		free(s->conn_info);
		s->conn_info = weir_xstrndup(c->info.p, c->info.n);
	}
	if (c->has_expire_at) {
		s->expire_at_s = c->expire_at_s;
		s->expires = c->expire_at_s != 0;
		weir__session_arm(s);
	}
	if (s->expire_at_s) {
		push.refresh.expires = true;
		push.refresh.ttl = weir__session_ttl(s, s->expire_at_s);
	}
	if (!s->codec->silent)
		weir__session_push(s, &push);
}

/* Who says so much at once that it cannot be kept is told to come again. */
static void control_input(struct weir_session *s, const struct weir_control *c)
{
	if (weir_sessions_take(s->all, c->session, c->data.n))
		weir_session_input(s, c->data);
	else
		weir__session_end(s, WEIR_DISCONNECT_TOO_MANY);
}

static const control_fn controls[] = {
	[WEIR_CONTROL_SUBSCRIBE] = control_subscribe,
	[WEIR_CONTROL_UNSUBSCRIBE] = control_unsubscribe,
	[WEIR_CONTROL_DISCONNECT] = control_disconnect,
	[WEIR_CONTROL_REFRESH] = control_refresh,
	[WEIR_CONTROL_INPUT] = control_input,
};

static void control_of_session(struct weir_sessions *all, const struct weir_control *c)
{
	struct weir_session *s = weir__sessions_by_secret(all, c->session);

	if (s && (!c->user.n || weir_str_eq(weir__session_user(s), c->user)) &&
		(!c->client.n || weir_str_is(c->client, s->id)))
		controls[c->op](s, c);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_sessions_control(struct weir_sessions *all, const struct weir_control *c)
{
	struct session_user *u = weir__sessions_user(all, c->user);
	struct weir_list *node, *next;

	if (c->session.n) {
		control_of_session(all, c);
		return;
	}
	if (!u)
		return;
	if (c->client.n) {
		struct weir_session *s = weir__sessions_by_id(all, c->client);

		if (s && s->user == u)
			controls[c->op](s, c);
		return;
	}
	u->refs++; /* it must outlive the last of its sessions here */
	weir_list_foreach_safe (node, next, &u->sessions)
		controls[c->op](weir_list_entry(node, struct weir_session, user_link), c);
	if (--u->refs == 0) {
		weir_map_remove(&all->by_user, &u->node);
		free(u);
	}
}
