/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance tests of engines: publishing, the log, idempotency, presence, control. */
#include <stdio.h>

#include "conformance_ask.h"

/* ---- publish and log ---- */

void conformance_offsets(void)
{
	struct subject s;
	char epochs[2][WEIR_EPOCH_MAX];

	begin(&s);
	for (unsigned i = 1; i <= 10; i++)
		for (unsigned c = 0; c < 2; c++) {
			struct weir_publish_result r = publish_with(&s, c ? "a" : "b", "1", 0, NULL);
			const struct weir_event *e;

			CU_ASSERT_EQUAL(r.offset, i);
			CU_ASSERT_EQUAL_FATAL(s.n_entries, 2 * i - 1 + c); /* the ack says that it is in the log */
			e = s.entries[s.n_entries - 1];
			CU_ASSERT_EQUAL(e->offset, i);
			CU_ASSERT_STRING_EQUAL(e->epoch, r.epoch);
			CU_ASSERT(weir_str_is(e->channel, c ? "a" : "b"));
			if (i == 1)
				memcpy(epochs[c], r.epoch, WEIR_EPOCH_MAX);
			CU_ASSERT_STRING_EQUAL(r.epoch, epochs[c]);
		}
	end(&s);
}

void conformance_without_history(void)
{
	struct subject s;
	struct weir_publish_result r;

	begin(&s);
	CU_ASSERT_EQUAL(publish(&s, "a", "1"), 1);
	r = publish_with(&s, "a", "2", PUBLISH_SKIP, NULL);
	CU_ASSERT_EQUAL(r.offset, 0);
	CU_ASSERT_EQUAL(r.epoch[0], 0);
	CU_ASSERT_EQUAL_FATAL(s.n_entries, 2); /* delivered all the same */
	CU_ASSERT_EQUAL(s.entries[1]->offset, 0);
	CU_ASSERT_EQUAL(publish(&s, "a", "3"), 2);
	s.ns.history_size = 0;
	CU_ASSERT_EQUAL(publish(&s, "b", "4"), 0);
	s.ns.history_size = 4;
	s.ns.history_ttl_ms = 0;
	CU_ASSERT_EQUAL(publish(&s, "b", "5"), 0);
	CU_ASSERT_EQUAL(s.n_entries, 5);
	end(&s);
}

/* Nobody waits for an answer before the next question. */
void conformance_many_at_once(void)
{
	enum { N = 1000 };
	struct subject s;
	uint64_t next[3] = {1, 1, 1};

	begin(&s);
	for (unsigned i = 0; i < N; i++) {
		char channel[2] = {(char)('a' + i % 3), 0}, data[10];

		snprintf(data, sizeof(data), "%u", i);
		publish_begin(&s, channel, data, 0, NULL);
	}
	pump(&s);
	CU_ASSERT_EQUAL_FATAL(s.n_answered, N);
	CU_ASSERT_EQUAL_FATAL(s.n_entries, N);
	for (unsigned i = 0; i < N; i++) {
		struct weir_publish_request *r = (struct weir_publish_request *)s.answered[i];
		const struct weir_event *e = s.entries[i];
		unsigned channel = (unsigned)(e->channel.p[0] - 'a');

		CU_ASSERT_EQUAL(r->base.status, 0);
		CU_ASSERT(weir_str_eq(r->event->data, e->data));
		CU_ASSERT_EQUAL(r->result.offset, e->offset);
		CU_ASSERT_EQUAL(e->offset, next[channel]++);
	}
	/* Of one channel, in the order in which they were given. */
	for (unsigned i = 3; i < N; i++) {
		const struct weir_event *e = s.entries[i];
		uint64_t n;

		CU_ASSERT_EQUAL_FATAL(weir_str_u64(e->data, &n), 0);
		CU_ASSERT_EQUAL(e->offset, n / 3 + 1);
	}
	end(&s);
}

