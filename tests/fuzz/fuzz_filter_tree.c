/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees: whatever JSON comes, it compiles or is refused with a reason that names the place; what compiles can be asked,
 * and no leaf raises an error. The tree itself is the payload.
 */
#include "fuzz.h"

#include "weir/filter/filters.h"

static const struct weir_tag tags[] = {{WEIR_STR("a"), WEIR_STR("b")}, {WEIR_STR("n"), WEIR_STR("-12.50")},
	{WEIR_STR(""), WEIR_STR("")}, {WEIR_STR("long"), WEIR_STR("12345678901234567890.5")}};

static void fuzz_run(struct weir_program *p, struct weir_str payload)
{
	struct weir_event_spec spec = {
		.channel = WEIR_STR("c"), .data = payload, .tags = tags, .n_tags = sizeof(tags) / sizeof(tags[0])};
	struct weir_filters *fs = weir_filters_new(&(struct weir_hash_key){1, 2});
	struct weir_event *e = weir_event_new(&spec);
	enum weir_filter_error error;
	struct weir_filter *f;
	struct weir_value v;

	fuzz_require(e && weir_filters_add(fs, &p, &f) == 0);
	weir_filters_event(fs, e);
	v = weir_filters_value(fs, f, &error);
	fuzz_require(v.type == WEIR_VALUE_BOOLEAN);
	fuzz_require(!error || (error == WEIR_FILTER_GENERIC && !v.boolean && payload.n > 4096));
	fuzz_require(weir_filters_pass(fs, f) == v.boolean);
	weir_filters_drop(fs, &f);
	weir_event_unref(&e);
	weir_filters_free(&fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_program *p, *again;
	struct weir_json node;
	struct weir_buf why;
	int err;

	if (weir_json_check(weir_str_n((const char *)data, size), 64, &node, NULL))
		return 0;
	weir_buf_init(&why, 1000);
	err = weir_filter_compile_tree(node, &p, &why);
	if (err) {
		fuzz_require((err == WEIR_EINVALID || err == WEIR_ELIMIT) && !p && !why.failed);
		fuzz_require(weir_str_starts(weir_buf_view(&why), WEIR_STR("tf")));
	} else {
		fuzz_require(why.len == 0);
		fuzz_require(weir_filter_compile_tree(node, &again, &why) == 0);
		fuzz_require(weir_str_eq(weir_program_bytes(p), weir_program_bytes(again)));
		weir_program_free(&again);
		fuzz_run(p, weir_str_n((const char *)data, size));
	}
	weir_buf_fini(&why);
	return 0;
}
