/* SPDX-License-Identifier: Apache-2.0 */
/* The reference model: see model.h. Written from protocol.md, not from the broker's code. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/base/mem.h"

const char *const model_names[MODEL_CHANNELS] = {"h:0", "h:1", "h:2", "d:0", "j:0", "n:0"};

static bool is_open(const struct model_channel *c, uint64_t now_ms)
{
	return c->exists && now_ms < c->meta_ms;
}

/* The stream as it is at this moment, and an access that keeps it. */
static void touch(struct model_channel *c, uint64_t now_ms)
{
	if (!is_open(c, now_ms)) {
		c->epoch += c->exists;
		c->exists = true;
		c->top = c->n_kept = 0;
	}
	if (now_ms >= c->expires_ms)
		c->n_kept = 0;
	c->meta_ms = now_ms + MODEL_META;
}

static void sub_add(struct model_sub *s, struct model_entry e)
{
	if (s->n_entries == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 8;
		s->entries = weir_xrealloc(s->entries, s->cap * sizeof(*s->entries));
	}
	s->entries[s->n_entries++] = e;
}

/* To all who are subscribed at the hub now. */
static void deliver(struct model *m, unsigned channel, struct model_entry e)
{
	for (size_t i = 0; i < m->n_sessions; i++) {
		struct model_sub *s = m->sessions[i]->current[channel];

		if (!s || s->lost)
			continue;
		if (e.type == MODEL_PUB && e.offset && s->positioned && s->epoch != m->channels[channel].epoch) {
			s->lost = true;
			e.type = MODEL_LOST;
			sub_add(s, e);
			e.type = MODEL_PUB;
			continue;
		}
		sub_add(s, e);
	}
}

static struct model_place *place_of(struct model *m, unsigned n)
{
	while (n >= m->cap_places) {
		m->places = weir_xrealloc(m->places, (m->cap_places + 4096) * sizeof(*m->places));
		m->cap_places += 4096;
	}
	return &m->places[n];
}

static void take_publish(struct model *m, const struct weir_publish_request *r, uint64_t now_ms)
{
	unsigned channel = (unsigned)model_channel_of(r->event->channel), n;
	struct model_channel *c = &m->channels[channel];
	struct model_entry e = {.type = MODEL_PUB};
	struct model_place *known = r->idempotency_key.n ? &c->results[r->idempotency_key.p[0] - '0'] : NULL, *place;

	n = (unsigned)strtoul(r->event->data.p + strlen("{\"n\":"), NULL, 10); /* ends at the comma */
	place = place_of(m, n);
	if (known && now_ms < known->expires_ms) {
		*place = *known;
		return;
	}
	e.n = n;
	if (c->history && !r->skip_history) {
		touch(c, now_ms);
		e.offset = ++c->top;
		if (c->n_kept == MODEL_SIZE)
			memmove(c->kept, c->kept + 1, --c->n_kept * sizeof(c->kept[0]));
		c->kept[c->n_kept++] = e;
		c->expires_ms = now_ms + MODEL_TTL;
	}
	*place = (struct model_place){now_ms + MODEL_IDEMPOTENCY_TTL, e.offset, c->epoch};
	if (known)
		*known = *place;
	deliver(m, channel, e);
}

static void recover(struct model_channel *c, struct model_sub *s, const struct weir_subscribe_request *r)
{
	s->missed = weir_xcalloc(MODEL_SIZE, sizeof(*s->missed));
	for (size_t i = 0; i < c->n_kept; i++)
		if (c->kept[i].offset > r->since_offset)
			s->missed[s->n_missed++] = c->kept[i];
	s->recovered = s->n_missed ? s->missed[0].offset == r->since_offset + 1 : c->top == r->since_offset;
	if (r->since_epoch.n && !weir_str_is(r->since_epoch, c->epochs[c->epoch]))
		s->recovered = false;
	if (s->n_missed > MODEL_LIMIT)
		s->recovered = false;
	if (!s->recovered)
		s->n_missed = 0;
	if (!s->recovered && r->reject_unrecovered)
		s->status = WEIR_EEPOCH;
}

static struct model_entry presence_entry(enum model_entry_type type, const char *id)
{
	struct model_entry e = {.type = type};

	snprintf(e.client, sizeof(e.client), "%s", id);
	return e;
}

static void take_subscribe(struct model *m, const struct weir_subscribe_request *r, uint64_t now_ms)
{
	unsigned channel = (unsigned)model_channel_of(r->channel);
	struct model_channel *c = &m->channels[channel];
	struct model_sub *s = weir_xcalloc(1, sizeof(*s)), **at;
	struct model_session *session;
	char id[37];

	snprintf(id, sizeof(id), "%.*s", WEIR_STR_FMT(r->info.client));
	session = model_session(m, id);
	snprintf(session->user, sizeof(session->user), "%.*s", WEIR_STR_FMT(r->info.user));
	for (at = &session->subs[channel]; *at; at = &(*at)->next)
		;
	*at = s;
	s->channel = channel;
	s->positioned = c->history;
	weir_assert(r->positioned == c->history && !session->current[channel]);
	if (c->history) {
		touch(c, now_ms);
		if (r->recover)
			recover(c, s, r);
		s->epoch = c->epoch;
		s->top = c->top;
	}
	if (s->status)
		return;
	session->current[channel] = s;
	if (c->joins)
		deliver(m, channel, presence_entry(MODEL_JOIN, id));
}

static void take_unsubscribe(struct model *m, const struct weir_unsubscribe_request *r)
{
	unsigned channel = (unsigned)model_channel_of(r->channel);
	char id[37];

	snprintf(id, sizeof(id), "%.*s", WEIR_STR_FMT(r->info.client));
	weir_assert(model_session(m, id)->current[channel]);
	model_session(m, id)->current[channel] = NULL;
	if (m->channels[channel].joins)
		deliver(m, channel, presence_entry(MODEL_LEAVE, id));
}

