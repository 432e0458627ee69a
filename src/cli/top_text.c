/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text and numbers in cells of a terminal. Names come from peers: what a terminal could obey (controls, changes of
 * direction, invisible characters) and what is no UTF-8 becomes '?'. Widths are those of Unicode's East Asian Width;
 * marks take no cell, and of a heap of them two are kept. Pure.
 */
#include "top_priv.h"

#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define TEXT_MARKS_MAX 2
#define NUMBER_BYTES   32

struct text_range {
	uint32_t first, last;
};

static const struct text_range hidden[] = {
	{0x0, 0x1f},
	{0x7f, 0x9f},
	{0xad, 0xad},
	{0x61c, 0x61c},
	{0x115f, 0x1160},
	{0x180b, 0x180f},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0x3164, 0x3164},
	{0xfe00, 0xfe0f},
	{0xfeff, 0xfeff},
	{0xffa0, 0xffa0},
	{0xfff0, 0xfffb},
	{0xfffe, 0xffff},
	{0xe0000, 0xe0fff},
};

static const struct text_range marks[] = {
	{0x300, 0x36f},
	{0x483, 0x489},
	{0x591, 0x5bd},
	{0x610, 0x61a},
	{0x64b, 0x65f},
	{0x900, 0x902},
	{0x93c, 0x93c},
	{0x941, 0x948},
	{0x94d, 0x94d},
	{0xe31, 0xe31},
	{0xe34, 0xe3a},
	{0xe47, 0xe4e},
	{0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff},
	{0x20d0, 0x20ff},
	{0x302a, 0x302d},
	{0x3099, 0x309a},
	{0xfe20, 0xfe2f},
};

static const struct text_range wide[] = {
	{0x1100, 0x115e},
	{0x231a, 0x231b},
	{0x2329, 0x232a},
	{0x23e9, 0x23ec},
	{0x25fd, 0x25fe},
	{0x2614, 0x2615},
	{0x2648, 0x2653},
	{0x26a1, 0x26a1},
	{0x26bd, 0x26be},
	{0x2705, 0x2705},
	{0x2728, 0x2728},
	{0x274c, 0x274c},
	{0x2753, 0x2755},
	{0x2757, 0x2757},
	{0x2795, 0x2797},
	{0x2b50, 0x2b50},
	{0x2b55, 0x2b55},
	{0x2e80, 0x303e},
	{0x3041, 0xa4cf},
	{0xa960, 0xa97f},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff01, 0xff60},
	{0xffe0, 0xffe6},
	{0x16fe0, 0x18cff},
	{0x1b000, 0x1b2ff},
	{0x1f004, 0x1f004},
	{0x1f0cf, 0x1f0cf},
	{0x1f18e, 0x1f18e},
	{0x1f191, 0x1f19a},
	{0x1f200, 0x1f265},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f7e0, 0x1f7eb},
	{0x1f900, 0x1faff},
	{0x20000, 0x3fffd},
};

static bool text_in(const struct text_range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* The code point of a valid character of n bytes. */
static uint32_t text_decode(const char *p, size_t n)
{
	uint32_t c = (unsigned char)p[0];

	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

struct text_glyph {
	struct weir_str bytes;
	unsigned cells;
};

/* Takes the next character, with what stands for it on the screen. */
static struct text_glyph text_next(struct weir_str *rest, unsigned *in_row)
{
	size_t n = weir_utf8_char(*rest);
	struct text_glyph g = {.bytes = WEIR_STR("?"), .cells = 1};
	const char *p = rest->p;
	uint32_t c = n ? text_decode(p, n) : 0;
	bool mark = n > 1 && text_in(marks, WEIR_ARRAY_LEN(marks), c);

	*rest = weir_str_n(p + (n ? n : 1), rest->n - (n ? n : 1));
	if (mark && *in_row) {
		g.cells = 0;
		g.bytes = (*in_row)++ <= TEXT_MARKS_MAX ? weir_str_n(p, n) : WEIR_STR("");
		return g;
	}
	*in_row = 1;
	if (!n || mark || text_in(hidden, WEIR_ARRAY_LEN(hidden), c))
		return g;
	g.bytes = weir_str_n(p, n);
	g.cells = n > 1 && text_in(wide, WEIR_ARRAY_LEN(wide), c) ? 2 : 1;
	return g;
}

/* A number with a unit that keeps it below `base`, one digit after the point where there is room. */
static void text_scaled(struct weir_buf *out, double n, double base, const char *units)
{
	while (n >= (base == 1024 ? 1023.5 : 999.5) && units[1]) {
		n /= base;
		units++;
	}
	weir_buf_printf(out, n < 99.95 ? "%.1f%c" : "%.0f%c", n, *units);
}

/* ------------------------------------------------------------------------------------------------------------------ */

unsigned weir__top_cells(struct weir_str text)
{
	unsigned cells = 0, in_row = 0;

	while (text.n)
		cells += text_next(&text, &in_row).cells;
	return cells;
}

unsigned weir__top_put(struct weir_buf *out, struct weir_str text, unsigned max)
{
	bool cut = max && weir__top_cells(text) > max;
	unsigned cells = 0, in_row = 0, room = cut ? max - 1 : UINT32_MAX;

	while (text.n) {
		struct text_glyph g = text_next(&text, &in_row);

		if (cells + g.cells > room)
			break;
		weir_buf_str(out, g.bytes);
		cells += g.cells;
	}
	if (!cut)
		return cells;
	weir_buf_lit(out, "…");
	return cells + 1;
}

void weir__top_put_json(struct weir_buf *out, struct weir_str quoted)
{
	if (quoted.n)
		weir_json_string_decode(out, quoted);
}

void weir__top_put_count(struct weir_buf *out, uint64_t n)
{
	if (n < 10000)
		weir_buf_u64(out, n);
	else
		text_scaled(out, (double)n / 1000, 1000, "kMGTPE");
}

void weir__top_put_bytes(struct weir_buf *out, uint64_t n)
{
	if (n < 1024)
		weir_buf_u64(out, n);
	else
		text_scaled(out, (double)n / 1024, 1024, "KMGTPE");
}

void weir__top_put_rate(struct weir_buf *out, double per_s)
{
	if (per_s < 0)
		weir_buf_char(out, '-');
	else if (per_s < 0.005)
		weir_buf_char(out, '0');
	else if (per_s < 0.0995)
		weir_buf_printf(out, "%.2f", per_s);
	else if (per_s < 99.95)
		weir_buf_printf(out, "%.1f", per_s);
	else
		weir__top_put_count(out, (uint64_t)(per_s + 0.5));
}

void weir__top_put_ms(struct weir_buf *out, uint64_t ms)
{
	unsigned long long s = ms / 1000;

	if (!ms)
		weir_buf_char(out, '0');
	else if (ms < 1000)
		weir_buf_printf(out, "%llums", (unsigned long long)ms);
	else if (s < 60)
		weir_buf_printf(out, "%llu.%llus", s, (unsigned long long)ms % 1000 / 100);
	else if (s < 3600)
		weir_buf_printf(out, "%llum%02llus", s / 60, s % 60);
	else if (s < 86400)
		weir_buf_printf(out, "%lluh%02llum", s / 3600, s % 3600 / 60);
	else if (s < 100ull * 86400)
		weir_buf_printf(out, "%llud%lluh", s / 86400, s % 86400 / 3600);
	else
		weir_buf_printf(out, "%llud", s / 86400 < 99999 ? s / 86400 : 99999);
}
