/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random operations against the reference model. Clients behave as the SDKs do: they keep positions, subscribe again
 * after 2500 and after a reconnect, and sometimes come with an old position. Whatever the scheduler does, each gets
 * exactly what the model lists for it, in order, or a part of it from the beginning and then the end of the connection.
 *
 * WEIR_SEED replays one run, WEIR_MODEL_SEEDS and WEIR_MODEL_OPS change how many runs there are and how long they are.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "model.h"
#include "scenario.h"
#include "test.h"
#include "weir/event/convert.h"
#include "weir/event/delta.h"

const char weir_test_suite[] = "sim/model";

#define CLIENTS 6
#define PENDING 64 /* commands of a client that are not answered; a power of two */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEEDS 8
#else
#define SEEDS 100
#endif
#define OPS 10000

enum sub_state { SUB_NONE, SUB_ASKED, SUB_LIVE };

/* A client's view of one channel. */
struct view {
	enum sub_state state;
	struct model_sub *sub; /* the model's, once answered */
	size_t next;           /* which of its entries comes next */
	bool delta, knows_position, msgpack;
	char epoch[WEIR_EPOCH_MAX];
	uint64_t offset;
	struct weir_buf base; /* of deltas */
};

struct client {
	struct loopback_client *c; /* NULL: not connected */
	struct model_session *session;
	bool stalled, msgpack;
	unsigned next_id;
	struct pending {
		unsigned id;
		int channel;
	} pending[PENDING]; /* by id; subscribes */
	struct view views[MODEL_CHANNELS];
};

enum sabotage { NOTHING, DROP_EVENT, REPEAT_OFFSET, SWAP_PAYLOAD };

struct run {
	struct loopback *lb;
	struct weir_random random;
	struct model model;
	struct client clients[CLIENTS];
	unsigned n_workers, next_payload;
	const char *tokens[3];
	enum sabotage sabotage;
	unsigned until_sabotage;
	uint64_t seed;
	unsigned op;
	bool failed, quiet; /* quiet: a failure is what the test wants */
	unsigned reads_under_way;
	struct {
		unsigned pubs, recovered, unrecovered, lost, overflows, resyncs, joins, deltas;
	} seen;
};

static void fail(struct run *r, const char *fmt, ...) WEIR_PRINTF(2, 3);
static void fail(struct run *r, const char *fmt, ...)
{
	va_list args;

	if (!r->failed && !r->quiet) {
		fprintf(stderr, "\n  WEIR_SEED=%llu, operation %u: ", (unsigned long long)r->seed, r->op);
		va_start(args, fmt);
		vfprintf(stderr, fmt, args);
		va_end(args);
		fputc('\n', stderr);
	}
	r->failed = true;
}

static unsigned below(struct run *r, unsigned n)
{
	return (unsigned)weir_random_below(&r->random, n);
}

/* ---- what the hub does ---- */

struct read {
	struct run *run;
	struct model_answer wanted;
};

static void on_history(struct weir_request *request);
static void on_presence(struct weir_request *request);

static void on_submit(void *ctx, struct weir_request *request)
{
	struct run *r = ctx;
	struct model_answer nobody = {0};
	bool ours = request->done == on_history || request->done == on_presence;

	model_take(&r->model, request, loopback_now(r->lb), ours ? &((struct read *)request->ctx)->wanted : &nobody);
}

/* Plants a fault into every so many events for a worker, after the model has seen it as it should be. */
static bool on_deliver(void *ctx, unsigned worker, const struct weir_message *m)
{
	struct run *r = ctx;

	(void)worker;
	if (r->sabotage == NOTHING || m->type != WEIR_MESSAGE_EVENT || m->event->type != WEIR_EVENT_PUBLICATION ||
		!m->event->offset || (r->until_sabotage && --r->until_sabotage))
		return true;
	r->until_sabotage = 50;
	if (r->sabotage == REPEAT_OFFSET)
		m->event->offset--;
	else if (r->sabotage == SWAP_PAYLOAD)
		((char *)(uintptr_t)m->event->data.p)[m->event->data.n - 5] ^= 1;
	else
		return false;
	return true;
}

