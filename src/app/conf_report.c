/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Problems of a configuration, as lines of text: "file:line:column: option: what is wrong". The text is bounded, and so
 * is a line; what strangers wrote into a name cannot break out of its line.
 */
#include <stdarg.h>
#include <stdio.h>

#include "conf_priv.h"

#define REPORT_BYTES 32768
#define LINE_BYTES   512

static void report_place(struct weir_buf *out, struct conf_place at)
{
	if (!at.origin)
		return;
	weir_buf_str(out, weir_str(at.origin));
	if (at.line)
		weir_buf_printf(out, ":%u:%u", at.line, at.column);
	weir_buf_lit(out, ": ");
}

WEIR_PRINTF(4, 0)
static void report_add(struct conf_loader *l, struct conf_place at, bool warning, const char *fmt, va_list args)
{
	struct weir_conf_report *r = l->report;
	char line[LINE_BYTES];
	bool full = weir__conf_report_full(r);
	size_t start = r->text.len;

	if (warning && !l->src->strict)
		r->warnings++;
	else
		r->errors++;
	if (full)
		return;
	vsnprintf(line, sizeof(line), fmt, args);
	report_place(&r->text, at);
	if (warning && !l->src->strict)
		weir_buf_lit(&r->text, "warning: ");
	weir_buf_str(&r->text, weir_str(line));
	for (size_t i = start; i < r->text.len; i++)
		if ((unsigned char)r->text.p[i] < 0x20 || r->text.p[i] == 0x7f)
			r->text.p[i] = '?';
	weir_buf_char(&r->text, '\n');
	if (weir__conf_report_full(r))
		weir_buf_lit(&r->text, "further problems are not shown\n");
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_conf_report_init(struct weir_conf_report *r)
{
	*r = (struct weir_conf_report){.errors = 0};
	weir_buf_init(&r->text, 2 * REPORT_BYTES);
}

void weir_conf_report_fini(struct weir_conf_report *r)
{
	weir_buf_fini(&r->text);
}

bool weir__conf_report_full(const struct weir_conf_report *r)
{
	return r->text.len >= REPORT_BYTES || r->text.failed;
}

void weir__conf_error(struct conf_loader *l, struct conf_place at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_add(l, at, false, fmt, args);
	va_end(args);
}

void weir__conf_warning(struct conf_loader *l, struct conf_place at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_add(l, at, true, fmt, args);
	va_end(args);
}

void weir__conf_unknown(struct conf_loader *l, struct conf_place at, const char *path, bool section)
{
	struct weir_buf near;

	if (weir__conf_report_full(l->report)) {
		weir__conf_warning(l, at, "%s", path);
		return;
	}
	if (weir__conf_is_planned(path)) {
		weir__conf_error(l, at, "%s: is not supported yet", path);
		return;
	}
	if (weir__conf_is_foreign(path)) {
		weir__conf_warning(l, at, "%s: Centrifugo has this, weir does not; ignored", path);
		return;
	}
	weir_buf_init(&near, CONF_PATH_BYTES);
	weir__conf_nearest(path, section, &near);
	if (near.len)
		weir__conf_warning(
			l, at, "%s: unknown option; did you mean %.*s?", path, WEIR_STR_FMT(weir_buf_view(&near)));
	else
		weir__conf_warning(l, at, "%s: unknown option; ignored", path);
	weir_buf_fini(&near);
}
