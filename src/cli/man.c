/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page weir(1), made from the commands and the options of the configuration. */
#include "weir/cli/command.h"

#define OPTIONS_BYTES (1u << 20)

static void man_text(const char *s, FILE *to)
{
	bool line_start = true;

	for (; *s; s++) {
		if (line_start && (*s == '.' || *s == '\''))
			fputs("\\&", to);
		if (*s == '-')
			fputs("\\-", to);
		else if (*s == '\\')
			fputs("\\e", to);
		else
			fputc(*s, to);
		line_start = *s == '\n';
	}
}

static void man_option(const struct weir_option *o, FILE *to)
{
	fputs(".TP\n\\fB", to);
	if (o->letter)
		fprintf(to, "\\-%c\\fR, \\fB", o->letter);
	fputs("\\-\\-", to);
	man_text(o->name, to);
	fputs("\\fR", to);
	if (o->arg) {
		fputs(" \\fI", to);
		man_text(o->arg, to);
		fputs("\\fR", to);
	}
	fputs("\n", to);
	man_text(o->help, to);
	fputs("\n", to);
}

static void man_command(const struct weir_command *c, FILE *to)
{
	fprintf(to, ".SS weir %s ", c->name);
	man_text(c->usage, to);
	fputs("\n", to);
	man_text(c->summary, to);
	fputs(".\n", to);
	if (c->help)
		man_text(c->help, to);
	if (!c->options)
		fprintf(to, "Its options are listed by\n.BR \"weir %s \\-\\-help\" .\n", c->name);
	for (const struct weir_option *o = c->options; o && o->name; o++)
		if (o->help)
			man_option(o, to);
}

static void man_options(FILE *to)
{
	struct weir_buf text;

	weir_buf_init(&text, OPTIONS_BYTES);
	weir_conf_write_man(&text);
	fwrite(text.p, 1, text.len, to);
	weir_buf_fini(&text);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_cli_print_man(const struct weir_cli *cli, FILE *to)
{
	fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n"
	      ".\\\" Made by scripts/check-conf --update; do not edit.\n"
	      ".TH WEIR 1\n.SH NAME\nweir \\- real\\-time event broker\n"
	      ".SH SYNOPSIS\n.B weir\n.I COMMAND\n.RI [ ARGUMENT ]...\n"
	      ".SH DESCRIPTION\n"
	      "Services publish events over HTTP, browsers and programs subscribe to channels over WebSocket or HTTP "
	      "streams.\n"
	      ".B weir\nspeaks the protocol of the Centrifuge clients and Centrifugo's HTTP API.\n"
	      "Every queue in it is bounded; what happens when one is full is chosen, counted and visible.\n"
	      ".SH COMMANDS\n",
		to);
	for (const struct weir_command *const *c = cli->commands; *c; c++)
		man_command(*c, to);
	fputs(".SH CONFIGURATION\n"
	      "One YAML file; JSON is YAML. A dot in the name of an option stands for a mapping inside another one:\n"
	      ".PP\n.nf\nclient:\n  ping_interval: 25s\n.fi\n.PP\n"
	      "An option that is not known is a warning, or an error with\n.BR \\-\\-strict .\n",
		to);
	man_options(to);
	fputs(".SH ENVIRONMENT\n"
	      "Each option can be set with a variable: WEIR_ and its name in upper case, with _ for each dot, as in\n"
	      "WEIR_CLIENT_PING_INTERVAL. Lists are words between blanks. WEIR_CHANNEL_NAMESPACES lists namespaces, "
	      "and\n"
	      "WEIR_CHANNEL_NAMESPACES_CHAT_HISTORY_SIZE sets an option of the namespace chat. The environment "
	      "overrides the\n"
	      "file, and the command line overrides both.\n"
	      ".SH EXIT STATUS\n"
	      "0: it went well. 1: it failed, or the configuration has errors. 2: the command line is wrong.\n",
		to);
}
