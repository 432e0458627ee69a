/* SPDX-License-Identifier: Apache-2.0 */
/* The API of the tests, with what stands behind it. See api_fixture.h. */
#include "config.h"

#include "api_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/engine/memory.h"

static uint64_t clock_mono(void *ctx)
{
	return weir_mono_ms(&weir_clock_real) + ((struct api_fixture *)ctx)->ahead_ms;
}

static int64_t clock_wall(void *ctx)
{
	(void)ctx;
	return 1700000000000;
}

/* ---- worker and hub ---- */

static bool to_hub(void *ctx, struct weir_request *r)
{
	struct api_fixture *f = ctx;

	if (!f->room || weir_ring_count(&f->inbox) + WEIR_HUB_MESSAGES_PER_REQUEST > weir_ring_capacity(&f->inbox))
		return false;
	if (r->type == WEIR_REQUEST_SURVEY && ((struct weir_survey_request *)r)->shown) {
		weir_hub_submit(f->hub, r); /* on its way back: no question of the API */
		return true;
	}
	f->room--;
	f->asked++;
	f->in_flight += r->done != NULL;
	if (f->in_flight > f->most_in_flight)
		f->most_in_flight = f->in_flight;
	if (f->survey && r->type == WEIR_REQUEST_SURVEY)
		f->survey((struct weir_survey_request *)r);
	if (f->status || (f->survey && r->type == WEIR_REQUEST_SURVEY)) {
		struct weir_message m = {.type = WEIR_MESSAGE_REPLY, .request = r};

		r->status = f->status;
		weir_assert(weir_ring_push(&f->inbox, &m));
	} else {
		weir_hub_submit(f->hub, r);
	}
	return true;
}

static void to_worker(void *ctx, unsigned worker, const struct weir_message *m)
{
	struct api_fixture *f = ctx;

	if (f->others && m->type == WEIR_MESSAGE_REPLY)
		f->others(m->request);
	weir_assert(worker == 0 && weir_ring_push(&f->inbox, m));
}

static void on_turn(struct weir_turn_hook *hook)
{
	struct api_fixture *f = WEIR_CONTAINER_OF(hook, struct api_fixture, turn);
	struct weir_message m;

	while (!f->hold && weir_ring_pop(&f->inbox, &m)) {
		if (m.type == WEIR_MESSAGE_REPLY)
			f->in_flight--;
		weir_worker_receive(&f->worker, &m);
	}
	weir_worker_end_turn(&f->worker);
}

/* The loop's turns end before it polls, so what the last poll brought is dealt with first. */
static void turn(struct api_fixture *f, int fd, int wait_ms)
{
	on_turn(&f->turn);
	fixture_turn(&f->http, fd, wait_ms);
}

static void on_control(void *ctx, const struct weir_control *c)
{
	struct api_fixture *f = ctx;

	weir_control_unref(&f->control);
	f->control = weir_control_ref((struct weir_control *)(uintptr_t)c);
}

static void on_room(void *ctx)
{
	weir_api_room(&((struct api_fixture *)ctx)->api);
}

static struct weir_namespaces *namespaces(void)
{
	struct weir_namespace *without = weir_xcalloc(1, sizeof(*without));
	struct weir_namespace *named = weir_xcalloc(3, sizeof(*named));

	*without = (struct weir_namespace){.name = weir_xstrdup(""),
		.presence = true,
		.history_size = 5,
		.history_ttl_ms = 60000,
		.history_meta_ttl_ms = 3600000,
		WEIR_NAMESPACE_QUEUE_DEFAULTS};
	named[0] = (struct weir_namespace){.name = weir_xstrdup("plain"), WEIR_NAMESPACE_QUEUE_DEFAULTS};
	named[1] = (struct weir_namespace){.name = weir_xstrdup("object"),
		.publication_data_format = WEIR_FORMAT_JSON_OBJECT,
		.delta_publish = true,
		WEIR_NAMESPACE_QUEUE_DEFAULTS};
	named[2] = (struct weir_namespace){
		.name = weir_xstrdup("wild"), .allow_wildcards = true, WEIR_NAMESPACE_QUEUE_DEFAULTS};
	return weir_namespaces_new(without, named, 3);
}

