/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's queue: order across lanes, gathering, what is dropped and told, rates on a virtual clock, the books. After
 * every operation the books are compared with what waits.
 */
#include "weir/bus/queue.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "bus/queue";

#define LANES 3

static uint64_t now_ms;
static struct weir_timers timers;
static struct weir_queues all;
static struct weir_stats stats;
static struct weir_queue q;
static struct weir_lane lanes[LANES];
static unsigned awakened;
static const struct weir_event_key no_key;

static uint64_t mono_ms(void *ctx)
{
	(void)ctx;
	return now_ms;
}

static const struct weir_clock virtual_clock = {.mono_ms = mono_ms};

static void on_awake(struct weir_queues *queues, struct weir_queue *queue)
{
	CU_ASSERT_PTR_EQUAL(queues, &all);
	CU_ASSERT_PTR_EQUAL(queue, &q);
	awakened++;
}

/* Marked frames are the text in brackets, with the losses and `-` for "without offset". */
static size_t mark(const struct weir_frame *f, uint32_t dropped, bool without_offset, unsigned char *out, size_t room)
{
	char text[200];
	size_t n = (size_t)snprintf(
		text, sizeof(text), "[%.*s %u%s]", (int)f->len, f->data, dropped, without_offset ? "-" : "");

	if (n <= room)
		memcpy(out, text, n);
	return n;
}

static const struct weir_encoder encoder = {.mark = mark};

static void begin(size_t max_bytes)
{
	now_ms = 1000;
	awakened = 0;
	memset(&stats, 0, sizeof(stats));
	weir_timers_init(&timers);
	weir_queues_init(&all, &virtual_clock, &timers, on_awake);
	all.stats = &stats;
	weir_queue_init(&q, &all, &encoder, max_bytes);
	for (unsigned i = 0; i < LANES; i++)
		CU_ASSERT_EQUAL_FATAL(weir_lane_init(&lanes[i], 0, false, 0, 0), 0);
}

static void lane_again(unsigned i, bool latest, double rate)
{
	weir_lane_fini(&lanes[i]);
	CU_ASSERT_EQUAL_FATAL(weir_lane_init(&lanes[i], 0, latest, rate, now_ms), 0);
}

static void check_books(void)
{
	struct weir_lane *of[LANES + 1] = {&q.control, &lanes[0], &lanes[1], &lanes[2]};
	size_t bytes = 0;
	uint32_t count = 0;

	for (unsigned i = 0; i < LANES + 1; i++) {
		size_t its = 0;

		for (uint32_t k = 0; k < of[i]->count; k++)
			its += weir_lane_at(of[i], k)->frame->len;
		CU_ASSERT_EQUAL(of[i]->bytes, its);
		CU_ASSERT_EQUAL(weir_list_empty(&of[i]->ready), !of[i]->count);
		bytes += its;
		count += of[i]->count;
	}
	CU_ASSERT_EQUAL(q.bytes, bytes);
	CU_ASSERT_EQUAL(q.count, count);
	CU_ASSERT_EQUAL(all.bytes, bytes);
}

static void end(void)
{
	for (unsigned i = 0; i < LANES; i++) {
		weir_queue_absorb(&q, &lanes[i]);
		check_books();
		weir_lane_fini(&lanes[i]);
	}
	weir_queue_clear(&q);
	check_books();
	CU_ASSERT_EQUAL(all.bytes, 0);
	CU_ASSERT_PTR_NULL(weir_queues_largest(&all));
	CU_ASSERT_EQUAL(timers.count, 0);
	weir_timers_fini(&timers);
}

static struct weir_frame *frame(const char *text)
{
	struct weir_frame *f = weir_frame_new(strlen(text));

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	memcpy(f->data, text, f->len);
	f->tags_at = 1;
	return f;
}

static struct weir_event_key key(const char *text)
{
	return (struct weir_event_key){(uint64_t)text[0], 1};
}

