/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of the whole broker: who is the heaviest, when it begins and ends, and what a worker sheds by which policy. */
#include "weir/core/budget.h"

#include <limits.h>

#include "fake_client.h"

const char weir_test_suite[] = "core/budget";

#define FRAME   1000
#define CLIENTS 4

static const struct weir_hash_key key = {1, 2};

struct fixture {
	struct weir_budget budget;
	struct weir_worker w;
	struct {
		struct fake_client fake;
		struct weir_subscription sub;
	} c[CLIENTS];
	unsigned woken, woke; /* how often, whom last */
};

static void on_wake(void *ctx, unsigned worker)
{
	struct fixture *f = ctx;

	f->woken++;
	f->woke = worker;
}

/* Closed for being slow: what waits is dropped. */
static void on_overflow(struct weir_client *c)
{
	struct fake_client *fake = fake_client_of(c);

	fake->overflows++;
	c->open = false;
	weir_queue_clear(&c->queue);
}

static void on_flush(struct weir_client *c)
{
	fake_client_of(c)->flushes++;
	weir_queue_set_stuck(&c->queue, true, false);
}

static const struct weir_client_ops ops = {.flush = on_flush, .overflow = on_overflow, .sub_fault = fake_sub_fault};

static void begin(struct fixture *f, size_t max_bytes, const enum weir_overflow policies[CLIENTS])
{
	memset(f, 0, sizeof(*f));
	weir_budget_init(&f->budget, max_bytes, 3, on_wake, f);
	weir_worker_init(&f->w, &(struct weir_worker_options){
					.id = 1, .clock = &weir_clock_real, .hash_key = &key, .budget = &f->budget});
	for (unsigned i = 0; i < CLIENTS; i++) {
		fake_client_init(&f->c[i].fake, &f->w, 1 << 24);
		f->c[i].fake.client.ops = &ops;
		f->c[i].sub.client = &f->c[i].fake.client;
		f->c[i].sub.overflow = policies[i];
		CU_ASSERT_EQUAL(weir_lane_init(&f->c[i].sub.lane, 1 << 20, false, 0, 0), 0);
	}
}

static void end(struct fixture *f)
{
	for (unsigned i = 0; i < CLIENTS; i++) {
		weir_queue_drop_all(&f->c[i].fake.client.queue, &f->c[i].sub.lane);
		fake_client_fini(&f->c[i].fake);
		weir_lane_fini(&f->c[i].sub.lane);
	}
	CU_ASSERT_EQUAL(f->w.queues.bytes, 0);
	weir_worker_fini(&f->w);
	weir_budget_fini(&f->budget);
}

static void publish(struct fixture *f, unsigned client, unsigned frames)
{
	while (frames--) {
		struct weir_frame *frame = weir_frame_new(FRAME);

		CU_ASSERT(weir_worker_publish(&f->w, &f->c[client].sub, frame, (struct weir_event_key){0}));
		weir_frame_unref(&frame);
	}
}

/* Turns until nothing is left to do. */
static unsigned turns(struct fixture *f)
{
	unsigned n = 0;

	do {
		weir_worker_end_turn(&f->w);
		n++;
	} while (f->w.shedding && n < 1000);
	return n;
}

#define WAITING(f, i) ((f)->c[i].fake.client.queue.bytes / FRAME)

