/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of `weir top`: what a terminal sends for them, and where they take the cursor while rows come and go. */
#include "test.h"
#include "top_answers.h"
#include "top_priv.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "cli/top_keys";

struct rig {
	struct weir__top_model m;
	struct weir__top_view v;
};

/* Clients a, b, … with these lags. */
static void rig_clients(struct rig *r, const char *names, const unsigned *lags)
{
	struct weir_buf answer;
	struct weir_json v;

	weir_buf_init(&answer, 65536);
	weir_buf_lit(&answer, "{\"connections\":[");
	for (size_t i = 0; names[i]; i++)
		weir_buf_printf(&answer, "%s{\"client\":\"%c\",\"user\":\"user %c\",\"lag_ms\":%u}", i ? "," : "",
			names[i], names[i], lags[i]);
	weir_buf_lit(&answer, "]}");
	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_buf_view(&answer), 64, &v, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(weir__top_model_lag(&r->m, v, 1000), 0);
	weir_buf_fini(&answer);
	weir__top_settle(&r->v, &r->m);
}

static void rig_init(struct rig *r)
{
	*r = (struct rig){0};
	weir__top_view_init(&r->v);
	r->v.live = true;
	r->v.width = 80;
	r->v.height = 8; /* 4 rows */
	CU_ASSERT_EQUAL(weir__top_rows(&r->v), 4);
}

static void rig_fini(struct rig *r)
{
	weir__top_model_fini(&r->m);
	weir__top_view_fini(&r->v);
}

static enum weir__top_action rig_type(struct rig *r, const char *keys)
{
	struct weir_str input = weir_str(keys);
	enum weir__top_action action = WEIR_TOP_NOTHING;

	while (input.n)
		action = weir__top_press(&r->v, &r->m, weir__top_key(&input));
	return action;
}

static char rig_at(const struct rig *r)
{
	return r->v.selected < r->m.sample.n_clients ? r->m.sample.clients[r->v.selected].id.p[1] : '-';
}

static void test_sequences(void)
{
	static const struct {
		const char *input;
		int keys[4];
	} rows[] = {
		{"q", {'q'}},
		{"jk", {'j', 'k'}},
		{"\x1b[A\x1b[B", {WEIR_TOP_KEY_UP, WEIR_TOP_KEY_DOWN}},
		{"\x1bOA\x1bOB", {WEIR_TOP_KEY_UP, WEIR_TOP_KEY_DOWN}},
		{"\x1b[5~\x1b[6~", {WEIR_TOP_KEY_PAGE_UP, WEIR_TOP_KEY_PAGE_DOWN}},
		{"\x1b[H\x1b[1~\x1bOH", {WEIR_TOP_KEY_HOME, WEIR_TOP_KEY_HOME, WEIR_TOP_KEY_HOME}},
		{"\x1b[F\x1b[4~\x1bOF", {WEIR_TOP_KEY_END, WEIR_TOP_KEY_END, WEIR_TOP_KEY_END}},
		{"\x1b", {WEIR_TOP_KEY_ESCAPE}},
		{"\x1bq", {WEIR_TOP_KEY_ESCAPE, 'q'}},
		{"\x1b\x1b", {WEIR_TOP_KEY_ESCAPE, WEIR_TOP_KEY_ESCAPE}},
		{"\x1b[1;5Aq", {WEIR_TOP_KEY_NONE, 'q'}}, /* with Ctrl */
		{"\x1b[", {WEIR_TOP_KEY_NONE}},           /* the rest is lost */
		{"\x1b[<0;3;4M", {WEIR_TOP_KEY_NONE}},
		{"\xc3\xa9", {0xc3, 0xa9}},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_str input = weir_str(rows[i].input);
		size_t k = 0;

		for (; input.n && k < 4; k++)
			CU_ASSERT_EQUAL(weir__top_key(&input), rows[i].keys[k]);
		CU_ASSERT(k == 4 || rows[i].keys[k] == 0);
		CU_ASSERT_EQUAL(input.n, 0);
	}
}

static void test_moving(void)
{
	static const unsigned lags[] = {60, 50, 40, 30, 20, 10};
	struct rig r;

	rig_init(&r);
	rig_clients(&r, "abcdef", lags);
	CU_ASSERT_EQUAL(rig_type(&r, "k"), WEIR_TOP_REDRAW);
	CU_ASSERT_EQUAL(rig_at(&r), 'a');
	rig_type(&r, "jj");
	CU_ASSERT_EQUAL(rig_at(&r), 'c');
	CU_ASSERT_EQUAL(r.v.first, 0);
	rig_type(&r, "\x1b[Bj");
	CU_ASSERT_EQUAL(rig_at(&r), 'e');
	CU_ASSERT_EQUAL(r.v.first, 1);
	rig_type(&r, "jjjj");
	CU_ASSERT_EQUAL(rig_at(&r), 'f');
	CU_ASSERT_EQUAL(r.v.first, 2);
	rig_type(&r, "\x1b[5~");
	CU_ASSERT_EQUAL(rig_at(&r), 'b');
	CU_ASSERT_EQUAL(r.v.first, 1);
	rig_type(&r, "\x1b[5~\x1b[5~");
	CU_ASSERT_EQUAL(rig_at(&r), 'a');
	rig_type(&r, "\x1b[6~");
	CU_ASSERT_EQUAL(rig_at(&r), 'e');
	rig_type(&r, "\x1b[6~");
	CU_ASSERT_EQUAL(rig_at(&r), 'f');
	rig_type(&r, "gG");
	CU_ASSERT_EQUAL(rig_at(&r), 'f');
	rig_type(&r, "g");
	CU_ASSERT_EQUAL(rig_at(&r), 'a');
	CU_ASSERT_EQUAL(r.v.first, 0);
	rig_fini(&r);
}

