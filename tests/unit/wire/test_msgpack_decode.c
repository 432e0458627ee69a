/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands in MessagePack: the examples of protocol.md §14.1, every command as it comes out of JSON too, what is refused, and the
 * guards.
 */
#include "test.h"

#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/event/convert.h"
#include "weir/wire/codec.h"

const char weir_test_suite[] = "wire/msgpack_decode";

static struct weir_buf scratch, message;

static void begin(void)
{
	if (!scratch.max) {
		weir_buf_init(&scratch, 1 << 20);
		weir_buf_init(&message, 1 << 20);
	}
	weir_buf_reset(&message);
}

/* The one command of these bytes, as a session reads it. */
static int decode(struct weir_str bytes, struct weir_command *out)
{
	struct weir_str rest = bytes;
	struct weir_command more;
	int err = weir_codec_msgpack.check(bytes);

	if (!err)
		err = weir_codec_msgpack.next(&rest, &scratch, out);
	if (!err) {
		struct weir_buf other;

		weir_buf_init(&other, 1 << 20);
		CU_ASSERT_EQUAL(weir_codec_msgpack.next(&rest, &other, &more), WEIR_ENOTFOUND);
		weir_buf_fini(&other);
	}
	return err;
}

/* The same from its JSON. */
static int decode_json(const char *json, struct weir_command *out)
{
	begin();
	CU_ASSERT_EQUAL_FATAL(weir_msgpack_from_json(&message, weir_str(json)), 0);
	return decode(weir_buf_view(&message), out);
}

#define BYTES(literal) weir_str_n(literal, sizeof(literal) - 1)
#define REFUSED(literal)                                                        \
	do {                                                                    \
		struct weir_command refused;                                    \
		begin();                                                        \
		CU_ASSERT_EQUAL(decode(BYTES(literal), &refused), WEIR_EPARSE); \
	} while (0)
#define REFUSED_JSON(text) CU_ASSERT_EQUAL(decode_json(text, &(struct weir_command){0}), WEIR_EPARSE)

static void examples(void)
{
	struct weir_command c;

	begin();
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x82\xa2id\x01\xa7"
					   "connect\x80"),
				      &c),
		0);
	CU_ASSERT(c.id == 1 && c.method == WEIR_METHOD_CONNECT && !c.connect.data.p);
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x82\xa2id\x03\xa7publish\x82\xa7"
					   "channel\xa4test\xa4"
					   "data\x81\xa1v\xcb\x3f\xe0\0\0\0\0\0\0"),
				      &c),
		0);
	CU_ASSERT(c.id == 3 && c.method == WEIR_METHOD_PUBLISH && weir_str_is(c.channel, "test"));
	CU_ASSERT(weir_str_eq(c.data, BYTES("\x81\xa1v\xcb\x3f\xe0\0\0\0\0\0\0")));
	CU_ASSERT_EQUAL(c.format, WEIR_PAYLOAD_MSGPACK);
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x80"), &c), 0);
	CU_ASSERT(c.id == 0 && c.method == WEIR_METHOD_NONE);
}

static void payloads(void)
{
	struct weir_command c;

	begin();
	/* A bin is bytes; inside of something it is a part of a value. */
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa7publish\x81\xa4"
					   "data\xc4\x02\xff\xd8"),
				      &c),
		0);
	CU_ASSERT(weir_str_eq(c.data, BYTES("\xff\xd8")) && c.format == WEIR_PAYLOAD_BINARY);
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa7publish\x81\xa4"
					   "data\xc4\x00"),
				      &c),
		0);
	CU_ASSERT(c.data.p && !c.data.n && c.format == WEIR_PAYLOAD_BINARY);
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa7publish\x81\xa4"
					   "data\x91\xc4\x02\xff\xd8"),
				      &c),
		0);
	CU_ASSERT(c.data.n == 5 && c.format == WEIR_PAYLOAD_MSGPACK);
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa7publish\x81\xa4"
					   "data\xd6\xff\0\0\0\0"),
				      &c),
		0);
	CU_ASSERT(c.data.n == 6 && c.format == WEIR_PAYLOAD_MSGPACK);
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa7publish\x81\xa4"
					   "data\xc0"),
				      &c),
		0);
	CU_ASSERT_PTR_NULL(c.data.p);
}