/* The first letter is the key, for lanes that conflate. No lane: the control lane. */
static void push(struct weir_lane *l, const char *text)
{
	struct weir_frame *f = frame(text);

	CU_ASSERT_EQUAL(l ? weir_queue_push(&q, l, f, l->latest ? key(text) : no_key) : weir_queue_append(&q, f), 0);
	CU_ASSERT_EQUAL(f->refs, 2);
	weir_frame_unref(&f);
	check_books();
}

static void push_front(const char *text)
{
	struct weir_frame *f = frame(text);

	CU_ASSERT_EQUAL(weir_queue_push_front(&q, f), 0);
	weir_frame_unref(&f);
	check_books();
}

static bool replace(struct weir_lane *l, const char *text)
{
	struct weir_frame *f = frame(text);
	bool found = weir_queue_find(&q, l, key(text)) != NULL, replaced = weir_queue_replace(&q, l, f, key(text));

	CU_ASSERT_EQUAL(found, replaced);
	weir_frame_unref(&f);
	check_books();
	return replaced;
}

static void check_take(size_t size, const char *text)
{
	unsigned char scratch[64];
	struct weir_str s = weir_queue_take(&q, scratch, size);

	CU_ASSERT(text ? weir_str_is(s, text) : !s.p);
	if (text && !weir_str_is(s, text))
		printf("took %.*s, not %s\n", WEIR_STR_FMT(s), text);
	check_books();
}

static void order_across_lanes(void)
{
	begin(1000);
	push(&lanes[0], "a1");
	push(&lanes[1], "b1");
	push(NULL, "c1");
	push(&lanes[0], "a2");
	push(&lanes[1], "b2");
	CU_ASSERT_EQUAL(q.count, 5);
	CU_ASSERT_EQUAL(q.bytes, 10);
	check_take(5, "a1b1");
	CU_ASSERT_EQUAL(lanes[0].delivered, 1);
	weir_queue_absorb(&q, &lanes[0]);
	CU_ASSERT_EQUAL(lanes[0].count, 0);
	check_take(64, "c1a2b2");
	CU_ASSERT_EQUAL(lanes[1].delivered, 2);
	check_take(64, NULL);
	end();
}

/* The place in the order wraps around. */
static void seq_wraps(void)
{
	begin(1000);
	q.seq = UINT32_MAX - 2;
	for (unsigned i = 0; i < 8; i++) {
		char text[3] = {(char)('a' + i % 3), (char)('0' + i), 0};

		push(&lanes[i % 3], text);
	}
	weir_queue_drop_oldest(&q, &lanes[0]);
	weir_queue_absorb(&q, &lanes[2]);
	push_front("!");
	check_take(64, "!b1c2[a3 1]b4c5a6b7");
	end();
}

/* Room for whole frames only; one that is large goes alone, from where it is. */
static void gathering(void)
{
	struct weir_frame *f = frame("0123456789");
	unsigned char scratch[16];
	struct weir_str s;

	begin(1000);
	push(NULL, "abc");
	s = weir_queue_take(&q, scratch, sizeof(scratch)); /* the only one: no copy */
	CU_ASSERT(weir_str_is(s, "abc"));
	CU_ASSERT((const unsigned char *)s.p != scratch);
	CU_ASSERT_EQUAL(q.writing->refs, 1);
	CU_ASSERT_EQUAL(q.count, 0);
	for (unsigned i = 0; i < 6; i++)
		push(NULL, (const char *[]){"abcd", "efgh", "ijkl", "mnop", "qrst", "u"}[i]);
	check_take(16, "abcdefghijklmnop");
	check_take(4, "qrst"); /* above half of the room: alone */
	check_take(4, "u");
	check_take(4, NULL);
	push(NULL, "ab");
	CU_ASSERT_EQUAL(weir_queue_append(&q, f), 0);
	push(NULL, "cd");
	check_take(11, "ab"); /* the next one does not fit any more */
	s = weir_queue_take(&q, scratch, 11);
	CU_ASSERT(weir_str_is(s, "0123456789"));
	CU_ASSERT_EQUAL((const unsigned char *)s.p, f->data);
	CU_ASSERT_EQUAL(f->refs, 2); /* as long as it is written */
	check_take(11, "cd");
	CU_ASSERT_EQUAL(f->refs, 1);
	push(NULL, "ab");
	push(NULL, "cd");
	check_take(0, "ab"); /* no room at all: one by one */
	check_take(0, "cd");
	check_take(0, NULL);
	weir_frame_unref(&f);
	end();
}

