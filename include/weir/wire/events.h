/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream of /events says besides its events (protocol.md §14.6): where the request is in all of its channels. It is
 * the `place` of the session's queue (bus/queue.h): as each event is written its `id:` line is made, and then the place
 * has moved. So it tells what has really been sent, in that order. Owner's thread.
 */
#ifndef WEIR_WIRE_EVENTS_H
#define WEIR_WIRE_EVENTS_H

#include "weir/base/buf.h"
#include "weir/event/event.h"
#include "weir/wire/codec.h"

struct weir_events_place {
	struct weir_str name; /* of the channel or pattern, as a JSON string with its quotes */
	bool positioned;
	char epoch[WEIR_EPOCH_MAX];
	uint64_t offset;
};

struct weir_events_places {
	struct weir_events_place *at; /* in the order of the request */
	size_t n;
};

/* Appends `<epoch>:<offset>,-,…`; nothing if no channel has a position. */
void weir_events_position(struct weir_buf *out, const struct weir_events_places *p);
/*
 * Takes the next entry of such a text off: *rest becomes what follows, absent behind the last one. An entry without a
 * position has no epoch (absent). 0 or WEIR_EPARSE.
 */
int weir_events_position_next(struct weir_str *rest, struct weir_str *epoch, uint64_t *offset) WEIR_MUSTCHECK;

#endif
