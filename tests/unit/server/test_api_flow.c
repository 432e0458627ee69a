/* SPDX-License-Identifier: Apache-2.0 */
/* How calls of the API come and go: no room, no answer, answers that say "later", and clients that go away. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/socket.h>

#include "api_fixture.h"

const char weir_test_suite[] = "server/api_flow";

#define UNAVAILABLE "{\"error\":{\"code\":100,\"message\":\"unavailable\"}}"
#define UNKNOWN     "{\"error\":{\"code\":100,\"message\":\"unknown\"}}"
#define PUBLISH     "{\"channel\":\"plain:a\",\"data\":1}"
#define BATCH3      "{\"commands\":[{\"publish\":" PUBLISH "},{\"publish\":" PUBLISH "},{\"publish\":" PUBLISH "}]}"

/* The body of a broadcast to n channels without history, to be freed. */
static char *broadcast(size_t n)
{
	struct weir_buf b;

	weir_buf_init(&b, SIZE_MAX);
	weir_buf_lit(&b, "{\"data\":1,\"channels\":[");
	for (size_t i = 0; i < n; i++)
		weir_buf_printf(&b, "%s\"plain:%zu\"", i ? "," : "", i);
	weir_buf_append(&b, "]}", 3);
	return weir_buf_take(&b, &n);
}

static void expect_503(struct api_fixture *f, const char *answer)
{
	CU_ASSERT_EQUAL(api_await(f), 503);
	CU_ASSERT_STRING_EQUAL(f->answer, answer);
	CU_ASSERT(client_has_line(&f->client, f->n_answers - 1, "Retry-After: 1"));
	CU_ASSERT(client_has_line(&f->client, f->n_answers - 1, "Content-Type: application/json"));
}

static void test_no_room(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.room = 0;
	api_send(&f, "/api/publish", true, PUBLISH);
	expect_503(&f, UNAVAILABLE);
	api_send(&f, "/api/info", true, "{}");
	expect_503(&f, UNAVAILABLE);
	api_send(&f, "/api/batch", true, "{\"commands\":[null,{\"publish\":" PUBLISH "}]}");
	expect_503(&f, UNAVAILABLE);
	api_send(&f, "/api", true, "{\"method\":\"publish\",\"params\":" PUBLISH "}{\"method\":\"info\"}");
	expect_503(&f, UNAVAILABLE);
	CU_ASSERT_EQUAL(f.asked, 0);
	CU_ASSERT_EQUAL(f.api.n_requests, 0);
	CU_ASSERT_EQUAL(f.api.counters.unavailable, 4);
	CU_ASSERT_EQUAL(f.worker.stats.api_unavailable, 4);
	/* What needs no room is answered. */
	api_expect_error(&f, "publish", "{}", 107);
	api_room(&f, 1);
	api_expect(&f, "publish", PUBLISH, 200, "{\"result\":{}}");
	api_fixture_fini(&f);
}

static void test_room_again(void)
{
	struct api_fixture f;
	char *body = broadcast(5);

	api_fixture_init(&f);
	f.room = 2;
	api_send(&f, "/api/broadcast", true, body);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.asked, 2);
	CU_ASSERT_EQUAL(client_responses(&f.client), 0);
	CU_ASSERT_FALSE(weir_list_empty(&f.api.waiting));
	api_room(&f, 2);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.asked, 4);
	CU_ASSERT_FALSE(weir_list_empty(&f.api.waiting));
	api_room(&f, 1);
	CU_ASSERT_EQUAL(api_await(&f), 200);
	CU_ASSERT_STRING_EQUAL(f.answer, "{\"result\":{\"responses\":[{\"result\":{}},{\"result\":{}},{\"result\":{}},{"
					 "\"result\":{}},{\"result\":{}}]}}");
	CU_ASSERT(weir_list_empty(&f.api.waiting));
	free(body);
	api_fixture_fini(&f);
}

/* Two wait; the older one goes first, and the younger one stays in the list when the room ends. */
static void test_room_in_order(void)
{
	struct api_fixture f;
	char *body = broadcast(3);
	struct client first;

	api_fixture_init(&f);
	f.room = 1;
	api_send(&f, "/api/broadcast", true, body);
	api_settle(&f);
	first = f.client;
	client_open(&f.http, &f.client);
	f.room = 1;
	api_send(&f, "/api/broadcast", true, body);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.api.n_requests, 2);
	CU_ASSERT_EQUAL(f.asked, 2);
	api_room(&f, 2);
	api_settle(&f);
	CU_ASSERT_EQUAL(client_responses(&f.client), 0);
	client_poll(&first);
	CU_ASSERT_EQUAL(client_responses(&first), 1);
	CU_ASSERT_EQUAL(f.api.n_requests, 1);
	api_room(&f, 2);
	CU_ASSERT_EQUAL(api_await(&f), 200);
	CU_ASSERT_EQUAL(f.asked, 6);
	client_close(&first);
	free(body);
	api_fixture_fini(&f);
}