static void marked(void)
{
	unsigned char scratch[64];
	struct weir_str s;

	begin(1000);
	push(&lanes[0], "x");
	push(&lanes[0], "abc");
	push(&lanes[0], "def");
	CU_ASSERT_TRUE(weir_queue_drop_oldest(&q, &lanes[0]));
	check_take(64, "[abc 1]def");
	weir_queue_lose(&lanes[0], 7);
	weir_queue_lose(&lanes[0], 8);
	CU_ASSERT_EQUAL(lanes[0].lost_bytes, 16);
	push(&lanes[0], "ghi");
	push(&lanes[0], "jkl");
	check_take(6, "[ghi 2]"); /* it has room before it is marked, not after */
	check_take(6, "jkl");
	weir_queue_lose(&lanes[0], 1);
	push(&lanes[0], "mno");
	push(&lanes[0], "pqr");
	check_take(7, "[mno 1]");
	check_take(7, "pqr");
	push(&lanes[1], "stu");
	weir_queue_lose(&lanes[0], 1);
	push(&lanes[0], "vwx");
	check_take(8, "stu"); /* behind another there is no room for it */
	check_take(8, "[vwx 1]");
	weir_queue_lose(&lanes[0], 1);
	push(&lanes[0], "y");
	s = weir_queue_take(&q, scratch, sizeof(scratch)); /* the only one: that takes no memory */
	CU_ASSERT(weir_str_is(s, "[y 1]"));
	CU_ASSERT_EQUAL((const unsigned char *)s.p, scratch);
	CU_ASSERT_EQUAL(lanes[0].delivered, 8);
	CU_ASSERT_EQUAL(lanes[0].dropped, 6);
	end();
}

static void sent_offset(void)
{
	struct weir_frame *f[3];

	begin(1000);
	lane_again(0, true, 0);
	for (unsigned i = 0; i < 3; i++) {
		f[i] = frame((const char *[]){"a1", "b1", "a2"}[i]);
		f[i]->offset = 10 + i;
	}
	CU_ASSERT_EQUAL(weir_queue_push(&q, &lanes[0], f[0], key("a")), 0);
	CU_ASSERT_EQUAL(weir_queue_push(&q, &lanes[0], f[1], key("b")), 0);
	CU_ASSERT_TRUE(weir_queue_replace(&q, &lanes[0], f[2], key("a")));
	check_take(0, "[a2 1-]");
	CU_ASSERT_EQUAL(lanes[0].sent_offset, 0); /* it overtook */
	check_take(0, "b1");
	CU_ASSERT_EQUAL(lanes[0].sent_offset, 11);
	for (unsigned i = 0; i < 3; i++)
		weir_frame_unref(&f[i]);
	end();
}

static void bounds(void)
{
	begin(10);
	CU_ASSERT_TRUE(weir_queue_fits(&q, 1000000)); /* when nothing waits */
	push(&lanes[0], "abcd");
	CU_ASSERT_TRUE(weir_queue_fits(&q, 6));
	CU_ASSERT_FALSE(weir_queue_fits(&q, 7));
	push(NULL, "0123456789"); /* the queue itself refuses nothing */
	CU_ASSERT_FALSE(weir_queue_fits(&q, 0));
	CU_ASSERT_EQUAL(q.bytes, 14);
	end();
}

static void in_front(void)
{
	begin(1000);
	push_front("1"); /* of nothing */
	check_take(64, "1");
	push(&lanes[0], "a");
	push(NULL, "b");
	push(NULL, "c");
	push(&lanes[1], "d");
	push_front("2");
	check_take(64, "2abcd");
	push(NULL, "x");
	push(&lanes[0], "y");
	push_front("3");
	push(NULL, "z");
	check_take(64, "3xyz");
	push(&lanes[0], "a");
	push_front("4");
	CU_ASSERT_EQUAL(q.count, 2);
	check_take(0, "4");
	check_take(0, "a");
	end();
}

