/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves a client's queue: gathered for one write, each frame marked if it must tell of a gap. The odd case: a
 * subscription that ends leaves what it still has to the control lane, so that its goodbye does not overtake its
 * events. Worker's thread.
 */
#include <stdlib.h>

#include "queue_priv.h"

static bool is_marked(const struct weir_queue *q, const struct weir_lane_entry *e)
{
	return (e->dropped || e->without_offset || q->place) && e->frame->tags_at;
}

static size_t mark(const struct weir_queue *q, const struct weir_lane_entry *e, unsigned char *out, size_t room)
{
	if (q->place)
		return q->encoder->place(q->place, e->frame, e->dropped, e->without_offset, out, room);
	return q->encoder->mark(e->frame, e->dropped, e->without_offset, out, room);
}

/* The oldest lane that may go on, NULL if none. Those whose rate is used up are held. */
static struct weir_lane *take_lane(struct weir_queue *q, uint64_t *now_ms)
{
	while (weir_queue_is_ready(q)) {
		struct weir_lane *l = weir_list_entry(q->ready.next, struct weir_lane, ready);

		if (!l->pace)
			return l;
		if (!*now_ms)
			*now_ms = weir_mono_ms(q->all->clock);
		if (weir_rate_has(&l->pace->rate, *now_ms))
			return l;
		weir__queue_hold(q, l, *now_ms);
	}
	return NULL;
}

/* The lane's oldest frame as written; its reference is the caller's. */
static struct weir_frame *take_frame(struct weir_queue *q, struct weir_lane *l)
{
	struct weir_lane_entry e = weir_lane_pop(l);

	if (l->pace)
		weir_rate_take(&l->pace->rate);
	weir__queue_after_pop(q, l);
	weir__queue_account(q, 0, e.frame->len);
	l->delivered++;
	if (e.frame->offset && !e.without_offset)
		l->sent_offset = e.frame->offset;
	if (q->place)
		q->encoder->placed(q->place, e.frame, e.without_offset);
	return e.frame;
}

/* Too large for the scratch memory, or the only one: written from where it is. */
static struct weir_str take_alone(struct weir_queue *q, struct weir_lane *l)
{
	const struct weir_lane_entry e = *weir_lane_at(l, 0);
	struct weir_frame *whole = NULL;

	if (is_marked(q, &e)) {
		size_t n = mark(q, &e, NULL, 0);

		whole = weir_frame_new(n);
		if (!whole)
			return WEIR_STR_NONE; /* no memory: it stays, and is tried again */
		mark(q, &e, whole->data, n);
	}
	q->writing = take_frame(q, l);
	if (whole) {
		weir_frame_unref(&q->writing);
		q->writing = whole;
	}
	return weir_str_n((const char *)q->writing->data, q->writing->len);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_str weir_queue_take(struct weir_queue *q, unsigned char *scratch, size_t size)
{
	uint64_t now_ms = 0;
	size_t used = 0;
	struct weir_lane *l;

	weir_frame_unref(&q->writing);
	while ((l = take_lane(q, &now_ms))) {
		const struct weir_lane_entry *e = weir_lane_at(l, 0);
		bool marked = is_marked(q, e);
		size_t n = e->frame->len;
		struct weir_frame *f;

		if (!used && !marked && (q->count == 1 || n > size / 2))
			return take_alone(q, l);
		if (marked)
			n = mark(q, e, scratch + used, size - used);
		if (n > size - used) {
			if (!used)
				return take_alone(q, l);
			break;
		}
		f = take_frame(q, l);
		if (!marked)
			memcpy(scratch + used, f->data, n);
		used += n;
		weir_frame_unref(&f);
	}
	return used ? weir_str_n((const char *)scratch, used) : WEIR_STR_NONE;
}

size_t weir_queue_ready_bytes(const struct weir_queue *q)
{
	size_t bytes = q->bytes;
	struct weir_list *node;

	weir_list_foreach (node, &q->held)
		bytes -= weir_list_entry(node, struct weir_lane, ready)->bytes;
	return bytes;
}

void weir_queue_set_stuck(struct weir_queue *q, bool stuck, bool wrote)
{
	struct weir_list *node;

	if (!stuck) {
		q->stuck_ms = 0;
		return;
	}
	if (!q->stuck_ms || wrote)
		q->stuck_ms = weir_mono_ms(q->all->clock) + !weir_mono_ms(q->all->clock);
	weir_list_foreach (node, &q->ready)
		weir__queue_settle(q, weir_list_entry(node, struct weir_lane, ready));
}

void weir_queue_absorb(struct weir_queue *q, struct weir_lane *l)
{
	struct weir_lane *control = &q->control, merged = {.cap = 4};

	if (weir_lane_is_held(l))
		weir__queue_release(q, l);
	if (!l->count)
		return;
	while (merged.cap < control->count + l->count)
		merged.cap *= 2;
	merged.slots = weir_xmalloc(merged.cap * sizeof(*merged.slots));
	for (uint32_t i = 0, j = 0; merged.count < control->count + l->count;) {
		bool first =
			j == l->count ||
			(i < control->count && (int32_t)(weir_lane_at(l, j)->seq - weir_lane_at(control, i)->seq) > 0);

		merged.slots[merged.count++] = first ? *weir_lane_at(control, i++) : *weir_lane_at(l, j++);
	}
	weir_list_remove(&l->ready);
	weir_list_remove(&control->ready);
	free(control->slots);
	control->slots = merged.slots;
	control->cap = merged.cap;
	control->head = 0;
	control->count = merged.count;
	control->bytes += l->bytes;
	l->count = l->head = 0;
	l->bytes = 0;
	weir__queue_ready(q, control);
}
