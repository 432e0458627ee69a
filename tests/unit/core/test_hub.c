/* SPDX-License-Identifier: Apache-2.0 */
/* The hub: who is interested, what goes into which inbox and in which order, with answers at once and later. */
#include "weir/core/hub.h"

#include <errno.h>

#include "fake_engine.h"
#include "weir/core/secret.h"
#include "weir/core/worker.h"
#include "weir/event/channel.h"

const char weir_test_suite[] = "core/hub";

#define WORKERS 3

struct fixture {
	struct fake_engine engine;
	struct weir_hub *hub;
	char inbox[WORKERS][1000]; /* what came, as words */
	unsigned most;             /* messages that one submit put into one inbox */
	unsigned now[WORKERS];
};

static const struct weir_hash_key key = {1, 2};

static void on_done(struct weir_request *r)
{
	(void)r;
}

static void on_send(void *ctx, unsigned worker, const struct weir_message *m)
{
	struct fixture *f = ctx;
	size_t n = strlen(f->inbox[worker]);
	struct weir_message mine = *m;
	char word[100] = "control";

	if (m->type == WEIR_MESSAGE_EVENT)
		snprintf(word, sizeof(word), "%s:%.*s",
			m->event->type == WEIR_EVENT_PUBLICATION ? "pub"
			: m->event->type == WEIR_EVENT_JOIN      ? "join"
								 : "leave",
			WEIR_STR_FMT(m->event->channel));
	else if (m->type == WEIR_MESSAGE_WATCHED)
		snprintf(word, sizeof(word), "%s", m->watched ? "watched" : "unwatched");
	else if (m->type == WEIR_MESSAGE_REPLY)
		snprintf(word, sizeof(word), "reply:%d:%d", m->request->type, m->request->status);
	snprintf(f->inbox[worker] + n, sizeof(f->inbox[worker]) - n, "%s ", word);
	if (++f->now[worker] > f->most)
		f->most = f->now[worker];
	weir_message_drop(&mine);
}

static void begin(struct fixture *f, bool at_once)
{
	*f = (struct fixture){.engine = {.engine.ops = &fake_ops, .at_once = at_once}};
	f->hub = weir_hub_new(&(struct weir_hub_options){.workers = WORKERS,
		.clock = &weir_clock_real,
		.hash_key = &key,
		.engine = &f->engine.engine,
		.node = {.uid = WEIR_STR("here")},
		.send = on_send,
		.ctx = f});
}

static void end(struct fixture *f)
{
	CU_ASSERT(f->most <= WEIR_HUB_MESSAGES_PER_REQUEST);
	weir_hub_free(&f->hub);
	CU_ASSERT_PTR_NULL(f->hub);
	weir_hub_free(&f->hub);
}

static void submit(struct fixture *f, unsigned worker, struct weir_request *r)
{
	memset(f->now, 0, sizeof(f->now));
	r->worker = worker;
	weir_hub_submit(f->hub, r);
}

/* What has come into the inbox since the last look. */
#define EXPECT(f, worker, text)                                     \
	do {                                                        \
		CU_ASSERT_STRING_EQUAL((f)->inbox[worker], (text)); \
		(f)->inbox[worker][0] = 0;                          \
	} while (0)

static struct weir_client_info info_of(const char *client)
{
	return (struct weir_client_info){.user = WEIR_STR("u"), .client = weir_str(client)};
}

enum { PRESENCE = 1, EMITS = 2, POSITIONED = 4, REJECT = 8 };

static void subscribe(struct fixture *f, unsigned worker, const char *channel, const char *client, unsigned flags)
{
	struct weir_client_info info = info_of(client);
	struct weir_subscribe_request *r = weir_subscribe_request_new(NULL, weir_str(channel), &info, WEIR_STR_NONE);

	r->presence = flags & PRESENCE;
	r->emits = flags & EMITS;
	r->positioned = flags & POSITIONED;
	r->recover = r->reject_unrecovered = flags & REJECT;
	r->base.done = on_done;
	submit(f, worker, &r->base);
}

static void unsubscribe(struct fixture *f, unsigned worker, const char *channel, const char *client, unsigned flags)
{
	struct weir_client_info info = info_of(client);
	struct weir_unsubscribe_request *r = weir_unsubscribe_request_new(weir_str(channel), &info);

	r->presence = flags & PRESENCE;
	r->emits = flags & EMITS;
	submit(f, worker, &r->base);
}

static void publish(struct fixture *f, unsigned worker, const char *channel, bool answered)
{
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = weir_str(channel), .data = WEIR_STR("1")});
	struct weir_publish_request *r = weir_publish_request_new(NULL, e, WEIR_STR_NONE);

	r->base.done = answered ? on_done : NULL;
	submit(f, worker, &r->base);
}