static void dropping(void)
{
	begin(1000);
	CU_ASSERT_FALSE(weir_queue_drop_oldest(&q, &lanes[0]));
	CU_ASSERT_FALSE(weir_queue_drop_newest(&q, &lanes[0]));
	weir_queue_drop_all(&q, &lanes[0]);
	CU_ASSERT_EQUAL(lanes[0].dropped + lanes[0].conflated, 0);
	for (unsigned i = 0; i < 5; i++)
		push(&lanes[0], (const char *[]){"a", "bb", "ccc", "dddd", "eeeee"}[i]);
	push(&lanes[1], "x");
	CU_ASSERT_TRUE(weir_queue_drop_oldest(&q, &lanes[0]));
	check_books();
	CU_ASSERT_TRUE(weir_queue_drop_oldest(&q, &lanes[0]));
	CU_ASSERT_TRUE(weir_queue_drop_newest(&q, &lanes[0]));
	check_books();
	CU_ASSERT_EQUAL(lanes[0].dropped, 3);
	CU_ASSERT_EQUAL(lanes[0].lost_bytes, 8);
	CU_ASSERT_EQUAL(lanes[0].lost, 1);
	push(&lanes[0], "f");
	check_take(64, "[ccc 2]ddddx[f 1]");
	/* The gap moves on with what carried it. */
	push(&lanes[0], "g");
	push(&lanes[0], "h");
	weir_queue_drop_oldest(&q, &lanes[0]);
	weir_queue_drop_newest(&q, &lanes[0]);
	CU_ASSERT_EQUAL(lanes[0].lost, 2);
	push(&lanes[0], "i");
	weir_queue_drop_oldest(&q, &lanes[0]);
	CU_ASSERT_EQUAL(lanes[0].lost, 3);
	push(&lanes[0], "j");
	push(&lanes[0], "k");
	weir_queue_drop_all(&q, &lanes[0]);
	check_books();
	CU_ASSERT_EQUAL(lanes[0].lost, 5);
	CU_ASSERT_EQUAL(lanes[0].count, 0);
	CU_ASSERT_EQUAL(lanes[0].dropped, 8);
	check_take(64, NULL);
	push(&lanes[0], "l");
	check_take(64, "[l 5]");
	CU_ASSERT_EQUAL(lanes[0].delivered, 4);
	end();
}

/* A lane whose oldest frame was dropped takes its place anew. */
static void order_after_drops(void)
{
	begin(1000);
	push(&lanes[0], "a1");
	push(&lanes[1], "b1");
	push(&lanes[2], "c1");
	push(&lanes[0], "a2");
	push(&lanes[1], "b2");
	weir_queue_drop_oldest(&q, &lanes[0]);
	weir_queue_drop_newest(&q, &lanes[1]);
	check_books();
	check_take(64, "b1c1[a2 1]");
	end();
}

static void absorbing(void)
{
	begin(1000);
	weir_queue_absorb(&q, &lanes[0]); /* nothing */
	push(NULL, "1");
	push(&lanes[0], "a");
	push(&lanes[0], "b");
	push(NULL, "2");
	push(NULL, "3");
	push(&lanes[0], "c");
	push(&lanes[1], "x");
	push(&lanes[0], "d");
	push(NULL, "4");
	weir_queue_drop_oldest(&q, &lanes[0]);
	weir_queue_absorb(&q, &lanes[0]);
	check_books();
	CU_ASSERT_EQUAL(q.control.count, 7);
	CU_ASSERT_PTR_EQUAL(weir_queue_heaviest(&q), &lanes[1]); /* it may not be dropped any more */
	push(&lanes[0], "e");
	weir_queue_absorb(&q, &lanes[1]);
	check_books();
	check_take(64, "1[b 1]23cxd4e");
	end();
	/* Into an empty control lane, and more than its ring holds. */
	begin(1000);
	for (unsigned i = 0; i < 9; i++)
		push(&lanes[0], "a");
	check_take(0, "a");
	weir_queue_absorb(&q, &lanes[0]);
	check_books();
	check_take(64, "aaaaaaaa");
	end();
}