/* ---- what a client gets ---- */

static uint64_t number(struct weir_json object, const char *name)
{
	uint64_t n = 0;

	return weir_json_u64(member(object, name), &n) < 0 ? 0 : n;
}

static bool is_true(struct weir_json object, const char *name)
{
	return member(object, name).type == WEIR_JSON_TRUE;
}

/* The payload's text as the application sees it, in v->base for delta subscribers. */
static struct weir_str payload_of(struct run *r, struct view *v, struct weir_json pub)
{
	struct weir_json data = member(pub, "data");
	struct weir_buf text, next;

	if (!v->delta)
		return data.text;
	if (data.type != WEIR_JSON_STRING) {
		fail(r, "data of a delta subscriber is no string");
		return WEIR_STR_NONE;
	}
	weir_buf_init(&text, 10000);
	weir_buf_init(&next, 10000);
	weir_json_string_decode(&text, data.text);
	if (!is_true(pub, "delta"))
		weir_buf_str(&next, weir_buf_view(&text));
	else if (weir_delta_apply(&next, weir_buf_view(&v->base), weir_buf_view(&text)) < 0)
		fail(r, "a patch does not fit");
	r->seen.deltas += is_true(pub, "delta");
	weir_buf_fini(&text);
	weir_buf_fini(&v->base);
	v->base = next;
	return weir_buf_view(&v->base);
}

/* Is it what comes of the text when it goes through MessagePack? */
static bool is_form(const char *text, struct weir_str payload)
{
	struct weir_buf packed, json;
	bool same;

	weir_buf_init(&packed, 2 * MODEL_PAYLOAD_MAX);
	weir_buf_init(&json, 2 * MODEL_PAYLOAD_MAX);
	same = weir_msgpack_from_json(&packed, weir_str(text)) == 0 &&
	       weir_json_from_msgpack(&json, weir_buf_view(&packed)) == 0 && weir_str_eq(weir_buf_view(&json), payload);
	weir_buf_fini(&packed);
	weir_buf_fini(&json);
	return same;
}

static void check_publication(struct run *r, struct view *v, struct weir_json pub, const struct model_entry *wanted)
{
	struct weir_str payload = payload_of(r, v, pub);
	uint64_t offset = number(pub, "offset");
	char text[MODEL_PAYLOAD_MAX];
	size_t n = model_payload(wanted->n, text);

	if (!weir_str_eq(payload, weir_str_n(text, n)) && !(v->msgpack && is_form(text, payload)))
		fail(r, "payload %.*s, wanted %s", WEIR_STR_FMT(payload), text);
	if (offset != wanted->offset)
		fail(r, "offset %llu, wanted %llu", (unsigned long long)offset, (unsigned long long)wanted->offset);
	if (offset && offset != v->offset + 1) /* what the SDK itself would notice */
		fail(r, "offset %llu after %llu", (unsigned long long)offset, (unsigned long long)v->offset);
	if (offset)
		v->offset = offset;
	r->seen.pubs++;
}

