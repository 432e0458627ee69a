/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of weir-msgpack as JSON lines. */
#include "msgpack_text_priv.h"
#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/event/convert.h"

const char weir_test_suite[] = "cli/msgpack_text";

static bool text_is(struct weir_str message, const char *expect)
{
	struct weir_buf out;
	bool ok;

	weir_buf_init(&out, 65536);
	ok = weir__msgpack_append_text(&out, message) == 0 && weir_str_is(weir_buf_view(&out), expect);
	if (!ok)
		printf("\n  got      %.*s\n  expected %s\n", WEIR_STR_FMT(weir_buf_view(&out)), expect);
	weir_buf_fini(&out);
	return ok;
}

/* Before and after one raw value. */
static void put_push(struct weir_buf *b, const char *data, size_t n, const char *tags)
{
	weir_buf_append(b,
		"\x81\xa4push\x82\xa7"
		"channel\xa1"
		"c\xa3pub",
		21);
	weir_buf_char(b, (char)(tags ? 0x83 : 0x82));
	weir_buf_append(b,
		"\xa4"
		"data",
		5);
	weir_buf_append(b, data, n);
	if (tags) {
		weir_buf_append(b, "\xa4tags", 5);
		CU_ASSERT_EQUAL(weir_msgpack_from_json(b, weir_str(tags)), 0);
	}
	weir_buf_append(b, "\xa6offset\x07", 8);
}

static void test_messages(void)
{
	static const char *const rows[] = {
		"{\"id\":1,\"connect\":{\"client\":\"x\",\"ping\":25,\"pong\":true}}",
		"{}",
		"{\"id\":2,\"subscribe\":{\"publications\":[{\"data\":{\"v\":0.5},\"offset\":1},"
		"{\"data\":\"s\",\"tags\":{\"a\":\"b\"}}],\"recovered\":true}}",
		"{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":2500,\"reason\":\"r\"}}}",
	};
	struct weir_buf m, all;
	char line[512];

	weir_buf_init(&m, 65536);
	weir_buf_init(&all, 65536);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		size_t start = m.len;

		CU_ASSERT_EQUAL(weir_msgpack_from_json(&m, weir_str(rows[i])), 0);
		snprintf(line, sizeof(line), "%s\n", rows[i]);
		weir_buf_str(&all, weir_str(line));
		CU_ASSERT(text_is(weir_str_n(m.p + start, m.len - start), line));
	}
	weir_buf_char(&all, '\0');
	CU_ASSERT(text_is(weir_buf_view(&m), all.p));
	weir_buf_fini(&m);
	weir_buf_fini(&all);
}

/* What has no JSON form arrives as it does at a JSON connection. */
static void test_payloads(void)
{
	static const struct {
		const char *data;
		size_t n;
		const char *tags, *text;
	} rows[] = {
		{"\x81\xa1v\x01", 4, NULL, "{\"data\":{\"v\":1},\"offset\":7}"},
		{"\x81\xa3img\xc4\x02\xff\xd8", 9, NULL,
			"{\"data\":\"gaNpbWfEAv/Y\",\"offset\":7,\"tags\":{\"weir-encoding\":\"msgpack+base64\"}}"},
		{"\xc4\x02\xff\xd8", 4, "{\"weir-encoding\":\"binary\",\"a\":\"b\"}",
			"{\"data\":\"/9g=\",\"offset\":7,\"tags\":{\"a\":\"b\",\"weir-encoding\":\"base64\"}}"},
		{"\xc4\x05[1,\n]", 7, NULL,
			"{\"data\":\"WzEsCl0=\",\"offset\":7,\"tags\":{\"weir-encoding\":\"base64\"}}"},
		{"\xc4\x06[1,\n2]", 8, "{\"weir-encoding\":\"json\"}", "{\"data\":[1,2],\"offset\":7}"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_buf m;
		char line[512];

		weir_buf_init(&m, 65536);
		put_push(&m, rows[i].data, rows[i].n, rows[i].tags);
		snprintf(line, sizeof(line), "{\"push\":{\"channel\":\"c\",\"pub\":%s}}\n", rows[i].text);
		CU_ASSERT(text_is(weir_buf_view(&m), line));
		weir_buf_fini(&m);
	}
}

/* Cut anywhere it is refused, and nothing beyond its end is read. */
static void test_cut(void)
{
	struct weir_buf m, out;

	weir_buf_init(&m, 65536);
	weir_buf_init(&out, 65536);
	put_push(&m, "\x81\xa1v\x01", 4, "{\"a\":\"b\"}");
	for (size_t n = 0; n < m.len; n++) {
		char *copy = malloc(n ? n : 1); /* exactly, for the address sanitizer */

		memcpy(copy, m.p, n);
		CU_ASSERT(weir__msgpack_append_text(&out, weir_str_n(copy, n)) != 0);
		free(copy);
	}
	CU_ASSERT_EQUAL(
		weir__msgpack_append_text(&out, WEIR_STR("\x81\x01\x02")), WEIR_EPARSE); /* a key that is no text */
	weir_buf_fini(&m);
	weir_buf_fini(&out);
}

CU_TestInfo weir_tests[] = {
	{"messages", test_messages},
	{"payloads", test_payloads},
	{"cut", test_cut},
	CU_TEST_INFO_NULL,
};
