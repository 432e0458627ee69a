/* SPDX-License-Identifier: Apache-2.0 */
/* weir pub and weir sub in the table of commands. They read their arguments, and print their help, by themselves. */
#include "pub_priv.h"
#include "sub_priv.h"
#include "weir/cli/command.h"

static int pub_sub_run_pub(struct weir_cli *cli, int argc, char **argv)
{
	(void)cli;
	return weir__pub_main(argc, argv);
}

static int pub_sub_run_sub(struct weir_cli *cli, int argc, char **argv)
{
	(void)cli;
	return weir__sub_main(argc, argv);
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_pub = {
	.name = "pub",
	.usage = "[OPTION]... CHANNEL DATA",
	.summary = "Publish to a channel",
	.run = pub_sub_run_pub,
};

const struct weir_command weir_command_sub = {
	.name = "sub",
	.usage = "[OPTION]... CHANNEL...",
	.summary = "Show the events of channels",
	.run = pub_sub_run_sub,
};
