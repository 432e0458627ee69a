/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of bytes over libuv.
 *
 *	START → RESOLVE → CONNECT → OPEN → LOST → CLOSED      (a unix socket or an address needs no RESOLVE;
 *	any of them → LOST, CLOSED                            CONNECT tries the addresses one after the other)
 *
 * Work for "the end of this turn" is done by a hook of the loop; an idle handle makes sure that there is another turn
 * if it was asked for after the hook had run. A look-up that is under way in libuv's pool can't be cancelled, so the
 * memory may outlive the close until the resolver gives up. Loop's thread only.
 */
#include "transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#include "weir/base/buf.h"
#include "weir/core/timer.h"

#define TRANSPORT_ADDRESSES  4
#define TRANSPORT_READ_BYTES 65536
#define TRANSPORT_KEEP_BYTES (1u << 20) /* of an output buffer when it is empty */
#define TRANSPORT_LINGER_MS  100        /* for bytes that say why writing has failed */

enum transport_state {
	TRANSPORT_START,
	TRANSPORT_RESOLVE,
	TRANSPORT_CONNECT,
	TRANSPORT_OPEN,
	TRANSPORT_LOST,
	TRANSPORT_CLOSED,
};

struct weir_redis_transport {
	struct weir_redis_transport_options o;
	struct weir_redis_endpoint endpoint;
	enum transport_state state;
	uv_idle_t idle;
	struct weir_turn_hook hook;
	struct weir_timer timer; /* of RESOLVE and CONNECT; OPEN: lingers after a failed write */
	bool woken, reading, writing;
	int write_err;

	uv_getaddrinfo_t resolve;
	bool resolving;
	struct sockaddr_storage addresses[TRANSPORT_ADDRESSES];
	unsigned n_addresses, address; /* address: to be tried next */
	int connect_err;               /* of the last address */

	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} sock;
	bool has_sock; /* from its init to its close callback */
	uv_connect_t connect;
	uv_write_t write;
	struct weir_buf out, flying;
	unsigned to_close; /* idle, timer, sock, look-up: what must end before the memory goes */
	char peer[128];
	char in[TRANSPORT_READ_BYTES];
};

static void transport_next_address(struct weir_redis_transport *t);

static void transport_kick(struct weir_redis_transport *t);

static void transport_lost(struct weir_redis_transport *t, int err, const char *step)
{
	weir_assert(t->state < TRANSPORT_LOST);
	t->state = TRANSPORT_LOST;
	weir_timer_stop(&t->timer);
	if (t->has_sock && !uv_is_closing(&t->sock.handle))
		uv_read_stop(&t->sock.stream);
	t->o.lost(t->o.ctx, err, step);
}

static void transport_closed_one(struct weir_redis_transport *t)
{
	if (--t->to_close > 0)
		return;
	weir_redis_endpoint_fini(&t->endpoint);
	weir_buf_fini(&t->out);
	weir_buf_fini(&t->flying);
	free(t);
}

/* ---- bytes ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct weir_redis_transport *t = handle->data;

	(void)suggested;
	*buf = uv_buf_init(t->in, sizeof(t->in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct weir_redis_transport *t = stream->data;

	if (t->state != TRANSPORT_OPEN)
		return;
	if (n > 0)
		t->o.bytes(t->o.ctx, buf->base, (size_t)n);
	else if (n == UV_EOF && t->write_err) /* which has taken the error, so that reading only sees an end */
		transport_lost(t, t->write_err, "write");
	else if (n < 0)
		transport_lost(t, (int)n, "read");
}

static void transport_write_failed(struct weir_redis_transport *t, int err)
{
	t->write_err = err;
	weir_buf_reset(&t->out);
	weir_timer_once(&t->timer, TRANSPORT_LINGER_MS);
}

static void transport_flush(struct weir_redis_transport *t);

static void on_written(uv_write_t *write, int status)
{
	struct weir_redis_transport *t = write->data;

	t->writing = false;
	weir_buf_reset(&t->flying);
	if (t->flying.cap > TRANSPORT_KEEP_BYTES)
		weir_buf_fini(&t->flying);
	if (t->state != TRANSPORT_OPEN)
		return;
	if (status < 0)
		transport_write_failed(t, status);
	else
		transport_flush(t);
}

