/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the client of /events share: its life (events.c) and what it is told (events_message.c). */
#ifndef WEIR_CLI_EVENTS_PRIV_H
#define WEIR_CLI_EVENTS_PRIV_H

#include "sse_priv.h"
#include "weir/cli/events.h"

/*
 * WAITING ─tick─► OPEN ─ the first control message ─► LIVE; closed: back to WAITING from both
 */
enum events_state {
	EVENTS_WAITING, /* until at_ms */
	EVENTS_OPEN,    /* answer due at at_ms */
	EVENTS_LIVE,
};

struct weir_events {
	struct weir_events_options o; /* its texts are copies */
	enum events_state state;
	uint64_t at_ms;
	unsigned attempts;
	bool told;                    /* that the stream is lost */
	bool was_live;                /* what is not recovered may be missing */
	bool resumed;                 /* this stream began with a position */
	uint64_t heard_ms;            /* the last byte */
	uint64_t ping_ms, no_ping_ms; /* the last comment; how long silence may last. 0: not known */
	uint64_t end_code;            /* of a `disconnect`; 0: there was none */
	struct weir__sse sse;
	struct weir_buf name;   /* scratch: a decoded string */
	struct weir_buf end;    /* its reason */
	struct weir_buf reason; /* ends with NUL */
};

struct weir_buf *weir__events_reason_begin(struct weir_events *e, struct weir_str channel);
enum weir_client_verdict weir__events_reason_end(struct weir_events *e, enum weir_client_verdict verdict);
/* An event or a control message that sse has read. */
enum weir_client_verdict weir__events_message(struct weir_events *e);

#endif
