/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A redis-server (or redis-sentinel) of a test's own: on a free port of 127.0.0.1 and a unix socket, in a temporary
 * directory, with no persistence unless options ask for it. Blocking; it dies with the test's main thread.
 */
#ifndef WEIR_REDIS_SERVER_H
#define WEIR_REDIS_SERVER_H

#include <stddef.h>
#include <stdint.h>

#define REDIS_SERVER_SKIP 77 /* exit status of a test for which the program is missing */

struct redis_server;

/* Is the program there? If not: `return REDIS_SERVER_SKIP` (or don't run the test). */
int redis_server_available(const char *program);
/*
 * `options`: "--appendonly", "yes", …, NULL; NULL: none. Answers when it is up. NULL: the program is missing, or (which
 * prints why) it doesn't come up.
 */
struct redis_server *redis_server_start(const char *const *options);
/* A sentinel that watches 127.0.0.1:master_port as `name`; `more` lines of configuration, or NULL. */
struct redis_server *redis_sentinel_start(const char *name, uint16_t master_port, unsigned quorum, const char *more);
/* SIGTERM, or what `signal` says; waits for its end. SIGSTOP and SIGCONT only go there. */
void redis_server_signal(struct redis_server *s, int signal);
/* The same directory, port and options again, after it was ended. 0: it is up. */
int redis_server_restart(struct redis_server *s);
/* Ends it however it is, removes the directory, clears the pointer; takes NULL. */
void redis_server_stop(struct redis_server **s);

uint16_t redis_server_port(const struct redis_server *s);
const char *redis_server_socket(const struct redis_server *s); /* path */
const char *redis_server_dir(const struct redis_server *s);

/*
 * One command as a line ("SET a 1"), and its answer as it stands on the wire up to n - 1 bytes and NUL, or until it
 * pauses. 0, or -1: no answer within 5 s.
 */
int redis_server_ask(const struct redis_server *s, const char *line, char *answer, size_t n);

/* A port of 127.0.0.1 that nobody had a moment ago. */
uint16_t redis_server_free_port(void);

#endif
