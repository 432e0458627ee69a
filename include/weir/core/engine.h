/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind the hub: it orders events, keeps history and presence, and carries control messages. Every engine
 * passes one conformance suite (tests/unit/engine/conformance.h).
 *
 * All calls come from the hub's thread, and all of the engine's answers go to the sink on that thread, from inside the
 * call or later. A request given to the engine is the engine's until sink->done(). The order in which the engine calls
 * sink->entry() is the order of its log.
 *
 * Room: a call from the hub may be answered from inside with at most one entry (or control message) and one done. What
 * the engine says later, from its own loop, it says only after sink->room() was true: once for each entry, control
 * message, reset or done. When it was false the engine holds back everything, in order, until ops->resume().
 */
#ifndef WEIR_CORE_ENGINE_H
#define WEIR_CORE_ENGINE_H

#include "weir/base/buf.h"
#include "weir/core/request.h"

struct weir_engine;
struct weir_loop;

/*
 * The continuity of a part of the channels is broken. Channels belong to it by weir_partition_of() (bus/partition.h);
 * whoever has a position there is told (unsubscribe 2500; server-side: disconnect 3010), and comes back.
 */
struct weir_reset {
	unsigned partition, partitions;
	bool channels;     /* positioned subscriptions of channels */
	bool patterns;     /* positioned subscriptions of patterns, which live in `ordered` namespaces */
	bool unpositioned; /* the others have lost an unknown number of events: the next one says weir-dropped "?" */
};

struct weir_engine_sink {
	/* An entry of the log: a publication, join or leave. Both are borrowed. `previous`: the publication before it
	 * in its stream, or NULL; given where the event is meant to be sent as a delta. */
	void (*entry)(void *ctx, struct weir_event *e, struct weir_event *previous);
	void (*control)(void *ctx, struct weir_control *c); /* borrowed */
	void (*done)(void *ctx, struct weir_request *r);    /* status and results are filled in */
	void (*reset)(void *ctx, const struct weir_reset *reset);
	bool (*room)(void *ctx); /* see above; after false the hub calls ops->resume() */
	/* Publishers are to wait (false) or may go on: what the engine's queue has room for. Any number of times. */
	void (*publish_room)(void *ctx, bool room);
	/* Another broker asks: fills in a request of type INFO or CHANNELS with what this broker alone knows. */
	void (*local)(void *ctx, struct weir_request *r);
	void *ctx;
};

struct weir_engine_ops {
	const char *name;
	void (*set_sink)(struct weir_engine *e, const struct weir_engine_sink *sink); /* before anything else */
	/*
	 * Gets to work on the hub's loop, before that runs; the engine's handles live there. NULL where an engine needs
	 * no loop. 0, or an error that keeps the broker from starting, logged.
	 */
	int (*open)(struct weir_engine *e, struct weir_loop *loop);
	/*
	 * No more calls come but free(). What is still unanswered is not answered any more. The engine says good-bye to
	 * others (bounded in time) and closes its handles; then `closed` is called from the loop, or inside. NULL with open.
	 */
	void (*close)(struct weir_engine *e, void (*closed)(void *ctx), void *ctx);
	void (*resume)(struct weir_engine *e); /* there is room again. NULL: it always answers from inside */
	void (*publish)(struct weir_engine *e, struct weir_publish_request *r);
	/*
	 * Position and missed events of a positioned subscribe. To a channel: those of its stream. To a pattern (its
	 * namespace is `ordered`): epoch and top are generation and n of the log's newest entry, and the missed events
	 * are read from the log, which takes an entry's n for its offset. The answer is at the engine's place in the
	 * log: entries that it covers came before it, and all later ones come after it.
	 */
	void (*recover)(struct weir_engine *e, struct weir_subscribe_request *r);
	void (*history)(struct weir_engine *e, struct weir_history_request *r); /* also history_remove */
	void (*presence)(struct weir_engine *e, struct weir_presence_request *r);
	/* A subscriber came or went. -ENOMEM from add: it stays invisible to others. */
	int (*presence_add)(struct weir_engine *e, struct weir_str channel, const struct weir_client_info *info);
	void (*presence_remove)(struct weir_engine *e, struct weir_str channel, struct weir_str client);
	/* A join or leave entry for the log. Borrowed; nothing is answered. */
	void (*append)(struct weir_engine *e, struct weir_event *entry);
	/* With a node: for that one, another one; WEIR_ENOTFOUND: it is not known. */
	void (*control)(struct weir_engine *e, struct weir_control_request *r);
	/*
	 * A request of type INFO or CHANNELS, filled in with what this broker knows: adds what the others know, and
	 * names those that did not answer in time. Then done(). NULL where there are no others.
	 */
	void (*survey)(struct weir_engine *e, struct weir_request *r);
	/* 0: publishing works, and what others publish arrives. Else an error, and why, for people. Any thread. */
	int (*state)(struct weir_engine *e, struct weir_buf *why);
	/* Its counters and gauges, name and value. Any thread. NULL: none. */
	void (*metrics)(struct weir_engine *e, void (*item)(void *ctx, const char *name, double value), void *ctx);
	uint64_t (*next_deadline)(struct weir_engine *e);     /* monotonic ms; UINT64_MAX: none */
	void (*tick)(struct weir_engine *e, uint64_t now_ms); /* drop what has expired, with a budget */
	void (*free)(struct weir_engine *e);                  /* answers nothing any more */
};

/* Embedded at the beginning of each engine. */
struct weir_engine {
	const struct weir_engine_ops *ops;
};

#endif
