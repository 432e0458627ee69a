/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded ring. Each cell begins with its turn: 2·lap when it is free for that lap, one more when it is filled; so
 * a capacity of one works too. A producer claims a place by moving `tail`, then fills it; until it has, the consumer
 * sees "empty" even if later places are filled already. Push: any thread. Pop: the consumer's thread.
 */
#include "weir/base/ring.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weir/base/err.h"
#include "weir/base/mem.h"

struct ring_cell {
	atomic_size_t turn;
	unsigned char elem[];
};

static struct ring_cell *ring_cell(const struct weir_ring *r, size_t pos)
{
	return (struct ring_cell *)(void *)(r->cells + (pos & r->mask) * r->cell_size);
}

/* The lap is the position without its index bits: laps are `capacity` apart, which leaves room for the second state. */
static size_t ring_turn(const struct weir_ring *r, size_t pos)
{
	return (pos & ~r->mask) * 2;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_ring_init(struct weir_ring *r, size_t elem_size, size_t capacity)
{
	size_t n = 1, align = _Alignof(struct ring_cell);

	weir_assert(elem_size > 0 && capacity > 0 && capacity <= SIZE_MAX / 4);
	while (n < capacity)
		n *= 2;
	r->mask = n - 1;
	r->elem_size = elem_size;
	r->cell_size = (sizeof(struct ring_cell) + elem_size + align - 1) / align * align;
	r->cells = weir_xcalloc(n, r->cell_size);
	for (size_t i = 0; i < n; i++)
		atomic_init(&ring_cell(r, i)->turn, 0);
	atomic_init(&r->tail, 0);
	atomic_init(&r->head, 0);
}

void weir_ring_fini(struct weir_ring *r)
{
	free(r->cells);
	r->cells = NULL;
}

bool weir_ring_push(struct weir_ring *r, const void *elem)
{
	size_t pos = atomic_load_explicit(&r->tail, memory_order_relaxed);

	for (;;) {
		struct ring_cell *cell = ring_cell(r, pos);
		size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
		ptrdiff_t ahead = (ptrdiff_t)(turn - ring_turn(r, pos));

		if (ahead < 0)
			return false; /* still filled from the lap before */
		if (ahead > 0) {
			pos = atomic_load_explicit(&r->tail, memory_order_relaxed); /* another producer was here */
			continue;
		}
		if (atomic_compare_exchange_weak_explicit(
			    &r->tail, &pos, pos + 1, memory_order_relaxed, memory_order_relaxed)) {
			memcpy(cell->elem, elem, r->elem_size);
			atomic_store_explicit(&cell->turn, turn + 1, memory_order_release);
			return true;
		}
	}
}

bool weir_ring_pop(struct weir_ring *r, void *elem)
{
	size_t pos = atomic_load_explicit(&r->head, memory_order_relaxed);
	struct ring_cell *cell = ring_cell(r, pos);

	if (atomic_load_explicit(&cell->turn, memory_order_acquire) != ring_turn(r, pos) + 1)
		return false;
	memcpy(elem, cell->elem, r->elem_size);
	atomic_store_explicit(&cell->turn, ring_turn(r, pos + r->mask + 1), memory_order_release);
	atomic_store_explicit(&r->head, pos + 1, memory_order_relaxed);
	return true;
}

size_t weir_ring_capacity(const struct weir_ring *r)
{
	return r->mask + 1;
}

size_t weir_ring_count(const struct weir_ring *r)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	size_t n = atomic_load_explicit(&r->tail, memory_order_relaxed) - head;

	return n > r->mask + 1 ? r->mask + 1 : n;
}
