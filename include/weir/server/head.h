/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict, bounded parser of an HTTP/1.x request head (RFC 9112), run before anything else sees the bytes: what a proxy
 * and a server could read differently is refused here. Yields spans of the input, copies nothing. Pure, any thread.
 */
#ifndef WEIR_SERVER_HEAD_H
#define WEIR_SERVER_HEAD_H

#include "weir/base/str.h"

#define WEIR_HEAD_FIELDS 64

struct weir_head_limits {
	size_t line_bytes; /* http.request_line_limit */
	size_t head_bytes; /* http.head_limit */
};

struct weir_head_field {
	struct weir_str name, value; /* value without outer blanks */
};

struct weir_head {
	struct weir_str method, target; /* target as received: path and query, still percent-encoded */
	struct weir_str path, query;    /* of the target, split at the first '?'; query absent without one */
	unsigned minor;                 /* HTTP/1.minor: 0 or 1 */
	struct weir_head_field fields[WEIR_HEAD_FIELDS];
	size_t n_fields;
	size_t size;     /* bytes of the head, with the empty line */
	bool keep_alive; /* by version and Connection */
	bool has_length; /* Content-Length is there */
	uint64_t content_length;
	bool upgrade; /* Connection names `upgrade` and there is an Upgrade field */
	bool expect_continue;
};

/*
 * 0: complete, `head->size` bytes. -EAGAIN: more bytes needed (and no limit is passed yet). Otherwise the HTTP status
 * to answer before closing, as a positive number: 400 (bare LF, NUL or control bytes, obs-fold, blank before the colon,
 * bad method or target, no Host or two in HTTP/1.1, Content-Length that is not one run of digits or appears twice,
 * Content-Length beside Transfer-Encoding, Transfer-Encoding other than a lone `chunked`), 411 (a lone `chunked`), 414,
 * 431 (head or number of fields), 505 (not HTTP/1.0 or 1.1), 501 (CONNECT). *why gets a short text for the answer's
 * body.
 */
int weir_head_parse(struct weir_str bytes, const struct weir_head_limits *limits, struct weir_head *head,
	const char **why) WEIR_MUSTCHECK;

/* The field with this name (ASCII case ignored), absent if there is none; the first one if several. */
struct weir_str weir_head_get(const struct weir_head *head, const char *name);
/* Number of fields of that name. */
size_t weir_head_count(const struct weir_head *head, const char *name);
/* Does a comma-separated list field hold this token (ASCII case ignored)? */
bool weir_head_has_token(const struct weir_head *head, const char *name, const char *token);

/* The raw value of a query parameter (still encoded), absent if it is not there. */
struct weir_str weir_query_get(struct weir_str query, const char *name);
/* Walks all parameters, for those that may be repeated: *rest begins as the query. False at the end. Values are raw. */
bool weir_query_next(struct weir_str *rest, struct weir_str *name, struct weir_str *value);
/* Percent-decodes (with `plus`, + becomes a space) into dst (≥ in.n bytes) and sets *len. 0 or WEIR_EPARSE. */
int weir_percent_decode(struct weir_str in, bool plus, char *dst, size_t *len) WEIR_MUSTCHECK;

#endif
