/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every engine must do (include/weir/core/engine.h), as tests that an engine's own test program puts into its
 * table. The program says how an engine is made, how it gets to work, and how its time passes. Answers may come from
 * inside a call or only when it is pumped: nothing here depends on which.
 */
#ifndef WEIR_TEST_CONFORMANCE_H
#define WEIR_TEST_CONFORMANCE_H

#include "test.h"
#include "weir/core/engine.h"

#define CONFORMANCE_IDEMPOTENCY_TTL 5000 /* the engine under test remembers results for this long */
#define CONFORMANCE_LOG_ENTRIES     16   /* and holds at least so many small entries of its log */

struct conformance_subject {
	struct weir_engine *(*make)(void);                   /* with nothing in it */
	void (*destroy)(struct weir_engine *e);              /* frees what make() has made */
	void (*pump)(struct weir_engine *e);                 /* returns when all answers have come */
	void (*advance)(struct weir_engine *e, uint64_t ms); /* its clock moves by this */
	/* How exact its times are: what has a time to live goes at most so much before and after its end. NULL: exact. */
	uint64_t early_ms;
	uint64_t (*late_ms)(uint64_t ttl_ms);
	bool forgets_log; /* of its log it holds at most ten times CONFORMANCE_LOG_ENTRIES */
};

/* Defined by the program. */
extern const struct conformance_subject conformance_subject;

#define CONFORMANCE_TESTS(X)                                       \
	X("publish: offsets are dense", offsets)                   \
	X("publish: without history", without_history)             \
	X("publish: many at once", many_at_once)                   \
	X("publish: formats of payloads", formats)                 \
	X("log: positions are dense", positions)                   \
	X("log: joins and leaves", joins)                          \
	X("history: size", size)                                   \
	X("history: ttl", ttl)                                     \
	X("history: meta ttl", meta_ttl)                           \
	X("history: what keeps a stream", keeping)                 \
	X("history: ranges", ranges)                               \
	X("history: epoch", history_epoch)                         \
	X("history: remove", history_remove)                       \
	X("recover: every position", every_position)               \
	X("recover: limit", recover_limit)                         \
	X("recover: times", recover_times)                         \
	X("recover: patterns", pattern_positions)                  \
	X("recover: patterns, limits", pattern_limit)              \
	X("recover: patterns, old entries", pattern_old)           \
	X("recover: patterns, what they may reach", pattern_reach) \
	X("idempotency", idempotency)                              \
	X("idempotency: times", idempotency_times)                 \
	X("version", version)                                      \
	X("version: epochs", version_epoch)                        \
	X("version: without history", version_without_history)     \
	X("version: times", version_times)                         \
	X("delta: the publication before", previous)               \
	X("presence", presence)                                    \
	X("presence: replaced", presence_replaced)                 \
	X("control: in order", control)                            \
	X("state", state)

#define X(name, fn) void conformance_##fn(void);
CONFORMANCE_TESTS(X)
#undef X

#endif
