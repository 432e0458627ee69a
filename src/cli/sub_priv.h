/* SPDX-License-Identifier: Apache-2.0 */
/* `weir sub`: what its loop (sub.c) and its options (sub_options.c) share. */
#ifndef WEIR_CLI_SUB_PRIV_H
#define WEIR_CLI_SUB_PRIV_H

#include "sub_weir_priv.h"
#include "weir/base/random.h"
#include "weir/cli/client.h"
#include "weir/cli/command.h"
#include "ws_client_priv.h"

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

	struct weir_random random;
	struct weir_client *client;
	struct weir__ws *ws;
	uint64_t seen;
	bool dropping; /* the client wants another connection */
	int exit_code;
	struct weir_buf line, send;
};

extern const struct weir_option weir__sub_options[];
/* WEIR_OPTS_END, or what weir_opts_exit() takes. */
int weir__sub_parse(struct sub *s, struct weir_opts *o) WEIR_MUSTCHECK;
/* Frees what weir__sub_parse() made, whatever it returned. */
void weir__sub_forget(struct sub *s);

#endif