static void heaviest(void)
{
	begin(1000);
	CU_ASSERT_PTR_NULL(weir_queue_heaviest(&q));
	push(NULL, "0123456789");
	CU_ASSERT_PTR_NULL(weir_queue_heaviest(&q)); /* replies are not dropped */
	push(&lanes[0], "aaa");
	push(&lanes[1], "bb");
	push(&lanes[1], "bb");
	push(&lanes[2], "c");
	CU_ASSERT_PTR_EQUAL(weir_queue_heaviest(&q), &lanes[1]);
	weir_queue_drop_newest(&q, &lanes[1]);
	CU_ASSERT_PTR_EQUAL(weir_queue_heaviest(&q), &lanes[0]);
	end();
	/* One that is held counts as well. */
	begin(1000);
	lane_again(0, false, 1);
	push(&lanes[0], "a");
	push(&lanes[0], "aaaa");
	check_take(64, "a");
	CU_ASSERT_TRUE(weir_lane_is_held(&lanes[0]));
	push(&lanes[1], "bb");
	CU_ASSERT_PTR_EQUAL(weir_queue_heaviest(&q), &lanes[0]);
	end();
}

static void tick(uint64_t ms)
{
	now_ms += ms;
	weir_timers_run(&timers, now_ms, 10);
	check_books();
}

static void held(void)
{
	begin(1000);
	lane_again(0, false, 2);
	for (unsigned i = 0; i < 3; i++)
		push(&lanes[0], (const char *[]){"a1", "a2", "a3"}[i]);
	push(&lanes[1], "b1");
	CU_ASSERT_EQUAL(timers.count, 0); /* nobody knows yet */
	check_take(64, "a1b1");
	CU_ASSERT_TRUE(weir_lane_is_held(&lanes[0]));
	CU_ASSERT_FALSE(weir_queue_is_ready(&q));
	CU_ASSERT_EQUAL(q.count, 2);
	CU_ASSERT_EQUAL(weir_timers_next(&timers), 1500);
	push(&lanes[0], "a4");
	CU_ASSERT_EQUAL(q.bytes, 6);
	CU_ASSERT_EQUAL(weir_queue_ready_bytes(&q), 0);
	push(NULL, "reply");
	CU_ASSERT_EQUAL(weir_queue_ready_bytes(&q), 5);
	check_take(64, "reply");
	CU_ASSERT_FALSE(weir_queue_is_ready(&q));
	push(&lanes[1], "b2");
	check_take(64, "b2");
	tick(499);
	CU_ASSERT_EQUAL(awakened, 0);
	tick(1);
	CU_ASSERT_EQUAL(awakened, 1);
	CU_ASSERT_FALSE(weir_lane_is_held(&lanes[0]));
	push(&lanes[1], "b3");
	check_take(64, "a2b3"); /* in its old place */
	CU_ASSERT_TRUE(weir_lane_is_held(&lanes[0]));
	/* Dropped while it is held: the timer goes with the last one. */
	weir_queue_drop_newest(&q, &lanes[0]);
	check_books();
	CU_ASSERT_TRUE(weir_lane_is_held(&lanes[0]));
	weir_queue_drop_oldest(&q, &lanes[0]);
	check_books();
	CU_ASSERT_FALSE(weir_lane_is_held(&lanes[0]));
	CU_ASSERT_EQUAL(timers.count, 0);
	push(&lanes[0], "a5");
	check_take(64, NULL); /* the rate still holds */
	CU_ASSERT_TRUE(weir_lane_is_held(&lanes[0]));
	/* What ends is let go. */
	weir_queue_absorb(&q, &lanes[0]);
	check_books();
	CU_ASSERT_EQUAL(timers.count, 0);
	check_take(64, "[a5 2]");
	end();
}

