/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of `weir top` at several sizes, and what holds at any size with any names. */
#include "test.h"
#include "top_answers.h"
#include "top_pictures.h"
#include "top_priv.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "cli/top_screen";

struct rig {
	struct weir__top_model m;
	struct weir__top_view v;
	struct weir_buf out;
};

static struct weir_json parsed(struct weir_str answer)
{
	struct weir_json v;

	CU_ASSERT_EQUAL_FATAL(weir_json_check(answer, 64, &v, NULL), 0);
	return v;
}

static void rig_lag(struct rig *r, const char *answer, uint64_t now_ms)
{
	CU_ASSERT_EQUAL_FATAL(weir__top_model_lag(&r->m, parsed(weir_str(answer)), now_ms), 0);
}

static void rig_init(struct rig *r, unsigned width, unsigned height)
{
	*r = (struct rig){0};
	weir__top_view_init(&r->v);
	weir_buf_init(&r->out, 1 << 20);
	r->v.server = "http://localhost:8000";
	r->v.live = height > 0;
	r->v.width = width;
	r->v.height = height;
}

/* Two rounds, a second apart. */
static void rig_rounds(struct rig *r)
{
	rig_lag(r, TOP_LAG(TOP_NOBODY "," TOP_BOB "," TOP_ANN(100, 955)), 1000);
	rig_lag(r, TOP_LAG(TOP_NOBODY "," TOP_BOB "," TOP_ANN(200, 1000)), 2000);
	CU_ASSERT_EQUAL_FATAL(weir__top_model_info(&r->m, parsed(WEIR_STR(TOP_INFO(1, 2, 3, 4))), 1000), 0);
	CU_ASSERT_EQUAL_FATAL(
		weir__top_model_info(&r->m, parsed(WEIR_STR(TOP_INFO(1201, 120002, 12582915, 49))), 2000), 0);
}

static void rig_fini(struct rig *r)
{
	weir__top_model_fini(&r->m);
	weir__top_view_fini(&r->v);
	weir_buf_fini(&r->out);
}

static bool drew(struct rig *r, const char *expect)
{
	bool ok;

	weir_buf_reset(&r->out);
	weir__top_draw(&r->out, &r->v, &r->m);
	ok = !r->out.failed && weir_str_is(weir_buf_view(&r->out), expect);
	if (!ok)
		printf("\n%.*s<<<\n", WEIR_STR_FMT(weir_buf_view(&r->out)));
	return ok;
}

static void test_printed(void)
{
	struct rig r;

	rig_init(&r, 0, 0);
	CU_ASSERT(drew(&r, PRINTED_NOTHING));
	rig_rounds(&r);
	CU_ASSERT(drew(&r, PRINTED));
	rig_fini(&r);
}

static void test_wide(void)
{
	struct rig r;

	rig_init(&r, 140, 18);
	rig_rounds(&r);
	CU_ASSERT(drew(&r, WIDE));
	rig_fini(&r);
}

static void test_80_columns(void)
{
	struct rig r;

	rig_init(&r, 80, 18);
	rig_rounds(&r);
	r.v.selected = 1;
	r.v.paused = true;
	r.v.status = "No answer, trying again: Connection\nrefused";
	CU_ASSERT(drew(&r, COLUMNS_80));
	r.v.selected = 2;
	r.v.height = 16;
	r.v.paused = false;
	r.v.status = NULL;
	weir__top_model_sort(&r.m, WEIR_TOP_BY_DROPPED);
	CU_ASSERT(drew(&r, COLUMNS_80_NOBODY));
	rig_fini(&r);
}

static void test_small(void)
{
	struct rig r;

	rig_init(&r, 40, 9);
	rig_rounds(&r);
	CU_ASSERT(drew(&r, SMALL));
	r.v.width = 24;
	r.v.height = 5;
	r.v.first = r.v.selected = 1;
	CU_ASSERT(drew(&r, SMALLER));
	r.v.width = 6;
	r.v.height = 3;
	CU_ASSERT(drew(&r, TINY));
	r.v.width = r.v.height = 1;
	CU_ASSERT(drew(&r, DOT));
	rig_fini(&r);
}

static void test_empty(void)
{
	struct rig r;

	rig_init(&r, 80, 9);
	CU_ASSERT(drew(&r, WAITING));
	rig_lag(&r, TOP_LAG(""), 1000);
	CU_ASSERT(drew(&r, EMPTY));
	rig_fini(&r);
}

