/* SPDX-License-Identifier: Apache-2.0 */
/* weir config: the values in force, or all options with their defaults. */
#include "weir/cli/command.h"

#define CONFIG_BYTES (16u << 20)

enum { OPT_CONFIG, OPT_STRICT, OPT_SET, OPT_DEFAULTS, OPT_MARKDOWN };

static const struct weir_option config_options[] = {
	[OPT_CONFIG] = WEIR_OPTION_CONFIG,
	[OPT_STRICT] = WEIR_OPTION_STRICT,
	[OPT_SET] = WEIR_OPTION_SET,
	[OPT_DEFAULTS] = {"defaults", 'd', NULL, "a commented file with every option at its default"},
	[OPT_MARKDOWN] = {"markdown", 0, NULL, NULL},
	{0},
};

static int config_print(struct weir_cli *cli, struct weir_buf *out)
{
	int code = out->failed ? WEIR_EXIT_FAILED : WEIR_EXIT_OK;

	if (out->failed)
		fprintf(cli->err, "weir config: out of memory\n");
	else
		fwrite(out->p, 1, out->len, cli->out);
	weir_buf_fini(out);
	return code;
}

static int config_in_force(struct weir_cli *cli, const struct weir_cli_conf *c, struct weir_buf *out)
{
	struct weir_conf *conf = weir_cli_conf_load(cli, c);

	if (!conf)
		return WEIR_EXIT_FAILED;
	weir_conf_write(conf, out);
	weir_conf_free(&conf);
	return config_print(cli, out);
}

static int config_run(struct weir_cli *cli, int argc, char **argv)
{
	struct weir_cli_conf c = {.path = NULL};
	void (*write)(struct weir_buf *) = NULL;
	struct weir_opts o;
	struct weir_buf out;
	const char *value;
	int opt, code;

	weir_buf_init(&out, CONFIG_BYTES);
	weir_opts_init(&o, cli, &weir_command_config, argc, argv);
	while ((opt = weir_opts_next(&o, &value)) >= 0) {
		if (opt == OPT_CONFIG || (opt == WEIR_OPTS_ARG && !c.path)) {
			c.path = value;
		} else if (opt == OPT_STRICT) {
			c.strict = true;
		} else if (opt == OPT_SET) {
			weir_cli_conf_set(&c, value);
		} else if (opt == OPT_DEFAULTS) {
			write = weir_conf_write_defaults;
		} else if (opt == OPT_MARKDOWN) {
			write = weir_conf_write_markdown;
		} else {
			weir_opts_bad(&o, "one file at a time: %s", value);
			opt = WEIR_OPTS_BAD;
			break;
		}
	}
	if (opt != WEIR_OPTS_END) {
		code = weir_opts_exit(opt);
	} else if (write) {
		write(&out);
		code = config_print(cli, &out);
	} else {
		code = config_in_force(cli, &c, &out);
	}
	weir_cli_conf_fini(&c);
	return code;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_command weir_command_config = {
	.name = "config",
	.usage = "[[--config] FILE] [--set OPTION=VALUE]... | --defaults",
	.summary = "Print the configuration in force, or all defaults",
	.help = "Secrets are printed as \"***\". Without a file: defaults, WEIR_... of the\n"
		"environment and --set.\n",
	.options = config_options,
	.run = config_run,
};
