/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server as a whole: which connections there are, how many there may be, and how it ends. Tear-down goes in two
 * steps: when the last connection is freed the deadlines' timer is closed, then `closed` is called. Loop's thread only.
 */
#include <unistd.h>

#include <netinet/in.h>

#include "http_priv.h"

static void on_server_deadlines_closed(struct weir_pendings *set)
{
	struct weir_http_server *s = WEIR_CONTAINER_OF(set, struct weir_http_server, deadlines);

	if (s->closed)
		s->closed(s);
}

void weir__http_server_object_gone(struct weir_http_server *s)
{
	if (!s->closing || s->n_objects > 0 || s->deadlines_closed)
		return;
	s->deadlines_closed = true;
	weir_pendings_close(&s->deadlines, on_server_deadlines_closed);
}

static void server_peer_text(const struct sockaddr_storage *peer, char *text, socklen_t size)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)peer;
	const struct sockaddr_in *in = (const struct sockaddr_in *)peer;
	const char *done = NULL;

	if (peer->ss_family == AF_INET)
		done = inet_ntop(AF_INET, &in->sin_addr, text, size);
	else if (peer->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		done = inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text, size);
	else if (peer->ss_family == AF_INET6)
		done = inet_ntop(AF_INET6, &in6->sin6_addr, text, size);
	if (!done)
		text[0] = '\0';
}

/* Room for one more, if need be that of the connection which has been idle longest. */
static bool server_make_room(struct weir_http_server *s)
{
	if (s->n_conns < s->options.max_conns)
		return true;
	if (weir_list_empty(&s->idle))
		return false;
	weir__http_close(weir_list_entry(s->idle.next, struct weir_http_conn, link));
	return true;
}

/* A handler that is told may close others: the list is asked anew each time. */
static void server_close_list(struct weir_list *list)
{
	while (!weir_list_empty(list))
		weir__http_close(weir_list_entry(list->next, struct weir_http_conn, link));
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

void weir_http_options_default(struct weir_http_options *options)
{
	*options = (struct weir_http_options){.limits = {.line_bytes = 8192, .head_bytes = 16384},
		.head_ms = 5000,
		.body_ms = 10000,
		.idle_ms = 60000,
		.write_ms = 30000,
		.linger_ms = 2000,
		.max_conns = 4096};
}

int weir_http_server_init(struct weir_http_server *s, struct weir_loop *loop, const struct weir_http_router *router,
	const struct weir_http_options *options)
{
	weir_assert(weir_loop_is_current(loop));
	*s = (struct weir_http_server){.loop = loop, .router = router, .options = *options};
	weir_list_init(&s->conns);
	weir_list_init(&s->idle);
	return weir_pendings_init(&s->deadlines, loop);
}

void weir_http_accept(struct weir_http_server *s, int fd, const struct sockaddr_storage *peer, bool scarce)
{
	char text[INET6_ADDRSTRLEN];

	weir_assert(weir_loop_is_current(s->loop));
	server_peer_text(peer, text, sizeof(text));
	if (s->closing || s->draining || !server_make_room(s) || !weir__http_conn_new(s, fd, text, scarce)) {
		weir_stat_add(&s->counters, refused, 1);
		weir_slog(s->loop->log, HTTP, DEBUG, "connection refused", WEIR_F_CSTR("peer", text),
			WEIR_F_UINT("connections", s->n_conns));
		close(fd);
		return;
	}
	weir_stat_add(&s->counters, accepted, 1);
}

void weir_http_server_drain(struct weir_http_server *s)
{
	struct weir_list *node, *tmp;

	weir_assert(weir_loop_is_current(s->loop));
	s->draining = true;
	server_close_list(&s->idle);
	weir_list_foreach_safe (node, tmp, &s->conns) {
		struct weir_http_conn *c = weir_list_entry(node, struct weir_http_conn, link);

		if (c->state == WEIR__HTTP_HEAD && c->in.len == 0)
			weir__http_close(c);
	}
}

void weir_http_server_close(struct weir_http_server *s, void (*closed)(struct weir_http_server *s))
{
	weir_assert(weir_loop_is_current(s->loop) && !s->closing);
	s->closing = true;
	s->closed = closed;
	server_close_list(&s->idle);
	server_close_list(&s->conns);
	weir__http_server_object_gone(s);
}
