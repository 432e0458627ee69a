/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a server, as `weir sub` takes it. */
#include "test.h"
#include "weir/base/mem.h"
#include "ws_url_priv.h"

const char weir_test_suite[] = "cli/ws_url";

static void test_good(void)
{
	static const struct {
		const char *url, *host, *host_header, *path;
		int port;
		bool tls;
	} rows[] = {
		{"http://localhost:8000", "localhost", "localhost:8000", "/connection/websocket", 8000, false},
		{"http://a.example/", "a.example", "a.example", "/connection/websocket", 80, false},
		{"https://a.example/b/c//", "a.example", "a.example", "/b/c/connection/websocket", 443, true},
		{"ws://a.example:81/b", "a.example", "a.example:81", "/b/connection/websocket", 81, false},
		{"wss://a.example", "a.example", "a.example", "/connection/websocket", 443, true},
		{"http://[::1]:8000", "::1", "[::1]:8000", "/connection/websocket", 8000, false},
		{"HTTP://127.0.0.1:1", "127.0.0.1", "127.0.0.1:1", "/connection/websocket", 1, false},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir__ws_url u;

		CU_ASSERT_EQUAL_FATAL(weir__ws_url_init(&u, rows[i].url), 0);
		CU_ASSERT_STRING_EQUAL(u.host, rows[i].host);
		CU_ASSERT_STRING_EQUAL(u.host_header, rows[i].host_header);
		CU_ASSERT_STRING_EQUAL(u.path, rows[i].path);
		CU_ASSERT_EQUAL(u.port, rows[i].port);
		CU_ASSERT_EQUAL(u.tls, rows[i].tls);
		weir__ws_url_fini(&u);
	}
}

static void test_bad(void)
{
	static const char *const urls[] = {"", "localhost:8000", "localhost", "ftp://a.example", "http://",
		"http://a:99999", "http://a:x", "http://user:pw@a.example", "http://a.example/?q=1",
		"http://a.example/#f"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(urls); i++) {
		struct weir__ws_url u;

		CU_ASSERT_EQUAL(weir__ws_url_init(&u, urls[i]), WEIR_EINVALID);
		weir__ws_url_fini(&u);
	}
}

CU_TestInfo weir_tests[] = {
	{"good", test_good},
	{"bad", test_bad},
	CU_TEST_INFO_NULL,
};
