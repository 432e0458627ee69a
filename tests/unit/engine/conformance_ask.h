/* SPDX-License-Identifier: Apache-2.0 */
/* How the conformance tests talk to an engine: a sink that records, and questions that wait for their answer. */
#ifndef WEIR_TEST_CONFORMANCE_ASK_H
#define WEIR_TEST_CONFORMANCE_ASK_H

#include "conformance.h"

struct subject {
	struct weir_engine *engine;
	struct weir_event **entries, **previous; /* in log order; previous[i] may be NULL */
	size_t n_entries, cap;
	struct weir_control *controls[16];
	size_t n_controls, n_resets;
	struct weir_request *answered[1100]; /* in the order of the answers; freed by end() */
	size_t n_answered;
	char history[200];          /* the offsets of the last history or recovery, as words */
	char epoch[WEIR_EPOCH_MAX]; /* the position that the last recovery of a pattern told */
	uint64_t top;
	bool skip_user_limited;   /* of the recoveries of patterns to come */
	struct weir_namespace ns; /* options of all channels; may be changed between questions */
};

void begin(struct subject *s);
void end(struct subject *s);

enum { PUBLISH_DELTA = 1, PUBLISH_SKIP = 2 };
/* Gives it to the engine; the answer is in s->answered after a pump. */
struct weir_publish_request *publish_begin(
	struct subject *s, const char *channel, const char *data, unsigned flags, const char *key);
/* The same and waits; the offset, and the epoch in *epoch if that is not NULL. */
uint64_t publish(struct subject *s, const char *channel, const char *data);
struct weir_publish_result publish_with(
	struct subject *s, const char *channel, const char *data, unsigned flags, const char *key);

/* The status; s->history has the offsets. `top` and `epoch` may be NULL. */
int read_history(struct subject *s, const char *channel, struct weir_stream_range range, const char *since_epoch,
	uint64_t *top, char epoch[WEIR_EPOCH_MAX]);
void remove_history(struct subject *s, const char *channel);
/* Recovered? */
bool recover(struct subject *s, const char *channel, const char *epoch, uint64_t offset, size_t limit, uint64_t *top);
/* The same of a pattern: s->history has n of the log for each event. `epoch` NULL: without recover, just the position. */
bool recover_pattern(struct subject *s, const char *pattern, const char *epoch, uint64_t n, size_t limit);
void epoch_of(struct subject *s, const char *channel, char epoch[WEIR_EPOCH_MAX]);
void pump(struct subject *s);
void advance(struct subject *s, uint64_t ms);
void advance_within(struct subject *s, uint64_t ttl_ms); /* to the last moment at which that time surely lasts */
void advance_to_end(struct subject *s, uint64_t ttl_ms); /* from there to the first one at which it is surely over */
void advance_past(struct subject *s, uint64_t ttl_ms);   /* the same from the beginning */

#endif
