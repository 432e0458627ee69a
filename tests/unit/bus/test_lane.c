/* SPDX-License-Identifier: Apache-2.0 */
/* A lane by itself: the ring, what is told of losses, replacing and settling by key. */
#include "weir/bus/lane.h"

#include <stdio.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/base/str.h"
#include "weir/bus/frame.h"

const char weir_test_suite[] = "bus/lane";

static unsigned gone;

static struct weir_event_key key(char c)
{
	return (struct weir_event_key){1, (uint64_t)c};
}

/* A frame whose text is one event, such as "A1"; its key is the first letter. */
static struct weir_frame *frame(const char *text, size_t n)
{
	struct weir_frame *f = weir_frame_new(n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	memcpy(f->data, text, n);
	return f;
}

/* Events by their names, separated by blanks. */
static void append(struct weir_lane *l, const char *names)
{
	static uint32_t seq;

	for (size_t n; *names; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		CU_ASSERT_EQUAL_FATAL(weir_lane_append(l, frame(names, n), seq++, key(*names)), 0);
	}
}

/* All that waits: names, `-` for one without offset, `(n)` for losses before it. */
static const char *text(const struct weir_lane *l)
{
	static char out[1000];
	size_t n = 0, bytes = 0;

	out[0] = 0;
	for (uint32_t i = 0; i < l->count; i++) {
		const struct weir_lane_entry *e = weir_lane_at(l, i);

		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s%.*s", i ? " " : "", e->without_offset ? "-" : "",
			(int)e->frame->len, e->frame->data);
		if (e->dropped)
			n += (size_t)snprintf(out + n, sizeof(out) - n, "(%u)", (unsigned)e->dropped);
		bytes += e->frame->len;
	}
	CU_ASSERT_EQUAL(l->bytes, bytes);
	return out;
}

static void on_gone(void *ctx, struct weir_frame *f)
{
	(void)ctx;
	gone++;
	weir_frame_unref(&f);
}

static void pop(struct weir_lane *l, const char *wanted)
{
	struct weir_lane_entry e = weir_lane_pop(l);

	CU_ASSERT(weir_str_is(weir_str_n((const char *)e.frame->data, e.frame->len), wanted));
	weir_frame_unref(&e.frame);
}

static void empty(struct weir_lane *l)
{
	while (l->count) {
		struct weir_lane_entry e = weir_lane_pop_last(l);

		weir_frame_unref(&e.frame);
	}
	CU_ASSERT_EQUAL(l->bytes, 0);
	weir_lane_fini(l);
}

static bool replace(struct weir_lane *l, const char *name)
{
	struct weir_frame *f = frame(name, strlen(name)), *old;

	old = weir_lane_replace(l, f, key(*name));
	weir_frame_unref(&f);
	if (!old)
		return false;
	weir_frame_unref(&old);
	return true;
}

/* Grows where it is, from any head; gives back what a burst took. */
static void ring(void)
{
	for (unsigned before = 0; before < 4; before++) {
		struct weir_lane l;

		CU_ASSERT_EQUAL_FATAL(weir_lane_init(&l, 0, before % 2, 0, 0), 0);
		CU_ASSERT_EQUAL(l.cap, 0);
		append(&l, "a b c d");
		for (unsigned i = 0; i < before; i++)
			pop(&l, (const char *[]){"a", "b", "c"}[i]);
		for (unsigned i = 0; i < before; i++)
			append(&l, (const char *[]){"x", "y", "z"}[i]);
		CU_ASSERT_EQUAL(l.cap, 4);
		append(&l, "e");
		CU_ASSERT_EQUAL(l.cap, 8);
		CU_ASSERT_STRING_EQUAL(
			text(&l), ((const char *[]){"a b c d e", "b c d x e", "c d x y e", "d x y z e"})[before]);
		empty(&l);
	}
}

/* Events with keys of their own. */
static void append_many(struct weir_lane *l, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char name = (char)('!' + i);

		CU_ASSERT_EQUAL_FATAL(weir_lane_append(l, frame(&name, 1), i, key(name)), 0);
	}
}

static void shrink(void)
{
	struct weir_lane l;

	for (int latest = 0; latest < 2; latest++) {
		CU_ASSERT_EQUAL_FATAL(weir_lane_init(&l, 0, latest, 0, 0), 0);
		append_many(&l, 64);
		CU_ASSERT_EQUAL(l.cap, 64);
		while (l.count) {
			struct weir_lane_entry e = weir_lane_pop(&l);

			weir_frame_unref(&e.frame);
		}
		CU_ASSERT_EQUAL(l.cap, 64); /* a small one is kept */
		append_many(&l, 65);
		CU_ASSERT_EQUAL(l.cap, 128);
		while (l.count > 1) {
			struct weir_lane_entry e = weir_lane_pop_last(&l);

			weir_frame_unref(&e.frame);
		}
		CU_ASSERT_EQUAL(l.cap, 128);
		pop(&l, "!");
		CU_ASSERT_EQUAL(l.cap, 0);
		append(&l, "a b");
		CU_ASSERT_STRING_EQUAL(text(&l), "a b");
		if (latest)
			CU_ASSERT_EQUAL(weir_latest_find(l.latest, key('b')), 1);
		empty(&l);
	}
}

static void losses(void)
{
	struct weir_lane l;

	CU_ASSERT_EQUAL_FATAL(weir_lane_init(&l, 0, false, 0, 0), 0);
	l.lost = 3;
	append(&l, "a b");
	CU_ASSERT_EQUAL(l.lost, 0);
	CU_ASSERT_STRING_EQUAL(text(&l), "a(3) b");
	weir_lane_entry_lost(weir_lane_at(&l, 1), 2);
	weir_lane_entry_lost(weir_lane_at(&l, 1), 5);
	CU_ASSERT_STRING_EQUAL(text(&l), "a(3) b(7)");
	empty(&l);
}

