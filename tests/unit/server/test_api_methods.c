/* SPDX-License-Identifier: Apache-2.0 */
/* Every method of the API, with what it refuses. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "api_fixture.h"
#include "weir/core/channels_merge.h"

const char weir_test_suite[] = "server/api_methods";

#define PLACE(offset) "{\"result\":{\"offset\":" #offset ",\"epoch\":\"E\"}}"
#define EMPTY         "{\"result\":{}}"

/* All of the channel's publications. */
static void expect_history(struct api_fixture *f, const char *channel, const char *publications, unsigned top)
{
	char body[200], answer[2000];

	snprintf(body, sizeof(body), "{\"channel\":\"%s\",\"limit\":-1}", channel);
	snprintf(answer, sizeof(answer), "{\"result\":{\"publications\":[%s],\"epoch\":\"E\",\"offset\":%u}}",
		publications, top);
	api_expect(f, "history", body, 200, answer);
}

static void test_publish(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	/* Byte for byte, but for raw newlines. */
	api_expect(
		&f, "publish", "{\"channel\":\"a\",\"data\": {\"n\": 1.50,\r\n \"n\":\"\\u0041\\n\"} }", 200, PLACE(1));
	api_expect(&f, "publish", "{\"channel\":\"\\u0061\",\"data\":\"\"}", 200, PLACE(2));
	api_expect(&f, "publish",
		"{\"channel\":\"a\",\"data\":false,\"tags\":{\"k\":\"v\",\"ce-x\":\"\\u00e9\",\"n\":null}}", 200,
		PLACE(3));
	expect_history(&f, "a",
		"{\"data\":{\"n\": 1.50, \"n\":\"\\u0041\\n\"},\"offset\":1},{\"data\":\"\",\"offset\":2},"
		"{\"data\":false,\"offset\":3,\"tags\":{\"k\":\"v\",\"ce-x\":\"\xc3\xa9\"}}",
		3);
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"skip_history\":true}", 200, EMPTY);
	api_expect(&f, "publish", "{\"channel\":\"plain:a\",\"data\":1}", 200, EMPTY);
	api_expect(&f, "publish", "{\"channel\":\"$plain:a#1\",\"data\":1}", 200, EMPTY);
	api_expect(&f, "publish", "{\"channel\":\"object:a\",\"data\":{}}", 200, EMPTY);
	api_expect(&f, "history", "{\"channel\":\"a\"}", 200,
		"{\"result\":{\"publications\":[],\"epoch\":\"E\",\"offset\":3}}");
	CU_ASSERT_EQUAL(atomic_load(&f.worker.stats.events_in), 7);
	api_fixture_fini(&f);
}

static void test_publish_refused(void)
{
	struct api_fixture f;
	char body[2000], name[257];

	api_fixture_init(&f);
	api_expect_error(&f, "publish", "{}", 107);
	api_expect_error(&f, "publish", "{\"data\":1}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"\",\"data\":1}", 107);
	api_expect_error(&f, "publish", "{\"channel\":null,\"data\":1}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\"}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"data\":null}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"no:a\",\"data\":1}", 102);
	api_expect_error(&f, "publish", "{\"channel\":\":a\",\"data\":1}", 102);
	api_expect_error(&f, "publish", "{\"channel\":\"\xc3\xa9\",\"data\":1}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"plain:a.*\",\"data\":1}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\">\",\"data\":1}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"object:a\",\"data\":[]}", 107);
	memset(name, 'x', 256);
	name[256] = '\0';
	snprintf(body, sizeof(body), "{\"channel\":\"%s\",\"data\":1}", name);
	api_expect_error(&f, "publish", body, 107);
	snprintf(body, sizeof(body), "{\"channel\":\"%s\",\"data\":1}", name + 1);
	api_expect(&f, "publish", body, 200, PLACE(1));
	snprintf(body, sizeof(body), "{\"channel\":\"a\",\"data\":1,\"idempotency_key\":\"%s\"}", name);
	api_expect_error(&f, "publish", body, 107);
	CU_ASSERT_EQUAL(f.asked, 1);
	api_fixture_fini(&f);
}

static void test_publish_base64(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	/* It wins over data. {"a":\n1} and, with the slash escaped as some encoders do, "???" */
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":5,\"b64data\":\"eyJhIjoKMX0=\"}", 200, PLACE(1));
	api_expect(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"Ij8\\/PyI=\",\"format\":\"json\"}", 200, PLACE(2));
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":6,\"b64data\":\"\"}", 200, PLACE(3));
	expect_history(&f, "a",
		"{\"data\":{\"a\":1},\"offset\":1},{\"data\":\"\?\?\?\",\"offset\":2},{\"data\":6,\"offset\":3}", 3);
	api_expect(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"eyJhIjoKMX0\"}", 200,
		"{\"error\":{\"code\":107,\"message\":\"bad base64\"}}");
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"%%%%\",\"data\":1}", 107);
	/* null as a whole is absent. */
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"bnVsbA==\"}", 107);
	api_expect_error(&f, "broadcast", "{\"channels\":[\"a\"],\"b64data\":\"MQ==\",\"format\":\"xml\"}", 107);
	CU_ASSERT_EQUAL(f.asked, 4);
	api_fixture_fini(&f);
}

