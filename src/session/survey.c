/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's part of a survey (core/survey.h): one pass over its clients with cheap reads, which keeps the first
 * `limit` in a heap whose root is the last of them; then those few are copied out. A client is behind when its socket
 * takes nothing more: by the age of the oldest event that waits for it, or since it last took something, whichever is
 * longer. The odd case: what only a subscription's own rate holds back is no lag. Worker's thread.
 */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "weir/core/survey.h"

#define NOT_BEHIND UINT64_MAX

struct candidate {
	uint64_t key;
	const struct weir_session *session;
};

struct collect {
	const struct weir_survey_question *q;
	uint64_t now_ms;
	struct candidate *heap; /* the last one of them on top */
	size_t count, cap;
	bool more;
};

static uint64_t elapsed(uint64_t now_ms, uint64_t since_ms)
{
	return now_ms > since_ms ? now_ms - since_ms : 0;
}

static void sooner(uint64_t *at_ms, const struct weir_lane *l)
{
	uint64_t made_ms = l->count ? weir_lane_at(l, 0)->frame->made_ms : 0;

	if (made_ms && made_ms < *at_ms)
		*at_ms = made_ms;
}

/* Since when it is behind. */
static uint64_t behind_since(const struct weir_queue *q)
{
	uint64_t since_ms = q->stuck_ms;
	struct weir_list *node;

	if (!since_ms)
		return NOT_BEHIND;
	weir_list_foreach (node, &q->ready)
		sooner(&since_ms, weir_list_entry(node, struct weir_lane, ready));
	return since_ms;
}

static uint64_t lost_events(const struct weir_session *s)
{
	uint64_t n = s->lost_events;

	for (const struct weir_subscription *sub = s->subs; sub; sub = sub->next)
		n += sub->lane.dropped + sub->lane.conflated;
	return n;
}

static uint64_t lost_bytes(const struct weir_session *s)
{
	uint64_t n = s->lost_bytes;

	for (const struct weir_subscription *sub = s->subs; sub; sub = sub->next)
		n += sub->lane.lost_bytes;
	return n;
}

static uint64_t key_of(enum weir_survey_order order, const struct weir_session *s)
{
	switch (order) {
	case WEIR_SURVEY_LAG:
		return behind_since(&s->client.queue);
	case WEIR_SURVEY_BYTES:
		return UINT64_MAX - s->client.queue.bytes;
	case WEIR_SURVEY_DROPPED:
		return UINT64_MAX - lost_events(s);
	case WEIR_SURVEY_CLIENT:
		break;
	}
	return 0;
}

/* ---- the first ones ---- */

static int compare(const struct candidate *a, const struct candidate *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return strcmp(a->session->id, b->session->id);
}

static int compare_for_sort(const void *a, const void *b)
{
	return compare(a, b);
}

static void heap_up(struct candidate *heap, size_t i, struct candidate c)
{
	for (; i && compare(&heap[(i - 1) / 2], &c) < 0; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = c;
}

static void heap_down(struct candidate *heap, size_t n, struct candidate c)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && compare(&heap[child], &heap[child + 1]) < 0)
			child++;
		if (compare(&heap[child], &c) <= 0)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = c;
}

static bool is_after(const struct weir_survey_question *q, const struct candidate *c)
{
	struct weir_str id = weir_str(c->session->id);
	int order;

	if (!q->after_client.p || c->key != q->after_key)
		return !q->after_client.p || c->key > q->after_key;
	order = memcmp(id.p, q->after_client.p, id.n < q->after_client.n ? id.n : q->after_client.n);
	return order ? order > 0 : id.n > q->after_client.n;
}

static void look_at(struct collect *c, const struct weir_session *s)
{
	struct candidate one;

	if (s->state != SESSION_CONNECTING && s->state != SESSION_LIVE)
		return;
	if (!s->user || (c->q->channel.p && !weir__sub_find(s, c->q->channel)))
		return;
	one = (struct candidate){key_of(c->q->order, s), s};
	if (!is_after(c->q, &one))
		return;
	if (c->count < c->cap) {
		heap_up(c->heap, c->count++, one);
		return;
	}
	c->more = true;
	if (compare(&one, &c->heap[0]) < 0)
		heap_down(c->heap, c->count, one);
}

static void look_at_all(struct collect *c, const struct weir_sessions *all)
{
	struct weir_list *node;
	struct session_user *u;

	if (!c->q->user.p) {
		weir_list_foreach (node, &all->all)
			look_at(c, weir_list_entry(node, struct weir_session, link));
		return;
	}
	u = weir__sessions_user(all, c->q->user);
	if (!u)
		return;
	weir_list_foreach (node, &u->sessions)
		look_at(c, weir_list_entry(node, struct weir_session, user_link));
}