/* Only workers with a subscriber get the event, once each, however many subscribers. */
static void interest(void)
{
	struct fixture f;

	begin(&f, true);
	publish(&f, 0, "a", true);
	EXPECT(&f, 0, "reply:0:0 ");
	subscribe(&f, 1, "a", "1", 0);
	subscribe(&f, 1, "a", "2", 0);
	subscribe(&f, 2, "b", "3", 0);
	EXPECT(&f, 1, "reply:1:0 reply:1:0 ");
	EXPECT(&f, 2, "reply:1:0 ");
	publish(&f, 0, "a", true);
	EXPECT(&f, 0, "reply:0:0 ");
	EXPECT(&f, 1, "pub:a ");
	EXPECT(&f, 2, "");
	publish(&f, 2, "b", true); /* the publisher's own worker: the event and the answer */
	EXPECT(&f, 2, "pub:b reply:0:0 ");
	publish(&f, 2, "ab", false); /* unanswered */
	unsubscribe(&f, 1, "a", "1", 0);
	publish(&f, 0, "a", false);
	EXPECT(&f, 1, "pub:a ");
	unsubscribe(&f, 1, "a", "2", 0);
	publish(&f, 0, "a", false);
	EXPECT(&f, 0, "");
	EXPECT(&f, 1, "");
	EXPECT(&f, 2, "");
	end(&f);
}

/* A pattern's workers get what it matches, once, also if they have the channel; but no joins and leaves. */
static void patterns(void)
{
	struct fixture f;

	begin(&f, true);
	subscribe(&f, 0, "m:*", "1", 0);
	subscribe(&f, 0, "m:>", "1", 0);
	subscribe(&f, 0, "m:a", "1", 0);
	subscribe(&f, 1, ">", "2", 0);
	EXPECT(&f, 0, "reply:1:0 reply:1:0 reply:1:0 ");
	EXPECT(&f, 1, "reply:1:0 ");
	publish(&f, 2, "m:a", false);
	publish(&f, 2, "m:b", false);
	publish(&f, 2, "m:b.c", false);
	publish(&f, 2, "n:b", false);
	EXPECT(&f, 0, "pub:m:a pub:m:b pub:m:b.c ");
	EXPECT(&f, 1, "pub:m:a pub:m:b pub:m:b.c pub:n:b ");
	EXPECT(&f, 2, "");
	subscribe(&f, 2, "m:a", "3", EMITS);
	EXPECT(&f, 0, "join:m:a ");
	EXPECT(&f, 1, "");
	EXPECT(&f, 2, "reply:1:0 join:m:a ");
	unsubscribe(&f, 0, "m:>", "1", 0);
	unsubscribe(&f, 0, "m:a", "1", 0);
	unsubscribe(&f, 1, ">", "2", 0);
	publish(&f, 0, "m:a", false);
	publish(&f, 0, "m:b.c", false);
	EXPECT(&f, 0, "pub:m:a ");
	EXPECT(&f, 1, "");
	EXPECT(&f, 2, "pub:m:a ");
	end(&f);
}

/* The answer, then the join; the leave to the others. */
static void presence_and_joins(void)
{
	struct fixture f;

	begin(&f, true);
	subscribe(&f, 0, "a", "1", PRESENCE | EMITS);
	EXPECT(&f, 0, "reply:1:0 join:a ");
	subscribe(&f, 1, "a", "2", EMITS);
	EXPECT(&f, 0, "join:a ");
	EXPECT(&f, 1, "reply:1:0 join:a ");
	CU_ASSERT_STRING_EQUAL(f.engine.calls, "add:a:1 join:1 join:2 ");
	f.engine.calls[0] = 0;
	unsubscribe(&f, 0, "a", "1", PRESENCE | EMITS);
	EXPECT(&f, 0, "");
	EXPECT(&f, 1, "leave:a ");
	CU_ASSERT_STRING_EQUAL(f.engine.calls, "remove:a:1 leave:1 ");
	end(&f);
}

/* While the engine has not answered, events come already: the interest is marked first. */
static void later(void)
{
	struct fixture f;

	begin(&f, false);
	subscribe(&f, 0, "a", "1", POSITIONED | PRESENCE);
	publish(&f, 1, "a", true);
	CU_ASSERT_STRING_EQUAL(f.engine.calls, "recover publish ");
	EXPECT(&f, 0, "");
	fake_release(&f.engine, 0);
	EXPECT(&f, 0, "reply:1:0 ");
	fake_release(&f.engine, 0);
	EXPECT(&f, 0, "pub:a ");
	EXPECT(&f, 1, "reply:0:0 ");
	publish(&f, 1, "a", true);
	fake_release(&f.engine, -EIO);
	EXPECT(&f, 0, "");
	EXPECT(&f, 1, "reply:0:-5 ");
	end(&f);
}

