/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that answers late, refuses, or loses continuity, as its clients see it: subscribes on their way while
 * events come and clients go, errors that are worth trying again, resets.
 */
#include <stdio.h>

#include "late_engine.h"
#include "scenario.h"
#include "test.h"
#include "weir/bus/partition.h"

const char weir_test_suite[] = "sim/late";

#define HOLD(type) (1u << WEIR_REQUEST_##type)
#define PARTITIONS 4

static const struct weir_namespace streams = {.history_size = 10,
	.history_ttl_ms = 60000,
	.history_meta_ttl_ms = 3600000,
	.force_recovery = true,
	.presence = true,
	.join_leave = true};
static const struct weir_namespace named[] = {
	{.name = (char *)"plain", .allow_wildcards = true, .history_meta_ttl_ms = 60000},
	{.name = (char *)"audit",
		.allow_wildcards = true,
		.ordered = true,
		.force_recovery = true,
		.history_meta_ttl_ms = 60000},
};

static struct weir_engine *put_in_front(void *ctx, struct weir_engine *memory)
{
	struct late_engine **late = ctx;

	*late = late_engine_new(memory);
	return &(*late)->engine;
}

static struct loopback *broker(struct late_engine **late)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.hmac_secret = SCENARIO_SECRET,
		.without = streams,
		.named = named,
		.n_named = WEIR_ARRAY_LEN(named),
		.engine = put_in_front,
		.engine_ctx = late});
}

static void publish(struct loopback *lb, const char *channel, const char *data)
{
	struct loopback_result result;

	CU_ASSERT_FATAL(loopback_publish(lb, 1, channel, data, &result));
	loopback_run(lb);
	CU_ASSERT_EQUAL(result.status, 0);
}

static void release(struct loopback *lb, struct late_engine *late)
{
	CU_ASSERT_EQUAL_FATAL(late->n_held, 1);
	late_release(late);
	loopback_run(lb);
}

/* The worker gets what is published while the answer is on its way; the answer covers that, and nothing comes twice. */
static void events_before_the_answer(void)
{
	struct late_engine *late;
	struct loopback *lb = broker(&late);
	struct loopback_client *c = connected(lb, 0);

	publish(lb, "a", "1");
	late->holds = HOLD(SUBSCRIBE);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"recover\":true}}");
	publish(lb, "a", "2");
	publish(lb, "a", "3");
	expect_nothing(c);
	release(lb, late);
	expect_start(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"publications\":[{\"data\":1,"
			"\"offset\":1},{\"data\":2,\"offset\":2},{\"data\":3,\"offset\":3}],\"recovered\":true");
	publish(lb, "a", "4");
	expect(c, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":4,\"offset\":4}}}");
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Whoever leaves meanwhile leaves nothing behind: the end of the broker asserts that. */
static void gone_before_the_answer(void)
{
	struct late_engine *late;
	struct loopback *lb = broker(&late);
	struct loopback_client *c = connected(lb, 0);

	late->holds = HOLD(SUBSCRIBE);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	loopback_client_free(&c);
	loopback_run(lb);
	release(lb, late);
	publish(lb, "a", "1");

	c = connected(lb, 0);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}");
	expect_nothing(c); /* the unsubscribe waits: nothing may overtake the subscribe */
	release(lb, late);
	expect_start(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	publish(lb, "a", "2");
	expect_nothing(c);

	/* Taken away by the server meanwhile. */
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"b\"}}");
	loopback_control(lb, &(struct weir_control){.op = WEIR_CONTROL_UNSUBSCRIBE, .user = WEIR_STR("")});
	loopback_run(lb);
	release(lb, late);
	expect_start(c, "{\"id\":4,\"subscribe\":{\"recoverable\":true");
	expect(c, "{\"push\":{\"channel\":\"b\",\"unsubscribe\":{\"code\":2000,\"reason\":\"server unsubscribe\"}}}");
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void rejected_late(void)
{
	struct late_engine *late;
	struct loopback *lb = broker(&late);
	struct loopback_client *c = connected(lb, 0);

	late->holds = HOLD(SUBSCRIBE);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"recover\":true,\"epoch\":\"other\",\"offset\":3,"
	       "\"flag\":2}}");
	release(lb, late);
	expect_error(c, 2, 112);
	publish(lb, "a", "1");
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

#define TEMPORARY(word) "\"error\":{\"code\":100,\"message\":\"" word "\",\"temporary\":true}}"

