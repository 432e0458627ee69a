/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of event streams: whatever the pieces, the same is read, and not a byte beyond what is whole. */
#include "sse_priv.h"
#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "cli/sse";

/* Writes "type|data|id;" for an event and "#" for a comment. */
static void read_all(struct weir__sse *p, struct weir_str in, struct weir_buf *log)
{
	while (in.n) {
		switch (weir__sse_take(p, &in)) {
		case WEIR_SSE_EVENT:
			weir_buf_printf(log, "%.*s|%.*s|%.*s;", WEIR_STR_FMT(weir_buf_view(&p->type)),
				WEIR_STR_FMT(weir_buf_view(&p->data)), WEIR_STR_FMT(weir_buf_view(&p->id)));
			break;
		case WEIR_SSE_COMMENT:
			weir_buf_char(log, '#');
			break;
		case WEIR_SSE_TOO_LONG:
			weir_buf_lit(log, "!");
			return;
		case WEIR_SSE_MORE:
			CU_ASSERT_EQUAL(in.n, 0);
			break;
		}
	}
}

static const struct {
	const char *in, *log;
} rows[] = {
	{"data: a\n\n", "|a|;"},
	{"data:a\n\ndata:  b\n\n", "|a|;| b|;"},
	{"data: a\ndata: b\n\n", "|a\nb|;"},
	{"data\n\n", "||;"},
	{"event: weir\nid: 7\ndata: x\n\ndata: y\n\n", "weir|x|7;|y|7;"},
	{"id: 7\n\ndata: y\n\nid\ndata: z\n\n", "|y|7;|z|;"},
	{"event: lost\n\ndata: y\n\n", "|y|;"},
	{":\n: hello\n\ndata: y\n\n", "##|y|;"},
	{"data: a\r\n\r\ndata: b\r\rdata: c\n\r\n", "|a|;|b|;|c|;"},
	{"unknown: 1\ndata: a:b: c\n\n", "|a:b: c|;"},
	{"data: not whole\n", ""},
	{"\r\n\r\ndata: a\n\n", "|a|;"},
	{"retry: 1500\ndata: a\n\n", "|a|;"},
};

static void check(struct weir_str in, size_t piece, const char *expect)
{
	struct weir_buf log;
	struct weir__sse p;

	weir_buf_init(&log, 65536);
	weir__sse_init(&p, 1024);
	for (size_t at = 0; at < in.n; at += piece)
		read_all(&p, weir_str_n(in.p + at, in.n - at < piece ? in.n - at : piece), &log);
	CU_ASSERT(weir_str_is(weir_buf_view(&log), expect));
	if (!weir_str_is(weir_buf_view(&log), expect))
		printf("\n  pieces of %zu: got %.*s, expected %s\n", piece, WEIR_STR_FMT(weir_buf_view(&log)), expect);
	weir__sse_fini(&p);
	weir_buf_fini(&log);
}

static void test_streams(void)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		for (size_t piece = 1; piece <= strlen(rows[i].in); piece++)
			check(weir_str(rows[i].in), piece, rows[i].log);
}

/* What follows an event is left where it is: whoever shows the bytes stops there. */
static void test_stops_behind_an_event(void)
{
	struct weir_str in = WEIR_STR("id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
	struct weir__sse p;

	weir__sse_init(&p, 1024);
	CU_ASSERT_EQUAL(weir__sse_take(&p, &in), WEIR_SSE_EVENT);
	CU_ASSERT(weir_str_is(in, "id: 2\ndata: b\n\n"));
	CU_ASSERT(weir_str_is(weir_buf_view(&p.id), "1"));
	weir__sse_fini(&p);
}

static void test_retry(void)
{
	struct weir_str in = WEIR_STR("retry: 1500\nretry: soon\nretry:\n");
	struct weir__sse p;

	weir__sse_init(&p, 1024);
	CU_ASSERT_EQUAL(weir__sse_take(&p, &in), WEIR_SSE_MORE);
	CU_ASSERT_EQUAL(p.retry_ms, 1500);
	weir__sse_fini(&p);
}

/* A stream that broke off in the middle leaves nothing but its id. */
static void test_begin(void)
{
	struct weir_str in = WEIR_STR("id: 5\nevent: weir\ndata: half"), next = WEIR_STR("data: new\n\n");
	struct weir_buf log;
	struct weir__sse p;

	weir_buf_init(&log, 1024);
	weir__sse_init(&p, 1024);
	read_all(&p, in, &log);
	weir__sse_begin(&p);
	read_all(&p, next, &log);
	CU_ASSERT(weir_str_is(weir_buf_view(&log), "|new|5;"));
	weir__sse_fini(&p);
	weir_buf_fini(&log);
}

static void test_too_long(void)
{
	char line[200];

	memset(line, 'x', sizeof(line));
	for (int whole = 0; whole < 2; whole++) {
		struct weir_str in = weir_str_n(line, sizeof(line));
		struct weir__sse p;

		line[sizeof(line) - 1] = whole ? '\n' : 'x';
		weir__sse_init(&p, 100);
		CU_ASSERT_EQUAL(weir__sse_take(&p, &in), WEIR_SSE_TOO_LONG);
		weir__sse_fini(&p);
	}
	check(WEIR_STR("data: 1\n\n"), 3, "|1|;");
}

CU_TestInfo weir_tests[] = {
	{"streams in all pieces", test_streams},
	{"stops behind an event", test_stops_behind_an_event},
	{"retry", test_retry},
	{"a new stream", test_begin},
	{"too long", test_too_long},
	CU_TEST_INFO_NULL,
};