static void test_window(void)
{
	struct api_fixture f;
	char *body = broadcast(600);

	api_fixture_init(&f);
	f.hold = true;
	api_send(&f, "/api/broadcast", true, body);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.asked, 256);
	CU_ASSERT_EQUAL(f.in_flight, 256);
	f.hold = false;
	CU_ASSERT_EQUAL(api_await(&f), 200);
	CU_ASSERT_EQUAL(f.asked, 600);
	CU_ASSERT_EQUAL(f.most_in_flight, 256);
	free(body);
	api_fixture_fini(&f);
}

static void test_deadline(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.api.o.answer_ms = 20;
	f.hold = true;
	api_send(&f, "/api/publish", true, PUBLISH);
	expect_503(&f, UNKNOWN);
	/* Nothing was changed. */
	api_send(&f, "/api/info", true, "{}");
	expect_503(&f, UNAVAILABLE);
	/* The second and third of these never get to the hub. */
	api_send(&f, "/api/batch", true, BATCH3);
	expect_503(&f, UNKNOWN);
	CU_ASSERT_EQUAL(f.asked, 3);
	CU_ASSERT_EQUAL(f.api.n_requests, 3);
	f.hold = false;
	api_settle(&f);
	CU_ASSERT_EQUAL(f.api.n_requests, 0);
	CU_ASSERT_EQUAL(f.asked, 3);
	f.api.o.answer_ms = 5000;
	api_expect(&f, "publish", PUBLISH, 200, "{\"result\":{}}");
	api_fixture_fini(&f);
}

static void test_deadline_without_room(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.api.o.answer_ms = 20;
	f.room = 1;
	api_send(&f, "/api/batch", true, BATCH3);
	expect_503(&f, UNKNOWN);
	CU_ASSERT_EQUAL(f.api.n_requests, 0);
	CU_ASSERT(weir_list_empty(&f.api.waiting));
	f.room = 1;
	api_send(&f, "/api/batch", true, "{\"commands\":[{\"info\":{}},{\"info\":{}}]}");
	expect_503(&f, UNAVAILABLE);
	CU_ASSERT_EQUAL(f.asked, 2);
	api_fixture_fini(&f);
}

/* The owner closes the deadlines early: what waits is answered then. */
static void test_deadlines_closed(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.hold = true;
	api_send(&f, "/api/publish", true, PUBLISH);
	api_settle(&f);
	weir_pendings_close(&f.pendings, NULL);
	expect_503(&f, UNKNOWN);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.api.n_requests, 1);
	f.hold = false;
	api_settle(&f);
	CU_ASSERT_EQUAL(f.api.n_requests, 0);
	CU_ASSERT_EQUAL_FATAL(weir_pendings_init(&f.pendings, &f.http.loop), 0);
	api_fixture_fini(&f);
}

static void expect_status(
	struct api_fixture *f, int status, const char *method, const char *body, int http, const char *answer)
{
	f->status = status;
	api_expect(f, method, body, http, answer);
	CU_ASSERT_EQUAL(client_has_line(&f->client, f->n_answers - 1, "Retry-After: 1"), http == 503);
	f->status = 0;
}

static void test_statuses(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	expect_status(&f, WEIR_EUNAVAILABLE, "publish", PUBLISH, 503, UNAVAILABLE);
	expect_status(&f, WEIR_ENOROOM, "publish", PUBLISH, 503, UNAVAILABLE);
	expect_status(&f, WEIR_ETIMEOUT, "publish", PUBLISH, 503, UNKNOWN);
	expect_status(&f, WEIR_EUNKNOWN, "publish", PUBLISH, 503, UNKNOWN);
	expect_status(&f, -ENOMEM, "publish", PUBLISH, 200,
		"{\"error\":{\"code\":100,\"message\":\"internal server error\"}}");
	expect_status(&f, WEIR_EEPOCH, "history", "{\"channel\":\"a\"}", 200,
		"{\"error\":{\"code\":112,\"message\":\"unrecoverable position\"}}");
	expect_status(&f, WEIR_EUNAVAILABLE, "disconnect", "{\"user\":\"u\"}", 503, UNAVAILABLE);
	/* Several outcomes are told one by one. */
	expect_status(&f, WEIR_EUNAVAILABLE, "batch", "{\"commands\":[null,{\"publish\":" PUBLISH "}]}", 200,
		"{\"replies\":[{\"error\":{\"code\":107,\"message\":\"bad request\"}}," UNAVAILABLE "]}");
	expect_status(&f, WEIR_EUNKNOWN, "broadcast", "{\"channels\":[\"a\",\"no:b\"],\"data\":1}", 200,
		"{\"result\":{\"responses\":[" UNKNOWN
		",{\"error\":{\"code\":102,\"message\":\"unknown channel\"}}]}}");
	f.status = WEIR_EUNAVAILABLE;
	CU_ASSERT_EQUAL(api_post(&f, "/api", true, "{\"id\":3,\"method\":\"publish\",\"params\":" PUBLISH "}"), 503);
	CU_ASSERT_STRING_EQUAL(f.answer, "{\"id\":3,\"error\":{\"code\":100,\"message\":\"unavailable\"}}");
	CU_ASSERT_EQUAL(api_post(&f, "/api", true, "{\"method\":\"info\"}{\"method\":\"info\"}"), 200);
	CU_ASSERT_STRING_EQUAL(f.answer, UNAVAILABLE "\n" UNAVAILABLE);
	api_fixture_fini(&f);
}

