/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes ready for a client's socket, transport framing included: encoded once, then shared by all queues of one worker.
 * The count is not atomic: a frame never leaves its worker's thread.
 */
#ifndef WEIR_BUS_FRAME_H
#define WEIR_BUS_FRAME_H

#include "weir/base/str.h"

struct weir_frame {
	uint32_t refs, len;
	uint32_t gap_at;  /* where the tag `weir-dropped` can be put in; 0: nowhere. The encoder's own business */
	uint32_t header;  /* bytes of transport framing in front of the message */
	uint64_t made_ms; /* monotonic; of events: when the fan-out had it */
	uint64_t offset;  /* of events that move the subscriber's position, else 0 */
	unsigned char data[];
};

/* One reference, len bytes to be filled in. NULL: no memory, or len above 4 GiB. */
struct weir_frame *weir_frame_new(size_t len);
/* A WebSocket message in one unmasked, final frame (RFC 6455 §5.2). Opcode 1 text, 2 binary, 8 close, 9 ping. */
struct weir_frame *weir_frame_websocket(unsigned opcode, struct weir_str payload);
struct weir_frame *weir_frame_ref(struct weir_frame *f);
void weir_frame_unref(struct weir_frame **f); /* clears the pointer; takes NULL */

#endif
