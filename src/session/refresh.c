/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands refresh and sub_refresh: a new token for what would expire (protocol.md §4.10, §4.11). Worker's
 * thread.
 */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

static void reply_refreshed(struct weir_session *s, const struct weir_command *c, int64_t expire_at_s)
{
	struct weir_reply reply = {.id = c->id, .method = c->method};

	if (c->method == WEIR_METHOD_REFRESH) {
		reply.refresh.client = weir_str(s->id);
		reply.refresh.version = s->all->config->version;
	}
	if (expire_at_s) {
		reply.refresh.expires = true;
		reply.refresh.ttl = weir__session_ttl(s, expire_at_s);
	}
	weir__session_reply(s, &reply);
}

static void replace_info(char **info, struct weir_str to)
{
	free(*info);
	*info = to.p ? weir_xstrndup(to.p, to.n) : NULL;
}

static void refresh(struct weir_session *s, const struct weir_command *c, const struct weir_claims *claims)
{
	if (claims->channel.p || claims->admin != s->admin || !weir_str_eq(claims->sub, weir__session_user(s))) {
		weir__session_end(s, WEIR_DISCONNECT_INVALID_TOKEN);
		return;
	}
	s->expire_at_s = claims->expire_at_s;
	s->expires = claims->expire_at_s != 0;
	replace_info(&s->conn_info, claims->info);
	weir__session_arm(s);
	reply_refreshed(s, c, s->expire_at_s);
}

/* Is it on its way? Without a name, which the token would tell: is any? */
static bool sub_pending(const struct weir_session *s, struct weir_str channel)
{
	const struct weir_subscription *sub = s->subs;

	while (sub && ((sub->flags & WEIR_SUB_LIVE) || (channel.n && !weir_str_eq(sub->entry->channel, channel))))
		sub = sub->next;
	return sub;
}

/* Is there a subscription that the client refreshes? If not, the command is answered. */
static bool sub_refreshable(struct weir_session *s, const struct weir_command *c, struct weir_str channel)
{
	const struct weir_subscription *sub = weir__sub_find(s, channel);

	if (sub && (sub->flags & WEIR_SUB_REFRESHED))
		return true;
	if (sub)
		weir__session_end(s, WEIR_DISCONNECT_BAD_REQUEST);
	else
		weir__session_error(s, c->id, WEIR_ERROR_PERMISSION);
	return false;
}

/* Of the options in a token only the enforced filter can change. 0 or the error to answer. */
static int sub_refilter(struct weir_session *s, struct weir_subscription *sub, const struct weir_claims *claims)
{
	struct weir_filter *filters[WEIR_SUB_FILTERS] = {NULL};
	struct sub_choice choice;
	int code, err;

	weir__choice_init(&choice);
	code = weir__choice_of_claims(s, claims, &choice, filters);
	if (!code) {
		err = weir__sub_set_filter(s, sub, WEIR_SUB_FILTER_ENFORCED, filters[WEIR_SUB_FILTER_ENFORCED]);
		code = err == WEIR_ELIMIT ? WEIR_ERROR_LIMIT : err ? WEIR_ERROR_INTERNAL : 0;
	}
	weir__filters_drop(s, filters);
	weir__choice_fini(&choice);
	return code;
}

static void sub_refresh(struct weir_session *s, const struct weir_command *c, const struct weir_claims *claims)
{
	/* The Python SDK leaves out the channel; the verified token names it as well. */
	struct weir_str channel = c->channel.n ? c->channel : claims->channel;
	struct weir_subscription *sub;
	int code;

	if (!weir_str_eq(claims->channel, channel) || !weir_str_eq(claims->sub, weir__session_user(s)) ||
		(claims->client.p && !weir_str_is(claims->client, s->id))) {
		weir__session_end(s, WEIR_DISCONNECT_INVALID_TOKEN);
		return;
	}
	if (!sub_refreshable(s, c, channel))
		return;
	sub = weir__sub_find(s, channel);
	code = sub_refilter(s, sub, claims);
	if (code) {
		weir__session_error(s, c->id, (enum weir_error_code)code);
		return;
	}
	sub->expire_at_s = claims->expire_at_s;
	replace_info(&sub->chan_info, claims->info);
	weir__session_arm(s);
	reply_refreshed(s, c, sub->expire_at_s);
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum verdict weir__session_refresh(struct weir_session *s, const struct weir_command *c)
{
	struct weir_claims claims = {0};
	int err;

	if (!c->token.n || !s->expires) {
		weir__session_end(s, WEIR_DISCONNECT_BAD_REQUEST);
		return VERDICT_DONE;
	}
	err = weir__session_claims(s, c->token, &claims);
	if (err == -EAGAIN)
		return VERDICT_WAIT;
	if (err == WEIR_EEXPIRED || (!err && weir__session_is_past(s, claims.expire_at_s)))
		weir__session_end(s, WEIR_DISCONNECT_EXPIRED);
	else if (err == WEIR_EINVALID)
		weir__session_end(s, WEIR_DISCONNECT_INVALID_TOKEN);
	else if (err)
		weir__session_error(s, c->id, WEIR_ERROR_INTERNAL);
	else
		refresh(s, c, &claims);
	weir_claims_fini(&claims);
	return VERDICT_DONE;
}

enum verdict weir__session_sub_refresh(struct weir_session *s, const struct weir_command *c)
{
	struct weir_claims claims = {0};
	int err;

	if (sub_pending(s, c->channel))
		return VERDICT_WAIT;
	if (c->channel.n && !sub_refreshable(s, c, c->channel))
		return VERDICT_DONE;
	if (!c->token.n) {
		weir__session_error(s, c->id, WEIR_ERROR_BAD_REQUEST);
		return VERDICT_DONE;
	}
	err = weir__session_claims(s, c->token, &claims);
	if (err == -EAGAIN)
		return VERDICT_WAIT;
	if (err == WEIR_EEXPIRED || (!err && weir__session_is_past(s, claims.expire_at_s)))
		weir__session_error(s, c->id, WEIR_ERROR_TOKEN_EXPIRED);
	else if (err == WEIR_EINVALID)
		weir__session_error(s, c->id, WEIR_ERROR_PERMISSION);
	else if (err)
		weir__session_error(s, c->id, WEIR_ERROR_INTERNAL);
	else
		sub_refresh(s, c, &claims);
	weir_claims_fini(&claims);
	return VERDICT_DONE;
}
