/* SPDX-License-Identifier: Apache-2.0 */
/* What each publication_data_format admits, of each format of payloads. */
#include "weir/base/mem.h"
#include "weir/bus/namespace.h"

#include "test.h"

const char weir_test_suite[] = "bus/data_format";

static bool admits(enum weir_data_format wanted, enum weir_payload_format format, const char *p, size_t n)
{
	struct weir_namespace ns = {.publication_data_format = wanted};
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .format = format, .data = {p, n}});
	bool ok;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	ok = !weir_namespace_refuses(&ns, e);
	weir_event_unref(&e);
	return ok;
}

static void data_formats(void)
{
	static const struct {
		enum weir_payload_format format;
		const char *p;
		size_t n;
		unsigned admitted; /* a bit for each: any, json, json_object, binary */
	} rows[] = {
		{WEIR_PAYLOAD_JSON, "{}", 2, 0xf},
		{WEIR_PAYLOAD_JSON, "[]", 2, 0xb},
		{WEIR_PAYLOAD_MSGPACK, "\x80", 1, 0xf},
		{WEIR_PAYLOAD_MSGPACK, "\x90", 1, 0xb},
		{WEIR_PAYLOAD_MSGPACK, "\x81\x01\x02", 3, 0x9},
		{WEIR_PAYLOAD_MSGPACK, "\x81\xa1x\xc4\x00", 5, 0x9},
		{WEIR_PAYLOAD_BINARY, "{}", 2, 0x9},
		{WEIR_PAYLOAD_BINARY, "", 0, 0x8},
		{WEIR_PAYLOAD_BINARY, NULL, 0, 0},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		for (int wanted = 0; wanted < 4; wanted++)
			CU_ASSERT_EQUAL(admits((enum weir_data_format)wanted, rows[i].format, rows[i].p, rows[i].n),
				rows[i].admitted >> wanted & 1);
}

CU_TestInfo weir_tests[] = {
	{"data formats", data_formats},
	CU_TEST_INFO_NULL,
};
