/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Redis engine under test, on the test's own loop, which the test turns until a condition holds; one that never
 * comes ends the program by SIGALRM. Its log goes to a file that can be searched. A test's thread.
 */
#ifndef WEIR_TEST_ENGINE_FIXTURE_H
#define WEIR_TEST_ENGINE_FIXTURE_H

#include "test.h"
#include "weir/core/loop.h"
#include "weir/core/timer.h"
#include "weir/engine/redis.h"

struct engine_fixture {
	struct weir_loop loop;
	struct weir_log log;
	struct weir_random random;
	struct weir_hash_key hash_key;
	struct weir_namespace ns;
	struct weir_namespaces *namespaces;
	struct weir_engine *engine;
	struct weir_timer wake;
	struct weir_engine_redis_options o; /* a test changes them before open */
	const char *address[1];
	char address_text[300], uid[37];
	int log_fd;
	unsigned acks, refusals, entries; /* refusals: publishes that were answered by an error */
	int last_status;
	bool closed;
};

void engine_fixture_init(struct engine_fixture *f, const char *address);
void engine_fixture_open(struct engine_fixture *f);
void engine_fixture_close(struct engine_fixture *f); /* the engine; open() makes another one */
void engine_fixture_fini(struct engine_fixture *f);
void engine_fixture_turn(struct engine_fixture *f); /* one turn of the loop, of 10 ms at most */
void engine_fixture_run(struct engine_fixture *f, uint64_t ms);
void engine_fixture_publish(struct engine_fixture *f);
bool engine_fixture_works(struct engine_fixture *f);                        /* state() says so */
bool engine_fixture_state_is(struct engine_fixture *f, const char *part);   /* state() says this */
unsigned engine_fixture_logged(struct engine_fixture *f, const char *part); /* lines of the log with it */
void engine_fixture_show_log(struct engine_fixture *f);

#define engine_fixture_until(f, cond)             \
	do {                                      \
		while (!(cond))                   \
			engine_fixture_turn((f)); \
	} while (0)

#endif
