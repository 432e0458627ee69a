/* SPDX-License-Identifier: Apache-2.0 */
/* `weir top` as a whole: what its command (top.c) and its loop on a terminal (top_live.c) share. */
#ifndef WEIR_CLI_TOP_LIVE_PRIV_H
#define WEIR_CLI_TOP_LIVE_PRIV_H

#include "top_fetch_priv.h"
#include "top_term_priv.h"
#include "weir/cli/command.h"

struct weir__top {
	struct weir_cli *cli;
	const char *server, *key;
	uint64_t interval_ms, limit;
	bool once, json;
	struct weir__http *http;
	struct weir__top_model model;
	struct weir__top_view view;
	struct weir__top_fetch fetch;
};

/* Tells why the last request failed; returns WEIR_EXIT_FAILED. */
int weir__top_complain(const struct weir__top *t);
/* Runs until the user or a signal ends it. Returns the exit code. */
int weir__top_live(struct weir__top *t, int in, int out);

#endif
