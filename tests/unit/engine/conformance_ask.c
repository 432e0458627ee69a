/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to an engine under test: see conformance_ask.h. */
#include "conformance_ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/base/mem.h"

static void on_entry(void *ctx, struct weir_event *e, struct weir_event *previous)
{
	struct subject *s = ctx;

	if (s->n_entries == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->entries = weir_xrealloc(s->entries, s->cap * sizeof(struct weir_event *));
		s->previous = weir_xrealloc(s->previous, s->cap * sizeof(struct weir_event *));
	}
	s->entries[s->n_entries] = weir_event_ref(e);
	s->previous[s->n_entries++] = previous ? weir_event_ref(previous) : NULL;
}

static void on_control(void *ctx, struct weir_control *c)
{
	struct subject *s = ctx;

	CU_ASSERT_FATAL(s->n_controls < WEIR_ARRAY_LEN(s->controls));
	s->controls[s->n_controls++] = weir_control_ref(c);
}

static void on_done(void *ctx, struct weir_request *r)
{
	struct subject *s = ctx;

	CU_ASSERT_FATAL(s->n_answered < WEIR_ARRAY_LEN(s->answered));
	for (size_t i = 0; i < s->n_answered; i++)
		CU_ASSERT_PTR_NOT_EQUAL_FATAL(s->answered[i], r); /* each once */
	s->answered[s->n_answered++] = r;
}

static void on_reset(void *ctx, const struct weir_reset *reset)
{
	(void)reset;
	((struct subject *)ctx)->n_resets++;
}

static bool room(void *ctx)
{
	(void)ctx;
	return true;
}

/* Nothing here fills a queue. */
static void publish_room(void *ctx, bool is_room)
{
	(void)ctx;
	CU_ASSERT(is_room);
}

static void local(void *ctx, struct weir_request *r)
{
	(void)ctx;
	(void)r;
	CU_FAIL("nobody asks");
}

/* Waits for the one answer that is to come. */
static struct weir_request *answer(struct subject *s, const struct weir_request *asked)
{
	pump(s);
	CU_ASSERT_FATAL(s->n_answered > 0);
	CU_ASSERT_PTR_EQUAL_FATAL(s->answered[s->n_answered - 1], asked);
	return s->answered[--s->n_answered];
}

static void keep_offsets(struct subject *s, const struct weir_event_list *l)
{
	int n = 0;

	s->history[0] = 0;
	for (size_t i = 0; i < l->count; i++)
		n += snprintf(s->history + n, sizeof(s->history) - (size_t)n, "%s%llu", i ? " " : "",
			(unsigned long long)l->events[i]->offset);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void begin(struct subject *s)
{
	*s = (struct subject){.engine = conformance_subject.make(),
		.ns = {.history_size = 4, .history_ttl_ms = 1000, .history_meta_ttl_ms = 10000}};
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->engine);
	s->engine->ops->set_sink(s->engine, &(struct weir_engine_sink){.entry = on_entry,
						    .control = on_control,
						    .done = on_done,
						    .reset = on_reset,
						    .room = room,
						    .publish_room = publish_room,
						    .local = local,
						    .ctx = s});
}

void end(struct subject *s)
{
	pump(s);
	CU_ASSERT_EQUAL(s->n_resets, 0);
	for (size_t i = 0; i < s->n_answered; i++)
		weir_request_free(&s->answered[i]);
	for (size_t i = 0; i < s->n_entries; i++) {
		weir_event_unref(&s->entries[i]);
		weir_event_unref(&s->previous[i]);
	}
	for (size_t i = 0; i < s->n_controls; i++)
		weir_control_unref(&s->controls[i]);
	free(s->entries);
	free(s->previous);
	conformance_subject.destroy(s->engine);
}

void pump(struct subject *s)
{
	conformance_subject.pump(s->engine);
}

void advance(struct subject *s, uint64_t ms)
{
	conformance_subject.advance(s->engine, ms);
}

void advance_within(struct subject *s, uint64_t ttl_ms)
{
	advance(s, ttl_ms - 1 - conformance_subject.early_ms);
}

void advance_to_end(struct subject *s, uint64_t ttl_ms)
{
	advance(s, 1 + conformance_subject.early_ms +
			   (conformance_subject.late_ms ? conformance_subject.late_ms(ttl_ms) : 0));
}

void advance_past(struct subject *s, uint64_t ttl_ms)
{
	advance_within(s, ttl_ms);
	advance_to_end(s, ttl_ms);
}

