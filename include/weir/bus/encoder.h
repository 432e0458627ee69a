/* SPDX-License-Identifier: Apache-2.0 */
/* How events become frames. One static object per notation; pure but for the memory of the frames. */
#ifndef WEIR_BUS_ENCODER_H
#define WEIR_BUS_ENCODER_H

#include "weir/bus/frame.h"
#include "weir/event/event.h"

#define WEIR_LOST_UNKNOWN ((uint32_t)INT32_MAX) /* events lost: nobody knows how many; also: more than can be counted */

enum weir_push_variant {
	WEIR_PUSH_PLAIN,      /* the payload as it is */
	WEIR_PUSH_DELTA_FULL, /* for delta subscribers: the payload as a JSON string */
	WEIR_PUSH_DELTA, /* the patch against the previous publication, or the same as DELTA_FULL if that is shorter */
	WEIR_PUSH_VARIANTS
};

struct weir_push_spec {
	const struct weir_event *event, *previous; /* `previous` only with WEIR_PUSH_DELTA */
	enum weir_push_variant variant;
	struct weir_str pattern; /* the subscription's name if it is a pattern, else absent */
	uint64_t offset;         /* in the stream, or for a pattern in the log; 0: none */
};

struct weir_encoder {
	unsigned slot; /* index into the fan-out's cache, < WEIR_ENCODERS */
	struct weir_frame *(*push)(const struct weir_push_spec *p); /* NULL: no memory */
	/*
	 * A frame of push() as the subscriber gets it who lost `dropped` events before it (tag `weir-dropped`; "?" for
	 * WEIR_LOST_UNKNOWN), or whose position must not move (no offset). Returns its size; written to `out` if that
	 * is not above `room`.
	 */
	size_t (*mark)(
		const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room);
	/*
	 * As mark(), for queues with a `place`: each event is written for one subscriber, who learns its own position
	 * from it. NULL: queues of this encoder have none.
	 */
	size_t (*place)(const void *place, const struct weir_frame *f, uint32_t dropped, bool without_offset,
		unsigned char *out, size_t room);
	void (*placed)(void *place, const struct weir_frame *f, bool without_offset); /* it has been written */
};

/* The slots, one for each notation and framing. */
enum {
	WEIR_ENCODER_JSON,
	WEIR_ENCODER_SSE,
	WEIR_ENCODER_LINES,
	WEIR_ENCODER_MSGPACK,
	WEIR_ENCODER_EVENTS,
	WEIR_ENCODERS
};

#endif