static void get_push(struct run *r, struct client *k, struct weir_json push)
{
	struct weir_json name = member(push, "channel"), body;
	int channel = model_channel_of(weir_json_string_plain(name.text));
	struct view *v = channel < 0 ? NULL : &k->views[channel];
	const struct model_entry *wanted;

	if (!v || v->state != SUB_LIVE) {
		fail(r, "a push without a subscription: %.*s", WEIR_STR_FMT(push.text));
		return;
	}
	body = member(push, "unsubscribe");
	if (weir_str_is(weir_json_string_plain(member(body, "reason").text), "queue full")) {
		/* It was too slow, and is told where its part of the list ends. Without history it would be closed. */
		if (number(body, "code") != 2500 || !v->sub->positioned)
			fail(r, "unsubscribe %.*s", WEIR_STR_FMT(body.text));
		v->state = SUB_NONE;
		r->seen.resyncs++;
		return;
	}
	/* Where there is no room for this word, what waits of the subscription makes it. */
	while (body.type && v->next + 1 < v->sub->n_entries && v->sub->entries[v->next].type != MODEL_LOST)
		v->next++;
	if (v->next >= v->sub->n_entries) {
		fail(r, "a push that nobody caused: %.*s", WEIR_STR_FMT(push.text));
		return;
	}
	wanted = &v->sub->entries[v->next++];
	if ((body = member(push, "pub")).type && wanted->type == MODEL_PUB) {
		check_publication(r, v, body, wanted);
	} else if ((body = member(push, "unsubscribe")).type && wanted->type == MODEL_LOST) {
		if (number(body, "code") != 2500)
			fail(r, "unsubscribe %.*s", WEIR_STR_FMT(body.text));
		v->state = SUB_NONE;
		r->seen.lost++;
	} else if ((body = member(push, wanted->type == MODEL_JOIN ? "join" : "leave")).type &&
		   wanted->type != MODEL_PUB) {
		if (!weir_str_is(weir_json_string_plain(member(member(body, "info"), "client").text), wanted->client))
			fail(r, "%.*s, wanted %s", WEIR_STR_FMT(body.text), wanted->client);
		r->seen.joins++;
	} else {
		fail(r, "a push of another kind than %d: %.*s", wanted->type, WEIR_STR_FMT(push.text));
	}
}

/* Positions and recovered publications of a subscribe answer. */
static void check_result(struct run *r, struct view *v, struct weir_json result)
{
	const struct model_sub *s = v->sub;
	struct weir_json_iter it;
	struct weir_json pub;
	size_t i = 0;

	if (is_true(result, "recovered") != s->recovered)
		fail(r, "recovered is %d, wanted %d", !s->recovered, s->recovered);
	if (!s->positioned)
		return;
	snprintf(
		v->epoch, sizeof(v->epoch), "%.*s", WEIR_STR_FMT(weir_json_string_plain(member(result, "epoch").text)));
	if (!model_epoch_is(&r->model, s->channel, s->epoch, v->epoch))
		fail(r, "epoch %s is not number %u of %s", v->epoch, s->epoch, model_names[s->channel]);
	if (number(result, "offset") != (s->recovered ? v->offset : s->top))
		fail(r, "the offset of the answer is %llu", (unsigned long long)number(result, "offset"));
	v->offset = number(result, "offset");
	v->knows_position = true;
	if (member(result, "publications").type) {
		it = weir_json_elements(member(result, "publications"));
		for (; weir_json_next_element(&it, &pub); i++)
			if (i < s->n_missed)
				check_publication(r, v, pub, &s->missed[i]);
	}
	if (i != s->n_missed || v->offset != s->top)
		fail(r, "%zu publications recovered, wanted %zu", i, s->n_missed);
	r->seen.recovered += s->recovered && s->n_missed;
	r->seen.unrecovered += is_true(result, "was_recovering") && !s->recovered;
}

static void get_subscribe_answer(struct run *r, struct client *k, unsigned channel, struct weir_json reply)
{
	struct view *v = &k->views[channel];
	struct model_sub **at = &k->session->subs[channel];

	if (v->state != SUB_ASKED || !*at) {
		fail(r, "an answer to a subscribe that the hub has not seen");
		return;
	}
	/* The one before is done with. */
	if (v->sub && v->sub == *at) {
		*at = v->sub->next;
		free(v->sub->missed);
		free(v->sub->entries);
		free(v->sub);
	}
	v->sub = *at;
	v->next = 0;
	if (!v->sub) {
		fail(r, "an answer to a subscribe that the hub has not seen");
		return;
	}
	if (number(member(reply, "error"), "code") != (v->sub->status ? 112u : 0u))
		fail(r, "%.*s, wanted status %d", WEIR_STR_FMT(reply.text), v->sub->status);
	v->state = v->sub->status ? SUB_NONE : SUB_LIVE;
	if (v->state == SUB_LIVE)
		check_result(r, v, member(reply, "subscribe"));
	else
		v->knows_position = false;
}

