/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dashboard's login. Without a password a token is given only to a page that came from this machine: the peer is
 * loopback and nothing says that a proxy stands in between, the request names the broker by a name that only this
 * machine has (a foreign page that has its own name point here still says that name), and no other page's script asks.
 * Loop's thread only.
 */
#include "weir/server/dashboard.h"

#include <arpa/inet.h>

#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "weir/base/log.h"

#define LOGIN_BODY_MAX 4096
#define TOKEN_MAX      1024
#define LINES                                 \
	"Cache-Control: no-store\r\n"         \
	"X-Content-Type-Options: nosniff\r\n" \
	"Cross-Origin-Resource-Policy: same-origin\r\n"

static void respond(struct weir_http_request *req, int status, struct weir_str lines, struct weir_str body)
{
	weir_http_respond(req, status, "application/json", lines, body);
}

/* A new token, behind these first members. */
static void respond_token(struct weir_dashboard *d, struct weir_http_request *req, const char *first)
{
	struct weir_buf body;
	int err;

	weir_buf_init(&body, TOKEN_MAX);
	weir_buf_printf(&body, "{%s\"token\":\"", first);
	err = weir_dashboard_token(d->o.key, weir_wall_ms(d->o.clock) / 1000, WEIR_DASHBOARD_TTL_S, &body);
	weir_buf_printf(&body, "\",\"ttl\":%d}", WEIR_DASHBOARD_TTL_S);
	if (err || body.failed)
		weir_http_respond_error(req, 503, "out of memory", WEIR_STR_NONE);
	else
		respond(req, 200, WEIR_STR(LINES), weir_buf_view(&body));
	weir_buf_fini(&body);
}

/* ---- login ---- */

static void hash_password(struct weir_str password, unsigned char hash[SHA256_DIGEST_LENGTH])
{
	SHA256((const unsigned char *)(password.p ? password.p : ""), password.n, hash);
}

/* {"password":"…"}, decoded into `text`. */
static bool login_read(struct weir_str body, struct weir_buf *text)
{
	struct weir_json object, value;
	struct weir_json_iter it;
	struct weir_str name;
	bool found = false;

	if (weir_json_check(body, WEIR_JSON_DEPTH, &object, NULL) < 0 || object.type != WEIR_JSON_OBJECT)
		return false;
	it = weir_json_members(object);
	while (weir_json_next_member(&it, &name, &value)) {
		if (!weir_json_string_is(name, WEIR_STR("password")))
			continue;
		if (found || value.type != WEIR_JSON_STRING)
			return false;
		found = true;
		weir_json_string_decode(text, value.text);
	}
	return found && !text->failed;
}

/* Hashes are compared, so that neither the password's length nor its bytes show in the time that takes. */
static bool login_is_right(const struct weir_dashboard *d, struct weir_str password)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];

	hash_password(password, hash);
	return CRYPTO_memcmp(hash, d->password_hash, sizeof(hash)) == 0;
}

static void login_too_often(struct weir_http_request *req, unsigned retry_after_s)
{
	struct weir_buf lines;

	weir_buf_init(&lines, 512);
	weir_buf_printf(&lines, "Retry-After: %u\r\n" LINES, retry_after_s);
	weir_http_respond_error(req, 429, "too many wrong passwords", weir_buf_view(&lines));
	weir_buf_fini(&lines);
}

static void login_try(struct weir_dashboard *d, struct weir_http_request *req, struct weir_str password)
{
	unsigned retry_after_s;

	if (!weir_guesses_take(d->o.guesses, req->peer, weir_mono_ms(d->o.clock), &retry_after_s)) {
		login_too_often(req, retry_after_s);
		return;
	}
	if (login_is_right(d, password)) {
		weir_guesses_give_back(d->o.guesses, req->peer);
		weir_slog(d->o.log, HTTP, INFO, "dashboard login", WEIR_F_CSTR("peer", req->peer));
		respond_token(d, req, "");
		return;
	}
	weir_slog(d->o.log, HTTP, WARN, "dashboard login refused", WEIR_F_CSTR("peer", req->peer));
	weir_http_respond_error(req, 401, "wrong password", WEIR_STR(LINES));
}

