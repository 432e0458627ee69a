/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded ring of fixed-size elements, many producers and one consumer, without locks or system calls (Vyukov's array
 * queue, https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue). Elements of one producer stay
 * in order. Push: any thread. Pop: the consumer's thread only.
 */
#ifndef WEIR_BASE_RING_H
#define WEIR_BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct weir_ring {
	unsigned char *cells;
	size_t mask, elem_size, cell_size;
	/* Padding, not alignment, so that it may live in memory from malloc(). */
	char pad_tail[64];
	atomic_size_t tail; /* next to write */
	char pad_head[64];
	atomic_size_t head; /* next to read; written by the consumer only */
	char pad_end[64];
};

void weir_ring_init(
	struct weir_ring *r, size_t elem_size, size_t capacity); /* capacity is rounded up to a power of two */
void weir_ring_fini(struct weir_ring *r);
bool weir_ring_push(struct weir_ring *r, const void *elem); /* false: full, nothing happened */
bool weir_ring_pop(struct weir_ring *r, void *elem);        /* false: empty */
size_t weir_ring_capacity(const struct weir_ring *r);
size_t weir_ring_count(
	const struct weir_ring *r); /* exact on the consumer's thread while nobody pushes, else a snapshot */

#endif
