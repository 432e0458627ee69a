/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind the hub: it orders events, keeps history and presence, and carries control messages. Every engine
 * passes one conformance suite (tests/unit/engine/conformance.h).
 *
 * All calls come from the hub's thread, and all of the engine's answers go to the sink on that thread, from inside the
 * call or later. A request given to the engine is the engine's until sink->done(). The order in which the engine calls
 * sink->entry() is the order of its log.
 */
#ifndef WEIR_CORE_ENGINE_H
#define WEIR_CORE_ENGINE_H

#include "weir/core/request.h"

struct weir_engine;

struct weir_engine_sink {
	/* An entry of the log: a publication, join or leave. Both are borrowed. `previous`: the publication before it
	 * in its stream, or NULL; given where the event is meant to be sent as a delta. */
	void (*entry)(void *ctx, struct weir_event *e, struct weir_event *previous);
	void (*control)(void *ctx, struct weir_control *c); /* borrowed */
	void (*done)(void *ctx, struct weir_request *r);    /* status and results are filled in */
	void *ctx;
};

struct weir_engine_ops {
	const char *name;
	void (*set_sink)(struct weir_engine *e, const struct weir_engine_sink *sink); /* before anything else */
	void (*publish)(struct weir_engine *e, struct weir_publish_request *r);
	/*
	 * Position and missed events of a positioned subscribe. To a channel: those of its stream. To a pattern (its
	 * namespace is `ordered`): epoch and top are generation and n of the log's newest entry, and the missed events
	 * are read from the log, which takes an entry's n for its offset.
	 */
	void (*recover)(struct weir_engine *e, struct weir_subscribe_request *r);
	void (*history)(struct weir_engine *e, struct weir_history_request *r); /* also history_remove */
	void (*presence)(struct weir_engine *e, struct weir_presence_request *r);
	/* A subscriber came or went. -ENOMEM from add: it stays invisible to others. */
	int (*presence_add)(struct weir_engine *e, struct weir_str channel, const struct weir_client_info *info);
	void (*presence_remove)(struct weir_engine *e, struct weir_str channel, struct weir_str client);
	/* A join or leave entry for the log. Borrowed; nothing is answered. */
	void (*append)(struct weir_engine *e, struct weir_event *entry);
	void (*control)(struct weir_engine *e, struct weir_control_request *r);
	/* 0: publishing works. Else an error, and *why says it for people. */
	int (*state)(struct weir_engine *e, const char **why);
	uint64_t (*next_deadline)(struct weir_engine *e);     /* monotonic ms; UINT64_MAX: none */
	void (*tick)(struct weir_engine *e, uint64_t now_ms); /* drop what has expired, with a budget */
	void (*free)(struct weir_engine *e);                  /* answers nothing any more */
};

/* Embedded at the beginning of each engine. */
struct weir_engine {
	const struct weir_engine_ops *ops;
};

#endif