static void get(struct run *r, struct client *k, const char *text)
{
	struct weir_json message, part;
	unsigned id;

	if (weir_json_check(weir_str(text), 100, &message, NULL) < 0) {
		fail(r, "not JSON: %s", text);
		return;
	}
	if (text[1] == '}') {
		if (!loopback_closed(k->c))
			loopback_send(k->c, "{}");
		return;
	}
	part = member(message, "push");
	if (part.type) {
		get_push(r, k, part);
		return;
	}
	id = (unsigned)number(message, "id");
	part = member(message, "connect");
	if (part.type) {
		char name[40];

		snprintf(name, sizeof(name), "%.*s", WEIR_STR_FMT(weir_json_string_plain(member(part, "client").text)));
		k->session = model_session(&r->model, name);
		k->session->attached = true;
	} else if (k->pending[id % PENDING].id == id) {
		k->pending[id % PENDING].id = 0;
		get_subscribe_answer(r, k, (unsigned)k->pending[id % PENDING].channel, message);
	} else if (member(message, "error").type) {
		fail(r, "%s", text);
	}
}

/* ---- what clients do ---- */

static void let_go(struct client *k)
{
	if (k->session)
		k->session->attached = false;
	k->session = NULL;
	for (unsigned i = 0; i < MODEL_CHANNELS; i++) {
		k->views[i].state = SUB_NONE;
		k->views[i].sub = NULL;
	}
	memset(k->pending, 0, sizeof(k->pending));
	k->stalled = false;
	loopback_client_free(&k->c);
}

static void drain(struct run *r, struct client *k)
{
	const char *got;

	if (!k->c)
		return;
	while (!r->failed && (got = loopback_receive(k->c)))
		get(r, k, got);
	if (!loopback_closed(k->c))
		return;
	if (loopback_closed(k->c) == 3008)
		r->seen.overflows++;
	else if (loopback_closed(k->c) != 3012)
		fail(r, "closed with %u", loopback_closed(k->c));
	let_go(k);
}

static void subscribe(struct run *r, struct client *k, unsigned channel)
{
	struct view *v = &k->views[channel];
	unsigned id = k->next_id++;
	bool recover = v->knows_position && below(r, 4);

	if (v->state != SUB_NONE || k->pending[id % PENDING].id)
		return;
	if (!recover && below(r, 2)) {
		/* From the beginning, or from anywhere. */
		recover = true;
		v->offset = below(r, 2) ? 0 : below(r, 30);
		if (below(r, 2))
			v->epoch[0] = 0;
	} else if (recover && below(r, 5) == 0) {
		v->offset -= below(r, 8) < v->offset ? below(r, (unsigned)(v->offset < 8 ? v->offset : 8)) : 0;
	}
	v->msgpack = k->msgpack;
	v->delta = !k->msgpack && model_names[channel][0] == 'd' && below(r, 4);
	v->state = SUB_ASKED;
	k->pending[id % PENDING].id = id;
	k->pending[id % PENDING].channel = (int)channel;
	if (recover)
		send_text(k->c,
			"{\"id\":%u,\"subscribe\":{\"channel\":\"%s\",\"recover\":true,\"epoch\":\"%s\",\"offset\":%"
			"llu,\"flag\":%d%s}}",
			id, model_names[channel], v->epoch, (unsigned long long)v->offset, below(r, 4) ? 1 : 3,
			v->delta ? ",\"delta\":\"fossil\"" : "");
	else
		send_text(k->c, "{\"id\":%u,\"subscribe\":{\"channel\":\"%s\"%s}}", id, model_names[channel],
			v->delta ? ",\"delta\":\"fossil\"" : "");
}

