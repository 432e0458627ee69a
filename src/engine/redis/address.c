/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of Redis. What is wrong is said without a word of what was given, since that may be a piece of a password
 * which was not percent-encoded. Any thread.
 */
#include "address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ADDRESS_PORT          6379
#define ADDRESS_SENTINEL_PORT 26379
#define ADDRESS_DB_MAX        1000000
#define ADDRESS_HOST_MAX      253
#define ADDRESS_PATH_MAX      107 /* what struct sockaddr_un takes */
#define ADDRESS_WORD_MAX      4096

struct parser {
	struct weir_redis_address *a;
	struct weir_buf *why;
};

static int refuse(struct parser *p, const char *why)
{
	weir_buf_str(p->why, weir_str(why));
	return WEIR_EINVALID;
}

static int no_memory(struct parser *p)
{
	weir_buf_lit(p->why, "no memory");
	return -ENOMEM;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Replaces *to. */
static int set_decoded(struct parser *p, struct weir_str text, char **to)
{
	char *out = text.n <= ADDRESS_WORD_MAX ? malloc(text.n + 1) : NULL;
	size_t n = 0;

	if (!out)
		return text.n > ADDRESS_WORD_MAX ? refuse(p, "too long") : no_memory(p);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '%') {
			int high = i + 2 < text.n ? hex(text.p[i + 1]) : -1, low = high >= 0 ? hex(text.p[i + 2]) : -1;

			if (low < 0 || high + low == 0) {
				free(out);
				return refuse(
					p, "a '%' that does not begin a percent-encoded byte (%25 for '%' itself)");
			}
			c = (char)(16 * high + low);
			i += 2;
		}
		if (c == '\0') {
			free(out);
			return refuse(p, "a NUL byte");
		}
		out[n++] = c;
	}
	out[n] = '\0';
	free(*to);
	*to = out;
	return 0;
}

static bool host_is_fine(struct weir_str host, bool ip6)
{
	if (host.n == 0 || host.n > ADDRESS_HOST_MAX)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i], lower = (char)(c | 0x20);

		if (!((c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') || c == '.' || c == '%' ||
			    (ip6 ? c == ':' : c == '-' || c == '_')))
			return false;
		if (c == '%' && !ip6)
			return false;
	}
	return true;
}

/* host, host:port, [ip6], [ip6]:port */
static int set_endpoint(struct parser *p, struct weir_str text, uint16_t port, struct weir_redis_endpoint *e)
{
	struct weir_str rest = text, host;
	bool ip6 = weir_str_starts(text, WEIR_STR("["));
	uint64_t number = port;

	if (ip6) {
		rest = weir_str_n(text.p + 1, text.n - 1);
		host = weir_str_cut(&rest, ']');
		if (!rest.p || (rest.n > 0 && rest.p[0] != ':'))
			return refuse(p, "expected [IPv6 address]:port");
		rest = rest.n > 0 ? weir_str_n(rest.p + 1, rest.n - 1) : WEIR_STR_NONE;
	} else {
		host = weir_str_cut(&rest, ':');
	}
	if (!host_is_fine(host, ip6))
		return refuse(p, "expected a host name or an address (IPv6 in brackets)");
	if (rest.p && (weir_str_u64(rest, &number) < 0 || number == 0 || number > 65535))
		return refuse(p, "expected a port from 1 to 65535");
	return weir_redis_endpoint_set(e, host, (uint16_t)number) == 0 ? 0 : no_memory(p);
}

static int set_db(struct parser *p, struct weir_str text)
{
	uint64_t db;

	if (weir_str_u64(text, &db) < 0 || db > ADDRESS_DB_MAX)
		return refuse(p, "expected the number of a database, like /0");
	p->a->db = (unsigned)db;
	return 0;
}

