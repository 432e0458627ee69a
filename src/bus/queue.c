/* SPDX-License-Identifier: Apache-2.0 */
/* A client's lanes and their accounts. What is taken from them to be written is in queue_take.c. Worker's thread. */
#include "weir/bus/queue.h"

#include <errno.h>
#include <stdlib.h>

#include "queue_priv.h"

static const struct weir_event_key no_key;

static unsigned size_class(size_t bytes)
{
	unsigned c;

	if (!(bytes >> WEIR_QUEUE_CLASS_MIN))
		return 0;
	c = 63u - (unsigned)__builtin_clzll(bytes) - WEIR_QUEUE_CLASS_MIN;
	return 1 + (c < WEIR_QUEUE_CLASSES - 1 ? c : WEIR_QUEUE_CLASSES - 2);
}

/* ---- accounts ---- */

void weir__queue_account(struct weir_queue *q, size_t came, size_t went)
{
	unsigned c;

	q->bytes = q->bytes + came - went;
	q->all->bytes = q->all->bytes + came - went;
	c = size_class(q->bytes);
	if (c == q->size_class)
		return;
	q->size_class = c;
	weir_list_remove(&q->large);
	if (c)
		weir_list_append(&q->all->large[c], &q->large);
}

/* Into its place among the lanes that are ready: mostly the last. */
void weir__queue_ready(struct weir_queue *q, struct weir_lane *l)
{
	struct weir_list *at = q->ready.prev;
	uint32_t seq = weir_lane_at(l, 0)->seq;

	while (at != &q->ready &&
		(int32_t)(weir_lane_at(weir_list_entry(at, struct weir_lane, ready), 0)->seq - seq) > 0)
		at = at->prev;
	weir_list_prepend(at, &l->ready);
}

void weir__queue_after_pop(struct weir_queue *q, struct weir_lane *l)
{
	q->count--;
	if (weir_lane_is_held(l)) {
		if (!l->count)
			weir__queue_release(q, l);
		return;
	}
	weir_list_remove(&l->ready);
	if (l->count)
		weir__queue_ready(q, l);
}

static void queue_drop(struct weir_queue *q, struct weir_lane *l, struct weir_frame *f)
{
	weir__queue_account(q, 0, f->len);
	l->lost_bytes += f->len;
	weir_frame_unref(&f);
}

/* ---- lanes whose rate is used up ---- */

static void lane_wake(struct weir_deadline *d, uint64_t now_ms)
{
	struct weir_lane_pace *pace = WEIR_CONTAINER_OF(d, struct weir_lane_pace, wake);
	struct weir_queue *q = pace->queue;

	(void)now_ms;
	weir__queue_release(q, pace->lane);
	q->all->awake(q->all, q);
}

void weir__queue_hold(struct weir_queue *q, struct weir_lane *l, uint64_t now_ms)
{
	weir_list_remove(&l->ready);
	weir_list_append(&q->held, &l->ready);
	l->pace->held = true;
	l->pace->queue = q;
	l->pace->wake.fire = lane_wake;
	weir_timers_set(q->all->timers, &l->pace->wake, weir_rate_next_ms(&l->pace->rate, now_ms));
	weir__queue_settle(q, l);
}

void weir__queue_release(struct weir_queue *q, struct weir_lane *l)
{
	weir_timers_cancel(q->all->timers, &l->pace->wake);
	l->pace->held = false;
	weir_list_remove(&l->ready);
	if (l->count)
		weir__queue_ready(q, l);
}

/* ---- conflation ---- */

static void queue_conflated(struct weir_queue *q, struct weir_lane *l, struct weir_frame *f)
{
	l->conflated++;
	if (q->all->stats) {
		weir_stat_add(q->all->stats, conflated, 1);
		weir_stat_add(q->all->stats, conflated_bytes, f->len);
	}
	queue_drop(q, l, f);
}

struct settling {
	struct weir_queue *queue;
	struct weir_lane *lane;
};

static void on_superseded(void *ctx, struct weir_frame *f)
{
	struct settling *s = ctx;

	s->queue->count--;
	queue_conflated(s->queue, s->lane, f);
}

