/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard's login over a real connection, and how often somebody may guess. */
#include <stdio.h>

#include "fixture.h"
#include "weir/server/dashboard.h"

const char weir_test_suite[] = "server/dashboard";

#define WALL_S 1700000000

static uint64_t mono;

static uint64_t clock_mono(void *ctx)
{
	(void)ctx;
	return mono;
}

static int64_t clock_wall(void *ctx)
{
	(void)ctx;
	return 1000 * (int64_t)WALL_S;
}

static const struct weir_clock test_clock = {clock_mono, clock_wall, NULL};
static const struct weir_hash_key hash_key = {3, 4};

struct desk {
	struct fixture f;
	struct weir_guesses guesses;
	struct weir_dashboard dashboard;
	struct client c;
	size_t n; /* answers so far */
};

static void desk_init(struct desk *d, const char *password, bool insecure)
{
	struct weir_dashboard_options o = {
		.password = weir_str(password), .insecure = insecure, .clock = &test_clock, .guesses = &d->guesses};

	d->n = 0;
	mono = 1000000;
	memset(o.key, 5, sizeof(o.key));
	weir_guesses_init(&d->guesses, &hash_key);
	fixture_init(&d->f);
	weir_dashboard_init(&d->dashboard, &o);
	weir_dashboard_routes(&d->dashboard, &d->f.router);
	fixture_start(&d->f);
	client_open(&d->f, &d->c);
}

static void desk_fini(struct desk *d)
{
	client_close(&d->c);
	fixture_fini(&d->f);
	weir_dashboard_fini(&d->dashboard);
}

static int say(struct desk *d, const char *text)
{
	client_say(&d->f, &d->c, text);
	CU_ASSERT_FATAL(client_await(&d->f, &d->c, ++d->n));
	CU_ASSERT(client_has_line(&d->c, d->n - 1, "Cache-Control: no-store"));
	return client_status(&d->c, d->n - 1);
}

static int login(struct desk *d, const char *body)
{
	char text[6000];

	snprintf(text, sizeof(text), "POST /dashboard/login HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
		strlen(body), body);
	return say(d, text);
}

static bool answer_is(const struct desk *d, const char *body)
{
	return weir_str_is(client_body(&d->c, d->n - 1), body);
}

static bool answer_begins(const struct desk *d, const char *body)
{
	return weir_str_starts(client_body(&d->c, d->n - 1), weir_str(body));
}

/* The token of the last answer is one of the key's. */
static void expect_token(const struct desk *d)
{
	struct weir_token_options o = {
		.dashboard_key = weir_str_n((const char *)d->dashboard.o.key, WEIR_DASHBOARD_KEY)};
	struct weir_token_keys *keys;
	struct weir_json object, value;
	struct weir_json_iter it;
	struct weir_claims claims;
	struct weir_str name;
	struct weir_buf why;
	bool found = false;

	weir_buf_init(&why, 100);
	CU_ASSERT_EQUAL_FATAL(weir_token_keys_new(&o, &keys, &why), 0);
	CU_ASSERT_EQUAL_FATAL(weir_json_check(client_body(&d->c, d->n - 1), WEIR_JSON_DEPTH, &object, NULL), 0);
	it = weir_json_members(object);
	while (weir_json_next_member(&it, &name, &value)) {
		if (!weir_json_string_is(name, WEIR_STR("token")))
			continue;
		found = true;
		CU_ASSERT_EQUAL_FATAL(
			weir_token_verify(keys, weir_json_string_plain(value.text), WALL_S, &claims, NULL), 0);
		CU_ASSERT(claims.admin);
		CU_ASSERT_EQUAL(claims.expire_at_s, WALL_S + WEIR_DASHBOARD_TTL_S);
		weir_claims_fini(&claims);
	}
	CU_ASSERT(found);
	weir_token_keys_free(&keys);
	weir_buf_fini(&why);
}

