/* SPDX-License-Identifier: Apache-2.0 */
/* What subscribers of each notation get of a payload of each format, made once however many threads ask. */
#include "test.h"

#include <pthread.h>

#include "weir/base/mem.h"
#include "weir/event/payload.h"

static struct weir_event *event(enum weir_payload_format format, const char *p, size_t n)
{
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .data = {p, n}, .format = format});

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	return e;
}

static void check(const struct weir_event *e, enum weir_notation n, struct weir_str bytes, const char *encoding)
{
	struct weir_payload p, again;

	CU_ASSERT_EQUAL_FATAL(weir_event_payload(e, n, &p), 0);
	CU_ASSERT(weir_str_eq(p.bytes, bytes));
	CU_ASSERT(encoding ? weir_str_is(p.encoding, encoding) : !p.encoding.p);
	CU_ASSERT_EQUAL_FATAL(weir_event_payload(e, n, &again), 0);
	CU_ASSERT_PTR_EQUAL(p.bytes.p, again.bytes.p);
}

#define CHECK(e, notation, bytes, encoding) check((e), WEIR_NOTATION_##notation, WEIR_STR(bytes), (encoding))

static void test_json(void)
{
	struct weir_event *e = event(WEIR_PAYLOAD_JSON, "{ \"v\":0.5}", 10);

	CHECK(e, JSON, "{ \"v\":0.5}", NULL);
	CHECK(e, MSGPACK, "\x81\xa1v\xcb\x3f\xe0\0\0\0\0\0\0", NULL);
	weir_event_unref(&e);
	e = event(WEIR_PAYLOAD_JSON, "\"\\ud800\"", 8);
	CHECK(e, MSGPACK, "\xc4\x08\"\\ud800\"", "json");
	weir_event_unref(&e);
	e = event(WEIR_PAYLOAD_JSON, "no JSON", 7); /* as another broker could have put it there */
	CHECK(e, MSGPACK, "\xc4\x07no JSON", "json");
	weir_event_unref(&e);
}

static void test_msgpack(void)
{
	struct weir_event *e = event(WEIR_PAYLOAD_MSGPACK, "\x81\xa1v\xcb\x3f\xe0\0\0\0\0\0\0", 12);

	CHECK(e, MSGPACK, "\x81\xa1v\xcb\x3f\xe0\0\0\0\0\0\0", NULL);
	CHECK(e, JSON, "{\"v\":0.5}", NULL);
	weir_event_unref(&e);
	e = event(WEIR_PAYLOAD_MSGPACK, "\x81\xa3img\xc4\x02\xff\xd8", 9);
	CHECK(e, JSON, "\"gaNpbWfEAv/Y\"", "msgpack+base64");
	weir_event_unref(&e);
}

static void test_binary(void)
{
	struct weir_event *e = event(WEIR_PAYLOAD_BINARY, "\xff\xd8\xff\xe0", 4);

	CHECK(e, JSON, "\"/9j/4A==\"", "base64");
	CHECK(e, MSGPACK, "\xc4\x04\xff\xd8\xff\xe0", "binary");
	weir_event_unref(&e);
	e = event(WEIR_PAYLOAD_BINARY, "", 0);
	CHECK(e, JSON, "\"\"", "base64");
	CHECK(e, MSGPACK, "\xc4\x00", "binary");
	weir_event_unref(&e);
}

struct race {
	struct weir_event *e;
	struct weir_payload got[2];
};

static void *race_one(void *arg)
{
	struct race *r = arg;

	CU_ASSERT_EQUAL(weir_event_payload(r->e, WEIR_NOTATION_JSON, &r->got[0]), 0);
	return NULL;
}

static void test_threads(void)
{
	for (int i = 0; i < 200; i++) {
		struct race r = {.e = event(WEIR_PAYLOAD_MSGPACK, "\x93\x01\x02\x03", 4)};
		pthread_t other;

		CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, race_one, &r), 0);
		CU_ASSERT_EQUAL(weir_event_payload(r.e, WEIR_NOTATION_JSON, &r.got[1]), 0);
		pthread_join(other, NULL);
		CU_ASSERT_PTR_EQUAL(r.got[0].bytes.p, r.got[1].bytes.p);
		CU_ASSERT(weir_str_is(r.got[0].bytes, "[1,2,3]"));
		weir_event_unref(&r.e);
	}
}

const char weir_test_suite[] = "payload";
CU_TestInfo weir_tests[] = {
	{"json", test_json},
	{"msgpack", test_msgpack},
	{"binary", test_binary},
	{"threads", test_threads},
	CU_TEST_INFO_NULL,
};