/* Cuts "user:password@" from the front; the last '@' counts, since an '@' in a password is often left as it is. */
static int take_user(struct parser *p, struct weir_str *authority)
{
	struct weir_str user, password;
	size_t at = authority->n;
	int err;

	while (at > 0 && authority->p[at - 1] != '@')
		at--;
	if (at == 0)
		return 0;
	password = weir_str_n(authority->p, at - 1);
	*authority = weir_str_n(authority->p + at, authority->n - at);
	user = weir_str_cut(&password, ':');
	if (!password.p)
		return refuse(p, "expected user:password@ or :password@");
	err = set_decoded(p, user, &p->a->user);
	return err ? err : set_decoded(p, password, &p->a->password);
}

static int take_parameter(struct parser *p, struct weir_str pair, bool sentinel, bool path)
{
	struct weir_str name = weir_str_cut(&pair, '=');

	if (!pair.p)
		return refuse(p, "expected name=value after the '?'");
	if (path && weir_str_is(name, "db"))
		return set_db(p, pair);
	if (sentinel && weir_str_is(name, "sentinel_master_name"))
		return set_decoded(p, pair, &p->a->master_name);
	if (sentinel && weir_str_is(name, "sentinel_user"))
		return set_decoded(p, pair, &p->a->sentinel_user);
	if (sentinel && weir_str_is(name, "sentinel_password"))
		return set_decoded(p, pair, &p->a->sentinel_password);
	return refuse(p, sentinel ? "known after the '?' are sentinel_master_name, sentinel_user, sentinel_password"
			 : path   ? "known after the '?' is db"
				  : "nothing is known after the '?'");
}

static int take_parameters(struct parser *p, struct weir_str query, bool sentinel, bool path)
{
	int err = 0;

	while (!err && query.p)
		err = take_parameter(p, weir_str_cut(&query, '&'), sentinel, path);
	return err;
}

static int parse_redis(struct parser *p, struct weir_str rest)
{
	struct weir_str query = rest, db = weir_str_cut(&query, '?'), authority = weir_str_cut(&db, '/');
	int err = take_user(p, &authority);

	if (!err)
		err = set_endpoint(p, authority, ADDRESS_PORT, &p->a->endpoint);
	if (!err && db.n > 0)
		err = set_db(p, db);
	return err ? err : take_parameters(p, query, false, false);
}

static int parse_unix(struct parser *p, struct weir_str rest)
{
	struct weir_str query = rest, path = weir_str_cut(&query, '?'), authority;
	const char *slash = path.n > 0 ? memchr(path.p, '/', path.n) : NULL;
	int err;

	if (!slash)
		return refuse(p, "expected unix:///path");
	authority = weir_str_n(path.p, (size_t)(slash - path.p));
	path = weir_str_n(slash, path.n - authority.n);
	err = take_user(p, &authority);
	if (err)
		return err;
	if (authority.n > 0)
		return refuse(p, "expected unix:///path (three slashes), or unix://user:password@/path");
	if (path.n > ADDRESS_PATH_MAX || memchr(path.p, '\0', path.n))
		return refuse(p, "expected a path of at most 107 bytes");
	if (weir_redis_endpoint_set_path(&p->a->endpoint, path) != 0)
		return no_memory(p);
	return take_parameters(p, query, false, true);
}

static int parse_sentinel(struct parser *p, struct weir_str rest)
{
	struct weir_str query = rest, db = weir_str_cut(&query, '?'), authority = weir_str_cut(&db, '/');
	struct weir_redis_address *a = p->a;
	int err = take_user(p, &authority);

	while (!err && authority.p) {
		if (a->n_sentinels == WEIR_REDIS_SENTINELS_MAX)
			return refuse(p, "more than 16 sentinels");
		err = set_endpoint(
			p, weir_str_cut(&authority, ','), ADDRESS_SENTINEL_PORT, &a->sentinels[a->n_sentinels]);
		a->n_sentinels += !err;
	}
	if (!err && db.n > 0)
		err = set_db(p, db);
	if (!err)
		err = take_parameters(p, query, true, false);
	return err || a->master_name[0] ? err : refuse(p, "expected ?sentinel_master_name=NAME");
}

