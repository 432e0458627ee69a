/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies and pushes as MessagePack: the examples of protocol.md §14.1 to the byte, and for everything else that its JSON form is
 * what the JSON codec writes: the same members, the same omissions, the same order.
 */
#include "test.h"

#include "weir/base/mem.h"
#include "weir/event/convert.h"
#include "weir/wire/codec.h"

const char weir_test_suite[] = "wire/msgpack_encode";

static void check_bytes(const struct weir_buf *got, struct weir_str want)
{
	CU_ASSERT_FALSE(got->failed);
	CU_ASSERT(weir_str_eq(weir_buf_view(got), want));
}

/* The two notations of one message. */
static void check_same(const struct weir_buf *packed, const struct weir_buf *json)
{
	struct weir_buf converted;

	weir_buf_init(&converted, 1 << 20);
	CU_ASSERT_FALSE_FATAL(packed->failed || json->failed);
	CU_ASSERT_EQUAL_FATAL(weir_json_from_msgpack(&converted, weir_buf_view(packed)), 0);
	CU_ASSERT(weir_str_eq(weir_buf_view(&converted), weir_buf_view(json)));
	weir_buf_fini(&converted);
}

static void reply(struct weir_reply r)
{
	struct weir_buf packed, json;

	weir_buf_init(&packed, 1 << 20);
	weir_buf_init(&json, 1 << 20);
	weir_codec_msgpack.reply(&packed, &r);
	weir_codec_json.reply(&json, &r);
	check_same(&packed, &json);
	weir_buf_fini(&packed);
	weir_buf_fini(&json);
}

static void push(struct weir_push p)
{
	struct weir_buf packed, json;

	weir_buf_init(&packed, 1 << 20);
	weir_buf_init(&json, 1 << 20);
	weir_codec_msgpack.push(&packed, &p);
	weir_codec_json.push(&json, &p);
	check_same(&packed, &json);
	weir_buf_fini(&packed);
	weir_buf_fini(&json);
}

static struct weir_buf message_of(const struct weir_codec *codec, const struct weir_push_spec *spec)
{
	struct weir_frame *f = codec->encoder.push(spec);
	struct weir_buf b;

	weir_buf_init(&b, 1 << 20);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(f->data[0], codec->binary ? 0x82 : 0x81);
	weir_buf_append(&b, f->data + f->header, f->len - f->header);
	weir_frame_unref(&f);
	return b;
}

static void event_push(const struct weir_push_spec *spec)
{
	struct weir_buf packed = message_of(&weir_codec_msgpack, spec), json = message_of(&weir_codec_json, spec);

	check_same(&packed, &json);
	weir_buf_fini(&packed);
	weir_buf_fini(&json);
}

#define REPLY(...) reply((struct weir_reply){__VA_ARGS__})
#define PUSH(...)  push((struct weir_push){__VA_ARGS__})

static const struct weir_client_info info = {{"u", 1}, {"c-1", 3}, {"{\"name\":\"x\"}", 12}, {"[1,2.5,null]", 12}};

static struct weir_event *event(enum weir_payload_format format, const char *p, size_t n, size_t n_tags)
{
	static const struct weir_tag tags[] = {{{"k", 1}, {"v", 1}}, {{"channel", 7}, {"mine", 4}}};
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("test"),
		.format = format,
		.data = {p, n},
		.info = n_tags ? &info : NULL,
		.tags = tags,
		.n_tags = n_tags});

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	e->offset = 7;
	return e;
}

