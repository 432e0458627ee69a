/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the dashboard's page gets its token: POST /dashboard/login by a password, GET /dashboard/session without one for
 * a page on this very machine, where that is allowed (development). The tokens are those of an admin (session/token.h).
 * One object per worker. Loop's thread only.
 */
#ifndef WEIR_SERVER_DASHBOARD_H
#define WEIR_SERVER_DASHBOARD_H

#include "weir/base/clock.h"
#include "weir/server/guesses.h"
#include "weir/server/http.h"
#include "weir/session/token.h"

#define WEIR_DASHBOARD_TTL_S 43200

struct weir_dashboard_options {
	struct weir_str password; /* not kept, only its hash; empty: there is no login */
	bool insecure;            /* no password needed on this machine */
	unsigned char key[WEIR_DASHBOARD_KEY];
	const struct weir_clock *clock;
	struct weir_log *log;
	struct weir_guesses *guesses; /* of all workers */
};

struct weir_dashboard {
	struct weir_dashboard_options o;
	unsigned char password_hash[32];
};

void weir_dashboard_init(struct weir_dashboard *d, const struct weir_dashboard_options *o);
void weir_dashboard_fini(struct weir_dashboard *d);
/* The dashboard must outlive the router. */
void weir_dashboard_routes(struct weir_dashboard *d, struct weir_http_router *router);

#endif
