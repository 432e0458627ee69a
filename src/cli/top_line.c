/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of the picture: what fits of its items, then its style and, on a terminal, what clears the rest of the old
 * one. No line ever moves the cursor past its last cell, that would scroll. Pure.
 */
#include "top_screen_priv.h"

static void screen_style(struct weir__screen *s, const char *style)
{
	if (s->v->ansi && *style)
		weir_buf_str(s->out, weir_str(style));
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__screen_end_line(struct weir__screen *s, const char *style)
{
	bool reverse = style[0] && strcmp(style, WEIR_STYLE_REVERSE) == 0;
	unsigned cells;

	if (s->lines++)
		weir_buf_str(s->out, s->v->ansi ? WEIR_STR("\r\n") : WEIR_STR("\n"));
	screen_style(s, style);
	if (!s->v->ansi)
		while (s->line.len && s->line.p[s->line.len - 1] == ' ')
			s->line.len--;
	cells = weir__top_put(s->out, weir_buf_view(&s->line), s->v->width);
	for (; s->v->ansi && reverse && cells < s->v->width; cells++)
		weir_buf_char(s->out, ' ');
	if (s->v->ansi && *style)
		weir_buf_lit(s->out, "\033[0m");
	if (s->v->ansi && cells < s->v->width) /* behind the last cell it would clear that one */
		weir_buf_lit(s->out, "\033[K");
	weir_buf_reset(&s->line);
}

void weir__screen_item(struct weir__screen *s, struct weir_str text)
{
	unsigned cells = weir__top_cells(weir_buf_view(&s->line)), gap = cells ? 2 : 0;

	if (s->v->width && cells + gap + weir__top_cells(text) > s->v->width)
		return;
	weir_buf_append(&s->line, "  ", gap);
	weir_buf_str(&s->line, text);
}

void weir__screen_count(struct weir__screen *s, const char *name, uint64_t n)
{
	struct weir_buf text;

	weir_buf_init(&text, 256);
	weir_buf_printf(&text, "%s ", name);
	weir__top_put_count(&text, n);
	weir__screen_item(s, weir_buf_view(&text));
	weir_buf_fini(&text);
}
