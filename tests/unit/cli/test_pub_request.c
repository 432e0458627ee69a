/* SPDX-License-Identifier: Apache-2.0 */
/* What `weir pub` sends, and what it makes of the answers. */
#include "pub_priv.h"
#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "cli/pub_request";

static bool took(struct weir_buf *b, const char *expect)
{
	bool ok = !b->failed && weir_str_is(weir_buf_view(b), expect);

	if (!ok)
		printf("\n  got      %.*s\n  expected %s\n", WEIR_STR_FMT(weir_buf_view(b)), expect);
	weir_buf_reset(b);
	return ok;
}

static void test_request(void)
{
	struct weir__pub_options o = {.channel = "news:\"1\""};
	struct weir_buf out;

	weir_buf_init(&out, 4096);
	weir_buf_init(&o.tags, 4096);
	CU_ASSERT_EQUAL(weir__pub_append_request(&out, &o, WEIR_STR(" {\"b\": 1.0, \"a\":1}\n"), WEIR_STR_NONE), 0);
	CU_ASSERT(took(&out, "{\"channel\":\"news:\\\"1\\\"\",\"data\":{\"b\": 1.0, \"a\":1}}"));
	CU_ASSERT_EQUAL(weir__pub_append_request(&out, &o, WEIR_STR("12 monkeys\n"), WEIR_STR("k")), 0);
	CU_ASSERT(took(&out, "{\"channel\":\"news:\\\"1\\\"\",\"data\":\"12 monkeys\\n\",\"idempotency_key\":\"k\"}"));
	CU_ASSERT_EQUAL(weir__pub_append_request(&out, &o, WEIR_STR(""), WEIR_STR_NONE), 0);
	CU_ASSERT(took(&out, "{\"channel\":\"news:\\\"1\\\"\",\"data\":\"\"}"));
	CU_ASSERT_EQUAL(weir__pub_append_request(&out, &o, WEIR_STR("\xff"), WEIR_STR_NONE), WEIR_EUTF8);
	weir_buf_reset(&out);
	CU_ASSERT_EQUAL(weir__pub_add_tag(&o.tags, "a=b=c"), 0);
	CU_ASSERT_EQUAL(weir__pub_add_tag(&o.tags, "d=\""), 0);
	CU_ASSERT_EQUAL(weir__pub_add_tag(&o.tags, "e="), 0);
	CU_ASSERT_EQUAL(weir__pub_append_request(&out, &o, WEIR_STR("null"), WEIR_STR_NONE), 0);
	CU_ASSERT(took(&out, "{\"channel\":\"news:\\\"1\\\"\",\"data\":null,"
			     "\"tags\":{\"a\":\"b=c\",\"d\":\"\\\"\",\"e\":\"\"}}"));
	CU_ASSERT_EQUAL(weir__pub_add_tag(&o.tags, "novalue"), WEIR_EINVALID);
	CU_ASSERT_EQUAL(weir__pub_add_tag(&o.tags, "=v"), WEIR_EINVALID);
	CU_ASSERT_EQUAL(weir__pub_add_tag(&o.tags, "a=\xff"), WEIR_EINVALID);
	weir_buf_fini(&o.tags);
	weir_buf_fini(&out);
}

static void test_answers(void)
{
	static const struct {
		long status;
		const char *body;
		enum weir__pub_outcome outcome;
		const char *why;
	} rows[] = {
		{200, "{\"result\":{}}", WEIR_PUB_OK, ""},
		{200, "{\"result\":{\"offset\":1}}\n", WEIR_PUB_OK, ""},
		{200, "{\"error\":{\"code\":103,\"message\":\"permission denied\"}}", WEIR_PUB_FAILED,
			"permission denied (103)"},
		{200, "{\"error\":{\"code\":100,\"message\":\"unavailable\"}}", WEIR_PUB_AGAIN, "unavailable (100)"},
		{200, "<html>", WEIR_PUB_FAILED, "the answer is not that of a broker"},
		{200, "[]", WEIR_PUB_FAILED, "the answer is not that of a broker"},
		{403, "{\"error\":{\"code\":103,\"message\":\"permission denied\"}}", WEIR_PUB_FAILED,
			"permission denied (103)"},
		{503, "{\"error\":{\"code\":100,\"message\":\"unknown\"}}", WEIR_PUB_AGAIN, "unknown (100)"},
		{401, "", WEIR_PUB_FAILED, "unauthorized (HTTP status 401)"},
		{400, "Bad\x1b Request\nmore", WEIR_PUB_FAILED, "Bad? Request (HTTP status 400)"},
		{404, "", WEIR_PUB_FAILED, "refused (HTTP status 404)"},
		{413, "too large", WEIR_PUB_FAILED, "too large (HTTP status 413)"},
		{429, "", WEIR_PUB_AGAIN, "refused (HTTP status 429)"},
		{503, "unavailable", WEIR_PUB_AGAIN, "unavailable (HTTP status 503)"},
		{0, "", WEIR_PUB_AGAIN, "Connection refused"},
	};
	struct weir_buf why;

	weir_buf_init(&why, 1024);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir__http_reply reply = {
			.status = rows[i].status, .body = weir_str(rows[i].body), .error = "Connection refused"};
		enum weir__pub_outcome outcome;
		struct weir_json object;

		outcome = weir__pub_answer(&reply, &object, &why);
		if (outcome == WEIR_PUB_OK)
			outcome = weir__pub_result(object, &why);
		CU_ASSERT_EQUAL(outcome, rows[i].outcome);
		CU_ASSERT(took(&why, rows[i].why));
	}
	weir_buf_fini(&why);
}

CU_TestInfo weir_tests[] = {
	{"request", test_request},
	{"answers", test_answers},
	CU_TEST_INFO_NULL,
};
