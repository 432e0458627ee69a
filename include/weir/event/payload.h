/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event's payload as subscribers of each notation get it: as it was published, converted if nothing is lost by it, or wrapped,
 * which a tag tells (protocol.md §14.2). Made once per event and notation and kept with the event. Any thread.
 */
#ifndef WEIR_EVENT_PAYLOAD_H
#define WEIR_EVENT_PAYLOAD_H

#include "weir/event/event.h"

#define WEIR_TAG_ENCODING "weir-encoding"

struct weir_payload {
	struct weir_str bytes;    /* exactly one value of the notation; good as long as the event */
	struct weir_str encoding; /* of the tag; absent: `bytes` is the payload itself */
};

/* 0 or -ENOMEM. */
int weir_event_payload(const struct weir_event *e, enum weir_notation n, struct weir_payload *out) WEIR_MUSTCHECK;

#endif