static void take_history(
	struct model_channel *c, const struct weir_history_request *r, uint64_t now_ms, struct model_answer *a)
{
	const struct weir_stream_range *range = &r->range;

	touch(c, now_ms);
	if (r->base.type == WEIR_REQUEST_HISTORY_REMOVE)
		c->n_kept = 0;
	a->epoch = c->epoch;
	a->top = c->top;
	if (r->since_epoch.n && !weir_str_is(r->since_epoch, c->epochs[c->epoch]))
		a->status = WEIR_EEPOCH;
	if (a->status || r->base.type == WEIR_REQUEST_HISTORY_REMOVE)
		return;
	if (!range->reverse) {
		for (size_t i = 0; i < c->n_kept && a->n_events < range->limit; i++)
			if (!range->has_since || c->kept[i].offset > range->since)
				a->events[a->n_events++] = c->kept[i];
		return;
	}
	for (size_t i = c->n_kept, found = !range->has_since; i-- > 0 && a->n_events < range->limit;) {
		found = found || c->kept[i].offset + 1 == range->since;
		if (found)
			a->events[a->n_events++] = c->kept[i];
	}
}

static void take_presence(struct model *m, unsigned channel, struct model_answer *a)
{
	for (size_t i = 0; i < m->n_sessions; i++) {
		bool first = m->sessions[i]->current[channel] != NULL;

		if (!first)
			continue;
		a->clients++;
		for (size_t k = 0; k < i; k++)
			if (m->sessions[k]->current[channel] && strcmp(m->sessions[k]->user, m->sessions[i]->user) == 0)
				first = false;
		a->users += first;
	}
}

static void session_free(struct model_session *s)
{
	for (unsigned i = 0; i < MODEL_CHANNELS; i++)
		while (s->subs[i]) {
			struct model_sub *sub = s->subs[i];

			s->subs[i] = sub->next;
			free(sub->missed);
			free(sub->entries);
			free(sub);
		}
	free(s);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void model_init(struct model *m)
{
	*m = (struct model){0};
	for (unsigned i = 0; i < MODEL_CHANNELS; i++)
		m->channels[i] = (struct model_channel){.name = model_names[i],
			.history = model_names[i][0] == 'h' || model_names[i][0] == 'd',
			.joins = model_names[i][0] == 'j'};
}

void model_fini(struct model *m)
{
	for (size_t i = 0; i < m->n_sessions; i++)
		session_free(m->sessions[i]);
	free(m->sessions);
	free(m->places);
}

void model_take(struct model *m, const struct weir_request *r, uint64_t now_ms, struct model_answer *a)
{
	switch (r->type) {
	case WEIR_REQUEST_PUBLISH:
		take_publish(m, (const struct weir_publish_request *)r, now_ms);
		break;
	case WEIR_REQUEST_SUBSCRIBE:
		take_subscribe(m, (const struct weir_subscribe_request *)r, now_ms);
		break;
	case WEIR_REQUEST_UNSUBSCRIBE:
		take_unsubscribe(m, (const struct weir_unsubscribe_request *)r);
		break;
	case WEIR_REQUEST_HISTORY:
	case WEIR_REQUEST_HISTORY_REMOVE:
		take_history(&m->channels[a->channel], (const struct weir_history_request *)r, now_ms, a);
		break;
	case WEIR_REQUEST_PRESENCE:
		take_presence(m, a->channel, a);
		break;
	default:
		break;
	}
}

struct model_session *model_session(struct model *m, const char *id)
{
	for (size_t i = m->n_sessions; i-- > 0;)
		if (strcmp(m->sessions[i]->id, id) == 0)
			return m->sessions[i];
	m->sessions = weir_xrealloc(m->sessions, (m->n_sessions + 1) * sizeof(struct model_session *));
	m->sessions[m->n_sessions] = weir_xcalloc(1, sizeof(struct model_session));
	snprintf(m->sessions[m->n_sessions]->id, 37, "%s", id);
	return m->sessions[m->n_sessions++];
}

void model_purge(struct model *m)
{
	for (size_t i = m->n_sessions; i-- > 0;)
		if (!m->sessions[i]->attached) {
			session_free(m->sessions[i]);
			m->sessions[i] = m->sessions[--m->n_sessions];
		}
}

bool model_epoch_is(struct model *m, unsigned channel, unsigned epoch, const char *text)
{
	struct model_channel *c = &m->channels[channel];

	weir_assert(epoch < WEIR_ARRAY_LEN(c->epochs));
	if (!c->epochs[epoch][0]) {
		for (size_t i = 0; i < WEIR_ARRAY_LEN(c->epochs); i++)
			if (strcmp(c->epochs[i], text) == 0)
				return false;
		snprintf(c->epochs[epoch], WEIR_EPOCH_MAX, "%s", text);
	}
	return strcmp(c->epochs[epoch], text) == 0;
}

int model_channel_of(struct weir_str name)
{
	for (int i = 0; i < MODEL_CHANNELS; i++)
		if (weir_str_is(name, model_names[i]))
			return i;
	return -1;
}

size_t model_payload(unsigned n, char out[MODEL_PAYLOAD_MAX])
{
	int width = (int)(n * 7 % 90) + (n % 11 ? 1 : 1000); /* one in eleven is large */

	return (size_t)snprintf(out, MODEL_PAYLOAD_MAX, "{\"n\":%u, \"s\":\"%0*d\\n\xc3\xa4\"}", n, width, 5);
}
