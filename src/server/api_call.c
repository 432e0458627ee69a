/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of calls. A request gives its calls' questions to the hub, at most API_WINDOW at a time: of one call after
 * the other, or in parallel. Without room at the hub it waits in the API's list; if nothing was given at all it is
 * answered 503. After the deadline, or when the client has gone, it only waits for the answers that are under way, and
 * then goes. Worker's thread.
 */
#include <stdlib.h>

#include "api_priv.h"

static uint64_t request_now(const struct api_request *q)
{
	return uv_now(&q->api->o.pendings->timer.loop->uv);
}

/* Nothing more is given to the hub. */
static void request_drop(struct api_request *q)
{
	q->dropped = true;
	weir_list_remove(&q->link);
	weir_request_free(&q->held);
}

static void request_answer_dropped(struct api_request *q)
{
	struct api_error e = weir__api_status(q->wrote ? WEIR_ETIMEOUT : WEIR_EUNAVAILABLE);
	struct weir_http_request *http = q->http;

	q->api->counters.unavailable++;
	weir_stat_add(&q->api->o.worker->stats, api_unavailable, 1);
	if (q->post) {
		weir__events_post_answer(q, &e);
		return;
	}
	q->http = NULL;
	weir__api_answer_error(http, 503, &e);
}

/* ---- calls ---- */

static void work_free(struct api_call *c)
{
	struct api_work *w = c->work;

	c->work = NULL;
	if (!w)
		return;
	weir_buf_fini(&w->text);
	weir_buf_fini(&w->payload);
	weir_buf_fini(&w->name);
	free(w->tags);
	free(w->found);
	weir_name_list_fini(&w->missing);
	if (w->slots != &w->one)
		free(w->slots);
	free(w);
}

static void call_end(struct api_call *c)
{
	struct api_request *q = c->request;

	if (!c->error.code && c->work->n_slots == 1 && c->work->slots == &c->work->one)
		c->error = c->work->one.error;
	if (!c->error.code && c->method->end)
		c->method->end(c);
	if (!c->error.code && !c->out.len)
		weir_buf_lit(&c->out, "{}");
	if (!c->error.code && c->out.failed)
		weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, "answer is too large");
	if (c->error.code) {
		weir_buf_fini(&c->out);
		q->api->counters.errors++;
		weir_stat_add(&q->api->o.worker->stats, api_errors[weir_error_place(c->error.code)], 1);
	}
	q->budget -= c->out.len;
	work_free(c);
	c->ended = true;
}

/* The call, or one of its slots, has got on. */
static void call_settle(struct api_call *c)
{
	if (c->work->next < c->work->n_slots || c->work->unanswered)
		return;
	c->out.max = c->request->budget;
	call_end(c);
}

static bool call_prepare(struct api_call *c)
{
	struct api_work *w = calloc(1, sizeof(*w));
	char why[API_WHY_MAX];

	if (!w)
		return weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, NULL);
	c->work = w;
	w->slots = &w->one;
	w->n_slots = 1;
	weir_buf_init(&w->text, SIZE_MAX);
	weir_buf_init(&w->name, SIZE_MAX);
	weir_buf_init(&w->payload, SIZE_MAX);
	/* The types were checked when the call was found in the body. */
	if (weir__api_parse(c->method, c->params, &w->text, &w->params, why) < 0)
		return weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, NULL);
	return !c->method->begin || c->method->begin(c);
}

static void call_begin(struct api_call *c)
{
	c->request->api->counters.calls++;
	if (c->method)
		weir_stat_add(&c->request->api->o.worker->stats, api_calls[weir__api_method_place(c->method)], 1);
	if (c->error.code || !call_prepare(c)) {
		call_end(c);
		return;
	}
	for (size_t i = 0; i < c->work->n_slots; i++)
		c->work->slots[i].call = c;
}

/* ---- questions and answers ---- */

static void on_answer(struct weir_request *r)
{
	struct api_slot *slot = r->ctx;
	struct api_call *c = slot->call;
	struct api_request *q = c->request;

	q->in_flight--;
	c->work->unanswered--;
	q->moved_ms = request_now(q);
	if (r->status) {
		slot->error = weir__api_status(r->status);
	} else if (c->method->take && !q->dropped) {
		c->out.max = q->budget;
		c->method->take(c, slot, r);
	}
	weir_request_free(&r);
	if (!q->dropped)
		call_settle(c);
	weir__api_run(q);
}

/* Gives what is held to the hub; false: no room. */
static bool request_ask(struct api_request *q)
{
	struct weir_request *r = q->held;
	struct weir_worker *worker = q->api->o.worker;
	bool writes = ((struct api_slot *)r->ctx)->call->method->writes;

	/* Before it is given away: the answer may come at once, and this thread owns nothing of it afterwards. */
	q->held = NULL;
	q->in_flight++;
	if (weir_worker_ask(worker, r)) {
		q->asked = true;
		q->wrote = q->wrote || writes;
		return true;
	}
	q->in_flight--;
	q->held = r;
	weir_list_append(&q->api->waiting, &q->link);
	return false;
}

