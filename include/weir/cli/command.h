/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: one const struct weir_command per command, in a file of its own, and one table of them in
 * src/cli/main.c. Help, manual and the messages about wrong arguments come from these structs. A command's run function
 * gets all it touches in struct weir_cli, so that a test can hand in its own streams, environment and clock. Main
 * thread.
 */
#ifndef WEIR_CLI_COMMAND_H
#define WEIR_CLI_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "weir/app/conf.h"
#include "weir/base/clock.h"

enum weir_exit {
	WEIR_EXIT_OK = 0,
	WEIR_EXIT_FAILED = 1,
	WEIR_EXIT_USAGE = 2,
};

struct weir_command;

struct weir_cli {
	FILE *out, *err;
	const char *const *environ;
	const struct weir_clock *clock;
	const struct weir_command *const *commands; /* ends with NULL */
};

struct weir_option {
	const char *name; /* without the dashes; NULL ends an array */
	char letter;      /* 0: none */
	const char *arg;  /* what its value is called in the help; NULL: it has none */
	const char *help; /* NULL: not shown */
};

struct weir_command {
	const char *name;
	const char *usage;                 /* what follows the name */
	const char *summary;               /* one line */
	const char *help;                  /* paragraphs, lines of at most 78 characters; NULL: none */
	const struct weir_option *options; /* NULL: it parses its arguments itself, and has --help */
	/* argv[0] is the command's name. Returns the exit code. */
	int (*run)(struct weir_cli *cli, int argc, char **argv);
};

extern const struct weir_command weir_command_check;
extern const struct weir_command weir_command_config;
extern const struct weir_command weir_command_filter;
extern const struct weir_command weir_command_help;
extern const struct weir_command weir_command_pub;
extern const struct weir_command weir_command_serve;
extern const struct weir_command weir_command_sub;
extern const struct weir_command weir_command_token;
extern const struct weir_command weir_command_top;
extern const struct weir_command weir_command_version;

/* Runs the command that argv[1] names. Returns the exit code; output that could not be written is a failure. */
int weir_cli_run(struct weir_cli *cli, int argc, char **argv);
const struct weir_command *weir_cli_find(const struct weir_cli *cli, const char *name);
void weir_cli_print_usage(const struct weir_cli *cli, FILE *to);
void weir_cli_print_help(const struct weir_command *command, FILE *to);
/* The whole manual, in man macros. */
void weir_cli_print_man(const struct weir_cli *cli, FILE *to);

/* ---- arguments ---- */

struct weir_opts {
	struct weir_cli *cli;
	const struct weir_command *command;
	int argc, at;
	char **argv;
	const char *rest; /* of a group of letters */
	bool only_args;   /* after -- */
};

enum {
	WEIR_OPTS_ARG = 256, /* not an option */
	WEIR_OPTS_END = -1,
	WEIR_OPTS_HELP = -2, /* --help; it is printed */
	WEIR_OPTS_BAD = -3,  /* the message is printed */
};

void weir_opts_init(
	struct weir_opts *o, struct weir_cli *cli, const struct weir_command *command, int argc, char **argv);
/* The index of the next option in command->options and its value, or one of the constants above; < 0 is the end. */
int weir_opts_next(struct weir_opts *o, const char **value);
/* The exit code for HELP and BAD. */
static inline int weir_opts_exit(int opt)
{
	return opt == WEIR_OPTS_HELP ? WEIR_EXIT_OK : WEIR_EXIT_USAGE;
}
/* Prints "weir COMMAND: …" and where to find help; returns WEIR_EXIT_USAGE. */
int weir_opts_bad(const struct weir_opts *o, const char *fmt, ...) WEIR_PRINTF(2, 3);

/* ---- the configuration, for commands that read it ---- */

/* The members of an options array that they share. */
#define WEIR_OPTION_CONFIG                                                \
	{                                                                 \
		"config", 'c', "FILE", "configuration file, YAML or JSON" \
	}
#define WEIR_OPTION_STRICT                                    \
	{                                                     \
		"strict", 0, NULL, "treat warnings as errors" \
	}
#define WEIR_OPTION_SET                                                            \
	{                                                                          \
		"set", 's', "OPTION=VALUE", "override one option; may be repeated" \
	}

struct weir_cli_conf {
	const char *path;
	bool strict;
	const char **sets; /* the array is owned, the texts are not */
	size_t n_sets;
};

void weir_cli_conf_set(struct weir_cli_conf *c, const char *set);
void weir_cli_conf_fini(struct weir_cli_conf *c);
int weir_cli_conf_read(const struct weir_cli *cli, const struct weir_cli_conf *c, struct weir_conf **out,
	struct weir_conf_report *report) WEIR_MUSTCHECK;
/* Loads and reports to cli->err. NULL: there were errors. */
struct weir_conf *weir_cli_conf_load(struct weir_cli *cli, const struct weir_cli_conf *c);

#endif
