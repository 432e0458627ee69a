/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-Sent Events of /events: the text of events and control messages, and positions that follow what a queue has
 * really written.
 */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/bus/queue.h"
#include "weir/wire/events.h"

const char weir_test_suite[] = "wire/events";

static const struct weir_encoder *const enc = &weir_codec_events.encoder;

static struct weir_frame *frame(const char *channel, const char *pattern, uint64_t offset, const char *tag)
{
	struct weir_tag tags[] = {{WEIR_STR("k"), weir_str(tag)}};
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){.channel = weir_str(channel),
		.data = WEIR_STR("{}"),
		.tags = tags,
		.n_tags = tag != NULL,
		.time_ms = 5});
	struct weir_frame *f =
		enc->push(&(struct weir_push_spec){.event = e, .pattern = weir_str(pattern), .offset = offset});

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	f->offset = offset;
	weir_event_unref(&e);
	return f;
}

static void expect_text(const unsigned char *p, size_t n, const char *text)
{
	if (n != strlen(text) || memcmp(p, text, n) != 0)
		printf("\n%.*s\ninstead of\n%s\n", (int)n, p, text);
	CU_ASSERT(n == strlen(text) && memcmp(p, text, n) == 0);
}

static void test_events(void)
{
	static const struct weir_client_info info = {{"u", 1}, {"", 0}, {"[1]", 3}, {NULL, 0}};
	struct weir_tag tags[] = {{WEIR_STR("a"), WEIR_STR("\"")}};
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("a\"b"),
		.format = WEIR_PAYLOAD_BINARY,
		.data = WEIR_STR("x\ny"),
		.id = WEIR_STR("i d"),
		.info = &info,
		.tags = tags,
		.n_tags = 1,
		.time_ms = 1764000000123});
	struct weir_frame *f = enc->push(&(struct weir_push_spec){.event = e, .offset = 7});

	expect_text(f->data, f->len,
		"data: {\"channel\":\"a\\\"b\",\"data\":\"eAp5\",\"offset\":7,\"tags\":{\"weir-encoding\":\"base64\","
		"\"a\":\"\\\"\"},\"info\":{\"user\":\"u\",\"client\":\"\",\"conn_info\":[1]},\"id\":\"i d\","
		"\"time\":1764000000123}\n\n");
	weir_frame_unref(&f);
	weir_event_unref(&e);
	f = frame("n:a", "n:*", 0, NULL);
	expect_text(f->data, f->len, "data: {\"channel\":\"n:a\",\"pattern\":\"n:*\",\"data\":{},\"time\":5}\n\n");
	weir_frame_unref(&f);
	e = weir_event_new(
		&(struct weir_event_spec){.type = WEIR_EVENT_LEAVE, .channel = WEIR_STR("c"), .info = &info});
	f = enc->push(&(struct weir_push_spec){.event = e});
	expect_text(f->data, f->len,
		"event: weir\ndata: {\"leave\":{\"channel\":\"c\",\"info\":{\"user\":\"u\",\"client\":\"\","
		"\"conn_info\":[1]}}}\n\n");
	CU_ASSERT_EQUAL(f->tags_at, 0);
	weir_frame_unref(&f);
	weir_event_unref(&e);
}

static void test_control(void)
{
	struct weir_buf b;

	weir_buf_init(&b, SIZE_MAX);
	weir_codec_events.push(&b, &(struct weir_push){.kind = WEIR_PUSH_UNSUBSCRIBE,
					   .channel = WEIR_STR("c"),
					   .unsubscribe = {2000, WEIR_STR("go")}});
	expect_text((unsigned char *)b.p, b.len,
		"event: weir\ndata: {\"unsubscribed\":{\"channel\":\"c\",\"code\":2000,\"reason\":\"go\"}}");
	weir_buf_reset(&b);
	weir_codec_events.disconnect(&b, 3001, WEIR_STR("shutdown"));
	expect_text((unsigned char *)b.p, b.len,
		"event: weir\ndata: {\"disconnect\":{\"code\":3001,\"reason\":\"shutdown\"}}");
	weir_buf_reset(&b);
	weir_codec_events.push(&b, &(struct weir_push){.kind = WEIR_PUSH_REFRESH});
	expect_text((unsigned char *)b.p, b.len, ":"); /* a comment: nothing to say */
	weir_buf_fini(&b);
}

