/* SPDX-License-Identifier: Apache-2.0 */
/* A channel's stream: offsets, bounds, age, reading and recovery at every edge. */
#include "weir/bus/stream.h"

#include <stdio.h>

#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "bus/stream";

#define TTL 100

static void append(struct weir_stream *s, size_t max_count, uint64_t now_ms)
{
	char data[24];
	struct weir_event *e;

	snprintf(data, sizeof(data), "%llu", (unsigned long long)s->top + 1);
	e = weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .data = weir_str(data)});
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL_FATAL(weir_stream_append(s, e, max_count, now_ms, TTL), 0);
	CU_ASSERT_EQUAL(e->offset, s->top);
	CU_ASSERT_STRING_EQUAL(e->epoch, s->epoch);
	weir_event_unref(&e);
}

static struct weir_stream stream(size_t max_count, unsigned n)
{
	struct weir_stream s;

	weir_stream_init(&s, "epoch");
	for (unsigned i = 0; i < n; i++)
		append(&s, max_count, 0);
	return s;
}

/* The offsets in the list, as text; each event's payload is its offset. Empties the list. */
static const char *offsets(struct weir_event_list *l)
{
	static char text[500];
	int n = 0;

	text[0] = 0;
	for (size_t i = 0; i < l->count; i++) {
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%llu", i ? " " : "",
			(unsigned long long)l->events[i]->offset);
		CU_ASSERT_EQUAL((uint64_t)l->events[i]->data.n, (uint64_t)(l->events[i]->offset < 10 ? 1 : 2));
		CU_ASSERT_EQUAL(l->events[i]->data.p[l->events[i]->data.n - 1], '0' + (int)(l->events[i]->offset % 10));
	}
	weir_event_list_fini(l);
	CU_ASSERT_EQUAL(l->count, 0);
	return text;
}

static const char *read_range(const struct weir_stream *s, struct weir_stream_range r)
{
	struct weir_event_list l;

	CU_ASSERT_EQUAL_FATAL(weir_stream_read(s, &r, &l), 0);
	return offsets(&l);
}

#define READ(s, ...) read_range((s), (struct weir_stream_range){__VA_ARGS__})

static void dense(void)
{
	struct weir_stream s = stream(3, 0);

	CU_ASSERT_EQUAL(s.top, 0);
	CU_ASSERT_PTR_NULL(weir_stream_last(&s));
	for (unsigned i = 1; i <= 50; i++) {
		append(&s, 3, 0);
		CU_ASSERT_EQUAL(s.top, i);
		CU_ASSERT_EQUAL(s.count, i < 3 ? i : 3);
		CU_ASSERT_EQUAL(weir_stream_last(&s)->offset, i);
	}
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9), "48 49 50");
	weir_stream_fini(&s);
}

/* A smaller bound after a new configuration drops more, a larger one keeps more from then on. */
static void bound_changes(void)
{
	struct weir_stream s = stream(9, 9);

	append(&s, 4, 0);
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 99), "7 8 9 10");
	append(&s, 1, 0);
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 99), "11");
	append(&s, 6, 0);
	append(&s, 6, 0);
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 99), "11 12 13");
	for (unsigned i = 0; i < 9; i++)
		append(&s, 20, 0);
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 99), "11 12 13 14 15 16 17 18 19 20 21 22");
	weir_stream_fini(&s);
}

static void age(void)
{
	struct weir_stream s = stream(9, 3);

	weir_stream_expire(&s, TTL - 1);
	CU_ASSERT_EQUAL(s.count, 3);
	append(&s, 9, TTL - 1); /* counted from the last publish */
	weir_stream_expire(&s, 2 * TTL - 2);
	CU_ASSERT_EQUAL(s.count, 4);
	weir_stream_expire(&s, 2 * TTL - 1);
	CU_ASSERT_EQUAL(s.count, 0);
	CU_ASSERT_EQUAL(s.top, 4);
	CU_ASSERT_PTR_NULL(weir_stream_last(&s));
	append(&s, 9, 2 * TTL);
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9), "5");
	append(&s, 9, 4 * TTL); /* expires what is there by itself */
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9), "6");
	weir_stream_remove(&s);
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9), "");
	CU_ASSERT_EQUAL(s.top, 6);
	CU_ASSERT_STRING_EQUAL(s.epoch, "epoch");
	weir_stream_fini(&s);
}

