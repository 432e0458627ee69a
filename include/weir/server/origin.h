/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.allowed_origins: which web pages may talk to the broker. A request without Origin comes from no browser and
 * passes; any other must match one pattern as a whole, ASCII case ignored. An Origin that is not scheme://host[:port]
 * (or `null`) matches nothing but `*`, so no pattern can be tricked by odd bytes. Read-only after init, any thread.
 */
#ifndef WEIR_SERVER_ORIGIN_H
#define WEIR_SERVER_ORIGIN_H

#include "weir/base/buf.h"
#include "weir/server/head.h"

struct weir_origins {
	char **patterns; /* in lower case */
	size_t count;
	bool any; /* one of them is `*` */
};

/* Copies the patterns (globs); none: only requests without Origin. */
void weir_origins_init(struct weir_origins *o, const struct weir_str *patterns, size_t count);
void weir_origins_fini(struct weir_origins *o);
bool weir_origin_allowed(const struct weir_origins *o, struct weir_str origin); /* absent: allowed */
/* The same for a request: several Origin fields are never allowed. */
bool weir_origin_allows_head(const struct weir_origins *o, const struct weir_head *head);

/* How a resource answers other origins. */
struct weir_cors {
	const char *methods; /* "GET, OPTIONS" */
	const char *headers; /* allowed request headers; NULL: those the request asks for */
};

/*
 * Appends the header lines for a request whose Origin is allowed, nothing without Origin: the origin itself (never
 * `*`), credentials allowed, `Vary: Origin`; with `preflight` also methods, headers and Max-Age 300.
 */
void weir_cors_lines(
	struct weir_buf *lines, const struct weir_cors *cors, const struct weir_head *head, bool preflight);

#endif
