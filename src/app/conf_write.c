/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration as YAML: sections are opened as the rows' names ask for them, since rows of one section stand
 * together. With comments it is the example file.
 */
#include "conf_priv.h"

#define INDENT       2
#define COMMENT_COLS 110

struct writer {
	struct weir_buf *out;
	bool comments;
	struct weir_str section; /* of the row before */
};

static void write_indent(struct weir_buf *out, size_t level)
{
	for (size_t i = 0; i < level * INDENT; i++)
		weir_buf_char(out, ' ');
}

static size_t count_dots(struct weir_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '.';
	return n;
}

static size_t section_level(struct weir_str section)
{
	return section.n ? count_dots(section) + 1 : 0;
}

/* "client.token.issuer": "client.token"; *name: "issuer". */
static struct weir_str split_name(struct weir_str whole, struct weir_str *name)
{
	size_t at = whole.n;

	while (at > 0 && whole.p[at - 1] != '.')
		at--;
	*name = weir_str_n(whole.p + at, whole.n - at);
	return weir_str_n(whole.p, at ? at - 1 : 0);
}

static bool section_holds(struct weir_str section, struct weir_str other)
{
	return section.n == 0 || (weir_str_starts(other, section) &&
					 (other.n == section.n || (other.n > section.n && other.p[section.n] == '.')));
}

/* Writes the headings of those parts of `section` that are not open yet. */
static void write_headings(struct writer *w, struct weir_str section)
{
	size_t level = 0;

	for (size_t end = 0; section.n && end <= section.n; end++) {
		struct weir_str part, name;

		if (end < section.n && section.p[end] != '.')
			continue;
		part = weir_str_n(section.p, end);
		if (!section_holds(part, w->section)) {
			split_name(part, &name);
			if (w->comments && level == 0)
				weir_buf_char(w->out, '\n');
			write_indent(w->out, level);
			weir_buf_str(w->out, name);
			weir_buf_lit(w->out, ":\n");
		}
		level++;
	}
	w->section = section;
}

static void write_comment(struct writer *w, struct weir_str text, size_t level)
{
	size_t column = 0;

	while (text.p) {
		struct weir_str word = weir_str_cut(&text, ' ');

		if (column && column + 1 + word.n > COMMENT_COLS) {
			weir_buf_char(w->out, '\n');
			column = 0;
		}
		if (!column) {
			write_indent(w->out, level);
			weir_buf_char(w->out, '#');
			column = level * INDENT + 1;
		}
		weir_buf_char(w->out, ' ');
		weir_buf_str(w->out, word);
		column += 1 + word.n;
	}
	weir_buf_char(w->out, '\n');
}

static void write_help(struct writer *w, const struct conf_row *row, size_t level)
{
	struct weir_buf text;

	weir_buf_init(&text, 1024);
	weir_buf_str(&text, weir_str(row->help));
	if (row->type->kind != CONF_KIND_BOOL && row->type->kind != CONF_KIND_STRING) {
		weir_buf_lit(&text, " (");
		weir__conf_write_expected(row, &text);
		weir_buf_char(&text, ')');
	}
	write_comment(w, weir_buf_view(&text), level);
	weir_buf_fini(&text);
}

static void write_option(
	struct writer *w, const struct conf_row *row, struct weir_str name, const void *base, size_t level)
{
	if (w->comments)
		write_help(w, row, level);
	write_indent(w->out, level);
	weir_buf_str(w->out, name);
	weir_buf_lit(w->out, ": ");
	weir__conf_value_write(row, base, w->out);
	weir_buf_char(w->out, '\n');
}

static void write_namespace_options(struct writer *w, const struct weir_namespace *ns, size_t level)
{
	for (size_t i = 0; i < weir__conf_namespace_rows.n; i++) {
		const struct conf_row *row = &weir__conf_namespace_rows.rows[i];

		write_option(w, row, weir_str(row->name), ns, level);
	}
}

/* Below `channel`, after its other options. */
static void write_namespaces(struct writer *w, const struct weir_conf *c)
{
	if (w->comments)
		write_comment(w, WEIR_STR("the options of channels without a namespace"), 1);
	write_headings(w, WEIR_STR(CONF_WITHOUT));
	write_namespace_options(w, &c->channel.without_namespace, 2);
	if (w->comments) {
		write_comment(w,
			WEIR_STR("namespaces, each with its name and the same options; chat is the one of chat:room-1"),
			1);
		weir_buf_lit(w->out, "  # - name: chat\n  #   history_size: 100\n  #   history_ttl: 300s\n");
	}
	weir_buf_str(w->out, c->channel.n_namespaces ? WEIR_STR("  namespaces:\n") : WEIR_STR("  namespaces: []\n"));
	for (size_t i = 0; i < c->channel.n_namespaces; i++) {
		weir_buf_lit(w->out, "    - name: \"");
		weir_buf_str(w->out, weir_str(c->channel.namespaces[i].name));
		weir_buf_lit(w->out, "\"\n");
		write_namespace_options(w, &c->channel.namespaces[i], 3);
	}
}

static void write_all(struct writer *w, const struct weir_conf *c)
{
	for (size_t i = 0; i < weir__conf_rows.n; i++) {
		const struct conf_row *row = &weir__conf_rows.rows[i];
		struct weir_str name, section = split_name(weir_str(row->name), &name);

		if (section_holds(WEIR_STR("channel"), w->section) && !section_holds(WEIR_STR("channel"), section))
			write_namespaces(w, c);
		if (section.n)
			write_headings(w, section);
		else if (w->comments)
			weir_buf_char(w->out, '\n');
		w->section = section;
		write_option(w, row, name, c, section_level(section));
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_conf_write(const struct weir_conf *conf, struct weir_buf *out)
{
	struct writer w = {.out = out, .section = WEIR_STR("")};

	write_all(&w, conf);
}

void weir_conf_write_defaults(struct weir_buf *out)
{
	struct writer w = {.out = out, .comments = true, .section = WEIR_STR("")};
	struct weir_conf *c = weir__conf_new();

	weir_buf_lit(out,
		"# All options of weir, with their defaults; leave out what you do not change. JSON is read too.\n"
		"# The environment overrides this file (WEIR_CLIENT_PING_INTERVAL=25s), and --set overrides both\n"
		"# (--set client.ping_interval=25s). `weir check --config FILE` tells what is wrong in a file.\n");
	write_all(&w, c);
	weir_conf_free(&c);
}
