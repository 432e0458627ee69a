/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of a command: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, letters without values in a group, -- before
 * what is no option. Options and other arguments may be mixed. Every command has --help and -h.
 */
#include <stdarg.h>
#include <string.h>

#include "weir/cli/command.h"

static int opts_help(const struct weir_opts *o)
{
	weir_cli_print_help(o->command, o->cli->out);
	return WEIR_OPTS_HELP;
}

static int opts_find_name(const struct weir_opts *o, struct weir_str name)
{
	for (int i = 0; o->command->options[i].name; i++)
		if (weir_str_is(name, o->command->options[i].name))
			return i;
	return -1;
}

static int opts_unknown(const struct weir_opts *o, struct weir_str name)
{
	const struct weir_option *near = NULL;
	unsigned best = 3;

	for (const struct weir_option *c = o->command->options; c->name; c++) {
		unsigned d = c->help ? weir_conf_edit_distance(name, weir_str(c->name)) : best;

		if (d < best) {
			best = d;
			near = c;
		}
	}
	if (near)
		weir_opts_bad(o, "unknown option --%.*s; did you mean --%s?", WEIR_STR_FMT(name), near->name);
	else
		weir_opts_bad(o, "unknown option --%.*s", WEIR_STR_FMT(name));
	return WEIR_OPTS_BAD;
}

/* The value of an option that needs one: what is attached to it, else the next argument. */
static int opts_value(struct weir_opts *o, int index, const char *attached, const char **value)
{
	const struct weir_option *option = &o->command->options[index];

	if (attached) {
		*value = attached;
	} else if (o->at < o->argc) {
		*value = o->argv[o->at++];
	} else {
		weir_opts_bad(o, "--%s needs %s", option->name, option->arg);
		return WEIR_OPTS_BAD;
	}
	return index;
}

static int opts_long(struct weir_opts *o, const char *arg, const char **value)
{
	struct weir_str attached = weir_str(arg), name = weir_str_cut(&attached, '=');
	int index = opts_find_name(o, name);

	if (index < 0 && weir_str_is(name, "help"))
		return opts_help(o);
	if (index < 0)
		return opts_unknown(o, name);
	if (o->command->options[index].arg)
		return opts_value(o, index, attached.p, value);
	if (attached.p) {
		weir_opts_bad(o, "--%s takes no value", o->command->options[index].name);
		return WEIR_OPTS_BAD;
	}
	return index;
}

static int opts_letter(struct weir_opts *o, const char **value)
{
	char letter = *o->rest++;
	const char *attached = *o->rest ? o->rest : NULL;

	if (!attached)
		o->rest = NULL;
	for (int i = 0; o->command->options[i].name; i++) {
		if (o->command->options[i].letter != letter)
			continue;
		if (!o->command->options[i].arg)
			return i;
		o->rest = NULL;
		return opts_value(o, i, attached, value);
	}
	if (letter == 'h')
		return opts_help(o);
	weir_opts_bad(o, "unknown option -%c", letter);
	return WEIR_OPTS_BAD;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_opts_init(
	struct weir_opts *o, struct weir_cli *cli, const struct weir_command *command, int argc, char **argv)
{
	*o = (struct weir_opts){.cli = cli, .command = command, .argc = argc, .at = 1, .argv = argv};
}

int weir_opts_next(struct weir_opts *o, const char **value)
{
	const char *arg;

	*value = NULL;
	if (o->rest)
		return opts_letter(o, value);
	if (o->at >= o->argc)
		return WEIR_OPTS_END;
	arg = o->argv[o->at++];
	if (!o->only_args && strcmp(arg, "--") == 0) {
		o->only_args = true;
		return weir_opts_next(o, value);
	}
	if (o->only_args || arg[0] != '-' || !arg[1]) {
		*value = arg;
		return WEIR_OPTS_ARG;
	}
	if (arg[1] == '-')
		return opts_long(o, arg + 2, value);
	o->rest = arg + 1;
	return opts_letter(o, value);
}

int weir_opts_bad(const struct weir_opts *o, const char *fmt, ...)
{
	va_list args;

	fprintf(o->cli->err, "weir %s: ", o->command->name);
	va_start(args, fmt);
	vfprintf(o->cli->err, fmt, args);
	va_end(args);
	fprintf(o->cli->err, "\nTry: weir help %s\n", o->command->name);
	return WEIR_EXIT_USAGE;
}
