/* SPDX-License-Identifier: Apache-2.0 */
/* Replies and pushes as JSON, to the byte: what is omitted, what is always there. All of it is valid, on one line. */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/event/delta.h"
#include "weir/wire/codec.h"
#include "weir/wire/json.h"

const char weir_test_suite[] = "wire/json_encode";

static struct weir_buf out;

static const char *text(void)
{
	weir_buf_char(&out, 0);
	CU_ASSERT_FALSE_FATAL(out.failed);
	CU_ASSERT_EQUAL(weir_json_check(weir_str(out.p), 100, NULL, NULL), 0);
	CU_ASSERT_PTR_NULL(strchr(out.p, '\n'));
	return out.p;
}

static const char *reply(struct weir_reply r)
{
	if (!out.max)
		weir_buf_init(&out, 1 << 20);
	weir_buf_reset(&out);
	weir_codec_json.reply(&out, &r);
	return text();
}

static const char *push(struct weir_push p)
{
	weir_buf_reset(&out);
	weir_codec_json.push(&out, &p);
	return text();
}

/* The payload of an event's frame, which must be one text frame. */
static const char *event_push(const struct weir_event *e, const struct weir_event *previous, enum weir_push_variant v)
{
	struct weir_frame *f = weir_codec_json.encoder.push(
		&(struct weir_push_spec){.event = e, .previous = previous, .variant = v, .offset = e->offset});
	size_t header;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(f->data[0], 0x81);
	header = f->data[1] < 126 ? 2 : 4;
	weir_buf_reset(&out);
	weir_buf_append(&out, f->data + header, f->len - header);
	weir_frame_unref(&f);
	return text();
}

#define REPLY(...) reply((struct weir_reply){__VA_ARGS__})
#define PUSH(...)  push((struct weir_push){__VA_ARGS__})

static struct weir_event *event(const char *data, const struct weir_tag *tags, size_t n_tags, uint64_t offset)
{
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){
		.channel = WEIR_STR("c\""), .data = weir_str(data), .tags = tags, .n_tags = n_tags});

	e->offset = offset;
	return e;
}

static void empty_results(void)
{
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 1, .method = WEIR_METHOD_SUBSCRIBE), "{\"id\":1,\"subscribe\":{}}");
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 2, .method = WEIR_METHOD_UNSUBSCRIBE), "{\"id\":2,\"unsubscribe\":{}}");
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 3, .method = WEIR_METHOD_PUBLISH), "{\"id\":3,\"publish\":{}}");
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 4, .method = WEIR_METHOD_SUB_REFRESH), "{\"id\":4,\"sub_refresh\":{}}");
	CU_ASSERT_STRING_EQUAL(
		REPLY(.id = UINT32_MAX, .method = WEIR_METHOD_REFRESH), "{\"id\":4294967295,\"refresh\":{}}");
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 5, .method = WEIR_METHOD_PRESENCE, .presence = &(struct weir_info_list){0}),
		"{\"id\":5,\"presence\":{\"presence\":{}}}");
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 6, .method = WEIR_METHOD_PRESENCE_STATS),
		"{\"id\":6,\"presence_stats\":{\"num_clients\":0,\"num_users\":0}}");
	CU_ASSERT_STRING_EQUAL(
		REPLY(.id = 7, .method = WEIR_METHOD_HISTORY, .history.publications = &(struct weir_event_list){0}),
		"{\"id\":7,\"history\":{\"publications\":[],\"epoch\":\"\",\"offset\":0}}");
}

static void errors(void)
{
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 1, .method = WEIR_METHOD_RPC, .error = WEIR_ERROR_NOT_AVAILABLE),
		"{\"id\":1,\"error\":{\"code\":108,\"message\":\"not available\"}}");
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 1, .error = WEIR_ERROR_INTERNAL),
		"{\"id\":1,\"error\":{\"code\":100,\"message\":\"internal server error\",\"temporary\":true}}");
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 1, .error = WEIR_ERROR_BAD_REQUEST, .message = WEIR_STR("a \"b\"")),
		"{\"id\":1,\"error\":{\"code\":107,\"message\":\"a \\\"b\\\"\"}}");
}

