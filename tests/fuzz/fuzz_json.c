/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from strangers: what is accepted can be walked inside its bounds, and on one line it is the same and has no
 * newline. */
#include "fuzz.h"

#include "weir/event/json.h"

static size_t walk(struct weir_json v)
{
	struct weir_json_iter it = v.type == WEIR_JSON_OBJECT ? weir_json_members(v) : weir_json_elements(v);
	const char *before = v.text.p;
	struct weir_json child;
	struct weir_str name;
	size_t n = 1;

	while (v.type == WEIR_JSON_OBJECT ? weir_json_next_member(&it, &name, &child)
					  : weir_json_next_element(&it, &child)) {
		fuzz_require(child.text.p > before && child.text.p + child.text.n < v.text.p + v.text.n);
		before = child.text.p;
		n += walk(child);
	}
	return n;
}

static void read_scalar(struct weir_json v)
{
	struct weir_buf text, again;
	double x;

	if (v.type == WEIR_JSON_NUMBER)
		fuzz_require(weir_json_double(v, &x) != WEIR_EPARSE);
	if (v.type != WEIR_JSON_STRING)
		return;
	weir_buf_init(&text, 4 * v.text.n);
	weir_buf_init(&again, 8 * v.text.n);
	weir_json_string_decode(&text, v.text);
	fuzz_require(!text.failed && weir_json_string_is(v.text, weir_buf_view(&text)));
	weir_json_append_string(&again, weir_buf_view(&text));
	fuzz_require(again.len == weir_json_string_size(weir_buf_view(&text)));
	fuzz_require(weir_json_string_is(weir_buf_view(&again), weir_buf_view(&text)));
	weir_buf_fini(&text);
	weir_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str text = weir_str_n((const char *)data, size), rest = text;
	struct weir_json v, line, first;
	struct weir_buf b;
	size_t at;

	if (weir_json_check(text, WEIR_JSON_DEPTH, &v, &at)) {
		fuzz_require(at <= size);
		return 0;
	}
	weir_buf_init(&b, size);
	weir_json_append_one_line(&b, v.text);
	fuzz_require(!b.failed && !memchr(b.p, '\n', b.len) && !memchr(b.p, '\r', b.len));
	fuzz_require(weir_json_check(weir_buf_view(&b), WEIR_JSON_DEPTH, &line, NULL) == 0);
	fuzz_require(line.type == v.type && walk(line) == walk(v));
	fuzz_require(weir_json_take(&rest, WEIR_JSON_DEPTH, &first) == 0 && weir_str_eq(first.text, v.text));
	read_scalar(v);
	weir_buf_fini(&b);
	return 0;
}