static void test_questions(void)
{
	struct rig r;

	rig_init(&r, 80, 20);
	rig_rounds(&r);
	r.v.mode = WEIR_TOP_HELP;
	CU_ASSERT(drew(&r, HELP));
	r.v.height = 8;
	r.v.mode = WEIR_TOP_TABLE;
	weir__top_press(&r.v, &r.m, 'd');
	CU_ASSERT(drew(&r, CONFIRM));
	rig_fini(&r);
}

/* A picture for a terminal: as many lines as there are, none wider than the window, and only weir's own escapes. */
static bool frame_ok(const struct weir__top_view *v, struct weir_str frame)
{
	struct weir_buf line;
	unsigned lines = 1;
	bool ok = weir_str_starts(frame, WEIR_STR("\033[H"));

	weir_buf_init(&line, 1 << 20);
	for (size_t i = 3; ok && i < frame.n; i++) {
		unsigned char c = (unsigned char)frame.p[i];

		if (c == 0x1b) {
			size_t end = i + 1;

			while (end < frame.n && strchr("[0123456789;", frame.p[end]))
				end++;
			ok = end < frame.n && (frame.p[end] == 'm' || frame.p[end] == 'K');
			/* In the last cell it would clear what was just written. */
			ok = ok && (frame.p[end] == 'm' || weir__top_cells(weir_buf_view(&line)) < v->width);
			i = end;
		} else if (c == '\r') {
			ok = i + 1 < frame.n && frame.p[++i] == '\n' &&
			     weir__top_cells(weir_buf_view(&line)) <= v->width;
			weir_buf_reset(&line);
			lines++;
		} else {
			ok = c >= 0x20 && c != 0x7f;
			weir_buf_char(&line, (char)c);
		}
	}
	ok = ok && lines == v->height && weir__top_cells(weir_buf_view(&line)) <= v->width;
	weir_buf_fini(&line);
	return ok;
}

static void test_any_size(void)
{
	static const char *const names[] = {"plain", "\\u001b[2J\\u001b]0;x\\u0007", "\\u009b31m\\r\\n",
		"\\u202e\\u2066", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\\ud800",
		"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81", "",
		"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"};
	struct weir_buf answer;
	struct rig r;

	rig_init(&r, 80, 24);
	r.v.ansi = r.v.colour = true;
	weir_buf_init(&answer, 1 << 20);
	weir_buf_lit(&answer, "{\"connections\":[");
	for (size_t i = 0; i < WEIR_ARRAY_LEN(names); i++)
		weir_buf_printf(&answer,
			"%s{\"client\":\"%s\",\"user\":\"%s\",\"transport\":\"%s\",\"encoding\":\"%s\",\"lag_ms\":%zu,"
			"\"stalled_ms\":%zu,\"queue\":{\"events\":18446744073709551615,\"bytes\":18446744073709551615},"
			"\"subscriptions\":[{\"channel\":\"%s\",\"overflow\":\"%s\",\"key\":\"%s\",\"rate\":1e300,"
			"\"waiting\":18446744073709551615,\"queue\":18446744073709551615,\"filtered\":true}]}",
			i ? "," : "", names[i], names[i], names[i], names[i], i, i % 2, names[i], names[i], names[i]);
	weir_buf_lit(&answer, "]}");
	weir_buf_char(&answer, '\0');
	rig_lag(&r, answer.p, 1000);
	r.v.status = "\033[31mred\n";
	for (unsigned width = 1; width <= 200; width += width < 30 ? 1 : 17)
		for (unsigned height = 1; height <= 26; height++)
			for (int mode = WEIR_TOP_TABLE; mode <= WEIR_TOP_CONFIRM; mode++) {
				r.v.width = width;
				r.v.height = height;
				r.v.mode = WEIR_TOP_TABLE;
				r.v.selected = (width + height) % WEIR_ARRAY_LEN(names);
				weir__top_settle(&r.v, &r.m);
				if (mode != WEIR_TOP_TABLE)
					weir__top_press(&r.v, &r.m, mode == WEIR_TOP_HELP ? '?' : 'd');
				weir_buf_reset(&r.out);
				weir__top_draw(&r.out, &r.v, &r.m);
				if (!frame_ok(&r.v, weir_buf_view(&r.out))) {
					CU_FAIL("a bad frame");
					printf("\n%u x %u, mode %d: %.*s\033[0m\n", width, height, mode,
						WEIR_STR_FMT(weir_buf_view(&r.out)));
				}
			}
	weir_buf_fini(&answer);
	rig_fini(&r);
}

CU_TestInfo weir_tests[] = {
	{"printed", test_printed},
	{"wide", test_wide},
	{"80 columns", test_80_columns},
	{"small", test_small},
	{"empty", test_empty},
	{"questions", test_questions},
	{"any size", test_any_size},
	CU_TEST_INFO_NULL,
};