static void examples(void)
{
	struct weir_event *e = event(WEIR_PAYLOAD_MSGPACK, "\x81\xa1v\xcb\x3f\xe0\0\0\0\0\0\0", 12, 0);
	struct weir_buf b;

	weir_buf_init(&b, 1000);
	weir_codec_msgpack.reply(&b, &(struct weir_reply){.id = 1, .error = WEIR_ERROR_PERMISSION});
	check_bytes(&b, WEIR_STR("\x82\xa2id\x01\xa5"
				 "error\x82\xa4"
				 "code\x67\xa7message\xb1permission denied"));
	weir_buf_reset(&b);
	weir_codec_msgpack.reply(&b, &(struct weir_reply){.id = 3, .method = WEIR_METHOD_PUBLISH});
	check_bytes(&b, WEIR_STR("\x82\xa2id\x03\xa7publish\x80"));
	weir_buf_fini(&b);
	b = message_of(&weir_codec_msgpack, &(struct weir_push_spec){.event = e, .offset = 7});
	check_bytes(&b, WEIR_STR("\x81\xa4push\x82\xa7"
				 "channel\xa4test\xa3pub\x82\xa4"
				 "data\x81\xa1v\xcb\x3f\xe0\0\0\0\0\0\0\xa6offset\x07"));
	weir_buf_fini(&b);
	CU_ASSERT(weir_str_is(weir_codec_msgpack.ping, "\x80"));
	weir_event_unref(&e);
}

static void results(void)
{
	struct weir_event *events[20];
	struct weir_event_list list = {.events = events, .count = 0};
	struct weir_client_info infos[] = {info, {{"", 0}, {"c-2", 3}, {NULL, 0}, {NULL, 0}}};
	struct weir_info_list all = {.infos = infos, .count = 2}, none = {.infos = NULL};
	struct weir_subscribe_result full = {.expires = true,
		.recoverable = true,
		.positioned = true,
		.recovered = true,
		.was_recovering = true,
		.ttl = 70000,
		.epoch = WEIR_STR("ep"),
		.offset = UINT64_MAX,
		.data = WEIR_STR("{\"weir\":{\"rate\":0.5}}"),
		.publications = &list};
	struct weir_named_result named[] = {{WEIR_STR("a"), full}, {WEIR_STR("b"), {.offset = 1}}};

	REPLY(.id = 1, .method = WEIR_METHOD_SUBSCRIBE);
	REPLY(.id = 1, .method = WEIR_METHOD_CONNECT);
	REPLY(.id = UINT32_MAX, .method = WEIR_METHOD_SUBSCRIBE, .subscribe = full);
	for (; list.count < WEIR_ARRAY_LEN(events); list.count++)
		events[list.count] = event(WEIR_PAYLOAD_JSON, "{\"a\":[1]}", 9, list.count % 3);
	REPLY(.id = 1, .method = WEIR_METHOD_SUBSCRIBE, .subscribe = full);
	full.pattern = true;
	REPLY(.id = 1, .method = WEIR_METHOD_SUBSCRIBE, .subscribe = full);
	REPLY(.id = 1, .method = WEIR_METHOD_CONNECT,
		.connect = {.client = WEIR_STR("c"),
			.version = WEIR_STR("v"),
			.expires = true,
			.ttl = 3,
			.data = WEIR_STR("[]"),
			.subs = named,
			.n_subs = 2,
			.ping = 25,
			.pong = true});
	REPLY(.id = 1, .method = WEIR_METHOD_PRESENCE, .presence = &all);
	REPLY(.id = 1, .method = WEIR_METHOD_PRESENCE, .presence = &none);
	REPLY(.id = 1, .method = WEIR_METHOD_PRESENCE_STATS, .stats = {0, 0});
	REPLY(.id = 1, .method = WEIR_METHOD_PRESENCE_STATS, .stats = {300, 70000});
	REPLY(.id = 1, .method = WEIR_METHOD_HISTORY, .history = {&list, WEIR_STR("e"), 9});
	list.count = 0;
	REPLY(.id = 1, .method = WEIR_METHOD_HISTORY, .history = {&list, WEIR_STR(""), 0});
	REPLY(.id = 1, .method = WEIR_METHOD_REFRESH,
		.refresh = {.client = WEIR_STR("c"), .version = WEIR_STR("v"), .expires = true, .ttl = 9});
	REPLY(.id = 1, .method = WEIR_METHOD_SUB_REFRESH, .refresh = {.expires = true, .ttl = 9});
	REPLY(.id = 1, .method = WEIR_METHOD_UNSUBSCRIBE);
	REPLY(.id = 1, .error = WEIR_ERROR_INTERNAL);
	REPLY(.id = 1, .error = WEIR_ERROR_BAD_REQUEST, .message = WEIR_STR("bad request: \"x\""));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(events); i++)
		weir_event_unref(&events[i]);
}

