/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subscription's queue as it was asked for or granted, and what happens when it is full (protocol.md §14.3, §14.4).
 */
#ifndef WEIR_BUS_OVERFLOW_H
#define WEIR_BUS_OVERFLOW_H

#include "weir/base/str.h"

#define WEIR_OVERFLOWS(X)             \
	X(RESYNC, "resync")           \
	X(DISCONNECT, "disconnect")   \
	X(DROP_OLDEST, "drop_oldest") \
	X(DROP_NEWEST, "drop_newest") \
	X(LATEST, "latest")

enum weir_overflow {
	WEIR_OVERFLOW_UNSET, /* nobody has chosen: depends on rate and recovery */
#define X(name, text) WEIR_OVERFLOW_##name,
	WEIR_OVERFLOWS(X)
#undef X
};
#define WEIR_OVERFLOW_BIT(o) (1u << (o))
#define WEIR_OVERFLOW_ALL    0x3eu

/* Do single events get lost on their way, so that a later one follows what was not its predecessor? */
static inline bool weir_overflow_drops_events(enum weir_overflow o)
{
	return o >= WEIR_OVERFLOW_DROP_OLDEST;
}

/* What a subscription was granted. */
struct weir_queue_options {
	enum weir_overflow overflow; /* never WEIR_OVERFLOW_UNSET */
	uint32_t queue;              /* events that may wait, at least 1 */
	double rate;                 /* events a second; 0: off */
	struct weir_str key;         /* for LATEST; absent or empty: one key per channel. Borrowed */
};

const char *weir_overflow_name(enum weir_overflow o);
enum weir_overflow weir_overflow_parse(struct weir_str name); /* WEIR_OVERFLOW_UNSET: no such policy */

#endif
