/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do everything over HTTP: the bearer of a connection token that says so (its claim `weir` has "admin": true),
 * signed by the client key or by the dashboard's login. One object per worker. A token that held is known again by its
 * hash until it expires, so that a signature is not checked for each request; the expensive ones (RS, ES) of tokens not
 * known are checked a few times a second only, as they are checked on the loop. Worker's thread.
 */
#ifndef WEIR_SERVER_ADMIN_H
#define WEIR_SERVER_ADMIN_H

#include "weir/base/clock.h"
#include "weir/server/head.h"
#include "weir/server/limits.h"
#include "weir/session/token.h"

#define WEIR_ADMIN_KNOWN 16 /* tokens */

struct weir_admin {
	const struct weir_token_keys *keys; /* NULL: no token is taken */
	const struct weir_clock *clock;
	struct weir_limits slow; /* checks of expensive signatures */
	struct {
		unsigned char hash[32];
		int64_t expire_at_s; /* 0: never */
	} known[WEIR_ADMIN_KNOWN];
	size_t n_known, oldest;
};

void weir_admin_init(struct weir_admin *a, const struct weir_token_keys *keys, const struct weir_clock *clock);
/* Has the head `Authorization: Bearer` with the token of an admin? */
bool weir_admin_is(struct weir_admin *a, const struct weir_head *head);

#endif
