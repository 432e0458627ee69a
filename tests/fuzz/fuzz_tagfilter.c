/* SPDX-License-Identifier: Apache-2.0 */
/* Tags filters: whatever JSON comes, it compiles or is refused with a reason; what compiles can be asked. */
#include "fuzz.h"

#include "weir/event/tagfilter.h"

static const struct weir_tag tags[] = {{WEIR_STR("a"), WEIR_STR("b")}, {WEIR_STR("n"), WEIR_STR("-12.50")},
	{WEIR_STR(""), WEIR_STR("")}, {WEIR_STR("long"), WEIR_STR("12345678901234567890.5")}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_tagfilter *f = NULL, *again;
	struct weir_json node;
	struct weir_buf why;
	int err;

	if (weir_json_check(weir_str_n((const char *)data, size), 64, &node, NULL))
		return 0;
	weir_buf_init(&why, 1000);
	err = weir_tagfilter_compile(node, &f, &why);
	if (err) {
		fuzz_require((err == WEIR_EINVALID || err == WEIR_ELIMIT) && !f && !why.failed);
		fuzz_require(weir_str_starts(weir_buf_view(&why), WEIR_STR("tf")));
	} else {
		fuzz_require(why.len == 0);
		fuzz_require(weir_tagfilter_compile(node, &again, &why) == 0);
		fuzz_require(weir_str_eq(weir_tagfilter_program(f), weir_tagfilter_program(again)));
		fuzz_require(weir_tagfilter_match(f, tags, 4) == weir_tagfilter_match(again, tags, 4));
		weir_tagfilter_match(f, NULL, 0);
		weir_tagfilter_unref(&again);
	}
	weir_tagfilter_unref(&f);
	weir_buf_fini(&why);
	return 0;
}
