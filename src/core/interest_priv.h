/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which worker wants which channel or pattern, counted by subscriptions. Patterns are kept apart: they are not listed
 * as channels. The hub's thread.
 */
#ifndef WEIR_CORE_INTEREST_PRIV_H
#define WEIR_CORE_INTEREST_PRIV_H

#include "weir/base/hash.h"
#include "weir/bus/patterns.h"
#include "weir/core/request.h"

struct weir_interest {
	const struct weir_hash_key *key;
	unsigned workers;
	struct weir_map channels, patterns; /* interest_entry.node by name: those with a subscriber */
	struct weir_patterns trie;          /* of the entries of patterns */
	uint64_t subscriptions;             /* to both */
	bool *wanted;                       /* by worker: the answer at hand */
};

void weir__interest_init(struct weir_interest *in, const struct weir_hash_key *key, unsigned workers);
void weir__interest_fini(struct weir_interest *in);
int weir__interest_add(struct weir_interest *in, struct weir_str name, unsigned worker) WEIR_MUSTCHECK; /* -ENOMEM */
void weir__interest_drop(struct weir_interest *in, struct weir_str name, unsigned worker); /* one that was added */
bool weir__interest_has(const struct weir_interest *in, struct weir_str channel); /* a subscription to that channel */
/*
 * Who wants an event of the channel: true for a worker with a subscription to it or, with `patterns`, to a pattern that
 * matches. Stays until the next question.
 */
const bool *weir__interest_of(struct weir_interest *in, struct weir_str channel, bool patterns);
/* Fills in what a request for channels asks for. 0 or -ENOMEM. */
int weir__interest_list(const struct weir_interest *in, struct weir_channels_request *r) WEIR_MUSTCHECK;

#endif
