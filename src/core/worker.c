/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's inbox, its questions to the hub, and the end of its turn. The odd case: what must not be lost (somebody
 * left) while the hub has no room waits in a list, and then everything later waits behind it, so that order is kept.
 */
#include "worker_priv.h"

#define FAULTS_IN_A_TURN 256 /* clients told that they have lost something: all of them may have, at the same time */

void weir__worker_deal_with_fault(struct weir_worker *w, struct weir_client *c)
{
	weir_list_remove(&c->fault);
	if (c->overflowed) {
		c->overflowed = false;
		weir_stat_add(&w->stats, overflows, 1);
		c->ops->overflow(c);
	} else if (c->sub_fault) {
		c->sub_fault = false;
		c->ops->sub_fault(c);
	}
}

/* Until a client is told, it gets nothing of what it has lost its place in. */
static void deal_with_faults(struct weir_worker *w)
{
	for (unsigned left = FAULTS_IN_A_TURN; left && !weir_list_empty(&w->faults); left--)
		weir__worker_deal_with_fault(w, weir_list_entry(w->faults.next, struct weir_client, fault));
}

/* A pass over all clients: not more than one in a turn, and behind the flush, when what waits is what sockets leave. */
static void worker_queue_survey(struct weir_worker *w, struct weir_survey_request *r)
{
	*w->surveys_tail = r;
	w->surveys_tail = &r->slots[w->o.id].next;
}

static bool publish_is_held(const struct weir_worker *w)
{
	return w->o.publish_held && atomic_load(w->o.publish_held);
}

/* By the wall clock, which is all that brokers share: where it has gone backwards nothing took time. */
static void measure_latencies(struct weir_worker *w)
{
	int64_t now_us;

	if (!w->n_accepted)
		return;
	now_us = weir_wall_us(w->o.clock);
	for (uint32_t i = 0; i < w->n_accepted; i++)
		weir_stats_latency(&w->stats, (uint64_t)now_us / 1000000,
			now_us > w->accepted_us[i] ? (uint64_t)(now_us - w->accepted_us[i]) : 0);
	w->n_accepted = 0;
}

static void on_awake(struct weir_queues *all, struct weir_queue *q)
{
	weir_worker_touch(
		WEIR_CONTAINER_OF(all, struct weir_worker, queues), WEIR_CONTAINER_OF(q, struct weir_client, queue));
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_worker_init(struct weir_worker *w, const struct weir_worker_options *o)
{
	*w = (struct weir_worker){.o = *o};
	weir_index_init(&w->index, o->hash_key);
	w->filters = weir_filters_new(o->hash_key);
	weir_list_init(&w->dirty);
	weir_list_init(&w->faults);
	weir_timers_init(&w->timers);
	weir_queues_init(&w->queues, o->clock, &w->timers, on_awake);
	w->queues.stats = &w->stats;
	w->waiting_tail = &w->waiting;
	w->surveys_tail = &w->surveys;
}

void weir_worker_fini(struct weir_worker *w)
{
	while (w->waiting) {
		struct weir_request *r = w->waiting;

		w->waiting = r->next;
		weir_request_free(&r);
	}
	weir_timers_fini(&w->timers);
	weir_index_fini(&w->index);
	weir_filters_free(&w->filters);
}

bool weir_worker_ask(struct weir_worker *w, struct weir_request *r)
{
	bool held = r->type == WEIR_REQUEST_PUBLISH && publish_is_held(w);

	r->worker = w->o.id;
	r->next = NULL;
	if (!held && !w->waiting && w->o.to_hub(w->o.hub_ctx, r))
		return true;
	w->publish_refused = w->publish_refused || held;
	weir_stat_add(&w->stats, no_room, 1);
	return false;
}

void weir_worker_tell(struct weir_worker *w, struct weir_request *r)
{
	if (weir_worker_ask(w, r))
		return;
	*w->waiting_tail = r;
	w->waiting_tail = &r->next;
}

void weir_worker_room(struct weir_worker *w)
{
	while (w->waiting) {
		struct weir_request *r = w->waiting, *next = r->next;

		r->next = NULL;
		if (!w->o.to_hub(w->o.hub_ctx, r)) {
			r->next = next;
			return;
		}
		w->waiting = next;
		if (!next)
			w->waiting_tail = &w->waiting;
	}
	w->o.on_room(w->o.ctx);
}

void weir_worker_survey(struct weir_worker *w)
{
	struct weir_survey_request *r = w->surveys;
	struct weir_survey_slot *slot = &r->slots[w->o.id];

	w->surveys = slot->next;
	if (!w->surveys)
		w->surveys_tail = &w->surveys;
	slot->queued_bytes = w->queues.bytes;
	if (w->o.on_survey)
		w->o.on_survey(w->o.ctx, &r->q, slot);
	if (weir_survey_finish_one(r))
		weir_worker_tell(w, &r->base);
}

void weir_worker_receive(struct weir_worker *w, struct weir_message *m)
{
	switch (m->type) {
	case WEIR_MESSAGE_EVENT:
		weir_fanout(w, m->event, m->previous);
		break;
	case WEIR_MESSAGE_REPLY:
		m->request->done(m->request);
		return; /* done() owns the request */
	case WEIR_MESSAGE_SURVEY:
		worker_queue_survey(w, m->survey);
		return;
	case WEIR_MESSAGE_CONTROL:
		w->o.on_control(w->o.ctx, m->control);
		break;
	case WEIR_MESSAGE_WATCHED:
		if (w->o.on_watched)
			w->o.on_watched(w->o.ctx, m->watched);
		break;
	case WEIR_MESSAGE_RESET:
		weir__worker_reset(w, &m->reset);
		break;
	}
	weir_message_drop(m);
}

void weir_worker_fault(struct weir_worker *w, struct weir_client *c)
{
	if (weir_list_empty(&c->fault))
		weir_list_append(&w->faults, &c->fault);
}

void weir_worker_touch(struct weir_worker *w, struct weir_client *c)
{
	if (weir_list_empty(&c->dirty))
		weir_list_append(&w->dirty, &c->dirty);
}

bool weir_worker_answer(struct weir_worker *w, struct weir_client *c, struct weir_frame *f)
{
	if (!c->open || c->overflowed)
		return false;
	if (!f || weir_queue_append(&c->queue, f) < 0) {
		c->overflowed = true;
		weir_worker_fault(w, c);
		return false;
	}
	weir_worker_touch(w, c);
	return true;
}

void weir_worker_end_turn(struct weir_worker *w)
{
	struct weir_list todo; /* weir_client.dirty; what is touched during the flush waits for the next turn */

	if (w->publish_refused && !publish_is_held(w)) {
		w->publish_refused = false;
		w->o.on_room(w->o.ctx);
	}
	deal_with_faults(w);
	weir_list_init(&todo);
	weir_list_splice(&todo, &w->dirty);
	while (!weir_list_empty(&todo)) {
		struct weir_client *c = weir_list_entry(todo.next, struct weir_client, dirty);

		weir_list_remove(&c->dirty);
		c->ops->flush(c);
		if (c->waits)
			c->ops->flushed(c);
	}
	measure_latencies(w);
	if (w->o.budget)
		w->shedding = weir__worker_keep_budget(w);
	if (w->surveys)
		weir_worker_survey(w);
}