/* The formats of b64data, and what history says of them in JSON. */
static void formats(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	/* {"a":1}, {"img":<ff d8>} and the bytes ff d8 ff e0; what is no JSON is binary if nothing is said. */
	api_expect(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"gaFhAQ==\",\"format\":\"msgpack\"}", 200, PLACE(1));
	api_expect(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"gaNpbWfEAv/Y\",\"format\":\"msgpack\"}", 200,
		PLACE(2));
	api_expect(&f, "publish",
		"{\"channel\":\"a\",\"b64data\":\"/9j/4A==\",\"format\":\"binary\",\"tags\":{\"k\":\"v\"}}", 200,
		PLACE(3));
	api_expect(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"gaFhAQ==\"}", 200, PLACE(4));
	api_expect(
		&f, "publish", "{\"channel\":\"a\",\"b64data\":\"eyJhIjoxfQ==\",\"format\":\"binary\"}", 200, PLACE(5));
	expect_history(&f, "a",
		"{\"data\":{\"a\":1},\"offset\":1},"
		"{\"data\":\"gaNpbWfEAv/Y\",\"offset\":2,\"tags\":{\"weir-encoding\":\"msgpack+base64\"}},"
		"{\"data\":\"/9j/4A==\",\"offset\":3,\"tags\":{\"weir-encoding\":\"base64\",\"k\":\"v\"}},"
		"{\"data\":\"gaFhAQ==\",\"offset\":4,\"tags\":{\"weir-encoding\":\"base64\"}},"
		"{\"data\":\"eyJhIjoxfQ==\",\"offset\":5,\"tags\":{\"weir-encoding\":\"base64\"}}",
		5);
	/* What does not fit: half a value, two of them, no JSON, and JSON that is said to be something else. */
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"gaFh\",\"format\":\"msgpack\"}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"AQE=\",\"format\":\"msgpack\"}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"gaFhAQ==\",\"format\":\"json\"}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"format\":\"msgpack\"}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"format\":\"binary\"}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"format\":\"xml\"}", 107);
	/* nil as a whole, and nothing at all */
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"wA==\",\"format\":\"msgpack\"}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"b64data\":\"\",\"format\":\"binary\"}", 107);
	/* Reserved tags stay so. */
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"tags\":{\"weir-encoding\":\"base64\"}}", 107);
	/* Where an object is wanted, MessagePack has to have one as its form. */
	api_expect(&f, "publish", "{\"channel\":\"object:a\",\"b64data\":\"gaFhAQ==\",\"format\":\"msgpack\"}", 200,
		EMPTY);
	api_expect_error(&f, "publish", "{\"channel\":\"object:a\",\"b64data\":\"kQE=\",\"format\":\"msgpack\"}", 107);
	api_expect_error(
		&f, "publish", "{\"channel\":\"object:a\",\"b64data\":\"gaNpbWfEAv/Y\",\"format\":\"msgpack\"}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"object:a\",\"b64data\":\"/9j/4A==\"}", 107);
	api_fixture_fini(&f);
}

static void test_tags(void)
{
	struct api_fixture f;
	struct weir_buf body;

	api_fixture_init(&f);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"tags\":{\"a\":\"b\",\"weir-x\":\"1\"}}", 107);
	api_expect_error(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"tags\":{\"\\u0077eir-dropped\":\"1\"}}", 107);
	api_expect_error(&f, "broadcast", "{\"channels\":[\"a\"],\"data\":1,\"tags\":{\"weir-\":\"\"}}", 107);
	CU_ASSERT_EQUAL(f.asked, 0);
	api_expect(&f, "publish",
		"{\"channel\":\"a\",\"data\":1,\"tags\":{\"weir\":\"\",\"a\":\"1\",\"\\u0061\":\"2\"}}", 200, PLACE(1));
	expect_history(&f, "a", "{\"data\":1,\"offset\":1,\"tags\":{\"weir\":\"\",\"a\":\"2\"}}", 1);
	weir_buf_init(&body, SIZE_MAX);
	for (int n = 256; n <= 257; n++) {
		weir_buf_reset(&body);
		weir_buf_printf(&body, "{\"channel\":\"plain:a\",\"data\":1,\"tags\":{\"t\":\"v\"");
		for (int i = 1; i < n; i++)
			weir_buf_printf(&body, ",\"t%d\":\"v\"", i);
		weir_buf_append(&body, "}}", 3);
		if (n == 256)
			api_expect(&f, "publish", body.p, 200, EMPTY);
		else
			api_expect_error(&f, "publish", body.p, 107);
	}
	weir_buf_fini(&body);
	api_fixture_fini(&f);
}

