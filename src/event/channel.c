/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of channel names. Pure functions, any thread. */
#include "weir/event/channel.h"

static struct weir_str channel_without_namespace(struct weir_str channel)
{
	const char *colon = channel.n ? memchr(channel.p, ':', channel.n) : NULL;

	return colon ? weir_str_n(colon + 1, (size_t)(channel.p + channel.n - colon) - 1) : channel;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_str weir_channel_namespace(struct weir_str channel)
{
	const char *colon = channel.n ? memchr(channel.p, ':', channel.n) : NULL;

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

bool weir_channel_is_pattern(struct weir_str channel)
{
	struct weir_str rest = channel_without_namespace(channel);

	while (rest.p) {
		struct weir_str token = weir_str_cut(&rest, '.');

		if (weir_str_is(token, "*") || (!rest.p && weir_str_is(token, ">")))
			return true;
	}
	return false;
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
