/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deltas: full or patch by the rules of protocol.md §6.1; patches are applied as an SDK does and must give the
 * payload.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "test.h"
#include "weir/event/delta.h"

const char weir_test_suite[] = "sim/delta";

static const struct weir_namespace all = {.history_size = 20,
	.history_ttl_ms = 10000,
	.history_meta_ttl_ms = 60000,
	.allow_recovery = true,
	.allow_history_for_client = true,
	.delta_fossil = true,
	.delta_publish = true};
static const struct weir_namespace named[] = {
	{.name = (char *)"off",
		.history_size = 5,
		.history_ttl_ms = 10000,
		.history_meta_ttl_ms = 60000,
		.delta_fossil = true},
	{.name = (char *)"bare", .delta_fossil = true, .delta_publish = true},
};

static struct loopback *broker(void)
{
	return loopback_new(&(struct loopback_options){
		.workers = 2, .seed = weir_test_seed(), .without = all, .named = named, .n_named = 2});
}

/* About 500 bytes that differ in a number. */
static const char *payload(unsigned i)
{
	static char text[600];

	snprintf(text, sizeof(text), "{\"n\":%u,\"text\":\"%0450d\",\"esc\":\"\\u00e9\\\"\xc3\xa4\"}", i, 7);
	return text;
}

/* The SDK's side: the last decoded payload is the base of the next patch. */
struct base {
	struct weir_buf data;
	unsigned full, deltas;
};

/* Takes one publication object, checks it against the wanted payload; moves *at behind it. */
static void take_publication(struct base *b, struct weir_json publication, const char *wanted)
{
	struct weir_json_iter it = weir_json_members(publication);
	struct weir_json v, data = {0};
	struct weir_buf text, next;
	struct weir_str name;
	bool delta = false;

	while (weir_json_next_member(&it, &name, &v)) {
		if (weir_json_string_is(name, WEIR_STR("data")))
			data = v;
		if (weir_json_string_is(name, WEIR_STR("delta")))
			delta = v.type == WEIR_JSON_TRUE;
	}
	CU_ASSERT_EQUAL_FATAL(data.type, WEIR_JSON_STRING); /* always, full or patch */
	weir_buf_init(&text, 1 << 20);
	weir_buf_init(&next, 1 << 20);
	weir_json_string_decode(&text, data.text);
	if (delta) {
		CU_ASSERT_EQUAL_FATAL(weir_delta_apply(&next, weir_buf_view(&b->data), weir_buf_view(&text)), 0);
	} else {
		weir_buf_str(&next, weir_buf_view(&text));
	}
	CU_ASSERT_FATAL(weir_str_is(weir_buf_view(&next), wanted));
	b->deltas += delta;
	b->full += !delta;
	weir_buf_fini(&text);
	weir_buf_fini(&b->data);
	b->data = next;
}

static void take_push(struct base *b, struct loopback_client *c, const char *wanted)
{
	const char *got = loopback_receive(c);

	CU_ASSERT_PTR_NOT_NULL_FATAL(got);
	take_publication(b, member(member(parsed(got), "push"), "pub"), wanted);
}

static void base_init(struct base *b)
{
	*b = (struct base){0};
	weir_buf_init(&b->data, 1 << 20);
}

static void publish(struct loopback *lb, const char *channel, const char *data)
{
	loopback_publish(lb, 0, channel, data, NULL);
	loopback_run(lb);
}

static void one_full_then_patches(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 1), *plain = connected(lb, 1);
	struct base b;

	base_init(&b);
	publish(lb, "d", payload(0)); /* before: the subscriber has no base */
	say(plain, "{\"id\":2,\"subscribe\":{\"channel\":\"d\"}}");
	expect(plain, "{\"id\":2,\"subscribe\":{}}");
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"d\",\"delta\":\"fossil\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{\"delta\":true}}");
	for (unsigned i = 1; i <= 15; i++) {
		publish(lb, "d", payload(i));
		take_push(&b, c, payload(i));
		expect(plain, "{\"push\":{\"channel\":\"d\",\"pub\":{\"data\":%s,\"offset\":%u}}}", payload(i), i + 1);
	}
	CU_ASSERT_EQUAL(b.full, 1);
	CU_ASSERT_EQUAL(b.deltas, 14);
	/* A patch that is no shorter goes full; the next one is a patch against it. */
	publish(lb, "d", "\"another\"");
	take_push(&b, c, "\"another\"");
	CU_ASSERT_EQUAL(b.full, 2);
	publish(lb, "d", payload(17));
	take_push(&b, c, payload(17));
	publish(lb, "d", payload(18));
	take_push(&b, c, payload(18));
	CU_ASSERT_EQUAL(b.deltas, 15);
	/* Not in the stream: full, and not a base that is in the stream either. */
	loopback_publish_event(lb, 0,
		weir_event_new(&(struct weir_event_spec){
			.channel = WEIR_STR("d"), .data = weir_str(payload(19)), .delta = true}),
		true, NULL, NULL);
	loopback_run(lb);
	take_push(&b, c, payload(19));
	publish(lb, "d", payload(20));
	take_push(&b, c, payload(20));
	CU_ASSERT_EQUAL(b.deltas, 15);
	publish(lb, "d", payload(21));
	take_push(&b, c, payload(21));
	CU_ASSERT_EQUAL(b.deltas, 16);
	weir_buf_fini(&b.data);
	loopback_client_free(&plain);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Exact text of a full one, and of the worked example of protocol.md §6.2. */
