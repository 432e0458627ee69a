/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of a session whose client speaks in requests of its own: whoever knows it speaks for the client. It says
 * which worker has the session, so that its broker need not ask all of them; the rest are 160 random bits. Pure.
 */
#ifndef WEIR_CORE_SECRET_H
#define WEIR_CORE_SECRET_H

#include "weir/base/random.h"
#include "weir/base/str.h"

#define WEIR_SECRET_LEN     43   /* characters, all of [0-9a-f] */
#define WEIR_SECRET_WORKERS 4096 /* that it can tell apart */

void weir_secret_make(char out[WEIR_SECRET_LEN + 1], unsigned worker, struct weir_random *random);
/* 0, or WEIR_EPARSE: that is no secret of ours. */
int weir_secret_worker(struct weir_str secret, unsigned *worker) WEIR_MUSTCHECK;

#endif