/* The newer one in the place of the older; without offset only if something older waits behind it. */
static void replacing(void)
{
	struct weir_lane l;

	CU_ASSERT_EQUAL_FATAL(weir_lane_init(&l, 0, true, 0, 0), 0);
	append(&l, "A1 B1 C1");
	CU_ASSERT_FALSE(replace(&l, "D1"));
	CU_ASSERT_TRUE(replace(&l, "B2"));
	CU_ASSERT_STRING_EQUAL(text(&l), "A1 -B2(1) C1");
	CU_ASSERT_TRUE(replace(&l, "C2xx"));
	CU_ASSERT_STRING_EQUAL(text(&l), "A1 -B2(1) C2xx(1)");
	CU_ASSERT_TRUE(replace(&l, "C3"));
	CU_ASSERT_TRUE(replace(&l, "A2"));
	CU_ASSERT_TRUE(replace(&l, "A3"));
	CU_ASSERT_STRING_EQUAL(text(&l), "-A3(2) -B2(1) C3(2)");
	pop(&l, "A3");
	CU_ASSERT_FALSE(replace(&l, "A4")); /* none waits */
	append(&l, "A4");
	CU_ASSERT_STRING_EQUAL(text(&l), "-B2(1) C3(2) A4");
	CU_ASSERT_TRUE(replace(&l, "A5"));
	CU_ASSERT_STRING_EQUAL(text(&l), "-B2(1) C3(2) A5(1)");
	empty(&l);
}

static void settling(void)
{
	static const struct {
		const char *names, *settled;
	} cases[] = {
		{"A1", "A1"},
		{"A1 A2", "A2(1)"},
		{"A1 A2 A3 A4", "A4(3)"},
		{"A1 B1 A2", "-A2(1) B1"},
		{"A1 A2 B1", "A2(1) B1"},
		{"A1 A2 B1 B2", "A2(1) B2(1)"},
		{"A1 B1 A2 B2", "-A2(1) B2(1)"},
		{"A1 B1 A2 C1 B2 A3", "-A3(2) -B2(1) C1"},
		{"A1 B1 C1 C2 C3 B2", "A1 -B2(1) C3(2)"},
		{"A1 B1 C1", "A1 B1 C1"},
	};

	for (unsigned i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		struct weir_lane l;
		uint32_t count;

		CU_ASSERT_EQUAL_FATAL(weir_lane_init(&l, 0, true, 0, 0), 0);
		gone = 0;
		append(&l, "X Y"); /* so that it does not begin at the first slot */
		pop(&l, "X");
		append(&l, cases[i].names);
		pop(&l, "Y");
		count = l.count;
		weir_lane_settle(&l, on_gone, NULL);
		CU_ASSERT_STRING_EQUAL(text(&l), cases[i].settled);
		CU_ASSERT_EQUAL(gone, count - l.count);
		CU_ASSERT_TRUE(l.latest->settled);
		weir_lane_settle(&l, on_gone, NULL);
		CU_ASSERT_STRING_EQUAL(text(&l), cases[i].settled);
		empty(&l);
	}
}

/* What was already replaced keeps its losses when it is replaced once more, and stays without offset. */
static void settling_again(void)
{
	struct weir_lane l;

	CU_ASSERT_EQUAL_FATAL(weir_lane_init(&l, 0, true, 0, 0), 0);
	append(&l, "A1 B1 A2 B2 C1");
	weir_lane_settle(&l, on_gone, NULL);
	CU_ASSERT_STRING_EQUAL(text(&l), "-A2(1) B2(1) C1");
	l.lost = 4;
	append(&l, "A3 D1 A4");
	CU_ASSERT_FALSE(l.latest->settled);
	CU_ASSERT_STRING_EQUAL(text(&l), "-A2(1) B2(1) C1 A3(4) D1 A4");
	weir_lane_settle(&l, on_gone, NULL);
	CU_ASSERT_STRING_EQUAL(text(&l), "-A4(7) B2(1) C1 D1");
	CU_ASSERT_TRUE(replace(&l, "D2"));
	pop(&l, "A4");
	append(&l, "A5");
	CU_ASSERT_TRUE(l.latest->settled);
	CU_ASSERT_TRUE(replace(&l, "B3"));
	CU_ASSERT_STRING_EQUAL(text(&l), "-B3(2) C1 D2(1) A5");
	empty(&l);
}

static void with_rate(void)
{
	struct weir_lane l;

	CU_ASSERT_EQUAL_FATAL(weir_lane_init(&l, 7, true, 2.5, 100), 0);
	CU_ASSERT_EQUAL(l.limit, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l.pace);
	CU_ASSERT_PTR_EQUAL(l.pace->lane, &l);
	CU_ASSERT_EQUAL(l.pace->rate.per_second, 2.5);
	CU_ASSERT_FALSE(weir_lane_is_held(&l));
	weir_lane_fini(&l);
	CU_ASSERT_PTR_NULL(l.pace);
	weir_lane_fini(&l); /* harmless */
}

CU_TestInfo weir_tests[] = {
	{"ring", ring},
	{"shrink", shrink},
	{"losses", losses},
	{"replacing", replacing},
	{"settling", settling},
	{"settling again", settling_again},
	{"with rate", with_rate},
	CU_TEST_INFO_NULL,
};
