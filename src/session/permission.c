/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what without a token (protocol.md §4.2, §4.4–4.7, §8.2). Pure questions about a session and a namespace.
 */
#include "session_priv.h"

#include "weir/event/channel.h"
#include "weir/session/caller.h"

static bool is_anonymous(const struct weir_session *s)
{
	return weir__session_user(s).n == 0;
}

/* The three options that each right has: for clients, for subscribers, and in addition for anonymous ones. */
static bool allowed(
	const struct weir_session *s, bool subscribed, bool for_client, bool for_subscriber, bool for_anonymous)
{
	if (s->all->config->insecure || s->admin)
		return true;
	if (is_anonymous(s) && !for_anonymous)
		return false;
	return for_client || (for_subscriber && subscribed);
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum weir_error_code weir__check_channel(const struct weir_session *s, struct weir_str channel)
{
	if (channel.n > s->all->config->channel_max_length || !weir_channel_is_ascii(channel))
		return WEIR_ERROR_BAD_REQUEST;
	if (weir_channel_is_pattern(channel) && !weir_pattern_is_valid(channel))
		return WEIR_ERROR_BAD_REQUEST;
	return 0;
}

bool weir__admits(const struct weir_namespace *ns, struct weir_str channel)
{
	return ns->allow_wildcards || !weir_channel_is_pattern(channel) || weir_pattern_is_bus(channel);
}

bool weir__at_pattern_limit(const struct weir_session *s)
{
	size_t n = 0;

	for (const struct weir_subscription *sub = s->subs; sub; sub = sub->next)
		n += sub->entry->is_pattern;
	return n >= s->all->config->pattern_limit;
}

bool weir__may_subscribe(const struct weir_session *s, const struct weir_namespace *ns, struct weir_str channel)
{
	bool insecure = s->all->config->insecure || s->admin;

	if (weir_channel_is_stats(channel))
		return s->admin;
	if (weir_pattern_is_bus(channel))
		return insecure || s->all->config->allow_bus;
	if (ns->allow_user_limited_channels && weir_channel_is_user_limited(channel))
		return insecure || weir_channel_allows_user(channel, weir__session_user(s));
	return allowed(s, false, ns->allow_subscribe_for_client, false, ns->allow_subscribe_for_anonymous);
}

bool weir__may_publish(
	const struct weir_session *s, const struct weir_namespace *ns, struct weir_str channel, bool subscribed)
{
	if (weir_channel_is_stats(channel))
		return false;
	return allowed(s, subscribed, ns->allow_publish_for_client, ns->allow_publish_for_subscriber,
		ns->allow_publish_for_anonymous);
}

bool weir__may_presence(const struct weir_session *s, const struct weir_namespace *ns, bool subscribed)
{
	return allowed(s, subscribed, ns->allow_presence_for_client, ns->allow_presence_for_subscriber,
		ns->allow_presence_for_anonymous);
}

bool weir__may_history(const struct weir_session *s, const struct weir_namespace *ns, bool subscribed)
{
	return allowed(s, subscribed, ns->allow_history_for_client, ns->allow_history_for_subscriber,
		ns->allow_history_for_anonymous);
}

bool weir_caller_may_be_anonymous(const struct weir_session_config *config)
{
	return config->insecure || config->allow_anonymous;
}

bool weir_caller_may_publish(
	const struct weir_session_config *config, const struct weir_namespace *ns, struct weir_str user)
{
	if (config->insecure)
		return true;
	return ns->allow_publish_for_client && (user.n || ns->allow_publish_for_anonymous);
}
