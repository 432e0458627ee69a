/* SPDX-License-Identifier: Apache-2.0 */
/* How `weir sub` shows an event: as a line of text, and as its publication object. */
#include "sub_print_priv.h"
#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "cli/sub_print";

static bool took(struct weir_buf *b, const char *expect)
{
	bool ok = !b->failed && weir_str_is(weir_buf_view(b), expect);

	if (!ok)
		printf("\n  got      %.*s\n  expected %s\n", WEIR_STR_FMT(weir_buf_view(b)), expect);
	weir_buf_reset(b);
	return ok;
}

static void parse_event(struct weir_client_event *e, const char *channel, const char *pub)
{
	struct weir_json_iter it;
	struct weir_str name;
	struct weir_json value;

	*e = (struct weir_client_event){.channel = weir_str(channel)};
	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_str(pub), 64, &e->publication, NULL), 0);
	it = weir_json_members(e->publication);
	while (weir_json_next_member(&it, &name, &value)) {
		if (weir_json_string_is(name, WEIR_STR("data")))
			e->data = value;
		if (weir_json_string_is(name, WEIR_STR("tags")))
			e->tags = value;
		if (weir_json_string_is(name, WEIR_STR("offset")))
			e->has_offset = weir_json_u64(value, &e->offset) == 0;
	}
}

static void test_print(void)
{
	static const struct {
		const char *channel, *pub, *plain, *json;
	} rows[] = {
		{"c", "{\"data\":{\"a\": 1.0},\"offset\":7}", "c 7 {\"a\": 1.0}\n",
			"{\"channel\":\"c\",\"data\":{\"a\": 1.0},\"offset\":7}\n"},
		{"c", "{\"data\":\"x\"}", "c - \"x\"\n", "{\"channel\":\"c\",\"data\":\"x\"}\n"},
		{"c", "{}", "c - null\n", "{\"channel\":\"c\"}\n"},
		{"a b", "{\"data\":1}", "\"a b\" - 1\n", "{\"channel\":\"a b\",\"data\":1}\n"},
		{"m:a",
			"{\"data\":1,\"channel\":\"m:a\",\"tags\":{\"channel\":\"m:a\",\"h\":\"x\",\"s\":\"a "
			"b\",\"n\":\"\\n\","
			"\"=\":\"\"}}",
			"m:a - 1 h=x s=\"a b\" n=\"\\n\" \"=\"=\"\"\n",
			"{\"channel\":\"m:a\",\"data\":1,\"tags\":{\"channel\":\"m:a\",\"h\":\"x\",\"s\":\"a "
			"b\",\"n\":\"\\n\","
			"\"=\":\"\"}}\n"},
		{"c", "{\"data\":1,\"tags\":{\"channel\":\"other\"}}", "c - 1 channel=other\n",
			"{\"channel\":\"c\",\"data\":1,\"tags\":{\"channel\":\"other\"}}\n"},
	};
	struct weir_buf out;

	weir_buf_init(&out, 4096);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_client_event e;

		parse_event(&e, rows[i].channel, rows[i].pub);
		weir__sub_print_plain(&out, &e);
		CU_ASSERT(took(&out, rows[i].plain));
		weir__sub_print_json(&out, &e);
		CU_ASSERT(took(&out, rows[i].json));
	}
	weir_buf_fini(&out);
}

static void test_dropped(void)
{
	static const struct {
		const char *pub, *text;
	} rows[] = {
		{"{\"data\":1}", NULL},
		{"{\"data\":1,\"tags\":{\"dropped\":\"1\"}}", NULL},
		{"{\"data\":1,\"tags\":{\"weir-dropped\":1}}", NULL},
		{"{\"data\":1,\"tags\":{\"a\":\"b\",\"weir-dropped\":\"1\"}}", "1 event was dropped"},
		{"{\"data\":1,\"tags\":{\"weir-dropped\":\"17\"}}", "17 events were dropped"},
		{"{\"data\":1,\"tags\":{\"weir-dropped\":\"18446744073709551615\"}}",
			"18446744073709551615 events were dropped"},
		{"{\"data\":1,\"tags\":{\"weir-dropped\":\"?\"}}", "some events were dropped, nobody knows how many"},
	};
	struct weir_buf out;

	weir_buf_init(&out, 4096);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_client_event e;

		parse_event(&e, "c", rows[i].pub);
		CU_ASSERT_EQUAL(weir__sub_print_dropped(&out, &e), rows[i].text != NULL);
		CU_ASSERT(took(&out, rows[i].text ? rows[i].text : ""));
	}
	weir_buf_fini(&out);
}

CU_TestInfo weir_tests[] = {
	{"print", test_print},
	{"dropped", test_dropped},
	CU_TEST_INFO_NULL,
};
