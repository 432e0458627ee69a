/* SPDX-License-Identifier: Apache-2.0 */
/* The API's door: authentication, routes, and bodies of all shapes. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api_fixture.h"

const char weir_test_suite[] = "server/api";

#define OK "{\"result\":{\"channels\":{}}}"

/* A request to /api/channels with these header lines and this query. */
static int with_head(struct api_fixture *f, const char *query, const char *lines)
{
	char text[1024];

	snprintf(text, sizeof(text), "POST /api/channels%s HTTP/1.1\r\nHost: a\r\n%sContent-Length: 2\r\n\r\n{}", query,
		lines);
	client_say(&f->http, &f->client, text);
	return api_await(f);
}

static void test_auth(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	CU_ASSERT_EQUAL(with_head(&f, "", ""), 401);
	CU_ASSERT_STRING_EQUAL(f.answer, "");
	CU_ASSERT_FALSE(client_has_field(&f.client, 0, "Content-Type"));
	CU_ASSERT_EQUAL(with_head(&f, "", "X-API-Key: secret key\r\n"), 200);
	CU_ASSERT_STRING_EQUAL(f.answer, OK);
	CU_ASSERT(client_has_line(&f.client, 1, "Content-Type: application/json"));
	CU_ASSERT_EQUAL(with_head(&f, "", "X-API-Key: secret\r\n"), 401);
	CU_ASSERT_EQUAL(with_head(&f, "", "X-API-Key: secret keyx\r\n"), 401);
	/* A key of two words fits into no Authorization header; percent-encoded it fits into a query. */
	CU_ASSERT_EQUAL(with_head(&f, "", "Authorization: apikey secret key\r\n"), 401);
	CU_ASSERT_EQUAL(with_head(&f, "?api_key=secret%20key", ""), 200);
	CU_ASSERT_EQUAL(with_head(&f, "?x=1&api_key=secret+key&y", ""), 200);
	CU_ASSERT_EQUAL(with_head(&f, "?api_key=secret%2", ""), 401);
	CU_ASSERT_EQUAL(with_head(&f, "?api_key=", ""), 401);
	CU_ASSERT_EQUAL(with_head(&f, "?api_key=no", ""), 401);
	/* The query counts although a header is wrong. */
	CU_ASSERT_EQUAL(with_head(&f, "?api_key=secret%20key", "X-API-Key: no\r\n"), 200);
	CU_ASSERT_EQUAL(f.api.counters.unauthorized, 7);
	api_fixture_fini(&f);
}

static void test_auth_authorization(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.options.key = WEIR_STR("k1");
	weir_api_init(&f.api, &f.options);
	CU_ASSERT_EQUAL(with_head(&f, "", "Authorization: apikey k1\r\n"), 200);
	CU_ASSERT_EQUAL(with_head(&f, "", "authorization: ApiKEY \t k1\r\n"), 200);
	CU_ASSERT_EQUAL(with_head(&f, "", "Authorization: apikey k1 x\r\n"), 401);
	CU_ASSERT_EQUAL(with_head(&f, "", "Authorization: apikey\r\n"), 401);
	CU_ASSERT_EQUAL(with_head(&f, "", "Authorization: Bearer k1\r\n"), 401);
	CU_ASSERT_EQUAL(with_head(&f, "", "Authorization: k1\r\n"), 401);
	/* A non-empty X-API-Key hides it, an empty one does not. */
	CU_ASSERT_EQUAL(with_head(&f, "", "X-API-Key: no\r\nAuthorization: apikey k1\r\n"), 401);
	CU_ASSERT_EQUAL(with_head(&f, "", "X-API-Key:\r\nAuthorization: apikey k1\r\n"), 200);
	api_fixture_fini(&f);
}

static void test_auth_none(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.options.key = WEIR_STR("");
	weir_api_init(&f.api, &f.options);
	CU_ASSERT_EQUAL(with_head(&f, "", "X-API-Key:\r\n"), 401);
	CU_ASSERT_EQUAL(with_head(&f, "?api_key=", "X-API-Key: x\r\n"), 401);
	f.options.insecure = true;
	weir_api_init(&f.api, &f.options);
	CU_ASSERT_EQUAL(with_head(&f, "", ""), 200);
	CU_ASSERT_EQUAL(with_head(&f, "", "X-API-Key: whatever\r\n"), 200);
	api_fixture_fini(&f);
}

