/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subscribers of both notations at one broker: what one publishes the other gets, commands that wait without anything between
 * them, marks on one event in both notations. (Test programs that end in _msgpack run other scenarios in MessagePack.)
 */
#include "scenario.h"
#include "test.h"
#include "weir/event/convert.h"

const char weir_test_suite[] = "sim/msgpack";

static const struct weir_namespace without = {
	.history_size = 10, .history_ttl_ms = 60000, .history_meta_ttl_ms = 60000, WEIR_NAMESPACE_QUEUE_DEFAULTS};

static struct loopback *broker(void)
{
	return loopback_new(&(struct loopback_options){.workers = 2, .seed = weir_test_seed(), .without = without});
}

static struct loopback_client *packed_client(struct loopback *lb, unsigned worker)
{
	struct loopback_client *c = loopback_connect_msgpack(lb, worker);

	say(c, "{\"id\":1,\"connect\":{}}");
	expect_start(c, "{\"id\":1,\"connect\":{");
	return c;
}

static void publish(struct loopback *lb, enum weir_payload_format format, const char *p, size_t n)
{
	struct weir_event *e = weir_event_new(
		&(struct weir_event_spec){.channel = WEIR_STR("a"), .format = format, .data = {p, n}, .time_ms = 1});

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_FATAL(loopback_publish_event(lb, 0, e, false, NULL, NULL));
	loopback_run(lb);
}

static void one_channel(void)
{
	struct loopback *lb = broker();
	struct loopback_client *json = connected(lb, 0), *packed = packed_client(lb, 1);

	subscribe_to(json, 2, "a", "");
	subscribe_to(packed, 2, "a", "");
	expect_start(json, "{\"id\":2,\"subscribe\":{");
	expect_start(packed, "{\"id\":2,\"subscribe\":{");
	publish(lb, WEIR_PAYLOAD_JSON, "{ \"v\":0.50}", 11);
	expect(json, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":{ \"v\":0.50},\"offset\":1}}}");
	expect(packed, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":{\"v\":0.5},\"offset\":1}}}");
	publish(lb, WEIR_PAYLOAD_MSGPACK, "\x81\xa1v\xcc\x05", 5);
	expect(json, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":{\"v\":5},\"offset\":2}}}");
	CU_ASSERT(weir_str_eq(loopback_receive_bytes(packed), WEIR_STR("\x81\xa4push\x82\xa7"
								       "channel\xa1"
								       "a\xa3pub\x82\xa4"
								       "data\x81\xa1v\xcc\x05\xa6offset\x02")));
	publish(lb, WEIR_PAYLOAD_MSGPACK, "\x81\xa3img\xc4\x02\xff\xd8", 9);
	expect(json, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":\"gaNpbWfEAv/Y\",\"offset\":3,\"tags\":"
		     "{\"weir-encoding\":\"msgpack+base64\"}}}}");
	expect(packed, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":{\"img\":[]},\"offset\":3}}}");
	publish(lb, WEIR_PAYLOAD_BINARY, "\xff\xd8\xff\xe0", 4);
	expect(json, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":\"/9j/4A==\",\"offset\":4,\"tags\":"
		     "{\"weir-encoding\":\"base64\"}}}}");
	expect(packed, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":[],\"offset\":4,\"tags\":"
		       "{\"weir-encoding\":\"binary\"}}}}");
	say(json, "{\"id\":3,\"history\":{\"channel\":\"a\",\"limit\":-1,\"reverse\":true}}");
	expect_start(json, "{\"id\":3,\"history\":{\"publications\":[{\"data\":\"/9j/4A==\",\"offset\":4,\"tags\":"
			   "{\"weir-encoding\":\"base64\"}},{\"data\":\"gaNpbWfEAv/Y\",");
	loopback_client_free(&json);
	loopback_client_free(&packed);
	loopback_free(&lb);
}

/* Commands in the backlog: nothing stands between them, and each runs once. */
static void backlog(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = packed_client(lb, 1);

	send_text(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"rpc\":{}}");
	CU_ASSERT_FALSE(loopback_paused(c));
	send_text(c, "{\"id\":4,\"unsubscribe\":{\"channel\":\"a\"}}\n{\"id\":5,\"rpc\":{}}");
	CU_ASSERT(loopback_paused(c));
	send_text(c, "{\"id\":6,\"subscribe\":{\"channel\":\"a\"}}");
	send_text(c, "{\"id\":7,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":8,\"rpc\":{}}");
	loopback_run(lb);
	CU_ASSERT_FALSE(loopback_paused(c));
	expect_error(c, 3, 108);
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	expect(c, "{\"id\":4,\"unsubscribe\":{}}");
	expect_error(c, 5, 108);
	expect_start(c, "{\"id\":6,\"subscribe\":{");
	expect_error(c, 7, 105);
	expect_error(c, 8, 108);
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* A violation is one at once where it is seen before any command is read, else when its turn comes. */
static void violations(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = packed_client(lb, 1);

	send_text(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}");
	loopback_send_bytes(c, WEIR_STR("\x81"));
	expect_closed(&c, 3501);
	c = packed_client(lb, 0);
	send_text(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}");
	loopback_send_bytes(c, WEIR_STR("\x05"));
	loopback_run(lb);
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	expect_closed(&c, 3501);
	c = packed_client(lb, 0);
	loopback_send_bytes(c, WEIR_STR(""));
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

/* The tag that tells of a loss stands before those of the publisher and of the wrapping, in both notations. */
static void marks(void)
{
	static const char options[] = ",\"data\":{\"weir\":{\"overflow\":\"latest\"}}";
	struct loopback *lb = broker();
	struct loopback_client *clients[] = {connected(lb, 0), packed_client(lb, 0)};

	for (int i = 0; i < 2; i++) {
		subscribe_to(clients[i], 2, "a", options);
		expect_start(clients[i], "{\"id\":2,\"subscribe\":{");
		loopback_stall(clients[i], true);
	}
	publish(lb, WEIR_PAYLOAD_JSON, "1", 1);
	publish(lb, WEIR_PAYLOAD_JSON, "2", 1);
	publish(lb, WEIR_PAYLOAD_BINARY, "\xff", 1);
	for (int i = 0; i < 2; i++)
		loopback_stall(clients[i], false);
	expect(clients[0], "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":\"/w==\",\"offset\":3,\"tags\":"
			   "{\"weir-dropped\":\"2\",\"weir-encoding\":\"base64\"}}}}");
	expect(clients[1], "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":[],\"offset\":3,\"tags\":"
			   "{\"weir-dropped\":\"2\",\"weir-encoding\":\"binary\"}}}}");
	for (int i = 0; i < 2; i++)
		loopback_client_free(&clients[i]);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"one channel", one_channel},
	{"backlog", backlog},
	{"violations", violations},
	{"marks", marks},
	CU_TEST_INFO_NULL,
};
