/* SPDX-License-Identifier: Apache-2.0 */
/* Hub and workers on threads: mailboxes, timers and the end of each turn. See broker.h for who calls what. */
#include "weir/core/broker.h"

#include <stdlib.h>

#define DRAIN_BUDGET 2048 /* messages taken in one turn */
#define TIMER_BUDGET 1000 /* deadlines fired in one turn */
#define TASKS_MAX    64

static bool is_single(const struct weir_broker *b)
{
	return b->o.workers == 1;
}

static void arm(struct weir_timer *timer, uint64_t *armed_ms, uint64_t at_ms, uint64_t now_ms)
{
	if (*armed_ms == at_ms)
		return;
	*armed_ms = at_ms;
	if (at_ms == UINT64_MAX)
		weir_timer_stop(timer);
	else
		weir_timer_once(timer, at_ms > now_ms ? at_ms - now_ms : 0);
}

/* ---- the engine ---- */

static uint64_t engine_next(const struct weir_broker *b)
{
	if (b->engine_state != WEIR_BROKER_ENGINE_OPEN)
		return UINT64_MAX;
	return b->o.engine->ops->next_deadline(b->o.engine);
}

static void engine_tick(struct weir_broker *b)
{
	if (b->engine_state == WEIR_BROKER_ENGINE_OPEN)
		b->o.engine->ops->tick(b->o.engine, weir_mono_ms(b->o.clock));
}

/* It may have found no room; there is some now. */
static void engine_resume(struct weir_broker *b)
{
	b->engine_waits = false;
	if (b->engine_state == WEIR_BROKER_ENGINE_OPEN && b->o.engine->ops->resume)
		b->o.engine->ops->resume(b->o.engine);
}

static int engine_open(struct weir_broker *b)
{
	const struct weir_engine_ops *ops = b->o.engine->ops;
	int err = ops->open ? ops->open(b->o.engine, is_single(b) ? &b->workers[0].loop : &b->main) : 0;

	if (!err)
		b->engine_state = WEIR_BROKER_ENGINE_OPEN;
	return err;
}

static void worker_closed_one(struct weir_broker_worker *w);

/* With one worker its loop goes on until this, with several the main loop. */
static void on_engine_closed(void *ctx)
{
	struct weir_broker *b = ctx;

	b->engine_state = WEIR_BROKER_ENGINE_SHUT;
	if (is_single(b))
		worker_closed_one(&b->workers[0]);
	else
		weir_loop_stop(&b->main);
}

static void engine_close(struct weir_broker *b)
{
	const struct weir_engine_ops *ops = b->o.engine->ops;

	b->engine_state = WEIR_BROKER_ENGINE_CLOSING;
	if (ops->open)
		ops->close(b->o.engine, on_engine_closed, b);
	else
		on_engine_closed(b);
}

static void wake_worker(void *ctx, unsigned worker)
{
	uv_async_send(&((struct weir_broker *)ctx)->workers[worker].wake);
}

/* Whoever was refused in between finds the flag down at the end of the turn for which it is woken, or before. */
static void set_publish_room(void *ctx, bool room)
{
	struct weir_broker *b = ctx;

	if (atomic_exchange(&b->publish_held, !room) == !room || !room)
		return;
	for (unsigned i = 0; i < b->o.workers; i++)
		wake_worker(b, i);
}

/* ---- one worker: the hub is a function call away ---- */

static bool local_has_room(const struct weir_broker_worker *w)
{
	return weir_ring_count(&w->local) + WEIR_HUB_MESSAGES_PER_REQUEST <= weir_ring_capacity(&w->local);
}

static bool to_hub_single(void *ctx, struct weir_request *r)
{
	struct weir_broker_worker *w = ctx;

	if (!local_has_room(w)) {
		w->wants_room = true;
		return false;
	}
	weir_hub_submit(w->broker->hub, r);
	return true;
}

static void to_worker_single(void *ctx, unsigned worker, const struct weir_message *m)
{
	struct weir_broker *b = ctx;

	weir_assert(weir_ring_push(&b->workers[worker].local, m));
}

