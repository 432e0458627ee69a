/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of channel names (protocol.md §8.1, §14.5). Pure functions, any thread. */
#ifndef WEIR_EVENT_CHANNEL_H
#define WEIR_EVENT_CHANNEL_H

#include "weir/base/str.h"

/* What stands before the first ':' after one leading '$'; absent if there is no ':'. */
struct weir_str weir_channel_namespace(struct weir_str channel);
bool weir_channel_is_private(struct weir_str channel); /* begins with '$' */
bool weir_channel_is_ascii(struct weir_str channel); /* printable or not, but no byte ≥ 0x80 and no control character */
/* What is literal in a pattern, and what keeps private names apart: the namespace with its ':', else "$" or "". */
struct weir_str weir_channel_root(struct weir_str channel);
/* What is split at '.' into tokens: all behind the namespace; without one, the whole name, '$' included. */
struct weir_str weir_channel_tokens(struct weir_str channel);
/* Has a token that is exactly `*` or `>`: such a name is never a channel's, also where it is no valid pattern. */
bool weir_channel_is_pattern(struct weir_str channel);
bool weir_channel_is_user_limited(struct weir_str channel); /* holds a '#' */
/* Is `user` in the comma-separated list after the last '#'? False without a '#' and for an empty user. */
bool weir_channel_allows_user(struct weir_str channel, struct weir_str user);

#define WEIR_PATTERN_TOKENS_MAX 16
/* Of a pattern: `>` only as the last token, not too many tokens, no '#'. */
bool weir_pattern_is_valid(struct weir_str pattern);
bool weir_pattern_is_bus(struct weir_str pattern); /* `>` alone: every channel of every namespace */
/* The plain matcher, one pattern and one channel: `*` is one token, `>` the last one or more. */
bool weir_pattern_matches(struct weir_str pattern, struct weir_str channel);
/*
 * May a subscription to this pattern, which matches, get the channel's events? `authorized`: by a token or by
 * client.insecure. `user_limited`: the channel has a '#' in a namespace where that says whose it is.
 */
bool weir_pattern_may_reach(struct weir_str pattern, struct weir_str channel, bool authorized, bool user_limited);

/* The broker's own: its numbers, once a second, for admins. In no namespace, out of every pattern's reach. */
#define WEIR_STATS_CHANNEL "$weir:stats"
bool weir_channel_is_stats(struct weir_str channel);

/* ^[-a-zA-Z0-9_.]{2,}$ */
bool weir_namespace_name_valid(struct weir_str name);

#endif