static bool call_next(struct api_call *c)
{
	struct api_slot *slot = &c->work->slots[c->work->next++];
	struct weir_request *r = c->method->make(c, slot);

	if (!r) {
		call_settle(c);
		return true;
	}
	if (r->type == WEIR_REQUEST_PUBLISH)
		weir_stat_add(&c->request->api->o.worker->stats, events_in, 1);
	r->done = on_answer;
	r->ctx = slot;
	c->work->unanswered++;
	c->request->held = r;
	return request_ask(c->request);
}

/* One step; false: nothing to do now. */
static bool request_step(struct api_request *q)
{
	struct api_call *c;

	if (q->dropped || q->in_flight >= API_WINDOW)
		return false;
	if (q->held)
		return request_ask(q);
	if (q->current == q->n_calls)
		return false;
	c = &q->calls[q->current];
	if (!c->ended && !c->work)
		call_begin(c);
	else if (!c->ended && c->work->next < c->work->n_slots)
		return call_next(c);
	else if (c->ended || (q->parallel && !c->work->searching))
		q->current++;
	else
		return false; /* the next one begins when this one has ended */
	return true;
}

static void on_request_deadline(struct weir_pending *p, int result)
{
	struct api_request *q = WEIR_CONTAINER_OF(p, struct api_request, deadline);
	uint64_t quiet = request_now(q) - q->moved_ms;

	if (!result)
		return;
	if (result == WEIR_ETIMEOUT && quiet < q->api->o.answer_ms) {
		weir_pending_start(q->api->o.pendings, p, q->api->o.answer_ms - quiet, on_request_deadline);
		return;
	}
	request_drop(q);
	request_answer_dropped(q);
	weir__api_run(q);
}

static bool request_is_given(const struct api_request *q)
{
	const struct api_work *w;

	if (q->held || q->current + 1 < q->n_calls)
		return false;
	if (q->current == q->n_calls)
		return true;
	w = q->calls[q->current].work;
	return w && w->next == w->n_slots && !w->searching;
}

static void on_client_gone(struct weir_http_request *http)
{
	struct api_request *q = http->user;

	if (request_is_given(q))
		return; /* the answer may still reach a client that closed only its half */
	request_drop(q);
	weir__api_run(q);
}

static void request_finish(struct api_request *q)
{
	struct weir_api *api = q->api;

	weir_pending_finish(&q->deadline, 0);
	if (q->http && q->dropped)
		request_answer_dropped(q);
	else if (q->http)
		weir__api_answer(q);
	weir__api_request_free(q);
	if (api->closing && !api->n_requests)
		api->closed(api);
}

/* It has to wait. */
static void request_wait(struct api_request *q)
{
	if (!q->http || q->http->on_gone)
		return;
	q->http->user = q;
	q->http->on_gone = on_client_gone;
	q->moved_ms = request_now(q);
	weir_pending_start(q->api->o.pendings, &q->deadline, q->api->o.answer_ms, on_request_deadline);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct api_request *weir__api_request_new(struct weir_api *api, struct weir_http_request *http, enum api_shape shape)
{
	struct api_request *q = weir_xcalloc(1, sizeof(*q));

	q->api = api;
	q->http = http;
	q->shape = shape;
	q->budget = api->o.answer_max_bytes;
	weir_list_init(&q->link);
	api->n_requests++;
	return q;
}

void weir__api_request_free(struct api_request *q)
{
	weir_list_remove(&q->link);
	weir_request_free(&q->held);
	for (size_t i = 0; i < q->n_calls; i++) {
		weir_buf_fini(&q->calls[i].out);
		work_free(&q->calls[i]);
	}
	free(q->calls);
	weir__events_post_free(&q->post);
	q->api->n_requests--;
	free(q);
}

struct api_call *weir__api_add(struct api_request *q, const struct api_method *method, struct weir_str params)
{
	struct api_call *c;

	if (q->n_calls == q->cap) {
		size_t cap = q->cap ? 2 * q->cap : 1;
		struct api_call *calls = realloc(q->calls, cap * sizeof(*calls));

		if (!calls)
			return NULL;
		q->calls = calls;
		q->cap = cap;
	}
	c = &q->calls[q->n_calls++];
	*c = (struct api_call){.request = q, .method = method, .params = params};
	weir_buf_init(&c->out, 0);
	return c;
}

void weir__api_run(struct api_request *q)
{
	if (q->running)
		return;
	q->running = true;
	weir_list_remove(&q->link);
	while (request_step(q)) {}
	if (q->held && !q->asked)
		request_drop(q);
	q->running = false;
	if (!q->in_flight && (q->dropped || q->current == q->n_calls))
		request_finish(q);
	else
		request_wait(q);
}

bool weir__api_fail(struct api_error *e, enum weir_error_code code, const char *message)
{
	*e = (struct api_error){code, message, false};
	return false;
}