/* A burst, then as the rate allows; one wake for each. */
static void rate(void)
{
	unsigned sent = 0;

	begin(1000);
	lane_again(0, false, 100);
	for (unsigned i = 0; i < 50; i++)
		push(&lanes[0], "x");
	check_take(64, "xxxxxxxxxx");
	for (unsigned ms = 0; ms < 200; ms++) {
		struct weir_str s;

		tick(1);
		while ((s = weir_queue_take(&q, NULL, 0)).p)
			sent++;
		CU_ASSERT_EQUAL(sent, (ms + 1) / 10);
	}
	CU_ASSERT_EQUAL(awakened, 20);
	end();
}

static void conflating(void)
{
	begin(1000);
	lane_again(0, true, 0);
	CU_ASSERT_FALSE(replace(&lanes[0], "a1"));
	CU_ASSERT_PTR_NULL(weir_queue_find(&q, &lanes[1], no_key)); /* it does not conflate */
	push(&lanes[0], "a1");
	push(&lanes[0], "b1");
	push(&lanes[0], "a2"); /* nobody is behind yet */
	push(&lanes[1], "x");
	CU_ASSERT_EQUAL(lanes[0].count, 3);
	weir_queue_set_stuck(&q, true, false);
	check_books();
	CU_ASSERT_EQUAL(q.count, 3);
	CU_ASSERT_EQUAL(lanes[0].conflated, 1);
	CU_ASSERT_EQUAL(lanes[0].lost_bytes, 2);
	CU_ASSERT_TRUE(replace(&lanes[0], "b22"));
	CU_ASSERT_FALSE(replace(&lanes[0], "c1"));
	push(&lanes[0], "c1");
	CU_ASSERT_EQUAL(stats.conflated, 2);
	check_take(64, "[a2 1-][b22 1]xc1");
	/* What is replaced need not have been known to be behind. */
	push(&lanes[0], "a3");
	push(&lanes[0], "a4");
	CU_ASSERT_TRUE(replace(&lanes[0], "a5"));
	CU_ASSERT_EQUAL(lanes[0].count, 1);
	CU_ASSERT_EQUAL(lanes[0].conflated, 4);
	check_take(64, "[a5 2]");
	CU_ASSERT_EQUAL(lanes[0].delivered, 4);
	end();
}

static void conflating_held(void)
{
	begin(1000);
	lane_again(0, true, 1);
	for (unsigned i = 0; i < 5; i++)
		push(&lanes[0], (const char *[]){"a1", "a2", "b1", "a3", "a4"}[i]);
	check_take(64, "a1");
	CU_ASSERT_TRUE(weir_lane_is_held(&lanes[0]));
	CU_ASSERT_EQUAL(lanes[0].count, 2); /* settled when it was held */
	check_books();
	tick(1000);
	check_take(64, "[a4 2-]");
	tick(1000);
	check_take(64, "b1");
	end();
}

static void stuck(void)
{
	begin(1000);
	weir_queue_set_stuck(&q, false, true);
	CU_ASSERT_EQUAL(q.stuck_ms, 0);
	weir_queue_set_stuck(&q, true, false);
	CU_ASSERT_EQUAL(q.stuck_ms, 1000);
	now_ms = 2000;
	weir_queue_set_stuck(&q, true, false);
	CU_ASSERT_EQUAL(q.stuck_ms, 1000); /* since then nothing went */
	weir_queue_set_stuck(&q, true, true);
	CU_ASSERT_EQUAL(q.stuck_ms, 2000);
	weir_queue_set_stuck(&q, false, false);
	CU_ASSERT_EQUAL(q.stuck_ms, 0);
	now_ms = 0; /* a time like any other */
	weir_queue_set_stuck(&q, true, true);
	CU_ASSERT_NOT_EQUAL(q.stuck_ms, 0);
	end();
}