static void op_connect(struct run *r, struct client *k)
{
	if (k->c)
		return;
	k->msgpack = below(r, 3) == 0;
	k->c = k->msgpack ? loopback_connect_msgpack(r->lb, below(r, r->n_workers))
			  : loopback_connect(r->lb, below(r, r->n_workers));
	k->next_id = k->next_id ? k->next_id : 2;
	send_text(k->c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", r->tokens[below(r, 3)]);
	for (unsigned i = 0; i < MODEL_CHANNELS; i++)
		if (below(r, 2))
			subscribe(r, k, i); /* at once, as the JS SDK does */
}

static void op_unsubscribe(struct run *r, struct client *k, unsigned channel)
{
	/* Only what has been answered: the answer of the subscribe before must not be taken for that of the next. */
	if (k->views[channel].state != SUB_LIVE)
		return;
	send_text(k->c, "{\"id\":%u,\"unsubscribe\":{\"channel\":\"%s\"}}", k->next_id++, model_names[channel]);
	/* Pushes that were flushed before are read first. */
	if (!k->stalled) {
		loopback_run(r->lb);
		drain(r, k);
		k->views[channel].state = SUB_NONE;
		if (k->c && below(r, 2))
			subscribe(r, k, channel);
	} else {
		loopback_stall(k->c, false);
		k->stalled = false;
		loopback_run(r->lb);
		drain(r, k);
		k->views[channel].state = SUB_NONE;
	}
}

static void op_stall(struct run *r, struct client *k)
{
	k->stalled = !k->stalled && below(r, 2);
	loopback_stall(k->c, k->stalled);
}

/* ---- what callers of the API do ---- */

struct publish {
	struct run *run;
	unsigned n, channel;
};

static void on_published(struct weir_request *request)
{
	struct publish *p = request->ctx;
	struct run *r = p->run;
	const struct weir_publish_result *got = &((struct weir_publish_request *)request)->result;
	const struct model_place *wanted = &r->model.places[p->n];

	if (request->status || got->offset != wanted->offset ||
		(got->offset && !model_epoch_is(&r->model, p->channel, wanted->epoch, got->epoch)))
		fail(r, "published at %s:%llu, wanted %llu", got->epoch, (unsigned long long)got->offset,
			(unsigned long long)wanted->offset);
	free(p);
	weir_request_free(&request);
	r->reads_under_way--;
}

static void api_publish(struct run *r, unsigned channel, unsigned n, const char *payload, size_t size)
{
	struct weir_str name = weir_str(model_names[channel]);
	const struct weir_namespace *ns = loopback_namespace(r->lb, name);
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){
		.channel = name, .data = {payload, size}, .delta = ns->delta_publish && below(r, 8)});
	char key[2] = {(char)('0' + below(r, MODEL_KEYS)), 0};
	struct weir_publish_request *p = weir_publish_request_new(ns, e, below(r, 20) ? WEIR_STR_NONE : weir_str(key));
	struct weir_request *base = &p->base;
	struct publish *op = weir_xmalloc(sizeof(*op));

	*op = (struct publish){r, n, channel};
	p->skip_history = below(r, 20) == 0;
	base->done = on_published;
	base->ctx = op;
	if (loopback_ask(r->lb, below(r, r->n_workers), base)) {
		r->reads_under_way++;
		return;
	}
	free(op);
	weir_request_free(&base);
}

static void op_publish(struct run *r, struct client *k, unsigned channel)
{
	char payload[MODEL_PAYLOAD_MAX];
	unsigned n = ++r->next_payload;
	size_t size = model_payload(n, payload);

	/* The model's payloads are JSON to the byte. */
	if (!k->c || k->msgpack || below(r, 2))
		api_publish(r, channel, n, payload, size);
	else
		send_text(k->c, "{\"id\":%u,\"publish\":{\"channel\":\"%s\",\"data\":%s}}", k->next_id++,
			model_names[channel], payload);
}