static bool room_single(void *ctx)
{
	struct weir_broker *b = ctx;

	if (local_has_room(&b->workers[0]))
		return true;
	b->engine_waits = true;
	return false;
}

static void drain_local(struct weir_broker_worker *w)
{
	struct weir_message m;

	for (unsigned left = DRAIN_BUDGET; left && weir_ring_pop(&w->local, &m); left--)
		weir_worker_receive(&w->worker, &m);
	if (w->wants_room && local_has_room(w)) {
		w->wants_room = false;
		weir_worker_room(&w->worker);
	}
	if (w->broker->engine_waits && local_has_room(w))
		engine_resume(w->broker);
}

/* ---- several workers: mailboxes ---- */

static bool to_hub(void *ctx, struct weir_request *r)
{
	struct weir_broker_worker *w = ctx;

	if (weir_mailbox_send(&w->broker->mailbox, &r))
		return true;
	weir_mailbox_wait(&w->broker->mailbox, &w->room);
	return false;
}

static void on_room_closed(struct weir_mailbox_waiter *waiter);

static void on_hub_room(struct weir_mailbox_waiter *waiter)
{
	struct weir_broker_worker *w = WEIR_CONTAINER_OF(waiter, struct weir_broker_worker, room);

	weir_worker_room(&w->worker);
	if (w->leaving && !w->worker.waiting)
		weir_mailbox_waiter_close(&w->room, on_room_closed);
}

static void to_worker(void *ctx, unsigned worker, const struct weir_message *m)
{
	struct weir_broker *b = ctx;
	struct weir_message gone = *m;

	if (b->workers[worker].ended)
		weir_message_drop(&gone);
	else /* the hub takes no request while an inbox is short of room */
		weir_assert(weir_mailbox_send(&b->workers[worker].inbox, m));
}

static bool on_inbox(struct weir_mailbox *mb, void *msg)
{
	weir_worker_receive(&((struct weir_broker_worker *)mb->ctx)->worker, msg);
	return true;
}

static struct weir_mailbox *full_inbox(const struct weir_broker *b)
{
	for (unsigned i = 0; i < b->o.workers; i++) {
		struct weir_mailbox *inbox = &b->workers[i].inbox;

		if (!b->workers[i].ended && weir_ring_count(&inbox->ring) + WEIR_HUB_MESSAGES_PER_REQUEST >
						    weir_ring_capacity(&inbox->ring))
			return inbox;
	}
	return NULL;
}

/* Or waits for room: in the first inbox found full, as the other may be found full later. */
static bool inboxes_have_room(struct weir_broker *b)
{
	struct weir_mailbox *full = full_inbox(b);

	if (full && !weir_mailbox_waiter_waits(&b->room))
		weir_mailbox_wait(full, &b->room);
	return !full;
}

/* A full inbox stops the hub; its mailbox then fills up, and the workers stop reading their publishers. */
static bool on_request(struct weir_mailbox *mb, void *msg)
{
	struct weir_broker *b = mb->ctx;

	if (!inboxes_have_room(b))
		return false;
	weir_hub_submit(b->hub, *(struct weir_request **)msg);
	return true;
}

static bool room_several(void *ctx)
{
	struct weir_broker *b = ctx;

	if (inboxes_have_room(b))
		return true;
	b->engine_waits = true;
	return false;
}

/* The engine is told at the end of the next turn: it may have a whole log to say, so the requests that wait go first. */
static void on_inbox_room(struct weir_mailbox_waiter *waiter)
{
	struct weir_broker *b = WEIR_CONTAINER_OF(waiter, struct weir_broker, room);

	b->engine_resumes = b->engine_waits;
	weir_mailbox_resume(&b->mailbox);
}

/* ---- turns and timers ---- */

static void worker_on_wake(uv_async_t *async)
{
	(void)async; /* the end of the turn does the work */
}

static void worker_on_again(uv_idle_t *idle)
{
	(void)idle; /* being active is all: the loop does not wait, and the end of the turn does the work */
}