void conformance_positions(void)
{
	struct subject s;

	begin(&s);
	for (unsigned i = 0; i < 60; i++) {
		char channel[2] = {(char)('a' + i % 5), 0};

		publish_begin(&s, channel, "1", i % 4 ? 0 : PUBLISH_SKIP, NULL);
		if (i % 7 == 0)
			pump(&s);
	}
	pump(&s);
	CU_ASSERT_EQUAL_FATAL(s.n_entries, 60);
	for (size_t i = 1; i < s.n_entries; i++) {
		CU_ASSERT_EQUAL(s.entries[i]->position.generation, s.entries[0]->position.generation);
		CU_ASSERT_EQUAL(s.entries[i]->position.n, s.entries[0]->position.n + i);
	}
	end(&s);
}

static void append(struct subject *s, enum weir_event_type type)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.type = type, .channel = WEIR_STR("a"), .info = &info});

	s->engine->ops->append(s->engine, e);
	weir_event_unref(&e);
}

void conformance_joins(void)
{
	static const unsigned char types[] = {
		WEIR_EVENT_PUBLICATION, WEIR_EVENT_JOIN, WEIR_EVENT_PUBLICATION, WEIR_EVENT_LEAVE, WEIR_EVENT_JOIN};
	struct subject s;

	begin(&s);
	publish_begin(&s, "a", "1", 0, NULL);
	append(&s, WEIR_EVENT_JOIN);
	publish_begin(&s, "a", "2", 0, NULL);
	append(&s, WEIR_EVENT_LEAVE);
	append(&s, WEIR_EVENT_JOIN);
	pump(&s);
	CU_ASSERT_EQUAL_FATAL(s.n_entries, 5);
	for (size_t i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(s.entries[i]->type, types[i]);
		CU_ASSERT_EQUAL(s.entries[i]->position.n, s.entries[0]->position.n + i);
		CU_ASSERT_EQUAL(s.entries[i]->offset != 0, types[i] == WEIR_EVENT_PUBLICATION);
	}
	CU_ASSERT(weir_str_is(s.entries[1]->info.client, "c"));
	CU_ASSERT_EQUAL(read_history(&s, "a", (struct weir_stream_range){.limit = 9}, NULL, NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(s.history, "1 2"); /* they are not in history */
	end(&s);
}

/* ---- idempotency ---- */

void conformance_idempotency(void)
{
	struct subject s;
	struct weir_publish_result first, again;

	begin(&s);
	publish(&s, "a", "0");
	first = publish_with(&s, "a", "1", 0, "key");
	CU_ASSERT_EQUAL(first.offset, 2);
	publish(&s, "a", "2");
	again = publish_with(&s, "a", "other", 0, "key");
	CU_ASSERT_EQUAL(again.offset, 2);
	CU_ASSERT_STRING_EQUAL(again.epoch, first.epoch);
	CU_ASSERT_EQUAL(s.n_entries, 3); /* nothing was published */
	CU_ASSERT_EQUAL(publish_with(&s, "a", "3", 0, "kex").offset, 4);
	CU_ASSERT_EQUAL(publish_with(&s, "b", "4", 0, "key").offset, 1);
	CU_ASSERT_EQUAL(publish_with(&s, "a", "5", 0, "").offset, 5); /* an empty key is none */
	CU_ASSERT_EQUAL(publish_with(&s, "a", "5", 0, "").offset, 6);
	/* Without a place in the stream too. */
	CU_ASSERT_EQUAL(publish_with(&s, "a", "6", PUBLISH_SKIP, "skip").offset, 0);
	CU_ASSERT_EQUAL(s.n_entries, 8);
	CU_ASSERT_EQUAL(publish_with(&s, "a", "7", PUBLISH_SKIP, "skip").offset, 0);
	CU_ASSERT_EQUAL(s.n_entries, 8);
	/* Twice before the first has been answered. */
	publish_begin(&s, "a", "8", 0, "twice");
	publish_begin(&s, "a", "8", 0, "twice");
	pump(&s);
	CU_ASSERT_EQUAL_FATAL(s.n_answered, 2);
	CU_ASSERT_EQUAL(((struct weir_publish_request *)s.answered[0])->result.offset, 7);
	CU_ASSERT_EQUAL(((struct weir_publish_request *)s.answered[1])->result.offset, 7);
	CU_ASSERT_EQUAL(s.n_entries, 9);
	end(&s);
}

void conformance_idempotency_times(void)
{
	struct subject s;

	begin(&s);
	CU_ASSERT_EQUAL(publish_with(&s, "a", "1", 0, "key").offset, 1);
	advance_within(&s, CONFORMANCE_IDEMPOTENCY_TTL);
	CU_ASSERT_EQUAL(publish_with(&s, "a", "1", 0, "key").offset, 1); /* which does not prolong it */
	CU_ASSERT_EQUAL(s.n_entries, 1);
	advance_to_end(&s, CONFORMANCE_IDEMPOTENCY_TTL);
	CU_ASSERT_EQUAL(publish_with(&s, "a", "1", 0, "key").offset, 2);
	CU_ASSERT_EQUAL(s.n_entries, 2);
	end(&s);
}

/* ---- delta ---- */

static bool last_previous_is(const struct subject *s, const char *data)
{
	const struct weir_event *p = s->previous[s->n_entries - 1];

	return data ? p && weir_str_is(p->data, data) : !p;
}

void conformance_previous(void)
{
	struct subject s;

	begin(&s);
	publish_with(&s, "a", "1", PUBLISH_DELTA, NULL);
	CU_ASSERT(last_previous_is(&s, NULL));
	publish_with(&s, "a", "2", PUBLISH_DELTA, NULL);
	CU_ASSERT(last_previous_is(&s, "1"));
	publish_with(&s, "a", "3", 0, NULL); /* not meant as a delta: it need not be given */
	publish_with(&s, "b", "x", PUBLISH_DELTA, NULL);
	CU_ASSERT(last_previous_is(&s, NULL));
	publish_with(&s, "a", "4", PUBLISH_SKIP | PUBLISH_DELTA, NULL);
	CU_ASSERT(last_previous_is(&s, NULL));
	publish_with(&s, "a", "5", PUBLISH_DELTA, NULL);
	CU_ASSERT(last_previous_is(&s, "3")); /* the one before it in the stream */
	advance(&s, 1000);
	publish_with(&s, "a", "6", PUBLISH_DELTA, NULL);
	CU_ASSERT(last_previous_is(&s, NULL));
	remove_history(&s, "a");
	publish_with(&s, "a", "7", PUBLISH_DELTA, NULL);
	CU_ASSERT(last_previous_is(&s, NULL));
	s.ns.history_size = 1;
	publish_with(&s, "a", "8", PUBLISH_DELTA, NULL);
	CU_ASSERT(last_previous_is(&s, "7")); /* although this publish drives it out */
	publish_begin(&s, "a", "9", PUBLISH_DELTA, NULL);
	publish_begin(&s, "a", "10", PUBLISH_DELTA, NULL);
	pump(&s);
	CU_ASSERT(last_previous_is(&s, "9"));
	end(&s);
}

/* ---- presence ---- */

static void add(struct subject *s, const char *channel, const char *client, const char *user, const char *info)
{
	struct weir_client_info i = {.user = weir_str(user), .client = weir_str(client), .conn_info = weir_str(info)};

	CU_ASSERT_EQUAL(s->engine->ops->presence_add(s->engine, weir_str(channel), &i), 0);
}

static void take(struct subject *s, const char *channel, const char *client)
{
	s->engine->ops->presence_remove(s->engine, weir_str(channel), weir_str(client));
}

/* Asks; the request is the caller's to free. */
static struct weir_presence_request *ask_presence(struct subject *s, const char *channel, bool list)
{
	struct weir_presence_request *r = weir_presence_request_new(weir_str(channel), list);

	s->engine->ops->presence(s->engine, r);
	pump(s);
	CU_ASSERT_EQUAL_FATAL(s->n_answered, 1);
	CU_ASSERT_PTR_EQUAL_FATAL(s->answered[--s->n_answered], &r->base);
	CU_ASSERT_EQUAL(r->base.status, 0);
	return r;
}

static void expect_presence(struct subject *s, const char *channel, size_t clients, size_t users)
{
	for (int list = 0; list < 2; list++) {
		struct weir_presence_request *r = ask_presence(s, channel, list);
		struct weir_request *base = &r->base;

		CU_ASSERT_EQUAL(r->num_clients, clients);
		CU_ASSERT_EQUAL(r->num_users, users);
		CU_ASSERT_EQUAL(r->list.count, list ? clients : 0);
		weir_request_free(&base);
	}
}

void conformance_presence(void)
{
	struct subject s;

	begin(&s);
	expect_presence(&s, "a", 0, 0);
	take(&s, "a", "nobody");
	add(&s, "a", "1", "u", NULL);
	add(&s, "a", "2", "u", NULL);
	add(&s, "a", "3", "", NULL);
	add(&s, "b", "1", "u", NULL);
	expect_presence(&s, "a", 3, 2);
	expect_presence(&s, "b", 1, 1);
	take(&s, "a", "1");
	take(&s, "a", "1");
	expect_presence(&s, "a", 2, 2);
	expect_presence(&s, "b", 1, 1);
	take(&s, "a", "2");
	take(&s, "a", "3");
	expect_presence(&s, "a", 0, 0);
	/* It has nothing to do with the stream. */
	publish(&s, "b", "1");
	advance(&s, 30000);
	expect_presence(&s, "b", 1, 1);
	end(&s);
}

void conformance_presence_replaced(void)
{
	struct subject s;
	struct weir_presence_request *r;
	struct weir_request *base;

	begin(&s);
	add(&s, "a", "1", "u", "{\"old\":1}");
	add(&s, "a", "1", "v", "{\"new\":1}");
	expect_presence(&s, "a", 1, 1);
	r = ask_presence(&s, "a", true);
	base = &r->base;
	CU_ASSERT(weir_str_is(r->list.infos[0].client, "1"));
	CU_ASSERT(weir_str_is(r->list.infos[0].user, "v"));
	CU_ASSERT(weir_str_is(r->list.infos[0].conn_info, "{\"new\":1}"));
	CU_ASSERT_PTR_NULL(r->list.infos[0].chan_info.p);
	weir_request_free(&base);
	end(&s);
}

/* ---- control, state ---- */

void conformance_control(void)
{
	struct subject s;

	begin(&s);
	for (unsigned i = 0; i < 10; i++) {
		struct weir_control *c = weir_control_new(
			&(struct weir_control){.op = WEIR_CONTROL_DISCONNECT, .user = WEIR_STR("u"), .code = 4000 + i});

		s.engine->ops->control(s.engine, weir_control_request_new(c));
		if (i % 3 == 0)
			pump(&s);
		CU_ASSERT(s.n_controls >= s.n_answered); /* the answer comes behind the message */
	}
	pump(&s);
	CU_ASSERT_EQUAL_FATAL(s.n_controls, 10);
	CU_ASSERT_EQUAL_FATAL(s.n_answered, 10);
	for (unsigned i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(s.controls[i]->code, 4000 + i);
		CU_ASSERT(weir_str_is(s.controls[i]->user, "u"));
		CU_ASSERT_EQUAL(s.answered[i]->status, 0);
	}
	end(&s);
}

void conformance_state(void)
{
	struct subject s;
	struct weir_buf why;

	begin(&s);
	weir_buf_init(&why, 1000);
	pump(&s);
	CU_ASSERT_EQUAL(s.engine->ops->state(s.engine, &why), 0);
	CU_ASSERT_EQUAL(why.len, 0);
	weir_buf_fini(&why);
	CU_ASSERT_PTR_NOT_NULL(s.engine->ops->name);
	end(&s);
}