static void pushes(void)
{
	PUSH(.kind = WEIR_PUSH_UNSUBSCRIBE, .channel = WEIR_STR("c"), .unsubscribe = {2500, WEIR_STR("queue full")});
	PUSH(.kind = WEIR_PUSH_SUBSCRIBE, .channel = WEIR_STR("c"), .subscribe = {.offset = 5, .recoverable = true});
	PUSH(.kind = WEIR_PUSH_REFRESH, .refresh = {true, 60});
	PUSH(.kind = WEIR_PUSH_REFRESH, .channel = WEIR_STR("c"), .refresh = {false, 0});
}

static void events(void)
{
	for (int type = WEIR_EVENT_PUBLICATION; type <= WEIR_EVENT_LEAVE; type++)
		for (size_t n_tags = 0; n_tags < 3; n_tags++)
			for (int pattern = 0; pattern < 2; pattern++) {
				struct weir_event *e = event(WEIR_PAYLOAD_JSON, "{\"a\":\"\xc3\xa9\"}", 10, n_tags);

				e->type = (unsigned char)type;
				e->has_info = e->has_info || type != WEIR_EVENT_PUBLICATION;
				event_push(&(struct weir_push_spec){.event = e,
					.offset = e->offset,
					.pattern = pattern && type == WEIR_EVENT_PUBLICATION ? WEIR_STR("p.>")
											     : WEIR_STR_NONE});
				weir_event_unref(&e);
			}
}

/* What has no form in MessagePack is `bin`, and a tag says so, before the others; fields without tags have just the `bin`. */
static void wrapped(void)
{
	struct weir_event *json = event(WEIR_PAYLOAD_JSON, "\"\\ud800\"", 8, 0);
	struct weir_event *binary = event(WEIR_PAYLOAD_BINARY, "\xff\xd8", 2, 0);
	struct weir_buf b = message_of(&weir_codec_msgpack, &(struct weir_push_spec){.event = json});

	check_bytes(&b, WEIR_STR("\x81\xa4push\x82\xa7"
				 "channel\xa4test\xa3pub\x82\xa4"
				 "data\xc4\x08\"\\ud800\"\xa4tags\x81\xadweir-encoding\xa4json"));
	weir_buf_fini(&b);
	b = message_of(&weir_codec_msgpack, &(struct weir_push_spec){.event = binary});
	check_bytes(&b, WEIR_STR("\x81\xa4push\x82\xa7"
				 "channel\xa4test\xa3pub\x82\xa4"
				 "data\xc4\x02\xff\xd8\xa4tags\x81\xadweir-encoding\xa6"
				 "binary"));
	weir_buf_reset(&b);
	weir_codec_msgpack.reply(
		&b, &(struct weir_reply){
			    .id = 1, .method = WEIR_METHOD_SUBSCRIBE, .subscribe = {.data = WEIR_STR("1e400")}});
	check_bytes(&b, WEIR_STR("\x82\xa2id\x01\xa9subscribe\x81\xa4"
				 "data\xc4\x05"
				 "1e400"));
	weir_buf_fini(&b);
	weir_event_unref(&json);
	weir_event_unref(&binary);
}

CU_TestInfo weir_tests[] = {
	{"examples", examples},
	{"results", results},
	{"pushes", pushes},
	{"events", events},
	{"wrapped", wrapped},
	CU_TEST_INFO_NULL,
};
