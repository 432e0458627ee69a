/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are part of the program: the page at /. Each gets an exact route, so any other path stays unknown. Answers
 * carry an ETag, a strict Content-Security-Policy and `nosniff`. Loop's thread only.
 */
#ifndef WEIR_SERVER_STATIC_H
#define WEIR_SERVER_STATIC_H

#include "weir/server/http.h"

struct weir_static_file {
	const char *path, *content_type; /* the path begins with / */
	const unsigned char *data;
	size_t size;
};

/* The page: a generated file, linked only where it is wanted. */
extern const struct weir_static_file weir_web_files[];
extern const size_t weir_web_files_count;

struct weir_static {
	struct weir_static_entry *entries;
	size_t count;
	bool examples;
};

/* /index.html is served at / too; what is below /examples/ only if `examples` says so. The files must outlive it, and it must outlive the router. */
void weir_static_init(struct weir_static *s, const struct weir_static_file *files, size_t count, bool examples);
void weir_static_fini(struct weir_static *s);
void weir_static_routes(struct weir_static *s, struct weir_http_router *router);

#endif