static void worker_end_turn(struct weir_turn_hook *hook)
{
	struct weir_broker_worker *w = WEIR_CONTAINER_OF(hook, struct weir_broker_worker, end_turn);
	uint64_t next;
	bool more;

	if (is_single(w->broker))
		drain_local(w);
	weir_worker_end_turn(&w->worker);
	more = w->worker.shedding || w->worker.surveys || !weir_list_empty(&w->worker.dirty) ||
	       !weir_list_empty(&w->worker.faults);
	next = weir_timers_next(&w->worker.timers);
	if (is_single(w->broker)) {
		uint64_t engine = engine_next(w->broker);

		next = engine < next ? engine : next;
		more = more || weir_ring_count(&w->local);
	}
	arm(&w->timer, &w->timer_at_ms, next, weir_mono_ms(w->broker->o.clock));
	if (more)
		uv_idle_start(&w->again, worker_on_again);
	else
		uv_idle_stop(&w->again);
}

static void worker_on_timer(struct weir_timer *t, uint64_t ticks)
{
	struct weir_broker_worker *w = WEIR_CONTAINER_OF(t, struct weir_broker_worker, timer);
	uint64_t now_ms = weir_mono_ms(w->broker->o.clock);

	(void)ticks;
	w->timer_at_ms = UINT64_MAX;
	weir_timers_run(&w->worker.timers, now_ms, TIMER_BUDGET);
	if (is_single(w->broker))
		engine_tick(w->broker);
}

static void main_end_turn(struct weir_turn_hook *hook)
{
	struct weir_broker *b = WEIR_CONTAINER_OF(hook, struct weir_broker, main_turn);

	if (b->engine_resumes) {
		b->engine_resumes = false;
		engine_resume(b);
	}
	if (!b->running && b->engine_state == WEIR_BROKER_ENGINE_OPEN && weir_mailbox_is_empty(&b->mailbox))
		engine_close(b);
	arm(&b->timer, &b->timer_at_ms, engine_next(b), weir_mono_ms(b->o.clock));
}

static void main_on_timer(struct weir_timer *t, uint64_t ticks)
{
	struct weir_broker *b = WEIR_CONTAINER_OF(t, struct weir_broker, timer);

	(void)ticks;
	b->timer_at_ms = UINT64_MAX;
	engine_tick(b);
}

/* ---- the end of a worker ---- */

static void worker_closed_one(struct weir_broker_worker *w)
{
	if (--w->open == 0)
		weir_loop_stop(&w->loop);
}

static void on_inbox_closed(struct weir_mailbox *mb)
{
	worker_closed_one(mb->ctx);
}

static void on_room_closed(struct weir_mailbox_waiter *waiter)
{
	worker_closed_one(WEIR_CONTAINER_OF(waiter, struct weir_broker_worker, room));
}

static void on_timer_closed(struct weir_timer *t)
{
	worker_closed_one(WEIR_CONTAINER_OF(t, struct weir_broker_worker, timer));
}

static void on_spawner_closed(struct weir_spawner *s)
{
	worker_closed_one(WEIR_CONTAINER_OF(s, struct weir_broker_worker, spawner));
}

static void on_again_closed(uv_handle_t *h)
{
	worker_closed_one(WEIR_CONTAINER_OF((uv_idle_t *)h, struct weir_broker_worker, again));
}

static int on_main_ending(struct weir_task *t)
{
	struct weir_broker_worker *w = WEIR_CONTAINER_OF(t, struct weir_broker_worker, ending);
	struct weir_broker *b = w->broker;

	w->ended = true; /* it closes its inbox only when it hears that this has been done */
	if (--b->running == 0 && is_single(b))
		weir_loop_stop(&b->main); /* with several the engine is closed first */
	return 0;
}

static void on_ending_told(struct weir_task *t, int result)
{
	struct weir_broker_worker *w = WEIR_CONTAINER_OF(t, struct weir_broker_worker, ending);

	(void)result;
	weir_loop_remove_hook(&w->loop, &w->end_turn);
	weir_budget_say(&w->broker->budget, w->worker.o.id, 0, 0);
	weir_spawner_close(&w->spawner, on_spawner_closed);
	weir_timer_close(&w->timer, on_timer_closed);
	uv_close((uv_handle_t *)&w->again, on_again_closed);
	if (is_single(w->broker)) {
		engine_close(w->broker);
		return;
	}
	/* What was still in the inbox is taken here. A survey may have found its last worker, and the hub no room. */
	weir_mailbox_close(&w->inbox, on_inbox_closed);
	while (w->worker.surveys)
		weir_worker_survey(&w->worker);
	w->leaving = true;
	if (!w->worker.waiting)
		weir_mailbox_waiter_close(&w->room, on_room_closed);
}

