/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of channel names. Pure functions, any thread. */
#include "weir/event/channel.h"

static const char *channel_colon(struct weir_str channel)
{
	return channel.n ? memchr(channel.p, ':', channel.n) : NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_str weir_channel_namespace(struct weir_str channel)
{
	const char *colon = channel_colon(channel);

	if (!colon)
		return WEIR_STR_NONE;
	if (weir_channel_is_private(channel))
		channel.p++;
	return weir_str_n(channel.p, (size_t)(colon - channel.p));
}

bool weir_channel_is_private(struct weir_str channel)
{
	return channel.n > 0 && channel.p[0] == '$';
}

bool weir_channel_is_ascii(struct weir_str channel)
{
	for (size_t i = 0; i < channel.n; i++)
		if (channel.p[i] < ' ' || channel.p[i] > '~')
			return false;
	return true;
}

struct weir_str weir_channel_root(struct weir_str channel)
{
	const char *colon = channel_colon(channel);

	if (colon)
		return weir_str_n(channel.p, (size_t)(colon - channel.p) + 1);
	return weir_str_n(channel.p, weir_channel_is_private(channel) ? 1 : 0);
}

struct weir_str weir_channel_tokens(struct weir_str channel)
{
	const char *colon = channel_colon(channel);

	return colon ? weir_str_n(colon + 1, (size_t)(channel.p + channel.n - colon) - 1) : channel;
}

bool weir_channel_is_pattern(struct weir_str channel)
{
	struct weir_str rest = weir_channel_tokens(channel);

	while (rest.p) {
		struct weir_str token = weir_str_cut(&rest, '.');

		if (token.n == 1 && (token.p[0] == '*' || token.p[0] == '>'))
			return true;
	}
	return false;
}

bool weir_pattern_is_valid(struct weir_str pattern)
{
	struct weir_str rest = weir_channel_tokens(pattern);

	if (weir_channel_is_user_limited(pattern))
		return false;
	for (size_t n = 1; rest.p; n++) {
		bool ends = weir_str_is(weir_str_cut(&rest, '.'), ">");

		if ((ends && rest.p) || n > WEIR_PATTERN_TOKENS_MAX)
			return false;
	}
	return true;
}

bool weir_pattern_is_bus(struct weir_str pattern)
{
	return pattern.n == 1 && pattern.p[0] == '>';
}

bool weir_pattern_matches(struct weir_str pattern, struct weir_str channel)
{
	struct weir_str wanted = weir_channel_tokens(pattern), rest = weir_channel_tokens(channel);

	if (weir_pattern_is_bus(pattern))
		return true;
	if (!weir_str_eq(weir_channel_root(pattern), weir_channel_root(channel)))
		return false;
	while (wanted.p && rest.p) {
		struct weir_str want = weir_str_cut(&wanted, '.'), token;

		if (!wanted.p && weir_str_is(want, ">"))
			return true;
		token = weir_str_cut(&rest, '.');
		if (!weir_str_is(want, "*") && !weir_str_eq(want, token))
			return false;
	}
	return !wanted.p && !rest.p;
}

bool weir_pattern_may_reach(struct weir_str pattern, struct weir_str channel, bool authorized, bool user_limited)
{
	if ((user_limited && !authorized) || weir_channel_is_stats(channel))
		return false;
	if (!weir_channel_is_private(channel) || weir_channel_is_private(pattern))
		return true;
	return authorized && weir_pattern_is_bus(pattern);
}

bool weir_channel_is_user_limited(struct weir_str channel)
{
	return channel.n > 0 && memchr(channel.p, '#', channel.n) != NULL;
}

bool weir_channel_allows_user(struct weir_str channel, struct weir_str user)
{
	size_t at = channel.n;
	struct weir_str users;

	while (at > 0 && channel.p[at - 1] != '#')
		at--;
	if (at == 0 || user.n == 0)
		return false;
	users = weir_str_n(channel.p + at, channel.n - at);
	while (users.p)
		if (weir_str_eq(weir_str_cut(&users, ','), user))
			return true;
	return false;
}

bool weir_channel_is_stats(struct weir_str channel)
{
	return weir_str_is(channel, WEIR_STATS_CHANNEL);
}

bool weir_namespace_name_valid(struct weir_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
			    c == '_' || c == '.'))
			return false;
	}
	return name.n >= 2;
}
