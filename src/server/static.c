/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Embedded files. A browser always asks again (`no-cache`) and gets 304 as long as the content's hash is the same, so a
 * new version of the broker shows its new page at once. Loop's thread only.
 */
#define _GNU_SOURCE /* memmem */
#include "weir/server/static.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/sha.h>

#include "weir/base/base64.h"
#include "weir/base/hash.h"

/* A page sets style attributes (charts, colours), which style-src 'self' alone would refuse. %s: of inline scripts. */
#define STATIC_LINES                                                                                           \
	"Cache-Control: no-cache\r\n"                                                                          \
	"Content-Security-Policy: default-src 'self'; script-src 'self'%s; style-src 'self' 'unsafe-inline'; " \
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"                   \
	"X-Content-Type-Options: nosniff\r\n"                                                                  \
	"Referrer-Policy: no-referrer\r\n"

#define STATIC_EXAMPLES "/examples/"
#define STATIC_SCRIPT   "<script type=\"module\">"
#define STATIC_HASH_MAX 72 /* 'sha256-…' */

struct weir_static_entry {
	const struct weir_static_file *file;
	char etag[20];                                           /* with its quotes */
	char lines[sizeof(STATIC_LINES) + STATIC_HASH_MAX + 40]; /* with the ETag */
};

/* Weak comparison: W/ in front does not matter. */
static bool static_etag_listed(const struct weir_head *head, const char *etag)
{
	struct weir_str rest = weir_head_get(head, "If-None-Match");

	while (rest.p) {
		struct weir_str item = weir_str_trim(weir_str_cut(&rest, ','));

		if (weir_str_starts(item, WEIR_STR("W/")))
			item = weir_str_n(item.p + 2, item.n - 2);
		if (weir_str_is(item, etag) || weir_str_is(item, "*"))
			return true;
	}
	return false;
}

static void on_static(void *ctx, struct weir_http_request *req)
{
	const struct weir_static_entry *e = ctx;

	if (static_etag_listed(req->head, e->etag))
		weir_http_respond(req, 304, NULL, weir_str(e->lines), WEIR_STR(""));
	else
		weir_http_respond(req, 200, e->file->content_type, weir_str(e->lines),
			weir_str_n((const char *)e->file->data, e->file->size));
}

static bool static_is_example(const struct weir_static_file *file)
{
	return strncmp(file->path, STATIC_EXAMPLES, strlen(STATIC_EXAMPLES)) == 0;
}

/*
 * An example is one file, script included, and the policy names that script by its hash: nothing else that might get into
 * the page runs. Appends nothing for any other file.
 */
static void static_script_hash(struct weir_buf *out, const struct weir_static_file *file, struct weir_str data)
{
	static const char begin[] = STATIC_SCRIPT, end[] = "</script>";
	unsigned char digest[SHA256_DIGEST_LENGTH];
	const char *from, *to;

	if (!static_is_example(file))
		return;
	from = memmem(data.p, data.n, begin, strlen(begin));
	if (!from)
		return;
	from += strlen(begin);
	to = memmem(from, (size_t)(data.p + data.n - from), end, strlen(end));
	if (!to)
		return;
	SHA256((const unsigned char *)from, (size_t)(to - from), digest);
	weir_buf_lit(out, " 'sha256-");
	weir_base64_encode(out, weir_str_n((const char *)digest, sizeof(digest)));
	weir_buf_char(out, '\'');
}

static void static_describe(struct weir_static_entry *e, struct weir_str data, uint64_t version)
{
	struct weir_buf hash;

	weir_buf_init(&hash, STATIC_HASH_MAX);
	static_script_hash(&hash, e->file, data);
	weir_buf_char(&hash, '\0');
	snprintf(e->etag, sizeof(e->etag), "\"%016" PRIx64 "\"", version);
	snprintf(e->lines, sizeof(e->lines), STATIC_LINES "ETag: %s\r\n", hash.p, e->etag);
	weir_buf_fini(&hash);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_static_init(struct weir_static *s, const struct weir_static_file *files, size_t count, bool examples)
{
	/* The content is the program's own, so the key may be known: the hash only names a version. */
	static const struct weir_hash_key key = {0, 0};

	s->count = count;
	s->examples = examples;
	s->entries = weir_xcalloc(count ? count : 1, sizeof(*s->entries));
	for (size_t i = 0; i < count; i++) {
		struct weir_static_entry *e = &s->entries[i];
		struct weir_str data = weir_str_n((const char *)files[i].data, files[i].size);

		e->file = &files[i];
		static_describe(e, data, weir_hash(&key, data));
	}
}

void weir_static_fini(struct weir_static *s)
{
	free(s->entries);
	*s = (struct weir_static){0};
}

void weir_static_routes(struct weir_static *s, struct weir_http_router *router)
{
	for (size_t i = 0; i < s->count; i++) {
		struct weir_http_route route = {.path = s->entries[i].file->path,
			.methods = WEIR_HTTP_GET,
			.handler = on_static,
			.ctx = &s->entries[i]};

		if (!s->examples && static_is_example(s->entries[i].file))
			continue;
		weir_http_router_add(router, &route);
		if (strcmp(route.path, "/index.html") == 0) {
			route.path = "/";
			weir_http_router_add(router, &route);
		}
	}
}
