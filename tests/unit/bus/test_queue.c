/* SPDX-License-Identifier: Apache-2.0 */
/* A client's queue: order across lanes, gathering, what is dropped and told. */
#include "weir/bus/queue.h"

#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "bus/queue";

static struct weir_timers timers;
static struct weir_queues all;
static const struct weir_event_key no_key;

static void on_awake(struct weir_queues *queues, struct weir_queue *q)
{
	(void)queues;
	(void)q;
}

static void begin(struct weir_queue *q)
{
	weir_timers_init(&timers);
	weir_queues_init(&all, &weir_clock_real, &timers, on_awake);
	weir_queue_init(q, &all, NULL, 1000);
}

static void end(struct weir_queue *q)
{
	weir_queue_clear(q);
	CU_ASSERT_EQUAL(all.bytes, 0);
	weir_timers_fini(&timers);
}

static struct weir_frame *frame(const char *text)
{
	struct weir_frame *f = weir_frame_new(strlen(text));

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	memcpy(f->data, text, f->len);
	return f;
}

static void push(struct weir_queue *q, struct weir_lane *l, const char *text)
{
	struct weir_frame *f = frame(text);

	CU_ASSERT_EQUAL(l ? weir_queue_push(q, l, f, no_key) : weir_queue_append(q, f), 0);
	weir_frame_unref(&f);
}

static void check_take(struct weir_queue *q, size_t size, const char *text)
{
	unsigned char scratch[64];
	struct weir_str s = weir_queue_take(q, scratch, size);

	CU_ASSERT(text ? weir_str_is(s, text) : !s.p);
}

static void order_across_lanes(void)
{
	struct weir_queue q;
	struct weir_lane a, b;

	begin(&q);
	CU_ASSERT_EQUAL(weir_lane_init(&a, 0, false, 0, 0) + weir_lane_init(&b, 0, false, 0, 0), 0);
	push(&q, &a, "a1");
	push(&q, &b, "b1");
	push(&q, NULL, "c1");
	push(&q, &a, "a2");
	push(&q, &b, "b2");
	CU_ASSERT_EQUAL(q.count, 5);
	CU_ASSERT_EQUAL(q.bytes, 10);
	check_take(&q, 5, "a1b1");
	weir_queue_absorb(&q, &a);
	CU_ASSERT_EQUAL(a.count, 0);
	check_take(&q, 64, "c1a2b2");
	check_take(&q, 64, NULL);
	weir_lane_fini(&a);
	weir_lane_fini(&b);
	end(&q);
}

CU_TestInfo weir_tests[] = {
	{"order across lanes", order_across_lanes},
	CU_TEST_INFO_NULL,
};
