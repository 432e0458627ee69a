/* SPDX-License-Identifier: Apache-2.0 */
/* Which origins pass, and the CORS lines that follow. */
#include <stdio.h>

#include "test.h"

#include "weir/base/mem.h"
#include "weir/server/origin.h"

const char weir_test_suite[] = "server/origin";

static void test_table(void)
{
	static const struct {
		const char *pattern, *origin;
		bool allowed;
	} cases[] = {
		{"https://ok.com", "https://ok.com", true},
		{"https://OK.com", "HTTPS://ok.COM", true},
		{"https://ok.com", "https://ok.com.evil", false},
		{"https://ok.com", "https://evil-ok.com", false},
		{"https://ok.com", "https://ok.com/", false},
		{"https://ok.com", "https://ok.com:443", false},
		{"https://ok.com", "http://ok.com", false},
		{"https://ok.com", "ok.com", false},
		{"https://ok.com", "null", false},
		{"https://ok.com", "", false},
		{"https://ok.com:8443", "https://ok.com:8443", true},
		{"https://ok.com:8443", "https://ok.com:8444", false},
		{"https://*.ok.com", "https://a.ok.com", true},
		{"https://*.ok.com", "https://a.b.ok.com", true},
		{"https://*.ok.com", "https://ok.com", false},
		{"https://*.ok.com", "https://evil.com/.ok.com", false},
		{"https://*.ok.com", "https://evil.com#.ok.com", false},
		{"https://*.ok.com", "https://evil.com?.ok.com", false},
		{"https://*.ok.com", "https://evil.com@a.ok.com", false},
		{"https://*.ok.com", "https://evil.com:80.ok.com", false},
		{"https://*.ok.com", "https://evil.com, https://a.ok.com", false},
		{"https://*.ok.com", "https://evil.com\\.ok.com", false},
		{"https://*.ok.com", "https://%61.ok.com", false},
		{"https://*.ok.com", "https://a.ok.com:8443", false},
		{"http://localhost:*", "http://localhost:3000", true},
		{"http://localhost:*", "http://localhost:99999", false},
		{"http://localhost:*", "http://localhost:", false},
		{"http://localhost:*", "http://localhost", false},
		{"http://[::1]:3000", "http://[::1]:3000", false}, /* [ begins a set in a glob */
		{"http://\\[::1\\]:3000", "http://[::1]:3000", true},
		{"http://\\[::1\\]", "http://[::1]", true},
		{"http://\\[::1\\]*", "http://[::1]x", false},
		{"http://\\[::1\\]*", "http://[::1", false},
		{"{http,https}://ok.com", "http://ok.com", true},
		{"*", "https://any.where:1", true},
		{"*", "null", true},
		{"*", "what ever", true},
		{"null", "null", true},
		{"null", "NULL", false},
		{"*://*", "https://a.com", true},
		{"chrome-extension://*", "chrome-extension://abcdef", true},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		struct weir_str pattern = weir_str(cases[i].pattern);
		struct weir_origins o;

		weir_origins_init(&o, &pattern, 1);
		if (weir_origin_allowed(&o, weir_str(cases[i].origin)) != cases[i].allowed) {
			printf("\n%s %s\n", cases[i].pattern, cases[i].origin);
			CU_FAIL("wrong verdict");
		}
		CU_ASSERT(weir_origin_allowed(&o, WEIR_STR_NONE));
		weir_origins_fini(&o);
	}
}

static void test_lists(void)
{
	const struct weir_str patterns[] = {WEIR_STR("https://a.com"), WEIR_STR("https://b.com")};
	static char longer[600];
	struct weir_origins o;

	weir_origins_init(&o, NULL, 0);
	CU_ASSERT(weir_origin_allowed(&o, WEIR_STR_NONE));
	CU_ASSERT_FALSE(weir_origin_allowed(&o, WEIR_STR("https://a.com")));
	weir_origins_fini(&o);
	weir_origins_init(&o, patterns, 2);
	CU_ASSERT(weir_origin_allowed(&o, WEIR_STR("https://a.com")));
	CU_ASSERT(weir_origin_allowed(&o, WEIR_STR("https://b.com")));
	CU_ASSERT_FALSE(weir_origin_allowed(&o, WEIR_STR("https://c.com")));
	CU_ASSERT_FALSE(weir_origin_allowed(&o, WEIR_STR("https://a.com\0")));
	memset(longer, 'a', sizeof(longer));
	memcpy(longer, "https://", 8);
	CU_ASSERT_FALSE(weir_origin_allowed(&o, weir_str_n(longer, sizeof(longer))));
	weir_origins_fini(&o);
}