static int parse(struct parser *p, struct weir_str text)
{
	static const struct {
		const char *scheme;
		int (*parse)(struct parser *p, struct weir_str rest); /* or why not */
		const char *why;
	} schemes[] = {
		{"redis://", parse_redis, NULL},
		{"tcp://", parse_redis, NULL},
		{"unix://", parse_unix, NULL},
		{"redis+sentinel://", parse_sentinel, NULL},
		{"rediss://", NULL, "TLS to Redis (rediss://) is not supported"},
		{"rediss+sentinel://", NULL, "TLS to Redis (rediss+sentinel://) is not supported"},
		{"redis+cluster://", NULL, "Redis Cluster (redis+cluster://) is not supported"},
		{"rediss+cluster://", NULL, "Redis Cluster (rediss+cluster://) is not supported"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(schemes); i++) {
		struct weir_str scheme = weir_str(schemes[i].scheme);

		if (weir_str_caseeq(weir_str_n(text.p, text.n < scheme.n ? text.n : scheme.n), scheme))
			return schemes[i].parse ? schemes[i].parse(p, weir_str_n(text.p + scheme.n, text.n - scheme.n))
						: refuse(p, schemes[i].why);
	}
	if (weir_str_contains(text, WEIR_STR("/")) || weir_str_contains(text, WEIR_STR("@")) ||
		!weir_str_contains(text, WEIR_STR(":")))
		return refuse(p, "expected redis://host:port, unix:///path, "
				 "redis+sentinel://host:port?sentinel_master_name=NAME or "
				 "host:port");
	return set_endpoint(p, text, ADDRESS_PORT, &p->a->endpoint);
}

static void show_endpoint(const struct weir_redis_endpoint *e, struct weir_buf *b)
{
	bool ip6 = e->host && strchr(e->host, ':');

	weir_buf_printf(b, ip6 ? "[%s]:%u" : "%s:%u", e->host ? e->host : "", e->port);
}

static char *empty(void)
{
	return calloc(1, 1);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_redis_address_parse(struct weir_str text, struct weir_redis_address *a, struct weir_buf *why)
{
	struct parser p = {.a = a, .why = why};
	int err;

	*a = (struct weir_redis_address){.user = empty(),
		.password = empty(),
		.master_name = empty(),
		.sentinel_user = empty(),
		.sentinel_password = empty()};
	if (!a->user || !a->password || !a->master_name || !a->sentinel_user || !a->sentinel_password)
		err = no_memory(&p);
	else
		err = parse(&p, text);
	if (err)
		weir_redis_address_fini(a);
	return err;
}

void weir_redis_address_fini(struct weir_redis_address *a)
{
	free(a->user);
	free(a->password);
	free(a->master_name);
	free(a->sentinel_user);
	free(a->sentinel_password);
	weir_redis_endpoint_fini(&a->endpoint);
	for (size_t i = 0; i < a->n_sentinels; i++)
		weir_redis_endpoint_fini(&a->sentinels[i]);
	*a = (struct weir_redis_address){0};
}

void weir_redis_address_show(const struct weir_redis_address *a, struct weir_buf *b)
{
	if (a->endpoint.path) {
		weir_buf_printf(b, "unix://%s", a->endpoint.path);
		if (a->db)
			weir_buf_printf(b, "?db=%u", a->db);
		return;
	}
	weir_buf_str(b, weir_str(a->n_sentinels ? "redis+sentinel://" : "redis://"));
	if (a->n_sentinels == 0)
		show_endpoint(&a->endpoint, b);
	for (size_t i = 0; i < a->n_sentinels; i++) {
		if (i > 0)
			weir_buf_char(b, ',');
		show_endpoint(&a->sentinels[i], b);
	}
	if (a->db)
		weir_buf_printf(b, "/%u", a->db);
	if (a->n_sentinels)
		weir_buf_printf(b, "?sentinel_master_name=%s", a->master_name);
}
