/* SPDX-License-Identifier: Apache-2.0 */
/* Where something listens: a host and a port, or the path of a unix socket. Declared in link.h. Any thread. */
#include <errno.h>
#include <stdlib.h>

#include "link.h"

static char *copy(struct weir_str s)
{
	char *p = malloc(s.n + 1);

	if (p) {
		if (s.n > 0)
			memcpy(p, s.p, s.n);
		p[s.n] = '\0';
	}
	return p;
}

static bool same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_redis_endpoint_set(struct weir_redis_endpoint *e, struct weir_str host, uint16_t port)
{
	char *p = copy(host);

	if (!p)
		return -ENOMEM;
	weir_redis_endpoint_fini(e);
	e->host = p;
	e->port = port;
	return 0;
}

int weir_redis_endpoint_set_path(struct weir_redis_endpoint *e, struct weir_str path)
{
	char *p = copy(path);

	if (!p)
		return -ENOMEM;
	weir_redis_endpoint_fini(e);
	e->path = p;
	return 0;
}

int weir_redis_endpoint_copy(struct weir_redis_endpoint *to, const struct weir_redis_endpoint *from)
{
	*to = (struct weir_redis_endpoint){0};
	if (from->path)
		return weir_redis_endpoint_set_path(to, weir_str(from->path));
	return from->host ? weir_redis_endpoint_set(to, weir_str(from->host), from->port) : 0;
}

bool weir_redis_endpoint_eq(const struct weir_redis_endpoint *a, const struct weir_redis_endpoint *b)
{
	return same(a->host, b->host) && same(a->path, b->path) && a->port == b->port;
}

void weir_redis_endpoint_fini(struct weir_redis_endpoint *e)
{
	free(e->host);
	free(e->path);
	*e = (struct weir_redis_endpoint){0};
}