static void fixture_broker(struct api_fixture *f)
{
	f->engine = weir_engine_memory_new(&(struct weir_engine_memory_options){.clock = &f->clock,
		.hash_key = &f->hash_key,
		.random = &f->random,
		.idempotency_ttl_ms = 300000,
		.idempotency_max = 1000,
		.log_entries = 64,
		.log_bytes = 65536});
	f->started_ms = weir_mono_ms(&f->clock);
	f->hub = weir_hub_new(&(struct weir_hub_options){.workers = 1,
		.clock = &f->clock,
		.hash_key = &f->hash_key,
		.engine = f->engine,
		.node = {WEIR_STR("u1"), WEIR_STR("n1"), WEIR_STR("1.2"), f->started_ms},
		.send = to_worker,
		.ctx = f});
	weir_ring_init(&f->inbox, sizeof(struct weir_message), 1024);
	weir_worker_init(&f->worker, &(struct weir_worker_options){.clock = &f->clock,
					     .hash_key = &f->hash_key,
					     .to_hub = to_hub,
					     .hub_ctx = f,
					     .on_control = on_control,
					     .on_room = on_room,
					     .ctx = f});
	f->turn.fn = on_turn;
	weir_loop_add_hook(&f->http.loop, &f->turn);
}

static void fixture_api(struct api_fixture *f)
{
	CU_ASSERT_EQUAL_FATAL(weir_pendings_init(&f->pendings, &f->http.loop), 0);
	weir_api_options_default(&f->options);
	CU_ASSERT_EQUAL(f->options.body_limit, 10u << 20);
	CU_ASSERT_EQUAL(f->options.answer_ms, 5000);
	f->options.key = WEIR_STR(API_KEY);
	f->options.namespaces = f->namespaces;
	f->options.worker = &f->worker;
	f->options.pendings = &f->pendings;
	f->options.body_limit = 4u << 20;
	weir_api_init(&f->api, &f->options);
	weir_api_routes(&f->api, &f->http.router);
}

static void on_api_closed(struct weir_api *api)
{
	WEIR_CONTAINER_OF(api, struct api_fixture, api)->closed++;
}

static void on_pendings_closed(struct weir_pendings *set)
{
	WEIR_CONTAINER_OF(set, struct api_fixture, pendings)->closed++;
}

static void fixture_close_api(struct api_fixture *f)
{
	f->hold = false;
	client_close(&f->client);
	api_settle(f);
	weir_api_close(&f->api, on_api_closed);
	api_settle(f);
	CU_ASSERT_EQUAL(f->closed, 1);
	CU_ASSERT_EQUAL(f->in_flight, 0);
	weir_pendings_close(&f->pendings, on_pendings_closed);
	api_settle(f);
	CU_ASSERT_EQUAL(f->closed, 2);
	weir_loop_remove_hook(&f->http.loop, &f->turn);
}

/* ---- answers ---- */

/* Epochs are random; a test cares whether there is one. */
static char *hide_epochs(struct weir_str body)
{
	char *text = weir_xstrndup(body.p ? body.p : "", body.n), *at = text;

	while ((at = strstr(at, "\"epoch\":\""))) {
		char *value = at + 9, *end = strchr(value, '"');

		at = value;
		if (!end || end == value)
			continue;
		*value = 'E';
		memmove(value + 1, end, strlen(end) + 1);
	}
	return text;
}

