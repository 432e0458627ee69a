/* SPDX-License-Identifier: Apache-2.0 */
/* From the first argument to a command, and the help texts. */
#include <limits.h>

#include "weir/cli/command.h"

#define OPTION_COLS 28

static const struct weir_command *cli_nearest(const struct weir_cli *cli, const char *name)
{
	const struct weir_command *best = NULL;
	unsigned best_distance = 3;

	for (const struct weir_command *const *c = cli->commands; *c; c++) {
		unsigned d = weir_conf_edit_distance(weir_str(name), weir_str((*c)->name));

		if (d < best_distance) {
			best_distance = d;
			best = *c;
		}
	}
	return best;
}

static int cli_unknown(const struct weir_cli *cli, const char *name)
{
	const struct weir_command *near = cli_nearest(cli, name);

	fprintf(cli->err, "weir: unknown command %s", name);
	if (near)
		fprintf(cli->err, "; did you mean %s?", near->name);
	fprintf(cli->err, "\nTry: weir help\n");
	return WEIR_EXIT_USAGE;
}

static int cli_dispatch(struct weir_cli *cli, int argc, char **argv)
{
	const struct weir_command *command;
	const char *name;

	if (argc < 2) {
		weir_cli_print_usage(cli, cli->err);
		return WEIR_EXIT_USAGE;
	}
	name = argv[1];
	if (weir_str_is(weir_str(name), "--help") || weir_str_is(weir_str(name), "-h"))
		name = "help";
	else if (weir_str_is(weir_str(name), "--version") || weir_str_is(weir_str(name), "-V"))
		name = "version";
	command = weir_cli_find(cli, name);
	return command ? command->run(cli, argc - 1, argv + 1) : cli_unknown(cli, name);
}

static void cli_print_option(const struct weir_option *o, FILE *to)
{
	char text[80];

	snprintf(text, sizeof(text), "%s%c%s--%s%s%s", o->letter ? "-" : "", o->letter ? o->letter : ' ',
		o->letter ? ", " : "   ", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	fprintf(to, "  %-*s %s\n", OPTION_COLS, text, o->help);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_cli_run(struct weir_cli *cli, int argc, char **argv)
{
	int code = cli_dispatch(cli, argc, argv);

	if (fflush(cli->out) || ferror(cli->out)) {
		fprintf(cli->err, "weir: the output could not be written\n");
		code = code ? code : WEIR_EXIT_FAILED;
	}
	return code;
}

const struct weir_command *weir_cli_find(const struct weir_cli *cli, const char *name)
{
	for (const struct weir_command *const *c = cli->commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

void weir_cli_print_usage(const struct weir_cli *cli, FILE *to)
{
	fprintf(to, "usage: weir COMMAND [ARGUMENT]...\n\n");
	for (const struct weir_command *const *c = cli->commands; *c; c++)
		fprintf(to, "  %-9s %s\n", (*c)->name, (*c)->summary);
	fprintf(to, "\nMore about one of them: weir help COMMAND\n");
}

void weir_cli_print_help(const struct weir_command *command, FILE *to)
{
	fprintf(to, "usage: weir %s%s%s\n\n%s.\n", command->name, *command->usage ? " " : "", command->usage,
		command->summary);
	if (command->help)
		fprintf(to, "\n%s", command->help);
	fprintf(to, "\n");
	for (const struct weir_option *o = command->options; o->name; o++)
		if (o->help)
			cli_print_option(o, to);
	cli_print_option(&(struct weir_option){"help", 'h', NULL, "print this"}, to);
}