static void test_version(void)
{
	struct api_fixture f;
	char body[400], name[300];

	api_fixture_init(&f);
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"version\":5}", 200, PLACE(1));
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":2,\"version\":5}", 200, PLACE(1));
	api_expect(&f, "broadcast", "{\"channels\":[\"a\",\"b\"],\"data\":3,\"version\":4}", 200,
		"{\"result\":{\"responses\":[" PLACE(1) "," PLACE(1) "]}}");
	api_expect(&f, "publish",
		"{\"channel\":\"a\",\"data\":4,\"version\":18446744073709551615,\"version_epoch\":\"e\"}", 200,
		PLACE(2));
	api_expect(
		&f, "publish", "{\"channel\":\"a\",\"data\":5,\"version\":6,\"version_epoch\":\"e\"}", 200, PLACE(2));
	expect_history(&f, "a", "{\"data\":1,\"offset\":1},{\"data\":4,\"offset\":2}", 2);
	expect_history(&f, "b", "{\"data\":3,\"offset\":1}", 1);
	CU_ASSERT_EQUAL(api_post(&f, "/api/publish", true, "{\"channel\":\"a\",\"data\":1,\"version\":-1}"), 400);
	memset(name, 'x', 256);
	name[256] = '\0';
	snprintf(body, sizeof(body), "{\"channel\":\"a\",\"data\":1,\"version\":9,\"version_epoch\":\"%s\"}", name);
	api_expect_error(&f, "publish", body, 107);
	api_fixture_fini(&f);
}

static void test_idempotency(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":1,\"idempotency_key\":\"k\"}", 200, PLACE(1));
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":2,\"idempotency_key\":\"k\"}", 200, PLACE(1));
	api_expect(&f, "broadcast", "{\"channels\":[\"a\",\"b\"],\"data\":3,\"idempotency_key\":\"k\"}", 200,
		"{\"result\":{\"responses\":[" PLACE(1) "," PLACE(1) "]}}");
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":4}", 200, PLACE(2));
	expect_history(&f, "a", "{\"data\":1,\"offset\":1},{\"data\":4,\"offset\":2}", 2);
	expect_history(&f, "b", "{\"data\":3,\"offset\":1}", 1);
	api_fixture_fini(&f);
}

static void test_broadcast(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "broadcast",
		"{\"channels\":[\"a\",\"no:a\",\"plain:a\",\"\",\"a\",\"a.>\",\"object:a\",\"\\u0062\"],\"data\":[1,"
		"\n2],"
		"\"tags\":{\"t\":\"u\"}}",
		200,
		"{\"result\":{\"responses\":[" PLACE(
			1) ",{\"error\":{\"code\":102,\"message\":\"unknown channel\"}}," EMPTY
			   ",{\"error\":{\"code\":107,\"message\":\"channel is missing\"}}," PLACE(
				   2) ",{\"error\":{\"code\":107,"
				      "\"message\":\"channel name is a "
				      "pattern\"}},{\"error\":{\"code\":107,\"message\":\"data must be an "
				      "object\"}}," PLACE(1) "]}}");
	expect_history(&f, "b", "{\"data\":[1,2],\"offset\":1,\"tags\":{\"t\":\"u\"}}", 1);
	api_expect_error(&f, "broadcast", "{\"data\":1}", 107);
	api_expect_error(&f, "broadcast", "{\"channels\":[],\"data\":1}", 107);
	api_expect_error(&f, "broadcast", "{\"channels\":[\"a\"]}", 107);
	CU_ASSERT_EQUAL(f.asked, 5);
	api_fixture_fini(&f);
}

