/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `weir pub`: the command and one event (pub.c), a stream of lines (pub_lines.c), and how events get to the
 * broker: the HTTP API (pub_api.c), POST /events (pub_events.c), a connection of the client protocol by any door
 * (pub_door.c). What the requests hold and their answers mean is in pub_request.c.
 */
#ifndef WEIR_CLI_PUB_PRIV_H
#define WEIR_CLI_PUB_PRIV_H

#include <stdio.h>

#include "door_priv.h"
#include "http_client_priv.h"

#define PUB_DATA_MAX_BYTES (10 << 20) /* the broker's limit for a request, by default */

struct weir__pub_options {
	const char *server, *channel;
	const char *key, *token;     /* NULL: none, as in all of these */
	const char *idempotency_key; /* of lines: what stands before the number */
	struct weir_buf tags;        /* members of a JSON object, or empty */
	const char **tag;            /* NAME=VALUE, as they were given */
	size_t n_tags;
	const struct weir__door_ops *door; /* for weir__pub_by_door */
};

enum weir__pub_outcome {
	WEIR_PUB_OK,
	WEIR_PUB_AGAIN, /* not stored, or nobody knows: repeat it */
	WEIR_PUB_FAILED,
};

struct weir__pub_line {
	struct weir_str text;
	uint64_t number; /* 0: the only event */
	bool done;
};

/* How events get to the broker. */
struct weir__pub_way {
	/* WEIR_EINVALID: the URL, or something that has to stand in a header. */
	int (*open)(const struct weir__pub_options *o, void **state) WEIR_MUSTCHECK;
	/*
	 * Publishes those of the lines that are not done and marks them, in their order; blocks. If it is not OK `why` gets a
	 * text, and *retry_after_s what the broker asks for.
	 */
	enum weir__pub_outcome (*publish)(
		void *state, struct weir__pub_line *lines, size_t n, struct weir_buf *why, uint64_t *retry_after_s);
	/* May be NULL: blocks until fd can be read, and keeps the connection alive meanwhile. */
	void (*wait)(void *state, int fd);
	void (*close)(void *state);
};

extern const struct weir__pub_way weir__pub_by_api;
extern const struct weir__pub_way weir__pub_by_events;
extern const struct weir__pub_way weir__pub_by_door;

/* Appends "k":"v". WEIR_EINVALID: no '=', an empty name, or invalid UTF-8. */
int weir__pub_add_tag(struct weir_buf *tags, const char *text) WEIR_MUSTCHECK;
/* Appends "line N: ", or nothing for the only event. */
void weir__pub_append_line(struct weir_buf *why, const struct weir__pub_line *line);
/*
 * Appends the idempotency key of an event, or nothing if it has none.
 */
void weir__pub_append_key(struct weir_buf *out, const struct weir__pub_options *o, const struct weir__pub_line *line);
/* Appends data as JSON: valid JSON on one line, any other text as a JSON string. WEIR_EUTF8 if it is neither. */
int weir__pub_append_data(struct weir_buf *out, struct weir_str data) WEIR_MUSTCHECK;
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
int weir__pub_lines(const struct weir__pub_way *way, void *state, const struct weir__pub_options *o, int fd,
	FILE *err) WEIR_MUSTCHECK;

#endif