static void worker_thread(void *arg)
{
	struct weir_broker_worker *w = arg;

	weir_loop_run(&w->loop);
}

/* ---- building ---- */

static int worker_init(struct weir_broker *b, unsigned id)
{
	struct weir_broker_worker *w = &b->workers[id];
	int err;

	w->broker = b;
	w->timer_at_ms = UINT64_MAX;
	weir_worker_init(&w->worker, &(struct weir_worker_options){.id = id,
					     .clock = b->o.clock,
					     .hash_key = b->o.hash_key,
					     .namespaces = b->o.namespaces,
					     .log = b->o.log,
					     .budget = &b->budget,
					     .publish_held = &b->publish_held,
					     .to_hub = is_single(b) ? to_hub_single : to_hub,
					     .hub_ctx = w});
	err = weir_loop_init(&w->loop, b->o.log, b->o.clock);
	if (!err)
		err = weir_spawner_init(&w->spawner, &w->loop, TASKS_MAX);
	if (!err)
		err = weir_timer_init(&w->timer, &w->loop, worker_on_timer);
	if (!err)
		err = uv_async_init(&w->loop.uv, &w->wake, worker_on_wake);
	if (!err)
		err = uv_idle_init(&w->loop.uv, &w->again);
	w->open = is_single(b) ? 4 : 5; /* the engine's end, or inbox and waiter */
	if (!err && is_single(b)) {
		weir_ring_init(&w->local, sizeof(struct weir_message), b->o.inbox_size);
	} else if (!err) {
		err = weir_mailbox_init(
			&w->inbox, &w->loop, sizeof(struct weir_message), b->o.inbox_size, DRAIN_BUDGET, on_inbox, w);
		if (!err)
			err = weir_mailbox_waiter_init(&w->room, &w->loop, on_hub_room);
	}
	w->end_turn.fn = worker_end_turn;
	if (!err)
		weir_loop_add_hook(&w->loop, &w->end_turn);
	return err;
}