/* A subscribe that fails leaves no interest and no presence behind. */
static void failed_subscribe(void)
{
	struct fixture f;

	begin(&f, false);
	subscribe(&f, 0, "a", "1", POSITIONED | PRESENCE | EMITS);
	fake_release(&f.engine, -ENOMEM);
	EXPECT(&f, 0, "reply:1:-12 ");
	CU_ASSERT_STRING_EQUAL(f.engine.calls, "recover ");
	subscribe(&f, 0, "a", "1", POSITIONED | PRESENCE | EMITS | REJECT); /* not recovered, and refused then */
	fake_release(&f.engine, 0);
	EXPECT(&f, 0, "reply:1:-5012 ");
	CU_ASSERT_STRING_EQUAL(f.engine.calls, "recover recover ");
	f.engine.add_result = -ENOMEM;
	subscribe(&f, 0, "a", "1", PRESENCE | EMITS);
	EXPECT(&f, 0, "reply:1:-12 ");
	f.engine.at_once = true;
	publish(&f, 1, "a", false);
	EXPECT(&f, 0, "");
	end(&f);
}

static void control(void)
{
	struct fixture f;
	struct weir_control_request *r;

	begin(&f, true);
	r = weir_control_request_new(weir_control_new(&(struct weir_control){.op = WEIR_CONTROL_DISCONNECT}));
	r->base.done = on_done;
	submit(&f, 1, &r->base);
	EXPECT(&f, 0, "control ");
	EXPECT(&f, 1, "control reply:6:0 "); /* answered when it is in every inbox */
	EXPECT(&f, 2, "control ");
	end(&f);
}

static void say(struct fixture *f, const char *session, const char *node)
{
	struct weir_control_request *r =
		weir_control_request_new(weir_control_new(&(struct weir_control){.op = WEIR_CONTROL_INPUT,
			.session = weir_str(session),
			.node = weir_str(node),
			.data = WEIR_STR("{}")}));

	r->base.done = on_done;
	submit(f, 1, &r->base);
}

/* Only the worker that the secret names gets it. */
static void input(void)
{
	char secret[WEIR_SECRET_LEN + 1];
	struct weir_random random;
	struct fixture f;
	char expected[100];

	begin(&f, true);
	weir_random_seeded(&random, weir_test_seed());
	weir_secret_make(secret, 2, &random);
	say(&f, secret, "here");
	EXPECT(&f, 0, "");
	EXPECT(&f, 1, "reply:6:0 ");
	EXPECT(&f, 2, "control ");
	weir_secret_make(secret, WORKERS, &random);
	say(&f, secret, "here");
	say(&f, "no secret", "here");
	EXPECT(&f, 1, "reply:6:0 reply:6:0 ");
	say(&f, secret, "elsewhere");
	snprintf(expected, sizeof(expected), "reply:6:%d ", WEIR_ENOTFOUND);
	EXPECT(&f, 1, expected);
	EXPECT(&f, 0, "");
	EXPECT(&f, 2, "");
	end(&f);
}

static void announce(struct fixture *f, unsigned worker)
{
	struct weir_event *e = weir_event_new(
		&(struct weir_event_spec){.channel = WEIR_STR(WEIR_STATS_CHANNEL), .data = WEIR_STR("1")});
	struct weir_publish_request *r = weir_publish_request_new(NULL, e, WEIR_STR_NONE);

	r->base.type = WEIR_REQUEST_ANNOUNCE;
	r->base.done = on_done;
	submit(f, worker, &r->base);
}

/*
 * The broker's own channel: worker 0 hears of its first subscriber and its last, and what is announced goes to its
 * subscribers alone; the engine, which answers nothing here, has no part in that.
 */
static void watched(void)
{
	struct fixture f;

	begin(&f, false);
	subscribe(&f, 1, "a", "1", 0);
	subscribe(&f, 2, ">", "2", 0);
	EXPECT(&f, 0, "");
	subscribe(&f, 1, WEIR_STATS_CHANNEL, "1", 0);
	EXPECT(&f, 0, "watched ");
	EXPECT(&f, 1, "reply:1:0 reply:1:0 ");
	subscribe(&f, 0, WEIR_STATS_CHANNEL, "3", 0);
	EXPECT(&f, 0, "reply:1:0 ");
	EXPECT(&f, 2, "reply:1:0 ");
	announce(&f, 0);
	EXPECT(&f, 0, "pub:" WEIR_STATS_CHANNEL " reply:11:0 ");
	EXPECT(&f, 1, "pub:" WEIR_STATS_CHANNEL " ");
	EXPECT(&f, 2, "");
	unsubscribe(&f, 1, WEIR_STATS_CHANNEL, "1", 0);
	EXPECT(&f, 0, "");
	unsubscribe(&f, 0, WEIR_STATS_CHANNEL, "3", 0);
	EXPECT(&f, 0, "unwatched ");
	announce(&f, 0);
	EXPECT(&f, 0, "reply:11:0 ");
	EXPECT(&f, 1, "");
	end(&f);
}