static void on_history(struct weir_request *request)
{
	const struct weir_history_request *h = (const struct weir_history_request *)request;
	struct read *read = request->ctx;
	const struct model_answer *w = &read->wanted;

	if (request->status != w->status || !model_epoch_is(&read->run->model, w->channel, w->epoch, h->epoch) ||
		h->top != w->top || h->events.count != w->n_events)
		fail(read->run, "history: status %d, %s:%llu, %zu events; wanted %d, %llu, %zu", request->status,
			h->epoch, (unsigned long long)h->top, h->events.count, w->status, (unsigned long long)w->top,
			w->n_events);
	for (size_t i = 0; i < h->events.count && !read->run->failed; i++) {
		char text[MODEL_PAYLOAD_MAX];
		size_t n = model_payload(w->events[i].n, text);

		if (h->events.events[i]->offset != w->events[i].offset ||
			!weir_str_eq(h->events.events[i]->data, weir_str_n(text, n)))
			fail(read->run, "history: another event at place %zu", i);
	}
	read->run->reads_under_way--;
	free(read);
	weir_request_free(&request);
}

static void on_presence(struct weir_request *request)
{
	const struct weir_presence_request *p = (const struct weir_presence_request *)request;
	struct read *read = request->ctx;
	const struct model_answer *w = &read->wanted;

	if (p->num_clients != w->clients || p->num_users != w->users || (p->want_list && p->list.count != w->clients))
		fail(read->run, "presence of %s: %zu clients, %zu users; wanted %zu, %zu", model_names[w->channel],
			p->num_clients, p->num_users, w->clients, w->users);
	read->run->reads_under_way--;
	free(read);
	weir_request_free(&request);
}

static void ask(struct run *r, struct weir_request *request, unsigned channel, void (*done)(struct weir_request *))
{
	struct read *read = weir_xcalloc(1, sizeof(*read));

	read->run = r;
	read->wanted.channel = channel;
	request->done = done;
	request->ctx = read;
	if (loopback_ask(r->lb, below(r, r->n_workers), request)) {
		r->reads_under_way++;
		return;
	}
	free(read);
	weir_request_free(&request);
}

static void op_history(struct run *r, struct client *k, unsigned channel, bool remove)
{
	struct weir_str name = weir_str(model_names[channel]);
	struct weir_history_request *h;

	if (!r->model.channels[channel].history)
		return;
	h = weir_history_request_new(loopback_namespace(r->lb, name), name,
		remove || below(r, 3) ? WEIR_STR_NONE : weir_str(k->views[channel].epoch));
	if (remove)
		h->base.type = WEIR_REQUEST_HISTORY_REMOVE;
	h->range = (struct weir_stream_range){below(r, 2), below(r, 2), below(r, 20), below(r, 9)};
	if (h->range.since == 0)
		h->range.reverse = false;
	ask(r, &h->base, channel, on_history);
}

static void op_presence(struct run *r, unsigned channel)
{
	struct weir_presence_request *p = weir_presence_request_new(weir_str(model_names[channel]), below(r, 2));

	ask(r, &p->base, channel, on_presence);
}

/* ---- all of it ---- */

