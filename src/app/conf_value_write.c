/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of options as YAML text, and what a row expects in words for messages and documents. What is written for a
 * valid value is read as the same value.
 */
#include "conf_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define QUOTED_BYTES 40 /* of a value in a message */

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
	for (size_t i = 0, n = 0; i < row->type->n_words; i++) {
		if (row->type->kind == CONF_KIND_WORDS && !row->type->words[i][0])
			continue; /* stands for "none", which in a list is no item */
		weir_buf_str(out, weir_str(n++ ? ", " : " "));
		weir_buf_str(out, weir_str(row->type->words[i][0] ? row->type->words[i] : "\"\""));
	}
}

static bool has_password(struct weir_str url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] == '@' || weir_str_starts(weir_str_n(url.p + i, url.n - i), WEIR_STR("password=")))
			return true;
	return false;
}

static void write_list(struct weir_buf *out, const struct weir_conf_strings *list, bool secret)
{
	weir_buf_char(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			weir_buf_lit(out, ", ");
		write_string(out, secret && has_password(weir_str(list->v[i])) ? WEIR_STR(CONF_SECRET_TEXT)
									       : weir_str(list->v[i]));
	}
	weir_buf_char(out, ']');
}

static void write_chosen(const struct conf_row *row, uint32_t bits, struct weir_buf *out)
{
	bool first = true;

	weir_buf_char(out, '[');
	for (size_t i = 0; i < row->type->n_words; i++) {
		if (!(bits & 1u << i))
			continue;
		if (!first)
			weir_buf_lit(out, ", ");
		write_string(out, weir_str(row->type->words[i]));
		first = false;
	}
	weir_buf_char(out, ']');
}

/* ------------------------------------------------------------------------------------------------------------------ */

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
	case CONF_KIND_DECIMAL:
		weir_buf_double(out, *(const double *)member);
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
	case CONF_KIND_URLS:
		write_list(out, list, row->type->secret);
		break;
	case CONF_KIND_WORDS:
		write_chosen(row, *(const uint32_t *)member, out);
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
	case CONF_KIND_DECIMAL:
		weir_buf_lit(out, "a number from ");
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
	case CONF_KIND_WORDS:
		write_words(row, out);
		break;
	case CONF_KIND_BOOL:
	case CONF_KIND_STRING:
	case CONF_KIND_ADDRESS:
	case CONF_KIND_STRINGS:
	case CONF_KIND_URLS:
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
