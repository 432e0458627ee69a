/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir sub`: what the command (sub.c), its options (sub_options.c) and its two loops (sub_door.c, sub_events.c) share.
 */
#ifndef WEIR_CLI_SUB_PRIV_H
#define WEIR_CLI_SUB_PRIV_H

#include "door_priv.h"
#include "sub_weir_priv.h"
#include "weir/base/random.h"
#include "weir/cli/client.h"
#include "weir/cli/command.h"

struct sub {
	struct weir_cli *cli;
	const char *server;
	struct weir_client_options client_options;
	struct weir_str *channels; /* the array is owned */
	size_t n_channels;
	struct weir__sub_weir weir;
	struct weir_buf weir_text;
	uint64_t count; /* 0: no end */
	bool json;

	const char *door_name;             /* as it was given, or NULL */
	const struct weir__door_ops *door; /* NULL: /events */
	bool raw;                          /* the stream as it comes */
	const char *since;                 /* as it was given, or NULL */

	struct weir_random random;
	uint64_t seen;
	int exit_code;
	struct weir_buf line;
};

extern const struct weir_option weir__sub_options[];
/* WEIR_OPTS_END, or what weir_opts_exit() takes. */
int weir__sub_parse(struct sub *s, struct weir_opts *o) WEIR_MUSTCHECK;
/* Frees what weir__sub_parse() made, whatever it returned. */
void weir__sub_forget(struct sub *s);

/* Blocks; the exit code. */
int weir__sub_door(struct sub *s);
int weir__sub_events(struct sub *s);

/* To stdout, at once. False: it cannot be written, and the exit code says so. */
bool weir__sub_write(struct sub *s, struct weir_str text);
/* A status that no repetition will mend. */
bool weir__sub_is_refused(unsigned http);
/* Complains; the exit code. */
int weir__sub_no_url(const struct sub *s);

#endif