static void errors(void)
{
	struct late_engine *late;
	struct loopback *lb = broker(&late);
	struct loopback_client *c = connected(lb, 0);

	late->status = WEIR_EUNAVAILABLE;
	say(c, "{\"id\":2,\"publish\":{\"channel\":\"a\",\"data\":1}}");
	expect(c, "{\"id\":2," TEMPORARY("unavailable"));
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"a\"}}");
	expect(c, "{\"id\":3," TEMPORARY("unavailable"));
	say(c, "{\"id\":4,\"history\":{\"channel\":\"a\"}}");
	expect(c, "{\"id\":4," TEMPORARY("unavailable"));
	say(c, "{\"id\":5,\"presence\":{\"channel\":\"a\"}}");
	expect(c, "{\"id\":5," TEMPORARY("unavailable"));
	say(c, "{\"id\":6,\"presence_stats\":{\"channel\":\"a\"}}");
	expect(c, "{\"id\":6," TEMPORARY("unavailable"));
	late->status = WEIR_EUNKNOWN;
	say(c, "{\"id\":7,\"publish\":{\"channel\":\"a\",\"data\":1}}");
	expect(c, "{\"id\":7," TEMPORARY("unknown"));
	/* What needs no engine goes on, and it all works again. */
	say(c, "{\"id\":8,\"subscribe\":{\"channel\":\"plain:a\"}}");
	expect(c, "{\"id\":8,\"subscribe\":{}}");
	late->status = 0;
	say(c, "{\"id\":9,\"subscribe\":{\"channel\":\"a\"}}");
	expect_start(c, "{\"id\":9,\"subscribe\":{\"recoverable\":true");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Some of its subscriptions are there, some on their way. The SDK reads the error, and comes back. */
static void connect_refused_half_way(void)
{
	struct late_engine *late;
	struct loopback *lb = broker(&late);
	struct loopback_client *c = loopback_connect(lb, 0);

	late->holds = HOLD(SUBSCRIBE);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\",\"channels\":[\"a\",\"b\",\"c\"]}"));
	CU_ASSERT_EQUAL_FATAL(late->n_held, 3);
	late_release(late);
	loopback_run(lb);
	publish(lb, "a", "1");
	publish(lb, "b", "1");
	expect_nothing(c);
	late->status = WEIR_EUNAVAILABLE;
	late_release(late);
	loopback_run(lb);
	expect(c, "{\"id\":1," TEMPORARY("unavailable"));
	late->status = 0;
	release(lb, late);
	publish(lb, "a", "2");
	publish(lb, "c", "2");
	expect_nothing(c);
	loopback_advance(lb, 10000);
	expect_closed(&c, 3502);
	loopback_free(&lb);
}

/* ---- resets ---- */

static unsigned partition_of(struct loopback *lb, const char *channel)
{
	return weir_partition_of(
		weir_partition_key(loopback_namespace(lb, weir_str(channel)), weir_str(channel)), PARTITIONS);
}

static void reset(struct loopback *lb, struct late_engine *late, struct weir_reset r)
{
	r.partitions = PARTITIONS;
	late_reset(late, &r);
	loopback_run(lb);
}

/* Another name in the same namespace, and in another partition. */
static const char *elsewhere(struct loopback *lb, const char *channel)
{
	static char name[20];
	unsigned i = 0;

	do
		snprintf(name, sizeof(name), "x%u", i++);
	while (partition_of(lb, name) == partition_of(lb, channel));
	return name;
}

