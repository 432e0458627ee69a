/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine for tests of the hub: it keeps what it is given and answers when the test says so, or at once. It records
 * the calls as a line of words.
 */
#ifndef WEIR_TEST_FAKE_ENGINE_H
#define WEIR_TEST_FAKE_ENGINE_H

#include <stdarg.h>
#include <stdio.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/core/engine.h"

struct fake_engine {
	struct weir_engine engine;
	struct weir_engine_sink sink;
	bool at_once;
	int add_result; /* of presence_add */
	struct weir_request *held[16];
	unsigned n_held;
	char calls[1000];
};

static inline struct fake_engine *fake_of(struct weir_engine *e)
{
	return WEIR_CONTAINER_OF(e, struct fake_engine, engine);
}

static inline void fake_note(struct fake_engine *f, const char *fmt, ...) WEIR_PRINTF(2, 3);
static inline void fake_note(struct fake_engine *f, const char *fmt, ...)
{
	size_t n = strlen(f->calls);
	va_list args;

	va_start(args, fmt);
	vsnprintf(f->calls + n, sizeof(f->calls) - n, fmt, args);
	va_end(args);
}

/* Entries of the request, then its answer. */
static inline void fake_answer(struct fake_engine *f, struct weir_request *r)
{
	if (r->type == WEIR_REQUEST_PUBLISH && !r->status)
		f->sink.entry(f->sink.ctx, ((struct weir_publish_request *)r)->event, NULL);
	if (r->type == WEIR_REQUEST_CONTROL && !r->status)
		f->sink.control(f->sink.ctx, ((struct weir_control_request *)r)->control);
	f->sink.done(f->sink.ctx, r);
}

static inline void fake_take(struct weir_engine *e, struct weir_request *r, const char *what)
{
	struct fake_engine *f = fake_of(e);

	fake_note(f, "%s ", what);
	if (f->at_once) {
		fake_answer(f, r);
		return;
	}
	weir_assert(f->n_held < WEIR_ARRAY_LEN(f->held));
	f->held[f->n_held++] = r;
}

/* Answers the oldest request held. */
static inline void fake_release(struct fake_engine *f, int status)
{
	struct weir_request *r = f->held[0];

	weir_assert(f->n_held > 0);
	memmove(f->held, f->held + 1, --f->n_held * sizeof(f->held[0]));
	r->status = status;
	fake_answer(f, r);
}

static void fake_set_sink(struct weir_engine *e, const struct weir_engine_sink *sink)
{
	fake_of(e)->sink = *sink;
}

static void fake_publish(struct weir_engine *e, struct weir_publish_request *r)
{
	fake_take(e, &r->base, "publish");
}

static void fake_recover(struct weir_engine *e, struct weir_subscribe_request *r)
{
	fake_take(e, &r->base, "recover");
}

static void fake_history(struct weir_engine *e, struct weir_history_request *r)
{
	fake_take(e, &r->base, r->base.type == WEIR_REQUEST_HISTORY ? "history" : "history_remove");
}

static void fake_presence(struct weir_engine *e, struct weir_presence_request *r)
{
	fake_take(e, &r->base, "presence");
}

static int fake_presence_add(struct weir_engine *e, struct weir_str channel, const struct weir_client_info *info)
{
	fake_note(fake_of(e), "add:%.*s:%.*s ", WEIR_STR_FMT(channel), WEIR_STR_FMT(info->client));
	return fake_of(e)->add_result;
}

static void fake_presence_remove(struct weir_engine *e, struct weir_str channel, struct weir_str client)
{
	fake_note(fake_of(e), "remove:%.*s:%.*s ", WEIR_STR_FMT(channel), WEIR_STR_FMT(client));
}

static void fake_append(struct weir_engine *e, struct weir_event *entry)
{
	struct fake_engine *f = fake_of(e);

	fake_note(f, "%s:%.*s ", entry->type == WEIR_EVENT_JOIN ? "join" : "leave", WEIR_STR_FMT(entry->info.client));
	f->sink.entry(f->sink.ctx, entry, NULL);
}

static void fake_control(struct weir_engine *e, struct weir_control_request *r)
{
	fake_take(e, &r->base, "control");
}

static int fake_state(struct weir_engine *e, struct weir_buf *why)
{
	(void)e;
	(void)why;
	return 0;
}

static uint64_t fake_next_deadline(struct weir_engine *e)
{
	(void)e;
	return UINT64_MAX;
}

static void fake_tick(struct weir_engine *e, uint64_t now_ms)
{
	(void)e;
	(void)now_ms;
}

static const struct weir_engine_ops fake_ops = {
	.name = "fake",
	.set_sink = fake_set_sink,
	.publish = fake_publish,
	.recover = fake_recover,
	.history = fake_history,
	.presence = fake_presence,
	.presence_add = fake_presence_add,
	.presence_remove = fake_presence_remove,
	.append = fake_append,
	.control = fake_control,
	.state = fake_state,
	.next_deadline = fake_next_deadline,
	.tick = fake_tick,
};

#endif
