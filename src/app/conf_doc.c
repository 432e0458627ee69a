/* SPDX-License-Identifier: Apache-2.0 */
/* The rows as documentation: tables for conf/README.md, and paragraphs for the manual. */
#include "conf_priv.h"

static void doc_default(const struct conf_row *row, struct weir_buf *out)
{
	if (weir__conf_is_list(row))
		weir_buf_lit(out, "[]");
	else
		weir_buf_str(out, *row->def ? weir_str(row->def) : WEIR_STR("\"\""));
}

static void markdown_expected(const struct conf_row *row, struct weir_buf *out)
{
	if (row->type->kind == CONF_KIND_ADDRESS || row->type->kind == CONF_KIND_STRING)
		weir_buf_str(out, weir_str(row->type->name));
	else
		weir__conf_write_expected(row, out);
}

static void markdown_table(const struct conf_rows *rows, struct weir_buf *out)
{
	weir_buf_lit(out, "| option | value | default | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < rows->n; i++) {
		const struct conf_row *row = &rows->rows[i];

		weir_buf_printf(out, "| `%s` | ", row->name);
		markdown_expected(row, out);
		weir_buf_lit(out, " | `");
		doc_default(row, out);
		weir_buf_printf(out, "` | %s |\n", row->help);
	}
}

static void man_text(struct weir_buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '-')
			weir_buf_lit(out, "\\-");
		else if (*s == '\\')
			weir_buf_lit(out, "\\e");
		else
			weir_buf_char(out, *s);
	}
}

static void man_options(const struct conf_rows *rows, struct weir_buf *out)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct conf_row *row = &rows->rows[i];
		struct weir_buf value;

		weir_buf_init(&value, 256);
		weir_buf_lit(&value, " (");
		markdown_expected(row, &value);
		weir_buf_lit(&value, "; default ");
		doc_default(row, &value);
		weir_buf_lit(&value, ")");
		weir_buf_char(&value, '\0');
		weir_buf_printf(out, ".TP\n.B %s\n", row->name);
		man_text(out, row->help);
		man_text(out, value.p);
		weir_buf_lit(out, "\n");
		weir_buf_fini(&value);
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_conf_write_markdown(struct weir_buf *out)
{
	markdown_table(&weir__conf_rows, out);
	weir_buf_lit(out,
		"\nOptions of channels without a namespace, below `" CONF_WITHOUT "`, and of each entry of `" CONF_NAMED
		"`, which also has a `name` (" CONF_NAME_HELP "):\n\n");
	markdown_table(&weir__conf_namespace_rows, out);
}

void weir_conf_write_man(struct weir_buf *out)
{
	man_options(&weir__conf_rows, out);
	weir_buf_lit(out, ".SS Channels\nOptions of channels without a namespace, below\n.BR " CONF_WITHOUT
			  " ,\nand of each entry of\n.BR " CONF_NAMED " ,\nwhich also has a\n.B name\n(");
	man_text(out, CONF_NAME_HELP);
	weir_buf_lit(out, "):\n");
	man_options(&weir__conf_namespace_rows, out);
}