static void connect(void)
{
	struct weir_named_result subs[] = {
		{WEIR_STR("a\\"), {.recoverable = true, .epoch = WEIR_STR("E")}}, {WEIR_STR("b"), {0}}};

	CU_ASSERT_STRING_EQUAL(REPLY(.id = 1, .method = WEIR_METHOD_CONNECT,
				       .connect = {.client = WEIR_STR("id"), .version = WEIR_STR("w 1")}),
		"{\"id\":1,\"connect\":{\"client\":\"id\",\"version\":\"w 1\"}}");
	CU_ASSERT_STRING_EQUAL(REPLY(.id = 1, .method = WEIR_METHOD_CONNECT,
				       .connect = {.client = WEIR_STR("id"),
					       .version = WEIR_STR("w"),
					       .expires = true,
					       .ttl = 9,
					       .ping = 25,
					       .pong = true,
					       .subs = subs,
					       .n_subs = 2}),
		"{\"id\":1,\"connect\":{\"client\":\"id\",\"version\":\"w\",\"expires\":true,\"ttl\":9,\"subs\":{"
		"\"a\\\\\":{\"recoverable\":true,\"epoch\":\"E\"},\"b\":{}},\"ping\":25,\"pong\":true}}");
}

static void subscribe(void)
{
	struct weir_event *events[] = {event("1", NULL, 0, 4), event("[2]", NULL, 0, 5)};
	struct weir_event_list list = {events, 2};
	struct weir_subscribe_result all = {.expires = true,
		.ttl = 3,
		.recoverable = true,
		.positioned = true,
		.recovered = true,
		.was_recovering = true,
		.epoch = WEIR_STR("E"),
		.offset = 3,
		.data = WEIR_STR("{ }"),
		.publications = &list};

	CU_ASSERT_STRING_EQUAL(REPLY(.id = 1, .method = WEIR_METHOD_SUBSCRIBE, .subscribe = all),
		"{\"id\":1,\"subscribe\":{\"expires\":true,\"ttl\":3,\"recoverable\":true,\"epoch\":\"E\","
		"\"publications\":["
		"{\"data\":1,\"offset\":4},{\"data\":[2],\"offset\":5}],\"recovered\":true,\"offset\":3,\"positioned\":"
		"true,"
		"\"data\":{ },\"was_recovering\":true}}");
	all.delta = true; /* payloads as strings, the flag at the end */
	CU_ASSERT_PTR_NOT_NULL(strstr(REPLY(.id = 1, .method = WEIR_METHOD_SUBSCRIBE, .subscribe = all),
		"\"publications\":[{\"data\":\"1\",\"offset\":4},{\"data\":\"[2]\",\"offset\":5}],"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, ",\"delta\":true}}"));
	list.count = 0;
	CU_ASSERT_PTR_NULL(strstr(REPLY(.id = 1, .method = WEIR_METHOD_SUBSCRIBE, .subscribe = all), "publications"));
	weir_event_unref(&events[0]);
	weir_event_unref(&events[1]);
}

static void infos(void)
{
	struct weir_client_info infos[] = {
		{.user = WEIR_STR(""), .client = WEIR_STR("1")}, {.user = WEIR_STR("u\t"),
									 .client = WEIR_STR("2"),
									 .conn_info = WEIR_STR("{ }"),
									 .chan_info = WEIR_STR("7")}};
	struct weir_info_list list = {infos, 2};

	CU_ASSERT_STRING_EQUAL(REPLY(.id = 1, .method = WEIR_METHOD_PRESENCE, .presence = &list),
		"{\"id\":1,\"presence\":{\"presence\":{\"1\":{\"user\":\"\",\"client\":\"1\"},\"2\":{\"user\":\"u\\t\","
		"\"client\":\"2\","
		"\"conn_info\":{ },\"chan_info\":7}}}}");
}

static void refresh(void)
{
	CU_ASSERT_STRING_EQUAL(
		REPLY(.id = 1, .method = WEIR_METHOD_REFRESH,
			.refresh = {.client = WEIR_STR("c"), .version = WEIR_STR("v"), .expires = true, .ttl = 5}),
		"{\"id\":1,\"refresh\":{\"client\":\"c\",\"version\":\"v\",\"expires\":true,\"ttl\":5}}");
	CU_ASSERT_STRING_EQUAL(
		REPLY(.id = 1, .method = WEIR_METHOD_SUB_REFRESH, .refresh = {.expires = true, .ttl = 5}),
		"{\"id\":1,\"sub_refresh\":{\"expires\":true,\"ttl\":5}}");
}

