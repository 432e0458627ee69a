/* SPDX-License-Identifier: Apache-2.0 */
/* The program: its table of commands, in the order of the help. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "weir/cli/command.h"

static const struct weir_command *const commands[] = {
	&weir_command_serve,
	&weir_command_check,
	&weir_command_config,
	&weir_command_token,
	&weir_command_pub,
	&weir_command_sub,
	&weir_command_top,
	&weir_command_filter,
	&weir_command_version,
	&weir_command_help,
	NULL,
};

/* Started without standard streams, sockets would get their numbers, and clients the log. */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct weir_cli cli = {
		.out = stdout,
		.err = stderr,
		.environ = (const char *const *)environ,
		.clock = &weir_clock_real,
		.commands = commands,
	};

	fill_standard_streams();
	return weir_cli_run(&cli, argc, argv);
}