/* ---- places ---- */

static struct weir_events_place three[] = {
	{.name = {"\"a\"", 3}, .positioned = true, .epoch = "E", .offset = 5},
	{.name = {"\"n:*\"", 5}, .positioned = true, .epoch = "17", .offset = 0},
	{.name = {"\"b\"", 3}},
};

static void expect_placed(
	struct weir_events_places *p, struct weir_frame *f, uint32_t dropped, bool without_offset, const char *text)
{
	size_t n = enc->place(p, f, dropped, without_offset, NULL, 0);
	unsigned char *out = weir_xmalloc(n + 1);

	for (size_t room = 0; room <= n; room++) { /* it says how much it needs, and stays inside */
		out[room] = 0xa5;
		CU_ASSERT_EQUAL(enc->place(p, f, dropped, without_offset, out, room), n);
		CU_ASSERT_EQUAL(out[room], 0xa5);
	}
	expect_text(out, n, text);
	free(out);
}

static void test_places(void)
{
	struct weir_events_place at[3];
	struct weir_events_places p = {at, 3};
	struct weir_frame *f;
	struct weir_buf b;

	memcpy(at, three, sizeof(at));
	weir_buf_init(&b, SIZE_MAX);
	weir_events_position(&b, &p);
	expect_text((unsigned char *)b.p, b.len, "E:5,17:0,-");
	weir_buf_fini(&b);
	f = frame("a", NULL, 6, "v");
	expect_placed(&p, f, 0, false,
		"id: E:6,17:0,-\ndata: "
		"{\"channel\":\"a\",\"data\":{},\"offset\":6,\"tags\":{\"k\":\"v\"},\"time\":5}\n\n");
	CU_ASSERT_EQUAL(at[0].offset, 5); /* not before it is written */
	expect_placed(&p, f, 3, true,
		"data: {\"channel\":\"a\",\"data\":{},\"tags\":{\"weir-dropped\":\"3\",\"k\":\"v\"},\"time\":5}\n\n");
	enc->placed(&p, f, true);
	CU_ASSERT_EQUAL(at[0].offset, 5); /* it overtook others */
	enc->placed(&p, f, false);
	CU_ASSERT_EQUAL(at[0].offset, 6);
	weir_frame_unref(&f);
	f = frame("n:a", "n:*", 9, NULL); /* of the pattern, not of the channel */
	expect_placed(&p, f, WEIR_LOST_UNKNOWN, false,
		"id: E:6,17:9,-\ndata: {\"channel\":\"n:a\",\"pattern\":\"n:*\",\"data\":{},\"offset\":9,"
		"\"tags\":{\"weir-dropped\":\"?\"},\"time\":5}\n\n");
	enc->placed(&p, f, false);
	CU_ASSERT_EQUAL(at[1].offset, 9);
	weir_frame_unref(&f);
	f = frame("b", NULL, 4, NULL); /* without a position of its own */
	expect_placed(&p, f, 0, false, "data: {\"channel\":\"b\",\"data\":{},\"offset\":4,\"time\":5}\n\n");
	weir_frame_unref(&f);
	f = frame("other", NULL, 4, NULL);
	expect_placed(&p, f, 0, false, "data: {\"channel\":\"other\",\"data\":{},\"offset\":4,\"time\":5}\n\n");
	weir_frame_unref(&f);
}

static void test_no_places(void)
{
	struct weir_events_places p = {&three[2], 1};
	struct weir_buf b;

	weir_buf_init(&b, SIZE_MAX);
	weir_events_position(&b, &p);
	CU_ASSERT_EQUAL(b.len, 0);
	weir_buf_fini(&b);
}

