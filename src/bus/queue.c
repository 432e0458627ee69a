/* SPDX-License-Identifier: Apache-2.0 */
/* A client's bounded queue of frames: a ring of pointers. Worker's thread. */
#include "weir/bus/queue.h"

#include <errno.h>
#include <stdlib.h>

#define QUEUE_CAP_MIN  4u
#define QUEUE_CAP_KEPT 16u /* slots that an empty queue may keep */

static struct weir_frame **queue_slot(const struct weir_queue *q, uint32_t i)
{
	return &q->slots[(q->head + i) & (q->cap - 1)];
}

static int queue_grow(struct weir_queue *q)
{
	uint32_t cap = q->cap ? q->cap * 2 : QUEUE_CAP_MIN;
	struct weir_frame **slots;

	if (cap < q->cap)
		return WEIR_ENOROOM;
	slots = malloc(cap * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->count; i++)
		slots[i] = *queue_slot(q, i);
	free(q->slots);
	q->slots = slots;
	q->cap = cap;
	q->head = 0;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_queue_init(struct weir_queue *q, size_t max_bytes)
{
	*q = (struct weir_queue){.max_bytes = max_bytes};
}

void weir_queue_clear(struct weir_queue *q)
{
	for (uint32_t i = 0; i < q->count; i++)
		weir_frame_unref(queue_slot(q, i));
	free(q->slots);
	weir_queue_init(q, q->max_bytes);
}

int weir_queue_push(struct weir_queue *q, struct weir_frame *f)
{
	if (q->count && q->bytes + f->len > q->max_bytes)
		return WEIR_ENOROOM;
	return weir_queue_append(q, f);
}

int weir_queue_append(struct weir_queue *q, struct weir_frame *f)
{
	if (q->count == q->cap) {
		int err = queue_grow(q);

		if (err)
			return err;
	}
	*queue_slot(q, q->count) = weir_frame_ref(f);
	q->count++;
	q->bytes += f->len;
	return 0;
}

int weir_queue_push_front(struct weir_queue *q, struct weir_frame *f)
{
	if (q->count == q->cap) {
		int err = queue_grow(q);

		if (err)
			return err;
	}
	q->head = (q->head - 1) & (q->cap - 1);
	q->slots[q->head] = weir_frame_ref(f);
	q->count++;
	q->bytes += f->len;
	return 0;
}

struct weir_str weir_queue_gather(struct weir_queue *q, unsigned char *scratch, size_t size, uint32_t *n_frames)
{
	const struct weir_frame *first;
	size_t used = 0;
	uint32_t n = 0;

	*n_frames = 0;
	if (!q->count)
		return WEIR_STR_NONE;
	first = *queue_slot(q, 0);
	*n_frames = 1;
	if (q->count == 1 || first->len + (*queue_slot(q, 1))->len > size)
		return weir_str_n((const char *)first->data, first->len);
	while (n < q->count) {
		const struct weir_frame *f = *queue_slot(q, n);

		if (used + f->len > size)
			break;
		memcpy(scratch + used, f->data, f->len);
		used += f->len;
		n++;
	}
	*n_frames = n;
	return weir_str_n((const char *)scratch, used);
}

void weir_queue_pop(struct weir_queue *q, uint32_t n_frames)
{
	weir_assert(n_frames <= q->count);
	for (uint32_t i = 0; i < n_frames; i++) {
		struct weir_frame **slot = queue_slot(q, 0);

		q->bytes -= (*slot)->len;
		weir_frame_unref(slot);
		q->head = (q->head + 1) & (q->cap - 1);
		q->count--;
	}
	if (!q->count && q->cap > QUEUE_CAP_KEPT) {
		free(q->slots);
		weir_queue_init(q, q->max_bytes);
	}
}
