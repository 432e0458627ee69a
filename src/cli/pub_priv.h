/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `weir pub`: the request and its answer (pub_request.c), one event (pub.c), a stream of lines
 * (pub_lines.c). */
#ifndef WEIR_CLI_PUB_PRIV_H
#define WEIR_CLI_PUB_PRIV_H

#include <stdio.h>

#include "http_client_priv.h"

#define PUB_DATA_MAX_BYTES (10 << 20) /* the broker's limit for a request, by default */

struct weir__pub_options {
	const char *channel;
	const char *idempotency_key; /* NULL: none */
	struct weir_buf tags;        /* members of a JSON object, or empty */
};

enum weir__pub_outcome {
	WEIR_PUB_OK,
	WEIR_PUB_AGAIN, /* not stored, or nobody knows: repeat it */
	WEIR_PUB_FAILED,
};

/* Appends "k":"v". WEIR_EINVALID: no '=', an empty name, or invalid UTF-8. */
int weir__pub_add_tag(struct weir_buf *tags, const char *text) WEIR_MUSTCHECK;
/*
 * Appends the body of a publish request: {"channel":…,"data":…}. Valid JSON is sent as it is, any other text as a JSON
 * string. WEIR_EUTF8 if it is neither. `key` may be absent.
 */
int weir__pub_append_request(struct weir_buf *out, const struct weir__pub_options *o, struct weir_str data,
	struct weir_str key) WEIR_MUSTCHECK;
/* What an answer means as a whole: OK when it is a JSON object with status 200. Else `why` gets a text. */
enum weir__pub_outcome weir__pub_answer(
	const struct weir__http_reply *reply, struct weir_json *object, struct weir_buf *why);
/* What a result or an element of a batch's replies means: OK, or `why` gets the error's text. */
enum weir__pub_outcome weir__pub_result(struct weir_json object, struct weir_buf *why);

/* Publishes each line of fd until its end. 0, or 1 after an error that was told on `err`. Blocks. */
int weir__pub_lines(struct weir__http *http, const struct weir__pub_options *o, int fd, FILE *err) WEIR_MUSTCHECK;

#endif