static void test_parse(void)
{
	static const char *const bad[] = {"", ":", "e", "e:", ":1", "e:x", "e:-1", "e:1:2", "e :1", "\xc3\xa9:1",
		"e:18446744073709551616", "01234567890123456789012345678901:1"};
	struct weir_str rest = WEIR_STR("aB.9:0,-,1:18446744073709551615"), epoch;
	uint64_t offset;

	CU_ASSERT_EQUAL(weir_events_position_next(&rest, &epoch, &offset), 0);
	CU_ASSERT(weir_str_is(epoch, "aB.9") && offset == 0 && rest.p);
	CU_ASSERT_EQUAL(weir_events_position_next(&rest, &epoch, &offset), 0);
	CU_ASSERT(!epoch.p && offset == 0 && rest.p);
	CU_ASSERT_EQUAL(weir_events_position_next(&rest, &epoch, &offset), 0);
	CU_ASSERT(weir_str_is(epoch, "1") && offset == UINT64_MAX && !rest.p);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		rest = weir_str(bad[i]);
		CU_ASSERT_EQUAL(weir_events_position_next(&rest, &epoch, &offset), WEIR_EPARSE);
	}
}

/* ---- in a queue ---- */

static void awake(struct weir_queues *all, struct weir_queue *q)
{
	(void)all;
	(void)q;
}

static void push(struct weir_queue *q, struct weir_lane *l, const char *channel, uint64_t offset)
{
	struct weir_frame *f = frame(channel, NULL, offset, NULL);

	CU_ASSERT_EQUAL(weir_queue_push(q, l, f, (struct weir_event_key){0}), 0);
	weir_frame_unref(&f);
}

/* All that is written, with `size` bytes of scratch memory. */
static void drain(struct weir_queue *q, size_t size, struct weir_buf *out)
{
	unsigned char scratch[1024];

	CU_ASSERT_FATAL(size <= sizeof(scratch));
	for (;;) {
		struct weir_str s = weir_queue_take(q, scratch, size);

		if (!s.n)
			return;
		weir_buf_str(out, s);
	}
}

/* Ids follow what is written, across lanes, also when a lane has ended, however small the gathered writes are. */
static void test_queue(void)
{
	static const size_t sizes[] = {16, 100, 200, 1024};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(sizes); i++) {
		struct weir_events_place at[3];
		struct weir_events_places p = {at, 3};
		struct weir_queues all;
		struct weir_queue q;
		struct weir_lane a, b;
		struct weir_buf out;

		memcpy(at, three, sizeof(at));
		at[2] = (struct weir_events_place){.name = {"\"b\"", 3}, .positioned = true, .epoch = "F", .offset = 1};
		weir_queues_init(&all, &weir_clock_real, NULL, awake);
		weir_queue_init(&q, &all, enc, 1 << 20);
		q.place = &p;
		CU_ASSERT_EQUAL_FATAL(weir_lane_init(&a, 10, false, 0, 0), 0);
		CU_ASSERT_EQUAL_FATAL(weir_lane_init(&b, 10, false, 0, 0), 0);
		push(&q, &a, "a", 6);
		push(&q, &b, "b", 2);
		push(&q, &a, "a", 7);
		push(&q, &b, "b", 3);
		CU_ASSERT_TRUE(weir_queue_drop_oldest(&q, &a));
		weir_queue_absorb(&q, &b);
		weir_buf_init(&out, SIZE_MAX);
		drain(&q, sizes[i], &out);
		expect_text((unsigned char *)out.p, out.len,
			"id: E:5,17:0,F:2\ndata: {\"channel\":\"b\",\"data\":{},\"offset\":2,\"time\":5}\n\n"
			"id: E:7,17:0,F:2\ndata: {\"channel\":\"a\",\"data\":{},\"offset\":7,"
			"\"tags\":{\"weir-dropped\":\"1\"},\"time\":5}\n\n"
			"id: E:7,17:0,F:3\ndata: {\"channel\":\"b\",\"data\":{},\"offset\":3,\"time\":5}\n\n");
		weir_buf_fini(&out);
		weir_queue_clear(&q);
		weir_lane_fini(&a);
		weir_lane_fini(&b);
	}
}

CU_TestInfo weir_tests[] = {
	{"events", test_events},
	{"control messages", test_control},
	{"places", test_places},
	{"no places", test_no_places},
	{"parse", test_parse},
	{"in a queue", test_queue},
	CU_TEST_INFO_NULL,
};
