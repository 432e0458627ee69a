/* SPDX-License-Identifier: Apache-2.0 */
/* weir check: everything that is wrong with a configuration. */
#include "weir/cli/command.h"

enum { OPT_CONFIG, OPT_STRICT, OPT_SET };

static const struct weir_option check_options[] = {
	[OPT_CONFIG] = WEIR_OPTION_CONFIG,
	[OPT_STRICT] = WEIR_OPTION_STRICT,
	[OPT_SET] = WEIR_OPTION_SET,
	{0},
};

static int check_conf(struct weir_cli *cli, const struct weir_cli_conf *c)
{
	struct weir_conf_report report;
	struct weir_conf *conf;
	int err;

	weir_conf_report_init(&report);
	err = weir_cli_conf_read(cli, c, &conf, &report);
	if (report.text.len)
		fwrite(report.text.p, 1, report.text.len, cli->out);
	fprintf(cli->out, "%u error%s, %u warning%s\n", report.errors, report.errors == 1 ? "" : "s", report.warnings,
		report.warnings == 1 ? "" : "s");
	weir_conf_report_fini(&report);
	weir_conf_free(&conf);
	return err ? WEIR_EXIT_FAILED : WEIR_EXIT_OK;
}

static int check_run(struct weir_cli *cli, int argc, char **argv)
{
	struct weir_cli_conf c = {.path = NULL};
	struct weir_opts o;
	const char *value;
	int opt, code;

	weir_opts_init(&o, cli, &weir_command_check, argc, argv);
	while ((opt = weir_opts_next(&o, &value)) >= 0) {
		if (opt == OPT_CONFIG || (opt == WEIR_OPTS_ARG && !c.path)) {
			c.path = value;
		} else if (opt == OPT_STRICT) {
			c.strict = true;
		} else if (opt == OPT_SET) {
			weir_cli_conf_set(&c, value);
		} else {
			weir_opts_bad(&o, "one file at a time: %s", value);
			opt = WEIR_OPTS_BAD;
			break;
		}
	}
	code = opt == WEIR_OPTS_END ? check_conf(cli, &c) : weir_opts_exit(opt);
	weir_cli_conf_fini(&c);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_check = {
	.name = "check",
	.usage = "[[--config] FILE] [--strict] [--set OPTION=VALUE]...",
	.summary = "Tell what is wrong with a configuration",
	.help = "Reads the file, WEIR_... of the environment and --set as `weir serve` does, and\n"
		"prints each problem with its place. Exits with 0 if weir would start, else 1.\n",
	.options = check_options,
	.run = check_run,
};
