/* SPDX-License-Identifier: Apache-2.0 */
/* Origin patterns, and the CORS header lines that follow from an allowed origin. Any thread after init. */
#include "config.h"

#include "weir/server/origin.h"

#include <stdlib.h>

#include "weir/base/glob.h"
#include "weir/base/mem.h"

#include "head_priv.h"

#define ORIGIN_MAX 512 /* bytes; a host name has at most 253 */

static char origin_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool origin_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (origin_lower(c) >= 'a' && origin_lower(c) <= 'z');
}

static bool origin_all(struct weir_str s, const char *others)
{
	for (size_t i = 0; i < s.n; i++)
		if (!origin_is_alnum(s.p[i]) && (s.p[i] == 0 || !strchr(others, s.p[i])))
			return false;
	return s.n > 0;
}

/* scheme://host[:port], host perhaps an IPv6 literal in brackets; or null. */
static bool origin_well_formed(struct weir_str origin)
{
	const char *mark = memmem(origin.p, origin.n, "://", 3);
	struct weir_str rest, host;
	uint64_t port;

	if (!mark)
		return weir_str_is(origin, "null");
	rest = weir_str_n(mark + 3, origin.n - (size_t)(mark + 3 - origin.p));
	if (!origin_all(weir_str_n(origin.p, (size_t)(mark - origin.p)), "+-."))
		return false;
	if (rest.n > 0 && rest.p[0] == '[') {
		host = weir_str_cut(&rest, ']');
		if (!rest.p || !origin_all(weir_str_n(host.p + 1, host.n - 1), ":."))
			return false;
		if (rest.n == 0)
			return true;
		if (rest.p[0] != ':')
			return false;
		rest = weir_str_n(rest.p + 1, rest.n - 1);
	} else {
		host = weir_str_cut(&rest, ':');
		if (!origin_all(host, "-._"))
			return false;
		if (!rest.p)
			return true;
	}
	return rest.n <= 5 && weir_str_u64(rest, &port) == 0 && port <= 65535;
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

void weir_origins_init(struct weir_origins *o, const struct weir_str *patterns, size_t count)
{
	*o = (struct weir_origins){.patterns = count ? weir_xcalloc(count, sizeof(char *)) : NULL, .count = count};
	for (size_t i = 0; i < count; i++) {
		o->patterns[i] = weir_xstrndup(patterns[i].p, patterns[i].n);
		for (char *c = o->patterns[i]; *c; c++)
			*c = origin_lower(*c);
		if (weir_str_is(patterns[i], "*"))
			o->any = true;
	}
}

void weir_origins_fini(struct weir_origins *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->patterns[i]);
	free(o->patterns);
	*o = (struct weir_origins){0};
}

bool weir_origin_allowed(const struct weir_origins *o, struct weir_str origin)
{
	char lower[ORIGIN_MAX];

	if (!origin.p || o->any)
		return true;
	if (origin.n > sizeof(lower) || !origin_well_formed(origin))
		return false;
	for (size_t i = 0; i < origin.n; i++)
		lower[i] = origin_lower(origin.p[i]);
	for (size_t i = 0; i < o->count; i++)
		if (weir_glob_match(weir_str(o->patterns[i]), weir_str_n(lower, origin.n)))
			return true;
	return false;
}

bool weir_origin_allows_head(const struct weir_origins *o, const struct weir_head *head)
{
	return weir_head_count(head, "Origin") <= 1 && weir_origin_allowed(o, weir_head_get(head, "Origin"));
}

static bool cors_is_name_list(struct weir_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!weir__head_is_token_char((unsigned char)s.p[i]) && s.p[i] != ',' && s.p[i] != ' ')
			return false;
	return s.n > 0;
}

static void cors_line(struct weir_buf *lines, const char *name, struct weir_str value)
{
	weir_buf_str(lines, weir_str(name));
	weir_buf_lit(lines, ": ");
	weir_buf_str(lines, value);
	weir_buf_lit(lines, "\r\n");
}

void weir_cors_lines(struct weir_buf *lines, const struct weir_cors *cors, const struct weir_head *head, bool preflight)
{
	struct weir_str origin = weir_head_get(head, "Origin");
	struct weir_str asked = weir_head_get(head, "Access-Control-Request-Headers");

	if (!origin.p)
		return;
	cors_line(lines, "Access-Control-Allow-Origin", origin);
	cors_line(lines, "Access-Control-Allow-Credentials", WEIR_STR("true"));
	cors_line(lines, "Vary", WEIR_STR("Origin"));
	if (!preflight)
		return;
	cors_line(lines, "Access-Control-Allow-Methods", weir_str(cors->methods));
	if (cors->headers)
		cors_line(lines, "Access-Control-Allow-Headers", weir_str(cors->headers));
	else if (cors_is_name_list(asked))
		cors_line(lines, "Access-Control-Allow-Headers", asked);
	cors_line(lines, "Access-Control-Max-Age", WEIR_STR("300"));
}
