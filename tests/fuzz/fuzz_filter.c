/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions: the first line is one, the rest is the payload. Whatever comes, it compiles or is refused with a reason;
 * what compiles, compiles to the same bytes again, and is evaluated against an event that has a bit of everything.
 */
#include "fuzz.h"

#include "weir/filter/filters.h"

static const struct weir_tag tags[] = {{WEIR_STR("a"), WEIR_STR("7")}, {WEIR_STR("b"), WEIR_STR("Zo\xc3\xab x_y%")},
	{WEIR_STR("n"), WEIR_STR("-12.50")}, {WEIR_STR("t"), WEIR_STR("TRUE")}, {WEIR_STR("Env"), WEIR_STR("prod")},
	{WEIR_STR("user"), WEIR_STR("")}, {WEIR_STR("x-y"), WEIR_STR("12345678901234567890.5")}};

static struct weir_event *fuzz_event(struct weir_str payload)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct weir_event_spec spec = {.channel = WEIR_STR("news:eu"),
		.id = WEIR_STR("id-1"),
		.data = payload,
		.info = &info,
		.tags = tags,
		.n_tags = sizeof(tags) / sizeof(tags[0]),
		.time_ms = 1700000000000};
	struct weir_event *e = weir_event_new(&spec);

	fuzz_require(e);
	return e;
}

static void fuzz_value(const struct weir_value *v, enum weir_filter_error error)
{
	fuzz_require(error < WEIR_FILTER_NOT_BOOLEAN);
	fuzz_require(v->type >= WEIR_VALUE_STRING && v->type <= WEIR_VALUE_NUMBER);
	if (v->type == WEIR_VALUE_STRING)
		fuzz_require(v->string.p);
	if (v->type == WEIR_VALUE_NUMBER && v->number.digits)
		fuzz_require(v->number.digits >= 1000000000000000000u && v->number.digits < 10000000000000000000u &&
			     v->number.magnitude > -1000 && v->number.magnitude <= 1000);
}

static void fuzz_run(struct weir_program *p, struct weir_str payload)
{
	struct weir_filters *fs = weir_filters_new(&(struct weir_hash_key){1, 2});
	struct weir_event *e = fuzz_event(payload);
	enum weir_filter_error error;
	struct weir_filter *f;
	struct weir_value v;

	fuzz_require(weir_filters_add(fs, &p, &f) == 0);
	weir_filters_event(fs, e);
	v = weir_filters_value(fs, f, &error);
	fuzz_value(&v, error);
	fuzz_require(weir_filters_pass(fs, f) == (!error && v.type == WEIR_VALUE_BOOLEAN && v.boolean));
	weir_filters_drop(fs, &f);
	weir_event_unref(&e);
	weir_filters_free(&fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str payload = weir_str_n((const char *)data, size), text = weir_str_cut(&payload, '\n');
	struct weir_program *p, *again;
	struct weir_buf why;
	int err;

	weir_buf_init(&why, 2000);
	err = weir_filter_compile_value(text, &p, &why);
	fuzz_require(!why.failed);
	if (err) {
		fuzz_require((err == WEIR_EINVALID || err == WEIR_ELIMIT) && !p && why.len > 0);
	} else {
		fuzz_require(why.len == 0);
		fuzz_require(weir_filter_compile_value(text, &again, &why) == 0);
		fuzz_require(weir_str_eq(weir_program_bytes(p), weir_program_bytes(again)));
		weir_program_free(&again);
		fuzz_run(p, payload.p ? payload : weir_str_n("", 0));
	}
	weir_buf_fini(&why);
	return 0;
}
