/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream of one channel with history: epoch, top offset, and a ring of the newest publications, bounded by number
 * and age (protocol.md §5.2). Publications go when history_ttl has passed since the last publish; epoch and top stay
 * until history_meta_ttl has passed since the last access, which is the owner's business. Times are monotonic ms. One
 * thread.
 */
#ifndef WEIR_BUS_STREAM_H
#define WEIR_BUS_STREAM_H

#include "weir/event/event.h"

struct weir_stream {
	char epoch[WEIR_EPOCH_MAX];
	uint64_t top;             /* offset of the last publication ever, 0: none yet */
	struct weir_event **ring; /* cap slots; offsets top-count+1 … top */
	size_t head, count, cap;
	uint64_t expires_ms; /* when the publications go; 0: there are none */
};

/* The publications found by a read: references of the reader's own. */
struct weir_event_list {
	struct weir_event **events;
	size_t count;
};

void weir_stream_init(struct weir_stream *s, const char *epoch);
void weir_stream_fini(struct weir_stream *s);
/*
 * Places the event: writes its offset and epoch, keeps a reference and drops what is older than max_count. -ENOMEM: the
 * event has no place and nothing changed.
 */
int weir_stream_append(
	struct weir_stream *s, struct weir_event *e, size_t max_count, uint64_t now_ms, uint64_t ttl_ms) WEIR_MUSTCHECK;
/* The same at the place the event has already. What does not follow the newest publication starts the stream over. */
int weir_stream_place(
	struct weir_stream *s, struct weir_event *e, size_t max_count, uint64_t now_ms, uint64_t ttl_ms) WEIR_MUSTCHECK;
void weir_stream_expire(struct weir_stream *s, uint64_t now_ms);  /* call before reading */
void weir_stream_remove(struct weir_stream *s);                   /* drops the publications, keeps epoch and top */
struct weir_event *weir_stream_last(const struct weir_stream *s); /* borrowed; NULL: none is kept */

struct weir_stream_range {
	bool has_since, reverse;
	uint64_t since;
	size_t limit; /* 0: nothing, just the position */
};
/* History by protocol.md §4.7. 0 or -ENOMEM. */
int weir_stream_read(
	const struct weir_stream *s, const struct weir_stream_range *r, struct weir_event_list *out) WEIR_MUSTCHECK;
/*
 * Recovery by protocol.md §5.4: 1 when everything after the offset is in `out` (perhaps nothing), 0 when it cannot be
 * proved, -ENOMEM.
 */
int weir_stream_recover(const struct weir_stream *s, struct weir_str epoch, uint64_t offset, size_t limit,
	struct weir_event_list *out) WEIR_MUSTCHECK;
void weir_event_list_fini(struct weir_event_list *l); /* drops the references and the array */

#endif
