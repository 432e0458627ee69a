/* SPDX-License-Identifier: Apache-2.0 */
/* `weir sub`: what its loop (sub.c) and its options (sub_options.c) share. */
#ifndef WEIR_CLI_SUB_PRIV_H
#define WEIR_CLI_SUB_PRIV_H

#include "weir/base/random.h"
#include "weir/cli/client.h"
#include "ws_client_priv.h"

struct sub {
	const char *server;
	struct weir_client_options client_options;
	struct weir_buf weir; /* data.weir */
	uint64_t count;       /* 0: no end */
	bool json;

	struct weir_random random;
	struct weir_client *client;
	struct weir__ws *ws;
	uint64_t seen;
	bool dropping; /* the client wants another connection */
	int exit_code;
	struct weir_buf line, send;
};

/* The command; argv[0] is its name. Returns the exit code. */
int weir__sub_main(int argc, char **argv) WEIR_MUSTCHECK;

/* 0; 1 when the usage was asked for and printed; WEIR_EINVALID when it was printed on stderr. */
int weir__sub_parse(struct sub *s, int argc, char **argv) WEIR_MUSTCHECK;
/* Frees what weir__sub_parse() made, whatever it returned. */
void weir__sub_forget(struct sub *s);

#endif
