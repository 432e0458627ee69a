/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory engine behind a network: it does what it is asked when the test says so, and not before; or it refuses.
 * It may say things by itself: resets, and that there is no room for publishes. Single-threaded.
 */
#ifndef WEIR_TEST_LATE_ENGINE_H
#define WEIR_TEST_LATE_ENGINE_H

#include "weir/core/engine.h"

#define LATE_HELD_MAX 64

struct late_engine {
	struct weir_engine engine;
	struct weir_engine *inner;
	struct weir_engine_sink sink;
	unsigned holds; /* 1 << WEIR_REQUEST_…: these wait; PUBLISH, SUBSCRIBE (with a position), HISTORY, PRESENCE */
	int status;     /* not 0: what would be done now is refused with this */
	struct weir_request *held[LATE_HELD_MAX];
	unsigned n_held;
};

/* Takes over `inner`; freed by its ops->free. */
struct late_engine *late_engine_new(struct weir_engine *inner);
/* The oldest that waits is done now, or refused if status says so. */
void late_release(struct late_engine *l);
void late_reset(struct late_engine *l, const struct weir_reset *reset);

#endif
