/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits to be published, per partition: bounded by number and bytes over all partitions, each with a deadline.
 * Past the bound publishers are told to wait; what they had sent before that is still taken, up to twice the bound;
 * beyond that, and past the deadline, a publish is `unavailable`: surely not stored. Hub's thread.
 */
#include "redis_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/event/envelope.h"

#define OVERSHOOT 2

static void count_in(struct redis_partition *p, struct redis_record *r)
{
	struct redis_engine *e = p->engine;

	if (!r->bytes)
		return;
	e->queued++;
	e->queued_bytes += r->bytes;
	redis__queue_room(e);
}

static void count_out(struct redis_partition *p, struct redis_record *r)
{
	struct redis_engine *e = p->engine;

	if (!r->bytes)
		return;
	e->queued--;
	e->queued_bytes -= r->bytes;
	r->bytes = 0;
	redis__queue_room(e);
}

static struct weir_str put(char **at, struct weir_str s)
{
	struct weir_str to = {s.p ? *at : NULL, s.n};

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return to;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct redis_record *redis__record_new(struct redis_partition *p, enum redis_record_kind kind, size_t storage)
{
	struct redis_record *r = calloc(1, sizeof(*r) + storage);

	if (!r)
		return NULL;
	weir_list_init(&r->link);
	r->kind = kind;
	r->deadline_ms = redis__now(p->engine) + p->engine->o.publish_deadline_ms;
	return r;
}

void redis__record_free(struct redis_partition *p, struct redis_record *r)
{
	weir_list_remove(&r->link);
	count_out(p, r);
	if (r->kind == REDIS_RECORD_TICK)
		p->tick_queued = false;
	weir_event_unref(&r->event);
	weir_request_free(&r->request);
	free(r);
}

/* With what the script needs to know of it. */
struct redis_record *redis__record_with_body(
	struct redis_partition *p, enum redis_record_kind kind, struct weir_str body)
{
	struct redis_record *r = redis__record_new(p, kind, body.n);
	char *at;

	if (!r)
		return NULL;
	at = r->storage;
	r->body = put(&at, body);
	r->bytes = sizeof(*r) + body.n;
	return r;
}

int redis__record_event(struct redis_partition *p, struct weir_publish_request *req)
{
	struct redis_engine *e = p->engine;
	struct redis_record *r;
	struct weir_str body;
	char *at;

	weir_buf_reset(&e->scratch);
	weir_envelope_encode(&e->scratch, req->event);
	if (e->scratch.failed)
		return -ENOMEM;
	body = weir_buf_view(&e->scratch);
	if (body.n > e->o.inline_max)
		return WEIR_ELIMIT;
	r = redis__record_new(p, REDIS_RECORD_EVENT, body.n + req->idempotency_key.n + req->version_epoch.n);
	if (!r)
		return -ENOMEM;
	at = r->storage;
	r->body = put(&at, body);
	r->idempotency_key = put(&at, req->idempotency_key);
	r->version_epoch = put(&at, req->version_epoch);
	r->version = req->version;
	r->event = weir_event_ref(req->event);
	r->ns = req->ns;
	r->history = !req->skip_history && weir_namespace_has_history(req->ns);
	r->request = &req->base;
	r->bytes = sizeof(*r) + body.n + weir_event_size(req->event);
	if (redis__queue_push(p, r))
		return 0;
	r->bytes = 0;
	r->request = NULL; /* the caller answers it */
	redis__record_free(p, r);
	return WEIR_EUNAVAILABLE;
}

bool redis__queue_push(struct redis_partition *p, struct redis_record *r)
{
	struct redis_engine *e = p->engine;

	if (r->bytes && (e->queued >= OVERSHOOT * e->o.publish_queue_events ||
				e->queued_bytes + r->bytes > OVERSHOOT * e->o.publish_queue_bytes))
		return false;
	weir_list_append(&p->queue, &r->link);
	count_in(p, r);
	return true;
}

void redis__queue_return(struct redis_partition *p, struct weir_list *records)
{
	weir_list_splice(records, &p->queue);
	weir_list_splice(&p->queue, records);
}

/* Room again below the half. */
void redis__queue_room(struct redis_engine *e)
{
	bool room = e->queued < e->o.publish_queue_events && e->queued_bytes < e->o.publish_queue_bytes;

	if (!e->publish_room)
		room = e->queued <= e->o.publish_queue_events / 2 && e->queued_bytes <= e->o.publish_queue_bytes / 2;
	if (room == e->publish_room)
		return;
	e->publish_room = room;
	if (!e->closing)
		e->sink.publish_room(e->sink.ctx, room);
}

void redis__record_answer(
	struct redis_partition *p, struct redis_record *r, int status, const struct weir_publish_result *result)
{
	struct weir_request *request = r->request;

	r->request = NULL;
	if (!request)
		return;
	if (status == WEIR_EUNAVAILABLE)
		redis_count(p->engine, unavailable, 1);
	if (status == WEIR_EUNKNOWN)
		redis_count(p->engine, unknown, 1);
#if WEIR_SABOTAGE == 4
	if (status == WEIR_EUNKNOWN)
		status = 0;
#endif
	if (!status && result && request->type == WEIR_REQUEST_PUBLISH)
		((struct weir_publish_request *)request)->result = *result;
#if WEIR_SABOTAGE == 2 /* told, not stored: the tail would notice a place that is used twice */
	if (!status && request->type == WEIR_REQUEST_PUBLISH &&
		((struct weir_publish_request *)request)->result.offset % 50 == 49)
		((struct weir_publish_request *)request)->result.offset--;
#endif
	redis__answer(p->engine, request, status);
}

void redis__queue_expire(struct redis_partition *p, uint64_t now_ms)
{
	while (!weir_list_empty(&p->queue)) {
		struct redis_record *r = weir_list_entry(p->queue.next, struct redis_record, link);

		if (now_ms < r->deadline_ms)
			return;
		if (r->kind == REDIS_RECORD_JOIN || r->kind == REDIS_RECORD_LEAVE)
			redis_count(p->engine, dropped_presence_events, 1);
		if (r->kind == REDIS_RECORD_PRESENCE)
			redis__presence_applied(p, r, false);
		redis__record_answer(p, r, WEIR_EUNAVAILABLE, NULL);
		redis__record_free(p, r);
	}
}
