/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conflation: which entry of a lane holds the event of a key. Keys are 128 bits of keyed hashes, so equal keys are
 * equal texts. Kept beside the lane's ring: a key per slot, and a table from key to slot, which is only kept up while
 * no key waits twice ("settled"). Worker's thread; belongs to its lane.
 */
#ifndef WEIR_BUS_LATEST_H
#define WEIR_BUS_LATEST_H

#include <stdbool.h>
#include <stdint.h>

#include "weir/base/err.h"

struct weir_event_key {
	uint64_t a, b;
};

struct weir_latest {
	struct weir_event_key *keys; /* by slot of the lane */
	uint32_t *table;             /* slot + 1 by key, 0 none: open addressing, at most half full */
	uint32_t cap;                /* slots: a power of two; the table has twice as many places */
	bool settled;                /* the table holds every slot in use; else it means nothing */
};

void weir_latest_fini(struct weir_latest *l);
/* Room for so many slots; the keys are in the order of the ring that began at `head`, and begin at 0 now. -ENOMEM. */
int weir_latest_resize(struct weir_latest *l, uint32_t cap, uint32_t head, uint32_t count) WEIR_MUSTCHECK;
void weir_latest_clear(struct weir_latest *l); /* empties the table and calls it settled */
#define WEIR_LATEST_NONE UINT32_MAX
/* The rest is for a settled one. */
uint32_t weir_latest_find(const struct weir_latest *l, struct weir_event_key key); /* the slot, or WEIR_LATEST_NONE */
void weir_latest_add(struct weir_latest *l, uint32_t slot); /* under keys[slot], which is not there */
void weir_latest_remove(struct weir_latest *l, uint32_t slot);

#endif
