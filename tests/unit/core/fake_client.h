/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker without a hub, and clients that note what is done with them, for tests of worker, fan-out and queues. A client
 * may have a socket, which takes everything, a number of frames, or nothing.
 */
#ifndef WEIR_TEST_FAKE_CLIENT_H
#define WEIR_TEST_FAKE_CLIENT_H

#include <stdio.h>

#include "test.h"
#include "weir/base/buf.h"
#include "weir/core/worker.h"

/* Takes so many frames more; what it took is in `got`. */
struct fake_socket {
	uint32_t takes; /* FAKE_OPEN: all there are, gathered */
	size_t gather;  /* bytes, at most FAKE_GATHER */
	struct weir_buf got;
};
#define FAKE_OPEN   UINT32_MAX
#define FAKE_GATHER 512

struct fake_client {
	struct weir_client client;
	struct fake_socket *socket; /* NULL: flush() is only counted */
	struct weir_worker *worker;
	unsigned flushes, overflows, sub_faults;
	bool touch_in_flush;
};

static inline struct fake_client *fake_client_of(struct weir_client *c)
{
	return WEIR_CONTAINER_OF(c, struct fake_client, client);
}

static inline void fake_socket_init(struct fake_socket *s)
{
	*s = (struct fake_socket){.takes = FAKE_OPEN, .gather = FAKE_GATHER};
	weir_buf_init(&s->got, SIZE_MAX / 2);
}

static inline void fake_socket_flush(struct fake_socket *s, struct weir_queue *q)
{
	unsigned char scratch[FAKE_GATHER];
	struct weir_str bytes;
	bool wrote = false;

	while (s->takes) {
		bytes = weir_queue_take(q, scratch, s->takes == FAKE_OPEN ? s->gather : 0);
		if (!bytes.p)
			break;
		weir_buf_str(&s->got, bytes);
		wrote = true;
		if (s->takes != FAKE_OPEN)
			s->takes--; /* without room to gather it was one frame */
	}
	weir_queue_set_stuck(q, !s->takes && weir_queue_is_ready(q), wrote);
}

static void fake_flush(struct weir_client *c)
{
	fake_client_of(c)->flushes++;
	if (fake_client_of(c)->socket)
		fake_socket_flush(fake_client_of(c)->socket, &c->queue);
	if (fake_client_of(c)->touch_in_flush)
		weir_worker_touch(fake_client_of(c)->worker, c);
}

static void fake_overflow(struct weir_client *c)
{
	fake_client_of(c)->overflows++;
}

static void fake_sub_fault(struct weir_client *c)
{
	fake_client_of(c)->sub_faults++;
}

static const struct weir_client_ops fake_client_ops = {
	.flush = fake_flush, .overflow = fake_overflow, .sub_fault = fake_sub_fault};

/* The frame is the event as words, so that a test sees which variant went where; `made` counts the frames encoded. */
static unsigned made;
static bool no_memory;

static struct weir_frame *fake_push(const struct weir_push_spec *p)
{
	static const char *const names[] = {"plain", "full", "delta"};
	char text[200];
	struct weir_frame *f;

	if (no_memory)
		return NULL;
	made++;
	snprintf(text, sizeof(text), "%s%s%.*s ", names[p->variant], p->previous ? "+" : "-",
		WEIR_STR_FMT(p->event->data));
	f = weir_frame_new(strlen(text));
	memcpy(f->data, text, f->len);
	return f;
}

static const struct weir_encoder fake_encoder = {.slot = 0, .push = fake_push};
static const struct weir_encoder fake_encoder_other = {.slot = 3, .push = fake_push};

static inline void fake_client_init(struct fake_client *c, struct weir_worker *w, size_t max_bytes)
{
	*c = (struct fake_client){.worker = w};
	weir_queue_init(&c->client.queue, &w->queues, &fake_encoder, max_bytes);
	c->client.ops = &fake_client_ops;
	c->client.open = true;
	weir_list_init(&c->client.dirty);
	weir_list_init(&c->client.fault);
}

static inline void fake_client_fini(struct fake_client *c)
{
	weir_list_remove(&c->client.dirty);
	weir_list_remove(&c->client.fault);
	weir_queue_clear(&c->client.queue);
}

/* All that waits, which is taken out. */
static inline const char *fake_read(struct fake_client *c)
{
	static char text[1000];
	size_t n = 0;

	for (;;) {
		struct weir_str s = weir_queue_take(&c->client.queue, NULL, 0);

		if (!s.p)
			break;
		memcpy(text + n, s.p, s.n);
		n += s.n;
	}
	text[n] = 0;
	return text;
}

#endif
