/* SPDX-License-Identifier: Apache-2.0 */
/* A GET /events while it is read: events_request.c has its parameters, events_request_options.c the options among them. */
#ifndef WEIR_SERVER_EVENTS_REQUEST_PRIV_H
#define WEIR_SERVER_EVENTS_REQUEST_PRIV_H

#include "weir/server/events_request.h"

/* Those that may be there once. */
#define SINGLE_PARAMETERS(X)        \
	X(FILTER, filter)           \
	X(OVERFLOW, overflow)       \
	X(QUEUE, queue)             \
	X(KEY, key)                 \
	X(RATE, rate)               \
	X(QUEUE_BYTES, queue_bytes) \
	X(SINCE, since)

enum single {
#define X(upper, lower) SINGLE_##upper,
	SINGLE_PARAMETERS(X)
#undef X
		SINGLES
};

struct events_reading {
	const struct weir_head *head;
	struct weir_events_request *r;
	struct weir_events_error *e;
	size_t limit;
	struct weir_str singles[SINGLES];
	struct weir_str *sub_tokens; /* `limit` of them at most */
	size_t n_sub_tokens;
};

/* Say what is wrong, in two parts; WEIR_EINVALID. */
int weir__events_refuse_as(struct events_reading *x, enum weir_error_code code, const char *what, const char *why);
int weir__events_refuse_bad(struct events_reading *x, const char *what, const char *why);
int weir__events_read_options(struct events_reading *x) WEIR_MUSTCHECK;

#endif
