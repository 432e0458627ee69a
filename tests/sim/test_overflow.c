/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full queues as a subscriber sees them (protocol.md §14.4): each policy with a reader that stops, trickles and comes
 * back; what is told of losses; what is never dropped; patches that must be decodable whatever was lost.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "test.h"
#include "weir/event/delta.h"
#include "weir/event/json.h"

const char weir_test_suite[] = "sim/overflow";

#define QUEUE   3
#define HISTORY .history_size = 200, .history_ttl_ms = 600000, .history_meta_ttl_ms = 3600000

static const struct weir_namespace named[] = {
	{.name = (char *)"resync", HISTORY, .force_recovery = true, .queue = QUEUE},
	{.name = (char *)"disconnect", .overflow = WEIR_OVERFLOW_DISCONNECT, .queue = QUEUE},
	{.name = (char *)"oldest", HISTORY, .overflow = WEIR_OVERFLOW_DROP_OLDEST, .queue = QUEUE},
	{.name = (char *)"newest", .overflow = WEIR_OVERFLOW_DROP_NEWEST, .queue = QUEUE},
	{.name = (char *)"latest", HISTORY, .overflow = WEIR_OVERFLOW_LATEST, .queue = QUEUE},
	{.name = (char *)"keyed", HISTORY, .overflow = WEIR_OVERFLOW_LATEST, .key = (char *)"data.k", .queue = QUEUE},
	{.name = (char *)"paced", .rate = 2, .rate_max = 2, .queue = QUEUE},
	{.name = (char *)"slow", .rate = 0.02, .rate_max = 0.02},
	{.name = (char *)"many", .overflow = WEIR_OVERFLOW_LATEST, .queue = QUEUE, .allow_wildcards = true},
	{.name = (char *)"joins",
		.presence = true,
		.join_leave = true,
		.force_push_join_leave = true,
		.overflow = WEIR_OVERFLOW_DROP_OLDEST,
		.queue = 1},
	{.name = (char *)"delta",
		HISTORY,
		.allow_recovery = true,
		.delta_fossil = true,
		.delta_publish = true,
		.queue = QUEUE,
		.queue_max = 100,
		.rate_max = 1000,
		.allowed_overflow = WEIR_OVERFLOW_ALL},
	{.name = (char *)"wide", .overflow = WEIR_OVERFLOW_DROP_OLDEST, .queue = 1000},
	{.name = (char *)"widenew", .overflow = WEIR_OVERFLOW_DROP_NEWEST, .queue = 1000},
};

static struct loopback *broker(void)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.hmac_secret = SCENARIO_SECRET,
		.named = named,
		.n_named = WEIR_ARRAY_LEN(named)});
}

static void publish(struct loopback *lb, const char *channel, const char *fmt, ...) WEIR_PRINTF(3, 4);
static void publish(struct loopback *lb, const char *channel, const char *fmt, ...)
{
	char data[20000];
	va_list args;

	va_start(args, fmt);
	vsnprintf(data, sizeof(data), fmt, args);
	va_end(args);
	CU_ASSERT_TRUE_FATAL(loopback_publish(lb, 0, channel, data, NULL));
	loopback_run(lb);
}

static void publish_numbers(struct loopback *lb, const char *channel, unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++)
		publish(lb, channel, "%u", i);
}

static struct loopback_client *subscribed(struct loopback *lb, const char *channel)
{
	struct loopback_client *c = connected(lb, 1);

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"%s\"}}", channel);
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	return c;
}

/* The next push: number, offset (0: none), losses (0: not told of any). */
static void expect_push(
	struct loopback_client *c, const char *channel, unsigned number, unsigned offset, unsigned dropped)
{
	char place[40] = "", tag[60] = "";

	if (offset)
		snprintf(place, sizeof(place), ",\"offset\":%u", offset);
	if (dropped)
		snprintf(tag, sizeof(tag), ",\"tags\":{\"weir-dropped\":\"%u\"}", dropped);
	expect(c, "{\"push\":{\"channel\":\"%s\",\"pub\":{\"data\":%u%s%s}}}", channel, number, place, tag);
}

static void end(struct loopback *lb, struct loopback_client *c)
{
	if (c) {
		expect_nothing(c);
		loopback_client_free(&c);
	}
	loopback_free(&lb);
}