static void figures(void)
{
	struct weir_budget b;

	weir_budget_init(&b, 1600, 3, NULL, NULL);
	CU_ASSERT_EQUAL(weir_budget_bytes(NULL), 0);
	CU_ASSERT_EQUAL(weir_budget_max(NULL), 0);
	CU_ASSERT_EQUAL(weir_budget_max(&b), 1600);
	CU_ASSERT_EQUAL(weir_budget_heaviest(&b), UINT_MAX);
	weir_budget_say(&b, 0, 800, 0);
	CU_ASSERT_EQUAL(weir_budget_heaviest(&b), UINT_MAX);
	weir_budget_say(&b, 2, 800, 500);
	weir_budget_say(&b, 1, 0, 500);
	CU_ASSERT_EQUAL(weir_budget_heaviest(&b), 1); /* of equals the first */
	weir_budget_say(&b, 2, 800, 501);
	CU_ASSERT_EQUAL(weir_budget_heaviest(&b), 2);
	/* It begins above the bound and ends at the mark. */
	CU_ASSERT_EQUAL(weir_budget_bytes(&b), 1600);
	CU_ASSERT_EQUAL(weir_budget_excess(&b), 0);
	weir_budget_say(&b, 1, 1, 1);
	CU_ASSERT_EQUAL(weir_budget_excess(&b), 101);
	weir_budget_say(&b, 0, 701, 0);
	CU_ASSERT_EQUAL(weir_budget_excess(&b), 2);
	weir_budget_say(&b, 0, 699, 0);
	CU_ASSERT_EQUAL(weir_budget_excess(&b), 0);
	weir_budget_say(&b, 0, 799, 0);
	CU_ASSERT_EQUAL(weir_budget_excess(&b), 0);
	weir_budget_fini(&b);
	weir_budget_init(&b, 0, 1, NULL, NULL); /* no bound */
	weir_budget_say(&b, 0, SIZE_MAX, 1);
	CU_ASSERT_EQUAL(weir_budget_excess(&b), 0);
	weir_budget_fini(&b);
}

/* The largest first, a quarter of it, then the one that is the largest now; small ones keep all. */
static void largest_first(void)
{
	struct fixture f;

	begin(&f, 96 * FRAME,
		(const enum weir_overflow[]){WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DROP_NEWEST,
			WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DISCONNECT});
	publish(&f, 0, 40);
	publish(&f, 1, 36);
	publish(&f, 2, 10);
	publish(&f, 3, 10);
	CU_ASSERT_EQUAL(turns(&f), 1);
	CU_ASSERT_EQUAL(weir_budget_bytes(&f.budget), 96 * FRAME);
	CU_ASSERT_EQUAL(f.w.stats.budget_sheds, 0);
	publish(&f, 2, 10);
	CU_ASSERT_EQUAL(turns(&f), 1);
	/* 106 - 90: 11 of 40, then 5 of 36, which was the largest by then. */
	CU_ASSERT_EQUAL(WAITING(&f, 0), 29);
	CU_ASSERT_EQUAL(WAITING(&f, 1), 31);
	CU_ASSERT_EQUAL(WAITING(&f, 2), 20);
	CU_ASSERT_EQUAL(WAITING(&f, 3), 10);
	CU_ASSERT_EQUAL(weir_budget_bytes(&f.budget), 90 * FRAME);
	CU_ASSERT_EQUAL(f.w.stats.budget_sheds, 2);
	CU_ASSERT_EQUAL(f.w.stats.dropped_oldest, 11);
	CU_ASSERT_EQUAL(f.w.stats.dropped_newest, 5);
	CU_ASSERT_EQUAL(f.c[0].sub.lane.dropped, 11);
	CU_ASSERT_EQUAL(weir_lane_at(&f.c[0].sub.lane, 0)->dropped, 11); /* its reader will be told */
	CU_ASSERT_EQUAL(f.c[2].sub.lane.dropped + f.c[3].sub.lane.dropped, 0);
	CU_ASSERT_EQUAL(f.woken, 0);
	end(&f);
}

static void by_policy(void)
{
	struct fixture f;

	begin(&f, 96 * FRAME,
		(const enum weir_overflow[]){WEIR_OVERFLOW_RESYNC, WEIR_OVERFLOW_DISCONNECT, WEIR_OVERFLOW_DROP_OLDEST,
			WEIR_OVERFLOW_DROP_OLDEST});
	publish(&f, 0, 50);
	publish(&f, 1, 40);
	publish(&f, 2, 20);
	turns(&f);
	CU_ASSERT_EQUAL(WAITING(&f, 0), 0); /* starts anew */
	CU_ASSERT_EQUAL(f.c[0].fake.sub_faults, 1);
	CU_ASSERT(f.c[0].sub.flags & WEIR_SUB_FULL);
	CU_ASSERT_EQUAL(WAITING(&f, 1), 40);
	publish(&f, 3, 37);
	turns(&f);
	CU_ASSERT_EQUAL(f.c[1].fake.overflows, 1); /* closed */
	CU_ASSERT_EQUAL(f.c[0].fake.overflows + f.c[2].fake.overflows + f.c[3].fake.overflows, 0);
	CU_ASSERT_EQUAL(WAITING(&f, 2), 20);
	CU_ASSERT_EQUAL(WAITING(&f, 3), 37);
	CU_ASSERT_EQUAL(f.w.stats.overflows, 1);
	end(&f);
}

