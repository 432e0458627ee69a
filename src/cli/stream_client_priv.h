/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP answer that does not end, as an event stream, with short requests beside it, one at a time; and a loop with
 * one timer and the signals SIGINT and SIGTERM. One thread; every handler runs inside weir__stream_turn(), and may call
 * all but weir__stream_free().
 */
#ifndef WEIR_CLI_STREAM_CLIENT_PRIV_H
#define WEIR_CLI_STREAM_CLIENT_PRIV_H

#include "weir/base/buf.h"

struct weir__stream;

struct weir__stream_end {
	long status;            /* 0: there was no answer */
	struct weir_str body;   /* of a status other than 200 */
	uint64_t retry_after_s; /* 0: not said */
	struct weir_str reason; /* why there was no answer or why it broke off; may be empty */
};

struct weir__stream_handlers {
	void (*on_data)(void *ctx, struct weir_str data);               /* of an answer with 200 */
	void (*on_end)(void *ctx, const struct weir__stream_end *end);  /* once per weir__stream_open() */
	void (*on_posted)(void *ctx, long status, struct weir_str why); /* 0: no answer, because of `why` */
	void (*on_timer)(void *ctx);
	void (*on_signal)(void *ctx); /* NULL: signals do what they always do */
	void *ctx;
};

struct weir__stream_request {
	const char *path;          /* follows the server's own */
	struct weir_str body;      /* absent: GET, else POST */
	const char *const *header; /* whole lines; ends with NULL */
};

/* WEIR_EINVALID: `server` is no http or https URL. */
int weir__stream_new(
	const char *server, const struct weir__stream_handlers *h, struct weir__stream **out) WEIR_MUSTCHECK;
void weir__stream_free(struct weir__stream **s);

/* Begins with the next turn; all is copied. */
void weir__stream_open(struct weir__stream *s, const struct weir__stream_request *r);
void weir__stream_drop(struct weir__stream *s); /* on_end follows, on_data does not */
/* POST of JSON; false: the one before has not been answered. */
bool weir__stream_post(struct weir__stream *s, const char *path, struct weir_str body) WEIR_MUSTCHECK;
void weir__stream_set_timer(struct weir__stream *s, uint64_t delay_ms); /* replaces; UINT64_MAX: none */
int weir__stream_turn(struct weir__stream *s, bool wait) WEIR_MUSTCHECK;
void weir__stream_stop(struct weir__stream *s);              /* no handler is called any more */
int weir__stream_run(struct weir__stream *s) WEIR_MUSTCHECK; /* blocks until then */
int weir__stream_fd(const struct weir__stream *s);           /* of the answer; -1: there is none */

#endif