static struct {
	struct weir_request *r;
} kept;

static void on_keep(void *ctx, unsigned worker, const struct weir_message *m)
{
	(void)ctx;
	(void)worker;
	CU_ASSERT_EQUAL_FATAL(m->type, WEIR_MESSAGE_REPLY);
	kept.r = m->request;
}

static void channels_of(struct weir_hub *hub, const char *pattern, size_t count, uint64_t clients)
{
	struct weir_channels_request *r = weir_channels_request_new(weir_str(pattern));
	uint64_t sum = 0;

	r->base.done = on_done;
	weir_hub_submit(hub, &r->base);
	CU_ASSERT_PTR_EQUAL_FATAL(kept.r, &r->base);
	CU_ASSERT_EQUAL(r->base.status, 0);
	CU_ASSERT_EQUAL(r->count, count);
	for (size_t i = 0; i < r->count; i++) {
		sum += r->channels[i].clients;
		CU_ASSERT(r->channels[i].channel.n > 0);
	}
	CU_ASSERT_EQUAL(sum, clients);
	weir_request_free(&kept.r);
}

static void info_of_hub(
	struct weir_hub *hub, uint64_t clients, uint64_t users, uint64_t channels, uint64_t subscriptions)
{
	struct weir_info_request *r = weir_info_request_new();

	r->base.done = on_done;
	weir_hub_submit(hub, &r->base);
	CU_ASSERT_EQUAL_FATAL(r->nodes.count, 1);
	CU_ASSERT_EQUAL(r->nodes.nodes->clients, clients);
	CU_ASSERT_EQUAL(r->nodes.nodes->users, users);
	CU_ASSERT_EQUAL(r->nodes.nodes->channels, channels);
	CU_ASSERT_EQUAL(r->nodes.nodes->subscriptions, subscriptions);
	CU_ASSERT(weir_str_is(r->nodes.nodes->uid, "u"));
	CU_ASSERT(weir_str_is(r->nodes.nodes->name, "n"));
	CU_ASSERT_EQUAL(r->missing.count, 0);
	weir_request_free(&kept.r);
}

static void books(void)
{
	static const char *const names[] = {"a", "ab", "news:1", "ab", "news:*", ">"};
	struct fake_engine engine = {.engine.ops = &fake_ops, .at_once = true};
	struct weir_hub *hub = weir_hub_new(&(struct weir_hub_options){.workers = 1,
		.clock = &weir_clock_real,
		.hash_key = &key,
		.engine = &engine.engine,
		.node = {.uid = WEIR_STR("u"), .name = WEIR_STR("n")},
		.send = on_keep});
	struct weir_client_info info = info_of("1");

	channels_of(hub, NULL, 0, 0);
	info_of_hub(hub, 0, 0, 0, 0);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++)
		weir_hub_submit(hub, &weir_subscribe_request_new(NULL, weir_str(names[i]), &info, WEIR_STR_NONE)->base);
	weir_hub_submit(hub, &weir_client_request_new(true, WEIR_STR("u"))->base);
	weir_hub_submit(hub, &weir_client_request_new(true, WEIR_STR("u"))->base);
	weir_hub_submit(hub, &weir_client_request_new(true, WEIR_STR(""))->base);
	channels_of(hub, NULL, 3, 4);
	channels_of(hub, "", 3, 4);
	channels_of(hub, "a*", 2, 3);
	channels_of(hub, "a?", 1, 2);
	channels_of(hub, "none", 0, 0);
	info_of_hub(hub, 3, 2, 3, 6); /* patterns are subscriptions, but no channels */
	weir_hub_submit(hub, &weir_client_request_new(false, WEIR_STR("u"))->base);
	weir_hub_submit(hub, &weir_unsubscribe_request_new(WEIR_STR("ab"), &info)->base);
	weir_hub_submit(hub, &weir_unsubscribe_request_new(WEIR_STR("a"), &info)->base);
	info_of_hub(hub, 2, 2, 2, 4);
	weir_hub_free(&hub);
}

CU_TestInfo weir_tests[] = {
	{"interest", interest},
	{"patterns", patterns},
	{"presence and joins", presence_and_joins},
	{"later", later},
	{"failed subscribe", failed_subscribe},
	{"control", control},
	{"what a client of an emulated transport says", input},
	{"watched", watched},
	{"books", books},
	CU_TEST_INFO_NULL,
};