static void on_the_wire(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 1);

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"d\",\"delta\":\"fossil\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{\"delta\":true}}");
	publish(lb, "d", "{\"a\":\"x\\n\"}");
	expect(c, "{\"push\":{\"channel\":\"d\",\"pub\":{\"data\":\"{\\\"a\\\":\\\"x\\\\n\\\"}\",\"offset\":1}}}");
	publish(lb, "d", "\"hello world hello world!\"");
	expect(c,
		"{\"push\":{\"channel\":\"d\",\"pub\":{\"data\":\"\\\"hello world hello world!\\\"\",\"offset\":2}}}");
	publish(lb, "d", "\"hello world hello world!?\"");
	expect_start(c, "{\"push\":{\"channel\":\"d\",\"pub\":{\"data\":\"R\\n");
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void not_without_history_or_wish(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 1);
	struct base off, bare;

	base_init(&off);
	base_init(&bare);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"off:d\",\"delta\":\"fossil\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{\"delta\":true}}");
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"bare:d\",\"delta\":\"fossil\"}}");
	expect(c, "{\"id\":3,\"subscribe\":{\"delta\":true}}");
	for (unsigned i = 0; i < 3; i++) {
		publish(lb, "off:d", payload(i));
		take_push(&off, c, payload(i));
		publish(lb, "bare:d", payload(i));
		take_push(&bare, c, payload(i));
	}
	CU_ASSERT_EQUAL(off.deltas + bare.deltas, 0);
	/* The publisher's wish is enough. */
	loopback_publish_event(lb, 0,
		weir_event_new(&(struct weir_event_spec){
			.channel = WEIR_STR("off:d"), .data = weir_str(payload(3)), .delta = true}),
		false, NULL, NULL);
	loopback_run(lb);
	take_push(&off, c, payload(3));
	CU_ASSERT_EQUAL(off.deltas, 1);
	weir_buf_fini(&off.data);
	weir_buf_fini(&bare.data);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* The base must be there: after the stream was emptied it is not. */
static void stream_emptied(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 1);
	struct base b;

	base_init(&b);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"d\",\"delta\":\"fossil\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{\"delta\":true}}");
	publish(lb, "d", payload(1));
	take_push(&b, c, payload(1));
	loopback_advance(lb, 10000);
	publish(lb, "d", payload(2));
	take_push(&b, c, payload(2));
	loopback_history_remove(lb, 0, "d");
	publish(lb, "d", payload(3));
	take_push(&b, c, payload(3));
	CU_ASSERT_EQUAL(b.deltas, 0);
	publish(lb, "d", payload(4));
	take_push(&b, c, payload(4));
	CU_ASSERT_EQUAL(b.deltas, 1);
	weir_buf_fini(&b.data);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Recovered: first full, then patches; live goes on from there, if there was one. */
static void recovered(void)
{
	for (unsigned missed = 0; missed <= 3; missed++) {
		struct loopback *lb = broker();
		struct loopback_client *c = connected(lb, 1);
		struct weir_json_iter it;
		struct weir_json result, v;
		struct base b;
		const char *got;
		unsigned i = 5;

		base_init(&b);
		for (unsigned k = 1; k <= 4 + missed; k++)
			publish(lb, "d", payload(k));
		say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"d\",\"delta\":\"fossil\",\"recoverable\":true,"
		       "\"recover\":true,"
		       "\"offset\":4}}");
		got = loopback_receive(c);
		CU_ASSERT_PTR_NOT_NULL_FATAL(got);
		result = member(parsed(got), "subscribe");
		CU_ASSERT_EQUAL(member(result, "recovered").type, WEIR_JSON_TRUE);
		CU_ASSERT_EQUAL(member(result, "delta").type, WEIR_JSON_TRUE);
		v = member(result, "publications");
		it = weir_json_elements(v);
		if (missed)
			while (weir_json_next_element(&it, &v))
				take_publication(&b, v, payload(i++));
		CU_ASSERT_EQUAL(i, 5 + missed);
		CU_ASSERT_EQUAL(b.full, missed ? 1 : 0);
		publish(lb, "d", payload(i));
		take_push(&b, c, payload(i));
		CU_ASSERT_EQUAL(b.full, 1);
		CU_ASSERT_EQUAL(b.deltas, missed);
		weir_buf_fini(&b.data);
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

/* A patch that cuts a character in two is no text, and goes full. */
static void no_broken_text(void)
{
	struct loopback *lb = broker();
	struct loopback_client *c = connected(lb, 1);
	struct base b;
	char one[300], two[300];

	base_init(&b);
	snprintf(one, sizeof(one), "\"%0200d\xc3\xa4%050d\"", 1, 2);
	snprintf(two, sizeof(two), "\"%0200d\xc3\xb6%050d\"", 1, 2);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"d\",\"delta\":\"fossil\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{\"delta\":true}}");
	publish(lb, "d", one);
	take_push(&b, c, one);
	publish(lb, "d", two);
	take_push(&b, c, two);
	weir_buf_fini(&b.data);
	loopback_client_free(&c);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"one full, then patches", one_full_then_patches},
	{"on the wire", on_the_wire},
	{"not without history or wish", not_without_history_or_wish},
	{"stream emptied", stream_emptied},
	{"recovered", recovered},
	{"no broken text", no_broken_text},
	CU_TEST_INFO_NULL,
};