static int main_init(struct weir_broker *b)
{
	int err = weir_loop_init(&b->main, b->o.log, b->o.clock);

	if (!err)
		err = weir_spawner_init(&b->spawner, &b->main, TASKS_MAX);
	if (err || is_single(b))
		return err;
	err = weir_mailbox_init(
		&b->mailbox, &b->main, sizeof(struct weir_request *), b->o.mailbox_size, DRAIN_BUDGET, on_request, b);
	if (!err)
		err = weir_mailbox_waiter_init(&b->room, &b->main, on_inbox_room);
	if (!err)
		err = weir_timer_init(&b->timer, &b->main, main_on_timer);
	b->timer_at_ms = UINT64_MAX;
	b->main_turn.fn = main_end_turn;
	if (!err)
		weir_loop_add_hook(&b->main, &b->main_turn);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_broker_init(struct weir_broker *b, const struct weir_broker_options *o)
{
	int err;

	weir_assert(o->workers > 0 && o->inbox_size >= WEIR_HUB_MESSAGES_PER_REQUEST);
	*b = (struct weir_broker){.o = *o};
	b->workers = weir_xcalloc(o->workers, sizeof(*b->workers));
	weir_budget_init(&b->budget, o->queue_total_bytes, o->workers, wake_worker, b);
	err = main_init(b);
	for (unsigned i = 0; i < o->workers && !err; i++)
		err = worker_init(b, i);
	b->hub = weir_hub_new(&(struct weir_hub_options){.workers = o->workers,
		.clock = o->clock,
		.hash_key = o->hash_key,
		.log = o->log,
		.engine = o->engine,
		.node = o->node,
		.send = is_single(b) ? to_worker_single : to_worker,
		.room = is_single(b) ? room_single : room_several,
		.publish_room = set_publish_room,
		.ctx = b});
	return err ? err : engine_open(b);
}

void weir_broker_attach(struct weir_broker_worker *w, void (*on_control)(void *ctx, const struct weir_control *c),
	void (*on_room)(void *ctx), void *ctx)
{
	w->worker.o.on_control = on_control;
	w->worker.o.on_room = on_room;
	w->worker.o.ctx = ctx;
}

void weir_broker_attach_survey(struct weir_broker_worker *w,
	void (*on_survey)(void *ctx, const struct weir_survey_question *q, struct weir_survey_slot *slot))
{
	w->worker.o.on_survey = on_survey;
}

void weir_broker_attach_watch(struct weir_broker_worker *w, void (*on_watched)(void *ctx, bool watched))
{
	w->worker.o.on_watched = on_watched;
}

void weir_broker_queues(const struct weir_broker *b, struct weir_broker_queues *out)
{
	*out = (struct weir_broker_queues){0};
	if (!is_single(b)) {
		out->hub = weir_ring_count(&b->mailbox.ring);
		out->hub_max = weir_ring_capacity(&b->mailbox.ring);
	}
	for (unsigned i = 0; i < b->o.workers; i++) {
		const struct weir_broker_worker *w = &b->workers[i];
		const struct weir_ring *ring = is_single(b) ? &w->local : &w->inbox.ring;
		size_t n = weir_ring_count(ring);

		out->inbox = n > out->inbox ? n : out->inbox;
		out->inbox_max = weir_ring_capacity(ring);
	}
}

void weir_broker_stats(const struct weir_broker *b, struct weir_stats *sum)
{
	*sum = (struct weir_stats){0};
	for (unsigned i = 0; i < b->o.workers; i++)
		weir_stats_sum(sum, &b->workers[i].worker.stats);
}

uint64_t weir_broker_longest_turn_us(const struct weir_broker *b)
{
	uint64_t longest = weir_loop_longest_turn_us(&b->main);

	for (unsigned i = 0; i < b->o.workers; i++) {
		uint64_t us = weir_loop_longest_turn_us(&b->workers[i].loop);

		longest = us > longest ? us : longest;
	}
	return longest;
}

int weir_broker_run(struct weir_broker *b)
{
	int err = 0;

	for (unsigned i = 0; i < b->o.workers && !err; i++) {
		err = uv_thread_create(&b->workers[i].thread, worker_thread, &b->workers[i]);
		if (!err)
			b->running++;
	}
	if (err)
		return err; /* the process cannot even begin: its end takes the threads with it */
	weir_loop_run(&b->main);
	for (unsigned i = 0; i < b->o.workers; i++)
		uv_thread_join(&b->workers[i].thread);
	return 0;
}

void weir_broker_worker_close(struct weir_broker_worker *w)
{
	w->ending = (struct weir_task){.run = on_main_ending, .done = on_ending_told};
	if (weir_spawn(&w->spawner, &w->broker->spawner, &w->ending) < 0)
		weir_assert_fail("the main loop takes a task from every worker", __FILE__, __LINE__);
}

void weir_broker_fini(struct weir_broker *b)
{
	weir_spawner_close(&b->spawner, NULL);
	if (!is_single(b)) {
		weir_loop_remove_hook(&b->main, &b->main_turn);
		weir_mailbox_close(&b->mailbox, NULL);
		weir_mailbox_waiter_close(&b->room, NULL);
		weir_timer_close(&b->timer, NULL);
	}
	weir_loop_fini(&b->main);
	weir_hub_free(&b->hub);
	for (unsigned i = 0; i < b->o.workers; i++) {
		struct weir_broker_worker *w = &b->workers[i];
		struct weir_message m;

		uv_close((uv_handle_t *)&w->wake, NULL);
		weir_loop_fini(&w->loop);
		while (is_single(b) && weir_ring_pop(&w->local, &m))
			weir_message_drop(&m);
		if (is_single(b))
			weir_ring_fini(&w->local);
		weir_worker_fini(&w->worker);
	}
	weir_budget_fini(&b->budget);
	free(b->workers);
}
