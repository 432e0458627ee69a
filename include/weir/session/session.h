/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of the protocol, whatever carries it: takes decoded messages and the time, appends frames to a queue, asks
 * the hub. It opens nothing and waits for nothing (sans-IO); the server's transports and the loopback server of the
 * tests move the bytes. All of a session happens on its worker's thread.
 *
 * Commands take effect in the order sent. One that has to wait (a token on the blocking pool, a channel whose subscribe
 * is on its way, no room at the hub) stops the ones behind it: they stay in the session's backlog, and the transport
 * stops reading.
 */
#ifndef WEIR_SESSION_SESSION_H
#define WEIR_SESSION_SESSION_H

#include "weir/base/random.h"
#include "weir/core/worker.h"
#include "weir/session/token.h"
#include "weir/wire/codec.h"

struct weir_session;
struct weir_verification;

/* What the session layer needs of the configuration. Read-only, shared by all workers. */
struct weir_session_config {
	const struct weir_namespaces *namespaces;
	const struct weir_token_keys *keys;
	struct weir_str version; /* in connect replies */
	struct weir_str node;    /* the broker's uid, in those of emulated transports */
	bool insecure, allow_anonymous;
	bool allow_bus; /* the pattern `>` without a token */
	size_t channel_limit, channel_max_length;
	size_t pattern_limit; /* of those channels, how many may be patterns */
	size_t queue_max_bytes, message_max_bytes;
	uint64_t ping_interval_ms; /* 0: no pings */
	uint64_t pong_timeout_ms;  /* 0: pings are not answered */
	uint64_t stale_close_delay_ms;
	int64_t expired_close_delay_ms, expired_sub_close_delay_ms;
	size_t history_limit, recovery_limit;
	bool personal_channel;
	struct weir_str personal_namespace; /* absent: none */
};

/* What a transport does for a session. */
struct weir_transport_ops {
	const char *name;                      /* for people */
	void (*flush)(struct weir_session *s); /* write the queue, as far as the socket takes it */
	/*
	 * The session is over: write what is queued, then the code and the reason, then close. With `silent` nothing is
	 * written. weir_session_release() follows when the transport is gone.
	 */
	void (*close)(struct weir_session *s, unsigned code, struct weir_str reason, bool silent);
	void (*pause)(struct weir_session *s, bool paused); /* stop or go on reading */
	/*
	 * Shown each reply before it is written; true: taken, and not written. What it points to is valid until it
	 * returns; it must not end the session inside. NULL: all are written.
	 */
	bool (*reply)(struct weir_session *s, const struct weir_reply *r);
};

/* The sessions of one worker. */
struct weir_sessions {
	const struct weir_session_config *config;
	struct weir_worker *worker;
	struct weir_random *random; /* for ids and jitter; the worker's thread only */
	struct weir_log *log;
	struct weir_map by_id;     /* weir_session.by_id: those past connect */
	struct weir_map by_user;   /* session_user.node */
	struct weir_map by_secret; /* session_secret.node */
	struct weir_list all;      /* weir_session.link */
	size_t count;              /* of those */
	size_t objects;            /* those that are over but not yet gone count too */
	struct weir_list waiting;  /* weir_session.waiting_link: commands wait for room at the hub */
	struct weir_buf scratch;   /* decoded strings of the command at hand */
	struct weir_buf out;       /* the reply being written */
	/*
	 * Verifies an expensive token elsewhere: runs weir_verification_run() on another thread, then
	 * weir_verification_done() on this one. WEIR_ENOROOM: too many already. NULL: verify inline.
	 */
	int (*verify)(void *ctx, struct weir_verification *v);
	void *verify_ctx;
};

void weir_sessions_init(struct weir_sessions *all, const struct weir_session_config *config, struct weir_worker *worker,
	struct weir_random *random, struct weir_log *log);
void weir_sessions_fini(struct weir_sessions *all);                                  /* none is left */
void weir_sessions_control(struct weir_sessions *all, const struct weir_control *c); /* from the worker's inbox */
void weir_sessions_room(struct weir_sessions *all); /* there is room at the hub again */
/* The worker's part of a survey. */
void weir_sessions_survey(
	const struct weir_sessions *all, const struct weir_survey_question *q, struct weir_survey_slot *slot);
/* Disconnects up to n sessions (shutdown in stages); returns how many are left. */
size_t weir_sessions_shutdown(struct weir_sessions *all, size_t n);

/* A token on its way through the blocking pool. */
void weir_verification_run(struct weir_verification *v);             /* any thread */
void weir_verification_done(struct weir_verification *v, int error); /* worker's thread; error: it could not run */

/* NULL: no memory. `transport` is the transport's own pointer. */
struct weir_session *weir_session_new(struct weir_sessions *all, const struct weir_codec *codec,
	const struct weir_transport_ops *ops, void *transport);
void *weir_session_transport(const struct weir_session *s);
struct weir_queue *weir_session_queue(struct weir_session *s); /* what the transport writes from */
/* False while pushes wait there for the connect reply that must come before them. */
bool weir_session_may_write(const struct weir_session *s);
/* Of a silent codec: from now on its queue is written. Others begin with the answer to connect. */
void weir_session_started(struct weir_session *s);
/* One whole message. Borrowed. After the session is over it is ignored. */
void weir_session_input(struct weir_session *s, struct weir_str message);
/*
 * Has this worker room for such a message to the session of this secret? True also if it has no such session: nothing is
 * kept then.
 */
bool weir_sessions_take(const struct weir_sessions *all, struct weir_str secret, size_t n);
/* The transport has written some of the queue by itself (not within its own flush()): commands that waited may run. */
void weir_session_flushed(struct weir_session *s);
/* Ends the session from the transport's side or the server's. Once; later calls do nothing. */
void weir_session_disconnect(struct weir_session *s, unsigned code, struct weir_str reason);
/* The transport has nothing more to do with it. A session that is not over ends as 3000. */
void weir_session_release(struct weir_session *s);

#endif
