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
	/* Of events, for weir_encoder.mark(): places in `data`, 0 for none. */
	uint32_t tags_at, offset_at;
	uint16_t offset_len;
	uint8_t header; /* bytes of transport framing in front of the message */
	bool has_tags;
	uint16_t name_at, name_len; /* of events of /events: the subscription's name in `data`, as a JSON string */
	uint64_t made_ms;           /* of events: when the fan-out had it, monotonic */
	uint64_t offset;            /* of events: what the subscriber's position becomes; 0: nothing */
	unsigned char data[];
};

/* One reference, len bytes to be filled in. NULL: no memory, or len above 4 GiB. */
struct weir_frame *weir_frame_new(size_t len);
/* The header of an unmasked, final frame (RFC 6455 §5.2); its length. Opcode 1 text, 2 binary, 8 close, 9 ping. */
#define WEIR_WEBSOCKET_HEADER_MAX 10
size_t weir_websocket_header(unsigned char out[WEIR_WEBSOCKET_HEADER_MAX], unsigned opcode, uint64_t len);
struct weir_frame *weir_frame_websocket(unsigned opcode, struct weir_str payload); /* a message in one frame */
/* The same for streams: the message between two fixed texts (at most 255 bytes before). */
struct weir_frame *weir_frame_between(struct weir_str before, struct weir_str message, struct weir_str after);
struct weir_frame *weir_frame_ref(struct weir_frame *f);
void weir_frame_unref(struct weir_frame **f); /* clears the pointer; takes NULL */

#endif
