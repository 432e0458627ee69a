/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of options: from text into a member, as files, the environment and --set give it, and back. A value that is
 * refused leaves the member as it was. Pure but for the allocation of strings.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "conf_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define QUOTED_BYTES 40 /* of a value in a message */

static int value_refuse(const struct conf_row *row, struct weir_str text, bool in_range, struct weir_buf *why)
{
	if (!why)
		return WEIR_EINVALID;
	weir_buf_lit(why, "expected ");
	if (in_range)
		weir__conf_write_expected(row, why);
	else
		weir_buf_str(why, weir_str(row->type->expected));
	if (!row->type->secret) {
		weir_buf_lit(why, ", got ");
		weir__conf_write_quoted(why, text);
	}
	return WEIR_EINVALID;
}

static int value_bool(struct weir_str text, bool *out)
{
	if (weir_str_caseeq(text, WEIR_STR("true")))
		*out = true;
	else if (weir_str_caseeq(text, WEIR_STR("false")))
		*out = false;
	else
		return WEIR_EPARSE;
	return 0;
}

static int value_number(const struct conf_row *row, int64_t *out, struct weir_str text, struct weir_buf *why)
{
	int64_t v = 0;
	int err;

	if (row->type->kind == CONF_KIND_DURATION)
		err = weir_str_duration(text, &v);
	else if (row->type->kind == CONF_KIND_BYTES)
		err = weir_str_bytes(text, &v);
	else
		err = weir_str_i64(text, &v);
	if (err == WEIR_EPARSE)
		return value_refuse(row, text, row->type->kind == CONF_KIND_INT, why);
	if (err || v < row->min || v > row->max)
		return value_refuse(row, text, true, why);
	*out = v;
	return 0;
}

static bool value_is_text(struct weir_str text)
{
	return weir_utf8_valid(text) && !(text.n && memchr(text.p, '\0', text.n));
}

static bool value_is_address(struct weir_str text)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char copy[INET6_ADDRSTRLEN];

	if (text.n == 0 || weir_str_is(text, "localhost"))
		return true;
	if (text.n >= sizeof(copy) || !value_is_text(text))
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return inet_pton(AF_INET, copy, bytes) == 1 || inet_pton(AF_INET6, copy, bytes) == 1;
}

static int value_word(const struct conf_row *row, struct weir_str text)
{
	for (size_t i = 0; i < row->type->n_words; i++)
		if (weir_str_is(text, row->type->words[i]))
			return (int)i;
	return -1;
}

static void value_string(char **member, struct weir_str text)
{
	free(*member);
	*member = weir_xstrndup(text.n ? text.p : "", text.n);
}

static void value_strings(struct weir_conf_strings *member, const struct weir_str *items, size_t n)
{
	for (size_t i = 0; i < member->n; i++)
		free(member->v[i]);
	free(member->v);
	*member = (struct weir_conf_strings){NULL, n};
	if (n)
		member->v = weir_xcalloc(n, sizeof(*member->v));
	for (size_t i = 0; i < n; i++)
		member->v[i] = weir_xstrndup(items[i].p, items[i].n);
}

/* Lists as a text: words between blanks. */
static int value_split(const struct conf_row *row, void *base, struct weir_str text, struct weir_buf *why)
{
	struct weir_str *items = NULL, rest = text;
	size_t n = 0;
	int err;

	while (rest.p) {
		struct weir_str item = weir_str_trim(weir_str_cut(&rest, ' '));

		if (item.n == 0)
			continue;
		items = weir_xrealloc(items, (n + 1) * sizeof(*items));
		items[n++] = item;
	}
	err = weir__conf_value_set_list(row, base, items, n, why);
	free(items);
	return err;
}

