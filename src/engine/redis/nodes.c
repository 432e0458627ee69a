/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other brokers. They are known by their ticks; what they do to each other's clients, and ask of each other, are
 * entries of the log, so that a cut link delays it and loses nothing. A survey waits for every broker whose lease
 * lasts, for five seconds; who has not answered by then is named. The odd case: a broker that stops sends a tick with
 * nothing in it, and is forgotten at once. Hub's thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_message.h"
#include "redis_priv.h"
#include "weir/core/channels_merge.h"

struct redis_survey {
	struct weir_list link; /* redis_engine.surveys */
	uint64_t id, deadline_ms;
	struct weir_request *request;
	size_t n_awaited;
	char (*awaited)[sizeof(((struct redis_node *)0)->uid)]; /* uids; "": has answered */
};

/* ---- who is there ---- */

static struct redis_node *node_find(struct redis_engine *e, struct weir_str uid)
{
	struct weir_list *node;

	weir_list_foreach (node, &e->nodes) {
		struct redis_node *n = weir_list_entry(node, struct redis_node, link);

		if (weir_str_is(uid, n->uid))
			return n;
	}
	return NULL;
}

static void node_free(struct redis_engine *e, struct redis_node *n)
{
	weir_list_remove(&n->link);
	e->n_nodes--;
	free(n);
}

static struct redis_node *node_new(struct redis_engine *e, struct weir_str uid)
{
	struct redis_node *n = e->n_nodes < REDIS_NODES_MAX && uid.n < sizeof(n->uid) ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return NULL;
	snprintf(n->uid, sizeof(n->uid), "%.*s", WEIR_STR_FMT(uid));
	weir_list_append(&e->nodes, &n->link);
	e->n_nodes++;
	return n;
}

void redis__nodes_tick(struct redis_partition *p, const struct weir_log_entry *entry)
{
	struct redis_engine *e = p->engine;
	struct redis_node *n = node_find(e, entry->pid);

	if (weir_str_eq(entry->pid, e->pid) || p->warming)
		return;
	if (!entry->body.n) {
		if (n)
			node_free(e, n);
		return;
	}
	if (!n)
		n = node_new(e, entry->pid);
	if (n)
		n->seen_ms = redis__now(e);
}

/* ---- saying ---- */

/* The first partition that can be written to. */
static struct redis_partition *any_partition(struct redis_engine *e)
{
	for (unsigned i = 0; i < e->n_partitions; i++)
		if (e->partitions[i].shard->state == REDIS_SHARD_READY)
			return &e->partitions[i];
	return &e->partitions[0];
}

static int say(
	struct redis_engine *e, struct redis_partition *p, struct weir_cluster_message *m, struct weir_request *request)
{
	struct redis_record *r;

	m->from = e->pid;
	weir_buf_reset(&e->scratch);
	weir_cluster_message_encode(&e->scratch, m);
	if (e->scratch.failed)
		return -ENOMEM;
	r = redis__record_with_body(p, REDIS_RECORD_CONTROL, weir_buf_view(&e->scratch));
	if (!r)
		return -ENOMEM;
	if (!redis__queue_push(p, r)) {
		r->bytes = 0;
		redis__record_free(p, r);
		return WEIR_EUNAVAILABLE;
	}
	r->request = request;
	return 0;
}

/* One at a time, in front of all that waits: whoever publishes has a lease, and so is asked what it has seen. */
static void tick(struct redis_partition *p, struct weir_str body)
{
	struct redis_record *r = p->tick_queued ? NULL : redis__record_with_body(p, REDIS_RECORD_TICK, body);

	if (!r)
		return;
	r->bytes = 0;
	weir_list_prepend(&p->queue, &r->link);
	p->tick_queued = true;
}

/* ---- surveys: asking ---- */

static int name_missing(struct weir_request *r, struct weir_str uid)
{
	return weir_name_list_add(r->type == WEIR_REQUEST_INFO ? &((struct weir_info_request *)r)->missing
							       : &((struct weir_channels_request *)r)->missing,
		uid);
}

static void survey_end(struct redis_engine *e, struct redis_survey *s)
{
	struct weir_request *r = s->request;
	int err = 0;

	for (size_t i = 0; i < s->n_awaited; i++) {
		if (!s->awaited[i][0])
			continue;
		redis_count(e, survey_missing, 1);
		err = name_missing(r, weir_str(s->awaited[i])) < 0 ? -ENOMEM : err;
	}
	weir_list_remove(&s->link);
	free(s->awaited);
	free(s);
	redis__answer(e, r, err);
}

static struct redis_survey *survey_new(struct redis_engine *e, struct weir_request *r)
{
	struct redis_survey *s = calloc(1, sizeof(*s));
	uint64_t now_ms = redis__now(e);
	struct weir_list *node;

