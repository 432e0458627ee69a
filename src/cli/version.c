/* SPDX-License-Identifier: Apache-2.0 */
/* weir version. */
#include "config.h"

#include "weir/cli/command.h"

static const struct weir_option version_options[] = {{0}};

static int version_run(struct weir_cli *cli, int argc, char **argv)
{
	struct weir_opts o;
	const char *value;
	int opt;

	weir_opts_init(&o, cli, &weir_command_version, argc, argv);
	opt = weir_opts_next(&o, &value);
	if (opt == WEIR_OPTS_ARG)
		return weir_opts_bad(&o, "takes no argument, got %s", value);
	if (opt != WEIR_OPTS_END)
		return weir_opts_exit(opt);
	fprintf(cli->out, PACKAGE_NAME " " PACKAGE_VERSION "\n");
	return WEIR_EXIT_OK;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_version = {
	.name = "version",
	.usage = "",
	.summary = "Print the version",
	.options = version_options,
	.run = version_run,
};