static void write_string(struct weir_buf *out, struct weir_str s)
{
	weir_buf_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], next = (unsigned char)(i + 1 < s.n ? s.p[i + 1] : 0);
		unsigned char last = (unsigned char)(i + 2 < s.n ? s.p[i + 2] : 0);

		if (c == '"' || c == '\\') {
			weir_buf_char(out, '\\');
			weir_buf_char(out, (char)c);
		} else if (c == '\n') {
			weir_buf_lit(out, "\\n");
		} else if (c < 0x20 || c == 0x7f) {
			weir_buf_printf(out, "\\x%02x", c);
		} else if (c == 0xc2 && next < 0xa0) { /* U+0080 … U+009F */
			weir_buf_printf(out, "\\x%02x", next);
			i++;
		} else if (c == 0xe2 && next == 0x80 && (last == 0xa8 || last == 0xa9)) { /* line separators */
			weir_buf_printf(out, "\\u20%02x", 0x28 + (last - 0xa8));
			i += 2;
		} else if (c == 0xef && ((next == 0xbb && last == 0xbf) || (next == 0xbf && last >= 0xbe))) {
			weir_buf_printf(out, "\\u%04x", 0xf000u | (unsigned)(next & 0x3f) << 6 | (last & 0x3f));
			i += 2;
		} else {
			weir_buf_char(out, (char)c);
		}
	}
	weir_buf_char(out, '"');
}

static void write_unit(struct weir_buf *out, int64_t v, const char *unit)
{
	weir_buf_i64(out, v);
	weir_buf_str(out, weir_str(unit));
}

