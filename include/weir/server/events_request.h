/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GET /events as the URL and the head have it (protocol.md §14.6): channels, tokens, options, where to begin. Everything
 * is checked that needs neither a token nor a namespace, and then it is what the commands of a session are made of.
 * Pure but for its own memory, any thread.
 */
#ifndef WEIR_SERVER_EVENTS_REQUEST_H
#define WEIR_SERVER_EVENTS_REQUEST_H

#include "weir/base/buf.h"
#include "weir/server/head.h"
#include "weir/wire/message.h"

#define WEIR_EVENTS_ID_BYTES 2048 /* of Last-Event-ID and since */

struct weir_events_channel {
	struct weir_str name;
	struct weir_str token; /* of its subscription; absent: none */
	bool recover;          /* from here; without an epoch that anything could have, if the position was no good */
	struct weir_str epoch;
	uint64_t offset;
};

struct weir_events_request {
	struct weir_events_channel *channels; /* distinct, in the order of the URL */
	size_t n;
	struct weir_str token; /* absent: none. Also when it is refused; then bad_token */
	bool bad_token;
	bool all;                         /* from the beginning of what there is */
	struct weir_buf text;             /* what all strings point to */
	struct weir_buf options, connect; /* JSON objects for the data of subscribe and connect */
};

struct weir_events_error {
	enum weir_error_code code;
	struct weir_buf why; /* initialized and ended by the caller; empty: the code's own text */
};

/* 0, WEIR_EINVALID (`e` says what is wrong) or -ENOMEM. The request is to be ended in any case. */
int weir_events_request_read(const struct weir_head *head, size_t channel_limit, struct weir_events_request *out,
	struct weir_events_error *e) WEIR_MUSTCHECK;
void weir_events_request_fini(struct weir_events_request *r);
/* Appends the commands: connect, and subscribe to one of the channels. */
void weir_events_request_connect(const struct weir_events_request *r, struct weir_buf *out);
void weir_events_request_subscribe(const struct weir_events_request *r, size_t channel, struct weir_buf *out);

#endif