/* To the channels that match and have subscribers, page by page. */
static void test_broadcast_pattern(void)
{
	static const char *const names[] = {"wild:b.cpu", "wild:a.cpu", "wild:c.mem", "wild:c.cpu", "wild:*.cpu", "a"};
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "broadcast", "{\"channels\":[\"wild:>\"],\"data\":1}", 200, "{\"result\":{\"responses\":[]}}");
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++)
		api_subscriber(&f, names[i], "u", "c", true);
	api_expect(&f, "broadcast", "{\"channels\":[\"wild:*.cpu\"],\"data\":1}", 200,
		"{\"result\":{\"responses\":[{\"channel\":\"wild:a.cpu\",\"result\":{}},{\"channel\":\"wild:b.cpu\","
		"\"result\":{}},{\"channel\":\"wild:c.cpu\",\"result\":{}}]}}");
	api_expect(&f, "broadcast", "{\"channels\":[\"wild:\\u002a.cpu\"],\"data\":1,\"limit\":2}", 200,
		"{\"result\":{\"responses\":[{\"channel\":\"wild:a.cpu\",\"result\":{}},{\"channel\":\"wild:b.cpu\","
		"\"result\":{}}],\"cursor\":\"wild:b.cpu\"}}");
	api_expect(&f, "broadcast", "{\"channels\":[\"wild:*.cpu\"],\"data\":1,\"limit\":2,\"cursor\":\"wild:b.cpu\"}",
		200, "{\"result\":{\"responses\":[{\"channel\":\"wild:c.cpu\",\"result\":{}}]}}");
	/* The whole bus, of any namespace; a result of its own for each. */
	api_subscriber(&f, "object:a", "u", "c", true);
	api_expect(&f, "broadcast", "{\"channels\":[\">\"],\"data\":7,\"limit\":2,\"idempotency_key\":\"k\"}", 200,
		"{\"result\":{\"responses\":[{\"channel\":\"a\",\"result\":{\"offset\":1,\"epoch\":\"E\"}},{"
		"\"channel\":"
		"\"object:a\",\"error\":{\"code\":107,\"message\":\"data must be an object\"}}],\"cursor\":\"object:"
		"a\"}}");
	expect_history(&f, "a", "{\"data\":7,\"offset\":1}", 1);
	/* A parallel batch goes on only when its channels are known. */
	CU_ASSERT_EQUAL(
		api_post(&f, "/api/batch", true,
			"{\"parallel\":true,\"commands\":[{\"broadcast\":{\"channels\":[\"wild:*.mem\"],\"data\":1}},"
			"{\"publish\":{\"channel\":\"a\",\"data\":2}}]}"),
		200);
	CU_ASSERT_STRING_EQUAL(f.answer,
		"{\"replies\":[{\"broadcast\":{\"responses\":[{\"channel\":\"wild:c.mem\",\"result\":"
		"{}}]}},{\"publish\":{\"offset\":2,\"epoch\":\"E\"}}]}");
	f.asked = 0;
	api_expect_error(&f, "broadcast", "{\"channels\":[\"no:*\"],\"data\":1}", 102);
	api_expect_error(&f, "broadcast", "{\"channels\":[\"wild:>.a\"],\"data\":1}", 107);
	api_expect_error(&f, "broadcast", "{\"channels\":[\"wild:*\"],\"data\":1,\"limit\":-1}", 107);
	api_expect_error(&f, "broadcast", "{\"channels\":[\"wild:*\"],\"data\":1,\"limit\":10001}", 107);
	api_expect_error(&f, "broadcast", "{\"channels\":[\"wild:*\"]}", 107);
	CU_ASSERT_EQUAL(f.asked, 0);
	f.status = -ENOMEM;
	api_expect_error(&f, "broadcast", "{\"channels\":[\"wild:*\"],\"data\":1}", 100);
	f.status = 0;
	api_subscriber(&f, "object:a", "u", "c", false);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++)
		api_subscriber(&f, names[i], "u", "c", false);
	api_fixture_fini(&f);
}

/* ---- connections ---- */