static void write_words(const struct conf_row *row, struct weir_buf *out)
{
	weir_buf_str(out, weir_str(row->type->expected));
	for (size_t i = 0; i < row->type->n_words; i++) {
		weir_buf_str(out, weir_str(i ? ", " : " "));
		weir_buf_str(out, weir_str(row->type->words[i][0] ? row->type->words[i] : "\"\""));
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__conf_value_set(const struct conf_row *row, void *base, struct weir_str text, struct weir_buf *why)
{
	void *member = (char *)base + row->offset;
	int word;

	switch (row->type->kind) {
	case CONF_KIND_BOOL:
		return value_bool(text, member) ? value_refuse(row, text, false, why) : 0;
	case CONF_KIND_INT:
	case CONF_KIND_DURATION:
	case CONF_KIND_BYTES:
		return value_number(row, member, text, why);
	case CONF_KIND_STRING:
		if (!value_is_text(text))
			return value_refuse(row, text, false, why);
		value_string(member, text);
		return 0;
	case CONF_KIND_ADDRESS:
		if (!value_is_address(text))
			return value_refuse(row, text, false, why);
		value_string(member, text);
		return 0;
	case CONF_KIND_ENUM:
		word = value_word(row, text);
		if (word < 0)
			return value_refuse(row, text, true, why);
		*(int *)member = word;
		return 0;
	case CONF_KIND_STRINGS:
	case CONF_KIND_WORD:
		return value_split(row, base, text, why);
	}
	return WEIR_EINVALID;
}

int weir__conf_value_set_list(
	const struct conf_row *row, void *base, const struct weir_str *items, size_t n, struct weir_buf *why)
{
	void *member = (char *)base + row->offset;

	for (size_t i = 0; i < n; i++)
		if (!value_is_text(items[i]) || (row->type->kind == CONF_KIND_WORD && value_word(row, items[i]) < 0))
			return value_refuse(row, items[i], true, why);
	if (row->type->kind == CONF_KIND_WORD)
		*(bool *)member = n > 0;
	else
		value_strings(member, items, n);
	return 0;
}

void weir__conf_value_write(const struct conf_row *row, const void *base, struct weir_buf *out)
{
	const void *member = (const char *)base + row->offset;
	const struct weir_conf_strings *list = member;

	switch (row->type->kind) {
	case CONF_KIND_BOOL:
		weir_buf_str(out, *(const bool *)member ? WEIR_STR("true") : WEIR_STR("false"));
		break;
	case CONF_KIND_INT:
		weir_buf_i64(out, *(const int64_t *)member);
		break;
	case CONF_KIND_DURATION:
		weir__conf_write_duration(out, *(const int64_t *)member);
		break;
	case CONF_KIND_BYTES:
		weir__conf_write_bytes(out, *(const int64_t *)member);
		break;
	case CONF_KIND_STRING:
	case CONF_KIND_ADDRESS:
		write_string(out, row->type->secret && **(char *const *)member ? WEIR_STR(CONF_SECRET_TEXT)
									       : weir_str(*(char *const *)member));
		break;
	case CONF_KIND_ENUM:
		write_string(out, weir_str(row->type->words[*(const int *)member]));
		break;
	case CONF_KIND_STRINGS:
		weir_buf_char(out, '[');
		for (size_t i = 0; i < list->n; i++) {
			if (i)
				weir_buf_lit(out, ", ");
			write_string(out, weir_str(list->v[i]));
		}
		weir_buf_char(out, ']');
		break;
	case CONF_KIND_WORD:
		weir_buf_char(out, '[');
		if (*(const bool *)member)
			write_string(out, weir_str(row->type->words[0]));
		weir_buf_char(out, ']');
		break;
	}
}

void weir__conf_write_duration(struct weir_buf *out, int64_t ms)
{
	if (ms && ms % (3600 * 1000) == 0)
		write_unit(out, ms / (3600 * 1000), "h");
	else if (ms % 1000 == 0)
		write_unit(out, ms / 1000, "s");
	else
		write_unit(out, ms, "ms");
}

void weir__conf_write_bytes(struct weir_buf *out, int64_t bytes)
{
	static const char *const units[] = {"", "KiB", "MiB", "GiB"};
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0 && unit + 1 < WEIR_ARRAY_LEN(units)) {
		bytes /= 1024;
		unit++;
	}
	write_unit(out, bytes, units[unit]);
}

void weir__conf_write_expected(const struct conf_row *row, struct weir_buf *out)
{
	switch (row->type->kind) {
	case CONF_KIND_INT:
		weir_buf_lit(out, "a whole number from ");
		weir_buf_i64(out, row->min);
		weir_buf_lit(out, " to ");
		weir_buf_i64(out, row->max);
		break;
	case CONF_KIND_DURATION:
		weir_buf_lit(out, "a duration from ");
		weir__conf_write_duration(out, row->min);
		weir_buf_lit(out, " to ");
		weir__conf_write_duration(out, row->max);
		break;
	case CONF_KIND_BYTES:
		weir_buf_lit(out, "a size from ");
		weir__conf_write_bytes(out, row->min);
		weir_buf_lit(out, " to ");
		weir__conf_write_bytes(out, row->max);
		break;
	case CONF_KIND_ENUM:
	case CONF_KIND_WORD:
		write_words(row, out);
		break;
	case CONF_KIND_BOOL:
	case CONF_KIND_STRING:
	case CONF_KIND_ADDRESS:
	case CONF_KIND_STRINGS:
		weir_buf_str(out, weir_str(row->type->expected));
		break;
	}
}

void weir__conf_write_quoted(struct weir_buf *out, struct weir_str text)
{
	struct weir_str shown = weir_utf8_valid(text)
					? weir_utf8_prefix(text, QUOTED_BYTES)
					: weir_str_n(text.p, text.n < QUOTED_BYTES ? text.n : QUOTED_BYTES);
	bool ascii_only = !weir_utf8_valid(text);

	weir_buf_char(out, '"');
	for (size_t i = 0; i < shown.n; i++) {
		unsigned char c = (unsigned char)shown.p[i];

		if (c < 0x20 || c == 0x7f || (ascii_only && c >= 0x80))
			weir_buf_printf(out, "\\x%02x", c);
		else
			weir_buf_char(out, (char)c);
	}
	if (shown.n < text.n)
		weir_buf_lit(out, "…");
	weir_buf_char(out, '"');
}