static void members(void)
{
	struct weir_command c;

	CU_ASSERT_EQUAL_FATAL(decode_json("{\"id\":4294967295,\"subscribe\":{\"channel\":\"c\",\"token\":\"t\","
					  "\"epoch\":\"e\",\"delta\":\"fossil\",\"offset\":18446744073709551615,"
					  "\"flag\":2,\"type\":-1,\"recover\":true,\"positioned\":true,\"recoverable\":"
					  "true,\"join_leave\":true,\"other\":[{}],\"tf\":{\"op\":\"and\",\"v\":1.5},"
					  "\"data\":{\"x\":1,\"weir\":{\"rate\":0.2}}}}",
				      &c),
		0);
	CU_ASSERT(c.id == UINT32_MAX && c.method == WEIR_METHOD_SUBSCRIBE);
	CU_ASSERT(weir_str_is(c.subscribe.channel, "c") && weir_str_is(c.subscribe.token, "t"));
	CU_ASSERT(weir_str_is(c.subscribe.epoch, "e") && weir_str_is(c.subscribe.delta, "fossil"));
	CU_ASSERT(c.subscribe.offset == UINT64_MAX && c.subscribe.flag == 2 && c.subscribe.type == -1);
	CU_ASSERT(c.subscribe.recover && c.subscribe.positioned && c.subscribe.recoverable && c.subscribe.join_leave);
	CU_ASSERT(weir_str_is(c.subscribe.tf, "{\"op\":\"and\",\"v\":1.5}"));
	CU_ASSERT(weir_str_is(c.subscribe.data, "{\"weir\":{\"rate\":0.2}}"));
	CU_ASSERT_EQUAL_FATAL(decode_json("{\"id\":1,\"history\":{\"channel\":\"c\",\"limit\":-1,\"reverse\":true,"
					  "\"since\":{\"offset\":5,\"epoch\":\"e\"}}}",
				      &c),
		0);
	CU_ASSERT(c.method == WEIR_METHOD_HISTORY && c.history.has_since && c.history.offset == 5);
	CU_ASSERT(c.history.limit == -1 && c.history.reverse && weir_str_is(c.history.epoch, "e"));
	CU_ASSERT_EQUAL_FATAL(decode_json("{\"id\":1,\"history\":{\"channel\":null,\"since\":null}}", &c), 0);
	CU_ASSERT(!c.history.channel.p && !c.history.has_since);
	/* The first of several methods in the protocol's order; nil is none. */
	CU_ASSERT_EQUAL_FATAL(decode_json("{\"send\":{},\"rpc\":{},\"connect\":null,\"id\":1}", &c), 0);
	CU_ASSERT_EQUAL(c.method, WEIR_METHOD_RPC);
	/* Integers in any notation. */
	begin();
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa2id\xd3\0\0\0\0\0\0\0\x05"), &c), 0);
	CU_ASSERT_EQUAL(c.id, 5);
}

/* The session reads options as JSON; of what has no form only they matter. */
static void options(void)
{
	struct weir_command c;

	begin();
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa9subscribe\x81\xa4"
					   "data\x84\x01\x02\xa1x\xc4\x01\xff\xa4weir\x81\xa3key\xa1k\x91\x05\x06"),
				      &c),
		0);
	CU_ASSERT(weir_str_is(c.subscribe.data, "{\"weir\":{\"key\":\"k\"}}"));
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa9subscribe\x81\xa4"
					   "data\x81\xa4weir\x81\xa5queue\xc4\x01\xff"),
				      &c),
		0);
	CU_ASSERT(weir_str_is(c.subscribe.data, "{\"weir\":{\"queue\":[]}}"));
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa9subscribe\x81\xa4"
					   "data\x82\xa4weir\x80\xa4weir\xc0"),
				      &c),
		0);
	CU_ASSERT(weir_str_is(c.subscribe.data, "{\"weir\":{},\"weir\":null}"));
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa9subscribe\x81\xa4"
					   "data\x93\x01\x02\x03"),
				      &c),
		0);
	CU_ASSERT_PTR_NULL(c.subscribe.data.p);
	CU_ASSERT_EQUAL_FATAL(decode(BYTES("\x81\xa7"
					   "connect\x82\xa4"
					   "data\x81\xa4weir\x81\xabqueue_bytes\xcd\x80\x00\xa5token\xa1t"),
				      &c),
		0);
	CU_ASSERT(
		weir_str_is(c.connect.data, "{\"weir\":{\"queue_bytes\":32768}}") && weir_str_is(c.connect.token, "t"));
}

