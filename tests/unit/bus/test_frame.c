/* SPDX-License-Identifier: Apache-2.0 */
/* Shared frames: references, and the WebSocket header at each border of its length. */
#include "weir/bus/frame.h"

#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "bus/frame";

static void references(void)
{
	struct weir_frame *f = weir_frame_new(3), *g;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(f->len, 3);
	CU_ASSERT_EQUAL(f->refs, 1);
	g = weir_frame_ref(f);
	CU_ASSERT_PTR_EQUAL(f, g);
	weir_frame_unref(&f);
	CU_ASSERT_PTR_NULL(f);
	memcpy(g->data, "abc", 3); /* still there */
	CU_ASSERT_EQUAL(g->refs, 1);
	weir_frame_unref(&g);
	weir_frame_unref(&g); /* takes NULL */
	CU_ASSERT_PTR_NULL(g);
}

static void too_large(void)
{
	CU_ASSERT_PTR_NULL(weir_frame_new((size_t)UINT32_MAX + 1));
}

/* RFC 6455 §5.2: 7 bits, 16 bits, 64 bits, each in the shortest form. */
static void websocket(void)
{
	static const struct {
		size_t n, header;
		unsigned char bytes[10];
	} rows[] = {
		{0, 2, {0x81, 0}},
		{1, 2, {0x81, 1}},
		{125, 2, {0x81, 125}},
		{126, 4, {0x81, 126, 0, 126}},
		{255, 4, {0x81, 126, 0, 255}},
		{256, 4, {0x81, 126, 1, 0}},
		{65535, 4, {0x81, 126, 255, 255}},
		{65536, 10, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
		{0x12345, 10, {0x81, 127, 0, 0, 0, 0, 0, 1, 0x23, 0x45}},
	};
	char *payload = malloc(0x12345);

	CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
	for (size_t i = 0; i < 0x12345; i++)
		payload[i] = (char)(i * 7);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_frame *f = weir_frame_websocket(1, weir_str_n(payload, rows[i].n));

		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		CU_ASSERT_EQUAL(f->len, rows[i].header + rows[i].n);
		CU_ASSERT_EQUAL(memcmp(f->data, rows[i].bytes, rows[i].header), 0);
		CU_ASSERT_EQUAL(memcmp(f->data + rows[i].header, payload, rows[i].n), 0);
		weir_frame_unref(&f);
	}
	free(payload);
}

static void opcodes(void)
{
	static const unsigned all[] = {1, 2, 8, 9, 10};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(all); i++) {
		struct weir_frame *f = weir_frame_websocket(all[i], WEIR_STR_NONE);

		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		CU_ASSERT_EQUAL(f->len, 2);
		CU_ASSERT_EQUAL(f->data[0], 0x80 | all[i]);
		CU_ASSERT_EQUAL(f->data[1], 0);
		weir_frame_unref(&f);
	}
}

CU_TestInfo weir_tests[] = {
	{"references", references},
	{"too large", too_large},
	{"websocket", websocket},
	{"opcodes", opcodes},
	CU_TEST_INFO_NULL,
};