static void transport_flush(struct weir_redis_transport *t)
{
	struct weir_buf empty = t->flying;
	uv_buf_t buf;
	int err;

	if (t->writing || t->out.len == 0 || t->write_err)
		return;
	t->flying = t->out;
	t->out = empty;
	buf = uv_buf_init(t->flying.p, (unsigned)t->flying.len);
	t->write.data = t;
	t->writing = true;
	err = uv_write(&t->write, &t->sock.stream, &buf, 1, on_written);
	if (err) {
		t->writing = false;
		weir_buf_reset(&t->flying);
		transport_write_failed(t, err);
	}
}

/* ---- connect ---- */

static void transport_set_peer(struct weir_redis_transport *t)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct sockaddr_storage a;
	int len = sizeof(a);

	if (t->endpoint.path || uv_tcp_getpeername(&t->sock.tcp, (struct sockaddr *)&a, &len) != 0)
		return;
	if (a.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a;

		uv_ip6_name(in6, text, sizeof(text));
		snprintf(t->peer, sizeof(t->peer), "[%s]:%u", text, t->endpoint.port);
	} else {
		uv_ip4_name((const struct sockaddr_in *)&a, text, sizeof(text));
		snprintf(t->peer, sizeof(t->peer), "%s:%u", text, t->endpoint.port);
	}
}

static void on_sock_closed(uv_handle_t *handle)
{
	struct weir_redis_transport *t = handle->data;

	t->has_sock = false;
	if (t->state == TRANSPORT_CONNECT)
		transport_next_address(t);
	else if (t->state == TRANSPORT_CLOSED)
		transport_closed_one(t);
}

/* This address is not it: the next one is tried when the socket is closed. */
static void transport_connect_failed(struct weir_redis_transport *t, int err)
{
	t->connect_err = err;
	weir_timer_stop(&t->timer);
	if (!t->has_sock)
		transport_next_address(t);
	else if (!uv_is_closing(&t->sock.handle))
		uv_close(&t->sock.handle, on_sock_closed);
}

static void on_connect(uv_connect_t *connect, int status)
{
	struct weir_redis_transport *t = connect->data;

	if (t->state != TRANSPORT_CONNECT || uv_is_closing(&t->sock.handle))
		return;
	if (status == 0)
		status = uv_read_start(&t->sock.stream, on_alloc, on_read);
	if (status < 0) {
		transport_connect_failed(t, status);
		return;
	}
	weir_timer_stop(&t->timer);
	t->state = TRANSPORT_OPEN;
	t->reading = true;
	if (!t->endpoint.path)
		uv_tcp_nodelay(&t->sock.tcp, 1);
	transport_set_peer(t);
	t->o.connected(t->o.ctx);
}

static void transport_connect_pipe(struct weir_redis_transport *t)
{
	int err;

	t->state = TRANSPORT_CONNECT;
	t->n_addresses = t->address = 0; /* there is no other one */
	if (strlen(t->endpoint.path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		transport_lost(t, -ENAMETOOLONG, "connect");
		return;
	}
	err = uv_pipe_init(&t->o.loop->uv, &t->sock.pipe, 0);
	if (err) {
		transport_lost(t, err, "connect");
		return;
	}
	t->sock.handle.data = t;
	t->has_sock = true;
	weir_timer_once(&t->timer, t->o.connect_timeout_ms);
	uv_pipe_connect(&t->connect, &t->sock.pipe, t->endpoint.path, on_connect);
}

static void transport_next_address(struct weir_redis_transport *t)
{
	int err;

	if (t->address >= t->n_addresses) {
		transport_lost(t, t->connect_err, "connect");
		return;
	}
	t->state = TRANSPORT_CONNECT;
	err = uv_tcp_init(&t->o.loop->uv, &t->sock.tcp);
	if (!err) {
		t->sock.handle.data = t;
		t->has_sock = true;
		weir_timer_once(&t->timer, t->o.connect_timeout_ms);
		err = uv_tcp_connect(
			&t->connect, &t->sock.tcp, (struct sockaddr *)&t->addresses[t->address], on_connect);
	}
	t->address++;
	if (err)
		transport_connect_failed(t, err);
}

/* ---- resolve ---- */

static void transport_take_addresses(struct weir_redis_transport *t, const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a && t->n_addresses < TRANSPORT_ADDRESSES; a = a->ai_next)
		if (a->ai_addrlen <= sizeof(t->addresses[0]))
			memcpy(&t->addresses[t->n_addresses++], a->ai_addr, a->ai_addrlen);
}