static void test_login(void)
{
	static const char *const bad[] = {"", "x", "[]", "\"secret\"", "{}", "{\"password\":null}", "{\"password\":1}",
		"{\"Password\":\"secret\"}", "{\"password\":\"secret\",\"password\":\"secret\"}"};
	struct desk d;

	desk_init(&d, "s\"ecret \xc3\xa9", false);
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"s\\\"ecret \\u00e9\"}"), 200);
	CU_ASSERT(answer_begins(&d, "{\"token\":\""));
	expect_token(&d);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_EQUAL(login(&d, bad[i]), 400);
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"\"}"), 401);
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"s\\\"ecret \"}"), 401);
	CU_ASSERT(answer_is(&d, "{\"error\":{\"code\":101,\"message\":\"wrong password\"}}\n"));
	CU_ASSERT_EQUAL(say(&d, "GET /dashboard/session HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200);
	CU_ASSERT(answer_is(&d, "{\"open\":false,\"login\":true}"));
	desk_fini(&d);
}

static void test_no_password(void)
{
	struct desk d;

	desk_init(&d, "", false);
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"\"}"), 401);
	CU_ASSERT(answer_is(&d, "{\"error\":{\"code\":101,\"message\":\"no password is configured\"}}\n"));
	CU_ASSERT_EQUAL(say(&d, "GET /dashboard/session HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200);
	CU_ASSERT(answer_is(&d, "{\"open\":false,\"login\":false}"));
	desk_fini(&d);
}

static void test_guessing(void)
{
	struct desk d;

	desk_init(&d, "secret", false);
	for (int i = 0; i < 20; i++) /* who knows it is not counted */
		CU_ASSERT_EQUAL(login(&d, "{\"password\":\"secret\"}"), 200);
	for (int i = 0; i < WEIR_GUESSES_AT_ONCE; i++)
		CU_ASSERT_EQUAL(login(&d, "{\"password\":\"wrong\"}"), 401);
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"secret\"}"), 429);
	CU_ASSERT(client_has_line(&d.c, d.n - 1, "Retry-After: 10"));
	mono += WEIR_GUESSES_EACH_MS - 1;
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"secret\"}"), 429);
	CU_ASSERT(client_has_line(&d.c, d.n - 1, "Retry-After: 1"));
	mono += 1;
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"secret\"}"), 200);
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"wrong\"}"), 401);
	CU_ASSERT_EQUAL(login(&d, "{\"password\":\"secret\"}"), 429);
	desk_fini(&d);
}

static bool guess(struct weir_guesses *g, const char *address)
{
	unsigned retry_after_s = 0;
	bool may = weir_guesses_take(g, address, 1, &retry_after_s);

	CU_ASSERT_EQUAL(may, retry_after_s == 0);
	return may;
}

/* All addresses together have so many buckets. Two of one network are one guesser. */
static void test_guessers(void)
{
	struct weir_guesses g;
	unsigned n = 0;
	char address[40];

	weir_guesses_init(&g, &hash_key);
	for (int i = 0; i < WEIR_GUESSES_AT_ONCE; i++) {
		snprintf(address, sizeof(address), "2001:db8::%d", i);
		CU_ASSERT(guess(&g, address));
	}
	CU_ASSERT_FALSE(guess(&g, "2001:db8::ffff"));
	weir_guesses_init(&g, &hash_key);
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16, (i >> 8) & 255, i & 255);
		n += guess(&g, address);
	}
	CU_ASSERT_EQUAL(n, WEIR_GUESSES_BUCKETS * WEIR_GUESSES_AT_ONCE);
}

static void test_session(void)
{
	static const struct {
		const char *lines;
		bool open;
	} rows[] = {
		{"Host: localhost:8000", true},
		{"Host: LOCALHOST", true},
		{"Host: 127.0.0.1:8000", true},
		{"Host: [::1]:8000", true},
		{"Host: localhost:8000\r\nOrigin: http://localhost:8000", true},
		{"Host: localhost:8000\r\nSec-Fetch-Site: same-origin", true},
		{"Host: localhost:8000\r\nSec-Fetch-Site: none", true},
		{"Host: localhosts", false},
		{"Host: localhost.example.com", false},
		{"Host: 127.0.0.1.example.com", false},
		{"Host: example.com\r\nOrigin: http://example.com", false},
		{"Host: localhost:8000\r\nOrigin: http://localhost:8001", false},
		{"Host: localhost:8000\r\nOrigin: http://127.0.0.1:8000", false},
		{"Host: localhost:8000\r\nOrigin: null", false},
		{"Host: localhost:8000\r\nOrigin: http://localhost:8000\r\nOrigin: http://localhost:8000", false},
		{"Host: localhost:8000\r\nSec-Fetch-Site: cross-site", false},
		{"Host: localhost:8000\r\nX-Forwarded-For: 127.0.0.1", false},
		{"Host: localhost:8000\r\nForwarded: for=127.0.0.1", false},
		{"Host: localhost:8000\r\nVia: 1.1 proxy", false},
	};
	char text[300];
	struct desk d;

	desk_init(&d, "", true);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		snprintf(text, sizeof(text), "GET /dashboard/session HTTP/1.1\r\n%s\r\n\r\n", rows[i].lines);
		CU_ASSERT_EQUAL(say(&d, text), 200);
		CU_ASSERT_EQUAL(answer_begins(&d, "{\"open\":true,\"token\":\""), rows[i].open);
		if (rows[i].open)
			expect_token(&d);
	}
	desk_fini(&d);
}

CU_TestInfo weir_tests[] = {
	{"login", test_login},
	{"no password", test_no_password},
	{"guessing", test_guessing},
	{"guessers", test_guessers},
	{"session", test_session},
	CU_TEST_INFO_NULL,
};