/* Nothing of it may be dropped: answers only; or it is closing. */
static void nothing_to_drop(void)
{
	struct fixture f;
	struct weir_frame *answer = weir_frame_new(50 * FRAME);

	begin(&f, 60 * FRAME,
		(const enum weir_overflow[]){WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DROP_OLDEST,
			WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DROP_OLDEST});
	CU_ASSERT(weir_worker_answer(&f.w, &f.c[0].fake.client, answer));
	publish(&f, 2, 20);
	turns(&f);
	CU_ASSERT_EQUAL(f.c[0].fake.overflows, 1);
	CU_ASSERT_EQUAL(WAITING(&f, 0), 0);
	CU_ASSERT_EQUAL(WAITING(&f, 2), 20);
	CU_ASSERT(weir_worker_answer(&f.w, &f.c[1].fake.client, answer));
	f.c[1].fake.client.open = false;
	turns(&f);
	CU_ASSERT_EQUAL(WAITING(&f, 1), 0);
	CU_ASSERT_EQUAL(f.c[1].fake.overflows, 0);
	CU_ASSERT_EQUAL(WAITING(&f, 2), 20);
	weir_frame_unref(&answer);
	end(&f);
}

/* The largest client is another worker's: that one is woken, and nothing is shed here. */
static void elsewhere(void)
{
	struct fixture f;

	begin(&f, 96 * FRAME,
		(const enum weir_overflow[]){WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DROP_OLDEST,
			WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DROP_OLDEST});
	weir_budget_say(&f.budget, 2, 60 * FRAME, 50 * FRAME);
	publish(&f, 0, 30);
	turns(&f);
	CU_ASSERT_EQUAL(f.woken, 0);
	publish(&f, 0, 10);
	turns(&f);
	CU_ASSERT_EQUAL(f.woken, 1);
	CU_ASSERT_EQUAL(f.woke, 2);
	CU_ASSERT_EQUAL(WAITING(&f, 0), 40);
	weir_budget_say(&f.budget, 2, 55 * FRAME, 39 * FRAME); /* now it is here, and the mark is not reached */
	turns(&f);
	CU_ASSERT_EQUAL(f.woken, 1);
	CU_ASSERT_EQUAL(WAITING(&f, 0), 35);
	weir_budget_say(&f.budget, 2, 56 * FRAME, 39 * FRAME); /* below the bound: nobody has to do anything */
	turns(&f);
	CU_ASSERT_EQUAL(WAITING(&f, 0), 35);
	weir_budget_say(&f.budget, 2, 200 * FRAME, 0); /* and what has no large client cannot be helped */
	publish(&f, 1, 1);
	turns(&f);
	CU_ASSERT_EQUAL(f.woken, 1);
	CU_ASSERT(WAITING(&f, 0) < 5);
	CU_ASSERT_EQUAL(WAITING(&f, 1), 1);
	end(&f);
}

/* A turn drops so many events and no more. */
static void in_steps(void)
{
	struct fixture f;

	begin(&f, 1600 * FRAME,
		(const enum weir_overflow[]){WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DROP_OLDEST,
			WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DROP_OLDEST});
	publish(&f, 0, 10500);
	weir_worker_end_turn(&f.w);
	CU_ASSERT(f.w.shedding);
	CU_ASSERT_EQUAL(WAITING(&f, 0), 10500 - 4096);
	CU_ASSERT_EQUAL(turns(&f), 2);
	CU_ASSERT_EQUAL(WAITING(&f, 0), 1500);
	end(&f);
}

CU_TestInfo weir_tests[] = {
	{"figures", figures},
	{"largest first", largest_first},
	{"by policy", by_policy},
	{"nothing to drop", nothing_to_drop},
	{"elsewhere", elsewhere},
	{"in steps", in_steps},
	CU_TEST_INFO_NULL,
};