static void test_routes(void)
{
	static const char *const unknown[] = {"/api/", "/api/user_status", "/api/publish/", "/api/Publish",
		"/api/map_publish", "/api/block_user", "/api/%70ublish", "/api/batch/publish"};
	struct api_fixture f;

	api_fixture_init(&f);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(unknown); i++) {
		CU_ASSERT_EQUAL(api_post(&f, unknown[i], true, "{}"), 404);
		CU_ASSERT_EQUAL(api_post(&f, unknown[i], false, "{}"), 401);
	}
	client_say(&f.http, &f.client, "GET /api/info HTTP/1.1\r\nHost: a\r\n\r\n");
	CU_ASSERT_EQUAL(api_await(&f), 405);
	client_say(&f.http, &f.client, "GET /api HTTP/1.1\r\nHost: a\r\n\r\n");
	CU_ASSERT_EQUAL(api_await(&f), 405);
	client_say(&f.http, &f.client, "POST /api/info HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n");
	CU_ASSERT_EQUAL(api_await(&f), 413);
	api_fixture_fini(&f);
}

static void expect_bad(struct api_fixture *f, const char *method, const char *body, const char *why)
{
	struct weir_buf expected;

	weir_buf_init(&expected, 300);
	weir_buf_lit(&expected, "{\"error\":{\"code\":107,\"message\":");
	weir_json_append_string(&expected, weir_str(why));
	weir_buf_append(&expected, "}}\n", 4);
	CU_ASSERT_FALSE(expected.failed);
	api_expect(f, method, body, 400, expected.p);
	weir_buf_fini(&expected);
}

