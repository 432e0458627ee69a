/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of channel names (protocol.md §8.1, §14.5). Pure functions, any thread. */
#ifndef WEIR_EVENT_CHANNEL_H
#define WEIR_EVENT_CHANNEL_H

#include "weir/base/str.h"

/* What stands before the first ':' after one leading '$'; absent if there is no ':'. */
struct weir_str weir_channel_namespace(struct weir_str channel);
bool weir_channel_is_private(struct weir_str channel); /* begins with '$' */
bool weir_channel_is_ascii(struct weir_str channel); /* printable or not, but no byte ≥ 0x80 and no control character */
/* Has a token (split at '.', namespace cut off) that is exactly `*`, or `>` as the last one; or is `>` itself. */
bool weir_channel_is_pattern(struct weir_str channel);
bool weir_channel_is_user_limited(struct weir_str channel); /* holds a '#' */
/* Is `user` in the comma-separated list after the last '#'? False without a '#' and for an empty user. */
bool weir_channel_allows_user(struct weir_str channel, struct weir_str user);
/* ^[-a-zA-Z0-9_.]{2,}$ */
bool weir_namespace_name_valid(struct weir_str name);

#endif