/* ---- the policies ---- */

static void drop_oldest(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "oldest:1"), *fast = subscribed(lb, "oldest:1");

	publish_numbers(lb, "oldest:1", 1, 1);
	expect_push(c, "oldest:1", 1, 1, 0);
	loopback_stall(c, true);
	publish_numbers(lb, "oldest:1", 2, 7);
	loopback_stall(c, false);
	expect_push(c, "oldest:1", 5, 5, 3);
	expect_push(c, "oldest:1", 6, 6, 0);
	expect_push(c, "oldest:1", 7, 7, 0);
	/* Trickling: the gap is told where it is. */
	loopback_trickle(c, 1);
	publish_numbers(lb, "oldest:1", 8, 12);
	expect_push(c, "oldest:1", 8, 8, 0);
	loopback_trickle(c, 1);
	expect_push(c, "oldest:1", 10, 10, 1);
	publish_numbers(lb, "oldest:1", 13, 14);
	loopback_trickle(c, 2);
	expect_push(c, "oldest:1", 12, 12, 1);
	expect_push(c, "oldest:1", 13, 13, 0);
	loopback_stall(c, false);
	expect_push(c, "oldest:1", 14, 14, 0);
	publish_numbers(lb, "oldest:1", 15, 15);
	expect_push(c, "oldest:1", 15, 15, 0);
	for (unsigned i = 1; i <= 15; i++)
		expect_push(fast, "oldest:1", i, i, 0); /* others get everything */
	/* History knows nothing of one subscriber's losses, and does not bring them back. */
	say(c, "{\"id\":3,\"unsubscribe\":{\"channel\":\"oldest:1\"}}");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	loopback_client_free(&fast);
	end(lb, c);
}

static void drop_newest(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "newest:1");

	loopback_stall(c, true);
	publish_numbers(lb, "newest:1", 1, 6);
	loopback_stall(c, false);
	expect_push(c, "newest:1", 1, 0, 0);
	expect_push(c, "newest:1", 2, 0, 0);
	expect_push(c, "newest:1", 3, 0, 0);
	expect_nothing(c);
	publish_numbers(lb, "newest:1", 7, 8);
	expect_push(c, "newest:1", 7, 0, 3);
	expect_push(c, "newest:1", 8, 0, 0);
	loopback_trickle(c, 1);
	publish_numbers(lb, "newest:1", 11, 16);
	loopback_trickle(c, 1);
	publish_numbers(lb, "newest:1", 17, 18);
	loopback_stall(c, false);
	expect_push(c, "newest:1", 11, 0, 0);
	expect_push(c, "newest:1", 12, 0, 0);
	expect_push(c, "newest:1", 13, 0, 0);
	expect_push(c, "newest:1", 14, 0, 0);
	expect_push(c, "newest:1", 17, 0, 2);
	publish_numbers(lb, "newest:1", 19, 19);
	expect_push(c, "newest:1", 19, 0, 1);
	end(lb, c);
}

static void latest(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "latest:1");

	publish_numbers(lb, "latest:1", 1, 3);
	for (unsigned i = 1; i <= 3; i++)
		expect_push(c, "latest:1", i, i, 0); /* nothing waits: everything is sent */
	loopback_stall(c, true);
	publish_numbers(lb, "latest:1", 4, 9);
	loopback_stall(c, false);
	expect_push(c, "latest:1", 9, 9, 5);
	loopback_trickle(c, 1);
	publish_numbers(lb, "latest:1", 10, 13);
	loopback_trickle(c, 1);
	publish_numbers(lb, "latest:1", 14, 14);
	loopback_stall(c, false);
	expect_push(c, "latest:1", 10, 10, 0);
	expect_push(c, "latest:1", 13, 13, 2);
	expect_push(c, "latest:1", 14, 14, 0);
	end(lb, c);
}

static void publish_key(struct loopback *lb, char key, unsigned value)
{
	publish(lb, "keyed:1", "{\"k\":\"%c\",\"v\":%u}", key, value);
}