static void test_subscribe(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "subscribe",
		"{\"channel\":\"a\",\"user\":\"u\\u0031\",\"client\":\"c\",\"session\":\"s\",\"info\":{\"i\":\n1},"
		"\"b64info\":"
		"\"MTI=\",\"data\":[ 1,\r\n2],\"recover_since\":{\"offset\":18446744073709551615,\"epoch\":\"xyz\"},"
		"\"expire_at\":1700000100,\"override\":{\"presence\":{\"value\":true}}}",
		200, EMPTY);
	CU_ASSERT_EQUAL(f.control->op, WEIR_CONTROL_SUBSCRIBE);
	CU_ASSERT(weir_str_is(f.control->channel, "a"));
	CU_ASSERT_PTR_EQUAL(f.control->ns, weir_namespaces_resolve(f.namespaces, WEIR_STR("a")));
	CU_ASSERT(weir_str_is(f.control->user, "u1"));
	CU_ASSERT(weir_str_is(f.control->client, "c"));
	CU_ASSERT(weir_str_is(f.control->session, "s"));
	CU_ASSERT(weir_str_is(f.control->info, "12"));
	CU_ASSERT(weir_str_is(f.control->data, "[ 1,2]"));
	CU_ASSERT(weir_str_is(f.control->override, "{\"presence\":{\"value\":true}}"));
	CU_ASSERT(f.control->recover && f.control->has_expire_at);
	CU_ASSERT_EQUAL(f.control->since_offset, UINT64_MAX);
	CU_ASSERT(weir_str_is(f.control->since_epoch, "xyz"));
	CU_ASSERT_EQUAL(f.control->expire_at_s, 1700000100);
	api_expect(&f, "subscribe", "{\"channel\":\"a\",\"user\":\"u\"}", 200, EMPTY);
	CU_ASSERT_FALSE(f.control->recover || f.control->has_expire_at);
	CU_ASSERT_PTR_NULL(f.control->info.p);
	CU_ASSERT_PTR_NULL(f.control->data.p);
	api_expect_error(&f, "subscribe", "{\"user\":\"u\"}", 107);
	api_expect_error(&f, "subscribe", "{\"channel\":\"a\"}", 107);
	api_expect_error(&f, "subscribe", "{\"channel\":\"a\",\"user\":\"\",\"client\":\"\"}", 107);
	api_expect_error(&f, "subscribe", "{\"channel\":\"no:a\",\"user\":\"u\"}", 102);
	api_expect_error(&f, "subscribe", "{\"channel\":\"plain:*\",\"user\":\"u\"}", 108);
	api_expect_error(&f, "subscribe", "{\"channel\":\"wild:>.a\",\"user\":\"u\"}", 107);
	api_expect_error(&f, "subscribe", "{\"channel\":\"wild:*.#\",\"user\":\"u\"}", 107);
	api_expect_error(&f, "subscribe", "{\"channel\":\"no:*\",\"user\":\"u\"}", 102);
	api_expect_error(&f, "subscribe", "{\"channel\":\"a\",\"user\":\"u\",\"b64info\":\"*\"}", 107);
	api_expect_error(&f, "subscribe", "{\"channel\":\"a\",\"user\":\"u\",\"b64data\":\"/w==\"}", 107);
	CU_ASSERT_EQUAL(f.asked, 2);
	/* A client or a session names a connection of somebody anonymous. */
	api_expect(&f, "subscribe", "{\"channel\":\"a\",\"client\":\"c\"}", 200, EMPTY);
	api_expect(&f, "subscribe", "{\"channel\":\"a\",\"session\":\"s\"}", 200, EMPTY);
	api_expect(&f, "subscribe", "{\"channel\":\"wild:*.a\",\"user\":\"u\"}", 200, EMPTY);
	CU_ASSERT(weir_str_is(f.control->channel, "wild:*.a"));
	api_expect(&f, "subscribe", "{\"channel\":\">\",\"user\":\"u\"}", 200, EMPTY);
	CU_ASSERT(weir_str_is(f.control->channel, ">"));
	api_fixture_fini(&f);
}

static void test_unsubscribe(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "unsubscribe", "{\"channel\":\"plain:a\",\"user\":\"u\"}", 200, EMPTY);
	CU_ASSERT_EQUAL(f.control->op, WEIR_CONTROL_UNSUBSCRIBE);
	CU_ASSERT(weir_str_is(f.control->channel, "plain:a"));
	CU_ASSERT(weir_str_is(f.control->user, "u"));
	api_expect(&f, "unsubscribe", "{\"channel\":\"\",\"client\":\"c\"}", 200, EMPTY);
	CU_ASSERT_EQUAL(f.control->channel.n, 0);
	CU_ASSERT(weir_str_is(f.control->client, "c"));
	api_expect_error(&f, "unsubscribe", "{\"channel\":\"no:a\",\"user\":\"u\"}", 102);
	api_expect(&f, "unsubscribe", "{\"channel\":\"wild:>\",\"user\":\"u\"}", 200, EMPTY);
	CU_ASSERT(weir_str_is(f.control->channel, "wild:>"));
	api_expect_error(&f, "unsubscribe", "{\"channel\":\"a\"}", 107);
	CU_ASSERT_EQUAL(f.asked, 3);
	api_fixture_fini(&f);
}

static void expect_close(struct api_fixture *f, const char *body, unsigned code, const char *reason)
{
	api_expect(f, "disconnect", body, 200, EMPTY);
	CU_ASSERT_EQUAL(f->control->op, WEIR_CONTROL_DISCONNECT);
	CU_ASSERT_EQUAL(f->control->code, code);
	CU_ASSERT(weir_str_is(f->control->reason, reason));
}

