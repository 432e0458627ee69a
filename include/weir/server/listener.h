/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets and what accepts from them. The sockets of all workers are opened one after the other before the
 * threads start: the first worker's prove that nobody else listens there, the others share the port (SO_REUSEPORT). A
 * listener then belongs to its worker's loop. When file descriptors run short it pauses instead of spinning.
 */
#ifndef WEIR_SERVER_LISTENER_H
#define WEIR_SERVER_LISTENER_H

#include <sys/socket.h>

#include "weir/core/timer.h"

#define WEIR_LISTEN_MAX 2 /* sockets of one address: localhost is 127.0.0.1 and ::1 */

struct weir_listen_options {
	const char *address; /* "": all, IPv6 and IPv4; "localhost": both loopbacks; else a literal address */
	uint16_t port;       /* 0: any free one */
	int backlog;
	int keepalive_s; /* idle time before TCP probes; 0: none. Accepted sockets inherit these two and TCP_NODELAY */
	int notsent_lowat_bytes; /* 0: the system's */
};

/* The bound, listening sockets of one worker; no thread yet. */
struct weir_listen_set {
	int fds[WEIR_LISTEN_MAX];
	size_t count;
	uint16_t port; /* the real one */
};

/*
 * Opens one worker's sockets. `first`: the first worker's set, whose port is shared, or NULL for the first worker.
 * 0, -EADDRINUSE if anything else listens there (even if it would share), WEIR_EINVALID (address), -errno.
 */
int weir_listen_open(struct weir_listen_set *set, const struct weir_listen_options *options,
	const struct weir_listen_set *first) WEIR_MUSTCHECK;
void weir_listen_close(struct weir_listen_set *set); /* what no listener has taken */

struct weir_listener;
/*
 * The callee owns fd (non-blocking, close-on-exec). `scarce`: descriptors run short, and this one comes from the
 * reserve: good for a short answer, not to be kept.
 */
typedef void (*weir_accept_fn)(struct weir_listener *l, int fd, const struct sockaddr_storage *peer, bool scarce);

struct weir_listener_options {
	int max_fd;        /* RLIMIT_NOFILE: a descriptor ≥ this is closed at once */
	int reserve_fds;   /* kept for everything that is not a client; 64 */
	uint64_t pause_ms; /* how long to wait when they run short; 200 */
	unsigned batch;    /* accepts per socket and wake-up; 64 */
};

struct weir_listener {
	struct weir_loop *loop;
	struct weir_listener_options options;
	weir_accept_fn on_accept;
	void *ctx;
	struct weir_listen_set set;
	uv_poll_t polls[WEIR_LISTEN_MAX];
	struct weir_timer timer; /* set while paused */
	int spare_fd; /* given up to accept and close when there is no other; -1 when it could not be had again */
	bool paused, stopped, closing;
	unsigned open_handles;
	void (*closed)(struct weir_listener *l);
	uint64_t logged_ms;
	uint64_t accepted, refused, pauses; /* counters */
};

/* Takes the sockets over (*set is empty then); on failure they stay where they are. Accepts at once. */
int weir_listener_init(struct weir_listener *l, struct weir_loop *loop, struct weir_listen_set *set,
	const struct weir_listener_options *options, weir_accept_fn on_accept, void *ctx) WEIR_MUSTCHECK;
/* Accepts no more and closes the sockets: others on the port take over. */
void weir_listener_stop(struct weir_listener *l);
/* Stops for ever; memory may go after `closed`. */
void weir_listener_close(struct weir_listener *l, void (*closed)(struct weir_listener *l));

#endif