static void parse(struct weir_head *head, const char *text)
{
	const struct weir_head_limits limits = {8192, 16384};
	const char *why;

	CU_ASSERT_EQUAL_FATAL(weir_head_parse(weir_str(text), &limits, head, &why), 0);
}

static void expect_lines(const char *text, const char *allowed_headers, bool preflight, const char *lines)
{
	const struct weir_cors cors = {.methods = "POST, OPTIONS", .headers = allowed_headers};
	struct weir_head head;
	struct weir_buf b;

	parse(&head, text);
	weir_buf_init(&b, 4096);
	weir_cors_lines(&b, &cors, &head, preflight);
	CU_ASSERT(weir_str_is(weir_buf_view(&b), lines));
	weir_buf_fini(&b);
}

static void test_cors(void)
{
	expect_lines("GET / HTTP/1.1\r\nHost: a\r\n\r\n", NULL, true, "");
	expect_lines("GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.com\r\n\r\n", NULL, false,
		"Access-Control-Allow-Origin: https://a.com\r\nAccess-Control-Allow-Credentials: true\r\nVary: "
		"Origin\r\n");
	expect_lines("OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.com\r\nAccess-Control-Request-Headers: x-a, "
		     "b\r\n\r\n",
		NULL, true,
		"Access-Control-Allow-Origin: https://a.com\r\nAccess-Control-Allow-Credentials: true\r\nVary: "
		"Origin\r\n"
		"Access-Control-Allow-Methods: POST, OPTIONS\r\nAccess-Control-Allow-Headers: x-a, b\r\n"
		"Access-Control-Max-Age: 300\r\n");
	expect_lines("OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.com\r\nAccess-Control-Request-Headers: x-a, "
		     "b\r\n\r\n",
		"Authorization", true,
		"Access-Control-Allow-Origin: https://a.com\r\nAccess-Control-Allow-Credentials: true\r\nVary: "
		"Origin\r\n"
		"Access-Control-Allow-Methods: POST, OPTIONS\r\nAccess-Control-Allow-Headers: Authorization\r\n"
		"Access-Control-Max-Age: 300\r\n");
	/* Not a list of names: not echoed. */
	expect_lines(
		"OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.com\r\nAccess-Control-Request-Headers: <x>\r\n\r\n",
		NULL, true,
		"Access-Control-Allow-Origin: https://a.com\r\nAccess-Control-Allow-Credentials: true\r\nVary: "
		"Origin\r\n"
		"Access-Control-Allow-Methods: POST, OPTIONS\r\nAccess-Control-Max-Age: 300\r\n");
}

static void test_heads(void)
{
	const struct weir_str any = WEIR_STR("*");
	struct weir_origins o;
	struct weir_head head;

	weir_origins_init(&o, &any, 1);
	parse(&head, "GET / HTTP/1.1\r\nHost: a\r\nOrigin: x\r\n\r\n");
	CU_ASSERT(weir_origin_allows_head(&o, &head));
	parse(&head, "GET / HTTP/1.1\r\nHost: a\r\nOrigin: x\r\nOrigin: x\r\n\r\n");
	CU_ASSERT_FALSE(weir_origin_allows_head(&o, &head));
	weir_origins_fini(&o);
	weir_origins_init(&o, NULL, 0);
	parse(&head, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	CU_ASSERT(weir_origin_allows_head(&o, &head));
	parse(&head, "GET / HTTP/1.1\r\nHost: a\r\nOrigin:\r\n\r\n");
	CU_ASSERT_FALSE(weir_origin_allows_head(&o, &head));
	weir_origins_fini(&o);
}

CU_TestInfo weir_tests[] = {{"table", test_table}, {"lists", test_lists}, {"CORS lines", test_cors},
	{"heads", test_heads}, CU_TEST_INFO_NULL};