static void on_resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *list)
{
	struct weir_redis_transport *t = resolve->data;

	t->resolving = false;
	if (t->state == TRANSPORT_RESOLVE) {
		weir_timer_stop(&t->timer);
		transport_take_addresses(t, list);
		if (status < 0 || t->n_addresses == 0)
			transport_lost(t, status < 0 ? status : UV_EAI_NODATA, "resolve");
		else
			transport_next_address(t);
	} else if (t->state == TRANSPORT_CLOSED) {
		transport_closed_one(t);
	}
	uv_freeaddrinfo(list);
}

/* An address needs no resolver. */
static bool transport_literal(struct weir_redis_transport *t)
{
	if (uv_ip4_addr(t->endpoint.host, t->endpoint.port, (struct sockaddr_in *)&t->addresses[0]) != 0 &&
		uv_ip6_addr(t->endpoint.host, t->endpoint.port, (struct sockaddr_in6 *)&t->addresses[0]) != 0)
		return false;
	t->n_addresses = 1;
	return true;
}

static void transport_resolve(struct weir_redis_transport *t)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP, .ai_flags = AI_NUMERICSERV};
	char port[8];
	int err;

	snprintf(port, sizeof(port), "%u", t->endpoint.port);
	t->state = TRANSPORT_RESOLVE;
	t->resolve.data = t;
	err = uv_getaddrinfo(&t->o.loop->uv, &t->resolve, on_resolved, t->endpoint.host, port, &hints);
	if (err) {
		transport_lost(t, err, "resolve");
		return;
	}
	t->resolving = true;
	weir_timer_once(&t->timer, t->o.connect_timeout_ms);
}

static void transport_start(struct weir_redis_transport *t)
{
	if (t->endpoint.path)
		transport_connect_pipe(t);
	else if (!t->endpoint.host)
		transport_lost(t, -EDESTADDRREQ, "resolve");
	else if (transport_literal(t))
		transport_next_address(t);
	else
		transport_resolve(t);
}

/* ---- turns and time ---- */

static void on_timer(struct weir_timer *timer, uint64_t ticks)
{
	struct weir_redis_transport *t = WEIR_CONTAINER_OF(timer, struct weir_redis_transport, timer);

	(void)ticks;
	if (t->state == TRANSPORT_RESOLVE) {
		uv_cancel((uv_req_t *)&t->resolve); /* may be under way: then it ends by itself */
		transport_lost(t, -ETIMEDOUT, "resolve");
	} else if (t->state == TRANSPORT_CONNECT) {
		transport_connect_failed(t, -ETIMEDOUT);
	} else if (t->state == TRANSPORT_OPEN && t->write_err && t->reading) {
		transport_lost(t, t->write_err, "write");
	}
}

static void transport_turn(struct weir_redis_transport *t)
{
	if (!uv_is_active((uv_handle_t *)&t->idle))
		return; /* nothing was asked for */
	uv_idle_stop(&t->idle);
	if (t->state == TRANSPORT_START) {
		transport_start(t);
	} else if (t->state == TRANSPORT_OPEN) {
		if (t->woken) {
			t->woken = false;
			t->o.turn(t->o.ctx);
		}
		if (t->state == TRANSPORT_OPEN)
			transport_flush(t);
	}
}

static void on_idle(uv_idle_t *idle)
{
	transport_turn(WEIR_CONTAINER_OF(idle, struct weir_redis_transport, idle));
}