/* The cursor follows its client; on the first row it follows the worst. */
static void test_rows_that_move(void)
{
	static const unsigned lags[] = {60, 50, 40, 30, 20, 10}, other[] = {1, 2, 3, 4, 5, 6};
	struct rig r;

	rig_init(&r);
	rig_clients(&r, "abcdef", lags);
	rig_clients(&r, "abcdef", other);
	CU_ASSERT_EQUAL(rig_at(&r), 'f');
	rig_clients(&r, "abcdef", lags);
	rig_type(&r, "j");
	CU_ASSERT_EQUAL(rig_at(&r), 'b');
	rig_clients(&r, "abcdef", other);
	CU_ASSERT_EQUAL(rig_at(&r), 'b');
	CU_ASSERT_EQUAL(r.v.selected, 4);
	CU_ASSERT_EQUAL(r.v.first, 1);
	rig_clients(&r, "acdef", other); /* it has left: the cursor stays in place */
	CU_ASSERT_EQUAL(rig_at(&r), 'a');
	rig_clients(&r, "ab", other);
	CU_ASSERT_EQUAL(rig_at(&r), 'b');
	CU_ASSERT_EQUAL(r.v.first, 0);
	rig_clients(&r, "", other);
	CU_ASSERT_EQUAL(rig_at(&r), '-');
	CU_ASSERT_EQUAL(rig_type(&r, "jkGg\x1b[5~\x1b[6~s"), WEIR_TOP_REDRAW);
	CU_ASSERT_EQUAL(r.v.selected, 0);
	rig_clients(&r, "abcdef", lags);
	rig_type(&r, "G");
	r.v.height = 20; /* all fit now */
	weir__top_settle(&r.v, &r.m);
	CU_ASSERT_EQUAL(r.v.first, 0);
	r.v.height = 1; /* nothing does */
	weir__top_settle(&r.v, &r.m);
	rig_type(&r, "jk");
	CU_ASSERT_EQUAL(r.v.first, r.v.selected);
	rig_fini(&r);
}

static void test_disconnect(void)
{
	static const unsigned lags[] = {60, 50}, other[] = {1, 2};
	struct rig r;

	rig_init(&r);
	CU_ASSERT_EQUAL(rig_type(&r, "d"), WEIR_TOP_NOTHING); /* nobody there */
	rig_clients(&r, "ab", lags);
	CU_ASSERT_EQUAL(rig_type(&r, "d"), WEIR_TOP_REDRAW);
	CU_ASSERT_EQUAL(r.v.mode, WEIR_TOP_CONFIRM);
	rig_clients(&r, "ab", other); /* b is first now, a was meant */
	CU_ASSERT_EQUAL(rig_type(&r, "y"), WEIR_TOP_DISCONNECT);
	CU_ASSERT(weir_str_is(weir_buf_view(&r.v.victim), "\"a\""));
	CU_ASSERT(weir_str_is(weir_buf_view(&r.v.victim_user), "\"user a\""));
	CU_ASSERT_EQUAL(r.v.mode, WEIR_TOP_TABLE);
	for (const char *no = "n\x1bqd \r"; *no; no++) {
		char key[2] = {*no, 0};

		CU_ASSERT_EQUAL(rig_type(&r, "d"), WEIR_TOP_REDRAW);
		CU_ASSERT_EQUAL(rig_type(&r, key), WEIR_TOP_REDRAW);
		CU_ASSERT_EQUAL(r.v.mode, WEIR_TOP_TABLE);
	}
	CU_ASSERT_EQUAL(rig_type(&r, "y"), WEIR_TOP_NOTHING);
	rig_fini(&r);
}

static void test_others(void)
{
	struct rig r;

	rig_init(&r);
	CU_ASSERT_EQUAL(rig_type(&r, "x"), WEIR_TOP_NOTHING);
	CU_ASSERT_EQUAL(rig_type(&r, "\x1b[1;5A"), WEIR_TOP_NOTHING);
	CU_ASSERT_EQUAL(rig_type(&r, "s"), WEIR_TOP_REDRAW);
	CU_ASSERT_EQUAL(r.m.sort, WEIR_TOP_BY_BYTES);
	rig_type(&r, "s");
	CU_ASSERT_EQUAL(r.m.sort, WEIR_TOP_BY_DROPPED);
	rig_type(&r, "s");
	CU_ASSERT_EQUAL(r.m.sort, WEIR_TOP_BY_LAG);
	rig_type(&r, "p");
	CU_ASSERT(r.v.paused);
	rig_type(&r, "p");
	CU_ASSERT(!r.v.paused);
	rig_type(&r, "?");
	CU_ASSERT_EQUAL(r.v.mode, WEIR_TOP_HELP);
	CU_ASSERT_EQUAL(rig_type(&r, "s"), WEIR_TOP_REDRAW);
	CU_ASSERT_EQUAL(r.v.mode, WEIR_TOP_TABLE);
	CU_ASSERT_EQUAL(r.m.sort, WEIR_TOP_BY_LAG);
	CU_ASSERT_EQUAL(rig_type(&r, "?q"), WEIR_TOP_QUIT);
	CU_ASSERT_EQUAL(rig_type(&r, "q"), WEIR_TOP_QUIT);
	rig_fini(&r);
}

CU_TestInfo weir_tests[] = {
	{"sequences", test_sequences},
	{"moving", test_moving},
	{"rows that move", test_rows_that_move},
	{"disconnect", test_disconnect},
	{"others", test_others},
	CU_TEST_INFO_NULL,
};