static void test_disconnect(void)
{
	struct api_fixture f;
	char body[400], reason[125];

	api_fixture_init(&f);
	expect_close(&f, "{\"user\":\"u\"}", 3503, "force disconnect");
	CU_ASSERT_EQUAL(f.control->n_whitelist, 0);
	expect_close(&f, "{\"user\":\"u\",\"disconnect\":{}}", 3503, "force disconnect");
	expect_close(&f, "{\"user\":\"u\",\"disconnect\":{\"code\":3011}}", 3011, "force reconnect");
	expect_close(&f, "{\"user\":\"u\",\"disconnect\":{\"code\":4999}}", 4999, "disconnected");
	expect_close(&f, "{\"user\":\"u\",\"disconnect\":{\"reason\":\"by\\u0065\"}}", 3503, "bye");
	expect_close(&f,
		"{\"user\":\"u\",\"whitelist\":[\"c1\",\"\\u0063\\u0032\"],\"disconnect\":{\"code\":4000,\"reason\":"
		"\"go\"}}",
		4000, "go");
	CU_ASSERT_EQUAL_FATAL(f.control->n_whitelist, 2);
	CU_ASSERT(weir_str_is(f.control->whitelist[0], "c1"));
	CU_ASSERT(weir_str_is(f.control->whitelist[1], "c2"));
	memset(reason, 'r', 124);
	reason[124] = '\0';
	snprintf(body, sizeof(body), "{\"user\":\"u\",\"disconnect\":{\"reason\":\"%s\"}}", reason);
	api_expect_error(&f, "disconnect", body, 107);
	snprintf(body, sizeof(body), "{\"user\":\"u\",\"disconnect\":{\"reason\":\"%s\"}}", reason + 1);
	expect_close(&f, body, 3503, reason + 1);
	CU_ASSERT_EQUAL(f.asked, 7);
	api_expect_error(&f, "disconnect", "{}", 107);
	api_expect_error(&f, "disconnect", "{\"user\":\"u\",\"disconnect\":{\"code\":2999}}", 107);
	api_expect_error(&f, "disconnect", "{\"user\":\"u\",\"disconnect\":{\"code\":5000}}", 107);
	api_expect_error(
		&f, "disconnect", "{\"user\":\"u\",\"disconnect\":{\"reason\":\"{\\\"reconnect\\\":true}\"}}", 107);
	CU_ASSERT_EQUAL(f.asked, 7);
	api_fixture_fini(&f);
}

static void test_refresh(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "refresh", "{\"user\":\"u\",\"expire_at\":1700000100,\"info\":{\n}}", 200, EMPTY);
	CU_ASSERT_EQUAL(f.control->op, WEIR_CONTROL_REFRESH);
	CU_ASSERT_EQUAL(f.control->expire_at_s, 1700000100);
	CU_ASSERT(weir_str_is(f.control->info, "{}"));
	CU_ASSERT(f.control->has_expire_at);
	CU_ASSERT_FALSE(f.control->expired);
	api_expect(&f, "refresh", "{\"client\":\"c\",\"expired\":true}", 200, EMPTY);
	CU_ASSERT(f.control->expired && f.control->has_expire_at);
	CU_ASSERT_EQUAL(f.control->expire_at_s, 0);
	api_expect_error(&f, "refresh", "{\"expire_at\":1}", 107);
	api_fixture_fini(&f);
}

/* ---- queries ---- */

static void test_presence(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "presence", "{\"channel\":\"a\"}", 200, "{\"result\":{\"presence\":{}}}");
	api_expect(
		&f, "presence_stats", "{\"channel\":\"a\"}", 200, "{\"result\":{\"num_clients\":0,\"num_users\":0}}");
	api_subscriber(&f, "a", "", "c1", true);
	api_expect(&f, "presence", "{\"channel\":\"a\"}", 200,
		"{\"result\":{\"presence\":{\"c1\":{\"user\":\"\",\"client\":\"c1\"}}}}");
	api_subscriber(&f, "a", "", "c2", true);
	api_subscriber(&f, "a", "u", "c3", true);
	api_expect(
		&f, "presence_stats", "{\"channel\":\"a\"}", 200, "{\"result\":{\"num_clients\":3,\"num_users\":2}}");
	api_subscriber(&f, "a", "", "c1", false);
	api_subscriber(&f, "a", "", "c2", false);
	api_subscriber(&f, "a", "u", "c3", false);
	api_expect(&f, "presence", "{\"channel\":\"a\"}", 200, "{\"result\":{\"presence\":{}}}");
	api_expect_error(&f, "presence", "{\"channel\":\"plain:a\"}", 108);
	api_expect_error(&f, "presence_stats", "{\"channel\":\"plain:a\"}", 108);
	api_expect_error(&f, "presence", "{}", 107);
	api_expect_error(&f, "presence_stats", "{\"channel\":\"no:a\"}", 102);
	api_fixture_fini(&f);
}

