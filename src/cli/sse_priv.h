/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a text/event-stream as the HTML standard has it: a byte after the other, whatever pieces they come in. Pure; one
 * owner.
 */
#ifndef WEIR_CLI_SSE_PRIV_H
#define WEIR_CLI_SSE_PRIV_H

#include "weir/base/buf.h"

enum weir__sse_what {
	WEIR_SSE_MORE,     /* all was read, nothing is whole yet */
	WEIR_SSE_EVENT,    /* type and data are those of an event, until the next call */
	WEIR_SSE_COMMENT,  /* a line that begins with a colon */
	WEIR_SSE_TOO_LONG, /* for good: a line or an event is longer than `max_bytes` */
};

struct weir__sse {
	struct weir_buf line, type, data;
	struct weir_buf id;       /* the last one, as Last-Event-ID repeats it; empty: none */
	uint64_t retry_ms;        /* what the server asks for; 0: nothing */
	bool after_cr, was_event; /* a newline belongs to the return before; the event's buffers are to be emptied */
};

void weir__sse_init(struct weir__sse *p, size_t max_bytes);
void weir__sse_fini(struct weir__sse *p);
/* A new stream begins: what was half read is forgotten, the id stays. */
void weir__sse_begin(struct weir__sse *p);
/* Takes from *in until something is whole; *in becomes what follows. */
enum weir__sse_what weir__sse_take(struct weir__sse *p, struct weir_str *in);

#endif
