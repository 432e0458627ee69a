/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notation of the client protocol and its framing: how commands are read and how replies and pushes are written. Static, immutable
 * objects; all functions are pure but for the buffers they are given.
 */
#ifndef WEIR_WIRE_CODEC_H
#define WEIR_WIRE_CODEC_H

#include "weir/bus/subscription.h"
#include "weir/wire/message.h"

struct weir_codec {
	const char *name;        /* for people */
	const char *subprotocol; /* as offered in Sec-WebSocket-Protocol; NULL: not on WebSocket */
	bool emulated;           /* the client's commands come in requests of their own, with the session's secret */
	/*
	 * The client sends nothing, its door writes the commands, from what the request says: no pongs are waited for, nobody
	 * else subscribes it, one that has lost its place or its last subscription ends, for it cannot ask again.
	 */
	bool silent;
	bool deltas; /* may be asked for patches */
	bool binary; /* on WebSocket: in binary frames only */
	struct weir_encoder encoder;
	/* Looks at a whole message before its first command is read. NULL: no need. 0, or WEIR_EPARSE: disconnect 3501. */
	int (*check)(struct weir_str message);
	/*
	 * Takes the next command off a message: *rest becomes what follows. Decoded strings go to `scratch`, which is
	 * reset and must stay until the command is done with. 0; WEIR_ENOTFOUND: nothing is left; WEIR_EPARSE:
	 * disconnect 3501.
	 */
	int (*next)(struct weir_str *rest, struct weir_buf *scratch, struct weir_command *out);
	/*
	 * Walks connect.subs: an entry per channel, strings in `scratch` (appended, so earlier ones stay). 0 or
	 * WEIR_ENOTFOUND at the end; ill-typed entries were refused with the command.
	 */
	int (*next_sub)(struct weir_str *subs, struct weir_buf *scratch, struct weir_str *channel,
		struct weir_subscribe_command *out);
	void (*reply)(struct weir_buf *out, const struct weir_reply *r);
	void (*push)(struct weir_buf *out, const struct weir_push *p);
	/* Tells why the stream ends, where there are no close frames. NULL: the transport has its own way. */
	void (*disconnect)(struct weir_buf *out, unsigned code, struct weir_str reason);
	/* What any of these wrote as bytes for the socket; one reference. NULL: no memory. */
	struct weir_frame *(*frame)(struct weir_str message);
	struct weir_str ping;
	/* Joins two messages: what must stand between commands of one buffer. */
	struct weir_str separator;
};

extern const struct weir_codec weir_codec_json;     /* subprotocol "centrifuge-json", also used when none is offered */
extern const struct weir_codec weir_codec_json_sse; /* the same as events of /connection/sse */
extern const struct weir_codec weir_codec_json_lines; /* the same as lines of /connection/http_stream */
extern const struct weir_codec weir_codec_msgpack;    /* subprotocol "weir-msgpack" */
extern const struct weir_codec weir_codec_events;     /* /events: wire/events.h */

#endif
