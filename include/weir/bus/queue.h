/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's queue of frames that wait for its socket, bounded by bytes. The odd case: when nothing waits, a frame of
 * any size is taken, or a large event could never be sent. Slots grow on demand and are given back when the queue has
 * run empty after a burst. Worker's thread.
 */
#ifndef WEIR_BUS_QUEUE_H
#define WEIR_BUS_QUEUE_H

#include "weir/bus/frame.h"

struct weir_queue {
	struct weir_frame **slots; /* a ring; cap is 0 or a power of two */
	uint32_t head, count, cap;
	size_t bytes, max_bytes;
};

void weir_queue_init(struct weir_queue *q, size_t max_bytes);
void weir_queue_clear(struct weir_queue *q); /* drops all frames and the slots; also the fini */
/* Takes a reference of its own. WEIR_ENOROOM: over max_bytes; -ENOMEM. Nothing happened then. */
int weir_queue_push(struct weir_queue *q, struct weir_frame *f) WEIR_MUSTCHECK;
/* Behind everything, whatever the bound says: for answers, whose number is bounded by who asks for them. */
int weir_queue_append(struct weir_queue *q, struct weir_frame *f) WEIR_MUSTCHECK;
/* In front of everything, whatever the bound says: the one connect reply that must come before pushes that wait. */
int weir_queue_push_front(struct weir_queue *q, struct weir_frame *f) WEIR_MUSTCHECK;
/*
 * The next bytes to write: one frame as it is, or, when several whole frames fit into `scratch`, those gathered there.
 * *n_frames says how many frames; 0 and an absent string when the queue is empty.
 */
struct weir_str weir_queue_gather(struct weir_queue *q, unsigned char *scratch, size_t size, uint32_t *n_frames);
void weir_queue_pop(struct weir_queue *q, uint32_t n_frames); /* written: drop them */

#endif
