/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of POST /events: tags, attributes of CloudEvents, and what a Content-Type means. */
#include <stdio.h>

#include "test.h"

#include "weir/base/mem.h"
#include "weir/server/cloudevents.h"

const char weir_test_suite[] = "server/cloudevents";

#define CE "ce-specversion: 1.0\r\nce-id: 7\r\nce-source: /s\r\nce-type: t\r\n"

struct posted {
	struct weir_head head;
	struct weir_buf request, text;
	struct weir_posted_tags tags;
	char why[WEIR_POSTED_WHY];
	int status;
};

static void read_fields(struct posted *p, const char *fields, size_t n)
{
	struct weir_head_limits limits = {8192, 65536};
	const char *why;

	weir_buf_init(&p->request, SIZE_MAX);
	weir_buf_init(&p->text, SIZE_MAX);
	weir_buf_lit(&p->request, "POST /events/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n");
	weir_buf_append(&p->request, fields, n);
	weir_buf_lit(&p->request, "\r\n");
	CU_ASSERT_EQUAL_FATAL(weir_head_parse(weir_buf_view(&p->request), &limits, &p->head, &why), 0);
	p->status = weir_posted_tags_read(&p->head, &p->text, &p->tags, p->why);
	CU_ASSERT_EQUAL(p->status == 0, p->why[0] == '\0');
}

static void posted_fini(struct posted *p)
{
	weir_buf_fini(&p->request);
	weir_buf_fini(&p->text);
}

/* What is read, as name=value lines. */
static void expect(const char *fields, const char *tags)
{
	struct posted p;
	struct weir_buf got;

	read_fields(&p, fields, strlen(fields));
	weir_buf_init(&got, SIZE_MAX);
	for (size_t i = 0; i < p.tags.n; i++)
		weir_buf_printf(
			&got, "%.*s=%.*s|", WEIR_STR_FMT(p.tags.tags[i].key), WEIR_STR_FMT(p.tags.tags[i].value));
	if (p.status || !weir_str_is(weir_buf_view(&got), tags))
		printf("\n%s: %d %s %.*s\n", fields, p.status, p.why, (int)got.len, got.p);
	CU_ASSERT_EQUAL(p.status, 0);
	CU_ASSERT(weir_str_is(weir_buf_view(&got), tags));
	weir_buf_fini(&got);
	posted_fini(&p);
}

static void expect_status(const char *fields, int status)
{
	struct posted p;

	read_fields(&p, fields, strlen(fields));
	if (p.status != status)
		printf("\n%s: %d instead of %d\n", fields, p.status, status);
	CU_ASSERT_EQUAL(p.status, status);
	posted_fini(&p);
}

static void test_tags(void)
{
	expect("", "");
	expect("X-Weir-Tag-Region:  eu \r\nx-weir-tag-A.b_c-9:\r\n", "region=eu|a.b_c-9=|");
	expect("X-Weir-Tag-Q: \"a%20b\"\r\n", "q=\"a%20b\"|"); /* as it is */
	expect("X-Weir-Tag-U: \xc3\xa9\r\n", "u=\xc3\xa9|");
	expect("X-Weir-Tagged: no\r\nWeir-Tag-B: no\r\n", "");
	expect_status("X-Weir-Tag-: 1\r\n", 400);
	expect_status("X-Weir-Tag-a*b: 1\r\n", 400);
	expect_status("X-Weir-Tag-Weir-X: 1\r\n", 400);
	expect_status("X-Weir-Tag-A: 1\r\nx-weir-tag-a: 1\r\n", 400);
	expect_status("X-Weir-Tag-A: \xff\r\n", 400);
	expect_status("X-Weir-Tag-A: a\tb\r\n", 400);
	expect_status("X-Weir-Tag-A: \xc2\x85\r\n", 400); /* a control character of Latin-1 */
	expect_status("X-Weir-Tag-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1\r\n", 400);
	expect("X-Weir-Tag-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1\r\n",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1|");
}

static void put_tags(struct weir_buf *b, unsigned n, unsigned size)
{
	weir_buf_reset(b);
	for (unsigned i = 0; i < n; i++) {
		weir_buf_printf(b, "X-Weir-Tag-T%02u: ", i);
		for (unsigned k = 0; k < size; k++)
			weir_buf_char(b, 'v');
		weir_buf_lit(b, "\r\n");
	}
}

static void test_limits(void)
{
	static const struct {
		unsigned n, size;
		int status;
	} cases[] = {{32, 1, 0}, {33, 1, 431}, {1, 1024, 0}, {1, 1025, 431}, {4, 1021, 0}, {4, 1022, 431}};
	struct weir_buf b;

	weir_buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		struct posted p;

		put_tags(&b, cases[i].n, cases[i].size);
		read_fields(&p, b.p, b.len);
		CU_ASSERT_EQUAL(p.status, cases[i].status);
		posted_fini(&p);
	}
	weir_buf_fini(&b);
}