static void pushes(void)
{
	CU_ASSERT_STRING_EQUAL(PUSH(.kind = WEIR_PUSH_UNSUBSCRIBE, .channel = WEIR_STR("c"),
				       .unsubscribe = {2500, WEIR_STR("insufficient state")}),
		"{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":2500,\"reason\":\"insufficient state\"}}}");
	CU_ASSERT_STRING_EQUAL(PUSH(.kind = WEIR_PUSH_UNSUBSCRIBE, .channel = WEIR_STR("c")),
		"{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":0,\"reason\":\"\"}}}"); /* both always */
	CU_ASSERT_STRING_EQUAL(PUSH(.kind = WEIR_PUSH_SUBSCRIBE, .channel = WEIR_STR("c"),
				       .subscribe = {.positioned = true, .offset = 7}),
		"{\"push\":{\"channel\":\"c\",\"subscribe\":{\"offset\":7,\"positioned\":true}}}");
	CU_ASSERT_STRING_EQUAL(PUSH(.kind = WEIR_PUSH_REFRESH), "{\"push\":{\"refresh\":{}}}");
	CU_ASSERT_STRING_EQUAL(PUSH(.kind = WEIR_PUSH_REFRESH, .refresh = {true, 4}),
		"{\"push\":{\"refresh\":{\"expires\":true,\"ttl\":4}}}");
	CU_ASSERT(weir_str_is(weir_codec_json.ping, "{}"));
}

static void publications(void)
{
	static const struct weir_tag tags[] = {{{"a", 1}, {"1\"", 2}}, {{"b", 1}, {"", 0}}};
	struct weir_event *e = event("{ \"x\" : 1.0 }", tags, 2, UINT64_MAX),
			  *plain = event("\"\xc3\xa4\"", NULL, 0, 0);

	CU_ASSERT_STRING_EQUAL(event_push(e, NULL, WEIR_PUSH_PLAIN),
		"{\"push\":{\"channel\":\"c\\\"\",\"pub\":{\"data\":{ \"x\" : 1.0 "
		"},\"offset\":18446744073709551615,\"tags\":{\"a\":\"1\\\"\","
		"\"b\":\"\"}}}}");
	CU_ASSERT_STRING_EQUAL(event_push(plain, NULL, WEIR_PUSH_PLAIN),
		"{\"push\":{\"channel\":\"c\\\"\",\"pub\":{\"data\":\"\xc3\xa4\"}}}");
	CU_ASSERT_STRING_EQUAL(event_push(plain, NULL, WEIR_PUSH_DELTA_FULL),
		"{\"push\":{\"channel\":\"c\\\"\",\"pub\":{\"data\":\"\\\"\xc3\xa4\\\"\"}}}");
	weir_event_unref(&e);
	weir_event_unref(&plain);
}

static void deltas(void)
{
	char one[200], two[200];
	struct weir_event *a, *b, *other = event("7", NULL, 0, 3);
	struct weir_json v, data = {0};
	struct weir_json_iter it;
	struct weir_str name;
	struct weir_buf patch, got;

	snprintf(one, sizeof(one), "{\"text\":\"%0100d\",\"n\":1}", 5);
	snprintf(two, sizeof(two), "{\"text\":\"%0100d\",\"n\":2}", 5);
	a = event(one, NULL, 0, 1);
	b = event(two, NULL, 0, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(event_push(b, a, WEIR_PUSH_DELTA), "\",\"delta\":true,\"offset\":2}}}"));
	CU_ASSERT_EQUAL(weir_json_check(weir_str(out.p), 32, &v, NULL), 0);
	for (int depth = 0; depth < 3; depth++) {
		it = weir_json_members(v);
		while (weir_json_next_member(&it, &name, &data) && !weir_json_string_is(name, WEIR_STR("push")) &&
			!weir_json_string_is(name, WEIR_STR("pub")) && !weir_json_string_is(name, WEIR_STR("data")))
			;
		v = data;
	}
	weir_buf_init(&patch, 10000);
	weir_buf_init(&got, 10000);
	weir_json_string_decode(&patch, v.text);
	CU_ASSERT_EQUAL(weir_delta_apply(&got, a->data, weir_buf_view(&patch)), 0);
	CU_ASSERT(weir_str_eq(weir_buf_view(&got), b->data));
	weir_buf_fini(&patch);
	weir_buf_fini(&got);
	/* No shorter than the whole: the whole. */
	CU_ASSERT_STRING_EQUAL(event_push(other, a, WEIR_PUSH_DELTA),
		"{\"push\":{\"channel\":\"c\\\"\",\"pub\":{\"data\":\"7\",\"offset\":3}}}");
	CU_ASSERT_PTR_NULL(strstr(event_push(b, NULL, WEIR_PUSH_DELTA), "delta"));
	weir_event_unref(&a);
	weir_event_unref(&b);
	weir_event_unref(&other);
}

