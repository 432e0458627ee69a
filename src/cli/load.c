/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration for a command, with its problems on standard error. */
#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/cli/command.h"

void weir_cli_conf_set(struct weir_cli_conf *c, const char *set)
{
	c->sets = weir_xrealloc(c->sets, (c->n_sets + 1) * sizeof(*c->sets));
	c->sets[c->n_sets++] = set;
}

void weir_cli_conf_fini(struct weir_cli_conf *c)
{
	free(c->sets);
	*c = (struct weir_cli_conf){.path = NULL};
}

int weir_cli_conf_read(const struct weir_cli *cli, const struct weir_cli_conf *c, struct weir_conf **out,
	struct weir_conf_report *report)
{
	const struct weir_conf_source src = {
		.path = c->path, .environ = cli->environ, .sets = c->sets, .n_sets = c->n_sets, .strict = c->strict};

	return weir_conf_load(out, &src, report);
}

struct weir_conf *weir_cli_conf_load(struct weir_cli *cli, const struct weir_cli_conf *c)
{
	struct weir_conf_report report;
	struct weir_conf *conf;
	int err;

	weir_conf_report_init(&report);
	err = weir_cli_conf_read(cli, c, &conf, &report);
	if (report.text.len)
		fwrite(report.text.p, 1, report.text.len, cli->err);
	else if (err)
		fprintf(cli->err, "weir: %s\n", weir_strerror(err));
	weir_conf_report_fini(&report);
	return conf;
}
