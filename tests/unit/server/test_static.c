/* SPDX-License-Identifier: Apache-2.0 */
/* Embedded files: content, headers, revalidation. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "weir/server/static.h"

const char weir_test_suite[] = "server/static";

static const unsigned char page[] = {'<', 'p', '>', 0, 0xff};
static const unsigned char script[] = {'1', ';'};
static const struct weir_static_file files[] = {
	{"/index.html", "text/html; charset=utf-8", page, sizeof(page)},
	{"/app.js", "text/javascript; charset=utf-8", script, sizeof(script)},
};

static void etag_of(const struct client *c, size_t n, char *etag, size_t size)
{
	struct weir_str head = weir_str_n(c->in, c->len);
	const char *at = memmem(head.p, head.n, "\r\nETag: ", 8);

	(void)n;
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	snprintf(etag, size, "%.18s", at + 8);
}

static void revalidate(struct fixture *f, const char *path, const char *condition, int status)
{
	char text[512];
	struct client c;

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n", path, condition);
	CU_ASSERT_EQUAL(ask(f, &c, text), status);
	CU_ASSERT_EQUAL(client_body(&c, 0).n, status == 304 ? 0 : sizeof(page));
	CU_ASSERT(client_has_field(&c, 0, "ETag"));
	client_close(&c);
}

#define EXAMPLE "<p>x</p><script type=\"module\">alert(1)</script>"

/* The hash of "alert(1)" by another program. */
#define EXAMPLE_HASH "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"

/* An example is there only where it is wanted, and its script is the only one that runs. */
static void test_examples(void)
{
	static const struct weir_static_file example[] = {
		{"/examples/a.html", "text/html", (const unsigned char *)EXAMPLE, sizeof(EXAMPLE) - 1},
		{"/b.html", "text/html", (const unsigned char *)EXAMPLE, sizeof(EXAMPLE) - 1},
	};

	for (int wanted = 0; wanted < 2; wanted++) {
		struct weir_static s;
		struct fixture f;
		struct client c;

		fixture_init(&f);
		weir_static_init(&s, example, WEIR_ARRAY_LEN(example), wanted);
		weir_static_routes(&s, &f.router);
		fixture_start(&f);
		CU_ASSERT_EQUAL(ask(&f, &c, "GET /examples/a.html HTTP/1.1\r\nHost: a\r\n\r\n"), wanted ? 200 : 404);
		if (wanted)
			CU_ASSERT(client_has_line(&c, 0,
				"Content-Security-Policy: default-src 'self'; script-src 'self' " EXAMPLE_HASH
				"; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action "
				"'self'; "
				"frame-ancestors 'none'"));
		client_close(&c);
		CU_ASSERT_EQUAL(ask(&f, &c, "GET /b.html HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
		CU_ASSERT(client_has_line(&c, 0,
			"Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self' "
			"'unsafe-inline'; "
			"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"));
		client_close(&c);
		fixture_fini(&f);
		weir_static_fini(&s);
	}
}

static void test_files(void)
{
	struct weir_static s;
	struct fixture f;
	struct client c;
	char etag[32], other[32], text[256];

	fixture_init(&f);
	weir_static_init(&s, files, WEIR_ARRAY_LEN(files), true);
	weir_static_routes(&s, &f.router);
	fixture_start(&f);
	CU_ASSERT_EQUAL(ask(&f, &c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
	CU_ASSERT(weir_str_eq(client_body(&c, 0), weir_str_n((const char *)page, sizeof(page))));
	CU_ASSERT(client_has_line(&c, 0, "Content-Type: text/html; charset=utf-8"));
	CU_ASSERT(client_has_line(&c, 0, "X-Content-Type-Options: nosniff"));
	CU_ASSERT(client_has_line(&c, 0, "Cache-Control: no-cache"));
	CU_ASSERT(client_has_field(&c, 0, "Content-Security-Policy"));
	etag_of(&c, 0, etag, sizeof(etag));
	client_close(&c);
	CU_ASSERT_EQUAL(ask(&f, &c, "GET /app.js?v=1 HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
	CU_ASSERT(weir_str_is(client_body(&c, 0), "1;"));
	etag_of(&c, 0, other, sizeof(other));
	CU_ASSERT_STRING_NOT_EQUAL(etag, other);
	client_close(&c);
	revalidate(&f, "/", etag, 304);
	revalidate(&f, "/index.html", etag, 304);
	revalidate(&f, "/", other, 200);
	revalidate(&f, "/", "*", 304);
	snprintf(text, sizeof(text), "%s, W/%s", other, etag);
	revalidate(&f, "/", text, 304);
	CU_ASSERT_EQUAL(ask(&f, &c, "GET /none.js HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
	client_close(&c);
	CU_ASSERT_EQUAL(ask(&f, &c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 405);
	client_close(&c);
	fixture_fini(&f);
	weir_static_fini(&s);
}

CU_TestInfo weir_tests[] = {{"files", test_files}, {"examples", test_examples}, CU_TEST_INFO_NULL};
