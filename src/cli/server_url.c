/* SPDX-License-Identifier: Apache-2.0 */
/* Where the commands that speak to a broker find it. Pure. */
#include "server_url_priv.h"

#include <string.h>

const char *weir__cli_env(const struct weir_cli *cli, const char *name)
{
	size_t n = strlen(name);

	for (const char *const *e = cli->environ; e && *e; e++)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=' && (*e)[n + 1])
			return *e + n + 1;
	return NULL;
}

const char *weir__cli_server_url(const struct weir_cli *cli)
{
	const char *url = weir__cli_env(cli, "WEIR_SERVER");

	return url ? url : "http://localhost:8000";
}
