/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's interest in a channel, as the fan-out sees it: whom to send to, what to leave out, and where the
 * subscriber is. Owned by its client's session; listed in the worker's index while it is live. Worker's thread.
 */
#ifndef WEIR_BUS_SUBSCRIPTION_H
#define WEIR_BUS_SUBSCRIPTION_H

#include "weir/base/list.h"
#include "weir/bus/namespace.h"
#include "weir/bus/queue.h"
#include "weir/event/event.h"
#include "weir/event/tagfilter.h"

struct weir_client;
struct weir_index_entry;
struct weir_subscription;

enum weir_push_variant {
	WEIR_PUSH_PLAIN,      /* the payload as it is */
	WEIR_PUSH_DELTA_FULL, /* for delta subscribers: the payload as a JSON string */
	WEIR_PUSH_DELTA, /* the patch against the previous publication, or the same as DELTA_FULL if that is shorter */
	WEIR_PUSH_VARIANTS
};

/* How events become frames; one static object per encoding. */
struct weir_encoder {
	unsigned slot; /* index into the fan-out's cache, < WEIR_ENCODERS */
	/* One push for one event. `previous` only with WEIR_PUSH_DELTA. NULL: no memory. */
	struct weir_frame *(*push)(
		const struct weir_event *e, const struct weir_event *previous, enum weir_push_variant v);
};
#define WEIR_ENCODERS 4

/* What the fan-out needs of a client. Only flush() may run during a fan-out; the others run at the end of the turn. */
struct weir_client {
	struct weir_queue queue;
	const struct weir_encoder *encoder;
	const struct weir_client_ops *ops;
	struct weir_list dirty; /* weir_worker.dirty: has something to flush */
	struct weir_list fault; /* weir_worker.faults: overflowed or lost its place in this turn */
	bool open;              /* takes frames */
	bool waits;             /* for room in its queue */
	bool overflowed;
	bool lost_place; /* one of its subscriptions is flagged WEIR_SUB_LOST */
};

struct weir_client_ops {
	void (*flush)(struct weir_client *c);   /* write what the socket takes; must not end a client or run commands */
	void (*flushed)(struct weir_client *c); /* after the turn's flush, of a client that waits for it */
	void (*overflow)(struct weir_client *c);
	void (*lost_place)(struct weir_client *c); /* its subscriptions flagged WEIR_SUB_LOST */
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
};

struct weir_subscription {
	struct weir_client *client;
	struct weir_index_entry *entry;
	const struct weir_namespace *ns;
	struct weir_subscription *next; /* of the same client */
	uint32_t slot;                  /* in entry->subs */
	uint32_t flags;
	uint64_t offset;   /* of the last publication passed, when positioned */
	uint32_t epoch_no; /* which of the entry's epochs the offset belongs to */
	struct weir_tagfilter *filter;
	char *chan_info;     /* JSON or NULL */
	int64_t expire_at_s; /* 0: never */
};

#endif