static void test_history(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	for (int i = 1; i <= 7; i++) {
		char body[100];

		snprintf(body, sizeof(body), "{\"channel\":\"a\",\"data\":%d}", i);
		CU_ASSERT_EQUAL(api_post(&f, "/api/publish", true, body), 200);
	}
#define PUB(n)              "{\"data\":" #n ",\"offset\":" #n "}"
#define HISTORY(pubs)       "{\"result\":{\"publications\":[" pubs "],\"epoch\":\"E\",\"offset\":7}}"
#define EXPECT(query, pubs) api_expect(&f, "history", "{\"channel\":\"a\"" query "}", 200, HISTORY(pubs))
	EXPECT("", "");
	EXPECT(",\"limit\":0,\"since\":{\"offset\":3}", "");
	EXPECT(",\"limit\":-1", PUB(3) "," PUB(4) "," PUB(5) "," PUB(6) "," PUB(7));
	EXPECT(",\"limit\":2", PUB(3) "," PUB(4));
	EXPECT(",\"limit\":2,\"reverse\":true", PUB(7) "," PUB(6));
	EXPECT(",\"limit\":9,\"since\":{\"offset\":5}", PUB(6) "," PUB(7));
	EXPECT(",\"limit\":9,\"since\":{\"offset\":5,\"epoch\":\"\"}", PUB(6) "," PUB(7));
	EXPECT(",\"limit\":9,\"since\":{}", PUB(3) "," PUB(4) "," PUB(5) "," PUB(6) "," PUB(7));
	EXPECT(",\"limit\":2,\"since\":{\"offset\":6},\"reverse\":true", PUB(5) "," PUB(4));
	EXPECT(",\"limit\":9,\"since\":{\"offset\":7}", "");
	api_expect_error(
		&f, "history", "{\"channel\":\"a\",\"since\":{\"offset\":5,\"epoch\":\"no\"},\"limit\":1}", 112);
	api_expect_error(&f, "history", "{\"channel\":\"a\",\"since\":{},\"reverse\":true,\"limit\":1}", 107);
	api_expect_error(&f, "history", "{\"channel\":\"plain:a\",\"limit\":1}", 108);
	api_expect_error(&f, "history", "{\"channel\":\"no:a\",\"limit\":1}", 102);
	api_expect_error(&f, "history", "{\"limit\":1}", 107);
	api_expect(&f, "history_remove", "{\"channel\":\"a\"}", 200, EMPTY);
	EXPECT(",\"limit\":-1", "");
	api_expect(&f, "publish", "{\"channel\":\"a\",\"data\":8}", 200, PLACE(8));
	api_expect_error(&f, "history_remove", "{\"channel\":\"plain:a\"}", 108);
	api_expect_error(&f, "history_remove", "{\"channel\":\"no:a\"}", 102);
	api_expect_error(&f, "history_remove", "{}", 107);
	api_fixture_fini(&f);
}

static void test_channels(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "channels", "{}", 200, "{\"result\":{\"channels\":{}}}");
	api_subscriber(&f, "plain:\"q\"", "u", "c1", true);
	api_expect(&f, "channels", "{}", 200, "{\"result\":{\"channels\":{\"plain:\\\"q\\\"\":{\"num_clients\":1}}}}");
	api_subscriber(&f, "a1", "u", "c1", true);
	api_subscriber(&f, "a1", "u", "c2", true);
	CU_ASSERT_EQUAL(api_post(&f, "/api/channels", true, "{\"pattern\":\"\"}"), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.answer, "\"a1\":{\"num_clients\":2}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(f.answer, "\"plain:\\\"q\\\"\":{\"num_clients\":1}"));
	api_expect(&f, "channels", "{\"pattern\":\"a[0-9]\"}", 200,
		"{\"result\":{\"channels\":{\"a1\":{\"num_clients\":2}}}}");
	api_expect(&f, "channels", "{\"pattern\":\"{a1,b}\"}", 200,
		"{\"result\":{\"channels\":{\"a1\":{\"num_clients\":2}}}}");
	api_expect(&f, "channels", "{\"pattern\":\"b*\"}", 200, "{\"result\":{\"channels\":{}}}");
	api_subscriber(&f, "plain:\"q\"", "u", "c1", false);
	api_subscriber(&f, "a1", "u", "c1", false);
	api_subscriber(&f, "a1", "u", "c2", false);
	api_expect(&f, "channels", "{}", 200, "{\"result\":{\"channels\":{}}}");
	api_fixture_fini(&f);
}

#define NODE(clients, users, channels, subs, uptime)                                                            \
	"{\"result\":{\"nodes\":[{\"uid\":\"u1\",\"name\":\"n1\",\"version\":\"1.2\",\"num_clients\":" #clients \
	",\"num_users\":" #users ",\"num_channels\":" #channels ",\"num_subs\":" #subs ",\"uptime\":" #uptime   \
	",\"metrics\":{\"interval\":0,\"items\":{"

/* The node, and behind it the counters, which say that the test has sent so many publications. */
static void expect_node(struct api_fixture *f, const char *begin, unsigned events)
{
	char word[40];

	CU_ASSERT_EQUAL(api_post(f, "/api/info", true, "{}"), 200);
	if (strncmp(f->answer, begin, strlen(begin)) != 0)
		printf("\n%s\ninstead of\n%s\n", f->answer, begin);
	CU_ASSERT_EQUAL(strncmp(f->answer, begin, strlen(begin)), 0);
	snprintf(word, sizeof(word), "\"events_in\":%u,", events);
	CU_ASSERT_PTR_NOT_NULL(strstr(f->answer, word));
	CU_ASSERT_PTR_NOT_NULL(strstr(f->answer, ",\"queued_bytes\":0,\"queued_budget\":0}}}]}}"));
}

