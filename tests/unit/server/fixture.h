/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP server on a loop, and raw client sockets, all in the test's one thread: whoever waits for the other runs the
 * loop meanwhile. A wait that lasts longer than FIXTURE_PATIENCE_MS fails the test instead of hanging it.
 *
 * Routes: GET /hello, POST /echo (≤ 100000 bytes), POST /small (≤ 10), GET and POST /later (answered by the test),
 * GET /prefix/…, GET and OPTIONS /cors, GET /big, GET /stream (detached), /ws (WebSocket).
 */
#ifndef WEIR_TEST_SERVER_FIXTURE_H
#define WEIR_TEST_SERVER_FIXTURE_H

#include "test.h"
#include "weir/server/http.h"
#include "weir/server/listener.h"

#define FIXTURE_PATIENCE_MS 20000
#define FIXTURE_BIG_BYTES   (8u << 20)

struct fixture {
	struct weir_loop loop;
	struct weir_http_options options;
	struct weir_http_router router;
	struct weir_http_server server;
	struct weir_listener listener;
	struct weir_origins origins;
	struct weir_http_websocket websocket;
	uint16_t port;
	bool scarce; /* what the server is told about the next connections */
	unsigned to_close;
	struct weir_http_request *later; /* the request of /later, until the test answers it */
	unsigned n_later, gone, handled;
	int admit_status;
	int upgraded_fd, stream_fd; /* -1: none */
	char upgrade_bytes[2048], subprotocol[32], peer[64], rest[64], body[64];
	char *big;
};

/* init; change options; start. */
void fixture_init(struct fixture *f);
void fixture_start(struct fixture *f);
void fixture_fini(struct fixture *f);
void fixture_respond(struct weir_http_request *req, int status, const char *text);
/* Lets the loop do what it can, or waits at most wait_ms for that. */
void fixture_turn(struct fixture *f, int fd, int wait_ms);

/* What a client has received so far. */
struct client {
	int fd; /* -1: none */
	char *in;
	size_t len, cap;
	bool closed, reset; /* by the server: orderly, or with RST */
};

void client_open(struct fixture *f, struct client *c);
void client_close(struct client *c);
void client_send(struct fixture *f, struct client *c, const char *bytes, size_t n);
void client_say(struct fixture *f, struct client *c, const char *text);
/* Reads what is there; returns whether anything has changed. */
bool client_poll(struct client *c);
/* Runs until there are this many complete responses; false: it was closed before. */
bool client_await(struct fixture *f, struct client *c, size_t responses);
/* Runs until the server has closed. */
void client_await_end(struct fixture *f, struct client *c);
/* Complete responses so far, 1xx included. */
size_t client_responses(const struct client *c);
/* The status of the n-th response (from 0), its body, and whether its head holds this line. */
int client_status(const struct client *c, size_t n);
struct weir_str client_body(const struct client *c, size_t n);
bool client_has_line(const struct client *c, size_t n, const char *line);
bool client_has_field(const struct client *c, size_t n, const char *name);

/* Sends text on a new connection, waits for the end, and asserts: one response, this status, an orderly close. */
void expect_refused(struct fixture *f, const char *text, size_t n, int status);
/* Sends text on a new connection, waits for one response and returns its status; the client is left open. */
int ask(struct fixture *f, struct client *c, const char *text);

#endif