static void expect_key(struct loopback_client *c, char key, unsigned value, unsigned offset, unsigned dropped)
{
	char place[40] = "", tag[60] = "";

	if (offset)
		snprintf(place, sizeof(place), ",\"offset\":%u", offset);
	if (dropped)
		snprintf(tag, sizeof(tag), ",\"tags\":{\"weir-dropped\":\"%u\"}", dropped);
	expect(c, "{\"push\":{\"channel\":\"keyed:1\",\"pub\":{\"data\":{\"k\":\"%c\",\"v\":%u}%s%s}}}", key, value,
		place, tag);
}

/* In place, without its offset while an older one waits behind it; a new key in a full queue costs the oldest. */
static void latest_by_key(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "keyed:1");

	loopback_stall(c, true);
	publish_key(lb, 'a', 1);
	publish_key(lb, 'b', 2);
	publish_key(lb, 'c', 3);
	publish_key(lb, 'a', 4);
	publish_key(lb, 'c', 5);
	publish_key(lb, 'a', 6);
	loopback_trickle(c, 2);
	expect_key(c, 'a', 6, 0, 2);
	expect_key(c, 'b', 2, 2, 0);
	publish_key(lb, 'd', 7);
	publish_key(lb, 'e', 8);
	publish_key(lb, 'f', 9); /* c goes */
	publish_key(lb, 'e', 10);
	loopback_stall(c, false);
	expect_key(c, 'd', 7, 7, 2);
	expect_key(c, 'e', 10, 0, 1);
	expect_key(c, 'f', 9, 9, 0);
	/* No such member, or one that has no text: one common key. */
	loopback_stall(c, true);
	publish(lb, "keyed:1", "11");
	publish(lb, "keyed:1", "{\"k\":[1]}");
	publish(lb, "keyed:1", "{\"k\":null,\"v\":13}");
	loopback_stall(c, false);
	expect(c, "{\"push\":{\"channel\":\"keyed:1\",\"pub\":{\"data\":{\"k\":null,\"v\":13},\"offset\":13,\"tags\":"
		  "{\"weir-dropped\":\"2\"}}}}");
	end(lb, c);
}

static void disconnect(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "disconnect:1");

	loopback_trickle(c, 1);
	publish_numbers(lb, "disconnect:1", 1, 4);
	expect_push(c, "disconnect:1", 1, 0, 0);
	loopback_trickle(c, 1);
	publish_numbers(lb, "disconnect:1", 5, 5);
	expect_push(c, "disconnect:1", 2, 0, 0);
	expect_nothing(c); /* as many as may wait */
	publish_numbers(lb, "disconnect:1", 6, 6);
	loopback_stall(c, false);
	expect_closed(&c, 3008); /* the queue is dropped */
	end(lb, NULL);
}

static void resync(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "resync:1");

	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"oldest:1\"}}");
	expect(c, "{\"id\":3,\"subscribe\":{}}");
	publish_numbers(lb, "resync:1", 1, 1);
	expect_push(c, "resync:1", 1, 1, 0);
	loopback_stall(c, true);
	publish_numbers(lb, "oldest:1", 1, 1);
	publish_numbers(lb, "resync:1", 2, 7);
	publish_numbers(lb, "oldest:1", 2, 2);
	loopback_stall(c, false);
	expect_push(c, "oldest:1", 1, 1, 0); /* the other subscription is untouched */
	expect(c, "{\"push\":{\"channel\":\"resync:1\",\"unsubscribe\":{\"code\":2500,\"reason\":\"queue full\"}}}");
	expect_push(c, "oldest:1", 2, 2, 0);
	publish_numbers(lb, "resync:1", 8, 8);
	expect_nothing(c);
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"resync:1\",\"recover\":true,\"offset\":1}}");
	expect(c,
		"{\"id\":4,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"publications\":["
		"{\"data\":2,\"offset\":2},{\"data\":3,\"offset\":3},{\"data\":4,\"offset\":4},{\"data\":5,\"offset\":"
		"5},"
		"{\"data\":6,\"offset\":6},{\"data\":7,\"offset\":7},{\"data\":8,\"offset\":8}],"
		"\"recovered\":true,\"offset\":1,\"positioned\":true,\"was_recovering\":true}}");
	publish_numbers(lb, "resync:1", 9, 9);
	expect_push(c, "resync:1", 9, 9, 0);
	end(lb, c);
}

