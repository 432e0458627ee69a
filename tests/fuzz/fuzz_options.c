/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a queue from anybody: two JSON values, the token's and the subscriber's, with a NUL between them. What is
 * granted is whole and consistent, its answer is JSON that asks for the same when it is read again, and what is refused
 * says why in valid UTF-8.
 */
#include "fuzz.h"

#include <string.h>

#include "weir/base/mem.h"
#include "weir/base/utf8.h"
#include "weir/session/options.h"

static const struct weir_namespace namespaces[] = {
	{WEIR_NAMESPACE_QUEUE_DEFAULTS},
	{.overflow = WEIR_OVERFLOW_LATEST,
		.allowed_overflow = WEIR_OVERFLOW_ALL,
		.queue = 10,
		.queue_max = 100,
		.key = (char *)"sym",
		.rate = 0.5,
		.rate_max = 5},
	{.overflow = WEIR_OVERFLOW_RESYNC,
		.allowed_overflow = WEIR_OVERFLOW_BIT(WEIR_OVERFLOW_DROP_OLDEST),
		.queue = 1,
		.queue_max = 1},
};

static void check_why(struct weir_buf *why)
{
	fuzz_require(!why->failed && why->len && weir_utf8_valid(weir_buf_view(why)));
	weir_buf_reset(why);
}

/* False: refused, or nothing was asked for. */
static bool read_options(
	struct weir_str data, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why)
{
	struct weir_json v, object;
	uint64_t bytes;

	if (weir_json_check(data, WEIR_JSON_DEPTH, &v, NULL))
		return false;
	if (weir_options_find(v.text, &object, why)) {
		check_why(why);
		return false;
	}
	if (!object.type)
		return false;
	if (weir_queue_bytes_read(object, &bytes, why))
		check_why(why);
	else
		fuzz_require(!bytes || bytes >= WEIR_QUEUE_BYTES_MIN);
	if (weir_sub_options_read(object, text, out, why)) {
		check_why(why);
		return false;
	}
	fuzz_require(out->given && !why->len);
	return true;
}

static void check_granted(const struct weir_queue_options *o)
{
	fuzz_require(o->overflow >= WEIR_OVERFLOW_RESYNC && o->overflow <= WEIR_OVERFLOW_LATEST);
	fuzz_require(o->queue >= 1);
	fuzz_require(o->rate == 0 || (o->rate >= WEIR_RATE_MIN && o->rate <= WEIR_RATE_MAX));
	fuzz_require(o->rate == 0 || (o->overflow != WEIR_OVERFLOW_RESYNC && o->overflow != WEIR_OVERFLOW_DISCONNECT));
	fuzz_require(!o->key.p || o->overflow == WEIR_OVERFLOW_LATEST);
}

static void check_answer(const struct weir_queue_options *o)
{
	struct weir_buf answer, text, why;
	struct weir_sub_options again;

	weir_buf_init(&answer, 1 << 20);
	weir_buf_init(&text, 1 << 20);
	weir_buf_init(&why, 4096);
	weir_queue_options_write(o, &answer);
	fuzz_require(!answer.failed && read_options(weir_buf_view(&answer), &text, &again, &why));
	fuzz_require(again.overflow == o->overflow && again.queue == o->queue && again.rate == o->rate);
	fuzz_require(weir_str_eq(again.key, o->key));
	weir_buf_fini(&answer);
	weir_buf_fini(&text);
	weir_buf_fini(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str claim, asked = weir_str_n((const char *)data, size);
	struct weir_sub_options options[2] = {0};
	struct weir_buf texts[2], why;

	if (!size)
		return 0;
	claim = weir_str_cut(&asked, '\0');
	weir_buf_init(&texts[0], 1 << 20);
	weir_buf_init(&texts[1], 1 << 20);
	weir_buf_init(&why, 4096);
	if (!read_options(claim, &texts[0], &options[0], &why))
		options[0] = (struct weir_sub_options){0};
	if (!asked.p || !read_options(asked, &texts[1], &options[1], &why))
		options[1] = (struct weir_sub_options){0};
	for (size_t i = 0; i < 2 * WEIR_ARRAY_LEN(namespaces); i++) {
		const struct weir_namespace *ns = &namespaces[i / 2];
		struct weir_queue_options o;

		switch (weir_queue_options_resolve(ns, i % 2, &options[0], &options[1], &o, &why)) {
		case WEIR_REFUSAL_NONE:
			check_granted(&o);
			fuzz_require(o.overflow != WEIR_OVERFLOW_RESYNC || i % 2);
			fuzz_require(options[0].queue || o.queue <= ns->queue_max);
			check_answer(&o);
			break;
		case WEIR_REFUSAL_BAD:
			check_why(&why);
			break;
		case WEIR_REFUSAL_DENIED:
			fuzz_require(options[1].overflow && !why.len);
			break;
		}
	}
	weir_buf_fini(&texts[0]);
	weir_buf_fini(&texts[1]);
	weir_buf_fini(&why);
	return 0;
}
