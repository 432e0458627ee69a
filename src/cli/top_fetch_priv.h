/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `weir top` asks the broker, one request after the other: `lag` and `info`, which make a round, and `disconnect`.
 * Blocking or not, as http_client_priv.h has it. One thread.
 */
#ifndef WEIR_CLI_TOP_FETCH_PRIV_H
#define WEIR_CLI_TOP_FETCH_PRIV_H

#include "http_client_priv.h"
#include "top_priv.h"
#include "weir/base/clock.h"

enum weir__top_request { WEIR_TOP_ASK_NOTHING, WEIR_TOP_ASK_LAG, WEIR_TOP_ASK_INFO, WEIR_TOP_ASK_DISCONNECT };

enum weir__top_outcome {
	WEIR_TOP_PENDING,
	WEIR_TOP_ROUND,   /* the model is new */
	WEIR_TOP_DONE,    /* the client is disconnected */
	WEIR_TOP_AWAY,    /* no answer, or one that another time may be better; `why` tells */
	WEIR_TOP_REFUSED, /* it will be no better next time */
};

struct weir__top_fetch {
	struct weir__http *http;
	const struct weir_clock *clock;
	struct weir__top_model *model;
	uint64_t limit; /* clients that are asked for */
	enum weir__top_request pending, failed;
	struct weir_buf body;
	struct weir_buf why;  /* ends with NUL after AWAY and REFUSED; `failed` is what was asked */
	struct weir_buf *raw; /* NULL, or gets what was answered, for --json */
};

void weir__top_fetch_init(struct weir__top_fetch *f, struct weir__http *http, const struct weir_clock *clock,
	struct weir__top_model *model, uint64_t limit);
void weir__top_fetch_fini(struct weir__top_fetch *f);

/* A whole round. ROUND, AWAY or REFUSED. Blocks. */
enum weir__top_outcome weir__top_fetch_round(struct weir__top_fetch *f) WEIR_MUSTCHECK;

/* Without blocking: begins a round, or a disconnect, when nothing is pending. PENDING, or AWAY. */
enum weir__top_outcome weir__top_fetch_begin(struct weir__top_fetch *f) WEIR_MUSTCHECK;
enum weir__top_outcome weir__top_fetch_disconnect(
	struct weir__top_fetch *f, struct weir_str user, struct weir_str client) WEIR_MUSTCHECK;
enum weir__top_outcome weir__top_fetch_wait(
	struct weir__top_fetch *f, struct pollfd *fds, unsigned n, int timeout_ms) WEIR_MUSTCHECK;

#endif
