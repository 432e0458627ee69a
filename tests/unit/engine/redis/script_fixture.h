/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts under test: a redis-server of the test's own, one blocking connection, and one partition's keys. A reply is
 * good until the next command. An answer that never comes ends the program by SIGALRM. A test's thread.
 */
#ifndef WEIR_TEST_SCRIPT_FIXTURE_H
#define WEIR_TEST_SCRIPT_FIXTURE_H

#include "reader.h"
#include "script.h"
#include "test.h"

#define KEY "w{1}"

struct script_fixture {
	int fd;
	struct weir_redis_reader *reader;
	struct weir_argv argv;
	bool replied;
	uint64_t generation;
	struct weir_batch_reply batch; /* the last one */
	struct weir_record_reply records[80];
	size_t n_records;
	char text[64];
};

/* Begins a test: an empty Redis with its scripts. Ends the program with 77 where there is no redis-server. */
void script_fixture_init(struct script_fixture *f);
void script_fixture_fini(struct script_fixture *f);
void script_fixture_reconnect(struct script_fixture *f); /* also after restart */
struct redis_server *script_fixture_server(void);

const struct weir_reply *script_ask(struct script_fixture *f, struct weir_argv *a);
/* "SET a 1": words are separated by blanks; they end with the format. */
const struct weir_reply *script_cmd(struct script_fixture *f, const char *format, ...) WEIR_PRINTF(2, 3);
/* The answer of a command is this number, or this text (nil: ""). */
bool script_is(struct script_fixture *f, const char *expected, const char *format, ...) WEIR_PRINTF(3, 4);

/* Fences as broker A or another, and ends the healing; the generation is remembered. */
struct weir_fence_reply script_fence(
	struct script_fixture *f, const char *pid, const char *life, uint64_t known_g, bool force);
struct weir_done_reply script_report(struct script_fixture *f, const char *pid, uint64_t generation, uint64_t n);
struct weir_done_reply script_done(struct script_fixture *f);
void script_fence_first(struct script_fixture *f); /* life r1, healed */

/* The batch is begun in f->argv; script_send() sends it and reads all answers. */
void script_batch(struct script_fixture *f, const char *pid, uint64_t prev_q, uint64_t first_q);
enum weir_batch_status script_send(struct script_fixture *f);
/* An event of a channel with a history of 10; the test changes what it wants. */
struct weir_script_event script_event(const char *channel, const char *body);
enum weir_batch_status script_send_event(
	struct script_fixture *f, const char *pid, uint64_t q, const struct weir_script_event *e);

int script_history(struct script_fixture *f, const struct weir_script_history *h, struct weir_history_reply *out);
/* The i-th entry of the log. */
struct weir_log_entry script_entry(struct script_fixture *f, uint32_t i);
uint32_t script_entries(struct script_fixture *f);
uint64_t script_now_ms(struct script_fixture *f); /* Redis' clock */

#endif