static void resync_of_server_side(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected_as(lb, 1, "{\"sub\":\"42\",\"channels\":[\"resync:1\"]}");

	loopback_stall(c, true);
	publish_numbers(lb, "resync:1", 1, 3);
	expect_nothing(c);
	publish_numbers(lb, "resync:1", 4, 4);
	loopback_stall(c, false);
	expect_closed(&c, 3010);
	end(lb, NULL);
}

/* ---- a subscriber that keeps up by recovery ---- */

static unsigned number(struct weir_json v)
{
	return v.text.p ? (unsigned)strtoul(v.text.p, NULL, 10) : 0;
}

struct follower {
	struct loopback_client *c;
	unsigned last; /* offset, which is the number too */
	unsigned id, resyncs;
	bool asked;
};

static void follow_publication(struct follower *f, struct weir_json p)
{
	CU_ASSERT_EQUAL_FATAL(number(member(p, "offset")), f->last + 1);
	CU_ASSERT_EQUAL_FATAL(number(member(p, "data")), f->last + 1);
	CU_ASSERT_EQUAL_FATAL(member(p, "tags").type, WEIR_JSON_NONE);
	f->last++;
}

static void follow(struct follower *f)
{
	const char *got;

	while ((got = loopback_receive(f->c))) {
		struct weir_json push = member(parsed(got), "push"), reply = member(parsed(got), "subscribe"), v;

		if (member(push, "pub").type) {
			CU_ASSERT_FALSE_FATAL(f->asked); /* nothing between the push that tells and the reply */
			follow_publication(f, member(push, "pub"));
		} else if (member(push, "unsubscribe").type) {
			f->resyncs++;
			f->asked = true;
			send_text(f->c,
				"{\"id\":%u,\"subscribe\":{\"channel\":\"resync:1\",\"recover\":true,\"offset\":%u}}",
				f->id++, f->last);
		} else if (reply.type) {
			struct weir_json_iter it;

			CU_ASSERT_EQUAL_FATAL(member(reply, "recovered").type, WEIR_JSON_TRUE);
			f->asked = false;
			v = member(reply, "publications");
			it = weir_json_elements(v);
			while (v.type && weir_json_next_element(&it, &v))
				follow_publication(f, v);
		}
	}
}

static void resync_loses_nothing(void)
{
	struct weir_random random;
	struct loopback *lb = broker();
	struct follower f = {.id = 10};

	weir_random_seeded(&random, weir_test_seed());
	f.c = subscribed(lb, "resync:1");
	for (unsigned i = 1; i <= 500; i++) {
		publish_numbers(lb, "resync:1", i, i);
		if (weir_random_below(&random, 4) == 0)
			loopback_trickle(f.c, (unsigned)weir_random_below(&random, 4));
		follow(&f);
	}
	for (unsigned i = 0; f.last < 500 && i < 10; i++) {
		loopback_stall(f.c, false);
		follow(&f);
		loopback_run(lb);
	}
	follow(&f);
	CU_ASSERT_EQUAL(f.last, 500);
	CU_ASSERT(f.resyncs > 5);
	end(lb, f.c);
}

/* ---- what is never dropped ---- */

static void replies_and_joins(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 1), *other;

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"joins:1\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	expect_start(c, "{\"push\":{\"channel\":\"joins:1\",\"join\":");
	loopback_stall(c, true);
	publish_numbers(lb, "joins:1", 1, 2);
	say(c, "{\"id\":3,\"presence_stats\":{\"channel\":\"joins:1\"}}");
	publish_numbers(lb, "joins:1", 3, 4);
	other = connected(lb, 0);
	say(other, "{\"id\":2,\"subscribe\":{\"channel\":\"joins:1\"}}");
	publish_numbers(lb, "joins:1", 5, 6);
	loopback_client_free(&other);
	loopback_run(lb);
	say(c, "{\"id\":4,\"rpc\":{}}");
	publish_numbers(lb, "joins:1", 7, 7);
	say(c, "{\"id\":5,\"unsubscribe\":{\"channel\":\"joins:1\"}}");
	loopback_stall(c, false);
	expect_start(c, "{\"id\":3,\"presence_stats\":{");
	expect_start(c, "{\"push\":{\"channel\":\"joins:1\",\"join\":");
	expect_start(c, "{\"push\":{\"channel\":\"joins:1\",\"leave\":");
	expect_error(c, 4, 108);
	expect_push(c, "joins:1", 7, 0, 6); /* what waits when it ends is still sent */
	expect(c, "{\"id\":5,\"unsubscribe\":{}}");
	end(lb, c);
}

