/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From path and method to a route. Paths are compared as received: /%68ealth is not /health, // is not /. The table is
 * short and read-only while the server runs.
 */
#include <stdlib.h>

#include "weir/server/http.h"

/* How well it matches: 0 not at all, else more for a longer path, most for an exact one. */
static size_t route_score(const struct weir_http_route *route, struct weir_str path)
{
	struct weir_str own = weir_str(route->path);

	if (weir_str_eq(own, path))
		return SIZE_MAX;
	return route->prefix && weir_str_starts(path, own) ? own.n + 1 : 0;
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

void weir_http_router_init(struct weir_http_router *r)
{
	*r = (struct weir_http_router){0};
}

void weir_http_router_fini(struct weir_http_router *r)
{
	free(r->routes);
	*r = (struct weir_http_router){0};
}

void weir_http_router_add(struct weir_http_router *r, const struct weir_http_route *route)
{
	weir_assert(route->path[0] == '/' && (route->websocket != NULL) != (route->handler != NULL));
	if (r->count == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 16;
		r->routes = weir_xrealloc(r->routes, r->cap * sizeof(*r->routes));
	}
	r->routes[r->count] = *route;
	if ((route->methods & WEIR_HTTP_GET) && !route->no_head)
		r->routes[r->count].methods |= WEIR_HTTP_HEAD;
	r->count++;
}

const struct weir_http_route *weir_http_router_find(
	const struct weir_http_router *r, struct weir_str path, unsigned method, unsigned *allowed)
{
	const struct weir_http_route *found = NULL;
	size_t best = 0;

	*allowed = 0;
	for (size_t i = 0; i < r->count; i++) {
		size_t score = route_score(&r->routes[i], path);

		best = score > best ? score : best;
	}
	for (size_t i = 0; best > 0 && i < r->count; i++) {
		const struct weir_http_route *route = &r->routes[i];

		if (route_score(route, path) != best)
			continue;
		*allowed |= route->methods;
		/* The handshake's own checks have the answers to wrong methods. */
		if (!found && (route->websocket || (method & route->methods)))
			found = route;
	}
	return found;
}