	if (!s)
		return NULL;
	s->awaited = calloc(e->n_nodes + 1, sizeof(*s->awaited));
	if (!s->awaited) {
		free(s);
		return NULL;
	}
	s->id = ++e->next_survey;
	s->deadline_ms = now_ms + REDIS_SURVEY_MS;
	s->request = r;
	weir_list_foreach (node, &e->nodes) {
		const struct redis_node *n = weir_list_entry(node, struct redis_node, link);

		if (now_ms - n->seen_ms < WEIR_SCRIPT_LEASE_MS)
			memcpy(s->awaited[s->n_awaited++], n->uid, sizeof(n->uid));
	}
	weir_list_append(&e->surveys, &s->link);
	return s;
}

static struct weir_cluster_message question(const struct redis_survey *s)
{
	struct weir_cluster_message m = {
		.kind = WEIR_CLUSTER_ASK, .ask = {.survey = s->id, .topic = WEIR_CLUSTER_INFO}};

	if (s->request->type == WEIR_REQUEST_CHANNELS) {
		const struct weir_channels_request *r = (const struct weir_channels_request *)s->request;

		m.ask.topic = WEIR_CLUSTER_CHANNELS;
		m.ask.pattern = r->pattern;
		m.ask.page = r->page;
		m.ask.after = r->after;
		m.ask.limit = r->limit;
	}
	return m;
}

/* ---- surveys: answering ---- */

static struct weir_request *local_request(const struct weir_cluster_ask *ask)
{
	struct weir_channels_request *r;

	if (ask->topic == WEIR_CLUSTER_INFO) {
		struct weir_info_request *info = weir_info_request_new();

		return info ? &info->base : NULL;
	}
	r = ask->page ? weir_channels_page_request_new(ask->pattern, ask->after, (size_t)ask->limit)
		      : weir_channels_request_new(ask->pattern);
	return r ? &r->base : NULL;
}

static void fill_in(struct weir_cluster_answer *a, const struct weir_request *r)
{
	if (r->type == WEIR_REQUEST_INFO) {
		const struct weir_node_list *nodes = &((const struct weir_info_request *)r)->nodes;

		if (nodes->count)
			a->node = nodes->nodes[0];
	} else {
		const struct weir_channels_request *c = (const struct weir_channels_request *)r;

		a->channels = c->channels;
		a->count = c->count;
		a->more = c->more;
	}
}

static void answer(struct redis_partition *p, const struct weir_log_entry *entry, const struct weir_cluster_ask *ask)
{
	struct redis_engine *e = p->engine;
	struct weir_request *r = local_request(ask);
	struct weir_cluster_message m = {.kind = WEIR_CLUSTER_ANSWER,
		.to = entry->pid,
		.answer = {.survey = ask->survey, .topic = ask->topic, .failed = true}};

	if (r) {
		e->sink.local(e->sink.ctx, r);
		m.answer.failed = r->status;
		if (!r->status)
			fill_in(&m.answer, r);
	}
	if (say(e, p, &m, NULL) < 0)
		redis_count(e, survey_missing, 1);
	weir_request_free(&r);
}

static struct redis_survey *survey_find(struct redis_engine *e, uint64_t id)
{
	struct weir_list *node;

	weir_list_foreach (node, &e->surveys)
		if (weir_list_entry(node, struct redis_survey, link)->id == id)
			return weir_list_entry(node, struct redis_survey, link);
	return NULL;
}

static bool merge(struct weir_request *r, const struct weir_cluster_answer *a)
{
	if (a->failed || (r->type == WEIR_REQUEST_INFO) != (a->topic == WEIR_CLUSTER_INFO))
		return false;
	if (r->type == WEIR_REQUEST_INFO)
		return weir_node_list_add(&((struct weir_info_request *)r)->nodes, &a->node) == 0;
	return weir_channels_merge((struct weir_channels_request *)r, a->channels, a->count, a->more) == 0;
}

/* What cannot be merged counts as missing. */
static void answered(struct redis_engine *e, struct weir_str from, const struct weir_cluster_answer *a)
{
	struct redis_survey *s = survey_find(e, a->survey);
	bool all = true;

	if (!s)
		return;
	for (size_t i = 0; i < s->n_awaited; i++) {
		if (weir_str_is(from, s->awaited[i]) && merge(s->request, a))
			s->awaited[i][0] = 0;
		all = all && !s->awaited[i][0];
	}
	if (all)
		survey_end(e, s);
}

/* ---- what others say ---- */

static void forget(struct redis_engine *e, struct weir_str channel)
{
	struct redis_copy *c = redis__copy_find(e, channel);

	if (!c)
		return;
	weir_stream_remove(&c->stream);
	c->lo = 0;
	redis__copy_touch(c);
}

