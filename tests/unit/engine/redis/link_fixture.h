/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link under test: what it has told, and its loop, which the test turns itself until a condition holds. A condition
 * that never comes ends the program by SIGALRM. One link at a time; a test's thread.
 */
#ifndef WEIR_TEST_LINK_FIXTURE_H
#define WEIR_TEST_LINK_FIXTURE_H

#include "link.h"
#include "test.h"

struct link_fixture {
	struct weir_loop loop;
	struct weir_redis_link *link;
	struct weir_redis_link_options o; /* defaults of link_fixture_init(); a test changes them before open */
	struct weir_redis_endpoint endpoint;
	struct weir_argv argv;
	unsigned ready, lost;
	unsigned replies, nulls; /* of commands sent by link_fixture_send() */
	int err;
	char why[400];
	char text[4096]; /* all replies so far in the form of link_fixture_show(), one line each, as far as they fit */
	size_t text_n;
	bool close_on_ready, close_on_reply, close_on_lost;
};

void link_fixture_init(struct link_fixture *f);
void link_fixture_fini(struct link_fixture *f); /* closes the link too; the loop must end empty */
void link_fixture_open(struct link_fixture *f); /* counts start at zero */
/* "SET a 1": words are separated by blanks. */
int link_fixture_send(struct link_fixture *f, const char *words, uint64_t timeout_ms);
void link_fixture_turn(struct link_fixture *f); /* one turn of the loop; waits if there is nothing to do */

/* A reply as text: OK -ERR 1 "s" nil [1 "a" […]]; long strings are shown by their length. */
void link_fixture_show(const struct weir_reply *r, char *out, size_t n);

#define link_fixture_until(f, cond)             \
	do {                                    \
		while (!(cond))                 \
			link_fixture_turn((f)); \
	} while (0)

#endif