static void subs(void)
{
	struct weir_subscribe_command s;
	struct weir_str rest, channel;
	struct weir_command c;
	struct weir_buf names;

	CU_ASSERT_EQUAL_FATAL(decode_json("{\"connect\":{\"subs\":{\"a\\n\":{\"recover\":true,\"offset\":5,\"epoch\":"
					  "\"e\",\"data\":{\"x\":1}},\"b\":null,\"c\":{}}}}",
				      &c),
		0);
	weir_buf_init(&names, 1000);
	weir_buf_reserve(&names, 100);
	rest = c.connect.subs;
	CU_ASSERT_EQUAL(weir_codec_msgpack.next_sub(&rest, &names, &channel, &s), 0);
	CU_ASSERT(weir_str_is(channel, "a\n") && s.recover && s.offset == 5 && weir_str_is(s.epoch, "e"));
	CU_ASSERT_EQUAL(weir_codec_msgpack.next_sub(&rest, &names, &channel, &s), 0);
	CU_ASSERT(weir_str_is(channel, "c") && !s.recover);
	CU_ASSERT_EQUAL(weir_codec_msgpack.next_sub(&rest, &names, &channel, &s), WEIR_ENOTFOUND);
	weir_buf_fini(&names);
	REFUSED_JSON("{\"connect\":{\"subs\":{\"a\":1}}}");
	REFUSED_JSON("{\"connect\":{\"subs\":{\"a\":{\"offset\":-1}}}}");
	REFUSED_JSON("{\"connect\":{\"subs\":{\"a\":{\"offset\":1.0}}}}");
	REFUSED_JSON("{\"connect\":{\"subs\":{\"a\":{\"epoch\":1}}}}");
	REFUSED_JSON("{\"connect\":{\"subs\":[]}}");
	REFUSED("\x81\xa7"
		"connect\x81\xa4subs\x81\x01\x80");
	REFUSED("\x81\xa7"
		"connect\x81\xa4subs\x81\xa1"
		"a\x81\x01\x02");
	REFUSED("\x81\xa7"
		"connect\x81\xa4subs\x81\xa1\xff\x80");
}

static void refused(void)
{
	REFUSED("");
	REFUSED("\x81");
	REFUSED("\x81\xa2id");
	REFUSED("\x82\xa2id\x01");
	REFUSED("\x81\xa2id\x01\xc1");
	REFUSED("\x81\xa2id\x01\x92");
	REFUSED("\x01");
	REFUSED("\x90");
	REFUSED("\xc0");
	REFUSED("\xa2id");
	REFUSED("\x81\x01\x02"); /* keys of other types */
	REFUSED("\x81\xc4\x02id\x01");
	REFUSED("\x81\xc0\x01");
	REFUSED("\x82\xa2id\x01\xa2id\x01"); /* twice */
	REFUSED("\x82\xa3rpc\xc0\xa3rpc\x80");
	REFUSED("\x81\xa3rpc\x82\xa7"
		"channel\xa1x\xa7"
		"channel\xa1x");
	REFUSED("\x81\xa3rpc\x81\x01\x02");
	REFUSED("\x81\xa2id\xff"); /* types and ranges */
	REFUSED("\x81\xa2id\xcb\x3f\xf0\0\0\0\0\0\0");
	REFUSED("\x81\xa2id\xcf\0\0\0\x01\0\0\0\0");
	REFUSED("\x81\xa2id\xa1"
		"1");
	REFUSED("\x81\xa2id\xc3");
	REFUSED("\x81\xa3rpc\x90");
	REFUSED("\x81\xa3rpc\xc4\x00");
	REFUSED("\x81\xa7publish\x81\xa7"
		"channel\xc4\x01x");
	REFUSED("\x81\xa7publish\x81\xa7"
		"channel\xa1\xff");
	REFUSED("\x81\xa9subscribe\x81\xa7recover\x01");
	REFUSED("\x81\xa9subscribe\x81\xa6offset\xff");
	REFUSED("\x81\xa9subscribe\x81\xa4"
		"flag\xcf\x80\0\0\0\0\0\0\0");
	REFUSED_JSON("{\"history\":{\"since\":[]}}");
	REFUSED_JSON("{\"history\":{\"since\":{\"offset\":\"1\"}}}");
	/* bombs */
	REFUSED("\xdf\xff\xff\xff\xff");
	REFUSED("\x81\xa7publish\x81\xa4"
		"data\xdd\xff\xff\xff\xff");
	REFUSED("\x81\xa7publish\x81\xa4"
		"data\xc6\xff\xff\xff\xff");
}