void redis__nodes_message(struct redis_partition *p, const struct weir_log_entry *entry)
{
	struct redis_engine *e = p->engine;
	struct weir_cluster_message m;
	bool own = weir_str_eq(entry->pid, e->pid);
	int err = weir_cluster_message_decode(entry->body, e->o.namespaces, &m);

	if (err) {
		redis_count(e, bad_entries, 1);
		weir_slog(e->o.log, ENGINE, WARN, "a message of another broker cannot be read",
			WEIR_F_STR("from", entry->pid), WEIR_F_ERR(err));
		return;
	}
	switch (m.kind) {
	case WEIR_CLUSTER_CONTROL:
		if (!m.to.p || weir_str_eq(m.to, e->pid))
			e->sink.control(e->sink.ctx, m.control);
		break;
	case WEIR_CLUSTER_ASK:
		if (!own)
			answer(p, entry, &m.ask);
		break;
	case WEIR_CLUSTER_ANSWER:
		if (weir_str_eq(m.to, e->pid))
			answered(e, entry->pid, &m.answer);
		break;
	case WEIR_CLUSTER_FORGET:
		forget(e, m.channel);
		break;
	}
	weir_cluster_message_fini(&m);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void redis__nodes_init(struct redis_engine *e)
{
	weir_list_init(&e->nodes);
	weir_list_init(&e->surveys);
	e->nodes_known_ms = UINT64_MAX; /* not before the first housekeeping */
}

/* Until the others have had time to say that they are there, nobody is called unknown: who is none reads it in vain. */
static bool is_unknown(struct redis_engine *e, struct weir_str uid)
{
	return uid.n && !node_find(e, uid) && redis__now(e) >= e->nodes_known_ms;
}

void redis__control(struct redis_engine *e, struct weir_control_request *r)
{
	struct weir_str to = r->control->node;
	struct weir_cluster_message m = {
		.kind = WEIR_CLUSTER_CONTROL, .to = to.n ? to : WEIR_STR_NONE, .control = r->control};
	int err = is_unknown(e, to) ? WEIR_ENOTFOUND : say(e, any_partition(e), &m, &r->base);

	if (err)
		redis__answer(e, &r->base, err);
}

void redis__survey(struct redis_engine *e, struct weir_request *r)
{
	struct redis_survey *s = survey_new(e, r);
	struct weir_cluster_message m;

	if (!s) {
		redis__answer(e, r, -ENOMEM);
		return;
	}
	m = question(s);
	if (!s->n_awaited || any_partition(e)->shard->state != REDIS_SHARD_READY ||
		say(e, any_partition(e), &m, NULL) < 0)
		survey_end(e, s);
}

void redis__nodes_forget(struct redis_engine *e, const struct weir_namespace *ns, struct weir_str channel)
{
	struct weir_cluster_message m = {.kind = WEIR_CLUSTER_FORGET, .channel = channel};

	forget(e, channel);
	if (say(e, redis__partition(e, ns, channel), &m, NULL) < 0)
		weir_slog(e->o.log, ENGINE, WARN, "others may keep what was removed from a history",
			WEIR_F_STR("channel", channel));
}

void redis__nodes_lease(struct redis_partition *p)
{
	tick(p, p->engine->o.node.name);
}

void redis__nodes_bye(struct redis_partition *p)
{
	tick(p, WEIR_STR_NONE);
}

void redis__nodes_housekeeping(struct redis_engine *e, uint64_t now_ms)
{
	struct weir_list *node, *next;

	weir_list_foreach_safe (node, next, &e->surveys) {
		struct redis_survey *s = weir_list_entry(node, struct redis_survey, link);

		if (now_ms >= s->deadline_ms)
			survey_end(e, s);
	}
	weir_list_foreach_safe (node, next, &e->nodes)
		if (now_ms - weir_list_entry(node, struct redis_node, link)->seen_ms > WEIR_SCRIPT_DEAD_MS)
			node_free(e, weir_list_entry(node, struct redis_node, link));
	if (e->nodes_known_ms == UINT64_MAX || any_partition(e)->shard->state != REDIS_SHARD_READY)
		e->nodes_known_ms = now_ms + 2 * REDIS_TICK_MS;
	if (now_ms < e->tick_at_ms)
		return;
	e->tick_at_ms = now_ms + REDIS_TICK_MS;
	for (unsigned i = 0; i < e->n_partitions; i++)
		if (e->partitions[i].shard->state == REDIS_SHARD_READY)
			redis__nodes_lease(&e->partitions[i]);
}

void redis__nodes_fini(struct redis_engine *e)
{
	while (!weir_list_empty(&e->surveys)) {
		struct redis_survey *s = weir_list_entry(e->surveys.next, struct redis_survey, link);

		weir_list_remove(&s->link);
		weir_request_free(&s->request);
		free(s->awaited);
		free(s);
	}
	while (!weir_list_empty(&e->nodes))
		node_free(e, weir_list_entry(e->nodes.next, struct redis_node, link));
}
