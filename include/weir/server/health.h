/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /health: 200 while the process serves. /ready: 200, or 503 with the reason while it should get no new clients. Both
 * tell only that. Loop's thread only.
 */
#ifndef WEIR_SERVER_HEALTH_H
#define WEIR_SERVER_HEALTH_H

#include "weir/server/http.h"

struct weir_health {
	/* Asked at each request: false when ready, else `why` has got the reason in a few words. */
	bool (*not_ready)(void *ctx, struct weir_buf *why);
	void *ctx;
};

/* `health` must outlive the router. */
void weir_health_routes(struct weir_health *health, struct weir_http_router *router);

#endif
