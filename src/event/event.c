/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events: the struct, its tags and all its bytes lie in one allocation. Absent texts stay absent, empty ones stay
 * empty. Ref and unref from any thread; the last unref frees.
 */
#include "weir/event/event.h"

#include <stdlib.h>

#include "weir/base/mem.h"

/* Copies s to *to and moves *to behind it. */
static struct weir_str event_copy(char **to, struct weir_str s)
{
	struct weir_str copy = {s.p ? *to : NULL, s.n};

	if (s.n)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return copy;
}

static size_t event_size(const struct weir_event_spec *spec)
{
	size_t n = sizeof(struct weir_event) + spec->n_tags * sizeof(struct weir_tag);

	n += spec->channel.n + spec->data.n + spec->id.n;
	if (spec->info)
		n += spec->info->user.n + spec->info->client.n + spec->info->conn_info.n + spec->info->chan_info.n;
	for (size_t i = 0; i < spec->n_tags; i++)
		n += spec->tags[i].key.n + spec->tags[i].value.n;
	return n;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_event *weir_event_new(const struct weir_event_spec *spec)
{
	size_t size = event_size(spec);
	struct weir_event *e;
	struct weir_tag *tags;
	char *to;

	weir_assert(spec->n_tags <= UINT16_MAX);
	e = malloc(size);
	if (!e)
		return NULL;
	tags = (struct weir_tag *)(void *)(e + 1);
	to = (char *)(tags + spec->n_tags);
	*e = (struct weir_event){.type = (unsigned char)spec->type,
		.format = (unsigned char)spec->format,
		.has_info = spec->info != NULL,
		.delta = spec->delta,
		.n_tags = (unsigned short)spec->n_tags,
		.tags = tags,
		.time_ms = spec->time_ms,
		.time_us = (unsigned short)spec->time_us,
		.size = size};
	atomic_init(&e->refs, 1);
	for (unsigned i = 0; i < WEIR_NOTATIONS; i++)
		atomic_init(&e->forms[i], NULL);
	e->channel = event_copy(&to, spec->channel);
	e->data = event_copy(&to, spec->data);
	e->id = event_copy(&to, spec->id);
	if (spec->info) {
		e->info.user = event_copy(&to, spec->info->user);
		e->info.client = event_copy(&to, spec->info->client);
		e->info.conn_info = event_copy(&to, spec->info->conn_info);
		e->info.chan_info = event_copy(&to, spec->info->chan_info);
	}
	for (size_t i = 0; i < spec->n_tags; i++) {
		tags[i].key = event_copy(&to, spec->tags[i].key);
		tags[i].value = event_copy(&to, spec->tags[i].value);
	}
	return e;
}

struct weir_event *weir_event_ref(struct weir_event *e)
{
	atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
	return e;
}

void weir_event_unref(struct weir_event **e)
{
	struct weir_event *event = *e;

	*e = NULL;
	/* Acquire and release: what other owners read from it happens before it is freed. */
	if (!event || atomic_fetch_sub_explicit(&event->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (unsigned i = 0; i < WEIR_NOTATIONS; i++)
		free(atomic_load_explicit(&event->forms[i], memory_order_relaxed));
	free(event);
}

size_t weir_event_size(const struct weir_event *e)
{
	return e->size;
}
