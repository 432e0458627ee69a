/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of one channel: a ring of the newest publications with dense offsets. One thread. */
#include "weir/bus/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_CAP_MIN 4

static struct weir_event **stream_slot(const struct weir_stream *s, size_t i)
{
	return &s->ring[(s->head + i) % s->cap];
}

static uint64_t stream_oldest(const struct weir_stream *s)
{
	return s->top - s->count + 1; /* top + 1 when nothing is kept */
}

static void stream_drop_oldest(struct weir_stream *s)
{
	weir_event_unref(stream_slot(s, 0));
	s->head = (s->head + 1) % s->cap;
	s->count--;
}

/* The ring doubles up to what the channel may keep; a smaller bound after a new configuration just drops more. */
static int stream_grow(struct weir_stream *s, size_t max_count)
{
	size_t cap = s->cap ? s->cap * 2 : STREAM_CAP_MIN;
	struct weir_event **ring;

	if (cap > max_count)
		cap = max_count;
	ring = malloc(cap * sizeof(struct weir_event *));
	if (!ring)
		return -ENOMEM;
	for (size_t i = 0; i < s->count; i++)
		ring[i] = *stream_slot(s, i);
	free(s->ring);
	s->ring = ring;
	s->cap = cap;
	s->head = 0;
	return 0;
}

/* Copies `n` references, from the i-th kept publication up or down. */
static int stream_copy(const struct weir_stream *s, size_t i, size_t n, bool down, struct weir_event_list *out)
{
	*out = (struct weir_event_list){0};
	if (!n)
		return 0;
	out->events = malloc(n * sizeof(struct weir_event *));
	if (!out->events)
		return -ENOMEM;
	for (size_t k = 0; k < n; k++)
		out->events[k] = weir_event_ref(*stream_slot(s, down ? i - k : i + k));
	out->count = n;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_stream_init(struct weir_stream *s, const char *epoch)
{
	*s = (struct weir_stream){0};
	snprintf(s->epoch, sizeof(s->epoch), "%s", epoch);
}

void weir_stream_fini(struct weir_stream *s)
{
	weir_stream_remove(s);
}

void weir_stream_remove(struct weir_stream *s)
{
	while (s->count)
		stream_drop_oldest(s);
	free(s->ring);
	s->ring = NULL;
	s->cap = s->head = 0;
	s->expires_ms = 0;
}

void weir_stream_expire(struct weir_stream *s, uint64_t now_ms)
{
	if (s->count && now_ms >= s->expires_ms)
		weir_stream_remove(s);
}

int weir_stream_append(struct weir_stream *s, struct weir_event *e, size_t max_count, uint64_t now_ms, uint64_t ttl_ms)
{
	weir_assert(max_count > 0);
	weir_stream_expire(s, now_ms);
	while (s->count >= max_count)
		stream_drop_oldest(s);
	if (s->count == s->cap) {
		int err = stream_grow(s, max_count);

		if (err)
			return err;
	}
	e->offset = ++s->top;
	memcpy(e->epoch, s->epoch, sizeof(e->epoch));
	*stream_slot(s, s->count) = weir_event_ref(e);
	s->count++;
	s->expires_ms = now_ms + ttl_ms;
	return 0;
}

int weir_stream_place(struct weir_stream *s, struct weir_event *e, size_t max_count, uint64_t now_ms, uint64_t ttl_ms)
{
	if (strcmp(s->epoch, e->epoch) || e->offset != s->top + 1) {
		weir_stream_remove(s);
		memcpy(s->epoch, e->epoch, sizeof(s->epoch));
		s->top = e->offset - 1;
	}
	return weir_stream_append(s, e, max_count, now_ms, ttl_ms);
}

struct weir_event *weir_stream_last(const struct weir_stream *s)
{
	return s->count ? *stream_slot(s, s->count - 1) : NULL;
}

int weir_stream_read(const struct weir_stream *s, const struct weir_stream_range *r, struct weir_event_list *out)
{
	uint64_t oldest = stream_oldest(s);
	size_t first = 0, n = s->count;

	if (r->reverse) {
		/* Newest first, from the one before `since`; nothing when that one is not kept. */
		first = s->count - 1;
		if (r->has_since) {
			if (r->since <= oldest || r->since - 1 > s->top)
				n = 0;
			else
				first = (size_t)(r->since - 1 - oldest);
		}
		if (n)
			n = first + 1;
	} else if (r->has_since && r->since >= oldest) {
		first = r->since >= s->top ? s->count : (size_t)(r->since + 1 - oldest);
		n = s->count - first;
	}
	if (n > r->limit)
		n = r->limit;
	return stream_copy(s, first, n, r->reverse, out);
}

int weir_stream_recover(
	const struct weir_stream *s, struct weir_str epoch, uint64_t offset, size_t limit, struct weir_event_list *out)
{
	int err;

	*out = (struct weir_event_list){0};
	if (epoch.n && !weir_str_is(epoch, s->epoch))
		return 0;
	if (offset > s->top || offset + 1 < stream_oldest(s) || s->top - offset > limit)
		return 0;
	err = stream_copy(s, (size_t)(offset + 1 - stream_oldest(s)), (size_t)(s->top - offset), false, out);
	return err ? err : 1;
}

void weir_event_list_fini(struct weir_event_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		weir_event_unref(&l->events[i]);
	free(l->events);
	*l = (struct weir_event_list){0};
}
