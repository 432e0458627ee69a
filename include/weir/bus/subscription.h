/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's interest in a channel, as the fan-out sees it: whom to send to, what to leave out, and where the
 * subscriber is. Owned by its client's session; listed in the worker's index while it is live. Worker's thread.
 */
#ifndef WEIR_BUS_SUBSCRIPTION_H
#define WEIR_BUS_SUBSCRIPTION_H

#include "weir/base/list.h"
#include "weir/bus/namespace.h"
#include "weir/bus/overflow.h"
#include "weir/bus/queue.h"
#include "weir/event/event.h"
#include "weir/filter/filters.h"

struct weir_client;
struct weir_index_entry;
struct weir_subscription;

/* What the fan-out needs of a client. Only flush() may run during a fan-out; the others run at the end of the turn. */
struct weir_client {
	struct weir_queue queue;
	const struct weir_client_ops *ops;
	struct weir_list dirty; /* weir_worker.dirty: has something to flush */
	struct weir_list fault; /* weir_worker.faults: something below came up in this turn */
	bool open;              /* takes frames */
	bool starting;          /* nothing may be written yet, which is not its fault: only bytes are bounded */
	bool waits;             /* for room in its queue */
	bool overflowed;        /* a frame found no room that must not be missing */
	bool sub_fault;         /* one of its subscriptions is flagged WEIR_SUB_LOST or WEIR_SUB_FULL */
};

struct weir_client_ops {
	void (*flush)(struct weir_client *c);   /* write what the socket takes; must not end a client or run commands */
	void (*flushed)(struct weir_client *c); /* after the turn's flush, of a client that waits for it */
	void (*overflow)(struct weir_client *c);
	void (*sub_fault)(struct weir_client *c); /* its subscriptions flagged WEIR_SUB_LOST or WEIR_SUB_FULL */
};

enum weir_subscription_flags {
	WEIR_SUB_LIVE = 1 << 0, /* in the index */
	WEIR_SUB_SERVER = 1 << 1,
	WEIR_SUB_POSITIONED = 1 << 2,
	WEIR_SUB_RECOVERABLE = 1 << 3,
	WEIR_SUB_JOIN_LEAVE = 1 << 4, /* wants join and leave pushes */
	WEIR_SUB_PRESENCE = 1 << 5,   /* has a presence entry */
	WEIR_SUB_EMITS = 1 << 6,      /* its coming and going is emitted */
	WEIR_SUB_DELTA = 1 << 7,
	WEIR_SUB_DELTA_READY = 1 << 8, /* has the base of the next patch */
	WEIR_SUB_LOST = 1 << 9,        /* met a gap: must be told */
	WEIR_SUB_REFRESHED = 1 << 10,  /* the client refreshes its expiry with tokens */
	WEIR_SUB_CANCELLED = 1 << 11,  /* ended while its subscribe was on the way */
	WEIR_SUB_AUTHORIZED = 1 << 12, /* a pattern's: by a token or client.insecure, see weir_pattern_may_reach() */
	WEIR_SUB_FULL = 1 << 13,       /* policy `resync`: its queue was dropped, must be told */
};

enum weir_sub_filter {            /* where a subscription's filters come from; all must pass */
	WEIR_SUB_FILTER_TREE,     /* the subscribe field tf */
	WEIR_SUB_FILTER_OPTION,   /* data.weir.filter */
	WEIR_SUB_FILTER_ENFORCED, /* its token */
	WEIR_SUB_FILTERS
};

struct weir_subscription {
	struct weir_client *client;
	struct weir_index_entry *entry;
	const struct weir_namespace *ns;
	struct weir_subscription *next; /* of the same client */
	uint32_t slot;                  /* in entry->subs */
	uint32_t flags;
	uint64_t offset;                               /* of the last publication passed, when positioned */
	uint32_t epoch_no;                             /* which of the entry's epochs the offset belongs to */
	struct weir_filter *filters[WEIR_SUB_FILTERS]; /* NULL: none */
	uint64_t withheld;                             /* events that its filters kept back */
	struct weir_lane lane;                         /* what waits for the client's socket */
	enum weir_overflow overflow;                   /* what happens when that is full */
	struct weir_key *key;                          /* of conflation; NULL: one per channel */
	char *chan_info;                               /* JSON or NULL */
	int64_t expire_at_s;                           /* 0: never */
};

static inline bool weir_sub_is_filtered(const struct weir_subscription *s)
{
	for (unsigned i = 0; i < WEIR_SUB_FILTERS; i++)
		if (s->filters[i])
			return true;
	return false;
}

#endif