/* ---- bytes ---- */

/* All of a connection's subscriptions share one bound; the heaviest gives way, by its own policy. */
static void bytes(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = loopback_connect(lb, 1);

	say(c, "{\"id\":1,\"connect\":{\"data\":{\"weir\":{\"queue_bytes\":16384}}}}");
	expect_start(c, "{\"id\":1,\"connect\":{");
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"wide:1\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"widenew:1\"}}");
	expect(c, "{\"id\":3,\"subscribe\":{}}");
	loopback_stall(c, true);
	publish(lb, "wide:1", "\"%06000d\"", 1);
	publish(lb, "widenew:1", "\"%06000d\"", 2);
	publish_numbers(lb, "wide:1", 3, 3);
	publish(lb, "widenew:1", "\"%03000d\"", 4);
	publish(lb, "wide:1", "\"%04000d\"", 5);    /* widenew:1 has most: its newest goes */
	publish(lb, "widenew:1", "\"%04000d\"", 6); /* now wide:1 has: its oldest goes */
	loopback_stall(c, false);
	expect_start(c, "{\"push\":{\"channel\":\"widenew:1\",\"pub\":{\"data\":\"000");
	expect_push(c, "wide:1", 3, 0, 1);
	expect_start(c, "{\"push\":{\"channel\":\"wide:1\",\"pub\":{\"data\":\"000");
	expect_start(c, "{\"push\":{\"channel\":\"widenew:1\",\"pub\":{\"data\":\"000");
	/* Larger than the bound: taken when nothing waits, and when that must give way to it. */
	publish(lb, "wide:1", "\"%017000d\"", 7);
	expect_start(c, "{\"push\":{\"channel\":\"wide:1\",\"pub\":{\"data\":\"000");
	loopback_stall(c, true);
	publish_numbers(lb, "wide:1", 8, 9);
	publish(lb, "wide:1", "\"%017000d\"", 10);
	loopback_stall(c, false);
	expect_start(c, "{\"push\":{\"channel\":\"wide:1\",\"pub\":{\"data\":\"000");
	publish_numbers(lb, "wide:1", 11, 11);
	expect_push(c, "wide:1", 11, 0, 0);
	end(lb, c);
}

/* ---- rate ---- */

static void rate(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "paced:1"); /* policy latest, because there is a rate */

	publish_numbers(lb, "paced:1", 1, 5);
	expect_push(c, "paced:1", 1, 0, 0);
	expect_nothing(c);
	loopback_advance(lb, 499);
	expect_nothing(c);
	loopback_advance(lb, 1);
	expect_push(c, "paced:1", 5, 0, 3);
	publish_numbers(lb, "paced:1", 6, 7);
	loopback_stall(c, true);
	loopback_advance(lb, 5000);
	publish_numbers(lb, "paced:1", 8, 8);
	loopback_stall(c, false);
	expect_push(c, "paced:1", 8, 0, 2);
	/* Answers are not held back, and the end of the subscription lets go of what is. */
	publish_numbers(lb, "paced:1", 9, 9);
	say(c, "{\"id\":3,\"rpc\":{}}");
	expect_error(c, 3, 108);
	say(c, "{\"id\":4,\"unsubscribe\":{\"channel\":\"paced:1\"}}");
	expect_push(c, "paced:1", 9, 0, 0);
	expect(c, "{\"id\":4,\"unsubscribe\":{}}");
	loopback_advance(lb, 5000);
	end(lb, c);
}