/* Nothing is under way: who reads has read everything, and the model's subscribers are the clients'. */
static void op_quiet(struct run *r)
{
	loopback_run(r->lb);
	for (unsigned i = 0; i < CLIENTS; i++)
		drain(r, &r->clients[i]);
	loopback_run(r->lb);
	for (unsigned i = 0; i < CLIENTS && !r->failed; i++) {
		struct client *k = &r->clients[i];

		for (unsigned n = 0; k->c && k->session && !k->stalled && n < MODEL_CHANNELS; n++) {
			const struct view *v = &k->views[n];

			if (v->state == SUB_ASKED)
				fail(r, "a subscribe to %s was not answered", model_names[n]);
			if ((v->state == SUB_LIVE) != (k->session->current[n] != NULL))
				fail(r, "the hub and the client disagree about %s", model_names[n]);
			if (v->state == SUB_LIVE && v->next != v->sub->n_entries)
				fail(r, "%zu of %zu events of %s arrived", v->next, v->sub->n_entries, model_names[n]);
		}
	}
	if (r->reads_under_way)
		fail(r, "%u requests were not answered", r->reads_under_way);
	for (unsigned i = 0; i < CLIENTS; i++)
		if (r->clients[i].c && !r->clients[i].session)
			return; /* it has not read who it is */
	model_purge(&r->model);
}

static void operate(struct run *r)
{
	struct client *k = &r->clients[below(r, CLIENTS)];
	unsigned channel = below(r, MODEL_CHANNELS), dice = below(r, 100);

	if (k->c && dice >= 30 && loopback_paused(k->c))
		dice = 20; /* it is not read */
	if (dice < 25)
		loopback_step(r->lb);
	else if (dice < 28)
		op_presence(r, channel);
	else if (dice < 33)
		op_history(r, k, channel, false);
	else if (dice < 34)
		op_history(r, k, channel, true);
	else if (dice < 37)
		loopback_advance(r->lb, below(r, 20) ? below(r, 600) : MODEL_META - 2 + below(r, 4));
	else if (dice < 40)
		op_quiet(r);
	else if (dice < 80)
		op_publish(r, k, channel);
	else if (!k->c)
		op_connect(r, k);
	else if (dice < 90)
		subscribe(r, k, channel);
	else if (dice < 94)
		op_unsubscribe(r, k, channel);
	else if (dice < 98)
		op_stall(r, k);
	else if (dice < 99)
		let_go(k);
	for (unsigned i = 0; i < CLIENTS; i++)
		drain(r, &r->clients[i]);
}

static const struct weir_namespace namespaces[] = {
	{.name = (char *)"h",
		.presence = true,
		.history_size = MODEL_SIZE,
		.history_ttl_ms = MODEL_TTL,
		.history_meta_ttl_ms = MODEL_META,
		.force_recovery = true},
	{.name = (char *)"d",
		.presence = true,
		.history_size = MODEL_SIZE,
		.history_ttl_ms = MODEL_TTL,
		.history_meta_ttl_ms = MODEL_META,
		.force_recovery = true,
		.delta_fossil = true,
		.delta_publish = true},
	{.name = (char *)"j", .presence = true, .join_leave = true, .force_push_join_leave = true},
	{.name = (char *)"n", .presence = true},
};

static void run_begin(struct run *r, uint64_t seed, const char *const tokens[3], enum sabotage sabotage)
{
	struct weir_session_config config = *loopback_default_config();

	*r = (struct run){.seed = seed, .sabotage = sabotage, .quiet = sabotage != NOTHING};
	weir_random_seeded(&r->random, seed);
	r->until_sabotage = 50 + below(r, 50);
	r->n_workers = 1 + below(r, 3);
	memcpy(r->tokens, tokens, sizeof(r->tokens));
	model_init(&r->model);
	for (unsigned i = 0; i < CLIENTS; i++)
		for (unsigned n = 0; n < MODEL_CHANNELS; n++)
			weir_buf_init(&r->clients[i].views[n].base, 10000);
	config.recovery_limit = MODEL_LIMIT;
	config.queue_max_bytes = 3000;
	r->lb = loopback_new(&(struct loopback_options){.workers = r->n_workers,
		.seed = seed,
		.hub_mailbox = below(r, 2) ? 2 : 64,
		.inbox = below(r, 2) ? 4 : 64,
		.hmac_secret = SCENARIO_SECRET,
		.named = namespaces,
		.n_named = WEIR_ARRAY_LEN(namespaces),
		.hooks = {on_submit, on_deliver, r},
		.config = &config});
}

