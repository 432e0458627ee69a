/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Embedded files. A browser always asks again (`no-cache`) and gets 304 as long as the content's hash is the same, so a
 * new version of the broker shows its new page at once. Loop's thread only.
 */
#include "weir/server/static.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/base/hash.h"

/* React sets style attributes, which style-src 'self' alone would refuse. */
#define STATIC_LINES                                                                                         \
	"Cache-Control: no-cache\r\n"                                                                        \
	"Content-Security-Policy: default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; " \
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"                                    \
	"X-Content-Type-Options: nosniff\r\n"                                                                \
	"Referrer-Policy: no-referrer\r\n"

struct weir_static_entry {
	const struct weir_static_file *file;
	char etag[20];                         /* with its quotes */
	char lines[sizeof(STATIC_LINES) + 40]; /* with the ETag */
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

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

void weir_static_init(struct weir_static *s, const struct weir_static_file *files, size_t count)
{
	/* The content is the program's own, so the key may be known: the hash only names a version. */
	static const struct weir_hash_key key = {0, 0};

	s->count = count;
	s->entries = weir_xcalloc(count ? count : 1, sizeof(*s->entries));
	for (size_t i = 0; i < count; i++) {
		struct weir_static_entry *e = &s->entries[i];
		struct weir_str data = weir_str_n((const char *)files[i].data, files[i].size);

		e->file = &files[i];
		snprintf(e->etag, sizeof(e->etag), "\"%016" PRIx64 "\"", weir_hash(&key, data));
		snprintf(e->lines, sizeof(e->lines), STATIC_LINES "ETag: %s\r\n", e->etag);
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

		weir_http_router_add(router, &route);
		if (strcmp(route.path, "/index.html") == 0) {
			route.path = "/";
			weir_http_router_add(router, &route);
		}
	}
}
