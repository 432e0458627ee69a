/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol's codes and texts, as the SDKs know them (protocol.md §9). */
#include "weir/wire/message.h"

#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "wire/message";

static void errors(void)
{
	static const struct {
		unsigned code;
		const char *text;
		bool temporary;
	} rows[] = {
		{100, "internal server error", true},
		{101, "unauthorized", false},
		{102, "unknown channel", false},
		{103, "permission denied", false},
		{104, "method not found", false},
		{105, "already subscribed", false},
		{106, "limit exceeded", false},
		{107, "bad request", false},
		{108, "not available", false},
		{109, "token expired", false},
		{110, "expired", false},
		{111, "too many requests", true},
		{112, "unrecoverable position", false},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		CU_ASSERT_STRING_EQUAL(weir_error_text((enum weir_error_code)rows[i].code), rows[i].text);
		CU_ASSERT_EQUAL(weir_error_temporary((enum weir_error_code)rows[i].code), rows[i].temporary);
	}
	CU_ASSERT(weir_error_temporary(WEIR_ERROR_CONFLICT)); /* "concurrent pagination", 113 */
	CU_ASSERT_PTR_NOT_NULL(weir_error_text((enum weir_error_code)999));
}

/* A close frame's reason must not be empty, nor longer than 123 bytes, nor look like JSON: js reads it. */
static void disconnects(void)
{
	static const struct {
		unsigned code;
		const char *text;
	} rows[] = {
		{3000, "connection closed"},
		{3001, "shutdown"},
		{3004, "internal server error"},
		{3005, "connection expired"},
		{3006, "subscription expired"},
		{3008, "slow"},
		{3009, "write error"},
		{3010, "insufficient state"},
		{3011, "force reconnect"},
		{3012, "no pong"},
		{3500, "invalid token"},
		{3501, "bad request"},
		{3502, "stale"},
		{3503, "force disconnect"},
		{3505, "channel limit"},
		{3508, "not available"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		const char *text = weir_disconnect_text((enum weir_disconnect_code)rows[i].code);

		CU_ASSERT_STRING_EQUAL(text, rows[i].text);
		CU_ASSERT(strlen(text) > 0 && strlen(text) <= 123);
		CU_ASSERT(weir_json_check(weir_str(text), 8, NULL, NULL) < 0);
	}
	CU_ASSERT(strlen(weir_disconnect_text((enum weir_disconnect_code)4999)) > 0);
}

static void unsubscribes(void)
{
	CU_ASSERT_EQUAL(WEIR_UNSUBSCRIBE_SERVER, 2000);
	CU_ASSERT_EQUAL(WEIR_UNSUBSCRIBE_INSUFFICIENT, 2500);
	CU_ASSERT_EQUAL(WEIR_UNSUBSCRIBE_EXPIRED, 2501);
	CU_ASSERT_EQUAL(WEIR_SUBSCRIBE_FLAG_REJECT, 2);
}

CU_TestInfo weir_tests[] = {
	{"errors", errors},
	{"disconnects", disconnects},
	{"unsubscribes", unsubscribes},
	CU_TEST_INFO_NULL,
};
