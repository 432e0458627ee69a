/* SPDX-License-Identifier: Apache-2.0 */
/* See harness.h. */
#include "harness.h"

#include <stdio.h>

#include "test.h"
#include "weir/base/mem.h"

static const struct weir_hash_key harness_key = {3, 4};

/* A Number's digits, in the plainest way. */
static void harness_number(struct weir_buf *out, struct weir_decimal d)
{
	struct weir_value v = {.type = WEIR_VALUE_NUMBER, .number = d};
	uint64_t digits = v.number.digits;
	int magnitude = v.number.magnitude;

	while (digits && digits % 10 == 0)
		digits /= 10;
	if (d.negative)
		weir_buf_char(out, '-');
	if (magnitude >= 0 && magnitude < 19 && digits) {
		char text[32];
		int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)digits);

		if (n <= magnitude)
			weir_buf_printf(out, "%s%.*s", text, magnitude - n, "0000000000000000000");
		else
			weir_buf_printf(out, "%s%.*s.%s", magnitude ? "" : "0", magnitude, text, text + magnitude);
	} else if (digits) {
		weir_buf_printf(out, "0.%llue%d", (unsigned long long)digits, magnitude);
	} else {
		weir_buf_char(out, '0');
	}
	weir_buf_char(out, 'n');
}

static void harness_value(struct weir_buf *out, const struct weir_value *v)
{
	switch (v->type) {
	case WEIR_VALUE_STRING:
		weir_buf_printf(out, "'%.*s'", WEIR_STR_FMT(v->string));
		break;
	case WEIR_VALUE_INTEGER:
		weir_buf_i64(out, v->integer);
		break;
	case WEIR_VALUE_BOOLEAN:
		weir_buf_printf(out, "%s", v->boolean ? "true" : "false");
		break;
	case WEIR_VALUE_NUMBER:
		harness_number(out, v->number);
		break;
	default:
		weir_buf_printf(out, "type %d", (int)v->type);
		break;
	}
}

static void harness_run(struct weir_buf *out, struct weir_program **p, const struct weir_event *e)
{
	struct weir_filters *fs = weir_filters_new(&harness_key);
	enum weir_filter_error error;
	struct weir_filter *f;
	struct weir_value v;
	bool pass;

	CU_ASSERT_EQUAL_FATAL(weir_filters_add(fs, p, &f), 0);
	weir_filters_event(fs, e);
	v = weir_filters_value(fs, f, &error);
	harness_value(out, &v);
	if (error)
		weir_buf_printf(out, " !%s", weir_filter_error_name(error));
	pass = !error && v.type == WEIR_VALUE_BOOLEAN && v.boolean;
	CU_ASSERT_EQUAL(weir_filters_pass(fs, f), pass);
	weir_filters_drop(fs, &f);
	weir_filters_free(&fs);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_event *harness_event_a(void)
{
	static const struct weir_tag tags[] = {{WEIR_STR("symbol"), WEIR_STR("ACME")},
		{WEIR_STR("level"), WEIR_STR("7")}, {WEIR_STR("price"), WEIR_STR("150.25")},
		{WEIR_STR("hot"), WEIR_STR("TRUE")}, {WEIR_STR("Env"), WEIR_STR("prod")},
		{WEIR_STR("user"), WEIR_STR("mallory")}, {WEIR_STR("content-type"), WEIR_STR("app/json")}};
	struct weir_client_info info = {.user = WEIR_STR("feeder"), .client = WEIR_STR("c-1")};
	struct weir_event_spec spec = {.channel = WEIR_STR("prices:eu"),
		.id = WEIR_STR("ev-9"),
		.data = WEIR_STR(
			"{\"price\":19.99,\"qty\":3,\"used\":45,\"total\":60,\"id\":9007199254740993,\"note\":null,"
			"\"who\":{\"name\":\"Zo\xc3\xab\"},\"items\":[{\"sku\":\"X-1\"},{\"sku\":\"X_2\"}],"
			"\"key with space\":\"v\"}"),
		.info = &info,
		.tags = tags,
		.n_tags = WEIR_ARRAY_LEN(tags),
		.time_ms = 1767225600000};
	struct weir_event *e = weir_event_new(&spec);

	e->offset = 42;
	return e;
}

struct weir_event *harness_event_b(void)
{
	static const struct weir_tag tags[] = {{WEIR_STR("region"), WEIR_STR("us")}};
	struct weir_event_spec spec = {.channel = WEIR_STR("log"),
		.data = WEIR_STR("[1,\"two\",2.50]"),
		.tags = tags,
		.n_tags = WEIR_ARRAY_LEN(tags),
		.time_ms = 1767225600000};

	return weir_event_new(&spec);
}

struct weir_event *harness_event_c(void)
{
	static const struct weir_tag tags[] = {{WEIR_STR("kind"), WEIR_STR("blob")}};
	struct weir_event_spec spec = {.channel = WEIR_STR("log"),
		.data = WEIR_STR("\x01\x02\xff"),
		.tags = tags,
		.n_tags = WEIR_ARRAY_LEN(tags)};

	return weir_event_new(&spec);
}

struct weir_event *harness_event_d(void)
{
	struct weir_client_info info = {.client = WEIR_STR("c-2")};
	struct weir_event_spec spec = {.channel = WEIR_STR("log"),
		.data = WEIR_STR("{\"price\":19.99,\"n\":5.0,\"raw\":[1,2,3]}"),
		.info = &info};

	return weir_event_new(&spec);
}

struct weir_event *harness_event(const char *payload)
{
	struct weir_event_spec spec = {.channel = WEIR_STR("c"), .data = weir_str(payload)};

	return weir_event_new(&spec);
}

int harness_compile(struct weir_str filter, bool any_result, struct weir_program **out, struct weir_buf *why)
{
	struct weir_json node;

	if (filter.n && *filter.p == '{') {
		CU_ASSERT_EQUAL_FATAL(weir_json_check(filter, 100, &node, NULL), 0);
		return weir_filter_compile_tree(node, out, why);
	}
	return any_result ? weir_filter_compile_value(filter, out, why) : weir_filter_compile(filter, out, why);
}

const char *harness_line(struct weir_str filter, const struct weir_event *e)
{
	static char line[70000];
	struct weir_program *p = NULL;
	struct weir_buf out, why;

	weir_buf_init(&out, sizeof(line) - 1);
	weir_buf_init(&why, 5000);
	if (harness_compile(filter, true, &p, &why))
		weir_buf_printf(&out, "refused: %.*s", WEIR_STR_FMT(weir_buf_view(&why)));
	else
		harness_run(&out, &p, e);
	CU_ASSERT_FALSE(out.failed || why.failed);
	snprintf(line, sizeof(line), "%.*s", WEIR_STR_FMT(weir_buf_view(&out)));
	weir_program_free(&p);
	weir_buf_fini(&out);
	weir_buf_fini(&why);
	return line;
}

void harness_check(const struct harness_row *rows, size_t n, struct weir_event *e)
{
	for (size_t i = 0; i < n; i++) {
		const char *line = harness_line(weir_str(rows[i].filter), e);

		if (strcmp(line, rows[i].result) != 0) {
			printf("%s\n    is     %s\n    wanted %s\n", rows[i].filter, line, rows[i].result);
			CU_FAIL("another result");
		}
	}
	CU_ASSERT(n > 0);
	weir_event_unref(&e);
}
