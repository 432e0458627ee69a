/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening listening sockets. SO_REUSEPORT lets any process of the same user join a port unseen, so the first worker's
 * socket is bound without it: a port that somebody listens on is then an error, and the option is set before listen(),
 * which is when the kernel makes the group that the other workers join. Used before the workers' threads start.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "weir/server/listener.h"

#define LISTEN_PORT_TRIES 16 /* of "any free port" that must be free for IPv4 and for IPv6 */

union listen_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t listen_address_size(const union listen_address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

/* A literal address; brackets around an IPv6 one are fine. */
static int listen_parse(const char *text, union listen_address *a)
{
	size_t n = strlen(text);
	char bare[INET6_ADDRSTRLEN + 1];

	*a = (union listen_address){0};
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1) {
		a->any.sa_family = AF_INET;
		return 0;
	}
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= sizeof(bare))
		return WEIR_EINVALID;
	memcpy(bare, text, n);
	bare[n] = '\0';
	if (inet_pton(AF_INET6, bare, &a->in6.sin6_addr) != 1)
		return WEIR_EINVALID;
	a->any.sa_family = AF_INET6;
	return 0;
}

static int listen_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : -errno;
}

/* Linux hands all of these on to accepted sockets, which saves the calls for each of them. */
static int listen_inherited(int fd, const struct weir_listen_options *o)
{
	int r = listen_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);

	if (r == 0 && o->keepalive_s > 0) {
		r = listen_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
		if (r == 0)
			r = listen_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, o->keepalive_s);
	}
	if (r == 0 && o->notsent_lowat_bytes > 0)
		r = listen_set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, o->notsent_lowat_bytes);
	return r;
}

static int listen_bind(int fd, const union listen_address *a, bool only_v6, bool shared)
{
	int r = listen_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (r == 0 && a->any.sa_family == AF_INET6)
		r = listen_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, only_v6);
	if (r == 0 && shared)
		r = listen_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (r == 0 && bind(fd, &a->any, listen_address_size(a)) != 0)
		r = -errno;
	if (r == 0 && !shared)
		r = listen_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return r;
}

static int listen_one(struct weir_listen_set *set, const struct weir_listen_options *o, union listen_address *a,
	bool only_v6, bool shared)
{
	socklen_t size = sizeof(*a);
	int fd, r;

	if (a->any.sa_family == AF_INET6)
		a->in6.sin6_port = htons(set->port);
	else
		a->in.sin_port = htons(set->port);
	fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = listen_bind(fd, a, only_v6, shared);
	if (r == 0)
		r = listen_inherited(fd, o);
	if (r == 0 && listen(fd, o->backlog > 0 ? o->backlog : SOMAXCONN) != 0)
		r = -errno;
	if (r == 0 && getsockname(fd, &a->any, &size) != 0)
		r = -errno;
	if (r != 0) {
		close(fd);
		return r;
	}
	set->port = ntohs(a->any.sa_family == AF_INET6 ? a->in6.sin6_port : a->in.sin_port);
	set->fds[set->count++] = fd;
	return 0;
}

static bool listen_no_ipv6(int r)
{
	return r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL || r == -EPROTONOSUPPORT;
}

static int listen_all(struct weir_listen_set *set, const struct weir_listen_options *o, bool shared)
{
	union listen_address v6 = {.in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT}};
	union listen_address v4 = {.in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}}};
	int r = listen_one(set, o, &v6, false, shared);

	return listen_no_ipv6(r) ? listen_one(set, o, &v4, false, shared) : r;
}

static int listen_localhost(struct weir_listen_set *set, const struct weir_listen_options *o, bool shared)
{
	uint16_t wanted = set->port;
	int r = 0;

	for (int tries = 0; tries < LISTEN_PORT_TRIES; tries++) {
		union listen_address v4 = {.in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
		union listen_address v6 = {.in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}};

		r = listen_one(set, o, &v4, false, shared);
		if (r != 0)
			return r;
		r = listen_one(set, o, &v6, true, shared);
		if (r == 0 || listen_no_ipv6(r))
			return 0;
		weir_listen_close(set);
		set->port = wanted;
		if (wanted != 0 || r != -EADDRINUSE)
			return r;
	}
	return r;
}

/*
 * -------------------------------------------------------------------------------------------------------------------
 * -
 */

int weir_listen_open(
	struct weir_listen_set *set, const struct weir_listen_options *options, const struct weir_listen_set *first)
{
	union listen_address literal;
	int r;

	*set = (struct weir_listen_set){.port = first ? first->port : options->port};
	if (options->address[0] == '\0')
		return listen_all(set, options, first != NULL);
	if (strcmp(options->address, "localhost") == 0)
		return listen_localhost(set, options, first != NULL);
	r = listen_parse(options->address, &literal);
	/* [::] stands for everything, any other IPv6 address for itself; the flag is without effect there. */
	return r == 0 ? listen_one(set, options, &literal, false, first != NULL) : r;
}

void weir_listen_close(struct weir_listen_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		close(set->fds[i]);
	set->count = 0;
}
