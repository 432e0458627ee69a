/* SPDX-License-Identifier: Apache-2.0 */
/* The late engine: see late_engine.h. */
#include "late_engine.h"

#include <stdlib.h>
#include <string.h>

#include "weir/base/list.h"
#include "weir/base/mem.h"

static struct late_engine *late_of(struct weir_engine *e)
{
	return WEIR_CONTAINER_OF(e, struct late_engine, engine);
}

static void late_do(struct late_engine *l, struct weir_request *r)
{
	const struct weir_engine_ops *ops = l->inner->ops;

	if (l->status) {
		r->status = l->status;
		l->sink.done(l->sink.ctx, r);
		return;
	}
	switch (r->type) {
	case WEIR_REQUEST_PUBLISH:
		ops->publish(l->inner, (struct weir_publish_request *)r);
		break;
	case WEIR_REQUEST_SUBSCRIBE:
		ops->recover(l->inner, (struct weir_subscribe_request *)r);
		break;
	case WEIR_REQUEST_PRESENCE:
		ops->presence(l->inner, (struct weir_presence_request *)r);
		break;
	default:
		ops->history(l->inner, (struct weir_history_request *)r);
		break;
	}
}

static void late_take(struct weir_engine *e, struct weir_request *r)
{
	struct late_engine *l = late_of(e);

	if (!(l->holds & 1u << r->type)) {
		late_do(l, r);
		return;
	}
	weir_assert(l->n_held < LATE_HELD_MAX);
	l->held[l->n_held++] = r;
}

static void late_set_sink(struct weir_engine *e, const struct weir_engine_sink *sink)
{
	late_of(e)->sink = *sink;
	late_of(e)->inner->ops->set_sink(late_of(e)->inner, sink);
}

static void late_publish(struct weir_engine *e, struct weir_publish_request *r)
{
	late_take(e, &r->base);
}

static void late_recover(struct weir_engine *e, struct weir_subscribe_request *r)
{
	late_take(e, &r->base);
}

static void late_history(struct weir_engine *e, struct weir_history_request *r)
{
	late_take(e, &r->base);
}

static void late_presence(struct weir_engine *e, struct weir_presence_request *r)
{
	late_take(e, &r->base);
}

static int late_presence_add(struct weir_engine *e, struct weir_str channel, const struct weir_client_info *info)
{
	return late_of(e)->inner->ops->presence_add(late_of(e)->inner, channel, info);
}

static void late_presence_remove(struct weir_engine *e, struct weir_str channel, struct weir_str client)
{
	late_of(e)->inner->ops->presence_remove(late_of(e)->inner, channel, client);
}

static void late_append(struct weir_engine *e, struct weir_event *entry)
{
	late_of(e)->inner->ops->append(late_of(e)->inner, entry);
}

static void late_control(struct weir_engine *e, struct weir_control_request *r)
{
	late_of(e)->inner->ops->control(late_of(e)->inner, r);
}

static int late_state(struct weir_engine *e, struct weir_buf *why)
{
	(void)why;
	return late_of(e)->status;
}

static uint64_t late_next_deadline(struct weir_engine *e)
{
	return late_of(e)->inner->ops->next_deadline(late_of(e)->inner);
}

static void late_tick(struct weir_engine *e, uint64_t now_ms)
{
	late_of(e)->inner->ops->tick(late_of(e)->inner, now_ms);
}

static void late_free(struct weir_engine *e)
{
	struct late_engine *l = late_of(e);

	while (l->n_held)
		weir_request_free(&l->held[--l->n_held]);
	l->inner->ops->free(l->inner);
	free(l);
}

static const struct weir_engine_ops late_ops = {
	.name = "late",
	.set_sink = late_set_sink,
	.publish = late_publish,
	.recover = late_recover,
	.history = late_history,
	.presence = late_presence,
	.presence_add = late_presence_add,
	.presence_remove = late_presence_remove,
	.append = late_append,
	.control = late_control,
	.state = late_state,
	.next_deadline = late_next_deadline,
	.tick = late_tick,
	.free = late_free,
};

/* ------------------------------------------------------------------------------------------------------------------ */

struct late_engine *late_engine_new(struct weir_engine *inner)
{
	struct late_engine *l = weir_xcalloc(1, sizeof(*l));

	l->engine.ops = &late_ops;
	l->inner = inner;
	return l;
}

void late_release(struct late_engine *l)
{
	struct weir_request *r = l->held[0];

	weir_assert(l->n_held > 0);
	memmove(l->held, l->held + 1, --l->n_held * sizeof(l->held[0]));
	late_do(l, r);
}

void late_reset(struct late_engine *l, const struct weir_reset *reset)
{
	weir_assert(l->sink.room(l->sink.ctx));
	l->sink.reset(l->sink.ctx, reset);
}