static void reset_of_channels(void)
{
	struct late_engine *late;
	struct loopback *lb = broker(&late);
	struct loopback_client *c = connected(lb, 0), *server;
	const char *other = elsewhere(lb, "a");
	unsigned here = partition_of(lb, "a");

	subscribe_to(c, 2, "a", "");
	subscribe_to(c, 3, other, "");
	subscribe_to(c, 4, "audit:>", "");
	server = loopback_connect(lb, 1);
	say(server, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"42\",\"channels\":[\"a\"]}"));
	expect_start(server, "{\"id\":1,\"connect\":{");
	while (loopback_receive(c)) {}
	/* The event behind the reset is not for those who have not been told. */
	late_reset(late, &(struct weir_reset){.partition = here, .partitions = PARTITIONS, .channels = true});
	publish(lb, "a", "1");
	expect(c, "{\"push\":{\"channel\":\"a\",\"unsubscribe\":{\"code\":2500,\"reason\":\"insufficient state\"}}}");
	expect_closed(&server, 3010);
	publish(lb, other, "2");
	expect(c, "{\"push\":{\"channel\":\"%s\",\"pub\":{\"data\":2,\"offset\":1}}}", other);
	/* Patterns have their own place, in the log. */
	reset(lb, late, (struct weir_reset){.partition = partition_of(lb, "audit:x"), .channels = true});
	expect_nothing(c);
	reset(lb, late, (struct weir_reset){.partition = partition_of(lb, "audit:x"), .patterns = true});
	expect(c, "{\"push\":{\"channel\":\"audit:>\",\"unsubscribe\":{\"code\":2500,\"reason\":\"insufficient "
		  "state\"}}}");
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Without a position: the next event says that others may be missing, and only that one. */
static void reset_of_the_others(void)
{
	struct late_engine *late;
	struct loopback *lb = broker(&late);
	struct loopback_client *c = connected(lb, 0);

	subscribe_to(c, 2, "plain:a", "");
	subscribe_to(c, 3, "plain:*", "");
	subscribe_to(c, 4, "a", "");
	while (loopback_receive(c)) {}
	reset(lb, late,
		(struct weir_reset){.partition = partition_of(lb, "plain:a"), .channels = false, .unpositioned = true});
	expect_nothing(c);
	publish(lb, "plain:b", "1");
	expect(c, "{\"push\":{\"channel\":\"plain:*\",\"pub\":{\"data\":1,\"channel\":\"plain:b\",\"tags\":{"
		  "\"weir-dropped\":\"?\",\"channel\":\"plain:b\"}}}}");
	publish(lb, "a", "2");
	expect(c, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":2,\"offset\":1}}}");
	loopback_stall(c, true);
	loopback_client_free(&c);
	c = connected(lb, 1);
	subscribe_to(c, 2, "plain:a", "");
	while (loopback_receive(c)) {}
	reset(lb, late,
		(struct weir_reset){.partition = (partition_of(lb, "plain:a") + 1) % PARTITIONS, .unpositioned = true});
	publish(lb, "plain:a", "3");
	expect(c, "{\"push\":{\"channel\":\"plain:a\",\"pub\":{\"data\":3}}}");
	reset(lb, late, (struct weir_reset){.partition = partition_of(lb, "plain:a"), .unpositioned = true});
	publish(lb, "plain:a", "4");
	publish(lb, "plain:a", "5");
	expect(c, "{\"push\":{\"channel\":\"plain:a\",\"pub\":{\"data\":4,\"tags\":{\"weir-dropped\":\"?\"}}}}");
	expect(c, "{\"push\":{\"channel\":\"plain:a\",\"pub\":{\"data\":5}}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* ---- room for publishes ---- */

static void no_room_for_publishes(void)
{
	struct late_engine *late;
	struct loopback *lb = broker(&late);
	struct loopback_client *c = connected(lb, 0);
	struct loopback_result result;

	subscribe_to(c, 2, "plain:a", "");
	while (loopback_receive(c)) {}
	late->sink.publish_room(late->sink.ctx, false);
	say(c, "{\"id\":3,\"presence\":{\"channel\":\"a\"}}");
	expect(c, "{\"id\":3,\"presence\":{\"presence\":{}}}");
	CU_ASSERT_FALSE(loopback_publish(lb, 1, "plain:a", "0", &result));
	say(c, "{\"id\":4,\"publish\":{\"channel\":\"plain:a\",\"data\":1}}\n{\"id\":5,\"presence\":{\"channel\":\"a\"}"
	       "}");
	expect_nothing(c);
	CU_ASSERT(loopback_paused(c));
	late->sink.publish_room(late->sink.ctx, true);
	loopback_run(lb);
	CU_ASSERT_FALSE(loopback_paused(c));
	expect(c,
		"{\"push\":{\"channel\":\"plain:a\",\"pub\":{\"data\":1,\"info\":{\"user\":\"\",\"client\":\"@C\"}}}}");
	expect(c, "{\"id\":4,\"publish\":{}}");
	expect(c, "{\"id\":5,\"presence\":{\"presence\":{}}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"events before the answer", events_before_the_answer},
	{"gone before the answer", gone_before_the_answer},
	{"rejected late", rejected_late},
	{"errors", errors},
	{"connect refused half-way", connect_refused_half_way},
	{"reset of channels", reset_of_channels},
	{"reset of the others", reset_of_the_others},
	{"no room for publishes", no_room_for_publishes},
	CU_TEST_INFO_NULL,
};