static void push_bytes(struct weir_queue *to, size_t n)
{
	struct weir_frame *f = weir_frame_new(n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(weir_queue_append(to, f), 0);
	weir_frame_unref(&f);
}

static void drop_one(struct weir_queue *from)
{
	CU_ASSERT_TRUE(weir_queue_drop_oldest(from, &from->control));
}

/* The largest of all, found by classes that double. */
static void size_classes(void)
{
	struct weir_queue more[3];
	const size_t small = (1u << WEIR_QUEUE_CLASS_MIN) - 1;

	begin(SIZE_MAX);
	for (unsigned i = 0; i < 3; i++)
		weir_queue_init(&more[i], &all, &encoder, SIZE_MAX);
	CU_ASSERT_PTR_NULL(weir_queues_largest(&all));
	push_bytes(&q, small);
	CU_ASSERT_PTR_NULL(weir_queues_largest(&all)); /* not worth a place in a list */
	CU_ASSERT_EQUAL(q.size_class, 0);
	push_bytes(&more[0], small + 1);
	CU_ASSERT_EQUAL(more[0].size_class, 1);
	CU_ASSERT_PTR_EQUAL(weir_queues_largest(&all), &more[0]);
	push_bytes(&more[1], small + 10); /* of the same class */
	CU_ASSERT_EQUAL(more[1].size_class, 1);
	CU_ASSERT_PTR_EQUAL(weir_queues_largest(&all), &more[1]);
	push_bytes(&more[0], small + 1);
	CU_ASSERT_EQUAL(more[0].size_class, 2);
	CU_ASSERT_PTR_EQUAL(weir_queues_largest(&all), &more[0]);
	push_bytes(&q, small);
	push_bytes(&q, 2);
	CU_ASSERT_EQUAL(q.size_class, 2); /* exactly twice the least */
	CU_ASSERT_EQUAL(q.bytes, more[0].bytes);
	push_bytes(&q, 1);
	CU_ASSERT_PTR_EQUAL(weir_queues_largest(&all), &q);
	CU_ASSERT_EQUAL(all.bytes, q.bytes + more[0].bytes + more[1].bytes);
	drop_one(&q);
	CU_ASSERT_PTR_EQUAL(weir_queues_largest(&all), &more[0]);
	drop_one(&more[0]);
	drop_one(&more[0]);
	CU_ASSERT_EQUAL(more[0].size_class, 0);
	CU_ASSERT_PTR_EQUAL(weir_queues_largest(&all), &more[1]);
	/* All above the last class are in it. */
	weir_queue_clear(&more[0]);
	more[0].control.bytes = 0;
	all.bytes += (size_t)1 << 50;
	more[0].bytes += (size_t)1 << 50;
	push_bytes(&more[0], 1);
	CU_ASSERT_EQUAL(more[0].size_class, WEIR_QUEUE_CLASSES - 1);
	CU_ASSERT_PTR_EQUAL(weir_queues_largest(&all), &more[0]);
	all.bytes -= (size_t)1 << 50;
	more[0].bytes -= (size_t)1 << 50;
	for (unsigned i = 0; i < 3; i++)
		weir_queue_clear(&more[i]);
	CU_ASSERT_EQUAL(all.bytes, q.bytes);
	end();
}

static void clearing(void)
{
	struct weir_frame *f = frame("abc");

	begin(1000);
	CU_ASSERT_EQUAL(weir_queue_append(&q, f), 0);
	CU_ASSERT_EQUAL(weir_queue_append(&q, f), 0);
	check_take(3, "abc");
	CU_ASSERT_EQUAL(f->refs, 3);
	weir_queue_clear(&q); /* also what is being written */
	CU_ASSERT_EQUAL(f->refs, 1);
	check_books();
	push(NULL, "bye"); /* it can still be used */
	check_take(64, "bye");
	weir_queue_clear(&q);
	weir_queue_clear(&q);
	weir_frame_unref(&f);
	end();
}

CU_TestInfo weir_tests[] = {
	{"order across lanes", order_across_lanes},
	{"seq wraps", seq_wraps},
	{"gathering", gathering},
	{"marked", marked},
	{"sent offset", sent_offset},
	{"bounds", bounds},
	{"in front", in_front},
	{"dropping", dropping},
	{"order after drops", order_after_drops},
	{"absorbing", absorbing},
	{"heaviest", heaviest},
	{"held", held},
	{"rate", rate},
	{"conflating", conflating},
	{"conflating, held", conflating_held},
	{"stuck", stuck},
	{"size classes", size_classes},
	{"clearing", clearing},
	CU_TEST_INFO_NULL,
};
