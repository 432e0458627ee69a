/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker's HTTP API as a script: it answers each request by its path, on one connection after the other, from a
 * thread of its own. The socket listens before the thread runs, so that a test may fork in between.
 */
#ifndef WEIR_TEST_FAKE_HTTP_H
#define WEIR_TEST_FAKE_HTTP_H

#include <pthread.h>
#include <stdbool.h>

#include "weir/base/buf.h"

struct fake_answer {
	const char *path; /* NULL ends the array; the rest is 404 */
	int status;
	const char *body;
};

struct fake_http {
	int fd, wake[2];
	char url[64];
	const struct fake_answer *answers;
	const char *key; /* NULL: none is asked for */
	pthread_t thread;
	pthread_mutex_t mutex;
	struct weir_buf log; /* "PATH BODY\n" of each request */
};

/* Listens; port 0: any. What comes waits for fake_http_start(). */
void fake_http_open(struct fake_http *f, unsigned port);
unsigned fake_http_port(const struct fake_http *f);
void fake_http_start(struct fake_http *f, const struct fake_answer *answers);
bool fake_http_was_asked(struct fake_http *f, const char *line);
/* Also when it was not started. */
void fake_http_close(struct fake_http *f);

#endif
