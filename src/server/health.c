/* SPDX-License-Identifier: Apache-2.0 */
/* The two endpoints that load balancers and supervisors ask. Loop's thread only. */
#include "weir/server/health.h"

#include "weir/event/json.h"

#define HEALTH_BODY_MAX 4096
#define HEALTH_WHY_MAX  512
#define HEALTH_LINES    "Cache-Control: no-store\r\n"

static void on_health(void *ctx, struct weir_http_request *req)
{
	(void)ctx;
	weir_http_respond(req, 200, "application/json", WEIR_STR(HEALTH_LINES), WEIR_STR("{}"));
}

static void on_ready(void *ctx, struct weir_http_request *req)
{
	struct weir_health *health = ctx;
	struct weir_buf body, why;

	weir_buf_init(&why, HEALTH_WHY_MAX);
	if (!health->not_ready(health->ctx, &why)) {
		weir_buf_fini(&why);
		on_health(ctx, req);
		return;
	}
	weir_buf_init(&body, HEALTH_BODY_MAX);
	weir_buf_lit(&body, "{\"error\":{\"code\":100,\"message\":");
	weir_json_append_string(&body, weir_buf_view(&why));
	weir_buf_fini(&why);
	weir_buf_lit(&body, "}}");
	weir_http_respond(req, 503, "application/json", WEIR_STR(HEALTH_LINES),
		body.failed ? WEIR_STR("{\"error\":{\"code\":100,\"message\":\"not ready\"}}") : weir_buf_view(&body));
	weir_buf_fini(&body);
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

void weir_health_routes(struct weir_health *health, struct weir_http_router *router)
{
	struct weir_http_route route = {
		.path = "/health", .methods = WEIR_HTTP_GET, .handler = on_health, .ctx = health};

	weir_http_router_add(router, &route);
	route.path = "/ready";
	route.handler = on_ready;
	weir_http_router_add(router, &route);
}