static void on_freed_answer(struct weir_request *r)
{
	CU_ASSERT_EQUAL(r->status, 0);
	weir_request_free(&r);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void api_fixture_init(struct api_fixture *f)
{
	*f = (struct api_fixture){.room = SIZE_MAX, .hash_key = {1, 2}};
	f->clock = (struct weir_clock){clock_mono, clock_wall, f};
	weir_random_seeded(&f->random, weir_test_seed());
	f->namespaces = namespaces();
	fixture_init(&f->http);
	fixture_start(&f->http);
	fixture_broker(f);
	fixture_api(f);
	client_open(&f->http, &f->client);
}

void api_fixture_fini(struct api_fixture *f)
{
	fixture_close_api(f);
	fixture_fini(&f->http);
	weir_api_fini(&f->api);
	weir_worker_fini(&f->worker);
	weir_ring_fini(&f->inbox);
	weir_hub_free(&f->hub);
	f->engine->ops->free(f->engine);
	weir_namespaces_free(&f->namespaces);
	weir_control_unref(&f->control);
	free(f->answer);
}

void api_send(struct api_fixture *f, const char *path, bool key, const char *body)
{
	char head[1024];

	snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n", path,
		key ? "X-API-Key: " API_KEY "\r\n" : "", strlen(body));
	client_say(&f->http, &f->client, head);
	client_say(&f->http, &f->client, body);
}

int api_await(struct api_fixture *f)
{
	uint64_t until = weir_mono_ms(&weir_clock_real) + FIXTURE_PATIENCE_MS;
	size_t n = f->n_answers++;

	while (client_responses(&f->client) <= n && !f->client.closed && weir_mono_ms(&weir_clock_real) < until)
		if (!client_poll(&f->client))
			turn(f, f->client.fd, 100);
	CU_ASSERT_FATAL(client_responses(&f->client) > n);
	free(f->answer);
	f->answer = hide_epochs(client_body(&f->client, n));
	return client_status(&f->client, n);
}

int api_post(struct api_fixture *f, const char *path, bool key, const char *body)
{
	api_send(f, path, key, body);
	return api_await(f);
}

void api_expect(struct api_fixture *f, const char *method, const char *body, int status, const char *answer)
{
	char path[200];
	int got;

	snprintf(path, sizeof(path), "/api/%s", method);
	got = api_post(f, path, true, body);
	if (got != status || strcmp(f->answer, answer) != 0)
		printf("\n%s %s:\n%d %s\ninstead of\n%d %s\n", method, body, got, f->answer, status, answer);
	CU_ASSERT_EQUAL(got, status);
	CU_ASSERT_STRING_EQUAL(f->answer, answer);
}

void api_expect_error(struct api_fixture *f, const char *method, const char *body, int code)
{
	char path[200], begin[100];
	int got;

	snprintf(path, sizeof(path), "/api/%s", method);
	snprintf(begin, sizeof(begin), "{\"error\":{\"code\":%d,\"message\":\"", code);
	got = api_post(f, path, true, body);
	if (got != 200 || strncmp(f->answer, begin, strlen(begin)) != 0)
		printf("\n%s %s:\n%d %s\ninstead of error %d\n", method, body, got, f->answer, code);
	CU_ASSERT_EQUAL(got, 200);
	CU_ASSERT_EQUAL(strncmp(f->answer, begin, strlen(begin)), 0);
	CU_ASSERT_PTR_NULL(strstr(f->answer, "\"message\":\"\""));
}

void api_room(struct api_fixture *f, size_t room)
{
	f->room = room;
	weir_worker_room(&f->worker);
}

void api_settle(struct api_fixture *f)
{
	for (int i = 0; i < 20; i++)
		turn(f, -1, 1);
}

void api_subscriber(struct api_fixture *f, const char *channel, const char *user, const char *client, bool comes)
{
	const struct weir_namespace *ns = weir_namespaces_resolve(f->namespaces, weir_str(channel));
	struct weir_client_info info = {.user = weir_str(user), .client = weir_str(client)};
	struct weir_request *r;

	if (comes) {
		struct weir_subscribe_request *s =
			weir_subscribe_request_new(ns, weir_str(channel), &info, WEIR_STR_NONE);

		s->presence = true;
		r = &s->base;
	} else {
		struct weir_unsubscribe_request *u = weir_unsubscribe_request_new(weir_str(channel), &info);

		u->presence = true;
		r = &u->base;
	}
	r->done = on_freed_answer;
	CU_ASSERT_FATAL(weir_worker_ask(&f->worker, r));
	r = &weir_client_request_new(comes, weir_str(user))->base;
	r->done = on_freed_answer;
	CU_ASSERT_FATAL(weir_worker_ask(&f->worker, r));
	api_settle(f);
}