/* {"publish":{"data":[[…]]}}, or of an unknown member. */
static void put_nested(const char *name, size_t depth)
{
	begin();
	weir_buf_lit(&message, "\x81\xa7publish\x81");
	weir_buf_char(&message, (char)(0xa0 + strlen(name)));
	weir_buf_str(&message, weir_str(name));
	for (size_t i = 1; i < depth; i++)
		weir_buf_char(&message, '\x91');
	weir_buf_char(&message, '\x90');
}

/* The same with many elements. */
static void put_many(const char *name, unsigned n)
{
	begin();
	weir_buf_lit(&message, "\x81\xa7publish\x81");
	weir_buf_char(&message, (char)(0xa0 + strlen(name)));
	weir_buf_str(&message, weir_str(name));
	weir_buf_char(&message, '\xdc');
	weir_buf_char(&message, (char)(n >> 8));
	weir_buf_char(&message, (char)n);
	for (unsigned i = 0; i < n; i++)
		weir_buf_char(&message, '\x01');
}

static void guards(void)
{
	struct weir_command c;

	put_nested("data", 30);
	CU_ASSERT_EQUAL(decode(weir_buf_view(&message), &c), 0);
	put_nested("data", 31);
	CU_ASSERT_EQUAL(decode(weir_buf_view(&message), &c), WEIR_EPARSE);
	put_nested("x", 31);
	CU_ASSERT_EQUAL(decode(weir_buf_view(&message), &c), WEIR_EPARSE);
	put_many("data", 60000);
	CU_ASSERT_EQUAL(decode(weir_buf_view(&message), &c), 0);
	CU_ASSERT_EQUAL(c.data.n, 60003);
	put_many("x", 4096 - 5);
	CU_ASSERT_EQUAL(decode(weir_buf_view(&message), &c), 0);
	put_many("x", 4096 - 4);
	CU_ASSERT_EQUAL(decode(weir_buf_view(&message), &c), WEIR_EPARSE);
}

/* One after the other; what is before a bad one is good, and each is cut nowhere. */
static void several(void)
{
	struct weir_str rest = BYTES("\x80\x81\xa2id\x07\x80\x05");
	struct weir_command c;

	begin();
	CU_ASSERT_EQUAL(weir_codec_msgpack.check(rest), 0);
	CU_ASSERT(weir_codec_msgpack.next(&rest, &scratch, &c) == 0 && c.id == 0);
	CU_ASSERT(weir_codec_msgpack.next(&rest, &scratch, &c) == 0 && c.id == 7);
	CU_ASSERT(weir_codec_msgpack.next(&rest, &scratch, &c) == 0 && c.id == 0);
	CU_ASSERT_EQUAL(weir_codec_msgpack.next(&rest, &scratch, &c), WEIR_EPARSE);
	weir_buf_fini(&scratch);
	weir_buf_fini(&message);
}

CU_TestInfo weir_tests[] = {
	{"examples", examples},
	{"payloads", payloads},
	{"members", members},
	{"options", options},
	{"connect.subs", subs},
	{"refused", refused},
	{"guards", guards},
	{"several", several},
	CU_TEST_INFO_NULL,
};
