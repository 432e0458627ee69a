/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, lines, envelopes and JSON as they may and may not come (protocol.md §2.3, §2.4, §2.6). */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/notation";

static struct loopback *broker(void)
{
	return loopback_new(&(struct loopback_options){.workers = 2, .seed = weir_test_seed()});
}

static void accepted(void)
{
	static const struct {
		const char *sent;
		unsigned id;
	} rows[] = {
		{"{\"id\":2,\"rpc\":{}}\n", 2}, {" \t{ \"id\" : 3 , \"rpc\" : { } } \r\n", 3},
		{"{\"rpc\":{},\"id\":4294967295}", 4294967295u}, {"{\"\\u0069d\":5,\"r\\u0070c\":{}}", 5},
		{"{\"id\":6,\"rpc\":{},\"unknown\":1,\"unknown\":[{}],\"\":null}", 6},
		{"{\"id\":7,\"connect\":null,\"subscribe\":null,\"rpc\":{\"data\":null,\"other\":[]}}", 7},
		{"{\"id\":8,\"rpc\":{\"data\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}", 8},
		{"{\"id\":9,\"rpc\":{},\"send\":{},\"refresh\":{}}", 9}, /* the first in the protocol's order */
	};
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 0);

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		say(c, "%s", rows[i].sent);
		expect_error(c, rows[i].id, 108);
	}
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void refused(void)
{
	static const char *const rows[] = {"", "\n", " ", "{\"id\":2,\"rpc\":{}}\n\n", "\n{\"id\":2,\"rpc\":{}}", "x",
		"[]", "5", "null", "\"{}\"", "{\"id\":2,\"rpc\":{}", "{\"id\":2,\"rpc\":{}}}",
		"{\"id\":2,\"rpc\":{}}{\"id\":3,\"rpc\":{}}", "{\"id\":2,\"rpc\":[]}", "{\"id\":2,\"rpc\":1}",
		"{\"id\":2,\"rpc\":{},\"send\":[]}", "{\"id\":2,\"id\":2,\"rpc\":{}}",
		"{\"id\":2,\"\\u0069d\":2,\"rpc\":{}}", "{\"id\":2,\"rpc\":{},\"rpc\":{}}",
		"{\"id\":2,\"rpc\":null,\"rpc\":{}}", "{\"id\":-1,\"rpc\":{}}", "{\"id\":1.0,\"rpc\":{}}",
		"{\"id\":1e1,\"rpc\":{}}", "{\"id\":4294967296,\"rpc\":{}}", "{\"id\":\"2\",\"rpc\":{}}",
		"{\"id\":true,\"rpc\":{}}", "{\"rpc\":{}}", "{\"id\":0,\"rpc\":{}}", "{\"id\":2}",
		"{\"id\":2,\"unknown\":{}}", "{\"id\":2,\"ping\":{}}", "{\"id\":2,\"push\":{}}", "{'id':2}",
		"{\"id\":02,\"rpc\":{}}", "{\"id\":2,\"rpc\":{\"data\":\"\xff\"}}",
		"{\"id\":2,\"rpc\":{\"data\":\"\t\"}}", "{\"id\":2,\"rpc\":{\"data\":tru}}",
		"{\"id\":2,\"rpc\":{\"data\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}",
		"\xef\xbb\xbf{\"id\":2,\"rpc\":{}}", "{\"id\":2,\"publish\":{\"channel\":\"a\",\"data\":01}}",
		"{\"id\":2,\"publish\":{\"channel\":\"a\",\"data\":}}",
		"{\"id\":2,\"publish\":{\"channel\":\"a\",\"data\":1,}}"};
	struct loopback *lb = broker();

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct loopback_client *c = connected(lb, i % 2);

		send_text(c, "%s", rows[i]);
		loopback_run(lb);
		while (loopback_receive(c))
			;
		CU_ASSERT_EQUAL_FATAL(loopback_closed(c), 3501);
		loopback_client_free(&c);
	}
	loopback_free(&lb);
}

static void bytes_that_are_no_text(void)
{
	static const struct weir_str rows[] = {
		{"\0", 1}, {"{\"id\":2,\"rpc\":{}}\0", 18}, {"{\"id\":2,\0\"rpc\":{}}", 18}};
	struct loopback *lb = broker();

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct loopback_client *c = connected(lb, 0);

		loopback_send_bytes(c, rows[i]);
		loopback_run(lb);
		expect_closed(&c, 3501);
	}
	loopback_free(&lb);
}

/* What came before the violation is answered, what comes after it is not looked at. */
static void up_to_the_violation(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 0);

	say(c, "{\"id\":2,\"rpc\":{}}\n{\"id\":3,\"rpc\":{}}\nx\n{\"id\":4,\"rpc\":{}}");
	expect_error(c, 2, 108);
	expect_error(c, 3, 108);
	expect_closed(&c, 3501);
	loopback_free(&lb);
}

/* A channel is its decoded name; what is sent back is escaped as little as possible. */
static void channel_names(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 0);

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"\\u0061\\/\\\"\\\\<~\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"a/\\u0022\\\\\\u003c~\"}}");
	expect_error(c, 3, 105);
	loopback_publish(lb, 1, "a/\"\\<~", "1", NULL);
	loopback_run(lb);
	expect(c, "{\"push\":{\"channel\":\"a/\\\"\\\\<~\",\"pub\":{\"data\":1}}}");
	say(c, "{\"id\":4,\"unsubscribe\":{\"channel\":\"a/\\\"\\\\<~\"}}");
	expect(c, "{\"id\":4,\"unsubscribe\":{}}");
	say(c, "{\"id\":5,\"subscribe\":{\"channel\":\"a\\u0000\"}}");
	expect_error(c, 5, 107);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Tags and reasons that the server writes are escaped, payloads are not touched. */
static void tags(void)
{
	static const struct weir_tag all[] = {{{"a\"", 2}, {"\x01\n", 2}}, {{"", 0}, {"\xe2\x80\xa8", 3}}};
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 1);

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"t\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	loopback_publish_event(lb, 0,
		weir_event_new(&(struct weir_event_spec){
			.channel = WEIR_STR("t"), .data = WEIR_STR("\"\xe2\x80\xa8\""), .tags = all, .n_tags = 2}),
		false, NULL, NULL);
	loopback_run(lb);
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":\"\xe2\x80\xa8\",\"tags\":{\"a\\\"\":\"\\u0001\\n\","
		  "\"\":\"\xe2\x80\xa8\"}}}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"accepted", accepted},
	{"refused", refused},
	{"bytes that are no text", bytes_that_are_no_text},
	{"up to the violation", up_to_the_violation},
	{"channel names", channel_names},
	{"tags", tags},
	CU_TEST_INFO_NULL,
};
