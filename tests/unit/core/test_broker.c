/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hub and workers on real threads, through mailboxes of a few places: every publish is answered, every subscriber gets
 * every event, all in one order; then the workers end one after the other while the others go on. The same with an
 * engine that has a loop of its own: it answers later, waits for room in the inboxes, and has publishers wait for room
 * with it. What happens on the threads is collected there and asserted after the run.
 */
#include "fake_client.h"
#include "fake_engine.h"
#include "late_loop_engine.h"
#include "loop_thread.h"
#include "weir/core/broker.h"

const char weir_test_suite[] = "core/broker";

#define WORKERS_MAX 3
#define EACH        2000 /* publishes of a worker */
#define BURST       50

struct driver {
	struct fixture *all;
	struct weir_broker_worker *w;
	struct fake_client client;
	struct weir_subscription sub;
	uv_idle_t idle;
	unsigned id, asked, answered, got, refused, rooms, controls, asleep;
	unsigned last[WORKERS_MAX]; /* of each publisher, the last number that came */
	unsigned disorder;
	uint64_t order; /* a hash over everything in its order */
	bool leaving, ticked;
	struct weir_deadline deadline;
};

struct fixture {
	struct weir_broker broker;
	struct fake_engine engine;
	struct late_loop_engine late;
	unsigned workers;
	bool early; /* worker 0 ends as soon as its own publishes are answered */
	atomic_uint subscribed;
	struct driver drivers[WORKERS_MAX];
};

static const struct weir_hash_key key = {1, 2};

static void on_idle_closed(uv_handle_t *h)
{
	weir_broker_worker_close(((struct driver *)h->data)->w);
}

/* Everything is done here: leave the channel, then end this worker. */
static void leave(struct driver *d)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};

	unsigned wanted = d->all->early && d->id == 0 ? 0 : EACH * d->all->workers;

	if (d->answered < EACH || d->got < wanted || !d->ticked || !d->controls || d->leaving)
		return;
	d->leaving = true;
	weir_index_remove(d->sub.entry, &d->sub);
	weir_queue_absorb(&d->client.client.queue, &d->sub.lane);
	weir_lane_fini(&d->sub.lane);
	weir_index_unref(&d->w->worker.index, &d->sub.entry);
	weir_worker_tell(&d->w->worker, &weir_unsubscribe_request_new(WEIR_STR("c"), &info)->base);
}

static void on_published(struct weir_request *r)
{
	struct driver *d = r->ctx;

	d->answered += r->status == 0;
	weir_request_free(&r);
	leave(d);
}

static bool publish(struct driver *d)
{
	char data[20];
	struct weir_publish_request *r;
	struct weir_request *base;

	snprintf(data, sizeof(data), "%u %u", d->id, d->asked + 1);
	r = weir_publish_request_new(NULL,
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .data = weir_str(data)}),
		WEIR_STR_NONE);
	base = &r->base;
	base->done = on_published;
	base->ctx = d;
	if (!weir_worker_ask(&d->w->worker, base)) {
		weir_request_free(&base);
		d->refused++;
		return false;
	}
	d->asked++;
	return true;
}

static void on_idle(uv_idle_t *idle)
{
	struct driver *d = idle->data;

	if (d->leaving) {
		if (d->w->worker.waiting)
			return; /* the unsubscribe has not found room */
		uv_idle_stop(idle);
		uv_close((uv_handle_t *)idle, on_idle_closed);
		return;
	}
	/* All must be there before the first publish, or they would not get the same. */
	for (unsigned i = 0; atomic_load(&d->all->subscribed) == d->all->workers && i < BURST && d->asked < EACH; i++)
		if (!publish(d)) {
			uv_idle_stop(idle); /* until there is room */
			d->asleep++;
			return;
		}
}

static void on_room(void *ctx)
{
	struct driver *d = ctx;

	d->rooms++;
	uv_idle_start(&d->idle, on_idle);
}

static void on_control(void *ctx, const struct weir_control *c)
{
	struct driver *d = ctx;

	d->controls += c->code == 7;
	leave(d);
}

static void on_subscribed(struct weir_request *r)
{
	struct driver *d = r->ctx;

	if (r->status == 0 && weir_index_add(d->sub.entry, &d->sub) == 0)
		atomic_fetch_add(&d->all->subscribed, 1);
	weir_request_free(&r);
}

/* The client's flush: reads what came. */
static void on_flush(struct weir_client *c)
{
	struct driver *d = WEIR_CONTAINER_OF(fake_client_of(c), struct driver, client);
	struct weir_str s;

	while ((s = weir_queue_take(&c->queue, NULL, 0)).p) {
		unsigned from = 0, number = 0;
		char text[30];

		snprintf(text, sizeof(text), "%.*s", WEIR_STR_FMT(s));
		if (sscanf(text, "%u %u", &from, &number) != 2 || from >= WORKERS_MAX || number != d->last[from] + 1)
			d->disorder++;
		else
			d->last[from] = number;
		d->order = d->order * 31 + from;
		d->got++;
	}
	leave(d);
}

static struct weir_frame *plain_push(const struct weir_push_spec *p)
{
	struct weir_frame *f = weir_frame_new(p->event->data.n);

	memcpy(f->data, p->event->data.p, p->event->data.n);
	return f;
}