void weir__queue_settle(struct weir_queue *q, struct weir_lane *l)
{
	if (l->latest && l->count)
		weir_lane_settle(l, on_superseded, &(struct settling){q, l});
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_queues_init(struct weir_queues *all, const struct weir_clock *clock, struct weir_timers *timers,
	void (*awake)(struct weir_queues *all, struct weir_queue *q))
{
	*all = (struct weir_queues){.clock = clock, .timers = timers, .awake = awake};
	for (unsigned i = 0; i < WEIR_QUEUE_CLASSES; i++)
		weir_list_init(&all->large[i]);
}

struct weir_queue *weir_queues_largest(const struct weir_queues *all)
{
	for (unsigned i = WEIR_QUEUE_CLASSES - 1; i > 0; i--) {
		struct weir_queue *most = NULL;
		struct weir_list *node;
		unsigned left = WEIR_QUEUES_LOOK;

		weir_list_foreach (node, &all->large[i]) {
			struct weir_queue *q = weir_list_entry(node, struct weir_queue, large);

			if (!left--)
				break;
			if (!most || q->bytes > most->bytes)
				most = q;
		}
		if (most)
			return most;
	}
	return NULL;
}

void weir_queue_init(
	struct weir_queue *q, struct weir_queues *all, const struct weir_encoder *encoder, size_t max_bytes)
{
	*q = (struct weir_queue){.all = all, .encoder = encoder, .max_bytes = max_bytes};
	weir_list_init(&q->ready);
	weir_list_init(&q->held);
	weir_list_init(&q->large);
	weir_list_init(&q->control.ready);
}

void weir_queue_clear(struct weir_queue *q)
{
	weir_frame_unref(&q->writing);
	weir_queue_drop_all(q, &q->control);
	weir_lane_fini(&q->control);
}

int weir_queue_push(struct weir_queue *q, struct weir_lane *l, struct weir_frame *f, struct weir_event_key key)
{
	int err = weir_lane_append(l, f, q->seq, key);

	if (err)
		return err;
	weir_frame_ref(f);
	q->seq++;
	q->count++;
	weir__queue_account(q, f->len, 0);
	if (l->count == 1)
		weir_list_append(&q->ready, &l->ready);
	return 0;
}

int weir_queue_append(struct weir_queue *q, struct weir_frame *f)
{
	return weir_queue_push(q, &q->control, f, no_key);
}

int weir_queue_push_front(struct weir_queue *q, struct weir_frame *f)
{
	struct weir_lane *l = &q->control, *first = l;
	struct weir_lane_entry e;
	int err;

	if (weir_queue_is_ready(q))
		first = weir_list_entry(q->ready.next, struct weir_lane, ready);
	e = (struct weir_lane_entry){.frame = f, .seq = (first->count ? weir_lane_at(first, 0)->seq : q->seq) - 1};
	err = weir_queue_append(q, f); /* for its room and its accounts; then everything moves up by one */
	if (err)
		return err;
	for (uint32_t i = l->count - 1; i > 0; i--)
		*weir_lane_at(l, i) = *weir_lane_at(l, i - 1);
	*weir_lane_at(l, 0) = e;
	weir_list_remove(&l->ready);
	weir__queue_ready(q, l);
	return 0;
}

const struct weir_frame *weir_queue_find(struct weir_queue *q, struct weir_lane *l, struct weir_event_key key)
{
	uint32_t slot;

	if (!l->latest || !l->count)
		return NULL;
	weir__queue_settle(q, l);
	slot = weir_latest_find(l->latest, key);
	return slot == WEIR_LATEST_NONE ? NULL : l->slots[slot].frame;
}

bool weir_queue_replace(struct weir_queue *q, struct weir_lane *l, struct weir_frame *f, struct weir_event_key key)
{
	struct weir_frame *old;

	weir__queue_settle(q, l);
	old = l->count ? weir_lane_replace(l, f, key) : NULL;
	if (!old)
		return false;
	weir__queue_account(q, f->len, 0);
	queue_conflated(q, l, old);
	return true;
}

bool weir_queue_drop_oldest(struct weir_queue *q, struct weir_lane *l)
{
	struct weir_lane_entry e;

	if (!l->count)
		return false;
	e = weir_lane_pop(l);
	if (l->count)
		weir_lane_entry_lost(weir_lane_at(l, 0), weir_lost_sum(e.dropped, 1));
	else
		weir_lane_lost(l, weir_lost_sum(e.dropped, 1));
	weir__queue_after_pop(q, l);
	l->dropped++;
	queue_drop(q, l, e.frame);
	return true;
}

bool weir_queue_drop_newest(struct weir_queue *q, struct weir_lane *l)
{
	struct weir_lane_entry e;

	if (!l->count)
		return false;
	e = weir_lane_pop_last(l);
	weir_lane_lost(l, weir_lost_sum(e.dropped, 1));
	weir__queue_after_pop(q, l);
	l->dropped++;
	queue_drop(q, l, e.frame);
	return true;
}

void weir_queue_drop_all(struct weir_queue *q, struct weir_lane *l)
{
	while (weir_queue_drop_newest(q, l)) {}
}

void weir_queue_lose(struct weir_lane *l, size_t len)
{
	weir_lane_lost(l, 1);
	l->dropped++;
	l->lost_bytes += len;
}

struct weir_lane *weir_queue_heaviest(const struct weir_queue *q)
{
	const struct weir_list *lists[] = {&q->ready, &q->held};
	struct weir_lane *most = NULL;

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(lists); i++) {
		struct weir_list *node;

		weir_list_foreach (node, lists[i]) {
			struct weir_lane *l = weir_list_entry(node, struct weir_lane, ready);

			if (l != &q->control && (!most || l->bytes > most->bytes))
				most = l;
		}
	}
	return most;
}