/* What a rate holds back says nothing about the reader: however much it is, commands are read and pongs count. */
static void held_does_not_stop_reading(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = loopback_connect(lb, 1);
	unsigned pings = 0, pushes = 0;

	say(c, "{\"id\":1,\"connect\":{\"data\":{\"weir\":{\"queue_bytes\":16384}}}}");
	expect_start(c, "{\"id\":1,\"connect\":{");
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"slow:1\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	publish_numbers(lb, "slow:1", 1, 1);
	expect_push(c, "slow:1", 1, 0, 0);
	publish(lb, "slow:1", "\"%017000d\"", 2);
	say(c, "{\"id\":3,\"rpc\":{}}");
	expect_error(c, 3, 108);
	CU_ASSERT_FALSE(loopback_paused(c));
	for (unsigned i = 1; i <= 50; i++) {
		loopback_advance(lb, 1000);
		for (const char *got; (got = loopback_receive(c));) {
			if (fits("{}", got, false)) {
				say(c, "{}");
				pings++;
			} else {
				CU_ASSERT_EQUAL(i, 50);
				CU_ASSERT_TRUE_FATAL(fits("{\"push\":{\"channel\":\"slow:1\",", got, true));
				pushes++;
			}
		}
	}
	CU_ASSERT(pings >= 1 && pushes == 1 && !loopback_closed(c));
	loopback_client_free(&c);
	end(lb, NULL);
}

/* A pattern without a key: one event of each channel. */
static void latest_of_a_pattern(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "many:>");
	static const struct {
		const char *channel;
		unsigned number, dropped;
	} got[] = {{"many:a", 6, 2}, {"many:b", 5, 1}, {"many:c", 3, 0}};

	loopback_stall(c, true);
	publish_numbers(lb, "many:a", 1, 1);
	publish_numbers(lb, "many:b", 2, 2);
	publish_numbers(lb, "many:c", 3, 3);
	publish_numbers(lb, "many:a", 4, 4);
	publish_numbers(lb, "many:b", 5, 5);
	publish_numbers(lb, "many:a", 6, 6);
	loopback_stall(c, false);
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(got); i++) {
		char tag[60] = "";

		if (got[i].dropped)
			snprintf(tag, sizeof(tag), "\"weir-dropped\":\"%u\",", got[i].dropped);
		expect(c,
			"{\"push\":{\"channel\":\"many:>\",\"pub\":{\"data\":%u,\"channel\":\"%s\",\"tags\":{%"
			"s\"channel\":\"%s\"}}}}",
			got[i].number, got[i].channel, tag, got[i].channel);
	}
	end(lb, c);
}

/* A client that goes away while its queue is held. */
static void held_and_gone(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = subscribed(lb, "paced:1");

	publish_numbers(lb, "paced:1", 1, 5);
	loopback_client_free(&c);
	loopback_advance(lb, 5000);
	CU_ASSERT_EQUAL(loopback_worker(lb, 1)->queues.bytes, 0);
	end(lb, NULL);
}

/* ---- deltas ---- */

#define PAYLOADS 400

/* Some 200 bytes that differ little; the key is in it. */
static void payload(char *out, size_t room, unsigned i)
{
	snprintf(out, room, "{\"n\":%u,\"k\":%u,\"text\":\"%0180u\"}", i, i % 3, i / 7);
}

/* Decodes as an SDK does: a string is a whole payload or a patch against the one before, else it is the payload. */
static unsigned decode(struct weir_buf *base, struct weir_json p, unsigned *patches)
{
	struct weir_json data = member(p, "data");
	struct weir_buf text, next;
	char wanted[400];
	unsigned i;

	weir_buf_init(&text, 10000);
	weir_buf_init(&next, 10000);
	if (data.type == WEIR_JSON_STRING)
		weir_json_string_decode(&text, data.text);
	else
		weir_buf_str(&text, data.text);
	if (member(p, "delta").type == WEIR_JSON_TRUE) {
		CU_ASSERT_EQUAL_FATAL(weir_delta_apply(&next, weir_buf_view(base), weir_buf_view(&text)), 0);
		++*patches;
	} else {
		weir_buf_str(&next, weir_buf_view(&text));
	}
	weir_buf_char(&next, 0);
	i = number(member(parsed(next.p), "n"));
	payload(wanted, sizeof(wanted), i);
	CU_ASSERT_STRING_EQUAL_FATAL(next.p, wanted);
	next.len--;
	weir_buf_fini(&text);
	weir_buf_fini(base);
	*base = next;
	return i;
}

/* Everything that comes can be decoded, with patches only if they were granted; what is told of losses adds up. Returns
 * how many patches there were; -1: not granted. */
