/* SPDX-License-Identifier: Apache-2.0 */
/* Which command may come when, and who handles it (protocol.md §2.6). Worker's thread. */
#include "session_priv.h"

typedef enum verdict (*command_fn)(struct weir_session *s, const struct weir_command *c);

static enum verdict session_rpc(struct weir_session *s, const struct weir_command *c)
{
	weir__session_error(s, c->id, WEIR_ERROR_NOT_AVAILABLE);
	return VERDICT_DONE;
}

static enum verdict session_send(struct weir_session *s, const struct weir_command *c)
{
	(void)c;
	weir__session_end(s, WEIR_DISCONNECT_NOT_AVAILABLE);
	return VERDICT_DONE;
}

static const struct {
	command_fn run;
	bool has_channel;
} commands[WEIR_METHOD_COUNT] = {
	[WEIR_METHOD_CONNECT] = {weir__session_connect, false},
	[WEIR_METHOD_SUBSCRIBE] = {weir__session_subscribe, true},
	[WEIR_METHOD_UNSUBSCRIBE] = {weir__session_unsubscribe, true},
	[WEIR_METHOD_PUBLISH] = {weir__session_publish, true},
	[WEIR_METHOD_PRESENCE] = {weir__session_presence, true},
	[WEIR_METHOD_PRESENCE_STATS] = {weir__session_presence, true},
	[WEIR_METHOD_HISTORY] = {weir__session_history, true},
	[WEIR_METHOD_RPC] = {session_rpc, false},
	[WEIR_METHOD_SEND] = {session_send, false},
	[WEIR_METHOD_REFRESH] = {weir__session_refresh, false},
	[WEIR_METHOD_SUB_REFRESH] = {weir__session_sub_refresh, false},
};

static struct weir_str command_channel(const struct weir_command *c)
{
	switch (c->method) {
	case WEIR_METHOD_SUBSCRIBE:
		return c->subscribe.channel;
	case WEIR_METHOD_HISTORY:
		return c->history.channel;
	default:
		return c->channel;
	}
}

/* A pong: nothing but an answer to a ping that waits for one. It is alive, whichever it answers. */
static bool session_pong(struct weir_session *s)
{
	if (!s->pongs_due)
		return false;
	s->pongs_due--;
	s->pong_by_ms = 0;
	return true;
}

/* A subscribe on its way holds up what concerns its channel; nothing may overtake that. */
static bool must_wait(const struct weir_session *s, struct weir_str channel)
{
	const struct weir_subscription *sub = weir__sub_find(s, channel);

	return sub && !(sub->flags & WEIR_SUB_LIVE);
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum verdict weir__session_command(struct weir_session *s, const struct weir_command *c)
{
	struct weir_str channel = command_channel(c);
	bool first = c->method == WEIR_METHOD_CONNECT;

	if (s->state == SESSION_CONNECTING || (s->state == SESSION_LIVE && weir__session_is_full(s)))
		return VERDICT_WAIT;
	if (s->state == SESSION_UNUSABLE || first != (s->state == SESSION_HELLO))
		goto bad_request;
	if (c->method == WEIR_METHOD_NONE && !c->id) {
		if (!session_pong(s))
			goto bad_request;
		return VERDICT_DONE;
	}
	if (c->method == WEIR_METHOD_NONE || (!c->id && c->method != WEIR_METHOD_SEND))
		goto bad_request;
	if (commands[c->method].has_channel) {
		if (!channel.n)
			goto bad_request;
		if (must_wait(s, channel))
			return VERDICT_WAIT;
	}
	return commands[c->method].run(s, c);

bad_request:
	weir__session_end(s, WEIR_DISCONNECT_BAD_REQUEST);
	return VERDICT_DONE;
}
