/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of /events. Worker's thread. */
#include "weir/server/events.h"

#include "events_priv.h"

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_events_init(struct weir_events *ev, const struct weir_events_options *o)
{
	*ev = (struct weir_events){.o = *o};
}

void weir_events_routes(struct weir_events *ev, struct weir_http_router *router)
{
	struct weir_http_route publish = {.path = "/events/",
		.prefix = true,
		.methods = WEIR_HTTP_POST,
		.limit = weir__events_body_limit,
		.handler = weir__events_on_publish,
		.ctx = ev};

	struct weir_http_route stream = {.path = "/events",
		.methods = WEIR_HTTP_GET,
		.no_head = true,
		.handler = weir__events_on_stream,
		.ctx = ev};

	weir_http_router_add(router, &publish);
	publish.methods = WEIR_HTTP_OPTIONS;
	publish.limit = NULL;
	publish.handler = weir__events_on_publish_preflight;
	weir_http_router_add(router, &publish);
	weir_http_router_add(router, &stream);
	stream.methods = WEIR_HTTP_OPTIONS;
	stream.handler = weir__events_on_stream_preflight;
	weir_http_router_add(router, &stream);
}
