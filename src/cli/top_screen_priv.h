/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the picture of `weir top`: what top_screen.c and top_detail.c make it of. Pure. */
#ifndef WEIR_CLI_TOP_SCREEN_PRIV_H
#define WEIR_CLI_TOP_SCREEN_PRIV_H

#include "top_priv.h"

#define WEIR_SCREEN_TEXT_MAX_BYTES 65536

#define WEIR_STYLE_NONE     ""
#define WEIR_STYLE_BOLD     "\033[1m"
#define WEIR_STYLE_REVERSE  "\033[7m"
#define WEIR_STYLE_BEHIND   "\033[33m"
#define WEIR_STYLE_STALLED  "\033[31m"
#define WEIR_STYLE_SELECTED "\033[7m"

struct weir__screen {
	struct weir_buf *out;
	const struct weir__top_view *v;
	const struct weir__top_model *m;
	struct weir_buf line; /* the one that is being made */
	size_t lines;
};

/* Appends "  text" to the line, if all of it fits. */
void weir__screen_item(struct weir__screen *s, struct weir_str text);
void weir__screen_count(struct weir__screen *s, const char *name, uint64_t n);
/* Writes the line, cut to the width, and begins another. */
void weir__screen_end_line(struct weir__screen *s, const char *style);

/* Three lines about the selected client, empty if there is none. */
void weir__screen_details(struct weir__screen *s);

#endif