static const struct weir_encoder plain_encoder = {.slot = 1, .push = plain_push};
static const struct weir_client_ops driver_ops = {
	.flush = on_flush, .overflow = fake_overflow, .sub_fault = fake_sub_fault};

static void on_deadline(struct weir_deadline *deadline, uint64_t now_ms)
{
	struct driver *d = WEIR_CONTAINER_OF(deadline, struct driver, deadline);

	d->ticked = now_ms >= deadline->at_ms;
	leave(d);
}

/* First of all on the worker's loop: subscribes, then publishes. */
static void on_begin(uv_idle_t *idle)
{
	struct driver *d = idle->data;
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct weir_subscribe_request *r = weir_subscribe_request_new(NULL, WEIR_STR("c"), &info, WEIR_STR_NONE);

	r->base.done = on_subscribed;
	r->base.ctx = d;
	weir_worker_tell(&d->w->worker, &r->base);
	if (d->id == 0) {
		struct weir_control *c = weir_control_new(&(struct weir_control){.code = 7});

		weir_worker_tell(&d->w->worker, &weir_control_request_new(c)->base);
	}
	d->deadline.fire = on_deadline;
	weir_timers_set(&d->w->worker.timers, &d->deadline, weir_mono_ms(&weir_clock_real) + 20);
	uv_idle_stop(idle);
	uv_idle_start(idle, on_idle);
}

static void driver_init(struct fixture *f, unsigned i)
{
	struct driver *d = &f->drivers[i];

	d->all = f;
	d->id = i;
	d->w = &f->broker.workers[i];
	fake_client_init(&d->client, &d->w->worker, 1 << 20);
	d->client.client.queue.encoder = &plain_encoder;
	d->client.client.ops = &driver_ops;
	d->sub.client = &d->client.client;
	d->sub.entry = weir_index_ref(&d->w->worker.index, WEIR_STR("c"));
	d->idle.data = d;
	CU_ASSERT_EQUAL_FATAL(uv_idle_init(&d->w->loop.uv, &d->idle), 0);
	d->idle.data = d;
	uv_idle_start(&d->idle, on_begin);
	weir_broker_attach(d->w, on_control, on_room, d);
}

static void run_with(unsigned workers, size_t mailbox, size_t inbox, bool early, bool late)
{
	static struct fixture f;
	unsigned refused = 0;

	alarm(HANG_S);
	memset(&f, 0, sizeof(f));
	f.engine.engine.ops = &fake_ops;
	f.engine.at_once = true;
	late_loop_engine_init(&f.late);
	f.workers = workers;
	f.early = early;
	CU_ASSERT_EQUAL_FATAL(weir_broker_init(&f.broker, &(struct weir_broker_options){.workers = workers,
								  .mailbox_size = mailbox,
								  .inbox_size = inbox,
								  .clock = &weir_clock_real,
								  .hash_key = &key,
								  .engine = late ? &f.late.engine : &f.engine.engine}),
		0);
	for (unsigned i = 0; i < workers; i++)
		driver_init(&f, i);
	CU_ASSERT_EQUAL_FATAL(weir_broker_run(&f.broker), 0);
	for (unsigned i = 0; i < workers; i++) {
		struct driver *d = &f.drivers[i];

		CU_ASSERT_EQUAL(d->answered, EACH);
		CU_ASSERT_EQUAL(d->disorder, 0);
		if (!early || i > 0)
			CU_ASSERT_EQUAL(d->got, EACH * workers);
		CU_ASSERT_EQUAL(d->order, f.drivers[early && i ? 1 : 0].order);
		CU_ASSERT_EQUAL(d->controls, 1);
		CU_ASSERT_EQUAL(d->client.overflows, 0);
		CU_ASSERT(d->rooms >= d->asleep); /* whoever was refused was told */
		refused += d->refused;
		fake_client_fini(&d->client);
	}
	CU_ASSERT(refused > 0 || mailbox > 1000);
	weir_broker_fini(&f.broker);
	if (late)
		late_loop_engine_check(&f.late, EACH * workers, inbox < 100);
}

static void run(unsigned workers, size_t mailbox, size_t inbox, bool early)
{
	run_with(workers, mailbox, inbox, early, false);
}

static void one_worker(void)
{
	run(1, 4, 8, false);
	run(1, 4096, 4096, false);
}

static void two_workers(void)
{
	run(2, 4, 8, false);
	run(2, 1, 2, false); /* as small as they may be */
	run(2, 4096, 4096, false);
}

static void three_workers(void)
{
	run(3, 8, 4, false);
	run(3, 64, 256, false);
}

/* One that has ended must not hold up the others, nor be written to. */
static void ends_early(void)
{
	for (unsigned i = 0; i < 5; i++)
		run(3, 16, 8, true);
}

static void late_engine(void)
{
	run_with(1, 4, 8, false, true);
	run_with(1, 4096, 4096, false, true);
	run_with(2, 4, 8, false, true);
	run_with(2, 1, 4, false, true);
	run_with(3, 4096, 4096, false, true);
	run_with(3, 16, 8, true, true);
}

CU_TestInfo weir_tests[] = {
	{"one worker", one_worker},
	{"two workers", two_workers},
	{"three workers", three_workers},
	{"ends early", ends_early},
	{"an engine with a loop", late_engine},
	CU_TEST_INFO_NULL,
};