struct weir_publish_request *publish_begin(
	struct subject *s, const char *channel, const char *data, unsigned flags, const char *key)
{
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){
		.channel = weir_str(channel), .data = weir_str(data), .delta = flags & PUBLISH_DELTA});
	struct weir_publish_request *r = weir_publish_request_new(&s->ns, e, weir_str(key));

	r->skip_history = flags & PUBLISH_SKIP;
	s->engine->ops->publish(s->engine, r);
	return r;
}

struct weir_publish_result publish_with(
	struct subject *s, const char *channel, const char *data, unsigned flags, const char *key)
{
	struct weir_publish_request *r = publish_begin(s, channel, data, flags, key);
	struct weir_request *base = answer(s, &r->base);
	struct weir_publish_result result = r->result;

	CU_ASSERT_EQUAL(base->status, 0);
	weir_request_free(&base);
	return result;
}

uint64_t publish(struct subject *s, const char *channel, const char *data)
{
	return publish_with(s, channel, data, 0, NULL).offset;
}

int read_history(struct subject *s, const char *channel, struct weir_stream_range range, const char *since_epoch,
	uint64_t *top, char epoch[WEIR_EPOCH_MAX])
{
	struct weir_history_request *r = weir_history_request_new(&s->ns, weir_str(channel), weir_str(since_epoch));
	struct weir_request *base;
	int status;

	r->range = range;
	s->engine->ops->history(s->engine, r);
	base = answer(s, &r->base);
	status = base->status;
	keep_offsets(s, &r->events);
	if (top)
		*top = r->top;
	if (epoch)
		memcpy(epoch, r->epoch, WEIR_EPOCH_MAX);
	for (size_t i = 0; i < r->events.count; i++) {
		CU_ASSERT_STRING_EQUAL(r->events.events[i]->epoch, r->epoch);
		CU_ASSERT(weir_str_is(r->events.events[i]->channel, channel));
	}
	weir_request_free(&base);
	return status;
}

void remove_history(struct subject *s, const char *channel)
{
	struct weir_history_request *r = weir_history_request_new(&s->ns, weir_str(channel), WEIR_STR_NONE);
	struct weir_request *base;

	r->base.type = WEIR_REQUEST_HISTORY_REMOVE;
	s->engine->ops->history(s->engine, r);
	base = answer(s, &r->base);
	CU_ASSERT_EQUAL(base->status, 0);
	weir_request_free(&base);
}

bool recover(struct subject *s, const char *channel, const char *epoch, uint64_t offset, size_t limit, uint64_t *top)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct weir_subscribe_request *r =
		weir_subscribe_request_new(&s->ns, weir_str(channel), &info, weir_str(epoch));
	struct weir_request *base;
	bool recovered;

	r->positioned = r->recover = true;
	r->since_offset = offset;
	r->recovery_limit = limit;
	s->engine->ops->recover(s->engine, r);
	base = answer(s, &r->base);
	CU_ASSERT_EQUAL(base->status, 0);
	recovered = r->recovered;
	keep_offsets(s, &r->missed);
	CU_ASSERT(recovered || r->missed.count == 0);
	if (top)
		*top = r->top;
	weir_request_free(&base);
	return recovered;
}

bool recover_pattern(struct subject *s, const char *pattern, const char *epoch, uint64_t n, size_t limit)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct weir_subscribe_request *r =
		weir_subscribe_request_new(&s->ns, weir_str(pattern), &info, weir_str(epoch));
	struct weir_request *base;
	bool recovered;
	int at = 0;

	r->positioned = true;
	r->recover = epoch != NULL;
	r->skip_user_limited = s->skip_user_limited;
	r->since_offset = n;
	r->recovery_limit = limit;
	s->engine->ops->recover(s->engine, r);
	base = answer(s, &r->base);
	CU_ASSERT_EQUAL(base->status, 0);
	recovered = r->recovered;
	s->history[0] = 0;
	for (size_t i = 0; i < r->missed.count; i++)
		at += snprintf(s->history + at, sizeof(s->history) - (size_t)at, "%s%llu", i ? " " : "",
			(unsigned long long)r->missed.events[i]->position.n);
	CU_ASSERT(recovered || r->missed.count == 0);
	memcpy(s->epoch, r->epoch, sizeof(s->epoch));
	s->top = r->top;
	weir_request_free(&base);
	return recovered;
}

void epoch_of(struct subject *s, const char *channel, char epoch[WEIR_EPOCH_MAX])
{
	CU_ASSERT_EQUAL(read_history(s, channel, (struct weir_stream_range){0}, NULL, NULL, epoch), 0);
	CU_ASSERT(epoch[0] != 0 && strlen(epoch) < WEIR_EPOCH_MAX);
	CU_ASSERT_EQUAL(
		strspn(epoch, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789."), strlen(epoch));
}