static void test_bad_bodies(void)
{
	struct api_fixture f;
	char deep[200];

	api_fixture_init(&f);
	expect_bad(&f, "publish", "", "not valid JSON");
	expect_bad(&f, "publish", "{\"channel\":\"a\"", "not valid JSON");
	expect_bad(&f, "publish", "{} {}", "not valid JSON");
	expect_bad(&f, "publish", "null", "must be an object");
	expect_bad(&f, "publish", "[]", "must be an object");
	expect_bad(&f, "publish", "{\"channel\":1}", "\"channel\" must be a string");
	expect_bad(&f, "publish", "{\"channel\":\"a\",\"channel\":null}", "\"channel\" is there twice");
	expect_bad(&f, "publish", "{\"ch\\u0061nnel\":\"a\",\"channel\":\"b\"}", "\"channel\" is there twice");
	expect_bad(&f, "publish", "{\"skip_history\":1}", "\"skip_history\" must be true or false");
	expect_bad(&f, "publish", "{\"tags\":[]}", "\"tags\" must be an object");
	expect_bad(&f, "publish", "{\"tags\":{\"a\":1}}", "\"tags\" must hold strings only");
	expect_bad(&f, "broadcast", "{\"channels\":\"a\"}", "\"channels\" must be an array");
	expect_bad(&f, "broadcast", "{\"channels\":[\"a\",null]}", "\"channels\" must hold strings only");
	expect_bad(&f, "disconnect", "{\"whitelist\":[1]}", "\"whitelist\" must hold strings only");
	expect_bad(&f, "disconnect", "{\"disconnect\":{\"code\":-1}}", "\"code\" must be a whole number below 2^32");
	expect_bad(&f, "disconnect", "{\"disconnect\":3000}", "\"disconnect\" must be an object");
	expect_bad(&f, "history", "{\"limit\":1.5}", "\"limit\" must be a whole number");
	expect_bad(&f, "history", "{\"since\":{\"offset\":-1}}", "\"offset\" must be a whole number below 2^64");
	expect_bad(&f, "history", "{\"since\":{\"epoch\":1}}", "\"epoch\" must be a string");
	expect_bad(&f, "subscribe", "{\"override\":true}", "\"override\" must be an object");
	snprintf(deep, sizeof(deep), "{\"x\":%s%s}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
	expect_bad(&f, "info", deep, "nested too deeply");
	CU_ASSERT_EQUAL(f.asked, 0);
	CU_ASSERT_EQUAL(f.api.counters.bad_requests, 21);
	/* Unknown members and nulls are nothing. */
	api_expect(&f, "channels", "{\"pattern\":null,\"x\":{\"pattern\":1},\"y\":2}", 200, OK);
	api_fixture_fini(&f);
}

/* ---- batch ---- */

static void test_batch(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "batch",
		"{\"commands\":[{\"publish\":{\"channel\":\"a\",\"data\":{}}},null,{\"nope\":{}},{\"batch\":{}},{},"
		"{\"x\":1,\"publish\":null,\"broadcast\":{\"channels\":[\"a\",\"no:b\"],\"data\":1}},"
		"{\"history\":{\"channel\":\"a\"}},{\"rpc\":{\"method\":\"m\"}},{\"disconnect\":{\"user\":\"u\"}},"
		"{\"presence\":{\"channel\":\"no:b\"}}]}",
		200,
		"{\"replies\":[{\"publish\":{\"offset\":1,\"epoch\":\"E\"}},{\"error\":{\"code\":107,\"message\":\"bad "
		"request\"}},{\"error\":{\"code\":104,\"message\":\"not found\"}},{\"error\":{\"code\":104,\"message\":"
		"\"not found\"}},{\"error\":{\"code\":104,\"message\":\"not found\"}},{\"broadcast\":{\"responses\":[{"
		"\"result\":{\"offset\":2,\"epoch\":\"E\"}},{\"error\":{\"code\":102,\"message\":\"unknown "
		"channel\"}}]}},"
		"{\"history\":{\"publications\":[],\"epoch\":\"E\",\"offset\":2}},{\"error\":{\"code\":104,\"message\":"
		"\"not found\"}},{\"disconnect\":{}},{\"error\":{\"code\":102,\"message\":\"unknown channel\"}}]}");
	CU_ASSERT_EQUAL(f.most_in_flight, 1); /* one after the other */
	api_expect(&f, "batch", "{}", 200, "{\"replies\":[]}");
	api_expect(&f, "batch", "{\"commands\":[]}", 200, "{\"replies\":[]}");
	api_fixture_fini(&f);
}

static void test_batch_parallel(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "batch",
		"{\"parallel\":true,\"commands\":[{\"broadcast\":{\"channels\":[\"a\",\"b\"],\"data\":1}},null,"
		"{\"publish\":{\"channel\":\"a\",\"data\":2}},{\"publish\":{\"channel\":\"plain:a\",\"data\":2}}]}",
		200,
		"{\"replies\":[{\"broadcast\":{\"responses\":[{\"result\":{\"offset\":1,\"epoch\":\"E\"}},{\"result\":{"
		"\"offset\":1,\"epoch\":\"E\"}}]}},{\"error\":{\"code\":107,\"message\":\"bad "
		"request\"}},{\"publish\":{"
		"\"offset\":2,\"epoch\":\"E\"}},{\"publish\":{}}]}");
	CU_ASSERT_EQUAL(f.most_in_flight, 4);
	api_fixture_fini(&f);
}

static void test_batch_bad(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	expect_bad(&f, "batch", "[]", "must be an object");
	expect_bad(&f, "batch", "{\"commands\":{}}", "\"commands\" must be an array");
	expect_bad(&f, "batch", "{\"parallel\":\"yes\"}", "\"parallel\" must be true or false");
	expect_bad(&f, "batch", "{\"commands\":[{\"info\":{}},1]}", "\"commands\" must hold objects only");
	expect_bad(&f, "batch", "{\"commands\":[{\"info\":[]}]}", "\"info\" must be an object");
	expect_bad(&f, "batch", "{\"commands\":[{\"info\":{},\"rpc\":{}}]}", "a command must have one method");
	/* What stands before the mistake has not happened. */
	expect_bad(&f, "batch",
		"{\"commands\":[{\"publish\":{\"channel\":\"a\",\"data\":1}},{\"publish\":{\"channel\":2}}]}",
		"\"channel\" must be a string");
	CU_ASSERT_EQUAL(f.asked, 0);
	api_fixture_fini(&f);
}

