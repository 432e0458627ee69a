/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of frames: bound, order, gathering, slots; and random use against a plain array. */
#include "weir/bus/queue.h"

#include "test.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"

const char weir_test_suite[] = "bus/queue";

static struct weir_frame *frame(size_t len, unsigned char fill)
{
	struct weir_frame *f = weir_frame_new(len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	memset(f->data, fill, len);
	return f;
}

/* Pushes and gives up the test's own reference. */
static int push(struct weir_queue *q, size_t len, unsigned char fill)
{
	struct weir_frame *f = frame(len, fill);
	int err = weir_queue_push(q, f);

	CU_ASSERT_EQUAL(f->refs, err ? 1 : 2);
	weir_frame_unref(&f);
	return err;
}

static void bound(void)
{
	struct weir_queue q;
	struct weir_frame *f;

	weir_queue_init(&q, 10);
	CU_ASSERT_EQUAL(push(&q, 100, 1), 0); /* nothing waits: any size */
	CU_ASSERT_EQUAL(push(&q, 1, 2), WEIR_ENOROOM);
	CU_ASSERT_EQUAL(push(&q, 0, 2), WEIR_ENOROOM);
	CU_ASSERT_EQUAL(q.count, 1);
	weir_queue_pop(&q, 1);
	CU_ASSERT_EQUAL(push(&q, 6, 3), 0);
	CU_ASSERT_EQUAL(push(&q, 5, 4), WEIR_ENOROOM);
	CU_ASSERT_EQUAL(push(&q, 4, 4), 0); /* exactly */
	CU_ASSERT_EQUAL(push(&q, 1, 5), WEIR_ENOROOM);
	CU_ASSERT_EQUAL(q.bytes, 10);
	f = frame(50, 9); /* in front, whatever the bound says */
	CU_ASSERT_EQUAL(weir_queue_push_front(&q, f), 0);
	weir_frame_unref(&f);
	CU_ASSERT_EQUAL(q.bytes, 60);
	CU_ASSERT_EQUAL(push(&q, 0, 5), WEIR_ENOROOM);
	weir_queue_pop(&q, 1);
	CU_ASSERT_EQUAL(q.bytes, 10);
	weir_queue_clear(&q);
	CU_ASSERT_EQUAL(q.count + q.bytes + q.cap, 0);
	CU_ASSERT_EQUAL(push(&q, 3, 1), 0); /* usable afterwards */
	weir_queue_clear(&q);
}

static void gather(void)
{
	struct weir_queue q;
	unsigned char scratch[8];
	struct weir_str s;
	uint32_t n;

	weir_queue_init(&q, 1000);
	s = weir_queue_gather(&q, scratch, sizeof(scratch), &n);
	CU_ASSERT_PTR_NULL(s.p);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(push(&q, 3, 'a'), 0);
	s = weir_queue_gather(&q, scratch, sizeof(scratch), &n);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT(weir_str_is(s, "aaa"));
	CU_ASSERT_PTR_NOT_EQUAL(s.p, scratch); /* alone: no copy */
	CU_ASSERT_EQUAL(push(&q, 3, 'b'), 0);
	CU_ASSERT_EQUAL(push(&q, 2, 'c'), 0);
	CU_ASSERT_EQUAL(push(&q, 1, 'd'), 0);
	s = weir_queue_gather(&q, scratch, sizeof(scratch), &n);
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT(weir_str_is(s, "aaabbbcc")); /* full to the last byte */
	weir_queue_pop(&q, 1);
	s = weir_queue_gather(&q, scratch, 5, &n);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT(weir_str_is(s, "bbbcc"));
	s = weir_queue_gather(&q, scratch, 4, &n); /* two do not fit: one as it is */
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT(weir_str_is(s, "bbb"));
	CU_ASSERT_PTR_NOT_EQUAL(s.p, scratch);
	weir_queue_pop(&q, 3);
	CU_ASSERT_EQUAL(q.count, 0);
	weir_queue_clear(&q);
}

static void slots_are_given_back(void)
{
	struct weir_queue q;

	weir_queue_init(&q, 1 << 20);
	for (unsigned i = 0; i < 16; i++)
		CU_ASSERT_EQUAL(push(&q, 1, 0), 0);
	weir_queue_pop(&q, 16);
	CU_ASSERT_EQUAL(q.cap, 16); /* an ordinary queue keeps its few */
	for (unsigned i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(push(&q, 1, 0), 0);
	CU_ASSERT_EQUAL(q.cap, 1024);
	weir_queue_pop(&q, 999);
	CU_ASSERT_EQUAL(q.cap, 1024);
	weir_queue_pop(&q, 1);
	CU_ASSERT_EQUAL(q.cap, 0);
	CU_ASSERT_EQUAL(q.max_bytes, 1 << 20);
	weir_queue_clear(&q);
}

static void shared_frames(void)
{
	struct weir_queue a, b;
	struct weir_frame *f = frame(5, 'x');

	weir_queue_init(&a, 100);
	weir_queue_init(&b, 100);
	CU_ASSERT_EQUAL(weir_queue_push(&a, f), 0);
	CU_ASSERT_EQUAL(weir_queue_push(&a, f), 0);
	CU_ASSERT_EQUAL(weir_queue_push(&b, f), 0);
	CU_ASSERT_EQUAL(f->refs, 4);
	weir_queue_pop(&a, 1);
	weir_queue_clear(&b);
	CU_ASSERT_EQUAL(f->refs, 2);
	weir_queue_clear(&a);
	CU_ASSERT_EQUAL(f->refs, 1);
	weir_frame_unref(&f);
}

/* Any mix of operations: the same frames in the same order as a plain array. */
static void like_an_array(void)
{
	enum { MOST = 3000 };
	struct weir_random random;
	struct weir_queue q;
	static unsigned char fills[MOST];
	static size_t lens[MOST];
	size_t count = 0, bytes = 0;

	weir_random_seeded(&random, weir_test_seed());
	weir_queue_init(&q, 4000);
	for (unsigned i = 0; i < 20000; i++) {
		size_t len = (size_t)weir_random_below(&random, 40);
		unsigned char fill = (unsigned char)weir_random_below(&random, 256);

		if (weir_random_below(&random, 100) < 48) {
			bool fits = !count || bytes + len <= 4000;

			CU_ASSERT_EQUAL_FATAL(push(&q, len, fill), fits ? 0 : WEIR_ENOROOM);
			if (!fits)
				continue;
			fills[count] = fill;
			lens[count++] = len;
			bytes += len;
		} else if (weir_random_below(&random, 20) == 0 && count < MOST) {
			struct weir_frame *f = frame(len, fill);

			CU_ASSERT_EQUAL_FATAL(weir_queue_push_front(&q, f), 0);
			weir_frame_unref(&f);
			memmove(fills + 1, fills, count);
			memmove(lens + 1, lens, count * sizeof(lens[0]));
			fills[0] = fill;
			lens[0] = len;
			count++;
			bytes += len;
		} else {
			unsigned char scratch[64];
			uint32_t n;
			struct weir_str s = weir_queue_gather(&q, scratch, sizeof(scratch), &n);
			size_t at = 0;

			CU_ASSERT_EQUAL_FATAL(n > 0, count > 0);
			for (uint32_t k = 0; k < n; k++)
				for (size_t c = 0; c < lens[k]; c++)
					CU_ASSERT_EQUAL_FATAL((unsigned char)s.p[at++], fills[k]);
			CU_ASSERT_EQUAL_FATAL(at, s.n);
			weir_queue_pop(&q, n);
			bytes -= s.n;
			count -= n;
			memmove(fills, fills + n, count);
			memmove(lens, lens + n, count * sizeof(lens[0]));
		}
		CU_ASSERT_EQUAL_FATAL(q.count, count);
		CU_ASSERT_EQUAL_FATAL(q.bytes, bytes);
	}
	weir_queue_clear(&q);
}

CU_TestInfo weir_tests[] = {
	{"bound", bound},
	{"gather", gather},
	{"slots are given back", slots_are_given_back},
	{"shared frames", shared_frames},
	{"like an array", like_an_array},
	CU_TEST_INFO_NULL,
};
