/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event: immutable once the hub has placed it, reference-counted, one allocation. The payload's bytes are kept
 * exactly as they were published; what it is in the other notation is kept beside them (payload.h). It is the one kind of object that several threads share: ref and unref from any
 * thread; the hub alone writes the place (offset, epoch, log position), before it hands out the first reference.
 */
#ifndef WEIR_EVENT_EVENT_H
#define WEIR_EVENT_EVENT_H

#include <stdatomic.h>

#include "weir/base/str.h"

#define WEIR_EPOCH_MAX 32 /* bytes with the ending NUL; opaque to clients */

enum weir_event_type {
	WEIR_EVENT_PUBLICATION,
	WEIR_EVENT_JOIN,
	WEIR_EVENT_LEAVE,
};

/* What the payload's bytes are; set by the door it came in through (protocol.md §14.2). */
enum weir_payload_format {
	WEIR_PAYLOAD_JSON,
	WEIR_PAYLOAD_MSGPACK, /* exactly one value */
	WEIR_PAYLOAD_BINARY,  /* anything */
};

/* What subscribers read. */
enum weir_notation { WEIR_NOTATION_JSON, WEIR_NOTATION_MSGPACK, WEIR_NOTATIONS };

/*
 * Who published, joined or left. conn_info and chan_info are JSON values or absent. One that begins with WEIR_JSON_WRAPS is a string
 * with the base64 of bytes that are no JSON; no other value of a claim or command begins with white space.
 */
#define WEIR_JSON_WRAPS ' '
struct weir_client_info {
	struct weir_str user, client, conn_info, chan_info;
};

struct weir_tag {
	struct weir_str key, value;
};

struct weir_position {
	uint64_t generation, n; /* `<generation>-<n>`, n is dense within a generation */
};

struct weir_event_form; /* the payload in another notation, see payload.h */

struct weir_event {
	atomic_uint refs;
	unsigned char type;
	unsigned char format; /* enum weir_payload_format */
	bool has_info;
	bool delta; /* the publisher, or the namespace, wants it sent as a delta where subscribers take one */
	unsigned short n_tags;
	unsigned short time_us; /* so much after time_ms; 0 where nobody knows */
	struct weir_str channel, data, id;
	struct weir_client_info info;
	const struct weir_tag *tags;
	int64_t time_ms; /* wall clock, when the broker accepted it */
	uint64_t offset; /* 0: the channel has no history */
	char epoch[WEIR_EPOCH_MAX];
	struct weir_position position;
	size_t size;                                             /* of the allocation */
	_Atomic(struct weir_event_form *) forms[WEIR_NOTATIONS]; /* made when first asked for; freed with the event */
};

struct weir_event_spec {
	enum weir_event_type type;
	enum weir_payload_format format;
	struct weir_str channel, data, id;
	const struct weir_client_info *info; /* NULL: none */
	const struct weir_tag *tags;
	size_t n_tags; /* ≤ 65535 */
	bool delta;
	int64_t time_ms;
	unsigned time_us; /* below 1000: so much later */
};

/* Copies all of spec into one allocation with one reference. NULL: no memory. */
struct weir_event *weir_event_new(const struct weir_event_spec *spec);
struct weir_event *weir_event_ref(struct weir_event *e);
void weir_event_unref(struct weir_event **e);       /* clears the pointer; takes NULL */
size_t weir_event_size(const struct weir_event *e); /* bytes of the allocation, for budgets */

#endif