/* Results that do not fit are errors; those before and after them are there. */
static void test_too_large(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	CU_ASSERT_EQUAL(
		api_post(&f, "/api/publish", true, "{\"channel\":\"a\",\"data\":\"0123456789012345678901234567\"}"),
		200);
	f.api.o.answer_max_bytes = 100;
	api_expect(&f, "batch",
		"{\"commands\":[{\"history\":{\"channel\":\"a\"}},{\"history\":{\"channel\":\"a\",\"limit\":1}},"
		"{\"disconnect\":{\"user\":\"u\"}}]}",
		200,
		"{\"replies\":[{\"history\":{\"publications\":[],\"epoch\":\"E\",\"offset\":1}},{\"error\":{\"code\":"
		"100,"
		"\"message\":\"answer is too large\"}},{\"disconnect\":{}}]}");
	api_fixture_fini(&f);
}

/* ---- clients that go away ---- */

static void test_gone(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.hold = true;
	api_send(&f, "/api/batch", true, BATCH3);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.asked, 1);
	client_close(&f.client);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.api.n_requests, 1);
	f.hold = false;
	api_settle(&f);
	CU_ASSERT_EQUAL(f.api.n_requests, 0);
	CU_ASSERT_EQUAL(f.asked, 1); /* the others were dropped */
	CU_ASSERT_EQUAL(f.http.server.n_objects, 0);
	api_fixture_fini(&f);
}

static void test_gone_without_room(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.room = 1;
	api_send(&f, "/api/batch", true, BATCH3);
	api_settle(&f);
	CU_ASSERT_FALSE(weir_list_empty(&f.api.waiting));
	client_close(&f.client);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.api.n_requests, 0);
	CU_ASSERT(weir_list_empty(&f.api.waiting));
	api_room(&f, SIZE_MAX);
	CU_ASSERT_EQUAL(f.asked, 1);
	api_fixture_fini(&f);
}

/* A client that says that it has nothing more to send still gets what is under way. */
static void test_half_closed(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.hold = true;
	api_send(&f, "/api/broadcast", true, "{\"channels\":[\"plain:a\",\"plain:b\"],\"data\":1}");
	api_settle(&f);
	CU_ASSERT_EQUAL(f.asked, 2);
	shutdown(f.client.fd, SHUT_WR);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.http.server.counters.gone, 1);
	f.hold = false;
	CU_ASSERT_EQUAL(api_await(&f), 200);
	CU_ASSERT_STRING_EQUAL(f.answer, "{\"result\":{\"responses\":[{\"result\":{}},{\"result\":{}}]}}");
	api_fixture_fini(&f);
}

/* The answer to a client that has half closed and whose batch was not under way as a whole. */
static void test_half_closed_batch(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.hold = true;
	api_send(&f, "/api/batch", true, BATCH3);
	api_settle(&f);
	shutdown(f.client.fd, SHUT_WR);
	api_settle(&f);
	f.hold = false;
	expect_503(&f, UNKNOWN);
	CU_ASSERT_EQUAL(f.asked, 1);
	api_fixture_fini(&f);
}

/* Closing waits for the hub's answers. */
static void test_close(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.hold = true;
	api_send(&f, "/api/publish", true, PUBLISH);
	api_settle(&f);
	client_close(&f.client);
	api_settle(&f);
	CU_ASSERT_EQUAL(f.api.n_requests, 1);
	api_fixture_fini(&f); /* asserts that `closed` is called once */
}

CU_TestInfo weir_tests[] = {
	{"no_room", test_no_room},
	{"room_again", test_room_again},
	{"room_in_order", test_room_in_order},
	{"window", test_window},
	{"deadline", test_deadline},
	{"deadline_without_room", test_deadline_without_room},
	{"deadlines_closed", test_deadlines_closed},
	{"statuses", test_statuses},
	{"too_large", test_too_large},
	{"gone", test_gone},
	{"gone_without_room", test_gone_without_room},
	{"half_closed", test_half_closed},
	{"half_closed_batch", test_half_closed_batch},
	{"close", test_close},
	CU_TEST_INFO_NULL,
};
