/* SPDX-License-Identifier: Apache-2.0 */
/* Where the commands that speak to a broker find it. */
#ifndef WEIR_CLI_SERVER_URL_PRIV_H
#define WEIR_CLI_SERVER_URL_PRIV_H

#include "weir/cli/command.h"

#define WEIR_OPTION_SERVER                                                                        \
	{                                                                                         \
		"server", 0, "URL", "default WEIR_SERVER of the environment, else localhost:8000" \
	}

/* The variable's value, or NULL when it is not set or empty. */
const char *weir__cli_env(const struct weir_cli *cli, const char *name);
/* WEIR_SERVER, or http://localhost:8000. */
const char *weir__cli_server_url(const struct weir_cli *cli);

#endif
