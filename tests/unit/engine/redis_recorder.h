/* SPDX-License-Identifier: Apache-2.0 */
/* A sink that remembers what one broker's engine said, and short ways to ask it. A test's thread. */
#ifndef WEIR_TEST_REDIS_RECORDER_H
#define WEIR_TEST_REDIS_RECORDER_H

#include "redis_world.h"

struct recorder {
	struct redis_world *world;
	unsigned broker;
	struct weir_event **entries;
	struct weir_request **answers; /* in their order */
	size_t *entries_before;        /* of each answer: how many entries had come */
	size_t n_entries, n_answers, cap_entries, cap_answers, asked;
	unsigned resets, channel_resets, rooms, no_rooms;
	bool full; /* there is no room for what the engine has to say */
};

void recorder_open(struct recorder *r, struct redis_world *w); /* a broker of the world */
void recorder_fini(struct recorder *r);                        /* after the world's end */
void recorder_forget(struct recorder *r);                      /* what has been remembered so far */
void recorder_publish(struct recorder *r, const char *channel, unsigned number);
struct weir_subscribe_request *recorder_recover(
	struct recorder *r, const char *channel, const char *epoch, uint64_t offset);
/* Until all that was asked is answered. */
void recorder_wait(struct recorder *r);
const struct weir_publish_result *recorder_result(const struct recorder *r, size_t answer);
/* How often an event with that number has come. */
unsigned recorder_came(const struct recorder *r, unsigned number);

#endif