static void on_login(void *ctx, struct weir_http_request *req)
{
	struct weir_dashboard *d = ctx;
	struct weir_buf password;

	if (!d->o.password.n) {
		weir_http_respond_error(req, 401, "no password is configured", WEIR_STR(LINES));
		return;
	}
	weir_buf_init(&password, LOGIN_BODY_MAX);
	if (login_read(req->body, &password))
		login_try(d, req, weir_buf_view(&password));
	else
		weir_http_respond_error(req, 400, "expected an object with a string, password", WEIR_STR(LINES));
	OPENSSL_cleanse(password.p, password.len);
	weir_buf_fini(&password);
}

/* ---- session ---- */

static bool is_loopback(const char *address)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, address, &six) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

/* Host, with or without a port, is a name of this machine that nobody else can own. */
static bool host_is_own(struct weir_str host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++) {
		struct weir_str name = weir_str(names[i]);

		if (host.n >= name.n && weir_str_caseeq(weir_str_n(host.p, name.n), name) &&
			(host.n == name.n || host.p[name.n] == ':'))
			return true;
	}
	return false;
}

/* Absent, or the page of this Host. */
static bool origin_is_own(const struct weir_head *head, struct weir_str host)
{
	struct weir_str origin = weir_head_get(head, "Origin");
	struct weir_str scheme = WEIR_STR("http://");

	if (!origin.p)
		return true;
	return weir_head_count(head, "Origin") == 1 && weir_str_starts(origin, scheme) &&
	       weir_str_caseeq(weir_str_n(origin.p + scheme.n, origin.n - scheme.n), host);
}

/* What browsers say themselves of who asks; others say nothing. */
static bool site_is_own(const struct weir_head *head)
{
	struct weir_str site = weir_head_get(head, "Sec-Fetch-Site");

	return !site.p || weir_str_is(site, "same-origin") || weir_str_is(site, "none");
}

static bool came_through_proxy(const struct weir_head *head)
{
	static const char *const fields[] = {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(fields); i++)
		if (weir_head_count(head, fields[i]))
			return true;
	return false;
}

static bool session_is_open(const struct weir_dashboard *d, const struct weir_http_request *req)
{
	struct weir_str host = weir_head_get(req->head, "Host");

	return d->o.insecure && is_loopback(req->peer) && host.p && host_is_own(host) &&
	       origin_is_own(req->head, host) && site_is_own(req->head) && !came_through_proxy(req->head);
}

static void on_session(void *ctx, struct weir_http_request *req)
{
	struct weir_dashboard *d = ctx;

	if (session_is_open(d, req))
		respond_token(d, req, "\"open\":true,");
	else
		respond(req, 200, WEIR_STR(LINES),
			d->o.password.n ? WEIR_STR("{\"open\":false,\"login\":true}")
					: WEIR_STR("{\"open\":false,\"login\":false}"));
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_dashboard_init(struct weir_dashboard *d, const struct weir_dashboard_options *o)
{
	*d = (struct weir_dashboard){.o = *o};
	hash_password(o->password, d->password_hash);
	d->o.password.p = NULL; /* its length tells whether there is one */
}

void weir_dashboard_fini(struct weir_dashboard *d)
{
	OPENSSL_cleanse(d->o.key, sizeof(d->o.key));
	OPENSSL_cleanse(d->password_hash, sizeof(d->password_hash));
}

void weir_dashboard_routes(struct weir_dashboard *d, struct weir_http_router *router)
{
	weir_http_router_add(router, &(struct weir_http_route){.path = "/dashboard/login",
					     .methods = WEIR_HTTP_POST,
					     .body_limit = LOGIN_BODY_MAX,
					     .handler = on_login,
					     .ctx = d});
	weir_http_router_add(router,
		&(struct weir_http_route){
			.path = "/dashboard/session", .methods = WEIR_HTTP_GET, .handler = on_session, .ctx = d});
}