/* ---- copies ---- */

static struct weir_str copy(char **at, struct weir_str s)
{
	struct weir_str to = {*at, s.n};

	memcpy(*at, s.p, s.n);
	*at += s.n;
	return to;
}

static struct weir_survey_sub copy_sub(char **at, const struct weir_subscription *sub, uint64_t now_ms)
{
	const struct weir_lane *l = &sub->lane;
	uint64_t made_ms = l->count ? weir_lane_at(l, 0)->frame->made_ms : 0;

	return (struct weir_survey_sub){
		.channel = copy(at, sub->entry->channel),
		.key = sub->key ? copy(at, weir_filter_key_text(sub->key)) : WEIR_STR_NONE,
		.overflow = weir_overflow_name(sub->overflow),
		.queue = l->limit,
		.rate = l->pace ? l->pace->rate.per_second : 0,
		.filtered = weir_sub_is_filtered(sub),
		.positioned = sub->flags & WEIR_SUB_POSITIONED,
		.waiting = l->count,
		.bytes = l->bytes,
		.age_ms = made_ms ? elapsed(now_ms, made_ms) : 0,
		/* Nothing waits: then it has all that was for it, and what was not moved its place as well. */
		.offset = l->count || !(sub->flags & WEIR_SUB_POSITIONED) ? l->sent_offset : sub->offset,
		.top = sub->offset,
		.delivered = l->delivered,
		.dropped = l->dropped,
		.conflated = l->conflated,
		.withheld = sub->withheld,
		.lost_bytes = l->lost_bytes,
	};
}

static struct weir_survey_client *copy_client(const struct candidate *c, uint64_t now_ms)
{
	const struct weir_session *s = c->session;
	const struct weir_queue *q = &s->client.queue;
	struct weir_str id = weir_str(s->id), user = weir__session_user(s);
	uint64_t since_ms = behind_since(q);
	size_t names = id.n + user.n;
	struct weir_survey_client *to;
	char *at;

	for (const struct weir_subscription *sub = s->subs; sub; sub = sub->next)
		names += sub->entry->channel.n + (sub->key ? weir_filter_key_text(sub->key).n : 0);
	to = malloc(sizeof(*to) + s->n_subs * sizeof(to->subs[0]) + names);
	if (!to)
		return NULL;
	at = (char *)&to->subs[s->n_subs];
	*to = (struct weir_survey_client){
		.key = c->key,
		.client = copy(&at, id),
		.user = copy(&at, user),
		.transport = s->ops->name,
		.encoding = s->codec->name,
		.connected_ms = elapsed(now_ms, s->connected_at_ms),
		.lag_ms = since_ms == NOT_BEHIND ? 0 : elapsed(now_ms, since_ms),
		.stalled_ms = q->stuck_ms ? elapsed(now_ms, q->stuck_ms) : 0,
		.queued = q->count,
		.queued_bytes = q->bytes,
		.queue_max = q->max_bytes,
		.lost_events = lost_events(s),
		.lost_bytes = lost_bytes(s),
	};
	for (const struct weir_subscription *sub = s->subs; sub; sub = sub->next)
		if (sub->flags & WEIR_SUB_LIVE)
			to->subs[to->n_subs++] = copy_sub(&at, sub, now_ms);
	return to;
}

static int copy_all(const struct collect *c, struct weir_survey_slot *slot)
{
	size_t subs = 0;

	slot->clients = calloc(c->count + 1, sizeof(*slot->clients));
	if (!slot->clients)
		return -ENOMEM;
	slot->more = c->more;
	for (size_t i = 0; i < c->count; i++) {
		subs += c->heap[i].session->n_subs;
		if (i && subs > WEIR_SURVEY_SUBS_MAX) {
			slot->more = true;
			break;
		}
		slot->clients[i] = copy_client(&c->heap[i], c->now_ms);
		if (!slot->clients[i])
			return -ENOMEM;
		slot->count++;
	}
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_sessions_survey(
	const struct weir_sessions *all, const struct weir_survey_question *q, struct weir_survey_slot *slot)
{
	struct collect c = {.q = q, .now_ms = weir_mono_ms(all->worker->o.clock)};

	c.cap = all->count < q->limit ? all->count : q->limit;
	if (!c.cap)
		return;
	c.heap = malloc(c.cap * sizeof(*c.heap));
	if (!c.heap) {
		slot->status = -ENOMEM;
		return;
	}
	look_at_all(&c, all);
	qsort(c.heap, c.count, sizeof(*c.heap), compare_for_sort);
	slot->status = copy_all(&c, slot);
	free(c.heap);
}