static void test_cloudevents(void)
{
	struct posted p;

	expect(CE, "ce-specversion=1.0|ce-id=7|ce-source=/s|ce-type=t|");
	expect(CE "Content-Type: text/plain; a=b\r\n",
		"ce-specversion=1.0|ce-id=7|ce-source=/s|ce-type=t|ce-datacontenttype=text/plain; a=b|");
	expect(CE "Content-Type: application/cloudevents+json\r\n",
		"ce-specversion=1.0|ce-id=7|ce-source=/s|ce-type=t|");
	expect(CE "Ce-Subject: %22Euro%20%E2%82%ac%22\r\nX-Weir-Tag-A: 1\r\n",
		"ce-specversion=1.0|ce-id=7|ce-source=/s|ce-type=t|ce-subject=\"Euro \xe2\x82\xac\"|a=1|");
	expect(CE "ce-x: \"a \\\"b\\\\%41\"\r\nce-y: \"\r\nce-z: \"\"\r\n",
		"ce-specversion=1.0|ce-id=7|ce-source=/s|ce-type=t|ce-x=a \"b\\A|ce-y=\"|ce-z=|");
	expect("X-Weir-Tag-Ce-X: 1\r\n", "ce-x=1|"); /* a tag by its name, no CloudEvent */
	read_fields(&p, CE, strlen(CE));
	CU_ASSERT(weir_str_is(p.tags.id, "7"));
	CU_ASSERT(weir_str_is(p.tags.source, "/s"));
	posted_fini(&p);
	expect_status("ce-id: 1\r\n", 400);
	expect_status("ce-specversion: 1.0\r\n", 400);
	expect_status("ce-specversion: 1.0\r\nce-id:\r\nce-source: /s\r\nce-type: t\r\n", 400);
	expect_status("ce-specversion: 1.0\r\nce-id: 1\r\nce-source: \"\"\r\nce-type: t\r\n", 400);
	expect_status("ce-specversion: 1.0\r\nce-id: 1\r\nce-source: /s\r\n", 400);
	expect_status("ce-specversion: 0.3\r\nce-id: 1\r\nce-source: /s\r\nce-type: t\r\n", 400);
	expect_status(CE "ce-datacontenttype: a/b\r\n", 400);
	expect_status(CE "ce-: 1\r\n", 400);
	expect_status(CE "ce-a-b: 1\r\n", 400);
	expect_status(CE "ce-abcdefghijklmnopqrstu: 1\r\n", 400);
	expect_status(CE "ce-id: 8\r\n", 400);
	expect_status(CE "X-Weir-Tag-ce-id: 8\r\n", 400);
	expect_status(CE "ce-x: %\r\n", 400);
	expect_status(CE "ce-x: %4\r\n", 400);
	expect_status(CE "ce-x: %zz\r\n", 400);
	expect_status(CE "ce-x: %ff\r\n", 400);
	expect_status(CE "ce-x: %00\r\n", 400);
	expect_status(CE "ce-x: %c2%85\r\n", 400);
}

static void test_formats(void)
{
	static const struct {
		const char *type;
		enum weir_posted_format format;
	} cases[] = {
		{NULL, WEIR_POSTED_UNSAID},
		{"", WEIR_POSTED_UNSAID},
		{" ; charset=x", WEIR_POSTED_UNSAID},
		{"application/x-www-form-urlencoded", WEIR_POSTED_UNSAID},
		{"application/json", WEIR_POSTED_JSON},
		{"Application/JSON ; charset=utf-8", WEIR_POSTED_JSON},
		{"application/cloudevents+json", WEIR_POSTED_JSON},
		{"image/x+JSON", WEIR_POSTED_JSON},
		{"+json", WEIR_POSTED_BINARY},
		{"application/cloudevents-batch+json", WEIR_POSTED_REFUSED},
		{"application/msgpack", WEIR_POSTED_MSGPACK},
		{"application/x-msgpack", WEIR_POSTED_MSGPACK},
		{"application/vnd.msgpack", WEIR_POSTED_MSGPACK},
		{"a/b+msgpack", WEIR_POSTED_MSGPACK},
		{"text/plain", WEIR_POSTED_BINARY},
		{"application/jsonp", WEIR_POSTED_BINARY},
		{"application/octet-stream", WEIR_POSTED_BINARY},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++)
		CU_ASSERT_EQUAL(weir_posted_format(weir_str(cases[i].type)), cases[i].format);
}

CU_TestInfo weir_tests[] = {
	{"tags", test_tags},
	{"limits", test_limits},
	{"CloudEvents", test_cloudevents},
	{"formats", test_formats},
	CU_TEST_INFO_NULL,
};
