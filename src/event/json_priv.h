/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the three parts of the JSON scanner share: finding the end of a run of plain characters, eight bytes at a
 * time.
 */
#ifndef WEIR_EVENT_JSON_PRIV_H
#define WEIR_EVENT_JSON_PRIV_H

#include "weir/event/json.h"

#define JSON_ONES  0x0101010101010101u
#define JSON_HIGHS 0x8080808080808080u

enum json_stop {
	JSON_STOP_QUOTE = 0,   /* at " and \ */
	JSON_STOP_CONTROL = 1, /* also below U+0020 */
	JSON_STOP_HIGH = 2,    /* also at 0x80 and above */
};

/* Does the word hold a zero byte? The lowest flag of the result is exact, those above it may be false. */
static inline uint64_t json_zero_bytes(uint64_t x)
{
	return (x - JSON_ONES) & ~x & JSON_HIGHS;
}

/* The first byte in p … end that `stop` asks for (constant at each call), or end. */
static inline const char *json_plain_end(const char *p, const char *end, int stop)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	while (end - p >= 8) {
		uint64_t x, found;

		memcpy(&x, p, 8);
		found = json_zero_bytes(x ^ JSON_ONES * '"') | json_zero_bytes(x ^ JSON_ONES * '\\');
		if (stop & JSON_STOP_CONTROL)
			found |= (x - JSON_ONES * 0x20) & ~x & JSON_HIGHS;
		if (stop & JSON_STOP_HIGH)
			found |= x & JSON_HIGHS;
		if (found)
			return p + (__builtin_ctzll(found) >> 3);
		p += 8;
	}
#endif
	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\' || ((stop & JSON_STOP_CONTROL) && c < 0x20) ||
			((stop & JSON_STOP_HIGH) && c >= 0x80))
			break;
	}
	return p;
}

static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *json_skip_space(const char *p, const char *end)
{
	while (p < end && json_is_space(*p))
		p++;
	return p;
}

static inline bool json_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The value of a hexadecimal digit, or -1. */
static inline int json_hex(char c)
{
	if (json_is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The type of the value that begins with c, NONE if none does. */
static inline enum weir_json_type json_type(char c)
{
	switch (c) {
	case '{':
		return WEIR_JSON_OBJECT;
	case '[':
		return WEIR_JSON_ARRAY;
	case '"':
		return WEIR_JSON_STRING;
	case 't':
		return WEIR_JSON_TRUE;
	case 'f':
		return WEIR_JSON_FALSE;
	case 'n':
		return WEIR_JSON_NULL;
	default:
		return c == '-' || json_is_digit(c) ? WEIR_JSON_NUMBER : WEIR_JSON_NONE;
	}
}

#endif
