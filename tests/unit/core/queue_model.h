/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a bounded queue must do, told naively from protocol.md §14.3 and §14.4: one plain list per client, searched from
 * the front, in which lost events stay as ghosts until the next event that is sent counts them. Here everything is sent
 * the moment it may be; the broker gathers first and must come to the same. Knows nothing of the broker's queues.
 */
#ifndef WEIR_TEST_QUEUE_MODEL_H
#define WEIR_TEST_QUEUE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/bus/overflow.h"

#define MODEL_SUBS     4
#define MODEL_TOKEN    1000000u /* one event, in the units of a rate */
#define MODEL_NO_LIMIT UINT32_MAX

struct model_item {
	unsigned sub; /* id of its subscription; 0: may not be dropped */
	unsigned number, key;
	size_t size;
	uint64_t offset;
	bool gone, without_offset;
};

struct model_written {
	unsigned sub, number, dropped;
	uint64_t offset;
};

struct model_sub {
	unsigned id; /* 0: none */
	enum weir_overflow overflow;
	unsigned limit;
	unsigned rate; /* MODEL_TOKENs a ms; 0: none */
	uint64_t tokens, tokens_at_ms;
	bool full; /* starts anew: takes nothing */
	unsigned offered, delivered, dropped, conflated;
};

struct model_client {
	struct model_item *items;
	size_t n, cap;
	struct model_written *written;
	size_t n_written, cap_written;
	size_t max_bytes;
	uint32_t takes; /* frames that the socket still takes; MODEL_NO_LIMIT: all */
	bool overflowed;
	struct model_sub subs[MODEL_SUBS];
	/* Of several subscriptions with equally much waiting any may be dealt with: was it this one, the nth time? */
	bool (*chosen)(void *ctx, unsigned nth, const struct model_sub *s);
	unsigned nth; /* since the caller set it to zero */
	void *ctx;
};

void model_fini(struct model_client *c);
void model_subscribe(struct model_client *c, const struct model_sub *spec, unsigned slot, uint64_t now_ms);
void model_unsubscribe(struct model_client *c, unsigned slot);
void model_publish(struct model_client *c, unsigned slot, unsigned number, unsigned key, size_t size, uint64_t offset,
	uint64_t now_ms);
/* `bounded`: a push, for which events must make room; else an answer. */
void model_send(struct model_client *c, unsigned number, size_t size, bool bounded, uint64_t now_ms);
void model_drop_oldest(struct model_client *c, unsigned slot); /* for planting faults */
void model_read(struct model_client *c, uint64_t now_ms);      /* what may be sent is sent */

size_t model_bytes(const struct model_client *c, unsigned sub); /* that wait; sub 0: of all */
size_t model_count(const struct model_client *c, unsigned sub);
/* Events lost before item i since the one of the subscription that was sent before. */
unsigned model_lost_before(const struct model_client *c, size_t i);

#endif