static void on_hook(struct weir_turn_hook *hook)
{
	transport_turn(WEIR_CONTAINER_OF(hook, struct weir_redis_transport, hook));
}

static void transport_kick(struct weir_redis_transport *t)
{
	uv_idle_start(&t->idle, on_idle);
}

static void on_handle_closed(uv_handle_t *handle)
{
	transport_closed_one(handle->data);
}

static void on_timer_closed(struct weir_timer *timer)
{
	transport_closed_one(WEIR_CONTAINER_OF(timer, struct weir_redis_transport, timer));
}

static void transport_name_peer(struct weir_redis_transport *t)
{
	const struct weir_redis_endpoint *e = &t->endpoint;

	if (e->path)
		snprintf(t->peer, sizeof(t->peer), "%s", e->path);
	else
		snprintf(t->peer, sizeof(t->peer), "%s:%u", e->host ? e->host : "", e->port);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_redis_transport *weir_redis_transport_open(const struct weir_redis_transport_options *o)
{
	struct weir_redis_transport *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->o = *o;
	t->o.endpoint = NULL;
	if (weir_redis_endpoint_copy(&t->endpoint, o->endpoint) != 0) {
		free(t);
		return NULL;
	}
	weir_buf_init(&t->out, WEIR_REDIS_UNSENT_MAX);
	weir_buf_init(&t->flying, WEIR_REDIS_UNSENT_MAX);
	transport_name_peer(t);
	t->connect.data = t;
	weir_assert(weir_timer_init(&t->timer, o->loop, on_timer) == 0); /* neither of these can fail */
	uv_idle_init(&o->loop->uv, &t->idle);
	t->idle.data = t;
	t->hook.fn = on_hook;
	weir_loop_add_hook(o->loop, &t->hook);
	transport_kick(t);
	return t;
}

void weir_redis_transport_close(struct weir_redis_transport **tp)
{
	struct weir_redis_transport *t = *tp;

	if (!t)
		return;
	*tp = NULL;
	weir_assert(t->state != TRANSPORT_CLOSED);
	t->state = TRANSPORT_CLOSED;
	weir_loop_remove_hook(t->o.loop, &t->hook);
	t->to_close = 2 + t->has_sock + t->resolving;
	if (t->resolving)
		uv_cancel((uv_req_t *)&t->resolve);
	if (t->has_sock && !uv_is_closing(&t->sock.handle))
		uv_close(&t->sock.handle, on_sock_closed);
	weir_timer_close(&t->timer, on_timer_closed);
	uv_close((uv_handle_t *)&t->idle, on_handle_closed);
}

int weir_redis_transport_write(struct weir_redis_transport *t, const char *p, size_t n)
{
	weir_assert(weir_loop_is_current(t->o.loop));
	if (t->write_err)
		return 0; /* the loss is on its way */
	if (n > WEIR_REDIS_UNSENT_MAX || t->out.len + t->flying.len > WEIR_REDIS_UNSENT_MAX - n)
		return WEIR_ENOROOM;
	weir_buf_append(&t->out, p, n);
	if (t->out.failed) {
		t->out.failed = false; /* what stood there before is whole */
		return -ENOMEM;
	}
	transport_kick(t);
	return 0;
}

void weir_redis_transport_read(struct weir_redis_transport *t, bool on)
{
	if (t->state != TRANSPORT_OPEN || t->reading == on)
		return;
	t->reading = on;
	if (!on)
		uv_read_stop(&t->sock.stream);
	else if (uv_read_start(&t->sock.stream, on_alloc, on_read) != 0)
		transport_write_failed(t, UV_ECONNABORTED); /* not heard of; told from the loop */
	if (on && t->write_err)
		weir_timer_once(&t->timer, TRANSPORT_LINGER_MS);
}

void weir_redis_transport_wake(struct weir_redis_transport *t)
{
	t->woken = true;
	transport_kick(t);
}

const char *weir_redis_transport_peer(const struct weir_redis_transport *t)
{
	return t->peer;
}
