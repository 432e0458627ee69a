/* SPDX-License-Identifier: Apache-2.0 */
/* The object `data.weir` that `weir sub` sends, and which forms it refuses by itself. */
#include "sub_weir_priv.h"
#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "cli/sub_weir";

static void test_append(void)
{
	static const struct {
		struct weir__sub_weir w;
		const char *text;
	} rows[] = {
		{{0}, ""},
		{{.overflow = "latest", .key = "data.sym", .rate = " 0.2 ", .queue = 64, .filter = "a = 'b\"'"},
			"{\"overflow\":\"latest\",\"key\":\"data.sym\",\"rate\":0.2,\"queue\":64,"
			"\"filter\":\"a = 'b\\\"'\"}"},
		{{.queue = 1}, "{\"queue\":1}"},
		{{.rate = "1e3"}, "{\"rate\":1e3}"},
		{{.overflow = ""}, "{\"overflow\":\"\"}"},
		{{.key = "k", .filter = "{\"cmp\": \"eq\",\n \"key\":\"a\"}"},
			"{\"key\":\"k\",\"filter\":{\"cmp\": \"eq\", \"key\":\"a\"}}"},
		{{.filter = "{\"cmp\":\"ex\"}"}, "{\"filter\":{\"cmp\":\"ex\"}}"},
		{{.filter = "a\nAND b"}, "{\"filter\":\"a\\nAND b\"}"},
		{{.filter = ""}, "{\"filter\":\"\"}"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_buf out;

		weir_buf_init(&out, 4096);
		weir__sub_weir_append(&out, &rows[i].w);
		CU_ASSERT(weir_str_is(weir_buf_view(&out), rows[i].text));
		weir_buf_fini(&out);
	}
}

static void test_filter_form(void)
{
	static const char *const good[] = {"", "a = 1", "a = (", " {not a tree", "{}", "{\"op\":\"and\",\"nodes\":[]}"};
	static const char *const bad[] = {"\xff", "{", "{a}", "{\"a\":1} x", "{\"a\":\"\xff\"}"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(good); i++)
		CU_ASSERT_PTR_NULL(weir__sub_weir_filter_problem(good[i]));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_PTR_NOT_NULL(weir__sub_weir_filter_problem(bad[i]));
}

/* One level more than fits into a command would end the connection instead of being an error. */
static void test_filter_depth(void)
{
	struct weir_buf tree;

	for (size_t depth = 28; depth <= 29; depth++) {
		weir_buf_init(&tree, 4096);
		weir_buf_lit(&tree, "{\"nodes\":");
		for (size_t i = 1; i < depth; i++)
			weir_buf_char(&tree, '[');
		for (size_t i = 1; i < depth; i++)
			weir_buf_char(&tree, ']');
		weir_buf_lit(&tree, "}");
		weir_buf_char(&tree, '\0');
		CU_ASSERT_EQUAL(weir__sub_weir_filter_problem(tree.p) == NULL, depth == 28);
		weir_buf_fini(&tree);
	}
}

static void test_rate_form(void)
{
	static const char *const good[] = {"1", "0.2", "1e3", " 10 ", "1000001", "0.0001"};
	static const char *const bad[] = {"", "0", "-1", ".5", "1/s", "one", "\"1\"", "[1]", "1 2", "1e999", "NaN"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(good); i++)
		CU_ASSERT_PTR_NULL(weir__sub_weir_rate_problem(good[i]));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_PTR_NOT_NULL(weir__sub_weir_rate_problem(bad[i]));
}

CU_TestInfo weir_tests[] = {
	{"append", test_append},
	{"filter form", test_filter_form},
	{"filter depth", test_filter_depth},
	{"rate form", test_rate_form},
	CU_TEST_INFO_NULL,
};