static void add_others(struct weir_request *r)
{
	struct weir_name_list *missing = NULL;

	if (r->type == WEIR_REQUEST_INFO) {
		struct weir_info_request *info = (struct weir_info_request *)r;

		missing = &info->missing;
		CU_ASSERT_EQUAL(
			weir_node_list_add(&info->nodes, &(struct weir_node_info){WEIR_STR("u2"), WEIR_STR("n2"),
								 WEIR_STR("1.1"), 7, 1, 2, 3, 4}),
			0);
	} else if (r->type == WEIR_REQUEST_CHANNELS) {
		struct weir_channels_request *found = (struct weir_channels_request *)r;

		missing = &found->missing;
		CU_ASSERT_EQUAL(
			weir_channels_merge(found, &(struct weir_channel_count){WEIR_STR("b"), 4}, 1, false), 0);
	}
	if (missing) {
		CU_ASSERT_EQUAL(weir_name_list_add(missing, WEIR_STR("u3")), 0);
		CU_ASSERT_EQUAL(weir_name_list_add(missing, WEIR_STR("u4")), 0);
	}
}

/* What other brokers say stands beside this one's, and those that did not answer are named. */
static void test_other_nodes(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.others = add_others;
	CU_ASSERT_EQUAL(api_post(&f, "/api/info", true, "{}"), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.answer,
		"}}},{\"uid\":\"u2\",\"name\":\"n2\",\"version\":\"1.1\",\"num_clients\":1,\"num_users\":2,"
		"\"num_channels\":3,\"num_subs\":4,\"uptime\":7}],\"missing\":[\"u3\",\"u4\"]}}"));
	api_subscriber(&f, "a", "u", "c1", true);
	api_expect(&f, "channels", "{}", 200,
		"{\"result\":{\"channels\":{\"a\":{\"num_clients\":1},\"b\":{\"num_clients\":4}},\"missing\":[\"u3\","
		"\"u4\"]}}");
	api_expect(&f, "broadcast", "{\"channels\":[\">\"],\"data\":7}", 200,
		"{\"result\":{\"responses\":[{\"channel\":\"a\",\"result\":{\"offset\":1,\"epoch\":\"E\"}},"
		"{\"channel\":\"b\",\"result\":{\"offset\":1,\"epoch\":\"E\"}}],\"missing\":[\"u3\",\"u4\"]}}");
	api_subscriber(&f, "a", "u", "c1", false);
	api_fixture_fini(&f);
}

static void test_info(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	f.ahead_ms = 0;
	expect_node(&f, NODE(0, 0, 0, 0, 0), 0);
	api_expect(&f, "publish", "{\"channel\":\"plain:a\",\"data\":1}", 200, EMPTY);
	api_subscriber(&f, "a", "u", "c1", true);
	api_subscriber(&f, "b", "u", "c2", true);
	api_subscriber(&f, "b", "", "c3", true);
	f.ahead_ms = 3600000 - (weir_mono_ms(&f.clock) - f.started_ms) + 500;
	expect_node(&f, NODE(3, 2, 2, 3, 3600), 1);
	api_subscriber(&f, "a", "u", "c1", false);
	api_subscriber(&f, "b", "u", "c2", false);
	api_subscriber(&f, "b", "", "c3", false);
	api_fixture_fini(&f);
}

static void test_rpc(void)
{
	struct api_fixture f;

	api_fixture_init(&f);
	api_expect(&f, "rpc", "{\"method\":\"m\",\"params\":{}}", 200,
		"{\"error\":{\"code\":104,\"message\":\"not found\"}}");
	api_expect_error(&f, "rpc", "{}", 104);
	CU_ASSERT_EQUAL(f.asked, 0);
	api_fixture_fini(&f);
}

CU_TestInfo weir_tests[] = {
	{"formats", formats},
	{"publish", test_publish},
	{"publish_refused", test_publish_refused},
	{"publish_base64", test_publish_base64},
	{"tags", test_tags},
	{"version", test_version},
	{"idempotency", test_idempotency},
	{"broadcast", test_broadcast},
	{"broadcast to a pattern", test_broadcast_pattern},
	{"subscribe", test_subscribe},
	{"unsubscribe", test_unsubscribe},
	{"disconnect", test_disconnect},
	{"refresh", test_refresh},
	{"presence", test_presence},
	{"history", test_history},
	{"channels", test_channels},
	{"info", test_info},
	{"other nodes", test_other_nodes},
	{"rpc", test_rpc},
	CU_TEST_INFO_NULL,
};
