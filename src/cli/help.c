/* SPDX-License-Identifier: Apache-2.0 */
/* weir help: about all commands, or about one. */
#include "weir/cli/command.h"

enum { OPT_MAN };

static const struct weir_option help_options[] = {
	[OPT_MAN] = {"man", 0, NULL, NULL},
	{0},
};

static int help_about(struct weir_cli *cli, const struct weir_opts *o, char *name)
{
	const struct weir_command *command = weir_cli_find(cli, name);
	char option[] = "--help", *argv[] = {name, option, NULL};

	if (!command)
		return weir_opts_bad(o, "there is no command %s", name);
	if (!command->options)
		return command->run(cli, 2, argv);
	weir_cli_print_help(command, cli->out);
	return WEIR_EXIT_OK;
}

static int help_run(struct weir_cli *cli, int argc, char **argv)
{
	const char *value;
	char *name = NULL;
	struct weir_opts o;
	int opt;

	weir_opts_init(&o, cli, &weir_command_help, argc, argv);
	while ((opt = weir_opts_next(&o, &value)) >= 0) {
		if (opt == OPT_MAN) {
			weir_cli_print_man(cli, cli->out);
			return WEIR_EXIT_OK;
		}
		if (name)
			return weir_opts_bad(&o, "one command at a time: %s", value);
		name = o.argv[o.at - 1];
	}
	if (opt != WEIR_OPTS_END)
		return weir_opts_exit(opt);
	if (name)
		return help_about(cli, &o, name);
	weir_cli_print_usage(cli, cli->out);
	return WEIR_EXIT_OK;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_help = {
	.name = "help",
	.usage = "[COMMAND]",
	.summary = "Explain a command",
	.options = help_options,
	.run = help_run,
};