static int decodes(const char *options)
{
	struct weir_random random;
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 1);
	struct weir_buf base;
	unsigned patches = 0, got = 0, dropped = 0;
	const char *reply;
	char data[400];
	bool granted;

	weir_random_seeded(&random, weir_test_seed());
	weir_buf_init(&base, 10000);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"delta:1\",\"delta\":\"fossil\",\"data\":{\"weir\":{%s}}}}",
		options);
	reply = loopback_receive(c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
	CU_ASSERT_EQUAL_FATAL(member(parsed(reply), "subscribe").type, WEIR_JSON_OBJECT);
	granted = member(member(parsed(reply), "subscribe"), "delta").type == WEIR_JSON_TRUE;
	for (unsigned i = 1; i <= PAYLOADS + 100; i++) {
		const char *text;

		if (i <= PAYLOADS) {
			payload(data, sizeof(data), i);
			publish(lb, "delta:1", "%s", data);
		}
		if (weir_random_below(&random, 6) == 0)
			loopback_trickle(c, (unsigned)weir_random_below(&random, 5));
		if (i > PAYLOADS || weir_random_below(&random, 15) == 0)
			loopback_stall(c, false);
		loopback_advance(lb, weir_random_below(&random, 40)); /* in all less than until a ping */
		while ((text = loopback_receive(c))) {
			struct weir_json p = member(member(parsed(text), "push"), "pub");
			struct weir_json told = member(member(p, "tags"), "weir-dropped");

			CU_ASSERT_EQUAL_FATAL(p.type, WEIR_JSON_OBJECT);
			decode(&base, p, &patches);
			got++;
			if (told.type)
				dropped += (unsigned)strtoul(weir_json_string_plain(told.text).p, NULL, 10);
		}
	}
	/* The last ones may have been lost untold; one more tells of them. */
	payload(data, sizeof(data), PAYLOADS + 1);
	publish(lb, "delta:1", "%s", data);
	loopback_advance(lb, 1000);
	for (const char *text; (text = loopback_receive(c));) {
		struct weir_json p = member(member(parsed(text), "push"), "pub");
		struct weir_json told = member(member(p, "tags"), "weir-dropped");

		CU_ASSERT_EQUAL(decode(&base, p, &patches), PAYLOADS + 1);
		got++;
		if (told.type)
			dropped += (unsigned)strtoul(weir_json_string_plain(told.text).p, NULL, 10);
	}
	CU_ASSERT_EQUAL(got + dropped, PAYLOADS + 1);
	CU_ASSERT(dropped > 10);
	CU_ASSERT(granted || !patches);
	weir_buf_fini(&base);
	end(lb, c);
	return granted ? (int)patches : -1;
}

static void deltas(void)
{
	static const char *const options[] = {
		"\"overflow\":\"drop_oldest\"",
		"\"overflow\":\"drop_newest\"",
		"\"overflow\":\"latest\"",
		"\"overflow\":\"latest\",\"key\":\"data.k\"",
		"\"overflow\":\"latest\",\"key\":\"data.k\",\"queue\":2",
		"\"overflow\":\"latest\",\"rate\":20",
		"\"overflow\":\"drop_oldest\",\"rate\":25,\"queue\":5",
		"\"overflow\":\"drop_newest\",\"queue\":1",
	};

	/* Not granted, for the base may have been dropped; what comes is whole. */
	for (size_t i = 0; i < WEIR_ARRAY_LEN(options); i++)
		CU_ASSERT_EQUAL(decodes(options[i]), -1);
}

CU_TestInfo weir_tests[] = {
	{"drop_oldest", drop_oldest},
	{"drop_newest", drop_newest},
	{"latest", latest},
	{"latest by key", latest_by_key},
	{"disconnect", disconnect},
	{"resync", resync},
	{"resync of a server-side subscription", resync_of_server_side},
	{"resync loses nothing", resync_loses_nothing},
	{"replies and joins", replies_and_joins},
	{"bytes", bytes},
	{"rate", rate},
	{"held does not stop reading", held_does_not_stop_reading},
	{"latest of a pattern", latest_of_a_pattern},
	{"held and gone", held_and_gone},
	{"deltas", deltas},
	CU_TEST_INFO_NULL,
};