static void joins(void)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("1"), .chan_info = WEIR_STR("[]")};
	struct weir_event_spec spec = {.type = WEIR_EVENT_JOIN, .channel = WEIR_STR("c"), .info = &info};
	struct weir_event *join = weir_event_new(&spec), *left;

	spec.type = WEIR_EVENT_LEAVE;
	left = weir_event_new(&spec);
	CU_ASSERT_STRING_EQUAL(event_push(join, NULL, WEIR_PUSH_PLAIN),
		"{\"push\":{\"channel\":\"c\",\"join\":{\"info\":{\"user\":"
		"\"u\",\"client\":\"1\",\"chan_info\":[]}}}}");
	CU_ASSERT_STRING_EQUAL(event_push(left, NULL, WEIR_PUSH_PLAIN),
		"{\"push\":{\"channel\":\"c\",\"leave\":{\"info\":{\"user\":"
		"\"u\",\"client\":\"1\",\"chan_info\":[]}}}}");
	weir_event_unref(&join);
	weir_event_unref(&left);
}

static void commas(void)
{
	weir_buf_reset(&out);
	weir_json_key(&out, "a");
	weir_buf_lit(&out, "[");
	weir_json_comma(&out);
	weir_buf_lit(&out, "1");
	weir_json_comma(&out);
	weir_buf_lit(&out, "{");
	weir_json_key(&out, "b");
	weir_json_comma(&out); /* behind a colon: nothing */
	weir_buf_lit(&out, "2}]");
	weir_json_key(&out, "c");
	weir_buf_char(&out, 0);
	CU_ASSERT_STRING_EQUAL(out.p, "\"a\":[1,{\"b\":2}],\"c\":");
	weir_buf_fini(&out);
	out.max = 0;
}

static struct weir_event *event_of(enum weir_payload_format format, const char *p, size_t n)
{
	static const struct weir_tag tag = {{"k", 1}, {"v", 1}};

	return weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"),
		.data = {p, n},
		.format = format,
		.tags = &tag,
		.n_tags = format == WEIR_PAYLOAD_BINARY});
}

/* Payloads that are not JSON: converted, or wrapped and told by a tag; in the same way to delta subscribers. */
static void formats(void)
{
	struct weir_event *e = event_of(WEIR_PAYLOAD_MSGPACK, "\x81\xa1v\xcb\x3f\xe0\0\0\0\0\0\0", 12);
	struct weir_event *wrapped = event_of(WEIR_PAYLOAD_MSGPACK, "\x81\xa3img\xc4\x02\xff\xd8", 9);
	struct weir_event *binary = event_of(WEIR_PAYLOAD_BINARY, "\xff\xd8\xff\xe0", 4);

	CU_ASSERT_STRING_EQUAL(
		event_push(e, NULL, WEIR_PUSH_PLAIN), "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":{\"v\":0.5}}}}");
	CU_ASSERT_STRING_EQUAL(event_push(wrapped, NULL, WEIR_PUSH_PLAIN),
		"{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":\"gaNpbWfEAv/Y\",\"tags\":{\"weir-encoding\":"
		"\"msgpack+base64\"}}}}");
	CU_ASSERT_STRING_EQUAL(event_push(binary, NULL, WEIR_PUSH_PLAIN),
		"{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":\"/9j/4A==\",\"tags\":{\"weir-encoding\":\"base64\","
		"\"k\":\"v\"}}}}");
	CU_ASSERT_STRING_EQUAL(event_push(e, NULL, WEIR_PUSH_DELTA_FULL),
		"{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":\"{\\\"v\\\":0.5}\"}}}");
	CU_ASSERT_STRING_EQUAL(event_push(binary, wrapped, WEIR_PUSH_DELTA),
		"{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":\"\\\"/9j/4A==\\\"\",\"tags\":{\"weir-encoding\":"
		"\"base64\",\"k\":\"v\"}}}}");
	weir_event_unref(&e);
	weir_event_unref(&wrapped);
	weir_event_unref(&binary);
}

CU_TestInfo weir_tests[] = {
	{"empty results", empty_results},
	{"formats", formats},
	{"errors", errors},
	{"connect", connect},
	{"subscribe", subscribe},
	{"infos", infos},
	{"refresh", refresh},
	{"pushes", pushes},
	{"publications", publications},
	{"deltas", deltas},
	{"joins", joins},
	{"commas", commas},
	CU_TEST_INFO_NULL,
};
