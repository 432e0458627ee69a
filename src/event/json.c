/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validating pass: grammar, escapes, UTF-8, depth, in one walk from left to right that stops at the first problem.
 * One bit per open array or object is all it keeps. Payloads pass here once, when they are published: long strings go
 * by eight bytes at a time. Pure functions, any thread.
 */
#include "weir/event/json.h"

#include "json_priv.h"
#include "weir/base/utf8.h"

#define JSON_DEPTH_MAX 1024 /* whatever the caller allows */

/* p stands behind what was accepted; after an error, at the problem. */
struct json_scan {
	const char *p, *end;
	unsigned depth, max_depth;
	uint64_t is_object[JSON_DEPTH_MAX / 64];
};

static int scan_escape(struct json_scan *s)
{
	if (++s->p == s->end)
		return WEIR_EPARSE;
	switch (*s->p) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		s->p++;
		return 0;
	case 'u':
		s->p++;
		for (int i = 0; i < 4; i++, s->p++)
			if (s->p == s->end || json_hex(*s->p) < 0)
				return WEIR_EPARSE;
		return 0;
	default:
		return WEIR_EPARSE;
	}
}

static int scan_utf8(struct json_scan *s)
{
	while (s->p < s->end && (unsigned char)*s->p >= 0x80) {
		size_t n = weir_utf8_char(weir_str_n(s->p, (size_t)(s->end - s->p)));

		if (!n)
			return WEIR_EUTF8;
		s->p += n;
	}
	return 0;
}

static int scan_string(struct json_scan *s)
{
	s->p++;
	for (;;) {
		int err = 0;

		s->p = json_plain_end(s->p, s->end, JSON_STOP_CONTROL | JSON_STOP_HIGH);
		if (s->p == s->end)
			return WEIR_EPARSE;
		if (*s->p == '"') {
			s->p++;
			return 0;
		}
		if (*s->p == '\\')
			err = scan_escape(s);
		else if ((unsigned char)*s->p >= 0x80)
			err = scan_utf8(s);
		else
			err = WEIR_EPARSE;
		if (err)
			return err;
	}
}

static int scan_digits(struct json_scan *s)
{
	if (s->p == s->end || !json_is_digit(*s->p))
		return WEIR_EPARSE;
	while (s->p < s->end && json_is_digit(*s->p))
		s->p++;
	return 0;
}

static int scan_number(struct json_scan *s)
{
	int err = 0;

	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else
		err = scan_digits(s);
	if (!err && s->p < s->end && *s->p == '.') {
		s->p++;
		err = scan_digits(s);
	}
	if (!err && s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		err = scan_digits(s);
	}
	/* "01" and "1.2.3" are no sequences of numbers either. */
	if (!err && s->p < s->end && (json_is_digit(*s->p) || *s->p == '.' || *s->p == '-' || *s->p == '+'))
		err = WEIR_EPARSE;
	return err;
}

static int scan_word(struct json_scan *s, const char *word)
{
	for (; *word; word++, s->p++)
		if (s->p == s->end || *s->p != *word)
			return WEIR_EPARSE;
	return 0;
}

static int scan_open(struct json_scan *s, bool object)
{
	uint64_t bit = (uint64_t)1 << s->depth % 64;

	if (s->depth >= s->max_depth)
		return WEIR_EDEPTH;
	if (object)
		s->is_object[s->depth / 64] |= bit;
	else
		s->is_object[s->depth / 64] &= ~bit;
	s->depth++;
	s->p = json_skip_space(s->p + 1, s->end);
	return 0;
}

static bool scan_in_object(const struct json_scan *s)
{
	return s->is_object[(s->depth - 1) / 64] >> (s->depth - 1) % 64 & 1;
}

/* A member's name and the colon, up to where its value begins. */
static int scan_name(struct json_scan *s)
{
	int err;

	s->p = json_skip_space(s->p, s->end);
	if (s->p == s->end || *s->p != '"')
		return WEIR_EPARSE;
	err = scan_string(s);
	if (err)
		return err;
	s->p = json_skip_space(s->p, s->end);
	if (s->p == s->end || *s->p != ':')
		return WEIR_EPARSE;
	s->p = json_skip_space(s->p + 1, s->end);
	return 0;
}

static int scan_scalar(struct json_scan *s)
{
	switch (*s->p) {
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return json_type(*s->p) == WEIR_JSON_NUMBER ? scan_number(s) : WEIR_EPARSE;
	}
}

/* Closes what ends here, up to the next value of an enclosing array or object, or up to depth 0. */
static int scan_after_value(struct json_scan *s)
{
	while (s->depth > 0) {
		bool object = scan_in_object(s);

		s->p = json_skip_space(s->p, s->end);
		if (s->p == s->end)
			return WEIR_EPARSE;
		if (*s->p == ',') {
			s->p = json_skip_space(s->p + 1, s->end);
			return object ? scan_name(s) : 0;
		}
		if (*s->p != (object ? '}' : ']'))
			return WEIR_EPARSE;
		s->p++;
		s->depth--;
	}
	return 0;
}

/* One value that begins at p, with everything in it. */
static int scan_value(struct json_scan *s)
{
	do {
		int err = 0;

		if (s->p == s->end)
			return WEIR_EPARSE;
		if (*s->p == '{' || *s->p == '[') {
			bool object = *s->p == '{';

			err = scan_open(s, object);
			if (err)
				return err;
			if (s->p == s->end || *s->p != (object ? '}' : ']')) {
				err = object ? scan_name(s) : 0;
				if (err)
					return err;
				continue;
			}
		} else {
			err = scan_scalar(s);
		}
		err = err ? err : scan_after_value(s);
		if (err)
			return err;
	} while (s->depth > 0);
	return 0;
}

static void scan_init(struct json_scan *s, struct weir_str text, unsigned max_depth)
{
	s->p = text.p ? text.p : "";
	s->end = s->p + text.n;
	s->depth = 0;
	s->max_depth = max_depth < JSON_DEPTH_MAX ? max_depth : JSON_DEPTH_MAX;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_json_check(struct weir_str text, unsigned max_depth, struct weir_json *out, size_t *at)
{
	struct json_scan s;
	const char *begin, *value, *value_end;
	int err;

	scan_init(&s, text, max_depth);
	begin = s.p;
	s.p = value = json_skip_space(s.p, s.end);
	err = scan_value(&s);
	value_end = s.p;
	if (!err) {
		s.p = json_skip_space(s.p, s.end);
		if (s.p != s.end)
			err = WEIR_EPARSE;
	}
	if (at)
		*at = (size_t)(s.p - begin);
	if (!err && out)
		*out = (struct weir_json){json_type(*value), {value, (size_t)(value_end - value)}};
	return err;
}

int weir_json_take(struct weir_str *rest, unsigned max_depth, struct weir_json *out)
{
	struct json_scan s;
	const char *value;
	int err;

	scan_init(&s, *rest, max_depth);
	s.p = value = json_skip_space(s.p, s.end);
	if (s.p == s.end) {
		*rest = weir_str_n(s.end, 0);
		return WEIR_ENOTFOUND;
	}
	err = scan_value(&s);
	if (err)
		return err;
	*out = (struct weir_json){json_type(*value), {value, (size_t)(s.p - value)}};
	*rest = weir_str_n(s.p, (size_t)(s.end - s.p));
	return 0;
}