static void run_end(struct run *r)
{
	for (unsigned i = 0; i < CLIENTS; i++) {
		if (r->clients[i].c)
			let_go(&r->clients[i]);
		for (unsigned n = 0; n < MODEL_CHANNELS; n++)
			weir_buf_fini(&r->clients[i].views[n].base);
	}
	loopback_free(&r->lb);
	model_fini(&r->model);
}

static unsigned from_environment(const char *name, unsigned otherwise)
{
	const char *given = getenv(name);

	return given ? (unsigned)strtoul(given, NULL, 10) : otherwise;
}

static void make_tokens(const char *out[3])
{
	out[0] = token("{\"sub\":\"a\"}");
	out[1] = token("{\"sub\":\"b\"}");
	out[2] = token("{}");
}

static void random_operations(void)
{
	unsigned seeds = getenv("WEIR_SEED") ? 1 : from_environment("WEIR_MODEL_SEEDS", SEEDS);
	unsigned ops = from_environment("WEIR_MODEL_OPS", OPS);
	struct run *r = weir_xmalloc(sizeof(*r));
	unsigned pubs = 0, recovered = 0, unrecovered = 0, lost = 0, overflows = 0, resyncs = 0, joins = 0, deltas = 0;
	const char *tokens[3];
	bool failed = false;

	make_tokens(tokens);
	for (unsigned i = 0; i < seeds && !failed; i++) {
		run_begin(r, weir_test_seed() + i, tokens, NOTHING);
		for (; r->op < ops && !r->failed; r->op++)
			operate(r);
		for (unsigned k = 0; k < CLIENTS; k++)
			if (r->clients[k].c)
				loopback_stall(r->clients[k].c, r->clients[k].stalled = false);
		if (!r->failed)
			op_quiet(r);
		failed = r->failed;
		pubs += r->seen.pubs;
		recovered += r->seen.recovered;
		unrecovered += r->seen.unrecovered;
		lost += r->seen.lost;
		overflows += r->seen.overflows;
		resyncs += r->seen.resyncs;
		joins += r->seen.joins;
		deltas += r->seen.deltas;
		run_end(r);
	}
	free(r);
	CU_ASSERT_FALSE_FATAL(failed);
	printf("(%u publications, %u recoveries, %u refused, %u lost places, %u overflows, %u resyncs, %u joins, %u "
	       "deltas) ",
		pubs, recovered, unrecovered, lost, overflows, resyncs, joins, deltas);
	/* That all of it happened. */
	CU_ASSERT(pubs && recovered && unrecovered && lost && overflows && resyncs && joins && deltas);
}

/* The checker must be able to fail: with a fault planted, each run is found out. */
static void finds(enum sabotage what)
{
	struct run *r = weir_xmalloc(sizeof(*r));
	unsigned found = 0, runs = 5;
	const char *tokens[3];

	make_tokens(tokens);
	for (unsigned i = 0; i < runs; i++) {
		run_begin(r, weir_test_seed() + i, tokens, what);
		for (; r->op < 3000 && !r->failed; r->op++)
			operate(r);
		found += r->failed;
		r->sabotage = NOTHING;
		run_end(r);
	}
	free(r);
	CU_ASSERT_EQUAL(found, runs);
}

static void finds_a_lost_event(void)
{
	finds(DROP_EVENT);
}

static void finds_a_repeated_offset(void)
{
	finds(REPEAT_OFFSET);
}

static void finds_a_changed_payload(void)
{
	finds(SWAP_PAYLOAD);
}

CU_TestInfo weir_tests[] = {
	{"random operations", random_operations},
	{"finds a lost event", finds_a_lost_event},
	{"finds a repeated offset", finds_a_repeated_offset},
	{"finds a changed payload", finds_a_changed_payload},
	CU_TEST_INFO_NULL,
};
