/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of several brokers to one request for channels, made one. Pure functions, any thread. */
#ifndef WEIR_CORE_CHANNELS_MERGE_H
#define WEIR_CORE_CHANNELS_MERGE_H

#include "weir/core/request.h"

/*
 * Adds another broker's answer to the same question to what `r` has: a channel's clients are summed. `more`: that broker
 * has others behind these. Of a page the first `limit` names stay, and both answers must be such pages. -ENOMEM: `r` is
 * as it was, except for the order of its channels.
 */
int weir_channels_merge(struct weir_channels_request *r, const struct weir_channel_count *channels, size_t count,
	bool more) WEIR_MUSTCHECK;

#endif