/* {"commands":[X,X,…]} or X X …, to be freed. */
static char *repeat(const char *begin, const char *text, size_t n, const char *end)
{
	struct weir_buf b;

	weir_buf_init(&b, SIZE_MAX);
	weir_buf_str(&b, weir_str(begin));
	for (size_t i = 0; i < n; i++) {
		if (i && *begin)
			weir_buf_char(&b, ',');
		weir_buf_str(&b, weir_str(text));
	}
	weir_buf_str(&b, weir_str(end));
	weir_buf_char(&b, '\0');
	return weir_buf_take(&b, &n);
}

static void test_counts(void)
{
	struct api_fixture f;
	char *text;

	api_fixture_init(&f);
	text = repeat("{\"commands\":[", "{}", 10000, "]}");
	CU_ASSERT_EQUAL(api_post(&f, "/api/batch", true, text), 200);
	CU_ASSERT_EQUAL(strncmp(f.answer, "{\"replies\":[{\"error\":{\"code\":104,", 33), 0);
	free(text);
	text = repeat("{\"commands\":[", "{}", 10001, "]}");
	api_expect_error(&f, "batch", text, 107);
	free(text);
	text = repeat("{\"data\":1,\"channels\":[", "\"plain:a\"", 10001, "]}");
	api_expect_error(&f, "broadcast", text, 107);
	CU_ASSERT_EQUAL(f.asked, 0);
	free(text);
	text = repeat("{\"data\":1,\"channels\":[", "\"plain:a\"", 10000, "]}");
	CU_ASSERT_EQUAL(api_post(&f, "/api/broadcast", true, text), 200);
	CU_ASSERT_EQUAL(f.asked, 10000);
	CU_ASSERT_EQUAL(f.most_in_flight, 256);
	CU_ASSERT_EQUAL(
		strlen(f.answer), strlen("{\"result\":{\"responses\":[]}}") + 10000 * strlen("{\"result\":{}},") - 1);
	free(text);
	text = repeat("", "{\"method\":77}", 10001, "");
	CU_ASSERT_EQUAL(api_post(&f, "/api", true, text), 400);
	free(text);
	api_fixture_fini(&f);
}

/* ---- the older endpoint ---- */

static void expect_legacy(struct api_fixture *f, const char *body, int status, const char *answer)
{
	int got = api_post(f, "/api", true, body);

	if (got != status || strcmp(f->answer, answer) != 0)
		printf("\n%s:\n%d %s\ninstead of\n%d %s\n", body, got, f->answer, status, answer);
	CU_ASSERT_EQUAL(got, status);
	CU_ASSERT_STRING_EQUAL(f->answer, answer);
}

static void test_legacy(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	expect_legacy(&f, "{\"method\":\"publish\",\"params\":{\"channel\":\"a\",\"data\":{\"x\":1}}}", 200,
		"{\"result\":{\"offset\":1,\"epoch\":\"E\"}}");
	/* A pipe: several commands, of which some fail. */
	expect_legacy(&f,
		"{\"id\":1,\"method\":\"Publish\",\"params\":{\"channel\":\"a\",\"data\":2}}\n"
		"{\"id\":2,\"method\":\"CHANNELS\"}{\"id\":3,\"method\":\"presence\",\"params\":{\"channel\":\"no:a\"}}"
		"  {\"method\":6,\"params\":{\"channel\":\"a\",\"limit\":1,\"reverse\":true}}\n\n"
		"{\"id\":5,\"method\":99}{\"id\":6,\"method\":\"publish\",\"params\":[]}"
		"{\"id\":7,\"method\":\"publish\",\"params\":{\"channel\":1}}{\"id\":4294967295,\"method\":"
		"\"\\u0072pc\"}\n",
		200,
		"{\"id\":1,\"result\":{\"offset\":2,\"epoch\":\"E\"}}\n"
		"{\"id\":2,\"result\":{\"channels\":{}}}\n"
		"{\"id\":3,\"error\":{\"code\":102,\"message\":\"unknown channel\"}}\n"
		"{\"result\":{\"publications\":[{\"data\":2,\"offset\":2}],\"epoch\":\"E\",\"offset\":2}}\n"
		"{\"id\":5,\"error\":{\"code\":104,\"message\":\"not found\"}}\n"
		"{\"id\":6,\"error\":{\"code\":107,\"message\":\"params are malformed\"}}\n"
		"{\"id\":7,\"error\":{\"code\":107,\"message\":\"params are malformed\"}}\n"
		"{\"id\":4294967295,\"error\":{\"code\":104,\"message\":\"not found\"}}");
	CU_ASSERT_EQUAL(f.most_in_flight, 1);
	/* Without a method it is the first of the enum. */
	expect_legacy(
		&f, "{\"params\":{\"channel\":\"a\",\"data\":3}}", 200, "{\"result\":{\"offset\":3,\"epoch\":\"E\"}}");
	expect_legacy(&f, "{\"method\":null,\"params\":null}", 200,
		"{\"error\":{\"code\":107,\"message\":\"data is missing\"}}");
	api_fixture_fini(&f);
}

