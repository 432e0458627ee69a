/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of /events share. */
#ifndef WEIR_SERVER_EVENTS_PRIV_H
#define WEIR_SERVER_EVENTS_PRIV_H

#include "api_priv.h"
#include "weir/server/events.h"

extern const struct weir_cors weir__events_get_cors, weir__events_post_cors;

/* ---- events_answer.c ---- */

/* The status of an error; `busy`: it is worth trying again. */
int weir__events_status(enum weir_error_code code, bool busy);
/*
 * Answers {"error":{"code","message","channel"?}} with this status, 0: that of the code. `message` may be absent: the
 * code's own text; `channel` too. `retry_after_s` 0: none.
 */
void weir__events_refuse(struct weir_http_request *http, int status, enum weir_error_code code, struct weir_str message,
	struct weir_str channel, unsigned retry_after_s);

/* ---- events_token.c ---- */

/*
 * The connection token of a request, in `text` or a span of the head; absent: none. 0, WEIR_EINVALID (it cannot be one),
 * -ENOMEM.
 */
int weir__events_token(const struct weir_head *head, struct weir_buf *text, struct weir_str *token) WEIR_MUSTCHECK;

/* ---- events_publish.c ---- */

void weir__events_on_publish(void *ctx, struct weir_http_request *http);
void weir__events_on_publish_preflight(void *ctx, struct weir_http_request *http);
/* Bytes that the body may have, by who asks. */
size_t weir__events_body_limit(void *ctx, const struct weir_http_request *http);
/* ---- events_stream.c ---- */

void weir__events_on_stream(void *ctx, struct weir_http_request *http);
void weir__events_on_stream_preflight(void *ctx, struct weir_http_request *http);

#endif
