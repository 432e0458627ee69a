/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection, as the files of the HTTP front share it. http_conn.c moves bytes and states, http_request.c goes from
 * an accepted head to the handler, http_response.c writes answers, http_upgrade.c lets the descriptor go.
 *
 *   HEAD ──► BODY ──► HANDLING ──► WRITING ──► IDLE ──► HEAD …
 *     │        │          │            └─────► LINGER (answer sent, the peer reads it and closes)
 *     └────────┴──────────┴── errors: WRITING, with the connection closed afterwards
 *   and from everywhere ──► CLOSED: no descriptor any more; a handler may still owe its answer
 */
#ifndef WEIR_SERVER_HTTP_PRIV_H
#define WEIR_SERVER_HTTP_PRIV_H

#include <arpa/inet.h>

#include "weir/server/http.h"

#define WEIR__HTTP_STATES(X) X(HEAD) X(BODY) X(HANDLING) X(WRITING) X(IDLE) X(LINGER) X(CLOSED)

enum weir__http_state {
#define X(name) WEIR__HTTP_##name,
	WEIR__HTTP_STATES(X)
#undef X
};

struct weir_http_conn {
	uint32_t magic;
	enum weir__http_state state;
	struct weir_http_server *server;
	struct weir_list link; /* weir_http_server.conns or .idle; in none when CLOSED */
	uv_poll_t poll;
	int fd, interest; /* what poll waits for */
	struct weir_pending deadline;
	struct weir_http_request req;
	struct weir_head head; /* spans of `in`, which does not move while a request is on */
	struct weir_buf in;    /* the head, then what was read beyond it */
	struct weir_buf body;  /* of the current request, unless it lies in `in` as a whole */
	struct weir_buf out;   /* what the socket did not take of the answer */
	size_t parsed;         /* bytes of `in` that the parser has seen without finding the end */
	size_t used;           /* bytes of `in` that belong to the current request */
	size_t lingered;       /* bytes thrown away in LINGER */
	bool scarce;
	bool eof;           /* the peer sends no more */
	bool close_after;   /* the answer */
	bool owed;          /* the handler has the request and has not answered */
	bool told;          /* the handler knows that the peer went away, or does not want to */
	bool advancing;     /* inside weir__http_advance() */
	bool handle_closed; /* poll may be freed */
	char peer[INET6_ADDRSTRLEN];
};

#define WEIR__HTTP_CONN_MAGIC 0x68747470u

static inline struct weir_http_conn *weir__http_conn_of(struct weir_http_request *req)
{
	struct weir_http_conn *c = WEIR_CONTAINER_OF(req, struct weir_http_conn, req);

	weir_assert(c->magic == WEIR__HTTP_CONN_MAGIC);
	return c;
}

struct weir_http_conn *weir__http_conn_new(struct weir_http_server *s, int fd, const char *peer, bool scarce);
/* A connection was freed: the server may be waiting for the last one. */
void weir__http_server_object_gone(struct weir_http_server *s);

void weir__http_enter(struct weir_http_conn *c, enum weir__http_state to);
/* Replaces the connection's one deadline; 0: none. */
void weir__http_deadline(struct weir_http_conn *c, uint64_t ms);
/* Goes on with what `in` holds, as far as it leads. */
void weir__http_advance(struct weir_http_conn *c);
/* The answer is sent: on to the next request, or to the end. */
void weir__http_answered(struct weir_http_conn *c);
void weir__http_close(struct weir_http_conn *c);
/* Lets go of the descriptor without closing it; the connection is CLOSED then. */
int weir__http_give_up_fd(struct weir_http_conn *c);
void weir__http_free_if_done(struct weir_http_conn *c);

/* HEAD: parse. BODY: take what is there. Both return whether the state has changed. */
bool weir__http_take_head(struct weir_http_conn *c);
bool weir__http_take_body(struct weir_http_conn *c);

/* Answers on behalf of the server; closes afterwards if a body was announced and not read. */
void weir__http_refuse(struct weir_http_conn *c, int status, const char *why, struct weir_str lines);
/* Continues an answer; true when all is sent. Closes the connection on an error (and returns false). */
bool weir__http_flush(struct weir_http_conn *c);

/* The accepted head goes to a WebSocket route. */
void weir__http_upgrade(struct weir_http_conn *c, const struct weir_http_route *route);
/* The token of `offered` to speak: 0 (absent if nothing was offered) or -1: none of them is served. */
int weir__http_choose_subprotocol(struct weir_str offered, const char *const *served, struct weir_str *chosen);

#endif
