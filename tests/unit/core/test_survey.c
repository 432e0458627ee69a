/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surveys on real threads, through mailboxes of a few places: each is answered once, with the slot of every worker that
 * is there; and workers that end meanwhile, with surveys in their inboxes, leave none unanswered. What happens on the
 * threads is collected there and asserted after the run.
 */
#include "weir/core/survey.h"

#include <stdlib.h>

#include "fake_engine.h"
#include "loop_thread.h"
#include "weir/core/broker.h"

const char weir_test_suite[] = "core/survey";

#define WORKERS_MAX 3
#define IN_FLIGHT   5

struct driver {
	struct weir_broker_worker *w;
	uv_idle_t idle;
	unsigned id, wanted, asked, answered, in_flight, wrong, empty, seen;
	bool leaving;
};

static const struct weir_hash_key key = {1, 2};

static void on_idle_closed(uv_handle_t *h)
{
	weir_broker_worker_close(((struct driver *)h->data)->w);
}

static void go_on(struct driver *d);

static void on_answer(struct weir_request *r)
{
	struct driver *d = r->ctx;
	const struct weir_survey_request *s = (struct weir_survey_request *)r;

	d->answered++;
	d->in_flight--;
	d->wrong += r->status != 0 || !s->slots[d->id].count;
	for (unsigned i = 0; i < s->n_slots; i++) {
		const struct weir_survey_slot *slot = &s->slots[i];

		if (!slot->count)
			d->empty++; /* it has ended */
		else
			d->wrong += slot->count != 1 || slot->clients[0]->key != i || slot->queued_bytes != 100 + i;
	}
	weir_request_free(&r);
	go_on(d);
}

static void on_survey(void *ctx, const struct weir_survey_question *q, struct weir_survey_slot *slot)
{
	struct driver *d = ctx;

	d->seen++;
	d->wrong += q->limit != 3 || !weir_str_is(q->user, "u") || q->channel.p != NULL || q->after_key != 9 ||
		    !weir_str_is(q->after_client, "c");
	slot->clients = weir_xcalloc(1, sizeof(*slot->clients));
	slot->clients[0] = weir_xcalloc(1, sizeof(**slot->clients));
	slot->clients[0]->key = d->id;
	slot->count = 1;
}

static bool ask(struct driver *d)
{
	struct weir_survey_request *s = weir_survey_request_new(&(struct weir_survey_question){
		.limit = 3, .user = WEIR_STR("u"), .after_key = 9, .after_client = WEIR_STR("c")});
	struct weir_request *r = &s->base;

	r->done = on_answer;
	r->ctx = d;
	d->in_flight++; /* before it is given away */
	if (weir_worker_ask(&d->w->worker, r))
		return true;
	d->in_flight--;
	weir_request_free(&r);
	return false;
}

static void go_on(struct driver *d)
{
	while (d->asked < d->wanted && d->in_flight < IN_FLIGHT && ask(d))
		d->asked++;
	if (d->answered < d->wanted || d->leaving)
		return;
	d->leaving = true;
	uv_close((uv_handle_t *)&d->idle, on_idle_closed);
}

/* The first of all on the worker's loop. */
static void on_begin(uv_idle_t *idle)
{
	uv_idle_stop(idle);
	go_on(idle->data);
}

static void on_control(void *ctx, const struct weir_control *c)
{
	(void)ctx;
	(void)c;
}

static void on_room(void *ctx)
{
	go_on(ctx);
}

/* Worker i asks for a while, each a different one. */
static void run(unsigned workers, size_t mailbox, size_t inbox, const unsigned *wanted)
{
	static struct driver drivers[WORKERS_MAX];
	struct fake_engine engine = {.engine.ops = &fake_ops, .at_once = true};
	struct weir_broker broker;

	alarm(HANG_S);
	CU_ASSERT_EQUAL_FATAL(weir_broker_init(&broker, &(struct weir_broker_options){.workers = workers,
								.mailbox_size = mailbox,
								.inbox_size = inbox,
								.clock = &weir_clock_real,
								.hash_key = &key,
								.engine = &engine.engine}),
		0);
	for (unsigned i = 0; i < workers; i++) {
		struct driver *d = &drivers[i];

		*d = (struct driver){.w = &broker.workers[i], .id = i, .wanted = wanted[i]};
		d->w->worker.queues.bytes = 100 + i;
		d->idle.data = d;
		CU_ASSERT_EQUAL_FATAL(uv_idle_init(&d->w->loop.uv, &d->idle), 0);
		uv_idle_start(&d->idle, on_begin);
		weir_broker_attach(d->w, on_control, on_room, d);
		weir_broker_attach_survey(d->w, on_survey);
	}
	CU_ASSERT_EQUAL_FATAL(weir_broker_run(&broker), 0);
	for (unsigned i = 0; i < workers; i++) {
		CU_ASSERT_EQUAL(drivers[i].answered, wanted[i]);
		CU_ASSERT_EQUAL(drivers[i].in_flight, 0);
		CU_ASSERT_EQUAL(drivers[i].wrong, 0);
		CU_ASSERT(drivers[i].seen >= wanted[i]);
		CU_ASSERT(workers > 1 || drivers[i].empty == 0);
	}
	weir_broker_fini(&broker);
}

static void one_worker(void)
{
	run(1, 4, 2, (const unsigned[]){500});
	run(1, 64, 64, (const unsigned[]){500});
}

static void several_workers(void)
{
	run(2, 1, 2, (const unsigned[]){100, 100});
	run(3, 2, 4, (const unsigned[]){100, 100, 100});
	run(3, 1024, 1024, (const unsigned[]){100, 100, 100});
}

static void workers_end(void)
{
	for (unsigned i = 0; i < 6; i++) {
		run(3, 1, 2, (const unsigned[]){0, 10 + i, 100});
		run(3, 1, 2, (const unsigned[]){100, 0, i});
		run(2, 8, 8, (const unsigned[]){1 + i, 40});
	}
}

/* The hub alone: nobody has a slot to fill in, and no memory for slots is an answer as well. */
static void dropped(void)
{
	struct weir_survey_request *s = weir_survey_request_new(&(struct weir_survey_question){.limit = 1});
	struct weir_message m = {.type = WEIR_MESSAGE_SURVEY, .survey = s};

	CU_ASSERT_EQUAL_FATAL(weir_survey_begin(s, 2), 0);
	CU_ASSERT_FALSE(weir_survey_finish_one(s));
	CU_ASSERT_FALSE(weir_survey_finish_one(s));
	weir_message_drop(&m); /* the last of all: freed, as the leak checker sees */
}

CU_TestInfo weir_tests[] = {
	{"one worker", one_worker},
	{"several workers", several_workers},
	{"workers end", workers_end},
	{"dropped", dropped},
	CU_TEST_INFO_NULL,
};