static void test_legacy_numbers(void)
{
	static const char *const names[] = {"publish", "broadcast", "unsubscribe", "disconnect", "presence",
		"presence_stats", "history", "history_remove", "channels", "info", "rpc", "subscribe", "refresh"};
	struct api_fixture f;
	char body[100], *by_number;

	api_fixture_init(&f);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++) {
		snprintf(body, sizeof(body), "{\"method\":%zu,\"params\":{\"channel\":\"a\",\"data\":1}}", i);
		CU_ASSERT_EQUAL(api_post(&f, "/api", true, body), 200);
		by_number = weir_xstrdup(f.answer);
		snprintf(body, sizeof(body), "{\"method\":\"%s\",\"params\":{\"channel\":\"a\",\"data\":1}}", names[i]);
		CU_ASSERT_EQUAL(api_post(&f, "/api", true, body), 200);
		if (i) /* the offset differs */
			CU_ASSERT_STRING_EQUAL(f.answer, by_number);
		free(by_number);
	}
	api_fixture_fini(&f);
}

static void test_legacy_bad(void)
{
	static const char *const bodies[] = {"", " \n", "{", "{\"method\":\"info\"}{", "[]", "{\"method\":\"info\"}1",
		"{\"method\":\"nope\"}", "{\"method\":\"batch\"}", "{\"method\":true}", "{\"method\":1.5}",
		"{\"id\":\"1\",\"method\":\"info\"}", "{\"id\":4294967296,\"method\":\"info\"}",
		"{\"id\":1,\"id\":1,\"method\":\"info\"}", "{\"method\":\"info\"},{\"method\":\"info\"}"};
	struct api_fixture f;

	api_fixture_init(&f);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bodies); i++) {
		int status = api_post(&f, "/api", true, bodies[i]);

		if (status != 400)
			printf("\n%s: %d %s\n", bodies[i], status, f.answer);
		CU_ASSERT_EQUAL(status, 400);
		CU_ASSERT_EQUAL(strncmp(f.answer, "{\"error\":{\"code\":107,", 21), 0);
	}
	CU_ASSERT_EQUAL(f.asked, 0);
	CU_ASSERT_EQUAL(api_post(&f, "/api", false, "{\"method\":\"info\"}"), 401);
	api_fixture_fini(&f);
}

CU_TestInfo weir_tests[] = {
	{"auth", test_auth},
	{"auth_authorization", test_auth_authorization},
	{"auth_none", test_auth_none},
	{"routes", test_routes},
	{"bad_bodies", test_bad_bodies},
	{"batch", test_batch},
	{"batch_parallel", test_batch_parallel},
	{"batch_bad", test_batch_bad},
	{"counts", test_counts},
	{"legacy", test_legacy},
	{"legacy_numbers", test_legacy_numbers},
	{"legacy_bad", test_legacy_bad},
	CU_TEST_INFO_NULL,
};
