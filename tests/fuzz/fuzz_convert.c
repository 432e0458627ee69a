/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads in the other notation. The input is taken for MessagePack and for JSON: what has a form is valid there, and that form comes
 * back and forth unchanged; the lenient form of one whole value is always valid JSON, the strict one where there is a strict one. The
 * scan says the same as the readers about what is one value.
 */
#include "fuzz.h"

#include "weir/event/convert.h"
#include "weir/event/json.h"
#include "weir/event/msgpack_read.h"
#include "weir/event/msgpack_scan.h"

#define OUT_BYTES (1 << 24)

static bool is_one_value(struct weir_str bytes)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(bytes);

	return weir_msgpack_skip(&r, NULL) && r.p == r.end;
}

static void check_scan(struct weir_str bytes)
{
	const struct weir_msgpack_limits limits = {.depth = WEIR_MSGPACK_DEPTH, .elements = UINT32_MAX, .ext = true};
	size_t used = 0;
	int err = weir_msgpack_scan(bytes, &limits, &used);

	fuzz_require(err != WEIR_ELIMIT);
	if (err != WEIR_EDEPTH)
		fuzz_require((err == 0 && used == bytes.n) == is_one_value(bytes));
}

static void check_msgpack(struct weir_str bytes)
{
	struct weir_buf json, lenient, packed, again;
	int err, loose;

	weir_buf_init(&json, OUT_BYTES);
	weir_buf_init(&lenient, OUT_BYTES);
	weir_buf_init(&packed, OUT_BYTES);
	weir_buf_init(&again, OUT_BYTES);
	err = weir_json_from_msgpack(&json, bytes);
	loose = weir_json_from_msgpack_leniently(&lenient, bytes);
	fuzz_require((loose == 0) == is_one_value(bytes));
	fuzz_require(loose || weir_json_check(weir_buf_view(&lenient), WEIR_CONVERT_DEPTH + 1, NULL, NULL) == 0);
	fuzz_require(loose || lenient.len <= WEIR_JSON_FORM_BYTES(bytes.n));
	if (!err) {
		fuzz_require(weir_str_eq(weir_buf_view(&json), weir_buf_view(&lenient)));
		fuzz_require(weir_msgpack_from_json(&packed, weir_buf_view(&json)) == 0);
		fuzz_require(weir_json_from_msgpack(&again, weir_buf_view(&packed)) == 0);
		fuzz_require(weir_str_eq(weir_buf_view(&json), weir_buf_view(&again)));
	}
	weir_buf_fini(&json);
	weir_buf_fini(&lenient);
	weir_buf_fini(&packed);
	weir_buf_fini(&again);
}

static void check_json(struct weir_str text)
{
	struct weir_buf packed, json, again;

	weir_buf_init(&packed, OUT_BYTES);
	weir_buf_init(&json, OUT_BYTES);
	weir_buf_init(&again, OUT_BYTES);
	if (weir_msgpack_from_json(&packed, text) == 0) {
		fuzz_require(weir_json_check(text, WEIR_CONVERT_DEPTH, NULL, NULL) == 0);
		fuzz_require(weir_json_from_msgpack(&json, weir_buf_view(&packed)) == 0);
		fuzz_require(weir_msgpack_from_json(&again, weir_buf_view(&json)) == 0);
		fuzz_require(weir_str_eq(weir_buf_view(&packed), weir_buf_view(&again)));
	}
	weir_buf_fini(&packed);
	weir_buf_fini(&json);
	weir_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str bytes = weir_str_n((const char *)data, size);

	check_scan(bytes);
	check_msgpack(bytes);
	check_json(bytes);
	return 0;
}
