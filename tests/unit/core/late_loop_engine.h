/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that works on the hub's loop, as one with a network does: what it is asked waits, and is answered from an
 * idle handle, some in each turn, when there is room. Past its high mark it has publishers wait. Closing takes it a
 * while. It keeps its own books of the contract (weir/core/engine.h). Hub's thread.
 */
#ifndef WEIR_TEST_LATE_LOOP_ENGINE_H
#define WEIR_TEST_LATE_LOOP_ENGINE_H

#include "test.h"
#include "weir/core/engine.h"
#include "weir/core/loop.h"

#define LATE_LOOP_MAX  20000
#define LATE_LOOP_HIGH 64
#define LATE_LOOP_TURN 16

struct late_loop_engine {
	struct weir_engine engine;
	struct weir_engine_sink sink;
	struct weir_loop *loop;
	uv_idle_t idle;
	uv_timer_t goodbye;
	void (*closed)(void *ctx);
	void *closed_ctx;
	struct weir_request *held[LATE_LOOP_MAX]; /* a ring */
	unsigned first, n;
	bool entry_said; /* of the oldest: its answer is still to come */
	bool waits;      /* room() was false: nothing is said before resume() */
	bool full;       /* publishers wait */
	unsigned opened, closes, resumes, fulls, publishes, appends, after_close;
};

static inline struct late_loop_engine *late_loop_of(struct weir_engine *e)
{
	return WEIR_CONTAINER_OF(e, struct late_loop_engine, engine);
}

static inline bool late_loop_room(struct late_loop_engine *l)
{
	l->waits = !l->sink.room(l->sink.ctx);
	return !l->waits;
}

/* One thing; false: there is no room for it, or nothing to say. */
static inline bool late_loop_say(struct late_loop_engine *l)
{
	struct weir_request *r = l->held[l->first];

	if (!l->n || l->waits || !late_loop_room(l))
		return false;
	if (!l->entry_said) {
		l->entry_said = true;
		if (r->type == WEIR_REQUEST_PUBLISH)
			l->sink.entry(l->sink.ctx, ((struct weir_publish_request *)r)->event, NULL);
		else
			l->sink.control(l->sink.ctx, ((struct weir_control_request *)r)->control);
		return true;
	}
	l->entry_said = false;
	l->first = (l->first + 1) % LATE_LOOP_MAX;
	l->n--;
	l->sink.done(l->sink.ctx, r);
	return true;
}

static inline void late_loop_on_idle(uv_idle_t *idle)
{
	struct late_loop_engine *l = idle->data;

	for (unsigned left = LATE_LOOP_TURN; left && late_loop_say(l);)
		left--;
	if (l->full && l->n < LATE_LOOP_HIGH / 2) {
		l->full = false;
		l->sink.publish_room(l->sink.ctx, true);
	}
	if (!l->n || l->waits)
		uv_idle_stop(idle);
}

static void late_loop_set_sink(struct weir_engine *e, const struct weir_engine_sink *sink)
{
	late_loop_of(e)->sink = *sink;
}

static int late_loop_open(struct weir_engine *e, struct weir_loop *loop)
{
	struct late_loop_engine *l = late_loop_of(e);

	l->opened++;
	l->loop = loop;
	l->idle.data = l->goodbye.data = l;
	uv_idle_init(&loop->uv, &l->idle);
	l->idle.data = l;
	uv_timer_init(&loop->uv, &l->goodbye);
	l->goodbye.data = l;
	return 0;
}

static inline void late_loop_on_timer_closed(uv_handle_t *h)
{
	struct late_loop_engine *l = h->data;

	l->closed(l->closed_ctx);
}

static inline void late_loop_on_goodbye(uv_timer_t *t)
{
	uv_close((uv_handle_t *)&((struct late_loop_engine *)t->data)->idle, NULL);
	uv_close((uv_handle_t *)t, late_loop_on_timer_closed);
}

static void late_loop_close(struct weir_engine *e, void (*closed)(void *ctx), void *ctx)
{
	struct late_loop_engine *l = late_loop_of(e);

	l->closes++;
	l->closed = closed;
	l->closed_ctx = ctx;
	uv_idle_stop(&l->idle);
	uv_timer_start(&l->goodbye, late_loop_on_goodbye, 5, 0);
}

static void late_loop_resume(struct weir_engine *e)
{
	struct late_loop_engine *l = late_loop_of(e);

	l->resumes++;
	l->waits = false;
	if (l->n)
		uv_idle_start(&l->idle, late_loop_on_idle);
}

static inline void late_loop_take(struct late_loop_engine *l, struct weir_request *r)
{
	l->after_close += l->closes;
	weir_assert(l->n < LATE_LOOP_MAX);
	l->held[(l->first + l->n++) % LATE_LOOP_MAX] = r;
	if (!l->full && l->n >= LATE_LOOP_HIGH) {
		l->full = true;
		l->fulls++;
		l->sink.publish_room(l->sink.ctx, false);
	}
	if (!l->waits)
		uv_idle_start(&l->idle, late_loop_on_idle);
}

static void late_loop_publish(struct weir_engine *e, struct weir_publish_request *r)
{
	late_loop_of(e)->publishes++;
	late_loop_take(late_loop_of(e), &r->base);
}

static void late_loop_control(struct weir_engine *e, struct weir_control_request *r)
{
	late_loop_take(late_loop_of(e), &r->base);
}

static void late_loop_append(struct weir_engine *e, struct weir_event *entry)
{
	(void)entry;
	late_loop_of(e)->appends++;
	late_loop_of(e)->after_close += late_loop_of(e)->closes;
}

static uint64_t late_loop_next_deadline(struct weir_engine *e)
{
	late_loop_of(e)->after_close += late_loop_of(e)->closes;
	return UINT64_MAX;
}

static void late_loop_tick(struct weir_engine *e, uint64_t now_ms)
{
	(void)now_ms;
	late_loop_of(e)->after_close += late_loop_of(e)->closes;
}

static const struct weir_engine_ops late_loop_ops = {
	.name = "late loop",
	.set_sink = late_loop_set_sink,
	.open = late_loop_open,
	.close = late_loop_close,
	.resume = late_loop_resume,
	.publish = late_loop_publish,
	.append = late_loop_append,
	.control = late_loop_control,
	.next_deadline = late_loop_next_deadline,
	.tick = late_loop_tick,
};

static inline void late_loop_engine_init(struct late_loop_engine *l)
{
	*l = (struct late_loop_engine){.engine.ops = &late_loop_ops};
}

/* After the broker's end. */
static inline void late_loop_engine_check(const struct late_loop_engine *l, unsigned publishes, bool small_inboxes)
{
	CU_ASSERT_EQUAL(l->opened, 1);
	CU_ASSERT_EQUAL(l->closes, 1);
	CU_ASSERT_EQUAL(l->after_close, 0);
	CU_ASSERT_EQUAL(l->publishes, publishes);
	CU_ASSERT_EQUAL(l->n, 0);
	CU_ASSERT_FALSE(l->full);
	CU_ASSERT(l->resumes > 0 || !small_inboxes);
}

#endif
