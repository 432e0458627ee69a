/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deltas: the input is cut in two at its last 0xff byte, into a source and a second part, which is once applied as a
 * patch and once taken as the target of a round trip.
 */
#include "fuzz.h"

#include "weir/base/utf8.h"
#include "weir/event/delta.h"

#define CEILING 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str source, second;
	struct weir_buf out, patch;
	size_t cut = size;

	while (cut > 0 && data[cut - 1] != 0xff)
		cut--;
	source = weir_str_n((const char *)data, cut ? cut - 1 : 0);
	second = weir_str_n((const char *)data + cut, size - cut);
	weir_buf_init(&out, CEILING);
	weir_buf_init(&patch, 4 * size + 100);
	if (weir_delta_apply(&out, source, second))
		fuzz_require(out.len == 0);
	fuzz_require(!out.failed && out.len <= CEILING);
	weir_buf_fini(&out);
	weir_buf_init(&out, second.n);
	fuzz_require(weir_delta_create(&patch, source, second) == 0);
	fuzz_require(!weir_utf8_valid(second) || weir_utf8_valid(weir_buf_view(&patch)));
	fuzz_require(weir_delta_apply(&out, source, weir_buf_view(&patch)) == 0);
	fuzz_require(weir_str_eq(weir_buf_view(&out), second));
	weir_buf_fini(&out);
	weir_buf_fini(&patch);
	return 0;
}