static void reading(void)
{
	struct weir_stream s = stream(4, 10); /* 7 8 9 10 */

	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 0), "");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 2), "7 8");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = SIZE_MAX), "7 8 9 10");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 2, .reverse = true), "10 9");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .reverse = true), "10 9 8 7");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 0), "7 8 9 10");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 6), "7 8 9 10");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 7), "8 9 10");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 9), "10");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 10), "");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = UINT64_MAX), "");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 7, .reverse = true), "");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 8, .reverse = true), "7");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 11, .reverse = true), "10 9 8 7");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 2, .has_since = true, .since = 11, .reverse = true), "10 9");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = 12, .reverse = true), "");
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = UINT64_MAX, .reverse = true), "");
	weir_stream_remove(&s);
	for (uint64_t since = 0; since < 14; since++) {
		CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .has_since = true, .since = since), "");
		CU_ASSERT_STRING_EQUAL(
			READ(&s, .limit = 9, .has_since = true, .since = since + 1, .reverse = true), "");
	}
	CU_ASSERT_STRING_EQUAL(READ(&s, .limit = 9, .reverse = true), "");
	weir_stream_fini(&s);
}

/* Every size, every number of publications, every position: recovered exactly when all of it is kept. */
static void recovery(void)
{
	for (size_t size = 1; size <= 5; size++)
		for (unsigned n = 0; n <= 8; n++) {
			struct weir_stream s = stream(size, n);

			for (uint64_t since = 0; since <= 10; since++)
				for (size_t limit = 0; limit <= 6; limit++) {
					struct weir_event_list l;
					uint64_t oldest = n > size ? n - size : 0; /* the last one that is gone */
					bool yes = since <= n && since >= oldest && n - since <= limit;
					int got = weir_stream_recover(&s, WEIR_STR("epoch"), since, limit, &l);

					CU_ASSERT_EQUAL_FATAL(got, yes);
					CU_ASSERT_EQUAL_FATAL(l.count, yes ? n - since : 0);
					for (size_t i = 0; i < l.count; i++)
						CU_ASSERT_EQUAL(l.events[i]->offset, since + 1 + i);
					weir_event_list_fini(&l);
					CU_ASSERT_EQUAL(
						weir_stream_recover(&s, WEIR_STR("other"), since, limit, &l), 0);
					CU_ASSERT_EQUAL(weir_stream_recover(&s, WEIR_STR(""), since, limit, &l), yes);
					weir_event_list_fini(&l);
				}
			weir_stream_fini(&s);
		}
}

static void recovery_of_nothing(void)
{
	struct weir_stream s = stream(5, 3);
	struct weir_event_list l;

	weir_stream_remove(&s);
	CU_ASSERT_EQUAL(weir_stream_recover(&s, WEIR_STR("epoch"), 3, 300, &l), 1);
	CU_ASSERT_EQUAL(l.count, 0);
	CU_ASSERT_EQUAL(weir_stream_recover(&s, WEIR_STR("epoch"), 2, 300, &l), 0);
	CU_ASSERT_EQUAL(weir_stream_recover(&s, WEIR_STR("epoch"), 4, 300, &l), 0);
	CU_ASSERT_EQUAL(weir_stream_recover(&s, WEIR_STR("epoch"), UINT64_MAX, 300, &l), 0);
	weir_stream_fini(&s);
}

/* What a reader holds stays, whatever becomes of the stream. */
static void references(void)
{
	struct weir_stream s = stream(2, 2);
	struct weir_event_list l;

	CU_ASSERT_EQUAL(weir_stream_recover(&s, WEIR_STR(""), 0, 9, &l), 1);
	append(&s, 2, 0);
	append(&s, 2, 0);
	weir_stream_fini(&s);
	CU_ASSERT_STRING_EQUAL(offsets(&l), "1 2");
}

static void place(struct weir_stream *s, const char *epoch, uint64_t offset, size_t kept)
{
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .data = WEIR_STR("1")});

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	snprintf(e->epoch, sizeof(e->epoch), "%s", epoch);
	e->offset = offset;
	CU_ASSERT_EQUAL_FATAL(weir_stream_place(s, e, 3, 0, TTL), 0);
	CU_ASSERT(e->offset == offset && s->top == offset && s->count == kept);
	CU_ASSERT_STRING_EQUAL(e->epoch, epoch);
	CU_ASSERT_STRING_EQUAL(s->epoch, epoch);
	weir_event_unref(&e);
}

/* At the places they have: what follows goes on, another epoch or a gap starts anew. */
static void placed(void)
{
	struct weir_stream s;

	weir_stream_init(&s, "");
	place(&s, "a", 7, 1);
	place(&s, "a", 8, 2);
	place(&s, "a", 9, 3);
	place(&s, "a", 10, 3);
	place(&s, "a", 12, 1);
	place(&s, "b", 13, 1);
	place(&s, "b", 1, 1);
	place(&s, "b", 2, 2);
	weir_stream_fini(&s);
}

CU_TestInfo weir_tests[] = {
	{"dense", dense},
	{"bound changes", bound_changes},
	{"age", age},
	{"reading", reading},
	{"recovery", recovery},
	{"recovery of nothing", recovery_of_nothing},
	{"references", references},
	{"placed", placed},
	CU_TEST_INFO_NULL,
};
