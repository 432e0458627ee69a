/* SPDX-License-Identifier: Apache-2.0 */
/* /health and /ready, over a real connection. */
#include "fixture.h"
#include "weir/server/health.h"

const char weir_test_suite[] = "server/health";

static bool not_ready(void *ctx, struct weir_buf *why)
{
	const char *reason = *(const char **)ctx;

	weir_buf_str(why, weir_str(reason));
	return reason;
}

static void test_health(void)
{
	const char *reason = NULL;
	struct weir_health health = {.not_ready = not_ready, .ctx = &reason};
	struct fixture f;
	struct client c;

	fixture_init(&f);
	weir_health_routes(&health, &f.router);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
	CU_ASSERT(weir_str_is(client_body(&c, 0), "{}"));
	CU_ASSERT(client_has_line(&c, 0, "Content-Type: application/json"));
	client_say(&f, &c, "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
	CU_ASSERT(client_await(&f, &c, 2));
	CU_ASSERT_EQUAL(client_status(&c, 1), 200);
	CU_ASSERT(weir_str_is(client_body(&c, 1), "{}"));
	reason = "engine \"redis\" is away";
	client_say(&f, &c, "GET /ready HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n");
	CU_ASSERT(client_await(&f, &c, 4));
	CU_ASSERT_EQUAL(client_status(&c, 2), 503);
	CU_ASSERT(weir_str_is(
		client_body(&c, 2), "{\"error\":{\"code\":100,\"message\":\"engine \\\"redis\\\" is away\"}}"));
	CU_ASSERT_EQUAL(client_status(&c, 3), 200);
	reason = NULL;
	client_say(&f, &c, "POST /ready HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
	CU_ASSERT(client_await(&f, &c, 5));
	CU_ASSERT_EQUAL(client_status(&c, 4), 405);
	client_close(&c);
	fixture_fini(&f);
}

CU_TestInfo weir_tests[] = {{"health and readiness", test_health}, CU_TEST_INFO_NULL};
